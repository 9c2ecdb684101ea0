"""G03, G04: what is out of use is so after a restart."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import boots, resets, says_it_started
from pilotwire.conformance.cases.ocpp201.station.g_availability.changing import Where, states_told, stays
from pilotwire.conformance.conditions import not_
from pilotwire.conformance.language import Acts, Case, OnlyIf, Reached, State, Step, TellsStatus
from pilotwire.conformance.states.everywhere201 import ONE_EVSE
from pilotwire.conformance.states.station201 import unavailable
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]


def _told_after_the_boot(number: str, where: Where) -> Steps:
    """The place is told to be Unavailable, the other EVSEs to be Available."""
    if_others = OnlyIf(
        condition=not_(ONE_EVSE), steps=(TellsStatus(number=number, status="Available", every="others"),)
    )
    told = {
        "station": (TellsStatus(number=number, status="Unavailable", every="station"),),
        "evse": (TellsStatus(number=number, status="Unavailable", every="evse"), if_others),
        "connector": (TellsStatus(number=number, status="Unavailable"), if_others),
    }
    return told[where]


def _reset(where: Where) -> Steps:
    """State Booting, and what the station does then."""
    return (
        State(name="Booting", steps=(resets("1", "Immediate", "Accepted"), Reached(state="Booting"))),
        boots("2"),
        *_told_after_the_boot("4", where),
        says_it_started("6"),
    )


TC_G_18_CS = Case(
    id="TC_G_18_CS",
    title="An EVSE out of use, across a loss of power",
    purpose="An EVSE that was taken out of use is so after the station was without power, and only that one.",
    requirements=("G03.FR.08", "G01.FR.01", "B01.FR.07", "G01.FR.02"),
    before=unavailable(evse=configured.evse_id),
    main=(
        *stays("1", "Inoperative", "Unavailable", "evse"),
        State(
            name="Booted",
            steps=(
                Acts(act="power_cycle"),
                boots("3"),
                *_told_after_the_boot("5", "evse"),
                says_it_started("7"),
                Reached(state="Booted"),
            ),
        ),
    ),
    after=states_told("station"),
    remark=(
        "The document does not say what is Unavailable to begin with; as the other EVSEs are to be Available later, it is the configured "
        "one. So step 1 changes nothing, and step 3 (which has the others told as well) is optional: no requirement has a state told that "
        "has not changed."
    ),
)

TC_G_19_CS = Case(
    id="TC_G_19_CS",
    title="A connector out of use, across a reset",
    purpose="A connector that was taken out of use is so after a reset.",
    requirements=("G03.FR.08",),
    before=unavailable(evse=configured.evse_id, connector=configured.connector_id),
    main=_reset("connector"),
    after=states_told("station"),
)

TC_G_21_CS = Case(
    id="TC_G_21_CS",
    title="A station out of use, across a reset",
    purpose="A station that was taken out of use is so after a reset, with all its connectors.",
    requirements=("G04.FR.09",),
    before=unavailable(),
    main=_reset("station"),
    after=states_told("station"),
)
