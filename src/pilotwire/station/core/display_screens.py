"""What is to be seen on each display at this moment: what the station says itself, or messages the CSMS set (O01.FR.12 to O01.FR.16).

What the station says to a driver stays for its moment, and then until something else is to be shown. A message that is always in front is
there instead of all else; those in front take turns, whatever the normal cycle has; the normal cycle has the others, and what the
transaction costs so far. What the station said last is what is seen when there is nothing of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.availability import Availability
from pilotwire.domain.display import DisplayMessage, DisplayText, MessagePriority, MessageState
from pilotwire.domain.identity import IdToken
from pilotwire.domain.tariff import TariffText
from pilotwire.domain.transactions import ChargingState
from pilotwire.station.core import availability
from pilotwire.station.core.actions import Show
from pilotwire.station.core.display_memory import DisplayMemory
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station

_T = TypeVar("_T", DisplayText, TariffText)
ENABLED: Final = "DisplayMessageCtrlr.Enabled"
LANGUAGE: Final = "DisplayMessageCtrlr.Language"
DIALOGUE: Final = timedelta(seconds=10)
"""How long what the station says to a driver is not pushed aside by messages, but those that are always in front."""
TURN: Final = timedelta(seconds=10)
"""How long each of several messages is shown before the next one."""
# fmt: off
LANGUAGES: Final = (
    "en", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu", "is", "it",
    "lb", "lt", "lv", "mt", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sr", "sv", "tr", "uk",
)
# fmt: on
"""What texts can be in, as RFC 5646 tags: what the fonts of a display have is what counts, for the texts come as they are."""
_MOST_LANGUAGES: Final = 50
_SUSPENDED: Final = frozenset({ChargingState.SUSPENDED_EV, ChargingState.SUSPENDED_EVSE})


@dataclass(slots=True)
class Screen:
    """One display: `shown` is on it; `said` is what the station said last, to be left there until `until`.

    `turn` counts the turns of what takes turns; the next is at `next_turn`, None while there is only one thing to show.
    """

    shown: str = ""
    said: str = ""
    until: datetime | None = None
    turn: int = 0
    next_turn: datetime | None = None
    standing: str | None = None


@dataclass(slots=True)
class Screens:
    """All displays, by EVSE (None: the station's), and the languages of drivers by their token."""

    of: dict[int | None, Screen] = field(default_factory=dict)
    languages: dict[str, tuple[str, ...]] = field(default_factory=dict)


def shown(station: Station, place: int | None) -> str:
    """What is to be read on the display of an EVSE, or of the station (None)."""
    screen = station.moment(Screens).of.get(place)
    return "" if screen is None else screen.shown


def primary(language: str) -> str:
    """The language of a tag without its region: `en` of `en-US` (RFC 5646)."""
    return language.split("-")[0].casefold()


def stand(station: Station, evse: Evse, text: str | None) -> None:
    """Keep a text in the normal cycle of an EVSE's display from now on; None: no more."""
    _screen(station, evse.evse_id).standing = text


def speaks(station: Station, id_token: IdToken, verdict: AuthorizationVerdict) -> None:
    """The CSMS told which languages a driver wants (O01.FR.08)."""
    told = tuple(each for each in (verdict.language, verdict.language2) if each is not None)
    known = station.moment(Screens).languages
    known.pop(id_token.key, None)
    if told:
        known[id_token.key] = told
        if len(known) > _MOST_LANGUAGES:
            del known[next(iter(known))]


# --- what is so -----------------------------------------------------------------------------------------------------


def state_of(station: Station, evse: Evse) -> MessageState:
    """The state of an EVSE, as messages are shown by it (2.x MessageStateEnumType)."""
    connectors = [evse.connector] if evse.connector is not None else list(evse.connectors)
    found = {availability.connector_state(station, evse, each).availability for each in connectors}
    if found == {Availability.FAULTED}:
        return MessageState.FAULTED
    if found == {Availability.UNAVAILABLE}:
        return MessageState.UNAVAILABLE
    if evse.tx is not None and evse.charging_state is ChargingState.CHARGING:
        gives_back = evse.layout.max_discharge_w > 0 and station.meter(evse.evse_id).power_w < 0
        return MessageState.DISCHARGING if gives_back else MessageState.CHARGING
    if evse.tx is not None and evse.charging_state in _SUSPENDED:
        return MessageState.SUSPENDED
    return MessageState.IDLE


def _state(station: Station, place: int | None) -> MessageState:
    """The state of a display's EVSE; the station is in a state if one of its EVSEs is, but out of order only if all are."""
    if place is not None:
        return state_of(station, station.evses[place])
    found = {state_of(station, evse) for evse in station.evses.values()}
    for state in (
        MessageState.CHARGING,
        MessageState.DISCHARGING,
        MessageState.SUSPENDED,
        MessageState.IDLE,
        MessageState.UNAVAILABLE,
    ):
        if state in found:
            return state
    return MessageState.FAULTED


def _messages(station: Station, place: int | None) -> Iterator[DisplayMessage]:
    """The messages that may be seen on a display now."""
    if not station.variables.on(ENABLED):
        return
    now, state = station.now + station.offset, None
    for message in station.kept(DisplayMemory).messages:
        if not _belongs(station, message, place) or (message.start_at is not None and message.start_at > now):
            continue
        if message.state is not None:
            state = state or _state(station, place)
            if message.state is not state:
                continue
        yield message


def _belongs(station: Station, message: DisplayMessage, place: int | None) -> bool:
    """Whether a message is for this display: the one named (O01.FR.23), else those of EVSEs; one of a transaction only where it runs."""
    if message.transaction_id is not None and place is not None:
        evse = station.evse_of_transaction(message.transaction_id)
        if evse is None or evse.evse_id != place:
            return False
    return place is not None if message.display is None else message.display.evse == place


# --- what is shown --------------------------------------------------------------------------------------------------


def refresh(station: Station) -> None:
    """Take notice of what the station says with this input, and put on each display what is to be seen."""
    own = {action.evse_id: action.text for action in station.actions if isinstance(action, Show)}
    screens = station.moment(Screens).of
    if not own and not _is_anything_to_show(station, screens):
        return
    for place, text in own.items():
        _said(station, _screen(station, place), text)
    for place in (None, *station.evses):
        screen = _screen(station, place)
        text = _choose(station, place, screen)
        if place in own and own[place] != text:
            station.actions = [one for one in station.actions if not (isinstance(one, Show) and one.evse_id == place)]
        elif place in own:
            screen.shown = text
        if text != screen.shown:
            station.do(Show(place, text))
            screen.shown = text


def _is_anything_to_show(station: Station, screens: dict[int | None, Screen]) -> bool:
    """Whether there are messages or standing texts, or a display still has one."""
    if station.kept(DisplayMemory).messages:
        return True
    return any(screen.standing is not None or screen.shown != screen.said for screen in screens.values())


def _said(station: Station, screen: Screen, text: str) -> None:
    screen.said = text
    screen.until = station.now + DIALOGUE if text else None


def _screen(station: Station, place: int | None) -> Screen:
    return station.moment(Screens).of.setdefault(place, Screen())


def _choose(station: Station, place: int | None, screen: Screen) -> str:
    """The text for a display."""
    messages = list(_messages(station, place))
    by = {priority: [m for m in messages if m.priority is priority] for priority in MessagePriority}
    always = by[MessagePriority.ALWAYS_FRONT]
    screen.until = screen.until if screen.until is not None and screen.until > station.now else None
    if always:
        screen.next_turn = None
        return _text(station, place, always[-1])  # O01.FR.15
    if screen.until is not None:
        screen.next_turn = None
        return screen.said
    front = by[MessagePriority.IN_FRONT]
    turns = [_text(station, place, message) for message in front or by[MessagePriority.NORMAL_CYCLE]]
    if not front and screen.standing is not None:
        turns.append(screen.standing)
    return _in_turn(station, screen, turns) if turns else screen.said


def _in_turn(station: Station, screen: Screen, turns: list[str]) -> str:
    """The one of several texts whose turn it is (O01.FR.14)."""
    if len(turns) == 1:
        screen.next_turn = None
        return turns[0]
    if screen.next_turn is None:
        screen.turn, screen.next_turn = 0, station.now + TURN
    elif screen.next_turn <= station.now:
        screen.turn, screen.next_turn = screen.turn + 1, station.now + TURN
    return turns[screen.turn % len(turns)]


def deadline(station: Station) -> datetime | None:
    """When a display is to be looked at again; None as long as nothing is to follow what it shows."""
    screens = station.moment(Screens).of
    if not station.kept(DisplayMemory).messages and all(screen.standing is None for screen in screens.values()):
        return None
    moments = [at for screen in screens.values() for at in (screen.until, screen.next_turn) if at is not None]
    return min(moments, default=None)


# --- language -------------------------------------------------------------------------------------------------------


def _text(station: Station, place: int | None, message: DisplayMessage) -> str:
    return in_language((message.text, *message.extra), wanted(station, place)).content


def in_drivers_language(
    station: Station, evse: Evse, texts: tuple[TariffText, ...], driver: IdToken | None = None
) -> str:
    """The one of several texts that a driver at an EVSE is to read; `driver`: who that is if nobody charges there any more."""
    return in_language(texts, wanted(station, evse.evse_id, driver)).content


def wanted(station: Station, place: int | None, driver: IdToken | None = None) -> Iterator[str]:
    """The languages to look for: the driver's (O01.FR.08), then English (O01.FR.09) where there is a driver's, then the display's own."""
    evse = station.evses.get(place) if place is not None else None
    token = driver
    if evse is not None:
        token = evse.grant.id_token if evse.grant is not None else evse.tx.owner if evse.tx is not None else driver
    if token is not None:
        spoken = _of_driver(station, token)
        yield from spoken
        if spoken:
            yield "en"
    yield station.variables.text(LANGUAGE) if station.variables.has(LANGUAGE) else "en"


def _of_driver(station: Station, token: IdToken) -> tuple[str, ...]:
    told = station.moment(Screens).languages.get(token.key)
    if told is not None:
        return told
    entry = station.cache.entries.get(token.key)
    known = () if entry is None else (entry.verdict.language, entry.verdict.language2)
    return tuple(each for each in known if each is not None)


def in_language(texts: tuple[_T, ...], languages: Iterator[str]) -> _T:
    """The text in the first of `languages` there is, region and all or without it; the first text if there is none."""
    for language in languages:
        for same in (str.casefold, primary):
            for text in texts:
                if text.language is not None and same(text.language) == same(language):
                    return text
    return texts[0]
