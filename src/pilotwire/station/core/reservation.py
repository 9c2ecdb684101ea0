"""Reservations (functional block H; 1.6:5.13, 1.6:5.1): what is kept for whom, who is turned away by it, and how it ends.

A reservation of a named EVSE keeps that one. One that names none keeps no EVSE in particular, but as soon as no more are free than are
wanted, those that are free are kept for the tokens that reserved (H01.FR.07, H01.FR.20).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotwire.domain.availability import Availability
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    CancelReservationStatus,
    Reservation,
    ReservationEnded,
    ReservationUpdateStatus,
    ReserveNow,
    ReserveNowOutcome,
    ReserveNowStatus,
    is_needed,
    is_over,
    kept,
    may_use,
    suits,
)
from pilotwire.station.core import availability
from pilotwire.station.core.evse import Evse, Grant
from pilotwire.station.core.station import Station

_NOT_TAKEN = frozenset({Availability.AVAILABLE, Availability.RESERVED})
_LONGEST_WAIT = timedelta(days=1)


# --- what the CSMS wants --------------------------------------------------------------------------------------------


def reserve(station: Station, command: ReserveNow) -> ReserveNowOutcome:
    """Reserve, if there is something to reserve; one that cannot be had leaves the one it was to replace as it is (H01)."""
    wanted = command.reservation
    status = _judge(station, wanted)
    if status is ReserveNowStatus.ACCEPTED:
        _note_since(station, wanted)
        _set_pending(station, (*_without(station.reservations.pending, wanted.reservation_id), wanted))
    return ReserveNowOutcome(status=status)


def _note_since(station: Station, wanted: Reservation) -> None:
    """Since when a place is kept for a token; a reservation that is made anew for the same one does not begin anew."""
    before = station.reservations
    since = {one.reservation_id: at for one in before.pending if (at := before.since.get(one.reservation_id))}
    same = any(
        one.reservation_id == wanted.reservation_id and same_token(one.id_token, wanted.id_token)
        for one in before.pending
    )
    since[wanted.reservation_id] = since.get(wanted.reservation_id, station.stamp()) if same else station.stamp()
    station.reservations = changed(before, since=since)


def cancel(station: Station, command: CancelReservation) -> CancelReservationOutcome:
    """Withdraw a reservation (H02.FR.01, H02.FR.02)."""
    pending = station.reservations.pending
    left = _without(pending, command.reservation_id)
    _set_pending(station, left)
    found = len(left) < len(pending)
    status = CancelReservationStatus.ACCEPTED if found else CancelReservationStatus.REJECTED
    return CancelReservationOutcome(status=status)


def _judge(station: Station, wanted: Reservation) -> ReserveNowStatus:
    targets = [evse for evse in station.evses.values() if suits(wanted, evse.evse_id, _all_types(evse))]
    if not _accepts(station, wanted) or not targets:
        return ReserveNowStatus.REJECTED
    conditions = {_condition(station, evse, wanted.connector_type) for evse in targets}
    if conditions == {Availability.FAULTED}:
        return ReserveNowStatus.FAULTED  # H01.FR.12
    if not conditions & {Availability.AVAILABLE, Availability.OCCUPIED}:
        return ReserveNowStatus.UNAVAILABLE  # H01.FR.14
    return ReserveNowStatus.ACCEPTED if _has_room(station, wanted) else ReserveNowStatus.OCCUPIED  # H01.FR.11


def _accepts(station: Station, wanted: Reservation) -> bool:
    """H01.FR.01, H01.FR.18, H01.FR.19; a time that has passed already cannot be kept free."""
    variables = station.variables
    supported = variables.on("ReservationCtrlr.Enabled") and variables.on("ReservationCtrlr.Available")
    placed = wanted.evse is not None or variables.on("ReservationCtrlr.NonEvseSpecific")
    registered = station.registration is RegistrationStatus.ACCEPTED
    return supported and placed and registered and not is_over(wanted, _csms_now(station))


def _has_room(station: Station, wanted: Reservation) -> bool:
    """Whether a place is free that no other reservation needs."""
    others = _without(station.reservations.pending, wanted.reservation_id)
    places, loose = _places(station, others), _loose(others)
    if wanted.evse is None:
        return kept((*loose, wanted), places) > kept(loose, places)
    return wanted.evse in places and not is_needed(wanted.evse, loose, places)


# --- who may charge -------------------------------------------------------------------------------------------------


def refuses(station: Station, evse: Evse, id_token: IdToken, group: IdToken | None) -> bool:
    """Whether this EVSE is kept for somebody else (H03.FR.01 to H03.FR.06; 1.6:5.13)."""
    own = usable_by(station, evse, id_token, group)
    others = tuple(one for one in _active(station) if one is not own)
    if any(one.evse == evse.evse_id for one in others):
        return True
    places = {**_places(station, others), evse.evse_id: _types_here(evse)}
    return is_needed(evse.evse_id, _loose(others), places)


def usable_by(station: Station, evse: Evse, id_token: IdToken, group: IdToken | None) -> Reservation | None:
    """The reservation that a token uses by charging here: rather one of this EVSE than of any, and its own than its group's."""
    types = _types_here(evse)
    found = [one for one in _active(station) if suits(one, evse.evse_id, types) and may_use(one, id_token, group)]
    return min(found, key=lambda one: (one.evse is None, not same_token(one.id_token, id_token)), default=None)


