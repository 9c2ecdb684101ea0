"""K15, K16, K17: load levelling by ISO 15118: the EV's needs, the profile that follows, and the EV's own schedule."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import back_after
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.needs import (
    BEGUN_BEFORE_ENERGY,
    charging_told,
    connected_and_authorized,
    needs_told,
    own_profile,
    rate_changed,
    renegotiated,
    schedule_told,
    takes_up,
    within,
)
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    ago,
    asks_composite,
    limit,
    profile,
    sets,
)
from pilotwire.conformance.checks import at_most, equals
from pilotwire.conformance.language import Acts, Case, NotReceives, Waits
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import authorized, ev_connected_pre_session
from pilotwire.conformance.values import Moment, configured, plus

_ORDER = (
    "The EV is connected before the driver is authorized, as the errata have it in the other cases with charging needs."
)
_EIM = "Authorized15118 with EIM, one of its two ways."

TC_K_53_CS = Case(
    id="TC_K_53_CS",
    title="Charging by the EV's needs",
    purpose="The station tells the EV's needs, takes the profile that follows, and tells the schedule the EV makes of it.",
    requirements=("K15.FR.01", "K15.FR.06", "K15.FR.09", "K15.FR.10"),
    needs=(BEGUN_BEFORE_ENERGY,),
    before=(Acts(act="speaks_15118"), *ev_connected_pre_session()),
    main=(
        *authorized("local"),
        *needs_told("2"),
        own_profile("4", 6),
        takes_up(6),
        schedule_told("6", within(6).of("K15.FR.09"), optional=False),
        *charging_told("8"),
    ),
    remark=f"{_ORDER} {_EIM}",
)

TC_K_54_CS = Case(
    id="TC_K_54_CS",
    title="Charging without a profile for the EV's needs",
    purpose="The CSMS has no profile for the EV's needs: the EV charges by what the station has to offer.",
    requirements=("K15.FR.01", "K17.FR.04"),
    before=connected_and_authorized(),
    main=(
        *needs_told("1", status="Rejected"),
        takes_up(6),
        schedule_told("3"),
        *charging_told("5"),
    ),
    remark=_EIM,
)

_LIMITED = profile(
    "default",
    DEFAULT,
    (0, 6),
    start=ago(),
    duration=400,
    validFrom=Moment(ago()),
    validTo=Moment(plus(configured.time_deviation, 401)),
)

TC_K_56_CS = Case(
    id="TC_K_56_CS",
    title="Charging by the EV's needs, offline",
    purpose="Without a connection the EV's schedule is made by the TxDefaultProfile.",
    requirements=("K15.FR.15", "K17.FR.15"),
    before=(
        *back_after(),
        sets("", _LIMITED),
        *connected_and_authorized(),
    ),
    main=(
        *line_down("1"),
        Acts(act="tell_needs"),
        takes_up(6),
        Waits(seconds=configured.silence, why="the EV charges without a connection"),
        *line_back("2"),
        schedule_told(
            "3",
            equals("chargingSchedule.chargingSchedulePeriod[0].startPeriod", 0),
            within(6).of("K15.FR.15"),
            early=True,
        ),
    ),
    after=(asks_composite("", 60, at_most("schedule.chargingSchedulePeriod[0].limit", limit(6)).of("K15.FR.15")),),
    remark=f"{_EIM} The profile allows 6 A, the errata 8 A in the schedule: here it is 6. The event of "
    "charging is expected no more; that the limit holds at the EVSE is looked up by GetCompositeSchedule.",
)

TC_K_57_CS = Case(
    id="TC_K_57_CS",
    title="The EV has new needs",
    purpose="New needs of the EV are told, the profile that follows is taken, and the EV charges by it.",
    requirements=("K17.FR.01", "K17.FR.06", "K17.FR.09", "K17.FR.10"),
    needs=(BEGUN_BEFORE_ENERGY,),
    before=(*connected_and_authorized(), *renegotiated()),
    main=(
        *needs_told("1"),
        own_profile("3", 15),
        takes_up(15),
        schedule_told("5", within(15).of("K17.FR.09")),
        rate_changed("7"),
    ),
    remark=_EIM,
)

TC_K_58_CS = Case(
    id="TC_K_58_CS",
    title="The CSMS has another profile for the EV",
    purpose="A new profile of the CSMS is taken, the EV charges by it, and its needs are not told again.",
    requirements=("K17.FR.01", "K17.FR.06", "K17.FR.09", "K17.FR.10", "K16.FR.01"),
    needs=(BEGUN_BEFORE_ENERGY,),
    before=(*connected_and_authorized(), *renegotiated()),
    main=(
        own_profile("1", 8),
        takes_up(8),
        schedule_told("3", within(8).of("K16.FR.04")),
        rate_changed("5"),
        NotReceives(action="NotifyEVChargingNeeds", seconds=0, early=True),
    ),
    remark=f"{_EIM} The validations of the document are numbered as in TC_K_57. That no needs are told is K16.FR.09.",
)
