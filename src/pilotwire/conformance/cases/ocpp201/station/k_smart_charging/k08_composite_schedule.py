"""K08: composite schedules, of none, of stacked profiles and of profiles with different purposes."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    OTHER_UNIT,
    OWN,
    STATION_MAX,
    UNKNOWN_EVSE,
    ago,
    asks_composite,
    limit,
    limits,
    longer,
    profile,
    sets,
    starts,
)
from pilotwire.conformance.checks import absent, equals
from pilotwire.conformance.language import Case, Sends
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import Kept, Moment, configured, plus

TC_K_39_CS = Case(
    id="TC_K_39_CS",
    title="The composite schedule without profiles",
    purpose="A station without profiles tells what it can by itself, for as long as it is asked about.",
    requirements=("K08.FR.02", "K08.FR.03", "K08.FR.06"),
    main=(asks_composite("1", 300, evse=0),),
)


_VALID: dict[str, Any] = {"validFrom": Moment(ago()), "validTo": Moment(plus(configured.time_deviation, 401))}

TC_K_40_CS = Case(
    id="TC_K_40_CS",
    title="The composite schedule of two stack levels",
    purpose="The higher stack level counts as long as it lasts, then the lower one.",
    requirements=("K08.FR.02", "K08.FR.06"),
    before=(
        sets(
            "",
            profile("lower", DEFAULT, (0, 6), (100, 8), (200, 10), start=ago(), duration=longer(400), **_VALID),
        ),
        sets(
            "",
            profile("upper", DEFAULT, (0, 7), (100, 9), level=1, start=ago(), duration=longer(150), **_VALID),
        ),
    ),
    main=(
        asks_composite(
            "1",
            350,
            limits(starts("upper"), (0, limit(7)), (100, limit(9)), (longer(150), limit(8)), (200, limit(10))),
        ),
    ),
    remark="The errata give startPeriod 150 with and without the deviation; the higher profile lasts as long as it was set to, with it.",
)

_EVERY_PURPOSE = (
    (0, limit(8)),
    (50, limit(10)),
    (200, limit(6)),
    (240, limit(10)),
    (260, limit(8)),
    (300, limit(10)),
)

TC_K_41_CS = Case(
    id="TC_K_41_CS",
    title="The composite schedule of several purposes",
    purpose="The profile of the transaction counts before the default, and the maximum of the station limits both.",
    requirements=("K08.FR.02", "K08.FR.04"),
    before=(
        *energy_transfer_started(),
        sets("", profile("most", STATION_MAX, (0, 10), start=ago(), duration=86400), evse=0),
        sets(
            "",
            profile(
                "default", DEFAULT, (0, 6), (60, 10), (120, 8), (180, 15), (260, 8), start=ago(), duration=300, **_VALID
            ),
        ),
        sets(
            "",
            profile(
                "own",
                OWN,
                (0, 8),
                (50, 11),
                (140, 16),
                (200, 6),
                (240, 12),
                start=ago(),
                duration=260,
                transactionId=Kept("transaction_id"),
                **_VALID,
            ),
        ),
    ),
    main=(asks_composite("1", 400, limits(starts("own"), *_EVERY_PURPOSE)),),
    remark=(
        "Durations and periods as in errata 6.2.73, which is later than 6.2.74. Start and validity of the three profiles may be a second "
        "apart, which is within the tolerance."
    ),
)


def _refused(number: str, **request: object) -> Sends:
    return Sends(
        number=number,
        action="GetCompositeSchedule",
        payload={"duration": 300} | request,
        checks=(equals("status", "Rejected"), absent("schedule")),
    )


TC_K_42_CS = Case(
    id="TC_K_42_CS",
    title="The composite schedule in a unit that is not supported",
    purpose="A composite schedule in the unit the station does not have is refused.",
    requirements=("K08.FR.07",),
    traits={"variables": {"SmartChargingCtrlr.RateUnit": "A"}},
    main=(_refused("1", evseId=0, chargingRateUnit=OTHER_UNIT),),
)

TC_K_47_CS = Case(
    id="TC_K_47_CS",
    title="The composite schedule of an EVSE that is not there",
    purpose="A composite schedule of an unknown EVSE is refused.",
    requirements=("K08.FR.05",),
    main=(_refused("1", evseId=UNKNOWN_EVSE, chargingRateUnit=configured.charging_rate_unit),),
)
