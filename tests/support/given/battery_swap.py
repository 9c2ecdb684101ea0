"""Commands of functional block S (2.1)."""

import httpx

from tests.support.raw_station import RawStation
from tests.support.spoken import ACCEPTED, V21, Given

_CARD = {"idToken": "SWAPCARD01", "type": "ISO14443"}


async def _with_card(api: httpx.AsyncClient, station: str, line: RawStation) -> None:
    answer = await api.put("/tokens/SWAPCARD01", json={"status": "Accepted"})
    assert answer.status_code == 200, answer.text


GIVEN = (
    Given(
        version=V21,
        action="RequestBatterySwap",
        request=("POST", "/stations/{station}/commands/request-battery-swap", {"idToken": _CARD, "requestId": 7}),
        call={"idToken": _CARD, "requestId": 7},
        answer=ACCEPTED,
        shows={"status": "Accepted", "requestId": 7},
        refusal={"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}},
        refused={"status": "Rejected", "requestId": 7, "reasonCode": "NoBatteryAvailable"},
        prepare=_with_card,
    ),
)
