"""Official OCPP 2.0.1 test cases of block O (display messages), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.wire_states import (
    authorized,
    booted,
    change_availability,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    stop_authorized,
    unavailable,
)
from tests.support.wire_station import ANNA, VERSIONS, Script, WireStation, info, named

pytestmark = pytest.mark.parametrize("version", VERSIONS)

ID, OTHER = 11, 12


def _station(version: str, **variables: str) -> WireStation:
    station = WireStation(version, variables=variables)
    station.said()
    return station


def _later(station: WireStation, seconds: float) -> str:
    return (station.now + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _set(
    station: WireStation, number: int = ID, priority: str = "NormalCycle", words: str = "Welcome", **more: Any
) -> str:
    message = {"id": number, "priority": priority, "message": {"format": "UTF8", "content": words}} | more
    status: str = station.ask("SetDisplayMessage", message=message).status
    return status


def _get(station: WireStation, **asked: Any) -> list[Any]:
    """The messages told, all parts of them; nothing if the answer is Unknown."""
    station.said()
    status = station.ask("GetDisplayMessages", requestId=5, **asked).status
    parts = named(station.said(), "NotifyDisplayMessages")
    assert status == ("Accepted" if parts else "Unknown")
    assert {part.request_id for part in parts} <= {5}
    assert [bool(part.tbc) for part in parts] == [True] * (len(parts) - 1) + [False] * bool(parts)
    return [message for part in parts for message in part.message_info]


def _seen(station: WireStation, words: str = "Welcome") -> bool:
    return station.hardware.display.get(1) == words


def _in_turns(station: WireStation, *words: str) -> bool:
    """Whether these, and nothing else, are seen in turn."""
    seen = set()
    for _ in range(25):
        station.pass_time(1)
        seen.add(station.hardware.display.get(1))
    return seen == set(words)


def _charging(version: str) -> tuple[WireStation, str]:
    """State EnergyTransferStarted, and the transaction."""
    station = _station(version)
    ev_connected_pre_session(station)
    authorized(station)
    energy_transfer_started(station)
    station.pass_time(15)
    assert station.transaction is not None
    return station, station.transaction


def _ends(station: WireStation) -> None:
    """The transaction ends and the vehicle leaves; what was said to the driver has its moment."""
    stop_authorized(station)
    ev_disconnected(station)
    station.pass_time(15)


# --- set, get, clear ------------------------------------------------------------------------------------------------


@pytest.mark.req("O01.FR.12", "O04.FR.01", "O04.FR.03")
def test_tc_o_01_cs(version: str) -> None:
    """A message is shown, and told as it was set."""
    station = _station(version)
    assert _set(station) == "Accepted"
    assert _seen(station)
    (message,) = _get(station, id=[ID])
    assert (message.id, message.priority) == (ID, "NormalCycle")
    assert (message.message.format, message.message.content) == ("UTF8", "Welcome")


@pytest.mark.req("O03.FR.01", "O03.FR.02", "O03.FR.03", "O03.FR.04", "O03.FR.05")
def test_tc_o_02_cs(version: str) -> None:
    """All messages are told, more than fit into one part too."""
    station = _station(version)
    for number in range(12):
        assert _set(station, number) == "Accepted"
    assert [message.id for message in _get(station)] == list(range(12))
    assert len(station.all("NotifyDisplayMessages")) > 1


@pytest.mark.req("O03.FR.06")
def test_tc_o_03_cs(version: str) -> None:
    """Nothing is set, nothing is told."""
    assert _get(_station(version)) == []


@pytest.mark.req("O05.FR.01")
def test_tc_o_04_cs(version: str) -> None:
    """A message that is cleared is gone."""
    station = _station(version)
    _set(station)
    assert station.ask("ClearDisplayMessage", id=ID).status == "Accepted"
    assert _get(station, id=[ID]) == []
    assert not _seen(station)


@pytest.mark.req("O05.FR.02")
def test_tc_o_05_cs(version: str) -> None:
    """One that is not there cannot be cleared."""
    assert _station(version).ask("ClearDisplayMessage", id=ID).status == "Unknown"


@pytest.mark.req("O04.FR.01", "O04.FR.03", "O04.FR.06")
@pytest.mark.parametrize(
    "asked", [{"id": [ID]}, {"priority": "InFront"}, {"state": "Idle"}], ids=["o_07 id", "o_08 priority", "o_09 state"]
)
def test_tc_o_07_to_09_cs(version: str, asked: dict[str, Any]) -> None:
    """Messages are told by id, by priority, by state."""
    station = _station(version)
    _set(station, ID, "InFront", state="Idle")
    _set(station, OTHER, state="Charging")
    assert [message.id for message in _get(station, **asked)] == [ID]


@pytest.mark.req("O04.FR.02", "O04.FR.07")
@pytest.mark.parametrize(
    "asked",
    [{"id": [OTHER]}, {"id": [ID], "state": "Faulted"}, {"id": [ID], "priority": "InFront"}],
    ids=["o_11 another id", "o_34 another state", "o_35 another priority"],
)
def test_tc_o_11_33_34_35_cs(version: str, asked: dict[str, Any]) -> None:
    """What does not fit all that is asked for is not told; nothing is where nothing is set (O_33)."""
    station = _station(version)
    assert _get(station, id=[ID]) == []
    _set(station, state="Idle")
    assert _get(station, **asked) == []


@pytest.mark.req("O06.FR.01")
def test_tc_o_12_cs(version: str) -> None:
    """The same id again replaces."""
    station = _station(version)
    _set(station)
    assert _set(station, words="Good evening") == "Accepted"
    assert _seen(station, "Good evening")
    assert [message.message.content for message in _get(station)] == ["Good evening"]


# --- of a transaction -----------------------------------------------------------------------------------------------


@pytest.mark.req("O02.FR.02", "O02.FR.14")
def test_tc_o_06_cs(version: str) -> None:
    """A message of a transaction is there as long as it lasts."""
    station, transaction = _charging(version)
    assert _set(station, transactionId=transaction) == "Accepted"
    assert _seen(station)
    _ends(station)
    assert not _seen(station)
    assert _get(station, id=[ID]) == []


@pytest.mark.req("O02.FR.01")
def test_tc_o_10_cs(version: str) -> None:
    """One of a transaction that does not run is refused."""
    assert _set(_station(version), transactionId="none-such") == "UnknownTransaction"


@pytest.mark.req("O02.FR.02", "O02.FR.06")
def test_tc_o_27_cs(version: str) -> None:
    """A message of a transaction waits for its time."""
    station, transaction = _charging(version)
    assert _set(station, transactionId=transaction, startDateTime=_later(station, 60)) == "Accepted"
    station.pass_time(55)
    assert not _seen(station)
    station.pass_time(5)
    assert _seen(station)
    _ends(station)
    assert not _seen(station)
    assert _get(station, id=[ID]) == []


@pytest.mark.req("O02.FR.07")
def test_tc_o_28_cs(version: str) -> None:
    """A message of a transaction is removed after its time."""
    station, transaction = _charging(version)
    assert _set(station, transactionId=transaction, endDateTime=_later(station, 60)) == "Accepted"
    assert _seen(station)
    station.pass_time(60)
    assert not _seen(station)
    assert _get(station, id=[ID]) == []


@pytest.mark.req("O02.FR.15", "O02.FR.16")
def test_tc_o_30_cs(version: str) -> None:
    """Two messages in front, of one transaction, take turns."""
    station, transaction = _charging(version)
    _set(station, ID, "InFront", "One", transactionId=transaction)
    _set(station, OTHER, "InFront", "Two", transactionId=transaction)
    assert [message.id for message in _get(station)] == [ID, OTHER]
    assert _in_turns(station, "One", "Two")


@pytest.mark.req("O02.FR.17", "O02.FR.18")
def test_tc_o_32_cs(version: str) -> None:
    """The second that is always in front replaces the first, in a transaction."""
    station, transaction = _charging(version)
    _set(station, ID, "AlwaysFront", "One", transactionId=transaction)
    _set(station, OTHER, "AlwaysFront", "Two", transactionId=transaction)
    assert [message.id for message in _get(station)] == [OTHER]
    assert _in_turns(station, "Two")


# --- when it is seen ------------------------------------------------------------------------------------------------


@pytest.mark.req("O01.FR.06")
def test_tc_o_13_cs(version: str) -> None:
    """A message is known at once and shown from its time on."""
    station = _station(version)
    assert _set(station, startDateTime=_later(station, 60)) == "Accepted"
    assert [message.id for message in _get(station, id=[ID])] == [ID]
    station.pass_time(59)
    assert not _seen(station)
    station.pass_time(1)
    assert _seen(station)


@pytest.mark.req("O01.FR.07")
def test_tc_o_14_cs(version: str) -> None:
    """A message is gone after its time."""
    station = _station(version)
    assert _set(station, endDateTime=_later(station, 60)) == "Accepted"
    assert [message.id for message in _get(station, id=[ID])] == [ID]
    assert _seen(station)
    station.pass_time(60)
    assert not _seen(station)
    assert _get(station, id=[ID]) == []


@pytest.mark.req("O01.FR.08")
def test_tc_o_15_cs(version: str) -> None:
    """The driver's language is kept to, where there is a choice (2.1)."""
    script = Script(tokens={ANNA: info(language1="de")})
    station = WireStation(version, script=script)
    ev_connected_pre_session(station)
    authorized(station)
    energy_transfer_started(station)
    station.pass_time(15)
    german = {"format": "UTF8", "content": "Willkommen", "language": "de"}
    english = {"format": "UTF8", "content": "Welcome", "language": "en"}
    more = {"message": english, "messageExtra": [german]} if version == "2.1" else {"message": german}
    assert _set(station, **more) == "Accepted"
    assert _seen(station, "Willkommen")


