"""Charge Point under test: smart charging (test document 2.21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import ago, limits, starts
from pilotwire.conformance.checks import Check, equals, near
from pilotwire.conformance.language import Case16, Sends, Step
from pilotwire.conformance.states.station16 import CONNECTOR, charging, set_charging_profile
from pilotwire.conformance.values import OMITTED, Computed, Fresh, Kept, Moment, configured, plus

Steps = tuple[Step, ...]
_DEFAULT, _OWN, _MOST = "TxDefaultProfile", "TxProfile", "ChargePointMaxProfile"
_DURATION = 300
_REQUIREMENTS = ("1.6:5.16", "1.6:5.7", "1.6:3.13")


def _limit(amps: float) -> Computed:
    """So many A, or thousands of W."""
    return Computed(
        f"{amps:g} A or {amps:g} kW",
        lambda known: amps if known.setting("charging_rate_unit") == "A" else 1000 * amps,
    )


def _profile(
    name: str,
    purpose: str,
    *periods: tuple[int, float],
    level: Any = 0,
    kind: str = "Absolute",
    start: Any = 0,
    duration: Any = OMITTED,
    **more: Any,
) -> dict[str, Any]:
    """A profile with periods of (seconds, A); `name` is what its id is kept under, `start` is s from now."""
    return {
        "chargingProfileId": Fresh(name),
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": {
            "duration": duration,
            "startSchedule": OMITTED if kind == "Relative" else Moment(start, name=f"start of {name}"),
            "chargingRateUnit": configured.charging_rate_unit,
            "chargingSchedulePeriod": [
                {"startPeriod": second, "limit": _limit(amps), "numberPhases": configured.number_phases}
                for second, amps in periods
            ],
        },
    } | more


_VALID: Mapping[str, Any] = {"validFrom": Moment(ago()), "validTo": Moment(plus(ago(), 401))}


def _composite(number: str, seconds: int, *checks: Check) -> Sends:
    """GetCompositeSchedule.req of the connector; the schedule says what it is asked for, from now on."""
    return Sends(
        number=number,
        action="GetCompositeSchedule",
        payload={
            "connectorId": CONNECTOR,
            "duration": seconds,
            "chargingRateUnit": configured.charging_rate_unit,
        },
        checks=(
            equals("status", "Accepted"),
            equals("connectorId", CONNECTOR),
            equals("chargingSchedule.duration", seconds),
            equals("chargingSchedule.chargingRateUnit", configured.charging_rate_unit),
            near("scheduleStart", Moment()),
            equals("chargingSchedule.chargingSchedulePeriod[0].startPeriod", 0),
            *checks,
        ),
    )


def _limits(base: Any, *wanted: tuple[Any, float | None]) -> Check:
    """The limit over time, s after the moment `base`; None: the document leaves it open."""
    resolved = tuple((second, None if amps is None else _limit(amps)) for second, amps in wanted)
    return limits(base, *resolved, at="chargingSchedule", start="scheduleStart")


def _clears(number: str, **criteria: Any) -> Sends:
    return Sends(number=number, action="ClearChargingProfile", payload=criteria, checks=(equals("status", "Accepted"),))


def _follows(first: str, second: str, sent: dict[str, Any]) -> Steps:
    """The profile is set, and the composite schedule is made of it."""
    return (
        *set_charging_profile(first, sent),
        _composite(second, _DURATION, _limits(starts("profile"), (0, 6))),
    )


TC_056_CS = Case16(
    id="TC_056_CS",
    title="TxDefaultProfile",
    purpose="The Charge Point takes a default schedule for transactions, and makes its composite schedule of it.",
    main=_follows(
        "1",
        "3",
        _profile("profile", _DEFAULT, (0, 6), level=configured.stack_level, duration=_DURATION),
    ),
    requirements=_REQUIREMENTS,
)

TC_057_CS = Case16(
    id="TC_057_CS",
    title="TxProfile",
    purpose="The Charge Point takes a schedule for the transaction that is running, and makes its composite schedule of it.",
    before=charging(),
    main=_follows(
        "1",
        "3",
        _profile("profile", _OWN, (0, 6), level=configured.stack_level, transactionId=Kept("transaction_id")),
    ),
    requirements=_REQUIREMENTS,
)

TC_058_1_CS = Case16(
    id="TC_058_1_CS",
    title="TxProfile without a transaction",
    purpose="The Charge Point rejects a schedule for a transaction where none is running.",
    main=(
        Sends(
            number="1",
            action="SetChargingProfile",
            payload={
                "connectorId": CONNECTOR,
                "csChargingProfiles": _profile("profile", _OWN, (0, 6), transactionId=4711),
            },
            checks=(equals("status", "Rejected"),),
            refused=("PropertyConstraintViolation",),
        ),
    ),
    requirements=("1.6:5.16",),
)

TC_058_2_CS = Case16(
    id="TC_058_2_CS",
    title="TxProfile of another transaction",
    purpose="The Charge Point rejects a schedule for another transaction than the one that is running.",
    before=charging(),
    main=(
        Sends(
            number="1",
            action="SetChargingProfile",
            payload={
                "connectorId": CONNECTOR,
                "csChargingProfiles": _profile(
                    "profile", _OWN, (0, 6), transactionId=plus(Kept("transaction_id"), 1000)
                ),
            },
            checks=(equals("status", "Rejected"),),
        ),
    ),
    requirements=("1.6:5.16",),
)

TC_059_CS = Case16(
    id="TC_059_CS",
    title="Remote start with a charging profile",
    purpose="The transaction that is started from afar is charged by the schedule that came along.",
    main=(
        *charging(chargingProfile=_profile("profile", _OWN, (0, 6), kind="Relative")),
        _composite("2", _DURATION, _limits(Moment(), (0, 6))),
    ),
    requirements=("1.6:5.11", "1.6:5.7"),
)

TC_060_CS = Case16(
    id="TC_060_CS",
    title="Remote start with a charging profile of another purpose",
    purpose="The Charge Point rejects a remote start with a schedule that is not for the transaction.",
    main=(
        Sends(
            number="1",
            action="RemoteStartTransaction",
            payload={
                "connectorId": CONNECTOR,
                "idTag": configured.valid_token,
                "chargingProfile": _profile("profile", _DEFAULT, (0, 6)),
            },
            checks=(equals("status", "Rejected"),),
            refused=("PropertyConstraintViolation",),
        ),
    ),
    requirements=("1.6:5.11",),
)

TC_066_CS = Case16(
    id="TC_066_CS",
    title="The composite schedule of several purposes",
    purpose="The profile of the transaction counts before the default, and the maximum of the Charge Point limits both.",
    before=(
        *charging(),
        *set_charging_profile("", _profile("most", _MOST, (0, 10), start=ago(), duration=86400), connector=0),
        *set_charging_profile(
            "",
            _profile(
                "default",
                _DEFAULT,
                (0, 6),
                (60, 10),
                (120, 8),
                (180, 15),
                (260, 8),
                start=ago(),
                duration=300,
                **_VALID,
            ),
        ),
        *set_charging_profile(
            "",
            _profile(
                "own",
                _OWN,
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
    main=(_composite("1", 400, _limits(starts("own"), (0, 8), (50, 10), (200, 6), (240, 10), (260, None), (300, 10))),),
    requirements=("1.6:5.7", "1.6:3.13"),
    remark=(
        "Between second 260, where the profile of the transaction ends, and 300, where the default ends, the document names no limit of "
        "its own: it is not judged."
    ),
)

_FIRST = _profile("first", _DEFAULT, (0, 6), (60, 8), (200, 10), level=1, start=ago(), duration=400)
_SECOND = _profile("second", _DEFAULT, (0, 7), (100, 9), start=ago(), duration=400, **_VALID)
_THIRD = _profile("third", _MOST, (0, 11), (200, 12), start=ago(), duration=86400, **_VALID)

TC_067_CS = Case16(
    id="TC_067_CS",
    title="Charging profiles are cleared",
    purpose="One profile is cleared by its id, one by what it is, and the rest; the composite schedule is made of what is left.",
    before=(
        *set_charging_profile("", _FIRST),
        *set_charging_profile("", _SECOND),
        *set_charging_profile("", _THIRD, connector=0),
    ),
    main=(
        _clears("1", id=Kept("first")),
        _composite("3", 350, _limits(starts("second"), (0, 7), (100, 9))),
        _clears("5", chargingProfilePurpose=_DEFAULT, stackLevel=0),
        _composite("7", 350, _limits(starts("third"), (0, 11), (200, 12))),
        _clears("9"),
        _composite("11", 350, _limits(Moment(), (0, None))),
    ),
    requirements=("1.6:5.5", "1.6:5.7"),
)

TC_072_CS = Case16(
    id="TC_072_CS",
    title="The composite schedule of two stack levels",
    purpose="The higher stack level counts as long as it lasts, then the lower one.",
    before=(
        *set_charging_profile(
            "", _profile("lower", _DEFAULT, (0, 6), (100, 8), (200, 10), start=ago(), duration=400, **_VALID)
        ),
        *set_charging_profile(
            "", _profile("upper", _DEFAULT, (0, 7), (100, 9), level=1, start=ago(), duration=150, **_VALID)
        ),
    ),
    main=(_composite("1", 350, _limits(starts("upper"), (0, 7), (100, 9), (150, 8), (200, 10))),),
    requirements=("1.6:5.7", "1.6:3.13"),
)

TC_082_CS = Case16(
    id="TC_082_CS",
    title="TxDefaultProfile while somebody charges",
    purpose="A default schedule counts for the transaction that is running, too.",
    before=charging(),
    main=_follows(
        "1",
        "3",
        _profile("profile", _DEFAULT, (0, 6), level=configured.stack_level, duration=_DURATION),
    ),
    requirements=_REQUIREMENTS,
)
