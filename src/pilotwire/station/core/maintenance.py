"""What is done to a station from inside, by its owner's tools: transactions ended, clock-aligned moments, tokens known before."""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.availability import Problem
from pilotwire.domain.identity import STATION, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import availability, security, token_cache, transactions
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.transactions import Cause
from pilotwire.station.core.variable_table import Declared, switch
from pilotwire.station.hardware.ports import StationLayout


@dataclass(frozen=True, slots=True)
class TransactionBroken(OfStreet):
    """The transaction on an EVSE ends now for this reason, whatever TxStopPoint says; nothing where none runs."""

    evse_id: int
    reason: StoppedReason


@dataclass(frozen=True, slots=True)
class ClockAlignedNow(OfStreet):
    """A clock-aligned moment (J01) is now; the next one is counted from here as always."""


@dataclass(frozen=True, slots=True)
class CacheSeeded(OfStreet):
    """These verdicts are in the Authorization Cache, as if the CSMS had just given them."""

    entries: tuple[tuple[IdToken, AuthorizationVerdict], ...]


@dataclass(frozen=True, slots=True)
class MaintenanceLogin(OfStreet):
    """Somebody logged in to the station's own page, or tried to with a wrong password."""

    accepted: bool


NOTIFY_ON_LOGIN = "InstallerCtrlr.NotifyOnLogin"


def _login(station: Station, event: MaintenanceLogin) -> None:
    """A critical security event (A04); and if so set up, a state of the whole station that carries the news (1.6:4.9)."""
    security.report(station, "MaintenanceLoginAccepted" if event.accepted else "MaintenanceLoginFailed", "control page")
    if event.accepted and station.online and station.variables.on(NOTIFY_ON_LOGIN):
        state = dict(availability.states(station))[STATION]
        news = Problem(code="NoError", info="Login to the web page")
        availability.report(station, STATION, changed(state, problem=state.problem or news), anyway=True)
        station.condition.reported[STATION] = state


def _variables(_family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    return (switch(NOTIFY_ON_LOGIN, False),)


def _broken(station: Station, event: TransactionBroken) -> None:
    evse = station.evses.get(event.evse_id)
    if evse is None or evse.tx is None:
        station.note(f"There is no transaction to be ended on EVSE {event.evse_id}.")
        return
    transactions.end(station, evse, Cause(_TRIGGERS.get(event.reason, TriggerReason.ABNORMAL_CONDITION), event.reason))


_TRIGGERS: dict[StoppedReason, TriggerReason] = {
    StoppedReason.DEAUTHORIZED: TriggerReason.DEAUTHORIZED,
    StoppedReason.ENERGY_LIMIT_REACHED: TriggerReason.ENERGY_LIMIT_REACHED,
    StoppedReason.EV_DISCONNECTED: TriggerReason.EV_COMMUNICATION_LOST,
    StoppedReason.IMMEDIATE_RESET: TriggerReason.RESET_COMMAND,
    StoppedReason.LOCAL: TriggerReason.STOP_AUTHORIZED,
    StoppedReason.MASTER_PASS: TriggerReason.STOP_AUTHORIZED,
    StoppedReason.REMOTE: TriggerReason.REMOTE_STOP,
    StoppedReason.SOFT_RESET: TriggerReason.RESET_COMMAND,
    StoppedReason.STOPPED_BY_EV: TriggerReason.CHARGING_STATE_CHANGED,
    StoppedReason.TIME_LIMIT_REACHED: TriggerReason.TIME_LIMIT_REACHED,
    StoppedReason.TIMEOUT: TriggerReason.EV_CONNECT_TIMEOUT,
    StoppedReason.UNLOCK_COMMAND: TriggerReason.UNLOCK_COMMAND,
}
"""What is told as the trigger of an end (E06, TriggerReasonEnumType); what is not here is an abnormal condition."""


def _aligned_now(station: Station, _: ClockAlignedNow) -> None:
    station.timers.aligned = station.now  # due at the tick that follows


def _seeded(station: Station, event: CacheSeeded) -> None:
    for token, verdict in event.entries:
        token_cache.remember(station, token, verdict)


STREET = Street(
    "maintenance",
    events={
        TransactionBroken: _broken,
        ClockAlignedNow: _aligned_now,
        CacheSeeded: _seeded,
        MaintenanceLogin: _login,
    },
    variables=_variables,
)
