"""Memory states, and states that are not of a session: reserved, unavailable, profiles kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Configures, Happened, Reached, Receives, Sends, State, TellsStatus
from pilotwire.conformance.states.station201.beginning import energy_transfer_started, ev_connected_pre_session, tries
from pilotwire.conformance.states.station201.ending import ev_disconnected, parking_bay_unoccupied, stop_authorized
from pilotwire.conformance.states.station201.words import Steps, authorized, id_token, parking_bay_occupied, token_is
from pilotwire.conformance.values import OMITTED, Fresh, Moment, configured


def id_token_cached(token: str = "valid_token") -> Steps:
    """Memory state IdTokenCached (errata 2025-09, 6.2.120): a whole session with a token that may charge, or one question about another."""
    whole_session = (
        *ev_connected_pre_session(),
        *energy_transfer_started(token=token),
        *stop_authorized(token=token),
        *ev_disconnected(),
        *parking_bay_unoccupied(),
    )
    asked = (*tries(token), Receives(number="1", action="Authorize", checks=token_is(token)))
    charges = token in ("valid_token", "valid_token2")
    steps = (*parking_bay_occupied(), *authorized(token=token), *whole_session) if charges else asked
    return (
        State(name="IdTokenCached", steps=(*steps, Happened(facts={"cached": True}), Reached(state="IdTokenCached"))),
    )


def id_token_in_local_list(
    *tokens: str,
    status: str = "Accepted",
    more: Mapping[str, Any] | None = None,
    invalid: tuple[str, ...] = (),
) -> Steps:
    """Memory state IdTokenLocalAuthList (errata 2025-09, 6.2.121): these configured tokens are in the list, `invalid` ones as such."""
    listed = dict.fromkeys(tokens or ("valid_token",), status) | dict.fromkeys(invalid, "Invalid")
    entries = [
        {"idToken": id_token(token), "idTokenInfo": {"status": known} | dict(more or {})}
        for token, known in listed.items()
    ]
    return (
        State(
            name="IdTokenLocalAuthList",
            steps=(
                Configures(variable="LocalAuthListCtrlr.Enabled", value=True, if_implemented=True),
                Sends(
                    number="1",
                    action="SendLocalList",
                    payload={
                        "versionNumber": Fresh("list_version"),
                        "updateType": "Full",
                        "localAuthorizationList": entries,
                    },
                    checks=(equals("status", "Accepted"),),
                ),
                Happened(facts={"listed": True}),
            ),
        ),
    )


def reserved(
    *, evse: Any = configured.evse_id, token: str = "valid_token", extra: Mapping[str, Any] | None = None
) -> Steps:
    """State Reserved: an EVSE is reserved for a token."""
    request = {
        "id": Fresh("reservation_id"),
        "expiryDateTime": Moment(3600),
        "idToken": id_token(token),
        "evseId": evse,
    }
    return (
        State(
            name="Reserved",
            steps=(
                Sends(
                    number="1",
                    action="ReserveNow",
                    payload=request | dict(extra or {}),
                    checks=(equals("status", "Accepted"),),
                ),
                TellsStatus(number="3", status="Reserved", evse=evse, every="evse"),
                Reached(state="Reserved"),
            ),
        ),
    )


def unavailable(*, evse: Any = None, connector: Any = None) -> Steps:
    """State Unavailable: the station, an EVSE or a connector was set to Inoperative."""
    place: dict[str, Any] = {}
    if evse is not None:
        place = {"evse": {"id": evse, "connectorId": OMITTED if connector is None else connector}}
    told: Mapping[bool, TellsStatus] = {
        True: TellsStatus(number="3", status="Unavailable", every="station"),
        False: TellsStatus(
            number="3",
            status="Unavailable",
            evse=evse,
            connector=configured.connector_id if connector is None else connector,
            every="" if connector is not None else "evse",
        ),
    }
    return (
        State(
            name="Unavailable",
            steps=(
                Sends(
                    number="1",
                    action="ChangeAvailability",
                    payload={"operationalStatus": "Inoperative"} | place,
                    checks=(equals("status", "Accepted"),),
                ),
                told[evse is None],
                Reached(state="Unavailable"),
            ),
        ),
    )


def charging_profile_set(profile: Mapping[str, Any], evse: Any = configured.evse_id) -> Steps:
    """Memory state SetChargingProfile: the station keeps this profile."""
    return (
        State(
            name="SetChargingProfile",
            steps=(
                Sends(
                    number="1",
                    action="SetChargingProfile",
                    payload={"evseId": evse, "chargingProfile": profile},
                    checks=(equals("status", "Accepted"),),
                ),
            ),
        ),
    )
