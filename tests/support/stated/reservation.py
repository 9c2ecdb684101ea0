"""What stations state in functional block H."""

import asyncio

import httpx

from pilotwire.ocpp.version import OcppVersion
from tests.support.raw_station import RawStation
from tests.support.spoken import V2, V21, Stated

_WANTED = {"idToken": {"idToken": "04A1B2C3D4"}, "expiryDateTime": "2130-01-31T18:00:00Z", "reservationId": 42}
_CARD = {"idToken": "04A1B2C3D4", "type": "ISO14443"}


async def _reserved(api: httpx.AsyncClient, station: str, line: RawStation) -> None:
    asking = asyncio.create_task(
        api.post(f"/stations/{station}/commands/reserve-now", json=_WANTED | {"idToken": _CARD})
    )
    await line.answer({"status": "Accepted"})
    assert (await asking).json()["status"] == "Accepted"


def _case(version: OcppVersion, status: str) -> Stated:
    return Stated(
        version=version,
        action="ReservationStatusUpdate",
        payload={"reservationId": 42, "reservationUpdateStatus": status},
        answer={},
        read="/stations/{station}/reservations",
        shows={"items": [{"reservationId": 42, "state": status, "transactionId": None}]},
        prepare=_reserved,
        name=status,
    )


STATED = (
    *(_case(version, status) for version in V2 for status in ("Expired", "Removed")),
    _case(V21, "NoTransaction"),
)
