"""Stations of OCPP-S, 1.5 and 1.6, at the CSMS over real sockets: their calls in, calls to their own endpoint out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.csms.store.ports import RegisterStation
from pilotwire.domain.provisioning import RegistrationStatus, UnknownStations
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.raw_station import settings as usual
from tests.support.raw_station import station
from tests.support.soap_station import SOAP, SoapStation, fault, soap_station

ACCEPTED = RegistrationStatus.ACCEPTED
AT = "2026-01-02T03:04:0{}Z"
VERSIONS = pytest.mark.parametrize("version", ["1.5", "1.6"])


def settings(**more: Any) -> Any:
    """With an endpoint for SOAP."""
    return usual(**({"no_auth": True, "soap_port": 0} | more))


def url_of(csms: Csms) -> str:
    """Where stations post."""
    url = csms.gateway.soap_url
    assert url is not None
    return url


async def charge(cp: SoapStation) -> int:
    """A whole transaction; gives its number."""
    assert (await cp.say("Authorize", "<c:idTag>CARD</c:idTag>")).texts["status"] == "Accepted"
    start = await cp.say(
        "StartTransaction",
        f"<c:connectorId>1</c:connectorId><c:idTag>CARD</c:idTag><c:timestamp>{AT.format(0)}</c:timestamp>"
        "<c:meterStart>1000</c:meterStart>",
    )
    number = int(start.texts["transactionId"])
    value = (
        '<c:values><c:timestamp>{0}</c:timestamp><c:value unit="Wh">{1}</c:value></c:values>'
        if cp.version == "1.5"
        else "<c:meterValue><c:timestamp>{0}</c:timestamp><c:sampledValue><c:value>{1}</c:value></c:sampledValue></c:meterValue>"
    )
    meter = (
        f"<c:connectorId>1</c:connectorId><c:transactionId>{number}</c:transactionId>{value.format(AT.format(5), 1500)}"
    )
    assert (await cp.say("MeterValues", meter)).name == "meterValuesResponse"
    stop = f"<c:transactionId>{number}</c:transactionId><c:timestamp>{AT.format(9)}</c:timestamp><c:meterStop>2500</c:meterStop>"
    assert (await cp.say("StopTransaction", stop)).name == "stopTransactionResponse"
    return number


@VERSIONS
async def test_a_charge_is_booked_as_by_json(version: str) -> None:
    """Boot, status, authorize, start, meter values, stop: read from REST as from any other station."""
    async with Csms(settings()) as csms, client_of(csms) as api, soap_station(url_of(csms), version=version) as cp:
        await api.put("/tokens/CARD", json={"status": "Accepted"})
        booted = await cp.boot()
        interval = "heartbeatInterval" if version == "1.5" else "interval"
        assert (booted.texts["status"], booted.texts[interval]) == ("Accepted", "300")
        assert (booted.header["RelatesTo"], booted.header["Action"]) == ("m-1", "/BootNotificationResponse")
        status = "Occupied" if version == "1.5" else "Charging"
        said = f"<c:connectorId>1</c:connectorId><c:status>{status}</c:status><c:errorCode>NoError</c:errorCode>"
        assert (await cp.say("StatusNotification", said)).status == 200
        number = await charge(cp)
        transaction = (await api.get(f"/stations/CP-1/transactions/{number}")).json()
        assert (transaction["energyWh"], transaction["idToken"]["idToken"]) == (1500.0, "CARD")
        assert transaction["endedAt"] is not None
        shown = (await api.get("/stations/CP-1")).json()
        assert (shown["connected"], shown["connectors"][0]["connectorStatus"]) == (True, "Occupied")
        assert shown["identity"]["model"] == "Soap"
        assert (await api.get("/findings", params={"station": "CP-1"})).json() == []
        frames = (await api.get("/messages", params={"station": "CP-1", "action": "StartTransaction"})).json()["items"]
        assert [each["direction"] for each in frames] == ["out", "in"]
        assert "<c:meterStart>1000</c:meterStart>" in frames[1]["frame"]


async def test_of_an_occupied_connector_15_does_not_tell_what_goes_on() -> None:
    """So nothing is made up."""
    async with Csms(settings()) as csms, soap_station(url_of(csms), version="1.5") as cp:
        await cp.boot()
        said = "<c:connectorId>1</c:connectorId><c:status>Occupied</c:status><c:errorCode>NoError</c:errorCode>"
        await cp.say("StatusNotification", said)
        (connector,) = await csms.store.connectors("CP-1")
        assert (connector.state.availability.value, connector.state.activity) == ("Occupied", None)


@VERSIONS
async def test_commands_reach_the_stations_own_endpoint(version: str) -> None:
    """The typed answer, the station's refusal, its fault."""
    async with Csms(settings()) as csms, client_of(csms) as api, soap_station(url_of(csms), version=version) as cp:
        await cp.boot()
        cp.replies["Reset"] = "<c:status>Accepted</c:status>"
        answer = await api.post("/stations/CP-1/commands/reset", json={"type": "OnIdle"})
        assert (answer.status_code, answer.json()) == (200, {"status": "Accepted"})
        asked = cp.asked[-1]
        assert (asked.name, asked.texts) == ("resetRequest", {"type": "Soft"})
        assert (asked.header["chargeBoxIdentity"], asked.header["To"]) == ("CP-1", cp.address)
        assert asked.header["From"] == cp.central_system
        unlocked = {"1.5": "Rejected", "1.6": "UnlockFailed"}[version]
        cp.replies["UnlockConnector"] = f"<c:status>{unlocked}</c:status>"
        answer = await api.post("/stations/CP-1/commands/unlock", json={"evseId": 1})
        assert (answer.status_code, answer.json()["status"]) == (200, "UnlockFailed")
        cp.replies["Reset"] = fault("NotSupported", "not today")
        answer = await api.post("/stations/CP-1/commands/reset", json={"type": "OnIdle"})
        assert (answer.status_code, answer.json()["code"], answer.json()["description"]) == (
            502,
            "NotSupported",
            "not today",
        )


