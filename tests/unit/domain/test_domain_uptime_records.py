"""Recorded histories in every shape they come in tell the same; what cannot be read is named by its line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.availability import Availability
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.uptime import ConnectionChange, Excluded, ExclusionReason, History, PortStatus
from pilotwire.domain.uptime_records import read_exclusions, read_history, recorded_between
from pilotwire.errors import ConfigError

TEN = datetime(2026, 10, 1, 10, tzinfo=UTC)
AT = "2026-10-01T10:00:00Z"
FAULT = PortStatus(
    at=TEN, address=EvseAddress(evse=2, connector=1), availability=Availability.FAULTED, code="GroundFailure"
)


def frame(action: str, payload: object, direction: str = "in", at: str = "2026-10-01T10:00:01Z") -> str:
    """A line of the message log."""
    text = json.dumps([2, "m-1", action, payload])
    return json.dumps(
        {"number": 1, "station": "A", "timestamp": at, "direction": direction, "action": action, "frame": text}
    )


SHAPES = {
    "flat": json.dumps(
        {
            "station": "A",
            "timestamp": AT,
            "evseId": 2,
            "connectorId": 1,
            "status": "Faulted",
            "errorCode": "GroundFailure",
        }
    ),
    "1.6 numbers": json.dumps(
        {"station": "A", "timestamp": AT, "connectorId": 2, "status": "Faulted", "errorCode": "GroundFailure"}
    ),
    "CSV": "station,timestamp,evseId,connectorId,status,errorCode,connected\r\nA,2026-10-01T12:00:00+02:00,2,1,faulted,GroundFailure,\r\n",
    "CSV of a spreadsheet": f"\ufeffstation;timestamp;connectorId;status;errorCode\n\nA;{AT};2;Faulted;GroundFailure\n",
    "a frame": frame(
        "StatusNotification", {"connectorId": 2, "status": "Faulted", "errorCode": "GroundFailure", "timestamp": AT}
    ),
    "an event": json.dumps(
        {
            "station": "A",
            "connector": {
                "evse": {"id": 2, "connectorId": 1},
                "connectorStatus": "Faulted",
                "activity": None,
                "errorCode": "GroundFailure",
                "timestamp": AT,
            },
        }
    ),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_every_shape_tells_the_same(text: str) -> None:
    """A fault of connector 2 at ten o'clock, by whatever wrote it down."""
    assert read_history(text.splitlines(keepends=True), "file") == {"A": History(statuses=(FAULT,))}


def test_a_message_log_is_read_for_what_stations_said_of_their_connectors() -> None:
    """Other messages, what went out, broken frames and refused statuses are passed over; a clock that was never set is not believed."""
    told = {"evseId": 1, "connectorId": 1, "connectorStatus": "Occupied", "timestamp": "1970-01-01T00:00:00Z"}
    lines = [
        frame("Heartbeat", {}),
        frame("StatusNotification", told, direction="out"),
        frame("StatusNotification", {"connectorId": 1, "status": "Broken"}),
        frame("StatusNotification", ["not", "an", "object"]),
        json.dumps(
            {"station": "A", "timestamp": AT, "direction": "in", "action": "StatusNotification", "frame": "[2,"}
        ),
        frame("StatusNotification", told),
        json.dumps({"station": "A", "timestamp": AT, "connected": False, "version": None}),
    ]
    history = read_history(lines, "log")["A"]
    assert [(each.at.second, each.availability) for each in history.statuses] == [(1, Availability.OCCUPIED)]
    assert history.connections == (ConnectionChange(at=TEN, connected=False),)
    assert recorded_between([history]).since == TEN


def test_exclusions_are_read_too() -> None:
    """As JSON lines and as CSV; () is all ports."""
    asked = Excluded(since=TEN, until=TEN.replace(hour=11), reason=ExclusionReason.VANDALISM, evses=(1, 2))
    text = f'{{"station": "A", "since": "{AT}", "until": "2026-10-01T11:00:00Z", "reason": "vandalism", "evseIds": [1, 2]}}'
    assert read_exclusions([text], "file") == {"A": (asked,)}
    rows = ["station,since,until,reason,evseIds\n", f"A,{AT},2026-10-01T11:00:00Z,vandalism,1;2\n"]
    assert read_exclusions(rows, "file") == {"A": (asked,)}
    with pytest.raises(ConfigError, match="file, line 1: 'rain' is no reason of the rule: utility-interruption, "):
        read_exclusions([text.replace("vandalism", "rain")], "file")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "file is empty"),
        (["[1]"], "one JSON list"),
        (["{"], "line 1: this is no JSON"),
        ([SHAPES["flat"], "", "7"], "line 3: this is no JSON object"),
        (["{}"], "line 1: `station` is missing"),
        (['{"station": "A", "timestamp": "noon", "connected": true}'], "'noon', but a time like"),
        ([SHAPES["flat"].replace("Faulted", "Broken")], "'Broken' is no status of a connector: Available, "),
        ([SHAPES["flat"].replace('"evseId": 2', '"evseId": true')], "`evseId` is 'True', but a whole number"),
        ([f'{{"station": "A", "timestamp": "{AT}", "connected": "maybe"}}'], "true or false is wanted"),
        (["a,b"], "no column `station`"),
        (["station,timestamp,status", "A,x"], "line 2: it has 2 fields, the first line has 3"),
        (['station,"x', "A"], "line 1: this is no CSV"),
        ([frame("Heartbeat", {})], "file has no statuses in it"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(lines: list[str], sentence: str) -> None:
    """And how it should look."""
    with pytest.raises(ConfigError) as caught:
        read_history(lines, "file")
    assert sentence in caught.value.what
    assert caught.value.remedy


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(AT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("station", "timestamp", "evseId", "connectorId", "status", "connected", "frame", "connector", "direction")


LINES = st.dictionaries(st.sampled_from(NAMES), JSON).map(
    lambda line: json.dumps({"station": "A", "timestamp": AT} | line)
)


@settings(max_examples=150)
@given(st.lists(st.text(max_size=20) | LINES, max_size=3))
def test_whatever_is_in_a_file_is_read_or_told(lines: list[str]) -> None:
    """Never anything but a history or a sentence."""
    told = ""
    try:
        told = str(read_history(lines, "file"))
    except ConfigError as error:
        told = error.remedy
    assert told
