"""C16: a token of the master pass group stops what others charge, and starts nothing."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    CACHE_DECIDES,
    CHARGING,
    EIM,
    MASTERS,
    NO_SAMPLE,
    asked,
    never_asked,
    nothing_follows,
)
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import starting_at
from pilotwire.conformance.checks import either, equals
from pilotwire.conformance.conditions import any_of, feature, not_
from pilotwire.conformance.language import (
    Acts,
    AtEvse,
    Case,
    Configures,
    ForEach,
    Happened,
    NotReceives,
    OnlyIf,
    Reached,
    Step,
)
from pilotwire.conformance.states.everywhere201 import ONE_EVSE, OTHER_EVSES, energy_transfer_started_everywhere
from pilotwire.conformance.states.station201 import (
    energy_transfer_started,
    ev_connected_post_session,
    ev_connected_pre_session,
    ev_disconnected,
    id_token_cached,
    master_stop_told,
    parking_bay_unoccupied,
    present_token,
)
from pilotwire.conformance.values import Kept, configured

Steps = tuple[Step, ...]
_GROUP_OF_MASTERS: Steps = (Configures(variable="AuthCtrlr.MasterPassGroupId", value=configured.master_group_id),)
_CHOOSES_ALL = Acts(act="choose", details={"option": "stop all transactions"})


def _master_asked() -> Steps:
    """A master pass is presented; the CSMS is asked, and tells its group."""
    return (present_token("master_token"), *asked("1", "master_token", "Accepted", **MASTERS))


def _stopped_here(number: str, *, named: bool = False) -> Steps:
    return (*master_stop_told(number, number, named=named), Reached(state="StopAuthorized"))


def _left_here() -> Steps:
    return (*ev_connected_post_session(), *ev_disconnected(), *parking_bay_unoccupied())


def _at_the_others(steps: Steps) -> Steps:
    return (
        ForEach(
            name="another_evse",
            values=OTHER_EVSES,
            steps=(AtEvse(evse=Kept("another_evse"), connector=1, steps=steps),),
        ),
    )


def _at_the_second(steps: Steps) -> Steps:
    second = AtEvse(evse=configured.evse2_id, connector=configured.connector2_id, steps=steps)
    return (OnlyIf(condition=not_(ONE_EVSE), steps=(second,)),)


TC_C_14_CS = Case(
    id="TC_C_14_CS",
    title="A cached master pass",
    purpose="A token the cache knows in the master pass group stops the transaction of another without AuthorizeRequest.",
    requirements=("C12.FR.09", "C16.FR.03"),
    needs=(feature("C-49"), any_of(feature("C-07"), feature("C-08"))),
    before=(
        *CACHE_DECIDES,
        *_GROUP_OF_MASTERS,
        *id_token_cached("master_token"),
        Happened(facts={"cached": False}),
        *energy_transfer_started(),
    ),
    main=(
        present_token("master_token"),
        never_asked(),
        OnlyIf(condition=feature("C-07"), steps=(_CHOOSES_ALL,)),
        *_stopped_here("1", named=True),
        never_asked(),
        *_left_here(),
    ),
    remark=EIM,
)

TC_C_45_CS = Case(
    id="TC_C_45_CS",
    title="A master pass starts nothing",
    purpose="A token the CSMS accepts into the master pass group is asked about, and yet begins no transaction and gets no energy.",
    requirements=("C16.FR.03",),
    settings={"tx_start_points": ["Authorized"]},
    before=(
        *starting_at("Authorized", besides=("PowerPathClosed", "DataSigned", "EnergyTransfer")),
        *_GROUP_OF_MASTERS,
    ),
    main=(
        *_master_asked(),
        nothing_follows("1", requirement="C16.FR.03"),
        *ev_connected_pre_session(),
        NotReceives(number="4", action="TransactionEvent", where=(CHARGING,)),
    ),
    remark="The case names the valid token; the master pass that was presented is meant.",
)

TC_C_47_CS = Case(
    id="TC_C_47_CS",
    title="A master pass stops all, chosen at the screen",
    purpose="After a master pass the choice to stop all ends every transaction with the reason MasterPass.",
    requirements=("C16.FR.01", "C16.FR.07"),
    traits={"habits": {"master_pass_screen": True}},
    before=(*_GROUP_OF_MASTERS, *energy_transfer_started_everywhere()),
    main=(
        *_master_asked(),
        _CHOOSES_ALL,
        *_stopped_here("3"),
        *_at_the_others(_stopped_here("3")),
        *_left_here(),
        *_at_the_others(_left_here()),
    ),
)

TC_C_48_CS = Case(
    id="TC_C_48_CS",
    title="A master pass stops one, chosen at the screen",
    purpose="After a master pass the choice to stop one transaction ends it with the reason MasterPass; the others go on.",
    requirements=("C16.FR.01", "C16.FR.07"),
    traits={"habits": {"master_pass_screen": True}},
    before=(*_GROUP_OF_MASTERS, *energy_transfer_started_everywhere()),
    main=(
        *_master_asked(),
        Acts(act="choose", details={"option": "stop the transaction of this EVSE"}),
        *_stopped_here("3"),
        *_left_here(),
    ),
    after=_at_the_others(
        (
            NotReceives(
                action="TransactionEvent",
                where=(
                    equals("transactionInfo.transactionId", Kept("transaction_id")),
                    either(equals("triggerReason", "StopAuthorized"), equals("eventType", "Ended")),
                ),
                early=True,
                seconds=0,
            ),
            NotReceives(
                action="TransactionEvent",
                where=(equals("transactionInfo.transactionId", Kept("transaction_id")), *NO_SAMPLE),
                note="The others still transfer energy.",
            ),
        )
    ),
)

TC_C_49_CS = Case(
    id="TC_C_49_CS",
    title="A master pass stops all, without a screen",
    purpose="At a station without a screen a master pass ends every transaction with the reason MasterPass.",
    requirements=("C16.FR.02", "C16.FR.07"),
    before=(
        *_GROUP_OF_MASTERS,
        *energy_transfer_started(),
        *_at_the_second(energy_transfer_started(token="valid_token2")),
    ),
    main=(
        *_master_asked(),
        *_stopped_here("3"),
        *_at_the_second(_stopped_here("3")),
        *_left_here(),
        *_at_the_second(_left_here()),
    ),
)
