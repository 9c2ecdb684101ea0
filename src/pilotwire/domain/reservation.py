"""Reservations (functional block H; 1.6:5.13, 1.6:5.1): an EVSE, any, or one of a type is kept for a token for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.kinds import Command, Fact, Outcome, Value

# --- what is said ---------------------------------------------------------------------------------------------------


class Reservation(Value):
    """What is reserved, for whom and until when.

    `evse` None leaves the EVSE open; `connector_type` (2.x ConnectorEnumType) then limits which ones will do. `group` is a group whose
    other tokens may use it too (1.6: parentIdTag).
    """

    reservation_id: int
    expires_at: datetime
    id_token: IdToken
    group: IdToken | None = None
    evse: int | None = None
    connector_type: str | None = None


class ReserveNow(Command):
    """Reserve, or put a new reservation in the place of the one with this id (H01.FR.02)."""

    reservation: Reservation


class ReserveNowStatus(StrEnum):
    """As in 2.x ReserveNowStatusEnumType."""

    ACCEPTED = "Accepted"
    FAULTED = "Faulted"
    OCCUPIED = "Occupied"
    REJECTED = "Rejected"
    UNAVAILABLE = "Unavailable"


class ReserveNowOutcome(Outcome):
    """The answer to a reservation."""

    status: ReserveNowStatus


class CancelReservation(Command):
    """Withdraw a reservation (H02)."""

    reservation_id: int


class CancelReservationStatus(StrEnum):
    """As in 2.x CancelReservationStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class CancelReservationOutcome(Outcome):
    """The answer to a withdrawal; Rejected if there is no such reservation (H02.FR.01)."""

    status: CancelReservationStatus


class ReservationUpdateStatus(StrEnum):
    """Why a reservation ended, as in 2.1 ReservationUpdateStatusEnumType; NoTransaction is not in 2.0.1."""

    EXPIRED = "Expired"
    REMOVED = "Removed"
    NO_TRANSACTION = "NoTransaction"


class ReservationEnded(Fact):
    """A reservation ended without a transaction (H01.FR.16, H01.FR.17, H03.FR.11, H04.FR.01). 1.6 does not tell."""

    reservation_id: int
    status: ReservationUpdateStatus


class ReservationAbilities(Value):
    """What is known of a station: None or nothing where it is not. A place without types may have any."""

    enabled: bool | None = None
    any_evse: bool | None = None
    places: dict[int, frozenset[str]] = {}


# --- what follows ---------------------------------------------------------------------------------------------------


def may_use(reservation: Reservation, presented: IdToken, group: IdToken | None) -> bool:
    """Whether a presented token, or its group, is the one the reservation is for (H03.FR.01, H03.FR.04; 1.6:5.13)."""
    return same_token(reservation.id_token, presented) or same_token(reservation.group, group)


def is_over(reservation: Reservation, now: datetime) -> bool:
    """Whether its time has passed (H04.FR.01)."""
    return reservation.expires_at <= now


Places = Mapping[int, frozenset[str]]
"""EVSEs that may be taken, and the connector types each has."""


def suits(reservation: Reservation, evse: int, connector_types: frozenset[str]) -> bool:
    """Whether an EVSE with these connectors is one that was asked for."""
    if reservation.evse not in (None, evse):
        return False
    return reservation.connector_type is None or reservation.connector_type in connector_types


def kept(reservations: Iterable[Reservation], places: Places) -> int:
    """How many of the reservations can be kept at the same time in these places, each in one of its own."""
    taken: dict[int, Reservation] = {}
    return sum(_seat(reservation, places, taken, set()) for reservation in reservations)


def _seat(reservation: Reservation, places: Places, taken: dict[int, Reservation], tried: set[int]) -> bool:
    """Find a place, by moving another reservation if need be (an augmenting path)."""
    for evse, types in places.items():
        if evse in tried or not suits(reservation, evse, types):
            continue
        tried.add(evse)
        other = taken.get(evse)
        if other is None or _seat(other, places, taken, tried):
            taken[evse] = reservation
            return True
    return False


def is_needed(evse: int, reservations: Iterable[Reservation], places: Places) -> bool:
    """Whether fewer reservations could be kept if this one of the places were taken by somebody else (H01.FR.07, H01.FR.09)."""
    wanted = tuple(reservations)
    others = {number: types for number, types in places.items() if number != evse}
    return kept(wanted, others) < kept(wanted, places)


def flaws_of(wanted: Reservation, now: datetime, abilities: ReservationAbilities) -> tuple[str, ...]:
    """Why a station would not take a reservation, in sentences, as far as is known of the station; () if nothing is."""
    return tuple(_flaws(wanted, now, abilities))


def _flaws(wanted: Reservation, now: datetime, abilities: ReservationAbilities) -> Iterator[str]:
    evse, kind, places = wanted.evse, wanted.connector_type, abilities.places
    if is_over(wanted, now):
        yield f"It would expire at {wanted.expires_at.isoformat()}, which is past (H04.FR.01)."
    if abilities.enabled is False:
        yield "The station does not take reservations (H01.FR.01)."
    if evse is None and abilities.any_evse is False:
        yield "The station takes no reservation without an EVSE (H01.FR.19)."
    if not places:
        return
    if evse is not None and evse not in places:
        yield f"The station has no EVSE {evse}: it has {', '.join(map(str, sorted(places)))}."
    elif kind is not None and not any(
        suits(wanted, number, types or frozenset({kind})) for number, types in places.items()
    ):
        where = "No EVSE" if evse is None else f"EVSE {evse}"
        has = "has a connector" if evse is None else "has no connector"
        yield f"{where} {has} of the type {kind} (H01.FR.06)."