@pytest.mark.req("O01.FR.01", "O01.FR.02", "O01.FR.03")
@pytest.mark.parametrize(
    ("variable", "supported", "more", "status"),
    [
        ("SupportedPriorities", "NormalCycle", {"priority": "InFront"}, "NotSupportedPriority"),
        ("SupportedStates", "Idle", {"state": "Faulted"}, "NotSupportedState"),
        ("SupportedFormats", "UTF8", {"message": {"format": "HTML", "content": "<p>"}}, "NotSupportedMessageFormat"),
    ],
    ids=["o_17", "o_18", "o_19"],
)
def test_tc_o_17_18_19_cs(version: str, variable: str, supported: str, more: dict[str, Any], status: str) -> None:
    """What the display cannot do is refused by its name."""
    station = _station(version, **{f"DisplayMessageCtrlr.{variable}": supported})
    assert _set(station, **more) == status


@pytest.mark.req("O01.FR.10")
def test_tc_o_20_cs(version: str) -> None:
    """A reboot takes nothing away."""
    station = _station(version)
    _set(station)
    booted(station, reset="Immediate")
    assert [message.id for message in _get(station, id=[ID])] == [ID]
    assert _seen(station)


@pytest.mark.req("O01.FR.13", "O01.FR.14")
def test_tc_o_22_cs(version: str) -> None:
    """Two messages in front take turns."""
    station = _station(version)
    _set(station, ID, "InFront", "One")
    _set(station, OTHER, "InFront", "Two")
    assert [message.id for message in _get(station, id=[ID])] == [ID]
    assert [message.id for message in _get(station, id=[OTHER])] == [OTHER]
    assert _in_turns(station, "One", "Two")


