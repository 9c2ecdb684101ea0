"""What the cases of block H share: ReserveNow, who may use a reservation, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, equals
from pilotwire.conformance.language import (
    Configures,
    ForEach,
    Happened,
    Judges,
    Keeps,
    OnlyIf,
    Sends,
    Step,
    TellsStatus,
)
from pilotwire.conformance.states.everywhere201 import EVERY_EVSE, ONE_EVSE
from pilotwire.conformance.states.station201 import authorized, energy_transfer_started, id_token
from pilotwire.conformance.values import OMITTED, Computed, Fresh, Kept, Known, Moment, configured, resolve

Steps = tuple[Step, ...]

RESERVATIONS_ON: Steps = (Configures(variable="ReservationCtrlr.Enabled", value=True, if_implemented=True),)
"""The station takes reservations (ReservationEnabled is the document's name of ReservationCtrlr.Enabled)."""

GROUP: Mapping[str, Any] = {"idToken": configured.group_id, "type": configured.group_id_type}
"""The configured groupIdToken."""
_LONG = 3600
"""So many seconds no case lasts."""


def reserves(
    number: str,
    answer: str,
    *,
    evse: Any = OMITTED,
    token: Any = "valid_token",
    reservation: Any = Fresh("reservation_id"),  # noqa: B008 - a value, resolved when the case is played
    seconds: Any = _LONG,
    group: Any = OMITTED,
    connector_type: Any = OMITTED,
    requirement: str = "",
) -> Sends:
    """ReserveNow, answered so; `token` is the name of a configured one, or an idToken itself."""
    return Sends(
        number=number,
        action="ReserveNow",
        payload={
            "id": reservation,
            "expiryDateTime": Moment(seconds),
            "idToken": id_token(token) if isinstance(token, str) else token,
            "evseId": evse,
            "groupIdToken": group,
            "connectorType": connector_type,
        },
        checks=(equals("status", answer).of(requirement),),
    )


def told(number: str, status: str, requirement: str = "") -> TellsStatus:
    """All connectors of the configured EVSE are told to be so."""
    return TellsStatus(number=number, status=status, every="evse", note=requirement)


def told_if_alone(number: str) -> OnlyIf:
    """A reservation of no EVSE in particular shows where the station has one EVSE only (H01.FR.20, H01.FR.24)."""
    return OnlyIf(
        number=number,
        condition=ONE_EVSE,
        steps=(TellsStatus(number=number, status="Reserved", every="evse"),),
    )


# --- every EVSE ---------------------------------------------------------------------------------------------------------------------


def _token_of_its_own(known: Known) -> dict[str, Any]:
    evse = int(resolve(Kept("reserved_evse"), known))
    token = str(known.setting("valid_token"))[:16]
    return {"idToken": f"{token}-{evse}", "type": known.setting("valid_token_type")}


ANOTHER_RESERVATION = Keeps(
    values={"reservation_id": Computed("another reservation id", lambda known: known.fresh("reservation_id"))}
)
"""What is reserved next is another reservation, and does not take the place of the one before (H01.FR.02)."""


def reserved_everywhere(answer: str, *, which: bool, number: str = "") -> Steps:
    """As many reservations as there are EVSEs, for a token each; `which`: each names its EVSE, and shows."""
    own = Computed("an idToken of its own", _token_of_its_own)
    evse = Kept("reserved_evse")
    shows = (TellsStatus(status="Reserved", evse=evse, every="evse"),)
    return (
        ForEach(
            name="reserved_evse",
            values=EVERY_EVSE,
            steps=(
                ANOTHER_RESERVATION,
                reserves(number, answer, evse=evse if which else OMITTED, token=own),
                *(shows if which else ()),
            ),
        ),
        ANOTHER_RESERVATION,
    )


# --- who comes ----------------------------------------------------------------------------------------------------------------------


def comes(token: str = "valid_token", *, grouped: bool = False, between: Steps = ()) -> Steps:
    """The driver is authorized with this configured token (of the configured group), and charges."""
    return (
        *((Happened(facts={"grouped": True}),) if grouped else ()),
        *authorized(token=token, extra={"groupIdToken": GROUP} if grouped else None),
        *between,
        *energy_transfer_started(token=token),
    )


def _has_reservation(everything: Any, known: Known) -> Judgement:
    told_ids = {
        one["payload"].get("reservationId")
        for one in everything["messages"]
        if one["part"] == "main" and one["action"] == "TransactionEvent"
    } - {None}
    return Judgement(known.kept["reservation_id"] in told_ids, ", ".join(map(str, told_ids)) or "none")


RESERVATION_NAMED: Steps = (
    Judges(
        checks=(
            Check(
                "a TransactionEventRequest has the reservationId", _has_reservation, requirement="H01.FR.15"
            ).softly(),
        )
    ),
)
"""The transaction names the reservation it uses up. The cases list the requirement, but have no validation of it."""
