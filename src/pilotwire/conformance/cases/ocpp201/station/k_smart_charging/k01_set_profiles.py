"""K01: profiles that are taken, told again as they were set, or refused."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    OTHER_UNIT,
    OWN,
    STATION_MAX,
    UNKNOWN_EVSE,
    Payload,
    Steps,
    asks,
    by_id,
    profile,
    reports,
    sets,
    told,
)
from pilotwire.conformance.checks import absent_or, equals
from pilotwire.conformance.conditions import feature, not_
from pilotwire.conformance.language import Case, Judges, Sends
from pilotwire.conformance.states.station201 import booted, energy_transfer_started
from pilotwire.conformance.values import Kept, configured

_DURATION = 300
_UNKNOWN_TRANSACTION = "UNKNOWN-TRANSACTION-ID"
_NO_SUCH_TRANSACTION = profile("profile", OWN, (0, 6), kind="Relative", transactionId=_UNKNOWN_TRANSACTION)


def _kept(number: str, evse: Any, *, last: bool = False) -> Steps:
    """The station is asked for the profile, and reports it at this EVSE."""
    at_once = (absent_or("tbc", False),) if last else ()
    return (
        asks(number, by_id("profile")),
        *reports(str(int(number) + 2), checks=(equals("evseId", evse), *at_once)),
    )


def _told(evse: Any, sent: Payload) -> tuple[Judges, ...]:
    return (Judges(checks=(told((evse, sent)),)),)


_ONE_EVSE = profile("profile", DEFAULT, (0, 6), duration=_DURATION)

TC_K_01_CS = Case(
    id="TC_K_01_CS",
    title="A default for one EVSE",
    purpose="A TxDefaultProfile for one EVSE is taken, and reported as it was set.",
    requirements=("K01.FR.07", "K01.FR.15"),
    main=(sets("1", _ONE_EVSE), *_kept("3", configured.evse_id)),
    after=_told(configured.evse_id, _ONE_EVSE),
)

TC_K_02_CS = Case(
    id="TC_K_02_CS",
    title="A profile of a transaction, where none is",
    purpose="A TxProfile is refused at an EVSE without a transaction.",
    requirements=("K01.FR.04", "K01.FR.07", "K01.FR.09"),
    main=(sets("1", _NO_SUCH_TRANSACTION, status="Rejected"),),
)

_MAX = profile("profile", STATION_MAX, (0, 6), duration=_DURATION)

TC_K_03_CS = Case(
    id="TC_K_03_CS",
    title="A maximum of the station",
    purpose="A ChargingStationMaxProfile is taken, and reported as it was set.",
    main=(sets("1", _MAX, evse=0), *_kept("3", 0)),
    after=_told(0, _MAX),
)

_REPLACING = profile("profile", DEFAULT, (0, 10))

TC_K_04_CS = Case(
    id="TC_K_04_CS",
    title="A profile in the place of another",
    purpose="A profile with the id of one that is there takes its place.",
    requirements=("K01.FR.05",),
    before=(sets("", profile("profile", DEFAULT, (0, 6))),),
    main=(sets("1", _REPLACING), *_kept("3", configured.evse_id)),
    after=_told(configured.evse_id, _REPLACING),
)

_ALL_EVSES = profile("profile", DEFAULT, (0, 6), duration=_DURATION)

TC_K_10_CS = Case(
    id="TC_K_10_CS",
    title="A default for all EVSEs",
    purpose="A TxDefaultProfile for EVSE 0 is taken, and reported once, for EVSE 0.",
    requirements=("K01.FR.07", "K01.FR.14"),
    main=(sets("1", _ALL_EVSES, evse=0), *_kept("3", 0, last=True)),
    after=_told(0, _ALL_EVSES),
)

TC_K_11_CS = Case(
    id="TC_K_11_CS",
    title="A profile of a transaction for all EVSEs",
    purpose="A TxProfile for EVSE 0 is refused.",
    requirements=("K01.FR.04", "K01.FR.16"),
    main=(sets("1", _NO_SUCH_TRANSACTION, evse=0, status="Rejected"),),
)

TC_K_12_CS = Case(
    id="TC_K_12_CS",
    title="A unit that is not supported",
    purpose="A profile in the unit the station does not take is refused.",
    requirements=("K01.FR.26",),
    traits={"variables": {"SmartChargingCtrlr.RateUnit": "A"}},
    main=(sets("1", profile("profile", DEFAULT, (0, 6), unit=OTHER_UNIT), status="Rejected"),),
    remark="The case says the configured unit; by its purpose it is the other one, which the station does not support.",
)

TC_K_13_CS = Case(
    id="TC_K_13_CS",
    title="A profile outlives a reboot",
    purpose="A TxDefaultProfile is still there, as it was set, after the station has booted.",
    requirements=("K01.FR.27",),
    main=(
        sets("1", _ONE_EVSE),
        *booted(),
        *_kept("4", configured.evse_id),
    ),
    after=_told(configured.evse_id, _ONE_EVSE),
)

TC_K_14_CS = Case(
    id="TC_K_14_CS",
    title="A profile for an EVSE that is not there",
    purpose="A profile for an unknown EVSE is refused.",
    requirements=("K01.FR.28",),
    main=(sets("1", profile("profile", DEFAULT, (0, 6)), evse=UNKNOWN_EVSE, status="Rejected"),),
)

TC_K_15_CS = Case(
    id="TC_K_15_CS",
    title="A station without smart charging",
    purpose="A station that does not support smart charging answers with the CALLERROR NotSupported.",
    requirements=("K01.FR.29",),
    needs=(not_(feature("Smart Charging")),),
    traits={"variables": {"SmartChargingCtrlr.Enabled": "false"}},
    main=(
        Sends(
            number="1",
            action="SetChargingProfile",
            payload={"evseId": configured.evse_id, "chargingProfile": profile("profile", DEFAULT, (0, 6))},
            refused=("NotSupported",),
        ),
    ),
)

TC_K_16_CS = Case(
    id="TC_K_16_CS",
    title="A profile of another transaction",
    purpose="A TxProfile for a transaction the station does not know is refused while another goes on.",
    requirements=("K01.FR.33",),
    before=energy_transfer_started(),
    main=(sets("1", _NO_SUCH_TRANSACTION, status="Rejected"),),
)

TC_K_19_CS = Case(
    id="TC_K_19_CS",
    title="A recurring profile",
    purpose="A profile that comes again every day is taken.",
    requirements=("K01.FR.40",),
    main=(sets("1", profile("profile", DEFAULT, (0, 6), kind="Recurring", recurrencyKind="Daily")),),
)

_RUNNING = profile("profile", OWN, (0, 6), kind="Relative", transactionId=Kept("transaction_id"))

TC_K_60_CS = Case(
    id="TC_K_60_CS",
    title="A profile of the transaction that goes on",
    purpose="A TxProfile for the transaction at an EVSE is taken, and reported as it was set.",
    requirements=("K01.FR.04", "K01.FR.07", "K01.FR.15"),
    before=energy_transfer_started(),
    main=(sets("1", _RUNNING), *_kept("3", configured.evse_id)),
    after=_told(configured.evse_id, _RUNNING),
)
