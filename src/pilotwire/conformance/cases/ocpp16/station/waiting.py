"""What the cases share in which a Charge Point waits for a cable: a remote start comes first, or no cable comes."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, Judgement, equals, moment_of
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Happened, InAnyOrder, Judges, OnlyIf, Sends, Step
from pilotwire.conformance.states.station16 import authorizes, remote_start, status
from pilotwire.conformance.values import Known, configured, plus

Steps = tuple[Step, ...]


def asks_whether_authorized_first(number: str) -> Sends:
    """GetConfiguration.req about AuthorizeRemoteTxRequests."""
    return Sends(
        number=number,
        action="GetConfiguration",
        payload={"key": ["AuthorizeRemoteTxRequests"]},
        checks=(equals("configurationKey[0].key", "AuthorizeRemoteTxRequests"),),
        keep={"authorized_first": "configurationKey[0].value"},
    )


def remote_start_first(number: str, authorized: str, told: str) -> Steps:
    """RemoteStartTransaction.req before there is a cable, after `asks_whether_authorized_first`; the connector is Preparing."""
    asked_first = kept_is("authorized_first", "true", "True", "TRUE")
    return (
        remote_start(number),
        Happened(facts={"authorized": True}),
        InAnyOrder(
            steps=(
                OnlyIf(condition=asked_first, steps=(authorizes(authorized),)),
                status(told, "Preparing"),
            )
        ),
    )


_ROUNDING = 1.0
"""How many s sooner it may seem, by the time messages take."""


def _not_before_time(everything: Any, known: Known) -> Judgement:
    """From Preparing to Available at the connector."""
    told: dict[str, Any] = {}
    for one in everything["messages"]:
        payload = one["payload"]
        if one["action"] == "StatusNotification" and payload.get("connectorId") == known.setting("evse_id"):
            told[str(payload.get("status"))] = moment_of(one["at"])
    since, until = told.get("Preparing"), told.get("Available")
    if since is None or until is None:
        return Judgement(False, "one of both was not told")
    seconds = (until - since).total_seconds()
    return Judgement(seconds >= known.setting("ev_connection_timeout") - _ROUNDING, f"{seconds:.1f} s")


def waits_for_a_cable(number: str) -> Steps:
    """The connector is Available when ConnectionTimeOut is over, and not before."""
    within = plus(configured.ev_connection_timeout, configured.message_timeout)
    on_time = Check("from Preparing to Available ConnectionTimeOut goes by", _not_before_time)
    return (status(number, "Available", within=within), Judges(number=number, checks=(on_time,)))
