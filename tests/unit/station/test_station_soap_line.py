"""A station of OCPP-S against a central system of bare envelopes: headers, faults, identities, rubbish, silence, passwords, TLS."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.errors import ConfigError, NotReachable, NotSayable
from pilotwire.ocpp.net.client import ConnectError
from pilotwire.ocpp.net.peer import CallRefused, CallTimeout, ConnectionLost
from pilotwire.ocpp.net.soap_client import SoapClient
from pilotwire.ocpp.soap import SoapVersion
from pilotwire.station.app import Station
from pilotwire.station.endpoints import SoapPlace, spoken
from pilotwire.station.soap_line import SoapLine
from tests.support.eventually import eventually
from tests.support.secure_scene import PASSWORD, SecureScene
from tests.support.soap_central_system import SILENCE, CentralSystem, basic, central_system, subcode
from tests.support.soap_station import fault
from tests.support.station_lab import Lab, lab

VERSIONS = pytest.mark.parametrize("version", ["1.5", "1.6"])


@asynccontextmanager
async def _pair(version: str = "1.6", **more: Any) -> AsyncIterator[tuple[CentralSystem, Lab]]:
    place = more.pop("soap", SoapPlace(version=SoapVersion(version)))
    async with central_system(version) as csms, lab(csms.url, "1.6", soap=place, **more) as one:
        yield csms, one


def _line(one: Lab) -> SoapLine:
    assert isinstance(one.station.line, SoapLine)
    return one.station.line


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


# --- what it says -----------------------------------------------------------------------------------------------------


@VERSIONS
async def test_everything_said_and_answered_in_a_charge_is_as_the_wsdl_has_it(version: str) -> None:
    """Elements, their order and number; and answers to what the central system asks."""
    async with _pair(version) as (csms, one):
        await one.charge(3000)
        await csms.ask("GetConfiguration", "<c:key>HeartbeatInterval</c:key><c:key>Colour</c:key>")
        await csms.ask("GetLocalListVersion")
        await csms.ask("UnlockConnector", "<c:connectorId>1</c:connectorId>")
        one.tap()
        await one.until_ended()
        assert len(csms.of("StopTransaction")) == 1
        assert csms.of("MeterValues")
        assert csms.misfits == []


async def test_the_headers_say_who_speaks_where_it_listens_and_whom_it_means() -> None:
    """chargeBoxIdentity, Action, MessageID, From, ReplyTo and To, every time (S16:3)."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        await eventually(lambda: csms.of("StatusNotification"))
        header = csms.of("BootNotification")[0].header
        assert (header["chargeBoxIdentity"], header["Action"], header["To"]) == ("CS001", "/BootNotification", csms.url)
        assert header["ReplyTo"].endswith("/anonymous")
        assert header["From"] == _line(one).address
        assert header["MessageID"] != csms.of("StatusNotification")[0].header["MessageID"]
        assert csms.heard[0].headers["content-type"].startswith("application/soap+xml")


async def test_it_tells_the_address_it_was_given() -> None:
    """Behind NAT the CSMS cannot use what the station sees of itself."""
    async with _pair(soap=SoapPlace(url="http://203.0.113.7:8080/cp")) as (csms, one):
        await one.until_accepted()
        assert csms.address == "http://203.0.113.7:8080/cp"


async def test_on_every_address_it_tells_the_one_it_comes_from() -> None:
    """0.0.0.0 is nobody's address."""
    async with _pair(soap=SoapPlace(host="0.0.0.0")) as (csms, one):
        await one.until_accepted()
        assert csms.address.startswith("http://127.0.0.1:")
        assert subcode(await csms.ask("ClearCache", identity="X")) == "IdentityMismatch"


async def test_another_address_is_told_by_a_boot() -> None:
    """S16:7.1: where the address may have changed, the station boots again."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        line = _line(one)
        line.address = "http://192.0.2.1:1/"  # as it was in the network before
        await line.close("the network changed")
        line.hurry()
        await eventually(lambda: len(csms.of("BootNotification")) == 2, what="a second boot")
        await one.until_accepted()
        assert csms.address == line.address != "http://192.0.2.1:1/"


async def test_a_mere_interruption_is_no_boot() -> None:
    """The CSMS knows where the station is."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        one.station.line.cut()
        await one.until(lambda: not one.station.line.is_up, "cut")
        one.station.line.restore()
        await one.until(lambda: one.station.line.is_up, "back")
        await one.station.line.call_raw("Heartbeat", b"{}")
        assert len(csms.of("BootNotification")) == 1


