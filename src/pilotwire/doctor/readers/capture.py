"""A capture becomes a recording: packets, connections, what was said in them, what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pilotwire.doctor.conversation.heard import Heard
from pilotwire.doctor.findings import Chart, Layer
from pilotwire.doctor.readers.capture_findings import Judge, note_facts
from pilotwire.doctor.readers.containers import Container
from pilotwire.doctor.readers.dockings import Docking, read_docking
from pilotwire.doctor.readers.packets import Other, Segment, segment_of
from pilotwire.doctor.readers.recording import Recording, Teller
from pilotwire.doctor.readers.tcp import connections
from pilotwire.doctor.readers.tls_keys import KeyLog
from pilotwire.doctor.rules import capture as rules
from pilotwire.errors import ConfigError

MAGICS = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
"""How a capture begins."""


def read_key_log(path: str) -> str:
    """The text of a key log. Raises ConfigError: the file is not there, or holds no secrets."""
    try:
        text = Path(path).read_text("ascii", "replace")
    except OSError as error:
        raise ConfigError(f"The key log {path} cannot be read: {error.strerror}.", "Name the file.") from None
    if not len(KeyLog(text)):
        what = f"{path} is no key log: it holds no line like CLIENT_RANDOM, two numbers in hexadecimal."
        raise ConfigError(what, "Set SSLKEYLOGFILE for the client or the server before it connects.")
    return text


def read_capture(file: BinaryIO, key_log: str = "") -> Recording:
    """A capture, pcap or pcapng; `key_log` is the text of one. Never raises for what is in it: what is broken becomes a finding.

    Memory is needed for the traffic that is in it; frames are in the order of their times.
    """
    container, seen = Container(file), Counter[Other]()
    tcps = list(connections(_segments(container, seen)))
    keys, count, dockings = KeyLog(key_log + "\n" + container.key_log), Counter[str](), []
    for tcp in tcps:
        dockings.append(read_docking(tcp, keys, count))
    relevant = tuple(each for each in dockings if each.relevant)
    chart, teller = Chart(), Teller()
    _judge_file(container, seen, relevant, teller)
    judge = Judge(relevant, teller)
    for docking in relevant:
        judge.judge(docking)
        note_facts(docking, chart)
    chart.facts = list(dict.fromkeys(chart.facts))
    chart.note(Layer.ASKED, "Connections", f"{len(relevant)} that may be of OCPP, of {len(tcps)}")
    teller.into(chart)
    heard = _heard(relevant)
    stations = tuple(dict.fromkeys(each.station for each in relevant if each.docked))
    return Recording("network capture", heard, chart, relevant, stations, len(heard))


def _segments(container: Container, seen: Counter[Other]) -> Iterator[Segment]:
    for packet in container:
        found = segment_of(packet)
        if isinstance(found, Segment):
            yield found
        else:
            seen[found] += 1


def _judge_file(container: Container, seen: Counter[Other], relevant: tuple[Docking, ...], teller: Teller) -> None:
    if container.broken:
        teller.tell(rules.FILE_BROKEN, container.broken)
    if seen[Other.UNKNOWN_LINK]:
        teller.tell(rules.UNKNOWN_LINK, f"{seen[Other.UNKNOWN_LINK]} packets are of a kind of link that is not read.")
    if seen[Other.FRAGMENT]:
        teller.tell(rules.FRAGMENTS, f"{seen[Other.FRAGMENT]} packets are fragments, which are not put together.")
    if not relevant:
        teller.tell(rules.NOTHING, "There is no connection in the capture that could be one of OCPP.")


def _heard(dockings: tuple[Docking, ...]) -> tuple[Heard, ...]:
    found = [heard for docking in dockings for heard in docking.heard]
    for docking in dockings:
        docking.heard = []
    return tuple(sorted(found, key=lambda each: each.at))
