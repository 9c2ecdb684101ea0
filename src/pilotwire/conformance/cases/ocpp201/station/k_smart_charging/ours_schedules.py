"""Cases of our own for K01, K02 and K05: which limit counts when, and profiles that must be refused."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    OWN,
    STATION_MAX,
    Payload,
    Steps,
    ago,
    asks,
    asks_composite,
    by_id,
    limit,
    limits,
    longer,
    profile,
    reports,
    sets,
    starts,
    told,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, Judges, NotReceives, Sends
from pilotwire.conformance.states.station201 import (
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    id_token,
    parking_bay_occupied,
    parking_bay_unoccupied,
)
from pilotwire.conformance.values import Fresh, Kept, configured

PART_2 = "Part 2 edition 3, errata 2025-09"
SMART = (feature("Smart Charging"),)
_DAY = 86400


def _lower() -> Steps:
    """A default of 10 A for long, at the lowest level."""
    return (sets("", profile("lower", DEFAULT, (0, 10), start=ago(), duration=longer(2 * _DAY))),)


PW_K_01_CS = Case(
    id="PW_K_01_CS",
    title="A period after the end of its schedule",
    purpose="A period that would begin after the duration of its schedule does not count; the lower level does.",
    requirements=("K01.FR.11",),
    needs=SMART,
    before=_lower(),
    main=(
        sets("1", profile("upper", DEFAULT, (0, 6), (150, 8), level=1, start=ago(), duration=longer(100))),
        asks_composite("3", 300, limits(starts("upper"), (0, limit(6)), (longer(100), limit(10))).of("K01.FR.11")),
    ),
    follows=PART_2,
    ours=True,
)

PW_K_02_CS = Case(
    id="PW_K_02_CS",
    title="A recurring profile that is shorter than its day",
    purpose="A profile that comes again every day counts for its duration only, today too, and the lower level after it.",
    requirements=("K01.FR.13",),
    needs=SMART,
    before=_lower(),
    main=(
        sets(
            "1",
            profile(
                "upper",
                DEFAULT,
                (0, 6),
                kind="Recurring",
                recurrencyKind="Daily",
                level=1,
                start=-_DAY,
                duration=100,
            ),
        ),
        asks_composite("3", 300, limits(starts("upper"), (_DAY, limit(6)), (_DAY + 100, limit(10))).of("K01.FR.13")),
    ),
    follows=PART_2,
    ours=True,
)

_ENDLESS = profile("profile", DEFAULT, (0, 6), start=ago())
_NEXT = profile("profile", DEFAULT, (0, 8), start=ago())

PW_K_03_CS = Case(
    id="PW_K_03_CS",
    title="A profile without an end",
    purpose="A profile without validFrom and validTo counts at once and as far as one can ask, until another takes its place.",
    requirements=("K01.FR.10",),
    needs=SMART,
    main=(
        sets("1", _ENDLESS),
        asks_composite("3", _DAY, limits(starts("profile"), (0, limit(6))).of("K01.FR.10")),
        sets("5", _NEXT),
        asks_composite("7", _DAY, limits(starts("profile"), (0, limit(8))).of("K01.FR.10")),
    ),
    follows=PART_2,
    ours=True,
)

# --- two profiles of the same level ---------------------------------------------------------------------------------------------


def _twice(case: str, requirement: str, first: Any, second: Any) -> Case:
    """A default at one place, another of the same level where it would count too, and one of another level."""
    there = profile("first", DEFAULT, (0, 6), level=configured.stack_level)
    clashes = profile("second", DEFAULT, (0, 8), level=configured.stack_level)
    beside = profile("third", DEFAULT, (0, 8), level=0)
    refused = Sends(
        number="1",
        action="SetChargingProfile",
        payload={"evseId": second, "chargingProfile": clashes},
        checks=(equals("status", "Rejected").of(requirement),),
    )
    return Case(
        id=case,
        title=f"Two defaults of the same level, {'one of an EVSE first' if second == 0 else 'one of all EVSEs first'}",
        purpose="A TxDefaultProfile that another with the same level stands in the way of is refused; of another level it is taken.",
        requirements=(requirement,),
        needs=SMART,
        before=(sets("", there, evse=first),),
        main=(
            refused,
            asks("3", by_id("first")),
            *reports("5"),
            asks("7", by_id("second"), status="NoProfiles", name="profile refused"),
            sets("9", beside, evse=second),
        ),
        after=(Judges(checks=(told((first, there)),)),),
        follows=PART_2,
        ours=True,
    )


PW_K_04_CS = _twice("PW_K_04_CS", "K01.FR.52", configured.evse_id, 0)
PW_K_05_CS = _twice("PW_K_05_CS", "K01.FR.53", 0, configured.evse_id)

# --- the profile of a transaction -----------------------------------------------------------------------------------------------

_DEFAULT = profile("default", DEFAULT, (0, 10), start=ago())


def _own(**more: Any) -> Payload:
    return profile("own", OWN, (0, 6), start=ago(), transactionId=Kept("transaction_id"), **more)


PW_K_06_CS = Case(
    id="PW_K_06_CS",
    title="The profile of a transaction, and no longer",
    purpose="A TxProfile counts in place of the default, and is gone after its transaction; the default stays.",
    requirements=("K02.FR.04", "K02.FR.05"),
    needs=SMART,
    before=(sets("", _DEFAULT), *energy_transfer_started()),
    main=(
        asks_composite("1", 300, limits(starts("default"), (0, limit(10)))),
        sets("3", _own()),
        asks_composite("5", 300, limits(starts("own"), (0, limit(6))).of("K02.FR.04")),
        *ev_disconnected(),
        *parking_bay_unoccupied(),
        Sends(
            number="7",
            action="GetChargingProfiles",
            payload={"requestId": Fresh("profile gone"), "chargingProfile": by_id("own")},
            checks=(equals("status", "NoProfiles").of("K02.FR.05"),),
        ),
        asks("9", by_id("default")),
        *reports("11"),
        asks_composite("13", 300, limits(starts("default"), (0, limit(10))).of("K02.FR.04")),
    ),
    after=(Judges(checks=(told((configured.evse_id, _DEFAULT)),)),),
    follows=PART_2,
    ours=True,
)

PW_K_07_CS = Case(
    id="PW_K_07_CS",
    title="The profile of a transaction ends before it",
    purpose="After the duration of a TxProfile the lowest limit of default and maximum of the station counts.",
    requirements=("K02.FR.08",),
    needs=SMART,
    before=(
        sets("", _DEFAULT),
        sets("", profile("most", STATION_MAX, (0, 8), (200, 12), start=ago(), duration=longer(_DAY)), evse=0),
        *energy_transfer_started(),
    ),
    main=(
        sets("1", _own(duration=longer(100))),
        asks_composite(
            "3",
            300,
            limits(starts("own"), (0, limit(6)), (longer(100), limit(8)), (200, None), (220, limit(10))).of(
                "K02.FR.08"
            ),
        ),
    ),
    remark="The maximum began somewhat earlier than the profile of the transaction: 20 s around its second period are left out.",
    follows=PART_2,
    ours=True,
)

# --- a remote start with a profile that cannot be -------------------------------------------------------------------------------

_WRONG_PROFILES: dict[str, Payload] = {
    "a default": profile("wrong", DEFAULT, (0, 6), kind="Relative"),
    "a schedule that begins late": profile("wrong", OWN, (10, 6), kind="Relative"),
    "periods in no order": profile("wrong", OWN, (0, 6), (200, 8), (100, 10), kind="Relative"),
}


def _wrong_starts(number: str, *requirements: str) -> Steps:
    """Remote starts, each with a profile that cannot be; none is taken, and nothing begins."""
    request = {"idToken": id_token(), "evseId": configured.evse_id}
    return tuple(
        Sends(
            number=number,
            action="RequestStartTransaction",
            payload=request | {"remoteStartId": Fresh(f"remote start {name}"), "chargingProfile": wrong},
            checks=tuple(equals("status", "Rejected").of(one) for one in requirements),
            note=f"The profile is {name}.",
        )
        for name, wrong in _WRONG_PROFILES.items()
    )


_NOTHING_BEGAN = NotReceives(
    action="TransactionEvent", where=(equals("triggerReason", "RemoteStart"),), early=True, note="Nothing begins."
)

PW_K_08_CS = Case(
    id="PW_K_08_CS",
    title="Remote starts with profiles that cannot be, cable first",
    purpose="A station with smart charging refuses a remote start whose profile is no TxProfile, begins late or is in no order.",
    requirements=("F01.FR.26", "K05.FR.05"),
    needs=SMART,
    before=ev_connected_pre_session(),
    main=(*_wrong_starts("1", "F01.FR.26", "K05.FR.05"), _NOTHING_BEGAN),
    follows=PART_2,
    ours=True,
)

PW_K_09_CS = Case(
    id="PW_K_09_CS",
    title="Remote starts with profiles that cannot be, before the cable",
    purpose="The same where no cable is in.",
    requirements=("F02.FR.27", "K05.FR.05"),
    needs=SMART,
    before=parking_bay_occupied(),
    main=(*_wrong_starts("1", "F02.FR.27", "K05.FR.05"), _NOTHING_BEGAN),
    follows=PART_2,
    ours=True,
)
