"""CSMS under test, 2.0.1: reports of the device model and network profiles (B), versions of the protocol (B), running costs (I)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.support.csms_stage import STATION, Stage, at, backend, stage
from tests.support.csms_stage201 import Charge, metered
from tests.support.raw_station import PATIENCE

AVAILABILITY = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}


def _variable(component: str, variable: str, instance: str | None = None) -> dict[str, Any]:
    more = {} if instance is None else {"instance": instance}
    return {"component": {"name": component}, "variable": {"name": variable} | more}


ITEMS_REPORT, ITEMS_VARIABLES, BYTES_REPORT, BYTES_VARIABLES = (
    _variable("DeviceDataCtrlr", variable, instance)
    for variable in ("ItemsPerMessage", "BytesPerMessage")
    for instance in ("GetReport", "GetVariables")
)


async def _get(on: Stage, batches: list[list[dict[str, Any]]], values: dict[int, str]) -> None:
    """The operator asks for all variables at once; the station hears them in these batches. `values` by their place."""
    wanted = [place for batch in batches for place in batch]
    answers, number = [], 0
    for batch in batches:
        results = []
        for place in batch:
            results.append(place | {"attributeStatus": "Accepted", "attributeValue": values.get(number, "true")})
            number += 1
        answers.append({"getVariableResult": results})
    heard, told = await on.exchanged("get-variables", *answers, getVariableData=wanted)
    assert heard == [("GetVariables", {"getVariableData": batch}) for batch in batches]
    assert [each["attributeStatus"] for each in told["getVariableResult"]] == ["Accepted"] * len(wanted)


@pytest.mark.req("B06.FR.05", versions=("2.0.1",))
async def test_tc_b_08_csms() -> None:
    """The station has told that it takes four in a message: five go in two."""
    remote = _variable("AuthCtrlr", "AuthorizeRemoteStart")
    async with stage() as on:
        await _get(on, [[ITEMS_VARIABLES]], {0: "4"})
        await _get(on, [[ITEMS_REPORT, ITEMS_VARIABLES, BYTES_REPORT, BYTES_VARIABLES], [remote]], {1: "4"})


# --- B07, B08: reports --------------------------------------------------------------------------------------------------------------


def _part(place: dict[str, Any], value: str, seq_no: int = 0, *, tbc: bool = False) -> dict[str, Any]:
    data = place | {"variableAttribute": [{"value": value}]}
    return {"seqNo": seq_no, "generatedAt": at(), "reportData": [data]} | ({"tbc": True} if tbc else {})


async def _known(on: Stage) -> list[tuple[str, str]]:
    """Component and variable of all that is on record."""
    items = (await on.read("device-model"))["items"]
    return sorted((each["component"]["name"], each["variable"]["name"]) for each in items)


@pytest.mark.parametrize(
    "base",
    [
        pytest.param("ConfigurationInventory", id="tc_b_12_csms"),
        pytest.param("FullInventory", id="tc_b_13_csms"),
        pytest.param("SummaryInventory", id="tc_b_14_csms"),
    ],
)
async def test_tc_b_12_13_14_csms(base: str) -> None:
    """Each of the base reports, in two parts: the operator reads them as one, and finds the variables on record."""
    threshold = _variable("OCPPCommCtrlr", "OfflineThreshold")
    parts = (_part(AVAILABILITY, "Available", tbc=True), _part(threshold, "60", 1))
    async with stage() as on:
        ordered = await on.reported("get-base-report", "NotifyReport", *parts, reportBase=base)
        assert (ordered.action, ordered.sent["reportBase"]) == ("GetBaseReport", base)
        assert ordered.sent["requestId"] >= 0
        told = [(each["component"]["name"], each["variable"]["name"]) for each in ordered.told["reportData"]]
        assert told == [("EVSE", "AvailabilityState"), ("OCPPCommCtrlr", "OfflineThreshold")]
        assert await _known(on) == told


async def test_tc_b_18_csms() -> None:
    """A part of the device model, by criterion and variable: first there is nothing, then something."""
    async with stage() as on:
        body = {"componentCriteria": ["Problem"], "componentVariable": [AVAILABILITY]}
        ordered = await on.order("get-report", {"status": "EmptyResultSet"}, **body)
        assert (ordered.action, ordered.sent) == ("GetReport", {"requestId": ordered.sent["requestId"]} | body)
        assert (ordered.told["status"], ordered.told["reportData"]) == ("EmptyResultSet", [])
        body |= {"componentCriteria": ["Available"]}
        ordered = await on.reported("get-report", "NotifyReport", _part(AVAILABILITY, "Available"), **body)
        assert ordered.sent == {"requestId": ordered.sent["requestId"]} | body
        (reported,) = ordered.told["reportData"]
        assert reported["component"] == AVAILABILITY["component"]


# --- B09: network profiles ------------------------------------------------------------------------------------------------------------

CONNECTION = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "ocppCsmsUrl": "wss://csms.example.org/ocpp",
    "messageTimeout": 30,
    "securityProfile": 2,
    "ocppInterface": "Wired0",
}


@pytest.mark.parametrize(
    ("answer", "url"),
    [
        pytest.param("Accepted", CONNECTION["ocppCsmsUrl"], id="tc_b_42_csms"),
        pytest.param("Failed", None, id="tc_b_44_csms"),
    ],
)
async def test_tc_b_42_44_csms(answer: str, url: str | None) -> None:
    """A network profile in a slot: it is on record if the station took it, and that it failed if not."""
    profile = {"configurationSlot": 1, "connectionData": CONNECTION}
    async with stage() as on:
        ordered = await on.order("set-network-profile", {"status": answer}, **profile)
        assert (ordered.action, ordered.sent) == ("SetNetworkProfile", profile)
        assert ordered.told == {"status": answer}
        (kept,) = (await on.read("network-profiles"))["items"]
        assert (kept["configurationSlot"], kept["status"], kept["ocppCsmsUrl"]) == (1, answer, url)


@pytest.mark.req("J2:3.2")
async def test_tc_b_58_csms() -> None:
    """A version nobody speaks: the CSMS chooses none, and closes at once. Offered with one that is spoken, it chooses that."""
    async with backend() as (csms, _):
        url = f"{csms.urls.ocpp}/{STATION}"
        async with connect(url, subprotocols=[Subprotocol("ocpp0.1")], proxy=None) as line:
            assert line.subprotocol is None
            await asyncio.wait_for(line.wait_closed(), PATIENCE)
            assert line.close_code == 1002
        offered = [Subprotocol("ocpp0.1"), Subprotocol("ocpp2.0.1")]
        async with connect(url, subprotocols=offered, proxy=None) as line:
            assert line.subprotocol == "ocpp2.0.1"


# --- I: costs -------------------------------------------------------------------------------------------------------------------------


async def test_tc_i_01_csms() -> None:
    """Periodic meter values, and after each the running cost the operator gives: the station hears it for that transaction."""
    async with stage() as on:
        charge = Charge(on)
        await charge.authorized()
        await charge.connected()
        await charge.charging()
        for seconds, cost in ((60, 0.49), (120, 4.25)):
            values = metered(seconds, 1000.0 * seconds, "Sample.Periodic")
            assert await charge.event("Updated", "MeterValuePeriodic", "Charging", meterValue=values) == {}
            asked = {"transactionId": charge.name, "totalCost": cost}
            ordered = await on.order("cost-updated", {}, **asked)
            assert (ordered.action, ordered.sent) == ("CostUpdated", asked)
            assert ordered.told == {"status": "Accepted"}
