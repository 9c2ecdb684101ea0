"""The messages of whole charging sessions, each read from EXI and written to it again: `python -m benchmarks exi`.

Ours goes from bytes to typed messages and back. The peer is the codec of the PyPI package `iso15118` (EXIficient in a Java process), in an
environment of its own and in the same run; its way ends at JSON text, so what the package spends on its own message classes is not counted.
Java is warmed up by two rounds over all messages. Figures are medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.iso15118_package import PackageAbsentError, python_with_package

_MESSAGES = Path(__file__).with_name("data") / "exi_messages.txt"
_PEER = Path(__file__).with_name("exi_peer.py")
_NAMESPACES = {
    "SAP": "urn:iso:15118:2:2010:AppProtocol",
    "DIN": "urn:din:70121:2012:MsgDef",
    "ISO2": "urn:iso:15118:2:2013:MsgDef",
    "ISO20_COMMON": "urn:iso:std:iso:15118:-20:CommonMessages",
    "ISO20_AC": "urn:iso:std:iso:15118:-20:AC",
    "ISO20_DC": "urn:iso:std:iso:15118:-20:DC",
}
_AIMS = {"SAP": 12.0}
_AIM = 100.0
"""How many times less time than the peer's a message shall need."""
_NATIVE = "0.001 to 0.002 ms"
"""What a codec generated as C needs for a message: the limit our requirements name, not measured here."""
_PEER_ROUNDS = 5
_OUR_ROUNDS = 31
_OUR_REPEATS = 20
_FIRSTS = 3
_OUR_FIRST = """
import json, sys, time
streams = [(name, bytes.fromhex(stream)) for name, stream in map(json.loads, sys.stdin)]
begin = time.perf_counter()
from pilotwire.iso15118 import codecs
seconds = []
for name, stream in streams:
    getattr(codecs, name).decode(stream)
    seconds.append(time.perf_counter() - begin)
print(json.dumps(seconds))
"""


@dataclass(frozen=True)
class Message:
    """One message: the schema set by the name it has in `pilotwire.iso15118.codecs`."""

    schemas: str
    name: str
    stream: bytes


@dataclass(frozen=True)
class Cost:
    """Seconds to decode and to encode one message."""

    decode: float
    encode: float

    @property
    def both(self) -> float:
        """There and back."""
        return self.decode + self.encode


def messages() -> list[Message]:
    """The messages that are measured."""
    lines = [line.split() for line in _MESSAGES.read_text().splitlines() if not line.startswith("#")]
    return [Message(schemas, name, bytes.fromhex(stream)) for schemas, name, stream in lines]


def ours(of: Sequence[Message]) -> list[Cost]:
    """What each costs us."""
    from pilotwire.iso15118 import codecs

    return [_ours(getattr(codecs, each.schemas), each) for each in of]


def _ours(codec: Any, message: Message) -> Cost:
    typed = codec.decode(message.stream)
    if codec.encode(typed) != message.stream:
        raise RuntimeError(f"{message.name} of {message.schemas} does not come out as it went in")
    stream = message.stream
    return Cost(_median(lambda: codec.decode(stream)), _median(lambda: codec.encode(typed)))


def _median(call: Any) -> float:
    runs = []
    for _ in range(_OUR_ROUNDS):
        begin = time.perf_counter()
        for _ in range(_OUR_REPEATS):
            call()
        runs.append((time.perf_counter() - begin) / _OUR_REPEATS)
    return statistics.median(runs)


def theirs(python: Path, of: Sequence[Message]) -> list[Cost]:
    """What each costs the peer."""
    told = _ask(python, (str(_PEER), "rounds", str(_PEER_ROUNDS)), of, _NAMESPACES)
    for message, each in zip(of, told, strict=True):
        if not each["same"]:
            print(f"  {message.name} of {message.schemas} comes out of the peer's codec otherwise than it went in")
    return [Cost(statistics.median(each["decode"]), statistics.median(each["encode"])) for each in told]


def first(python: Path, program: Sequence[str], of: Sequence[Message], names: dict[str, str]) -> list[float]:
    """Seconds from the first import to each of some messages, in a fresh process; medians of some processes."""
    runs = [_ask(python, program, of, names) for _ in range(_FIRSTS)]
    return [statistics.median(each) for each in zip(*runs, strict=True)]


def _ask(python: Path, program: Sequence[str], of: Sequence[Message], names: dict[str, str]) -> Any:
    lines = "".join(json.dumps([names.get(each.schemas, each.schemas), each.stream.hex()]) + "\n" for each in of)
    done = subprocess.run([str(python), *program], input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(program)[:80]} failed: {done.stderr.strip()[-600:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print the cost of each message, the ratios by schema set, and how long the first messages take."""
    found = messages()
    try:
        python = python_with_package()
    except PackageAbsentError as absent:
        print(f"exi: ours alone, no peer to compare with: {absent}")
        _print_ours(found, ours(found))
        return
    print(f"exi: a message read and written again, median milliseconds ({datetime.now(UTC):%Y-%m-%d})")
    mine, other = ours(found), theirs(python, found)
    _print_messages(found, mine, other)
    _print_ratios(found, mine, other)
    _print_first(python, found)
    print(f"A codec generated as C needs {_NATIVE} a message (a figure of our requirements, not measured here).")


def _print_ours(found: Sequence[Message], mine: Sequence[Cost]) -> None:
    for message, cost in zip(found, mine, strict=True):
        print(f"  {message.schemas:13} {message.name:32} {len(message.stream):5} B {_ms(cost.both)} ms")


def _print_messages(found: Sequence[Message], mine: Sequence[Cost], other: Sequence[Cost]) -> None:
    print(f"  {'':13} {'':32} {'':7} {'ours: read':>10} {'write':>8}   {'theirs: read':>12} {'write':>8} {'ratio':>7}")
    for message, own, peer in zip(found, mine, other, strict=True):
        print(
            f"  {message.schemas:13} {message.name:32} {len(message.stream):5} B {_ms(own.decode):>10} {_ms(own.encode):>8}"
            f"   {_ms(peer.decode):>12} {_ms(peer.encode):>8} {peer.both / own.both:6.0f}x"
        )


def _print_ratios(found: Sequence[Message], mine: Sequence[Cost], other: Sequence[Cost]) -> None:
    for schemas in _NAMESPACES:
        pairs = [(o, t) for m, o, t in zip(found, mine, other, strict=True) if m.schemas == schemas]
        ratios = [peer.both / own.both for own, peer in pairs]
        own, peer = (statistics.median(each.both for each in side) for side in zip(*pairs, strict=True))
        aim = _AIMS.get(schemas, _AIM)
        print(
            f"  {schemas:13} median of {len(pairs):2} messages: ours {_ms(own)} ms, iso15118 {_ms(peer)} ms; "
            f"{statistics.median(ratios):.0f}x less time (least {min(ratios):.0f}x; aim {aim:.0f}x)"
        )


def _print_first(python: Path, found: Sequence[Message]) -> None:
    begun = [next(each for each in found if each.schemas == schemas) for schemas in ("SAP", "ISO2", "ISO20_COMMON")]
    mine = first(Path(sys.executable), ("-c", _OUR_FIRST), begun, {})
    other = first(python, (str(_PEER), "first"), begun, _NAMESPACES)
    for message, own, peer in zip(begun, mine, other, strict=True):
        print(f"  from the import to the first {message.schemas} message read: ours {own:.2f} s, iso15118 {peer:.2f} s")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.4f}"


if __name__ == "__main__":
    main()