def evse_for(station: Station, id_token: IdToken, group: IdToken | None) -> Evse | None:
    """The EVSE that is reserved by name for a token, if it can be used."""
    for one in _active(station):
        evse = station.evses.get(one.evse) if one.evse is not None else None
        if evse is not None and may_use(one, id_token, group) and _can_begin(station, evse):
            return evse
    return None


def _can_begin(station: Station, evse: Evse) -> bool:
    return evse.grant is None and availability.usable(station, evse)


def use(station: Station, evse: Evse, given: Grant) -> None:
    """A token was presented that a reservation is for: it is used by that (H03.FR.09), and the next event tells (H01.FR.15)."""
    given.reservation = usable_by(station, evse, given.id_token, given.group)
    if given.reservation is not None:
        given.reserved_since = station.reservations.since.get(given.reservation.reservation_id)
        _set_pending(station, _without(station.reservations.pending, given.reservation.reservation_id))


def given_up(station: Station, given: Grant) -> None:
    """Nobody plugged in: a used reservation ended without a transaction (H03.FR.11), or in 1.6 still stands (1.6:5.13)."""
    used = given.reservation
    if used is None or given.told:
        return
    if not station.settings.reservation_waits_for_transaction:
        _tell_end(station, used, ReservationUpdateStatus.NO_TRANSACTION)
    elif used.reservation_id not in {one.reservation_id for one in station.reservations.pending}:
        _set_pending(station, (*station.reservations.pending, used))


# --- how it ends ----------------------------------------------------------------------------------------------------


def go_on(station: Station) -> None:
    """End what cannot be kept or has expired, and mark the EVSEs that are kept now."""
    for one in station.reservations.pending:
        reason = _reason_to_end(station, one)
        if reason is not None:
            _set_pending(station, _without(station.reservations.pending, one.reservation_id))
            _tell_end(station, one, reason)
    active = _active(station)
    places, loose = _places(station, active), _loose(active)
    named = {one.evse for one in active}
    for evse in station.evses.values():
        number = evse.evse_id
        evse.reserved = number in named or (bool(loose) and number in places and is_needed(number, loose, places))


def _reason_to_end(station: Station, one: Reservation) -> ReservationUpdateStatus | None:
    """Its time (H04.FR.01), no place that works (H01.FR.16, H01.FR.17), or use by another while reservations were switched off."""
    if is_over(one, _csms_now(station)):
        return ReservationUpdateStatus.EXPIRED
    targets = [evse for evse in station.evses.values() if suits(one, evse.evse_id, _all_types(evse))]
    conditions = {_condition(station, evse, one.connector_type) for evse in targets}
    if not conditions & {Availability.AVAILABLE, Availability.OCCUPIED}:
        return ReservationUpdateStatus.REMOVED
    overtaken = one.evse is not None and one in _active(station) and station.evses[one.evse].grant is not None
    return ReservationUpdateStatus.EXPIRED if overtaken else None


