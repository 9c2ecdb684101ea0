# mypy: disable-error-code="import-not-found"
"""The peer of `benchmarks.exi`: the codec of the PyPI package `iso15118`, run by the Python it is installed in.

`python exi_peer.py first`: JSON messages on the standard input, a line each; seconds from the first import to each decoded message.
`python exi_peer.py rounds N`: the same messages N times over, after two rounds that warm Java up; the seconds of each round.
A message comes as `[namespace, hex]`, an answer goes as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def first(messages: list[tuple[str, bytes]]) -> list[float]:
    """From the first import to each message."""
    begin = time.perf_counter()
    codec = _codec()
    seconds = []
    for namespace, stream in messages:
        codec.decode(stream, namespace)
        seconds.append(time.perf_counter() - begin)
    return seconds


def rounds(messages: list[tuple[str, bytes]], count: int) -> list[dict[str, Any]]:
    """For each message: seconds of decoding and of encoding, round by round, and whether the same bytes come out again."""
    codec = _codec()
    told: list[dict[str, Any]] = [{"decode": [], "encode": [], "same": True} for _ in messages]
    for number in range(count + 2):
        for (namespace, stream), each in zip(messages, told, strict=True):
            begin = time.perf_counter()
            text = codec.decode(stream, namespace)
            middle = time.perf_counter()
            again = codec.encode(text, namespace)
            end = time.perf_counter()
            each["same"] = each["same"] and bytes(again) == stream
            if number >= 2:
                each["decode"].append(middle - begin)
                each["encode"].append(end - middle)
    return told


def _codec() -> Any:
    from iso15118.shared.exificient_exi_codec import ExificientEXICodec

    return ExificientEXICodec()


def main(arguments: list[str]) -> None:
    """One of the two."""
    messages = [(namespace, bytes.fromhex(stream)) for namespace, stream in map(json.loads, sys.stdin)]
    told = first(messages) if arguments[0] == "first" else rounds(messages, int(arguments[1]))
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
