"""Our CSMS and a swap station of ours over real sockets: what is asked for by REST and done at the control port is listed by REST."""

from __future__ import annotations

from typing import Any

import httpx

from pilotwire.csms.api.app import create_api
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken
from pilotwire.simulator.building import make_vehicle
from pilotwire.station.control import control_api
from tests.support.raw_station import settings as csms_settings
from tests.support.station_lab import CARD, lab


async def _slots(csms: Csms) -> dict[int, str | None]:
    """The serial number in each slot, as the CSMS knows it."""
    async with httpx.AsyncClient(base_url=csms.urls.http or "") as rest:
        items = (await rest.get("/api/v1/stations/CS001/battery-slots")).json()["items"]
    return {each["evseId"]: each["battery"] and each["battery"]["serialNumber"] for each in items}


_CHARGED = [(1, False), (1, True), (2, False)]
"""The slot of each battery that was put in, and whether it is charged there still."""


async def test_a_swap_is_asked_for_done_and_listed() -> None:
    """The first is asked for by the CSMS; the second begins with a card that the CSMS is asked about."""
    async with (
        Csms(csms_settings(no_auth=True), http=create_api) as csms,
        lab(csms.urls.ocpp, "2.1", layout="ac-22-dual", settings={"swap_slots": 2}) as one,
        httpx.AsyncClient(base_url=csms.urls.http or "") as rest,
    ):
        await csms.journal.append(PutToken(token=Token(id_token=IdToken(value=CARD, type="ISO14443"))))
        await one.until_accepted()
        tool = httpx.ASGITransport(app=control_api(one.station, make_vehicle))
        async with httpx.AsyncClient(transport=tool, base_url="http://station") as port:

            async def does(path: str, **body: Any) -> None:
                answer = await port.post(f"/battery/{path}", json=body)
                assert answer.status_code == 200, answer.text

            await does("in", evse=1, serialNumber="FULL", soC=95)
            wanted = {"idToken": {"idToken": CARD, "type": "ISO14443"}}
            asked = await rest.post("/api/v1/stations/CS001/commands/request-battery-swap", json=wanted)
            assert asked.json()["status"] == "Accepted", asked.text
            await does("in", evse=2, serialNumber="OLD", soC=12, soH=88)
            await does("out", evse=1)
            await one.until(lambda: one.overview.waiting == 0, "everything delivered")
            assert await _slots(csms) == {1: None, 2: "OLD"}
            await does("charge", evse=2, soC=91)
            await does("swap", idToken=CARD)
            await one.until(lambda: "Put" in one.station.simulated.display.get(1, ""), "authorized")
            await does("in", evse=1, serialNumber="OLDER")
            await does("out", evse=2)
            await one.until(lambda: one.overview.waiting == 0, "everything delivered")
        charged = (await rest.get("/api/v1/transactions", params={"station": "CS001"})).json()["items"]
        seen = [(each["evse"]["id"], each["isOpen"], each["triggerReason"]) for each in charged]
        assert sorted(seen) == [(n, is_open, "CablePluggedIn") for n, is_open in _CHARGED]
        assert {each["stoppedReason"] for each in charged} == {None, "EVDisconnected"}
        listed = (await rest.get("/api/v1/stations/CS001/battery-swaps")).json()["items"]
        assert [each["eventType"] for each in listed] == ["BatteryOut", "BatteryIn"] * 2
        assert [each["batteryData"][0]["serialNumber"] for each in listed] == ["OLD", "OLDER", "FULL", "OLD"]
        assert {each["requestId"] for each in listed[2:]} == {asked.json()["requestId"]}
        assert listed[0]["requestId"] == listed[1]["requestId"] != asked.json()["requestId"]
        assert await _slots(csms) == {1: "OLDER", 2: None}
