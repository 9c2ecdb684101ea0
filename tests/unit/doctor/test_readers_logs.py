"""Logs: every format gives the same frames with their senders; what cannot be read is told, and nothing raises."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.doctor.readers import logs
from pilotwire.doctor.readers.anything import read_any
from pilotwire.doctor.readers.entries import Hints, LogReader, frame_start, head_of_call, json_at, way_of, way_of_word
from pilotwire.doctor.readers.log_lines import Line
from pilotwire.doctor.readers.moments import Calendar, zone_of
from pilotwire.doctor.readers.recording import Recording
from pilotwire.errors import ConfigError
from tests.support.doctor_captures import BOOT, BOOTED, RESET, conversation, pcap

AT = datetime(2026, 5, 4, 10, 0, 0, 250_000, tzinfo=UTC)
RESETTED = '[3,"b1",{"status":"Accepted"}]'
SAID = [("station", BOOT), ("csms", BOOTED), ("csms", RESET), ("station", RESETTED)]
STEVE = "[INFO ] 2026-05-04 10:00:00,250 de.rwth.idsg.steve.ocpp.ws.WebSocketLogger (qtp-1) - [chargeBoxId=CS-1, sessionId={}] {}"


@pytest.fixture
def log(tmp_path: Path):  # type: ignore[no-untyped-def]
    def write(text: str | bytes, name: str = "a.log", **more: object) -> Recording:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_any(str(path), **more)  # type: ignore[arg-type]

    return write


def said(recording: Recording) -> list[tuple[str, str]]:
    found = list(recording.heard)
    assert len(found) == recording.frames
    assert found == list(recording.heard)
    return [(each.sender, json.dumps(json.loads(each.text), separators=(",", ":"))) for each in found]


def found(recording: Recording) -> dict[str, str]:
    return {each.rule.id: each.what for each in recording.chart.findings}


def steve() -> str:
    lines = [STEVE.format("s1", f"Received: {BOOT}"), STEVE.format("s1", f"Sending: {BOOTED}")]
    lines += [
        "[WARN ] 2026-05-04 10:00:00,250 de.rwth.idsg.steve.Other - something [2,3] else",
        STEVE.format("s2", f"Sending: {RESET}"),
    ]
    return "\n".join([*lines, STEVE.format("s2", f"Received: {RESETTED}"), ""])


def everest() -> str:
    def one(who: str, kind: str, frame: str) -> str:
        return f"2026-05-04T10:00:00.250Z: {who} {kind} \n{json.dumps(json.loads(frame), indent=2)}\n\n"

    up, down = "ChargePoint>CentralSystem", "CentralSystem>ChargePoint"
    start = (
        "2026-05-04T10:00:00.000Z: SYS> Session logging started. \n\n\n2026-05-04T10:00:00.100Z: SYS> Connected \n\n\n"
    )
    return (
        start
        + one(up, "BootNotification", BOOT)
        + one(down, "BootNotificationResponse", BOOTED)
        + (one(down, "Reset", RESET) + one(up, "ResetResponse", RESETTED))
    )


def everest_html() -> str:
    rows = [
        '<html><head><title>EVerest OCPP log session</title>\n<style>.log { }</style></head><body><table class="log">'
    ]
    for sender, frame in SAID:
        who, whom = ("ChargePoint", "CentralSystem") if sender == "station" else ("CentralSystem", "ChargePoint")
        pretty = json.dumps(json.loads(frame), indent=2).replace("<", "&lt;").replace(">", "&gt;")
        row = f'<tr class="{who}"> <td>2026-05-04T10:00:00.250Z</td> <td>{who}&gt;{whom}</td> <td><b>x</b></td><td><b></b></td> '
        rows.append(f'{row}<td><pre lang="json">{pretty}</pre></td> </tr>')
    return "\n".join(
        [
            *rows,
            '<tr class="SYS"> <td>2026-05-04T10:00:01Z</td> <td>SYS&gt;</td> <td><b>Disconnected</b></td></tr>',
            "</table>",
        ]
    )


def python_ocpp() -> str:
    start = "2026-05-04 10:00:00,250 INFO:ocpp:CS-1: "
    return "\n".join(f"{start}{'receive message' if who == 'station' else 'send'} {frame}" for who, frame in SAID)


def export() -> str:
    """As `GET /messages/export` writes them."""
    lines = []
    for number, (who, frame) in enumerate(SAID, 1):
        line = {"number": number, "station": "CS-1", "timestamp": "2026-05-04T10:00:00.250Z"}
        line |= {
            "direction": "in" if who == "station" else "out",
            "messageId": json.loads(frame)[1],
            "action": "",
            "frame": frame,
        }
        lines.append(json.dumps(line))
    return "\n".join(lines)


def json_lines() -> str:
    stamp = "2026-05-04T12:00:00.250+02:00"
    ways = {"station": "from_station", "csms": "CSMS->CS"}
    return "\n".join(
        json.dumps({"@timestamp": stamp, "chargePointId": "CS-1", "direction": ways[w], "message": f}) for w, f in SAID
    )


def json_parts() -> str:
    lines = []
    for who, frame in SAID:
        values = json.loads(frame)
        call = {"messageTypeId": values[0], "uniqueId": values[1], "payload": values[-1]} | (
            {"action": values[2]} if values[0] == 2 else {}
        )
        lines.append(
            {
                "ts": AT.timestamp(),
                "severity": "INFO",
                "jsonPayload": call | {"cpId": "CS-1", "dir": "rx" if who == "station" else "tx"},
            }
        )
    return json.dumps(lines, indent=4)


def plain() -> str:
    arrows = {"station": "CP CS-1 -> CSMS", "csms": "CSMS -> CP CS-1"}
    words = {"station": "<- recv", "csms": "-> send"}
    return "\n".join(
        f"04.05.2026 10:00:00.250 UTC [ws] {words[who] or arrows[who]} station=CS-1 {frame} (ok)" for who, frame in SAID
    )


FORMATS = {
    "SteVe": steve,
    "EVerest": everest,
    "EVerest (HTML)": everest_html,
    "Python package ocpp": python_ocpp,
    "Pilotwire message export": export,
    "JSON lines": json_lines,
    "lines of text": plain,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_frames(log, name: str) -> None:  # type: ignore[no-untyped-def]
    recording = log(FORMATS[name](), station="CS-1")
    assert recording.format == f"log ({name})"
    assert said(recording) == SAID
    assert {(each.at, each.station) for each in recording.heard} == {(AT, "CS-1")}
    assert recording.stations == ("CS-1",)
    assert recording.unreadable == 0
    packed = log(gzip.compress(FORMATS[name]().encode()), "a.gz", station="CS-1")
    assert said(packed) == SAID
    broad = log(b"\xff\xfe" + FORMATS[name]().encode("utf-16-le"), station="CS-1")
    assert said(broad) == SAID


def test_frames_whose_parts_are_fields_and_one_array_over_many_lines(log) -> None:  # type: ignore[no-untyped-def]
    recording = log(json_parts())
    assert said(recording) == SAID
    assert {(each.at, each.station) for each in recording.heard} == {(AT, "CS-1")}


def test_events_in_a_list_within_one_object_with_the_direction_before_the_frame(log) -> None:  # type: ignore[no-untyped-def]
    words = {"station": "recv", "csms": "send"}
    events = [{"timestamp": 1777888800250, "message": f"CS-1 {words[who]} {frame}"} for who, frame in SAID]
    recording = log(json.dumps({"events": events, "nextToken": "x"}, indent=2))
    assert said(recording) == SAID
    assert {each.at for each in recording.heard} == {AT}


def test_fields_of_other_names_are_taken_from_the_user(log) -> None:  # type: ignore[no-untyped-def]
    text = "\n".join(
        json.dumps({"wann": "2026-05-04T10:00:00Z", "wer": "CS-9", "richtung": w, "was": f, "message": BOOT})
        for w, f in SAID
    )
    names = {"time": "wann", "station": "wer", "direction": "richtung", "text": "was"}
    assert said(log(text, fields=names)) == SAID
    with pytest.raises(ConfigError, match="no field called 'who'"):
        log(text, fields={"who": "wer"})


@pytest.mark.parametrize("side", ["station", "csms"])
def test_whose_log_it_is_shows_in_who_sends_boot_notification(log, side: str) -> None:  # type: ignore[no-untyped-def]
    words = {True: "SENT", False: "RECEIVED"}
    text = "\n".join(f"2026-05-04T10:00:00Z {words[who == side]} {frame}" for who, frame in SAID)
    recording = log(text)
    assert said(recording) == SAID
    assert ("Log written by", f"the {'station' if side == 'station' else 'backend'}, to judge by who sends what") in [
        (each.name, each.value) for each in recording.chart.facts
    ]


def test_a_log_that_does_not_show_whose_it_is_says_so_and_takes_the_word_of_the_user(log) -> None:  # type: ignore[no-untyped-def]
    text = '2026-05-04T10:00:00Z received [2,"1","DataTransfer",{"vendorId":"x"}]'
    assert found(log(text)).keys() == {"log.side-guessed"}
    assert [each.sender for each in log(text).heard] == ["station"]
    told = log(text, side="station")
    assert (found(told), [each.sender for each in told.heard]) == ({}, ["csms"])


def test_frames_without_a_direction_are_given_to_whoever_can_have_sent_them(log) -> None:  # type: ignore[no-untyped-def]
    assert said(log("\n".join(f"2026-05-04T10:00:00Z {frame}" for _, frame in SAID))) == SAID


def test_times_without_a_zone_are_told_and_taken_as_given(log) -> None:  # type: ignore[no-untyped-def]
    text = "\n".join(f"2026-05-04 12:00:00.250 {'recv' if who == 'station' else 'send'} {frame}" for who, frame in SAID)
    recording = log(text)
    assert found(recording) == {
        "log.no-zone": "The times of the log do not say their time zone: they are taken as UTC."
    }
    assert recording.chart.findings[0].count == 4
    assert {each.at for each in log(text, zone="+02:00").heard} == {AT}
    with pytest.raises(ConfigError, match="no time zone"):
        log(text, zone="Middle/Earth")


def test_lines_that_cannot_be_read_are_counted_and_the_others_are_read(log) -> None:  # type: ignore[no-untyped-def]
    good = f'{{"timestamp":"2026-05-04T10:00:00Z","direction":"in","frame":{json.dumps(BOOT)}}}'
    recording = log(
        "\n".join([good, good[:60], good, '{"frame":' + json.dumps(BOOT) + "}", '{"other":1}', "what?", good])
    )
    assert recording.frames == 3
    assert recording.unreadable == 3
    assert len([each for each in recording.chart.findings if each.rule.id == "log.unreadable"]) == 3
    torn = log(
        f"2026-05-04T10:00:00Z recv {BOOT}\n2026-05-04T10:00:01Z recv {BOOT[:30]}\n2026-05-04T10:00:02Z send {BOOTED}"
    )
    assert (torn.frames, torn.unreadable) == (2, 1)
    assert "line 2" in torn.chart.findings[0].at


def test_a_frame_that_was_broken_on_the_wire_is_kept_where_the_log_writes_frames_whole(log) -> None:  # type: ignore[no-untyped-def]
    broken = '[2,"1","BootNotification",{"chargePointVendor":"Volta"'
    recording = log("\n".join([STEVE.format("s1", f"Received: {broken}"), STEVE.format("s1", f"Sending: {RESET}")]))
    assert [each.text for each in recording.heard] == [broken, RESET]


def test_connections_are_told_apart_and_their_ends_are_told(log) -> None:  # type: ignore[no-untyped-def]
    end = STEVE.format("s1", "Connection is closed, status: CloseStatus[code=1006, reason=Read EOF]")
    recording = log("\n".join([steve(), end]))
    assert [each.connection for each in recording.heard] == [0, 0, 1, 1]
    assert (
        found(recording)["log.closed"]
        == "The log tells: Connection is closed, status: CloseStatus[code=1006, reason=Read EOF]"
    )
    assert found(log(everest_html()))["log.closed"] == "The log tells: Disconnected"


def test_pretty_printed_frames_in_lines_of_text(log) -> None:  # type: ignore[no-untyped-def]
    for between in ("\n", " "):
        words = {"station": "recv:", "csms": "send:"}
        text = "\n".join(
            f"2026-05-04T10:00:00Z {words[w]}{between}{json.dumps(json.loads(f), indent=1)}" for w, f in SAID
        )
        recording = log("2026-05-04T10:00:00Z a list: [\n1,\n2]\n" + text)
        assert said(recording) == SAID
        assert recording.unreadable == 0


def test_bytes_that_are_no_text_do_not_stop_it(log) -> None:  # type: ignore[no-untyped-def]
    lines = (
        f"2026-05-04T10:00:00Z recv {BOOT.replace('Volta', 'V@lta')}\n".encode().replace(b"@", b"\xff") + b"\0\xfe\n"
    )
    (heard,) = log(lines + f"2026-05-04T10:00:00Z recv {BOOT}".encode()[:20]).heard
    assert "V\ufffdlta" in heard.text


def test_a_packed_file_that_ends_early_is_read_as_far_as_it_goes(log) -> None:  # type: ignore[no-untyped-def]
    line = "".join(f'2026-05-04T10:00:00Z recv [2,"{n}-{hash((n, n))}","Heartbeat",{{}}]\n' for n in range(3000))
    recording = log(gzip.compress(line.encode())[:-2000])
    assert 0 < recording.frames < 3000
    assert "cannot be read on" in found(recording)["log.unreadable"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04xxxx", "ZIP archive"),
        (b"hello\nworld\n", "no OCPP messages"),
        (b"\x7fELF\x02\x03\x00\x00" * 50, "neither a capture nor text"),
        (b'{"a":1}\n{"b":[1,2]}', "no OCPP messages"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "cannot be read"),
    ],
)
def test_what_is_neither_is_refused_with_a_sentence(log, data: bytes, what: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=what) as caught:
        log(data)
    assert caught.value.remedy


def test_places_that_hold_no_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path, Path("/dev/null"), Path("a\0b")):
        with pytest.raises(ConfigError):
            read_any(str(path))
    text = tmp_path / "a.log"
    text.write_text(plain())
    with pytest.raises(ConfigError, match="is no capture"):
        read_any(str(text), str(text))


def test_a_packed_capture_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap.gz"
    path.write_bytes(gzip.compress(pcap(conversation().packets)))
    assert said(read_any(str(path))) == SAID[:3]


@pytest.mark.parametrize(
    ("text", "at", "zoned"),
    [
        ("2026-05-04T10:00:00.25Z", AT, True),
        ("x 2026-05-04 12:00:00,250 +0200 y", AT, True),
        ("[2026/05/04 10:00:00.250000001]", AT, False),
        ("04.05.2026, 10:00:00.250", AT, False),
        ("[04/May/2026:10:00:00.250 +0000]", AT, True),
        ("May  4 10:00:00.250 host", AT, False),
        ("May 4 10:00:00.250 2026", AT, False),
        ("1777888800.25 recv", AT, True),
        ("1777888800250", AT, True),
        ("1777888800250000 x", AT, True),
        ("10:00:00.250 recv", AT, False),
        ("2026-13-44T10:00:00Z", None, False),
        ("nothing 12 34", None, False),
    ],
)
def test_times_of_many_kinds(text: str, at: datetime | None, zoned: bool) -> None:
    moment = Calendar(UTC, AT.date()).find(text)
    assert (moment and moment.at, bool(moment and moment.zoned)) == (at, zoned)


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("CP001 recv", "received"),
        ("<- ", "received"),
        ("OUT:", "sent"),
        ("ChargePoint > CSMS", "station"),
        ("a station hears CentralSystem -> Charge Point", "csms"),
        ("received by us, sent", "sent"),
        ("", ""),
    ],
)
def test_directions_in_words(words: str, way: str) -> None:
    assert way_of(words) == way
    for word, meant in (
        ("in", "received"),
        ("FromStation", "station"),
        ("to_station", "csms"),
        ("CP->CSMS", "station"),
        ("?", ""),
    ):
        assert way_of_word(word) == meant


def test_zones() -> None:
    assert zone_of("UTC") is UTC
    assert zone_of("Europe/Berlin").utcoffset(AT.replace(tzinfo=None)) == zone_of("+0200").utcoffset(None)
    for wrong in ("+99:99", "", "../etc/passwd"):
        with pytest.raises(ConfigError):
            zone_of(wrong)


_READERS: list[LogReader] = [each() for each in logs.FORMATS]
_PIECES = st.sampled_from(
    [*(line for make in FORMATS.values() for line in make().splitlines()), "[2,", '{"frame":"[2,\\"', "<tr ", "]" * 9]
)


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(_PIECES, st.text(max_size=30), st.tuples(_PIECES, st.integers(0, 90)).map(lambda e: e[0][: e[1]])),
        max_size=12,
    )
)
def test_any_lines_are_read_by_every_reader_without_raising(lines: list[str]) -> None:
    for reader in _READERS:
        reader.recognises(lines)
        for _ in reader.read([Line(n, text) for n, text in enumerate(lines, 1)], Hints()):
            pass


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_any_text_is_searched_without_raising(text: str) -> None:
    Calendar().find(text)
    head_of_call(text)
    if (start := frame_start(text)) >= 0:
        json_at(text, start)
    assert json_at("[" * 100_000) is None
