"""Cases of our own for requirements of block C that no case of the document touches: who gets energy, where, and for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    CACHE_DECIDES,
    CHARGING,
    LIST_ASKS_ABOUT_OTHERS,
    LIST_ON,
    LOCALLY_OFFLINE,
    asked,
    strangers_offline,
)
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    back_after,
    starting_at,
)
from pilotwire.conformance.checks import Check, Judgement, equals, present
from pilotwire.conformance.language import (
    Acts,
    AtEvse,
    Case,
    Configures,
    Happened,
    Judges,
    NotReceives,
    Reached,
    Receives,
    Sends,
    Step,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import (
    authorization,
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    id_token_in_local_list,
    present_token,
    token_is,
)
from pilotwire.conformance.values import Configured, Fresh, Kept, Known, Moment, configured, plus
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]
PART_2 = "Part 2 edition 3, errata 2025-09"
_EXPIRIES = Sends(
    action="GetVariables",
    payload={"getVariableData": [component_variable("LocalAuthListCtrlr.SupportsExpiryDateTime")]},
    checks=(equals("getVariableResult[0].attributeValue", "true"),),
    note="Without this variable the requirement does not apply.",
)


def _no_energy(number: str, requirement: str, *, early: bool = False) -> NotReceives:
    return NotReceives(number=number, action="TransactionEvent", where=(CHARGING.of(requirement),), early=early)


PW_C_01_CS = Case(
    id="PW_C_01_CS",
    title="No energy without authorization",
    purpose="An EV that is connected gets no energy until somebody is authorized, and gets it then.",
    requirements=("C01.FR.01", "C06.FR.01"),
    before=AUTHORIZATION_ON,
    main=(
        *ev_connected_pre_session(),
        _no_energy("3", "C01.FR.01", early=True),
        NotReceives(number="3", action="TransactionEvent", where=(CHARGING.of("C06.FR.01"),), seconds=0, early=True),
        *authorized("local"),
        *energy_transfer_started(),
    ),
    follows=PART_2,
    ours=True,
)

_ELSEWHERE = {"status": "Accepted", "evseId": [configured.evse2_id]}

PW_C_02_CS = Case(
    id="PW_C_02_CS",
    title="A token for another EVSE",
    purpose="A token the CSMS accepts for the second EVSE only gets no energy at the first, and charges at the second.",
    requirements=("C01.FR.21",),
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="AuthCtrlr.LocalPreAuthorize", value=False, if_implemented=True),
        *ev_connected_pre_session(),
    ),
    main=(
        present_token(),
        *asked("1", "valid_token", "Accepted", evseId=_ELSEWHERE["evseId"]),
        _no_energy("3", "C01.FR.21"),
        AtEvse(
            evse=configured.evse2_id,
            connector=configured.connector2_id,
            steps=(
                *ev_connected_pre_session(),
                *authorization("local", asks="yes", info=_ELSEWHERE),
                *energy_transfer_started(),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_C_03_CS = Case(
    id="PW_C_03_CS",
    title="An authorization nobody has used in time",
    purpose="A driver who does not plug in before EVConnectionTimeOut is not authorized any more: a cable that comes later gets no energy.",
    requirements=("C01.FR.26",),
    settings={"tx_start_points": ["PowerPathClosed"]},
    before=(
        *starting_at("PowerPathClosed", besides=("EnergyTransfer",)),
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        *AUTHORIZATION_ON,
        *authorized("local"),
    ),
    main=(
        Waits(
            number="1",
            seconds=plus(configured.ev_connection_timeout, 1),
            why="EVConnectionTimeOut passes without a cable",
        ),
        Happened(facts={"authorized": False}),
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        TellsStatus(number="2", status="Occupied"),
        _no_energy("3", "C01.FR.26"),
        *authorization("local", asks="maybe", numbers=("5", "7")),
        *energy_transfer_started(),
    ),
    follows=PART_2,
    ours=True,
)

_CENTRAL = {"idToken": configured.valid_token, "type": "Central"}

PW_C_04_CS = Case(
    id="PW_C_04_CS",
    title="A remote start with a token of the CSMS",
    purpose="Even with AuthorizeRemoteStart the CSMS is not asked about a token of the type Central; the first event tells it.",
    requirements=("C03.FR.01", "C05.FR.01", "C05.FR.03", "C05.FR.05"),
    settings={"tx_start_points": ["Authorized"]},
    before=(
        *starting_at("Authorized", besides=("DataSigned", "PowerPathClosed", "EnergyTransfer")),
        *AUTHORIZATION_ON,
        Configures(variable="AuthCtrlr.AuthorizeRemoteStart", value=True, if_writable=True),
    ),
    main=(
        Sends(
            number="1",
            action="RequestStartTransaction",
            payload={"idToken": _CENTRAL, "evseId": configured.evse_id, "remoteStartId": Fresh("remote_start_id")},
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="3",
            action="TransactionEvent",
            checks=(
                equals("eventType", "Started"),
                equals("transactionInfo.remoteStartId", Kept("remote_start_id")).of("C05.FR.03"),
                equals("idToken.idToken", configured.valid_token).of("C05.FR.05"),
                equals("idToken.type", "Central").of("C05.FR.05"),
            ),
            keep={"transaction_id": "transactionInfo.transactionId"},
        ),
        Happened(facts={"authorized": True, "remote": True}),
        NotReceives(number="5", action="Authorize", where=(present("idToken").of("C03.FR.01"),), early=True),
        NotReceives(number="5", action="Authorize", where=(present("idToken").of("C05.FR.01"),), seconds=0, early=True),
    ),
    follows=PART_2,
    ours=True,
)


def _expires(seconds: float) -> dict[str, object]:
    """Accepted, and to be forgotten so many seconds from now."""
    return {"status": "Accepted", "cacheExpiryDateTime": Moment(seconds)}


def _asked_when_presented(number: str, requirement: str, info: dict[str, object]) -> Steps:
    """Somebody presents the token, and the CSMS is asked about it."""
    return (
        present_token(),
        Receives(
            number=number,
            action="Authorize",
            where=tuple(one.of(requirement) for one in token_is()),
            answer={"idTokenInfo": info},
        ),
    )


def _expired_in_cache(seconds: float, waits: float) -> Steps:
    """The token is accepted with such an expiry, and so much time passes; then somebody presents it, connects and leaves."""
    return (
        *_asked_when_presented("1", "C10.FR.13", _expires(seconds)),
        Waits(number="2", seconds=waits, why="the moment the CSMS has told passes"),
        Happened(facts={"authorized": False}),
    )


PW_C_05_CS = Case(
    id="PW_C_05_CS",
    title="A cached token expires when the CSMS says",
    purpose="A token accepted with cacheExpiryDateTime is asked about again after that moment, though LifeTime is longer.",
    requirements=("C10.FR.13",),
    settings={"tx_start_points": ["PowerPathClosed"]},
    before=(
        *starting_at("PowerPathClosed", besides=("EnergyTransfer",)),
        *CACHE_DECIDES,
        Configures(variable="AuthCacheCtrlr.LifeTime", value=3600, if_implemented=True),
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=1),
    ),
    main=(
        *_expired_in_cache(3600, 2),
        present_token(),
        NotReceives(number="3", action="Authorize", note="It is in the cache: what follows is the work of the expiry."),
        Sends(number="4", action="ClearCache", checks=(equals("status", "Accepted"),)),
        *(replace(one, number="") for one in _expired_in_cache(3, 5)),
        *_asked_when_presented("7", "C10.FR.13", {"status": "Accepted"}),
    ),
    follows=PART_2,
    ours=True,
)


def _listed_until(seconds: float) -> Steps:
    """The valid token is on the list as Accepted, until so many seconds from now."""
    return (
        _EXPIRIES,
        *LIST_ON,
        LIST_ASKS_ABOUT_OTHERS,
        Configures(variable="AuthCacheCtrlr.Enabled", value=False, if_implemented=True),
        *id_token_in_local_list(more={"cacheExpiryDateTime": Moment(seconds)}),
    )


PW_C_06_CS = Case(
    id="PW_C_06_CS",
    title="A listed token that has not expired",
    purpose="A token the list has as Accepted until later charges without AuthorizeRequest.",
    requirements=("C14.FR.04",),
    before=(*_listed_until(3600), *ev_connected_pre_session()),
    main=(
        *authorization("local", asks="no", numbers=("", "1")),
        NotReceives(number="2", action="Authorize", where=(present("idToken").of("C14.FR.04"),), seconds=0),
        Reached(state="Authorized"),
        *energy_transfer_started(),
    ),
    follows=PART_2,
    ours=True,
)

PW_C_07_CS = Case(
    id="PW_C_07_CS",
    title="A listed token that has expired",
    purpose="A token the list has as Accepted until a moment that has passed is asked about, and charges when the CSMS accepts it.",
    requirements=("C14.FR.05",),
    before=(*_listed_until(-60), *ev_connected_pre_session()),
    main=(
        *_asked_when_presented("1", "C14.FR.05", {"status": "Accepted"}),
        Happened(facts={"authorized": True, "remote": False}),
        *energy_transfer_started(),
    ),
    follows=PART_2,
    ours=True,
)


def _away(number: str, token: str, *, seconds: object = configured.transaction_duration) -> Steps:
    """While the line is down somebody presents a token at an EV that is connected, and goes."""
    return (
        *line_down(number),
        present_token(token),
        Waits(seconds=seconds, why="energy flows, if the token may charge"),
    )


def _offline(*, strangers: bool, until: float) -> Steps:
    return (
        *AUTHORIZATION_ON,
        strangers_offline(strangers),
        LOCALLY_OFFLINE,
        *_listed_until(until),
        *back_after(),
        *ev_connected_pre_session(),
    )


def _refused_offline(requirement: str) -> Steps:
    """The listed token that has expired is presented while the line is down: no event tells of it or of energy."""
    return (
        *_away("1", "valid_token"),
        *line_back("3"),
        _no_energy("5", requirement),
        NotReceives(number="5", action="TransactionEvent", where=(present("idToken").of(requirement),), seconds=0),
    )


def _charged_offline(token: str, requirement: str) -> Steps:
    """The token is presented while the line is down: the events of the queue tell of it and of energy."""
    return (
        *_away("7", token),
        *line_back("8"),
        Receives(
            number="9",
            action="TransactionEvent",
            where=(equals("idToken.idToken", Configured(token)).of(requirement),),
            early=True,
            keep={"transaction_id": "transactionInfo.transactionId"},
        ),
        Happened(facts={"authorized": True, "remote": False, "energy": True}),
        Receives(number="9", action="TransactionEvent", where=(CHARGING.of(requirement),), early=True, shared=True),
    )


PW_C_08_CS = Case(
    id="PW_C_08_CS",
    title="Offline, a listed token that has expired",
    purpose="Without OfflineTxForUnknownIdEnabled a token the list has as Accepted charges offline until its expiry, not afterwards.",
    requirements=("C13.FR.05",),
    before=_offline(strangers=False, until=-60),
    main=(
        *_refused_offline("C13.FR.05"),
        *id_token_in_local_list(more={"cacheExpiryDateTime": Moment(3600)}),
        *_charged_offline("valid_token", "C13.FR.05"),
    ),
    follows=PART_2,
    ours=True,
)

PW_C_09_CS = Case(
    id="PW_C_09_CS",
    title="Offline, strangers may charge, and who has expired may not",
    purpose="With OfflineTxForUnknownIdEnabled a token nobody knows charges offline, one the list has until a moment that passed does not.",
    requirements=("C13.FR.06",),
    before=_offline(strangers=True, until=-60),
    main=(*_refused_offline("C13.FR.06"), *_charged_offline("valid_token2", "C13.FR.06")),
    follows=PART_2,
    ours=True,
)


def _authorized_once() -> Check:
    """Of the token, one event of the time without a connection tells an authorization: that of the stranger."""

    def judge(everything: Any, known: Known) -> Judgement:
        events = [one["payload"] for one in everything["messages"] if one["action"] == "TransactionEvent"]
        token = known.setting("valid_token")
        told = [one for one in events if one.get("idToken", {}).get("idToken") == token]
        begun = [one["triggerReason"] for one in told if one["triggerReason"] != "StopAuthorized"]
        return Judgement(len(begun) == 1, ", ".join(begun) or "none")

    return Check("the token was authorized once", judge, requirement="C15.FR.01")


PW_C_10_CS = Case(
    id="PW_C_10_CS",
    title="A stranger who charged offline is not cached",
    purpose="A token authorized as unknown while the line is down gets nothing the next time, when strangers may not charge any more.",
    requirements=("C15.FR.01",),
    before=(
        *AUTHORIZATION_ON,
        *CACHE_DECIDES,
        LOCALLY_OFFLINE,
        strangers_offline(True),
        *back_after(),
        *ev_connected_pre_session(),
    ),
    main=(
        *_away("1", "valid_token"),
        present_token(),
        Acts(act="unplug"),
        Acts(act="set_inside", details={"variable": "AuthCtrlr.OfflineTxForUnknownIdEnabled", "value": "false"}),
        Acts(act="plug_in"),
        present_token(),
        Waits(number="2", seconds=configured.transaction_duration, why="energy flows, if the token may charge"),
        *line_back("3"),
        Receives(
            number="4",
            action="TransactionEvent",
            where=(equals("idToken.idToken", configured.valid_token), equals("offline", True)),
            early=True,
        ),
        Receives(number="4", action="TransactionEvent", where=(equals("eventType", "Ended"),), early=True),
        NotReceives(number="5", action="Authorize"),
    ),
    after=(Judges(checks=(_authorized_once(),)),),
    remark="The variable is changed at the station, because the CSMS, which could, would also have the token cached (C10.FR.05).",
    follows=PART_2,
    ours=True,
)
