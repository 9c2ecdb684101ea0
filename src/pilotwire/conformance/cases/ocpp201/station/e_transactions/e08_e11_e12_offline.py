"""E08, E11, E12: transactions while the station has no connection."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.offline import (
    OFFLINE,
    away_while_charging,
    samples_delivered,
    stopped_while_away,
)
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import back_after, sampling
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, Configures, Happened, OnlyIf, Receives, Step
from pilotwire.conformance.states.offline201 import line_back, queued, transaction_events_in_queue_ended
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    id_token_cached,
    id_token_in_local_list,
)
from pilotwire.conformance.values import configured

_STARTED, _ENDED = equals("eventType", "Started"), equals("eventType", "Ended")
_EIM = "Where the station supports ISO 15118, the EV is charged with EIM."

TC_E_40_CS = Case(
    id="TC_E_40_CS",
    title="The connection is lost during a transaction",
    purpose="What the station would have told meanwhile is told when it is back online, marked as offline.",
    requirements=("E11.FR.01", "E11.FR.02", "E11.FR.06"),
    before=(
        *sampling(),
        Configures(variable="SampledDataCtrlr.Enabled", value=True, if_implemented=True),
        *back_after(),
        *energy_transfer_started(),
    ),
    main=(*away_while_charging("1", "2"), *line_back(), *samples_delivered("3")),
)

TC_E_43_CS = Case(
    id="TC_E_43_CS",
    title="A whole transaction without a connection",
    purpose="A transaction that began and ended offline is told when the station is back online, from Started to Ended.",
    requirements=("E12.FR.01", "E12.FR.02", "E12.FR.06"),
    before=transaction_events_in_queue_ended(),
    main=(
        Receives(number="1", action="TransactionEvent", where=(_ENDED, OFFLINE.of("E12.FR.02"))),
        queued("1", OFFLINE.of("E12.FR.02"), some=(_STARTED, _ENDED)),
    ),
    remark=_EIM,
)


def _the_end_is_delivered(number: str) -> tuple[Step, ...]:
    return (
        Receives(number=number, action="TransactionEvent", where=(_ENDED.of("E08.FR.04"), OFFLINE.of("E08.FR.07"))),
        queued(number, OFFLINE.of("E08.FR.07"), some=(_ENDED.of("E08.FR.04"),)),
    )


TC_E_44_CS = Case(
    id="TC_E_44_CS",
    title="A transaction is stopped without a connection",
    purpose="Stopped offline by the driver's token, the transaction's end is told when the station is back online.",
    requirements=("E08.FR.01", "E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07", "E08.FR.08"),
    before=(*back_after(), *energy_transfer_started()),
    main=(*stopped_while_away("1"), *line_back("2"), *_the_end_is_delivered("3")),
    remark=_EIM,
)

_GROUP = {"groupIdToken": {"idToken": configured.group_id, "type": configured.group_id_type}}

TC_E_45_CS = Case(
    id="TC_E_45_CS",
    title="A transaction is stopped without a connection by a token of the same group",
    purpose="Stopped offline by another token of the driver's group, the transaction's end is told when the station is back online.",
    requirements=("E08.FR.02", "E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07", "E08.FR.08"),
    before=(
        *back_after(),
        Happened(facts={"grouped": True}),
        OnlyIf(condition=feature("C-49"), steps=id_token_cached("valid_token2")),
        OnlyIf(
            condition=feature("Local Authorization List Management"),
            steps=id_token_in_local_list("valid_token2", more=_GROUP),
        ),
        Happened(facts={"cached": False}),
        *authorized(),
        *energy_transfer_started(),
    ),
    main=(
        *stopped_while_away("1", token="valid_token2"),
        *line_back("2"),
        *_the_end_is_delivered("3"),
    ),
    remark=_EIM,
)
