"""OCPP 2.0.1. Reservation."""

from __future__ import annotations

from pilotwire.ocpp.types import CustomData, Integer, Maybe, Message, Timestamp
from pilotwire.ocpp.v201.datatypes import IdToken, StatusInfo
from pilotwire.ocpp.v201.enums import CancelReservationStatus, Connector, ReservationUpdateStatus, ReserveNowStatus


class ReserveNowRequest(Message):
    """CSMS → station: reserves an EVSE, or any, for an id token (H01)."""

    id: Integer
    expiry_date_time: Timestamp
    id_token: IdToken
    connector_type: Maybe[Connector] = None
    evse_id: Maybe[Integer] = None
    group_id_token: Maybe[IdToken] = None
    custom_data: Maybe[CustomData] = None


class ReserveNowResponse(Message):
    """Station → CSMS: the answer to `ReserveNowRequest`."""

    status: ReserveNowStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class CancelReservationRequest(Message):
    """CSMS → station: withdraws a reservation (H02)."""

    reservation_id: Integer
    custom_data: Maybe[CustomData] = None


class CancelReservationResponse(Message):
    """Station → CSMS: the answer to `CancelReservationRequest`."""

    status: CancelReservationStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class ReservationStatusUpdateRequest(Message):
    """Station → CSMS: tells that a reservation expired, was removed or could not be kept (H01, H04)."""

    reservation_id: Integer
    reservation_update_status: ReservationUpdateStatus
    custom_data: Maybe[CustomData] = None


class ReservationStatusUpdateResponse(Message):
    """CSMS → station: the answer to `ReservationStatusUpdateRequest`."""

    custom_data: Maybe[CustomData] = None