def _tell_end(station: Station, one: Reservation, status: ReservationUpdateStatus) -> None:
    fact = ReservationEnded(reservation_id=one.reservation_id, status=status)
    station.reservations = changed(station.reservations, ended=(*station.reservations.ended, fact))


def report_ends(station: Station) -> None:
    """Tell the CSMS of what ended, one after the other, each until it has answered."""
    if not station.online or station.telling_reservation or not station.reservations.ended:
        return
    station.telling_reservation = True

    def answered(_: Verdict) -> None:
        station.reservations = changed(station.reservations, ended=station.reservations.ended[1:])
        station.telling_reservation = False

    def failed(refused: bool) -> None:
        if refused:  # it would be again; or the version spoken does not tell
            station.reservations = changed(station.reservations, ended=station.reservations.ended[1:])
        station.telling_reservation = False

    station.say(station.reservations.ended[0], answered=answered, failed=failed)


def deadline(station: Station) -> datetime | None:
    """When the next reservation expires, or a day from now if that is sooner."""
    now = _csms_now(station)
    left = min((one.expires_at - now for one in station.reservations.pending), default=None)
    return None if left is None else station.now + min(left, _LONGEST_WAIT)


def _csms_now(station: Station) -> datetime:
    return station.now + station.offset


# --- what is so -----------------------------------------------------------------------------------------------------


def _active(station: Station) -> tuple[Reservation, ...]:
    """Those that count: switched off, they are kept but not used (2.x Part 2, controllers)."""
    return station.reservations.pending if station.variables.on("ReservationCtrlr.Enabled") else ()


def _set_pending(station: Station, pending: tuple[Reservation, ...]) -> None:
    station.reservations = changed(station.reservations, pending=pending)


def _without(reservations: tuple[Reservation, ...], reservation_id: int) -> tuple[Reservation, ...]:
    return tuple(one for one in reservations if one.reservation_id != reservation_id)


def _loose(reservations: tuple[Reservation, ...]) -> tuple[Reservation, ...]:
    return tuple(one for one in reservations if one.evse is None)


def _places(station: Station, reservations: tuple[Reservation, ...]) -> dict[int, frozenset[str]]:
    """The EVSEs that are free and not reserved by name."""
    named = {one.evse for one in reservations}
    free = [evse for evse in station.evses.values() if evse.evse_id not in named]
    found = {evse.evse_id: _free_types(station, evse) for evse in free if not _in_use(evse)}
    return {number: types for number, types in found.items() if types}


def _in_use(evse: Evse) -> bool:
    return evse.busy or evse.connector is not None or evse.cable_in is not None


def _condition(station: Station, evse: Evse, connector_type: str | None) -> Availability:
    """The state of an EVSE as far as its connectors of this type (None: all) go, reservations left aside."""
    states = {
        availability.connector_state(station, evse, number).availability
        for number, connector in evse.connectors.items()
        if connector_type in (None, connector.connector_type)
    }
    if states == {Availability.FAULTED}:
        return Availability.FAULTED
    if _in_use(evse):
        return Availability.OCCUPIED
    return Availability.AVAILABLE if states & _NOT_TAKEN else Availability.UNAVAILABLE


def _free_types(station: Station, evse: Evse) -> frozenset[str]:
    return frozenset(
        connector.connector_type
        for number, connector in evse.connectors.items()
        if availability.connector_state(station, evse, number).availability in _NOT_TAKEN
    )


def _all_types(evse: Evse) -> frozenset[str]:
    return frozenset(connector.connector_type for connector in evse.connectors.values())


def _types_here(evse: Evse) -> frozenset[str]:
    """What a driver charges with: the connector that is plugged in, or any."""
    connector = evse.connectors.get(evse.connector) if evse.connector is not None else None
    return _all_types(evse) if connector is None else frozenset({connector.connector_type})
