"""K01: from when until when a profile counts, by the composite schedule that follows from it."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    WITH_STATION,
    ago,
    asks_composite,
    limit,
    limits,
    longer,
    profile,
    sets,
    starts,
)
from pilotwire.conformance.language import Case, Configures, ForEach
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import Computed, Kept, Moment, resolve

SIGNIFICANT = Configures(variable="SmartChargingCtrlr.LimitChangeSignificance", value=1.0)

TC_K_21_CS = Case(
    id="TC_K_21_CS",
    title="A profile counts from validFrom on",
    purpose="The composite schedule has the limit of a profile from the moment it becomes valid.",
    requirements=("K01.FR.36",),
    main=(
        sets("1", profile("profile", DEFAULT, (0, 6), kind="Relative", validFrom=Moment(300))),
        asks_composite("3", 400, limits(Kept("validFrom of profile"), (-300, None), (0, limit(6)))),
    ),
)

_OF_ALL = Computed(
    "6 x limit multiplier, of EVSE 0 for all EVSEs together",
    lambda known: (
        resolve(limit(6), known) * (len(known.setting("connectors")) if known.kept["EVSE asked about"] == 0 else 1)
    ),
)

TC_K_22_CS = Case(
    id="TC_K_22_CS",
    title="A profile counts until validTo",
    purpose="The composite schedules of all EVSEs and of the station have the limit of a profile until it is not valid any more.",
    requirements=("K01.FR.37",),
    main=(
        sets("1", profile("profile", DEFAULT, (0, 6), validFrom=Moment(ago()), validTo=Moment(300)), evse=0),
        ForEach(
            number="3",
            name="EVSE asked about",
            values=WITH_STATION,
            steps=(
                asks_composite(
                    "3",
                    400,
                    limits(Kept("validTo of profile"), (-300, _OF_ALL), (0, None)),
                    evse=Kept("EVSE asked about"),
                ),
            ),
        ),
    ),
)

TC_K_23_CS = Case(
    id="TC_K_23_CS",
    title="A profile counts from startSchedule on",
    purpose="The composite schedule has the limit of a profile from the start of its schedule.",
    requirements=("K01.FR.30",),
    main=(
        sets("1", profile("profile", DEFAULT, (0, 6), start=60)),
        asks_composite("3", 300, limits(starts("profile"), (-60, None), (0, limit(6)))),
    ),
    remark="validFrom and validTo are left out (errata 6.2.67).",
)

TC_K_28_CS = Case(
    id="TC_K_28_CS",
    title="A default that comes during a transaction",
    purpose="A TxDefaultProfile that is set while a transaction goes on counts for it.",
    requirements=("K01.FR.32",),
    before=(SIGNIFICANT, *energy_transfer_started()),
    main=(
        sets(
            "1",
            profile("profile", DEFAULT, (0, 6), start=ago(), duration=longer(400)),
        ),
        asks_composite("3", 300, limits(starts("profile"), (0, limit(6)))),
    ),
    remark="validFrom and validTo are left out (errata 6.2.68).",
)
