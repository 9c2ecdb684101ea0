"""OCPP 1.6. Reservation."""

from __future__ import annotations

from pilotwire.ocpp.types import Integer, LooseTimestamp, Maybe, Message, String20
from pilotwire.ocpp.v16.enums import CancelReservationStatus, ReservationStatus


class ReserveNowRequest(Message):
    """Central system → charge point: reserves a connector, or with 0 any, for an idTag (1.6:5.13)."""

    connector_id: Integer
    expiry_date: LooseTimestamp
    id_tag: String20
    reservation_id: Integer
    parent_id_tag: Maybe[String20] = None


class ReserveNowResponse(Message):
    """Charge point → central system: the answer to `ReserveNowRequest`."""

    status: ReservationStatus


class CancelReservationRequest(Message):
    """Central system → charge point: withdraws a reservation (1.6:5.1)."""

    reservation_id: Integer


class CancelReservationResponse(Message):
    """Charge point → central system: the answer to `CancelReservationRequest`."""

    status: CancelReservationStatus