async def test_any_action_goes_through_as_json() -> None:
    """The payload is that of OCPP-J 1.6; what no WSDL has is refused before a byte is sent."""
    async with Csms(settings()) as csms, client_of(csms) as api, soap_station(url_of(csms)) as cp:
        await cp.boot()
        cp.replies["GetConfiguration"] = (
            "<c:configurationKey><c:key>HeartbeatInterval</c:key><c:readonly>false</c:readonly><c:value>60</c:value>"
            "</c:configurationKey><c:unknownKey>Colour</c:unknownKey>"
        )
        answer = await api.post("/stations/CP-1/calls/GetConfiguration", json={"key": ["HeartbeatInterval", "Colour"]})
        assert answer.json() == {
            "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}],
            "unknownKey": ["Colour"],
        }
        asked = len(cp.asked)
        answer = await api.post(
            "/stations/CP-1/calls/GetLog",
            json={"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "ftp://x"}},
        )
        assert answer.status_code == 422
        assert "by SOAP has no operation GetLog" in answer.json()["detail"]
        answer = await api.post("/stations/CP-1/calls/Reset", json={"type": "Gentle"})
        assert answer.status_code == 422
        assert len(cp.asked) == asked


async def test_a_station_that_does_not_answer_and_one_that_is_not_there() -> None:
    """A timeout leaves open what was done; an address that cannot be reached does not."""
    async with Csms(settings(call_timeout=0.1)) as csms, client_of(csms) as api:
        async with soap_station(url_of(csms)) as cp:
            await cp.boot()
            answer = await api.post("/stations/CP-1/commands/reset", json={"type": "OnIdle"})
            assert (answer.status_code, answer.json()["type"]) == (504, "urn:pilotwire:problem:station-timeout")
            address = cp.address
        answer = await api.post("/stations/CP-1/commands/reset", json={"type": "OnIdle"})
        assert answer.status_code == 409
        assert address in answer.json()["detail"]


async def test_an_answer_that_is_none() -> None:
    """Is not passed off as one, and kept as a finding."""
    async with Csms(settings()) as csms, client_of(csms) as api, soap_station(url_of(csms)) as cp:
        await cp.boot()
        cp.replies["Reset"] = "<c:status>Perhaps</c:status>"
        answer = await api.post("/stations/CP-1/commands/reset", json={"type": "OnIdle"})
        assert (answer.status_code, answer.json()["type"]) == (502, "urn:pilotwire:problem:unusable-answer")
        rules = [each["rule"] for each in (await api.get("/findings", params={"station": "CP-1"})).json()]
        assert rules == ["soap:answer"]


async def test_the_address_outlives_a_restart(tmp_path: Path) -> None:
    """The station need not say anything before it can be commanded again."""
    database = f"sqlite:///{tmp_path}/csms.db"
    async with soap_station("") as cp:
        async with Csms(settings(database=database)) as csms:
            cp.central_system = url_of(csms)
            await cp.boot()
        async with Csms(settings(database=database)) as csms, client_of(csms) as api:
            cp.replies["ClearCache"] = "<c:status>Accepted</c:status>"
            assert (await api.get("/stations/CP-1")).json()["connected"] is False
            answer = await api.post("/stations/CP-1/calls/ClearCache", json={})
            assert answer.json() == {"status": "Accepted"}
            cp.central_system = url_of(csms)
            assert (await cp.say("Heartbeat")).name == "heartbeatResponse"
            assert (await api.get("/stations/CP-1")).json()["connected"] is True


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ("<c:connectorId>x</c:connectorId>", "$.connectorId"),
        ("<c:connectorId>1</c:connectorId><c:status>Asleep</c:status><c:errorCode>NoError</c:errorCode>", "$.status"),
    ],
)
async def test_a_message_that_breaks_its_schema(content: str, path: str) -> None:
    """Is answered with ProtocolError and the place, and kept as a finding."""
    async with Csms(settings()) as csms, client_of(csms) as api, soap_station(url_of(csms)) as cp:
        await cp.boot()
        answer = await cp.say("StatusNotification", content)
        assert (answer.status, answer.name) == (400, "Fault")
        assert answer.texts["Text"].startswith(f"{path}: ")
        (finding,) = (await api.get("/findings", params={"station": "CP-1"})).json()
        assert (finding["path"], finding["action"], finding["severity"]) == (path, "StatusNotification", "fatal")


