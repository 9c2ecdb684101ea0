"""What the cases with charging needs share: an EV that speaks ISO 15118, what it needs, and the schedules it is offered and takes up."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    OWN,
    Steps,
    in_amps,
    limit,
    profile,
    sets,
)
from pilotwire.conformance.checks import Check, absent, both, differs, either, equals, present, satisfies, when
from pilotwire.conformance.conditions import EVENT_DUE, TRANSACTION_JUST_BEGAN, not_, starts_at
from pilotwire.conformance.language import Acts, Happened, OnlyIf, Reached, Receives, Sends, State
from pilotwire.conformance.states.station201 import (
    authorized,
    ev_connected_pre_session,
    transaction_event,
)
from pilotwire.conformance.values import OMITTED, Kept, Known, Moment, configured

_AC, _DC = "chargingNeeds.acChargingParameters", "chargingNeeds.dcChargingParameters"
_AT_EVSE = equals("evseId", configured.evse_id)
_CHARGES = (equals("transactionInfo.chargingState", "Charging"),)

BEGUN_BEFORE_ENERGY = starts_at("ParkingBayOccupancy", "EVConnected", "Authorized", "DataSigned", "PowerPathClosed")
"""There is a transaction when the EV tells its needs, so that there can be a profile for it."""
NEEDED = (
    _AT_EVSE,
    either(both(present(_AC), absent(_DC)), both(present(_DC), absent(_AC))).of("K15.FR.06"),
    either(
        both(equals("chargingNeeds.requestedEnergyTransfer", "DC"), present(_DC)),
        both(differs("chargingNeeds.requestedEnergyTransfer", "DC"), present(_AC)),
    ),
)
"""What NotifyEVChargingNeeds must have: the EVSE, and the parameters of the energy transfer that is asked for."""


def connected_and_authorized() -> Steps:
    """States EVConnectedPreSession, of an EV that speaks ISO 15118, and Authorized15118 (by EIM: the token of the driver)."""
    return (Acts(act="speaks_15118"), *ev_connected_pre_session(), *authorized("local"))


def needs_told(number: str, *, status: str = "Accepted") -> Steps:
    """The EV tells its needs, and the station tells the CSMS, which answers with this status."""
    return (
        Acts(act="tell_needs"),
        Receives(number=number, action="NotifyEVChargingNeeds", checks=NEEDED, answer={"status": status}),
    )


def own_profile(number: str, amps: float, *, duration: Any = OMITTED) -> Sends:
    """A TxProfile of the transaction at the EVSE, from now on; another one takes its place (K01.FR.05)."""
    sent = profile("offer", OWN, (0, amps), duration=duration, transactionId=Kept("transaction_id"))
    sent["chargingSchedule"][0]["startSchedule"] = Moment()
    return sets(number, sent)


def takes_up(amps: float) -> Acts:
    """The EV takes up what it is offered, with a profile of its own of so many A."""
    return Acts(act="take_up_schedule", details={"limit": limit(amps), "unit": configured.charging_rate_unit})


def schedule_told(number: str, *checks: Check, optional: bool = True, early: bool = False) -> Receives:
    """The station tells the schedule of the EV, if that has one."""
    return Receives(
        number=number,
        action="NotifyEVChargingSchedule",
        checks=(_AT_EVSE, *checks),
        answer={"status": "Accepted"},
        optional=optional,
        early=early,
        within=configured.silence if optional else configured.message_timeout,
    )


def within(amps: float) -> Check:
    """The schedule of the EV is nowhere above so many A of every phase (K15.FR.09)."""

    def test(found: Any, known: Known) -> bool:
        if not isinstance(found, dict) or not found.get("chargingSchedulePeriod"):
            return False
        unit = found.get("chargingRateUnit")
        told = [one.get("limit") for one in found["chargingSchedulePeriod"]]
        return all(isinstance(one, (int, float)) and in_amps(one, unit, known) <= amps + 0.05 for one in told)

    return satisfies("chargingSchedule", f"has no period above {amps:g} A (or as many W)", test)


def charging_told(number: str, *, optional: bool = False) -> Steps:
    """Energy flows, and the station tells it."""
    return (
        Happened(facts={"energy": True}),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    number,
                    trigger=("ChargingStateChanged", "RemoteStart", "Authorized"),
                    where=_CHARGES,
                    checks=when(not_(TRANSACTION_JUST_BEGAN), equals("triggerReason", "ChargingStateChanged")),
                    optional=optional,
                    within=configured.silence if optional else configured.message_timeout,
                ),
            ),
        ),
    )


def rate_changed(number: str) -> Receives:
    """The station tells that the EV charges with another power, if it does."""
    return transaction_event(number, trigger="ChargingRateChanged", optional=True, within=configured.silence)


def renegotiated() -> Steps:
    """State RenegotiateChargingLimits (errata 6.2.119): the EV told its needs, and charges by a profile of 10 A."""
    return (
        State(
            name="RenegotiateChargingLimits",
            steps=(
                *needs_told("1"),
                own_profile("3", 10, duration=300),
                takes_up(9),
                schedule_told("5"),
                *charging_told("7", optional=True),
                Reached(state="RenegotiateChargingLimits"),
            ),
        ),
    )
