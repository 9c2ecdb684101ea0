"""Words of the states of a station under test: tokens, and events of a transaction as TxStartPoint and TxStopPoint ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pilotwire.conformance.checks import Check, equals, one_of, present, satisfies, when
from pilotwire.conformance.conditions import (
    EVENT_DUE,
    TRANSACTION_JUST_BEGAN,
    TRANSACTION_JUST_ENDED,
    TRANSACTION_RUNS,
    TRANSACTIONS_ELSEWHERE,
    all_of,
    configured_is,
    fact,
    not_,
    starts_at,
    state_is,
)
from pilotwire.conformance.language import Acts, Happened, NotReceives, OnlyIf, Reached, Receives, Sends, State, Step
from pilotwire.conformance.values import Configured, Fresh, Kept, configured

How = Literal["", "local", "remote"]
"""Who authorizes: somebody at the station, or the CSMS; "" leaves it to the plan."""


Asking = Literal["", "yes", "no", "maybe"]
"""Whether the station asks with Authorize."""


Steps = tuple[Step, ...]


BEGINS_OR_GOES_ON = (
    *when(TRANSACTION_JUST_BEGAN, equals("eventType", "Started")),
    *when(not_(TRANSACTION_JUST_BEGAN), equals("eventType", "Updated")),
)


ENDS_OR_GOES_ON = (
    *when(TRANSACTION_JUST_ENDED, equals("eventType", "Ended")),
    *when(not_(TRANSACTION_JUST_ENDED), equals("eventType", "Updated")),
)
"""The eventType TxStartPoint and TxStopPoint ask for."""


PLUGGED_IN = ("CablePluggedIn", "ChargingStateChanged", "RemoteStart", "Authorized")


FIRST_OF_AUTHORIZED = all_of(TRANSACTION_JUST_BEGAN, fact("authorized"))


FIRST_TOLD = (
    "The first event after an authorization may say so instead: Authorized (E02.FR.20) or RemoteStart (F02.FR.21)."
)


CHANGED = (equals("triggerReason", "ChargingStateChanged"),)


TELLS_AUTHORIZATION = (
    *when(FIRST_OF_AUTHORIZED, present("idToken.idToken").of("E01.FR.10")),
    *when(
        all_of(FIRST_OF_AUTHORIZED, fact("remote")),
        equals("triggerReason", "RemoteStart").of("F02.FR.21"),
        equals("transactionInfo.remoteStartId", Kept("remote_start_id")).of("F02.FR.21"),
    ),
)
"""A transaction that begins after somebody was authorized tells the token, and a remote start with its id."""


_OF_THIS_EVSE = when(
    TRANSACTIONS_ELSEWHERE,
    satisfies(
        "transactionInfo.transactionId",
        "is not that of another EVSE",
        lambda found, known: found not in known.kept["transactions_elsewhere"],
    ),
)


def transaction_event(
    number: str = "",
    *,
    trigger: str | tuple[str, ...],
    where: tuple[Check, ...] = (),
    checks: tuple[Check, ...] = (),
    answer: Mapping[str, Any] | None = None,
    optional: bool = False,
    early: bool = False,
    within: Any = configured.message_timeout,
    keep: Mapping[str, str] | None = None,
    note: str = "",
) -> Receives:
    """The station sends TransactionEventRequest with this triggerReason (or one of them); its transactionId is kept as `transaction_id`."""
    triggers = (trigger,) if isinstance(trigger, str) else trigger
    return Receives(
        number=number,
        action="TransactionEvent",
        where=(one_of("triggerReason", *triggers), *_OF_THIS_EVSE, *where),
        checks=checks,
        answer=answer,
        keep={"transaction_id": "transactionInfo.transactionId"} | dict(keep or {}),
        optional=optional,
        early=early,
        within=within,
        note=note,
    )


def token_is(token: str = "valid_token") -> tuple[Check, ...]:
    """The idToken of the message is this configured one."""
    return (
        equals("idToken.idToken", Configured(token)),
        equals("idToken.type", Configured(f"{token}_type")),
    )


def id_token(token: str = "valid_token") -> dict[str, Any]:
    """A configured idToken, as messages have it."""
    return {"idToken": Configured(token), "type": Configured(f"{token}_type")}


def present_token(token: str = "valid_token", **details: Any) -> Acts:
    """Somebody presents a configured idToken."""
    return Acts(act="present", details={"token": Configured(token), "type": Configured(f"{token}_type")} | details)


def unless_state(names: tuple[str, ...], steps: Steps) -> OnlyIf:
    """The steps, unless the state reached last is one of these."""
    return OnlyIf(condition=not_(state_is(*names)), steps=steps)


def parking_bay_occupied() -> Steps:
    """State ParkingBayOccupied; it does nothing for a station without a sensor."""
    return (
        State(
            name="ParkingBayOccupied",
            steps=(
                OnlyIf(
                    condition=all_of(configured_is("has_bay_sensor", True), not_(fact("bay_occupied"))),
                    steps=(
                        Acts(act="drive_in"),
                        Happened(facts={"bay_occupied": True}),
                        OnlyIf(
                            condition=EVENT_DUE,
                            steps=(transaction_event("1", trigger="EVDetected", checks=BEGINS_OR_GOES_ON),),
                        ),
                    ),
                ),
                Reached(state="ParkingBayOccupied"),
            ),
        ),
    )


def authorized(
    how: How = "",
    *,
    token: str = "valid_token",
    asks: Asking = "",
    extra: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
) -> Steps:
    """State Authorized; see `authorization`."""
    return (
        State(
            name="Authorized",
            steps=(
                unless_state(("ParkingBayOccupied", "EVConnectedPreSession"), parking_bay_occupied()),
                *authorization(how, token=token, asks=asks, extra=extra, info=info),
                Reached(state="Authorized"),
            ),
        ),
    )


def authorization(
    how: How = "",
    *,
    token: str = "valid_token",
    asks: Asking = "",
    extra: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
    numbers: tuple[str, str] | None = None,
) -> Steps:
    """A token is authorized, and a transaction tells so.

    `asks`: whether the station must, may not, or may ask with Authorize; "" leaves it to whether the token is cached. `extra` are further
    fields of RequestStartTransaction, `info` is the idTokenInfo the tester answers with in place of the usual one, and `numbers` are those
    of the question and of the event.
    """
    local = _presented(token, asks, info, numbers or ("1", "3"))
    remote = _started_remotely(token, asks, extra or {}, info, numbers or ("3", "5"))
    branch: Mapping[str, Steps] = {
        "local": local,
        "remote": remote,
        "": (OnlyIf(condition=configured_is("authorization", "remote"), steps=remote, otherwise=local),),
    }
    return branch[how]


def requested(token: str, extra: Mapping[str, Any], checks: tuple[Check, ...], number: str = "") -> Sends:
    """The CSMS asks the station to start a transaction at the configured EVSE."""
    request = {"idToken": id_token(token), "evseId": configured.evse_id, "remoteStartId": Fresh("remote_start_id")}
    return Sends(number=number, action="RequestStartTransaction", payload=request | dict(extra), checks=checks)


def asks_authorize(number: str, token: str, asks: str, info: Mapping[str, Any] | None = None) -> Steps:
    """The station asks with Authorize, as `asks` of `authorization` says; the tester answers with `info`, or as usual."""
    answer = None if info is None else {"idTokenInfo": info}
    ask = Receives(number=number, action="Authorize", checks=token_is(token), answer=answer)
    may = replace(ask, optional=True, within=configured.silence)
    branch: Mapping[str, Steps] = {
        "yes": (ask,),
        "maybe": (may,),
        "no": (),
        "": (OnlyIf(condition=not_(fact("cached")), steps=(ask,)),),
    }
    return branch[asks]


def _presented(token: str, asks: str, info: Mapping[str, Any] | None, numbers: tuple[str, str]) -> Steps:
    return (
        present_token(token),
        *asks_authorize(numbers[0], token, asks, info),
        *authorization_told(numbers[1], *token_is(token), info=info),
        *(_UNASKED if asks == "no" else ()),
    )


def authorization_told(
    number: str, *checks: Check, info: Mapping[str, Any] | None = None, early: bool = False
) -> Steps:
    """A driver is authorized at the station: a transaction tells so, where there is one (E01.FR.10, E02.FR.05)."""
    return (
        Happened(facts={"authorized": True, "remote": False}),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    number,
                    trigger=("Authorized", "ChargingStateChanged"),
                    checks=(
                        *when(not_(_BEGUN_BY_POWER_PATH), equals("triggerReason", "Authorized").of("E02.FR.20")),
                        *BEGINS_OR_GOES_ON,
                        *checks,
                    ),
                    answer=None if info is None else {"idTokenInfo": info},
                    early=early,
                ),
            ),
        ),
    )


def _started_remotely(
    token: str, asks: str, extra: Mapping[str, Any], info: Mapping[str, Any] | None, numbers: tuple[str, str]
) -> Steps:
    asking = asks_authorize(numbers[0], token, asks, info)
    checks = (equals("status", "Accepted"), *when(TRANSACTION_RUNS, equals("transactionId", Kept("transaction_id"))))
    return (
        requested(token, extra, checks, "1" if numbers[0] == "3" else ""),
        *(asking if asks else (OnlyIf(condition=_ASKS_AT_REMOTE_START, steps=asking),)),
        Happened(facts={"authorized": True, "remote": True}),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    numbers[1],
                    trigger="RemoteStart",
                    checks=(
                        *BEGINS_OR_GOES_ON,
                        equals("transactionInfo.remoteStartId", Kept("remote_start_id")),
                        *token_is(token),
                    ),
                    answer=None if info is None else {"idTokenInfo": info},
                ),
            ),
        ),
    )


_UNASKED: Steps = (
    OnlyIf(
        condition=EVENT_DUE,
        steps=(NotReceives(action="Authorize", seconds=0),),
        otherwise=(NotReceives(action="Authorize"),),
    ),
)
"""The CSMS is not asked before the event that tells the authorization, or for a while where there is none."""


_BEGUN_BY_POWER_PATH = all_of(TRANSACTION_JUST_BEGAN, not_(starts_at("Authorized")))


_ASKS_AT_REMOTE_START = all_of(configured_is("authorize_remote_start", True), not_(fact("cached")))
