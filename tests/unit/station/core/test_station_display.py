"""Messages on the displays: taken or refused, told, removed, and which of them is seen when (functional block O)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.display import (
    ClearDisplayMessage,
    ClearDisplayMessageOutcome,
    ClearDisplayMessageStatus,
    DisplayMessage,
    DisplayMessagesPart,
    DisplayPlace,
    DisplayText,
    GetDisplayMessages,
    GetDisplayMessagesOutcome,
    GetDisplayMessagesStatus,
    MessageFormat,
    MessagePriority,
    MessageState,
    SetDisplayMessage,
    SetDisplayMessageOutcome,
    SetDisplayMessageStatus,
)
from pilotwire.station.core.display import DISPLAY_MESSAGES, MESSAGES_IN_PART
from tests.support.both_ways import both_ways, moded, period, power, put
from tests.support.station_world import StationWorld

ACCEPTED = SetDisplayMessageStatus.ACCEPTED
REJECTED = SetDisplayMessageStatus.REJECTED
IN_FRONT = MessagePriority.IN_FRONT
ALWAYS = MessagePriority.ALWAYS_FRONT


def _message(number: int, words: str = "", **more: Any) -> DisplayMessage:
    fields = {
        "priority": MessagePriority.NORMAL_CYCLE,
        "text": DisplayText(content=words or f"Message {number}"),
    } | more
    return DisplayMessage(message_id=number, **fields)


def _set(world: StationWorld, number: int, words: str = "", **more: Any) -> SetDisplayMessageStatus:
    outcome = world.command(SetDisplayMessage(message=_message(number, words, **more)))
    assert isinstance(outcome, SetDisplayMessageOutcome)
    return outcome.status


def _ids(world: StationWorld, **asked: Any) -> list[int]:
    """The ids of the messages told; none if there are none to tell."""
    before = len(world.csms.of(DisplayMessagesPart))
    outcome = world.command(GetDisplayMessages(request_id=7, **asked))
    assert isinstance(outcome, GetDisplayMessagesOutcome)
    parts = [part for part in world.csms.heard if isinstance(part, DisplayMessagesPart)][before:]
    assert bool(parts) == (outcome.status is GetDisplayMessagesStatus.ACCEPTED)
    assert all(part.request_id == 7 for part in parts)
    return [message.message_id for part in parts for message in part.messages]


def _seen(world: StationWorld, place: int | None = 1) -> str | None:
    return world.hardware.display.get(place)


def _seen_for(world: StationWorld, seconds: int) -> set[str | None]:
    """All that is seen on the display of EVSE 1 in so many seconds."""
    seen = set()
    for _ in range(seconds):
        world.pass_time(1)
        seen.add(_seen(world))
    return seen


def _charging(**settings: Any) -> StationWorld:
    """Energy flows, and what was said to the driver has had its moment."""
    world = StationWorld(**settings)
    world.plug()
    world.tap("ANNA")
    world.pass_time(15)
    return world


# --- taken or not ---------------------------------------------------------------------------------------------------


@pytest.mark.req("O01.FR.12", "O05.FR.01", "O05.FR.02")
def test_a_message_is_seen_until_it_is_cleared() -> None:
    world = StationWorld()
    assert _set(world, 1, "Welcome") is ACCEPTED
    assert _seen(world) == "Welcome"
    assert [evse.display for evse in world.core.overview().evses] == ["Welcome"] * len(world.core.overview().evses)
    assert world.command(ClearDisplayMessage(message_id=1)) == ClearDisplayMessageOutcome(
        status=ClearDisplayMessageStatus.ACCEPTED
    )
    assert _seen(world) is None
    assert world.command(ClearDisplayMessage(message_id=1)) == ClearDisplayMessageOutcome(
        status=ClearDisplayMessageStatus.UNKNOWN
    )


@pytest.mark.req("O06.FR.01")
def test_a_message_takes_the_place_of_the_one_with_its_id() -> None:
    world = StationWorld()
    _set(world, 1, "Old")
    assert _set(world, 1, "New", priority=IN_FRONT) is ACCEPTED
    assert _seen(world) == "New"
    assert _ids(world) == [1]
    assert _ids(world, priority=MessagePriority.NORMAL_CYCLE) == []


@pytest.mark.req("O01.FR.11", "O02.FR.11")
def test_more_messages_than_there_is_room_for_are_refused_but_a_replacement_is_not() -> None:
    world = StationWorld()
    assert all(_set(world, number) is ACCEPTED for number in range(DISPLAY_MESSAGES))
    counted = {str(spec.name): value for spec, value in world.core.variables()}
    assert counted["DisplayMessageCtrlr.DisplayMessages"] == str(DISPLAY_MESSAGES)
    assert _set(world, 99) is REJECTED
    assert _set(world, 3, "Replaced") is ACCEPTED
    assert len(_ids(world)) == DISPLAY_MESSAGES


@pytest.mark.req("O01.FR.01", "O01.FR.02", "O01.FR.03", "O02.FR.03", "O02.FR.04", "O02.FR.05")
@pytest.mark.parametrize(
    ("variable", "supported", "more", "status"),
    [
        ("SupportedPriorities", "NormalCycle", {"priority": IN_FRONT}, "NotSupportedPriority"),
        ("SupportedStates", "Idle", {"state": MessageState.CHARGING}, "NotSupportedState"),
        (
            "SupportedFormats",
            "UTF8",
            {"text": DisplayText(content="http://x.test", format=MessageFormat.URI)},
            "NotSupportedMessageFormat",
        ),
    ],
    ids=["priority", "state", "format"],
)
def test_what_a_display_cannot_show_is_refused_by_name(
    variable: str, supported: str, more: dict[str, Any], status: str
) -> None:
    able = StationWorld()
    assert _set(able, 1, **more) is ACCEPTED
    world = StationWorld(variables={f"DisplayMessageCtrlr.{variable}": supported})
    assert _set(world, 1, **more) is SetDisplayMessageStatus(status)
    assert _ids(world) == []


def test_a_text_that_is_not_the_ascii_it_claims_to_be_is_refused() -> None:
    text = DisplayText(content="Grüß Gott", format=MessageFormat.ASCII)
    assert _set(StationWorld(), 1, text=text) is REJECTED
    assert _set(StationWorld(), 1, text=DisplayText(content="Good day", format=MessageFormat.ASCII)) is ACCEPTED


@pytest.mark.req("O01.FR.18")
def test_a_language_that_is_not_supported_is_refused_wherever_it_stands() -> None:
    world = StationWorld()
    strange = DisplayText(content="nuqneH", language="tlh")
    assert _set(world, 1, text=strange) is SetDisplayMessageStatus.LANGUAGE_NOT_SUPPORTED
    english = DisplayText(content="Hello", language="en-GB")
    assert _set(world, 1, text=english, extra=(strange,)) is SetDisplayMessageStatus.LANGUAGE_NOT_SUPPORTED
    assert _set(world, 1, text=english) is ACCEPTED


def test_a_message_that_could_never_be_seen_is_refused() -> None:
    world = StationWorld()
    assert _set(world, 1, end_at=world.now) is REJECTED
    assert "Display message 1 was not taken" in world.notes[-1]


def test_a_display_that_is_switched_off_takes_and_shows_nothing() -> None:
    world = StationWorld()
    _set(world, 1)
    world._perform(world.core.write("DisplayMessageCtrlr.Enabled", "false", world.now))
    assert _seen(world) is None
    assert _set(world, 2) is REJECTED


# --- told -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("O03.FR.01", "O03.FR.02", "O03.FR.03", "O03.FR.04", "O03.FR.05", "O03.FR.06")
def test_many_messages_are_told_in_parts() -> None:
    world = StationWorld()
    assert _ids(world) == []
    for number in range(MESSAGES_IN_PART + 2):
        _set(world, number)
    assert _ids(world) == list(range(MESSAGES_IN_PART + 2))
    parts = [part for part in world.csms.heard if isinstance(part, DisplayMessagesPart)]
    assert [(len(part.messages), part.more) for part in parts] == [(MESSAGES_IN_PART, True), (2, False)]


@pytest.mark.req("O04.FR.01", "O04.FR.02", "O04.FR.03")
def test_messages_are_told_by_id_priority_and_state() -> None:
    world = StationWorld()
    _set(world, 1)
    _set(world, 2, priority=IN_FRONT, state=MessageState.IDLE)
    assert _ids(world, ids=(2, 3)) == [2]
    assert _ids(world, priority=MessagePriority.NORMAL_CYCLE) == [1]
    assert _ids(world, state=MessageState.IDLE) == [2]
    assert _ids(world, ids=(1,), state=MessageState.IDLE) == []


def test_a_csms_that_does_not_take_a_part_gets_no_further_ones() -> None:
    world = StationWorld()
    for number in range(MESSAGES_IN_PART + 1):
        _set(world, number)
    world.csms.refusing = lambda fact: "InternalError" if isinstance(fact, DisplayMessagesPart) else None
    world.command(GetDisplayMessages(request_id=7))
    assert len(world.csms.of(DisplayMessagesPart)) == 1
    assert "request 7" in world.notes[-1]


# --- seen when ------------------------------------------------------------------------------------------------------


@pytest.mark.req("O01.FR.06", "O01.FR.07")
def test_a_message_is_seen_between_its_moments_and_then_removed() -> None:
    world = StationWorld()
    start, end = world.now + timedelta(seconds=60), world.now + timedelta(seconds=120)
    _set(world, 1, start_at=start, end_at=end)
    assert _seen(world) is None
    world.pass_time(59)
    assert _seen(world) is None
    world.pass_time(1)
    assert _seen(world) == "Message 1"
    world.pass_time(60)
    assert _seen(world) is None
    assert _ids(world) == []


def test_the_moments_of_a_message_are_those_of_the_csms_clock() -> None:
    world = StationWorld(online=False)
    world.csms.clock_ahead = timedelta(seconds=600)
    world.connect()
    _set(world, 1, start_at=world.now + timedelta(seconds=630))
    world.pass_time(29)
    assert _seen(world) is None
    world.pass_time(1)
    assert _seen(world) == "Message 1"


@pytest.mark.req("O01.FR.12", "O01.FR.13", "O01.FR.14")
def test_messages_take_turns_and_those_in_front_push_the_others_aside() -> None:
    world = StationWorld()
    _set(world, 1)
    _set(world, 2)
    assert _seen_for(world, 25) == {"Message 1", "Message 2"}
    _set(world, 3, priority=IN_FRONT)
    assert _seen_for(world, 25) == {"Message 3"}
    _set(world, 4, priority=IN_FRONT)
    assert _seen_for(world, 25) == {"Message 3", "Message 4"}


@pytest.mark.req("O01.FR.15", "O01.FR.16")
def test_what_is_always_in_front_gives_way_to_nothing_but_the_next_of_its_kind() -> None:
    world = StationWorld()
    _set(world, 1, priority=IN_FRONT)
    _set(world, 2, priority=ALWAYS)
    world.plug()
    world.tap("ANNA")
    assert _seen(world) == "Message 2"
    assert _seen_for(world, 25) == {"Message 2"}
    _set(world, 3, priority=ALWAYS)
    assert _seen_for(world, 25) == {"Message 3"}
    assert _ids(world) == [1, 3]


def test_what_the_station_says_to_a_driver_has_its_moment() -> None:
    world = StationWorld()
    _set(world, 1, priority=IN_FRONT)
    world.plug()
    world.tap("ANNA")
    assert _seen(world) == "Accepted."
    world.pass_time(9)
    assert _seen(world) == "Accepted."
    world.pass_time(2)
    assert _seen(world) == "Message 1"


def test_what_the_station_said_last_comes_back_when_there_is_nothing_else() -> None:
    world = StationWorld()
    _set(world, 1)
    world.tap("NOBODY")
    refused = _seen(world)
    world.pass_time(15)
    assert _seen(world) == "Message 1" != refused
    world.command(ClearDisplayMessage(message_id=1))
    assert _seen(world) == refused


@pytest.mark.parametrize(
    ("state", "seen"),
    [("Idle", (True, False, True)), ("Charging", (False, True, False))],
    ids=["idle", "charging"],
)
def test_a_message_of_a_state_is_seen_in_that_state_alone(state: str, seen: tuple[bool, ...]) -> None:
    world = StationWorld()
    _set(world, 1, "Now", state=MessageState(state))
    before = _seen(world) == "Now"
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    during = _seen(world) == "Now"
    world.tap("ANNA")
    world.unplug()
    world.pass_time(30)
    assert (before, during, _seen(world) == "Now") == seen


def test_a_vehicle_that_gives_energy_back_is_discharging() -> None:
    world = both_ways()
    for number, state in enumerate((MessageState.CHARGING, MessageState.DISCHARGING), 1):
        _set(world, number, state.value, state=state)
    world.pass_time(15)
    assert _seen(world) == "Charging"
    put(world, moded(period("CentralSetpoint", setpoint=-5000)))
    world.pass_time(30)
    assert power(world) < 0
    assert _seen(world) == "Discharging"


def test_a_full_vehicle_is_a_suspended_one() -> None:
    world = StationWorld()
    _set(world, 1, "Please move on", state=MessageState.SUSPENDED)
    world.plug(car=world.car(energy_wh=500))
    world.tap("ANNA")
    world.pass_time(30)
    assert _seen(world) != "Please move on"
    world.pass_time(900)
    assert _seen(world) == "Please move on"


@pytest.mark.req("O02.FR.01", "O02.FR.02")
def test_a_message_of_a_transaction_goes_with_it() -> None:
    world = _charging()
    assert _set(world, 1, transaction_id="no-such") is SetDisplayMessageStatus.UNKNOWN_TRANSACTION
    assert _set(world, 1, transaction_id=world.transaction) is ACCEPTED
    assert _seen(world) == "Message 1"
    world.tap("ANNA")
    world.unplug()
    assert world.transaction is None
    assert _seen(world) != "Message 1"
    assert _ids(world) == []


def test_a_message_of_a_transaction_is_seen_where_it_runs() -> None:
    world = _charging(station="ac-22-dual")
    _set(world, 1, transaction_id=world.transaction)
    assert (_seen(world, 1), _seen(world, 2)) == ("Message 1", None)


@pytest.mark.req("O01.FR.20", "O01.FR.22", "O01.FR.23")
def test_a_message_can_be_for_one_display() -> None:
    world = StationWorld(station="ac-22-dual")
    assert _set(world, 1, display=DisplayPlace(component="Display", evse=2)) is ACCEPTED
    assert (_seen(world, None), _seen(world, 1), _seen(world, 2)) == (None, None, "Message 1")
    assert _set(world, 2, display=DisplayPlace(component="Display")) is ACCEPTED
    assert _seen(world, None) == "Message 2"
    assert _set(world, 3) is ACCEPTED
    assert _seen(world, 1) == "Message 3"
    assert _set(world, 4, display=DisplayPlace(component="Display", evse=3)) is REJECTED
    assert _set(world, 4, display=DisplayPlace(component="TokenReader")) is REJECTED


@pytest.mark.req("O01.FR.21")
def test_each_display_is_a_component_that_tells_what_is_to_be_read() -> None:
    world = StationWorld(station="ac-22-dual")
    _set(world, 1, "Welcome")
    world.tap("nobody", 2)
    told = {spec.name.evse: value for spec, value in world.core.variables() if str(spec.name) == "Display.DataText"}
    assert told == {None: "", 1: "Welcome", 2: "Card not accepted: Unknown."}
    assert told[2] == _seen(world, 2)
    world.kill()
    told = {spec.name.evse: value for spec, value in world.core.variables() if str(spec.name) == "Display.DataText"}
    assert told == {None: "", 1: "Welcome", 2: "Welcome"}


@pytest.mark.req("O01.FR.10", "O02.FR.10")
def test_messages_survive_a_failure_of_power() -> None:
    world = StationWorld()
    _set(world, 1)
    world.kill()
    assert _seen(world) == "Message 1"
    assert _ids(world) == [1]


# --- language -------------------------------------------------------------------------------------------------------

_TEXTS = {
    "text": DisplayText(content="Welkom", language="nl"),
    "extra": (DisplayText(content="Welcome", language="en"), DisplayText(content="Willkommen", language="de")),
}


@pytest.mark.req("O01.FR.08", "O01.FR.09", "O02.FR.08", "O02.FR.09", "C01.FR.08", "C01.FR.09")
@pytest.mark.parametrize(
    ("language", "second", "seen"),
    [
        ("de", "en", "Willkommen"),
        ("de-AT", None, "Willkommen"),
        ("fr", "de", "Willkommen"),
        ("fr", None, "Welcome"),
        (None, None, "Welkom"),
    ],
    ids=["the driver's", "of another region", "the second one", "English instead", "nobody's"],
)
def test_a_driver_reads_their_own_language(language: str | None, second: str | None, seen: str) -> None:
    world = StationWorld(variables={"DisplayMessageCtrlr.Language": "nl"})
    told = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, language=language, language2=second)
    world.csms.tokens["ANNA"] = told
    _set(world, 1, **_TEXTS)
    assert _seen(world) == "Welkom"
    world.plug()
    world.tap("ANNA")
    world.pass_time(15)
    assert _seen(world) == seen


def test_the_language_of_a_driver_is_known_from_the_cache_too() -> None:
    world = StationWorld(variables={"TxCtrlr.ResumptionTimeout": "600"})
    world.csms.tokens["ANNA"] = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, language="de")
    _set(world, 1, **_TEXTS)
    world.plug()
    world.tap("ANNA")
    world.pass_time(15)
    world.wants_line = False
    world.kill()
    world.pass_time(60)
    assert _seen(world) == "Willkommen"