async def test_long_requests_are_packed_where_that_is_wanted() -> None:
    """gzip (S16:6.1); short ones are not."""
    async with _pair(compression=True) as (csms, one):
        await one.until_accepted()
        await one.station.line.call_raw("DataTransfer", b'{"vendorId":"V","data":"%s"}' % (b"x" * 3000))
        assert csms.heard[-1].headers["content-encoding"] == "gzip"
        assert csms.of("DataTransfer")[0].texts["data"] == "x" * 3000
        assert "content-encoding" not in csms.heard[0].headers
    async with _pair() as (csms, one):
        await one.until_accepted()
        await one.station.line.call_raw("DataTransfer", b'{"vendorId":"V","data":"%s"}' % (b"x" * 3000))
        assert "content-encoding" not in csms.heard[-1].headers


# --- what it is answered ----------------------------------------------------------------------------------------------


async def test_a_fault_is_a_refusal() -> None:
    """With its subcode and its reason."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        csms.replies["DataTransfer"] = fault("InternalError", "not today")
        with pytest.raises(CallRefused) as caught:
            await one.station.line.call_raw("DataTransfer", b'{"vendorId":"V"}')
        assert (caught.value.code, caught.value.description) == ("InternalError", "not today")
        assert one.station.line.is_up


@pytest.mark.parametrize(
    "rubbish", ["<?xml version='1.0'?><a/>", "<?", "<c:idTagInfo><c:status>Maybe</c:status></c:idTagInfo>"]
)
async def test_an_answer_that_is_none_is_not_taken_for_one(rubbish: str) -> None:
    """And the line goes on; nothing charges by it."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        csms.replies["Authorize"] = rubbish
        one.plug()
        one.tap()
        await eventually(lambda: csms.of("Authorize"), what="Authorize")
        await one.station.line.call_raw("Heartbeat", b"{}")
        assert not one.station.simulated.contactor_closed(1)
        assert one.overview.evses[0].transaction_id is None


async def test_what_no_service_has_is_not_said() -> None:
    """SecurityEventNotification is of OCPP-J; by hand it is refused before a byte is sent, and so is what does not fit."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        event = b'{"type":"SettingSystemTime","timestamp":"2026-01-01T00:00:00Z"}'
        with pytest.raises(NotSayable, match="SecurityEventNotification"):
            await one.station.line.call_raw("SecurityEventNotification", event)
        with pytest.raises(NotSayable, match="not even with force"):
            await one.station.line.call_raw("Authorize", b"{}", force=True)
        await one.until(lambda: one.overview.waiting == 0, "nothing waits for ever")
        assert csms.misfits == []


async def test_a_slow_answer_is_a_timeout_and_the_line_stays_up() -> None:
    """The CSMS still takes connections."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        csms.replies["Heartbeat"] = SILENCE
        with pytest.raises(CallTimeout):
            await one.station.line.call_raw("Heartbeat", b"{}", timeout=0.1)
        del csms.replies["Heartbeat"]
        await one.station.line.call_raw("Heartbeat", b"{}")


async def test_a_csms_that_is_gone_is_noticed_by_an_answer_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes no connections any more: the line is down."""

    async def nobody(_: SoapClient) -> str:
        raise ConnectError("refused", "Nothing takes connections.")

    async with _pair() as (csms, one):
        await one.until_accepted()
        csms.replies["Heartbeat"] = SILENCE
        monkeypatch.setattr(SoapClient, "reach", nobody)
        with pytest.raises(CallTimeout):
            await one.station.line.call_raw("Heartbeat", b"{}", timeout=0.1)
        await one.until(lambda: not one.station.line.is_up, "down")


async def test_requests_go_one_after_the_other() -> None:
    """What is said first is heard first, also if it is answered late."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        line = one.station.line
        await one.until(lambda: one.overview.waiting == 0, "nothing else to say")
        csms.slow = 0.1
        payloads = [b'{"vendorId":"V%d"}' % number for number in range(3)]
        await asyncio.gather(*(line.call_raw("DataTransfer", payload) for payload in payloads))
        assert [each.texts["vendorId"] for each in csms.of("DataTransfer")] == ["V0", "V1", "V2"]
        assert csms.most_at_once == 1


# --- the line ---------------------------------------------------------------------------------------------------------