@pytest.mark.req("O01.FR.15", "O01.FR.16")
def test_tc_o_24_cs(version: str) -> None:
    """The second that is always in front replaces the first."""
    station = _station(version)
    assert _set(station, ID, "AlwaysFront", "One") == "Accepted"
    assert _set(station, OTHER, "AlwaysFront", "Two") == "Accepted"
    assert _get(station, id=[ID]) == []
    assert [message.id for message in _get(station, id=[OTHER])] == [OTHER]
    assert _in_turns(station, "Two")


@pytest.mark.parametrize(("state", "while_charging"), [("Charging", True), ("Idle", False)], ids=["o_36", "o_37"])
@pytest.mark.req("O04.FR.03")
def test_tc_o_36_37_cs(version: str, state: str, while_charging: bool) -> None:
    """A message of a state is shown in it alone, and kept."""
    station = _station(version)
    assert _set(station, state=state) == "Accepted"
    assert _seen(station) is not while_charging
    ev_connected_pre_session(station)
    authorized(station)
    energy_transfer_started(station)
    station.pass_time(15)
    assert _seen(station) is while_charging
    _ends(station)
    assert _seen(station) is not while_charging
    (message,) = _get(station, id=[ID])
    assert message.state == state


def test_tc_o_38_cs(version: str) -> None:
    """So is one for a station that is out of use."""
    station = _station(version)
    assert _set(station, state="Unavailable") == "Accepted"
    assert not _seen(station)
    unavailable(station)
    assert _seen(station)
    assert change_availability(station, "Operative").status == "Accepted"
    assert not _seen(station)
    (message,) = _get(station, id=[ID])
    assert message.state == "Unavailable"


def test_tc_o_39_cs(version: str) -> None:
    """And one for a station with a fault."""
    station = _station(version)
    assert _set(station, state="Faulted") == "Accepted"
    assert not _seen(station)
    station.does(station.hardware.raise_fault("GROUND_FAILURE", 1, 1))
    assert _seen(station)
    station.does(station.hardware.clear_fault("GROUND_FAILURE", 1, 1))
    assert not _seen(station)
    (message,) = _get(station, id=[ID])
    assert message.state == "Faulted"
