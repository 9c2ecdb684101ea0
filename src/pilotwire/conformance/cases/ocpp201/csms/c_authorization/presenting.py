"""What the cases of block C share: a token is presented at the station the tester plays, and the CSMS says what it thinks of it."""

from __future__ import annotations

from pilotwire.conformance.checks import Check, equals
from pilotwire.conformance.conditions import fact
from pilotwire.conformance.language import Happened, OnlyIf, Reached, Sends, Step
from pilotwire.conformance.states.csms201 import begin_transaction, first_or_next, id_token, place, transaction_event
from pilotwire.conformance.values import Configured

Steps = tuple[Step, ...]
ACCEPTED = equals("idTokenInfo.status", "Accepted")


def of_group(group: str = "group_id", requirement: str = "") -> tuple[Check, ...]:
    """The token is accepted, and of the configured group."""
    return (
        ACCEPTED.of("C09.FR.10"),
        equals("idTokenInfo.groupIdToken.idToken", Configured(group)).of(requirement),
    )


def asks(number: str, token: str, *checks: Check) -> Sends:
    """The station asks whether the token is good."""
    return Sends(number=number, action="Authorize", payload={"idToken": id_token(token)}, checks=checks)


def authorizes(number: str, token: str, *checks: Check) -> Steps:
    """The station tells that the token began the charging, Started where no transaction is there yet."""
    return (
        OnlyIf(condition=fact("ev_connected"), steps=(), otherwise=(begin_transaction(),)),
        transaction_event(
            number,
            trigger="Authorized",
            event_type=first_or_next("ev_connected"),
            more={"idToken": id_token(token), "evse": place()},
            checks=checks,
        ),
        Happened(facts={"authorized": True}),
    )


def stops(number: str, token: str, *checks: Check) -> Steps:
    """The station tells that the token ended the charging."""
    return (
        transaction_event(number, trigger="StopAuthorized", more={"idToken": id_token(token)}, checks=checks),
        Reached(state="StopAuthorized"),
    )
