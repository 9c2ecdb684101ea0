"""B11: the station, or one EVSE, is reset while nobody charges."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import (
    BY_RESET,
    EVERY_CONNECTOR_TOLD,
    boots,
    resets,
    tells_itself_and_others,
)
from pilotwire.conformance.language import Case, NotReceives, TellsStatus
from pilotwire.conformance.states.station201 import reserved, unavailable
from pilotwire.conformance.values import configured

TC_B_20_CS = Case(
    id="TC_B_20_CS",
    title="Reset of an idle station",
    purpose="A station that nobody uses resets at once, boots and tells its connectors.",
    requirements=("B11.FR.01", "B11.FR.03", "B11.FR.04", "B01.FR.03"),
    main=(
        resets("1", "OnIdle", "Accepted"),
        boots("3", checks=(BY_RESET.softly(),)),
        TellsStatus(number="5", status="Available", every="station"),
    ),
    after=EVERY_CONNECTOR_TOLD,
    remark="The reason of the boot is not asked for by the document here: another than RemoteReset is a warning (B01.FR.03).",
)

TC_B_23_CS = Case(
    id="TC_B_23_CS",
    title="Unavailable outlives a reset",
    purpose="A connector that was set Inoperative is told as Unavailable after a reset, the others as Available.",
    requirements=("B11.FR.01", "B11.FR.02", "B11.FR.03", "B11.FR.04", "B01.FR.03", "B12.FR.06"),
    before=unavailable(evse=configured.evse_id, connector=configured.connector_id),
    main=(
        resets("1", "OnIdle", "Accepted"),
        boots("3", checks=(BY_RESET,)),
        *tells_itself_and_others("5", "Unavailable"),
    ),
    after=EVERY_CONNECTOR_TOLD,
)

TC_B_24_CS = Case(
    id="TC_B_24_CS",
    title="A reservation outlives a reset",
    purpose="An EVSE that is reserved is told as Reserved after an immediate reset, the others as Available.",
    requirements=("B11.FR.01", "B11.FR.03", "B11.FR.04", "B11.FR.05", "B01.FR.03"),
    before=reserved(),
    main=(
        resets("1", "Immediate", "Accepted"),
        boots("3", checks=(BY_RESET,)),
        *tells_itself_and_others("5", "Reserved"),
    ),
    after=EVERY_CONNECTOR_TOLD,
)

TC_B_25_CS = Case(
    id="TC_B_25_CS",
    title="Reset of an idle EVSE",
    purpose="A station that can reset an EVSE by itself does so for one that nobody uses.",
    requirements=("B11.FR.01", "B11.FR.08", "B11.FR.10"),
    main=(
        resets("1", "OnIdle", "Accepted", evse=configured.evse_id),
        NotReceives(action="BootNotification", note="Only the EVSE starts anew, not the station."),
    ),
    remark="That the station itself does not boot is checked as well.",
)

TC_B_28_CS = Case(
    id="TC_B_28_CS",
    title="Reset of an EVSE, not supported",
    purpose="A station that cannot reset an EVSE by itself refuses to.",
    requirements=("B11.FR.01", "B11.FR.09"),
    traits={"variables": {"EVSE@1.AllowReset": "false"}},
    main=(
        resets("1", "OnIdle", "Rejected", evse=configured.evse_id),
        NotReceives(action="BootNotification", note="What was refused is not done."),
    ),
)
