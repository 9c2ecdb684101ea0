"""Cases of our own for requirements of block C that no case of the document touches: what the Authorization Cache keeps."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.c_authorization.ours_station import PART_2
from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import CACHE_DECIDES, asked
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import AUTHORIZATION_ON, starting_at
from pilotwire.conformance.cases.ocpp201.station.i_tariff.i02_i03_costs import PRICE, is_read, text
from pilotwire.conformance.checks import Check, differs, equals
from pilotwire.conformance.conditions import kept_is, not_
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Happened,
    Keeps,
    NotReceives,
    OnlyIf,
    Reached,
    Receives,
    Sends,
    Step,
    Waits,
)
from pilotwire.conformance.states.station201 import (
    authorization,
    energy_transfer_started,
    ev_connected_post_session,
    ev_connected_pre_session,
    ev_disconnected,
    parking_bay_occupied,
    parking_bay_unoccupied,
    present_token,
)
from pilotwire.conformance.values import Fresh, Kept, configured
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]
_STORAGE = "getVariableResult[0].attributeValue"
_CLEARED = Sends(action="ClearCache", checks=(equals("status", "Accepted"),))


def _storage(*checks: Check, number: str = "", keep: str = "storage") -> Sends:
    """How many bytes the cache takes, if the station tells."""
    return Sends(
        number=number,
        action="GetVariables",
        payload={"getVariableData": [component_variable("AuthCacheCtrlr.Storage")]},
        checks=checks,
        keep={keep: _STORAGE},
    )


_FORGETS: Steps = (
    Waits(seconds=2, why="nobody plugs in, and the authorization is over"),
    Happened(facts={"authorized": False}),
)
_EMPTY: Steps = (
    *starting_at("PowerPathClosed", besides=("EnergyTransfer",)),
    *AUTHORIZATION_ON,
    *CACHE_DECIDES,
    Configures(variable="TxCtrlr.EVConnectionTimeOut", value=1),
    Keeps(values={"storage": ""}),
    _CLEARED,
    _storage(),
)
"""The cache is empty; what it takes then is kept, if the station tells."""
_SEEN: Steps = (
    present_token(),
    *asked("", "valid_token", "Accepted"),
    *_FORGETS,
    _storage(differs(_STORAGE, Kept("storage")).softly(), keep="storage with a token"),
    _CLEARED,
    _storage(),
)
"""That a token is cached shows in what the cache takes; a warning if it does not: then nothing can be seen here."""


def _not_cached(case: str, title: str, purpose: str, *requirements: str, before: Steps = (), uses: Steps) -> Case:
    """A case of a token that is `used` and takes no place in the cache."""
    same = tuple(equals(_STORAGE, Kept("storage")).of(one) for one in requirements)
    return Case(
        id=case,
        title=title,
        purpose=purpose,
        requirements=requirements,
        settings={"tx_start_points": ["PowerPathClosed"]},
        before=(*_EMPTY, OnlyIf(condition=not_(kept_is("storage", "")), steps=_SEEN), *before),
        main=(
            *uses,
            OnlyIf(condition=not_(kept_is("storage", "")), steps=(_storage(*same, number="5", keep="storage after"),)),
        ),
        follows=PART_2,
        ours=True,
        remark=(
            "What is in a cache shows in AuthCacheCtrlr.Storage alone, since nobody can present such a token where the cache decides; a "
            "station without that variable has nothing to be judged."
        ),
    )


def _told(token_type: str) -> Receives:
    """The first event with the token, which the CSMS calls Accepted."""
    return Receives(
        number="3",
        action="TransactionEvent",
        where=(equals("idToken.type", token_type),),
        answer={"idTokenInfo": {"status": "Accepted"}},
    )


PW_C_11_CS = _not_cached(
    "PW_C_11_CS",
    "A start without authorization is not cached",
    "What the CSMS says of a token of the type NoAuthorization does not go into the cache.",
    "C02.FR.03",
    before=(Configures(variable="AuthCtrlr.Enabled", value=False),),
    uses=(Acts(act="drive_in"), Acts(act="plug_in"), _told("NoAuthorization")),
)
PW_C_12_CS = _not_cached(
    "PW_C_12_CS",
    "A token of the CSMS is not cached",
    "What the CSMS says of a token of the type Central does not go into the cache.",
    "C03.FR.02",
    "C05.FR.02",
    before=(Acts(act="drive_in"), Acts(act="plug_in")),
    uses=(
        Sends(
            number="1",
            action="RequestStartTransaction",
            payload={
                "idToken": {"idToken": configured.valid_token, "type": "Central"},
                "evseId": configured.evse_id,
                "remoteStartId": Fresh("remote_start_id"),
            },
            checks=(equals("status", "Accepted"),),
        ),
        _told("Central"),
    ),
)

PW_C_13_CS = Case(
    id="PW_C_13_CS",
    title="A full cache takes a new token",
    purpose="Where the cache is full an older entry makes room: the token that was accepted last charges without being asked about.",
    requirements=("C10.FR.07",),
    settings={"tx_start_points": ["PowerPathClosed"]},
    traits={"habits": {"cache_limit": 1}},
    before=(
        *_EMPTY,
        Acts(act="made_so", details={"state": "the Authorization Cache has room for one token only, or is full"}),
        present_token("valid_token2"),
        *asked("", "valid_token2", "Accepted"),
        *_FORGETS,
    ),
    main=(
        present_token(),
        *asked("1", "valid_token", "Accepted"),
        *_FORGETS,
        present_token(),
        NotReceives(number="3", action="Authorize", note="It is in the cache (C10.FR.07)."),
    ),
    follows=PART_2,
    ours=True,
)


def _unread(requirement: str, **what: Any) -> Acts:
    return Acts(
        act="look",
        details={"question": f'Is "{PRICE}" to be read on the display?', "expected": "no"} | what,
        note=requirement,
    )


PW_C_14_CS = Case(
    id="PW_C_14_CS",
    title="A tariff is not cached",
    purpose="The tariff text that came with a token is not shown again where the token is known from the cache.",
    requirements=("C10.FR.09",),
    before=(*AUTHORIZATION_ON, *CACHE_DECIDES, *ev_connected_pre_session()),
    main=(
        *authorization(
            "local",
            asks="yes",
            info={"status": "Accepted", "personalMessage": text(PRICE)},
            numbers=("1", "3"),
        ),
        is_read(display=PRICE),
        *energy_transfer_started(),
        *ev_connected_post_session(),
        *ev_disconnected(),
        *parking_bay_unoccupied(),
        *parking_bay_occupied(),
        *ev_connected_pre_session(),
        *authorization("local", asks="no", numbers=("", "12")),
        Reached(state="Authorized"),
        _unread("C10.FR.09", display=PRICE),
    ),
    follows=PART_2,
    ours=True,
)