async def test_a_csms_that_comes_late_is_found() -> None:
    """Until then the trouble is told, and nothing can be said."""
    port = _free_port()
    async with lab(f"http://127.0.0.1:{port}/services/ocpp", "1.6", soap=SoapPlace()) as one:
        await one.until(lambda: "Nothing takes connections" in one.station.line.trouble, "trouble")
        with pytest.raises(NotReachable):
            await one.station.line.call_raw("Heartbeat", b"{}")
        async with central_system(port=port):
            await one.until_accepted()
            assert one.station.line.trouble == ""


@pytest.mark.parametrize(("status", "says"), [(401, "password"), (404, "path"), (503, "later")])
async def test_a_door_that_stays_shut_is_told_once_and_tried_again(
    status: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No envelope, no answer: the line is down, and comes back with the CSMS."""
    told: list[ConnectError] = []
    monkeypatch.setattr(Station, "missed", lambda _, error: told.append(error))
    async with central_system() as csms:
        csms.refuse = status
        async with lab(csms.url, "1.6", soap=SoapPlace()) as one:
            await one.until(lambda: f"HTTP {status}" in one.station.line.trouble, "trouble")
            assert says in one.station.line.trouble
            await one.until(lambda: csms.turned_away >= 3, "a third attempt")
            csms.refuse = None
            await one.until_accepted()
            assert one.station.line.trouble == ""
    assert [(error.kind, error.status) for error in told] == [("http", status)]


async def test_nothing_goes_through_a_cut_line_either_way() -> None:
    """A request in hand fails; one from outside is not answered."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        csms.replies["Heartbeat"] = SILENCE
        asking = asyncio.ensure_future(one.station.line.call_raw("Heartbeat", b"{}"))
        await eventually(lambda: csms.of("Heartbeat"))
        one.station.line.cut()
        with pytest.raises(ConnectionLost):
            await asking
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await csms.ask("ChangeConfiguration", "<c:key>MeterValueSampleInterval</c:key><c:value>9</c:value>")
        assert one.station.core.variable("SampledDataCtrlr.TxUpdatedInterval") == "1"
        one.station.line.restore()
        assert (await csms.ask("ClearCache")).texts == {"status": "Accepted"}


async def test_who_asks_can_be_reached() -> None:
    """A request of the CSMS ends the wait for the next attempt."""
    slow = {"OCPPCommCtrlr.RetryBackOffWaitMinimum": "600"}
    async with _pair(variables=slow) as (csms, one):
        await one.until_accepted()
        csms.refuse = 503
        with pytest.raises(NotReachable):
            await one.station.line.call_raw("Heartbeat", b"{}")
        await one.until(lambda: not one.station.line.is_up, "down")
        csms.refuse = None
        await csms.ask("GetLocalListVersion")
        await one.until(lambda: one.station.line.is_up, "up again")


async def test_a_rejected_station_answers_nothing() -> None:
    """1.6:4.2: no message either way until the interval is over."""
    async with _pair() as (csms, one):
        csms.replies["BootNotification"] = "Rejected"
        await one.until(lambda: csms.of("BootNotification"), "a boot")
        await one.until(lambda: one.station.is_rejected(), "rejected")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await csms.ask("ClearCache")


async def test_a_port_that_is_taken_is_told() -> None:
    """The station cannot be reached: it does not pretend."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = SoapPlace(port=int(taken.getsockname()[1]))
        async with lab("http://127.0.0.1:9/", "1.6", soap=place) as one:
            await eventually(lambda: "is taken by another program" in one.station.failure, what="the failure")


# --- what it is asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", ["CS002", "", "cs001"])
async def test_a_request_for_another_station_is_refused(identity: str) -> None:
    """IdentityMismatch (S16:3.3), and nothing is done."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        answer = await csms.ask("Reset", "<c:type>Hard</c:type>", identity=identity)
        assert (answer.status, subcode(answer)) == (400, "IdentityMismatch")
        assert "CS001" not in answer.texts["Text"]  # who does not know it need not learn it here
        await one.station.line.call_raw("Heartbeat", b"{}")
        assert len(csms.of("BootNotification")) == 1


@pytest.mark.parametrize(
    ("action", "content", "namespace", "expected"),
    [
        pytest.param("Explode", "", None, "NotSupported", id="unknown"),
        pytest.param("GetLog", "", None, "NotSupported", id="not-by-soap"),
        pytest.param("Heartbeat", "", "urn://Ocpp/Cs/2015/10/", "NotSupported", id="for-a-central-system"),
        pytest.param("ClearCache", "", "urn://Ocpp/Cp/2012/06/", "NotSupported", id="other-version"),
        pytest.param("ClearCache", "", "urn://Ocpp/Cp/2010/08/", "ProtocolError", id="no-version"),
        pytest.param("Reset", "<c:type>Gentle</c:type>", None, "ProtocolError", id="no-such-word"),
        pytest.param("Reset", "", None, "ProtocolError", id="missing"),
        pytest.param("UnlockConnector", "<c:connectorId>x</c:connectorId>", None, "ProtocolError", id="no-number"),
    ],
)
async def test_what_cannot_be_done_is_answered_with_its_fault(
    action: str, content: str, namespace: str | None, expected: str
) -> None:
    """S16:4; and the next request is answered as ever."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        answer = await csms.ask(action, content, namespace=namespace)
        assert subcode(answer) == expected
        assert answer.status == (500 if expected == "NotSupported" else 400)
        assert (await csms.ask("ClearCache")).texts == {"status": "Accepted"}


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"<a>", b"{}", b"<!DOCTYPE a><a/>"])
async def test_what_is_no_envelope_is_answered_with_a_fault(data: bytes) -> None:
    """And the port goes on."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        answer = await csms.post(data)
        assert (answer.status, subcode(answer)) == (400, "ProtocolError")
        assert (await csms.ask("ClearCache")).header["RelatesTo"] == "q-1"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_packed_requests_are_understood(encoding: str) -> None:
    """Both methods of S16:6.1; one that says so and is not is refused."""
    async with _pair() as (csms, one):
        await one.until_accepted()
        envelope = b"<a/>" * 500
        pack = gzip.compress if encoding == "gzip" else zlib.compress
        answer = await csms.post(pack(envelope), {"Content-Encoding": encoding})
        assert "not well-formed" in answer.texts["Text"]
        assert "is not" in (await csms.post(envelope, {"Content-Encoding": encoding})).texts["Text"]


# --- security ---------------------------------------------------------------------------------------------------------


async def test_the_password_goes_with_every_request() -> None:
    """HTTP Basic authentication with the identity as the name; without a password there is none."""
    async with _pair(password=PASSWORD) as (csms, one):
        await one.until_accepted()
        await one.station.line.call_raw("Heartbeat", b"{}")
        assert {each.headers["authorization"] for each in csms.heard} == {basic("CS001", PASSWORD)}
    async with _pair() as (csms, one):
        await one.until_accepted()
        assert "authorization" not in csms.heard[0].headers


async def test_https_to_a_csms_that_is_trusted_and_to_none_else(tmp_path: Path) -> None:
    """The station's own roots count; a foreign certificate is told, and nothing is said."""
    scene = SecureScene(tmp_path)
    good, foreign = scene.server_context("good"), scene.server_context("foreign")
    for context, trusted in ((good, True), (foreign, False)):
        async with (
            central_system(tls=context) as csms,
            lab(csms.url, "1.6", soap=SoapPlace(), files=scene.files(), password=PASSWORD) as one,
        ):
            if trusted:
                await one.until_accepted()
                assert one.station.core.variable("SecurityCtrlr.SecurityProfile") == "2"
            else:
                await one.until(lambda one=one: "TLS" in one.station.line.trouble, "trouble")
                assert csms.heard == []


async def test_its_own_port_speaks_https_where_that_is_wanted(tmp_path: Path) -> None:
    """With the station's certificate; the address it tells says so."""
    scene = SecureScene(tmp_path)
    files = scene.files(certificate=True)
    async with _pair(soap=SoapPlace(tls=True), files=files) as (csms, one):
        await one.until_accepted()
        assert csms.address.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        context.check_hostname = False
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            assert (await client.get(csms.address)).status_code == 200


async def test_a_port_with_tls_needs_a_certificate() -> None:
    """A station that has none says so."""
    async with lab("http://127.0.0.1:9/", "1.6", soap=SoapPlace(tls=True)) as one:
        await eventually(lambda: "needs a certificate" in one.station.failure, what="the failure")


# --- which it is ------------------------------------------------------------------------------------------------------


def test_which_versions_are_spoken_by_soap() -> None:
    """1.5 always is, 1.6 may be, later ones are not."""
    assert spoken("1.5", "json")[1] is SoapVersion.V15
    assert spoken("1.6", "soap")[1] is SoapVersion.V16
    assert spoken("1.6", "json")[1] is None
    with pytest.raises(ConfigError, match=r"OCPP 2\.0\.1 is not spoken by SOAP"):
        spoken("2.0.1", "soap")