async def test_who_has_not_booted_may_say_nothing_else() -> None:
    """SecurityError, as by JSON (1.6:4.2)."""
    async with Csms(settings(unknown_stations=UnknownStations.PENDING)) as csms, soap_station(url_of(csms)) as cp:
        first = await cp.say("Heartbeat")
        assert (first.status, first.name) == (400, "Fault")
        values = [each.text for each in first.body.iter() if each.tag == f"{{{SOAP}}}Value"]
        assert values[1].endswith(":SecurityError")
        assert (await cp.boot()).texts["status"] == "Pending"


@pytest.mark.parametrize(("version", "told"), [("1.5", "Rejected"), ("1.6", "Pending")])
async def test_a_station_that_is_to_wait(version: str, told: str) -> None:
    """1.5 knows no Pending."""
    async with (
        Csms(settings(unknown_stations=UnknownStations.PENDING)) as csms,
        soap_station(url_of(csms), version=version) as cp,
    ):
        assert (await cp.boot()).texts["status"] == told


async def test_a_password_on_record_is_demanded() -> None:
    """As HTTP Basic authentication, with the identity as the name."""
    async with Csms(settings(no_auth=False)) as csms, soap_station(url_of(csms)) as cp:
        hashed = hash_password("0123456789abcdef")
        await csms.journal.append(
            RegisterStation(station="CP-1", registration=ACCEPTED, at=csms.clock.now(), password_hash=hashed)
        )
        assert (await cp.boot()).status == 401
        cp.auth = ("CP-1", "wrong-password-1")
        assert (await cp.boot()).status == 401
        cp.auth = ("CP-1", "0123456789abcdef")
        assert (await cp.boot()).texts["status"] == "Accepted"


async def test_packed_messages_are_understood() -> None:
    """gzip (S16:6.1); one that unpacks to too much is refused."""
    async with Csms(settings(max_message_bytes=10_000)) as csms, soap_station(url_of(csms)) as cp:
        await cp.boot()
        assert (await cp.say("Heartbeat", packed=True)).name == "heartbeatResponse"
        bomb = await cp.say("DataTransfer", f"<c:vendorId>V</c:vendorId><c:data>{'x' * 200_000}</c:data>", packed=True)
        assert (bomb.status, bomb.name) == (400, "Fault")
        assert "longer than 10000 bytes" in bomb.texts["Text"]


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"<a>", b"{}", b"<!DOCTYPE a><a/>"])
async def test_what_is_no_envelope_is_answered_with_a_fault(data: bytes) -> None:
    """And the endpoint goes on."""
    async with Csms(settings()) as csms, soap_station(url_of(csms)) as cp:
        answer = await cp.post(data)
        assert (answer.status, answer.name) == (400, "Fault")
        assert (await cp.boot()).texts["status"] == "Accepted"


async def test_a_station_that_is_silent_counts_as_gone() -> None:
    """After two and a half heartbeat intervals; the next thing it says brings it back."""
    async with Csms(settings(heartbeat_interval=1)) as csms, client_of(csms) as api, soap_station(url_of(csms)) as cp:
        await cp.boot()
        assert (await api.get("/stations/CP-1")).json()["connected"] is True

        async def is_gone() -> bool:
            return (await api.get("/stations/CP-1")).json()["connected"] is False

        await eventually(is_gone)
        assert (await cp.say("Heartbeat")).status == 200
        assert (await api.get("/stations/CP-1")).json()["connected"] is True


async def test_a_station_that_has_learnt_json_is_spoken_to_in_json() -> None:
    """Its old endpoint is forgotten."""
    async with Csms(settings()) as csms, client_of(csms) as api, soap_station(url_of(csms)) as cp:
        await cp.boot()
        assert [each["transport"] for each in (await api.get("/connections")).json()] == ["OCPP-S 1.6"]
        async with station(csms, "CP-1") as line:
            await line.boot()
            assert [each["transport"] for each in (await api.get("/connections")).json()] == ["OCPP-J"]
        answer = await api.post("/stations/CP-1/calls/ClearCache", json={})
        assert answer.status_code == 409
