"""Our station and our CSMS by OCPP-S, 1.6 and 1.5: what is said, what is asked, and what becomes of it when one of them is away."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.gateway.passwords import hash_password
from pilotwire.csms.store.ports import RegisterStation, TransactionFilter
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import NotReachable
from pilotwire.ocpp.soap import SoapVersion
from pilotwire.station.endpoints import SoapPlace
from pilotwire.station.files import MemoryFiles
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.secure_scene import SecureScene
from tests.support.station_lab import CARD, Lab, booked, lab, open_csms
from tests.support.station_process import StationProcess, station_process

VERSIONS = pytest.mark.parametrize("version", ["1.5", "1.6"])
QUICK = '{"OCPPCommCtrlr.RetryBackOffWaitMinimum": "0", "SampledDataCtrlr.TxUpdatedInterval": "1"}'


def _url(csms: Csms) -> str:
    assert csms.gateway.soap_url is not None
    return csms.gateway.soap_url


@asynccontextmanager
async def _pair(version: str = "1.6", **more: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient, Lab]]:
    async with (
        open_csms(soap_port=0, no_auth=True) as csms,
        client_of(csms) as api,
        lab(_url(csms), "1.6", soap=SoapPlace(version=SoapVersion(version)), **more) as one,
    ):
        await one.until_accepted()
        yield csms, api, one


async def _asked(api: httpx.AsyncClient, action: str, **payload: Any) -> Any:
    answer = await api.post(f"/stations/CS001/calls/{action}", json=payload)
    assert answer.status_code == 200, answer.text
    return answer.json()


@VERSIONS
async def test_a_charge_is_booked_to_the_wh(version: str) -> None:
    """Boot, states, authorize, start, meter values, stop; nothing in it that the CSMS had to forgive."""
    async with _pair(version) as (csms, api, one):
        assert [each["transport"] for each in (await api.get("/connections")).json()] == [f"OCPP-S {version}"]
        await one.charge(3000)
        one.tap()
        await one.until_ended()
        assert (await booked(csms)).energy == one.vehicle.meter.delivered_wh
        said = {each["action"] for each in (await api.get("/messages", params={"station": "CS001"})).json()["items"]}
        assert {"BootNotification", "StatusNotification", "Authorize", "StartTransaction", "MeterValues"} <= said
        assert "StopTransaction" in said
        assert (await api.get("/findings", params={"station": "CS001"})).json() == []
        shown = (await api.get("/stations/CS001")).json()
        assert shown["identity"]["model"] == "One"
        assert one.station.line.trouble == ""


@VERSIONS
async def test_a_charge_is_begun_and_ended_from_afar(version: str) -> None:
    """The requests reach the station's own port; what they cause is told in requests of its own."""
    async with _pair(version) as (csms, api, one):
        one.plug()
        assert await _asked(api, "RemoteStartTransaction", idTag=CARD, connectorId=1) == {"status": "Accepted"}
        await one.until_charged()

        async def number() -> Any:
            return (await csms.store.transactions(TransactionFilter(station="CS001")) or [None])[0]

        running = await eventually(number, what="a transaction")
        known = running.transaction_id  # on record before the station has read it in the answer to its request
        await one.until(lambda: one.overview.evses[0].named == known, "the station to know it by the same name")
        stop = await _asked(api, "RemoteStopTransaction", transactionId=int(running.transaction_id))
        assert stop == {"status": "Accepted"}
        await one.until_ended()
        assert (await booked(csms)).energy == one.vehicle.meter.delivered_wh


@VERSIONS
async def test_what_else_a_central_system_asks(version: str) -> None:
    """Configuration, list, cache, lock, availability, diagnostics: each answered as by JSON."""
    async with _pair(version) as (_, api, one):
        changed = await _asked(api, "ChangeConfiguration", key="MeterValueSampleInterval", value="7")
        assert changed == {"status": "Accepted"}
        assert one.station.core.variable("SampledDataCtrlr.TxUpdatedInterval") == "7"
        shown = await _asked(api, "GetConfiguration", key=["MeterValueSampleInterval", "Colour"])
        assert shown["configurationKey"][0]["value"] == "7"
        assert shown["unknownKey"] == ["Colour"]
        entry = {"idTag": "FRIEND", "idTagInfo": {"status": "Accepted"}}
        sent = await _asked(api, "SendLocalList", listVersion=4, updateType="Full", localAuthorizationList=[entry])
        assert sent == {"status": "Accepted"}
        assert await _asked(api, "GetLocalListVersion") == {"listVersion": 4}
        assert await _asked(api, "ClearCache") == {"status": "Accepted"}
        assert await _asked(api, "UnlockConnector", connectorId=1) == {"status": "Unlocked"}
        assert await _asked(api, "ChangeAvailability", connectorId=1, type="Inoperative") == {"status": "Accepted"}
        diagnostics = await _asked(api, "GetDiagnostics", location="ftp://127.0.0.1:9/none", retries=0)
        assert diagnostics["fileName"]


async def test_a_charging_profile_is_felt() -> None:
    """1.6 by SOAP has smart charging."""
    async with _pair(speed=1) as (_, api, one):
        one.plug()
        one.tap()
        await one.until(lambda: one.station.simulated.meter(1).power_w > 0, "charging")
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.5}]}
        profile = {
            "chargingProfileId": 7,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": schedule,
        }
        assert await _asked(api, "SetChargingProfile", connectorId=1, csChargingProfiles=profile) == {
            "status": "Accepted"
        }
        assert float(one.station.simulated.meter(1).current_offered_a) == 8.5
        composite = await _asked(api, "GetCompositeSchedule", connectorId=1, duration=60, chargingRateUnit="A")
        assert composite["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 8.5
        assert await _asked(api, "ClearChargingProfile", id=7) == {"status": "Accepted"}


async def test_a_reset_is_answered_and_leads_to_a_boot() -> None:
    """The same port answers afterwards."""
    async with _pair() as (csms, api, one):
        assert await _asked(api, "Reset", type="Hard") == {"status": "Accepted"}

        async def boots() -> bool:
            return len(await csms.store.log("CS001", action="BootNotification")) == 4  # two, with their answers

        await eventually(boots, what="a second boot")
        await one.until_accepted()
        assert await _asked(api, "GetLocalListVersion") == {"listVersion": 0}


async def test_a_message_is_triggered() -> None:
    """What is triggered comes as a request of the station's own."""
    async with _pair() as (csms, api, _):
        assert await _asked(api, "TriggerMessage", requestedMessage="Heartbeat") == {"status": "Accepted"}
        await eventually(lambda: csms.store.log("CS001", action="Heartbeat"), what="a heartbeat")


async def test_a_charge_by_https(tmp_path: Path) -> None:
    """Security profile 2: what the station says is for the CSMS only."""
    scene = SecureScene(tmp_path)
    tls = scene.pki.settings(soap_port=0, soap_tls=True, no_auth=True)
    async with open_csms(**tls) as csms:
        url = _url(csms).replace("127.0.0.1", "localhost")
        assert url.startswith("https:")
        async with lab(url, "1.6", soap=SoapPlace(), files=scene.files(), password="0123456789abcdef") as one:
            await one.charge()
            one.tap()
            await one.until_ended()
            assert (await booked(csms)).energy == one.vehicle.meter.delivered_wh


def _port(scene: SecureScene, certificate: str) -> MemoryFiles:
    """The station's files: its roots, and a certificate of the lab for the port it listens at."""
    files = scene.files()
    for name in ("chain", "key"):
        suffix = "-key" if name == "key" else ""
        content = (scene.pki.folder / f"{certificate}{suffix}.pem").read_bytes()
        files.write(f"tls/installer-{name}.pem", content)
    return files


@pytest.mark.parametrize(
    ("certificate", "trusted"),
    [
        ("station-CS001", {"soap_station_names": "identity"}),
        ("server-rsa", {}),
        ("server-rsa", {"tls_client_ca": "", "soap_station_ca": "ca.pem"}),
    ],
    ids=["for its identity", "for its address", "a bundle of their own"],
)
async def test_a_station_is_commanded_by_https(tmp_path: Path, certificate: str, trusted: dict[str, str]) -> None:
    """The station listens with a certificate of a CA that the CSMS knows from its settings."""
    scene = SecureScene(tmp_path)
    more = {name: str(scene.pki.folder / value) if value.endswith(".pem") else value for name, value in trusted.items()}
    tls = scene.pki.settings(soap_port=0, soap_tls=True, no_auth=True) | more
    async with open_csms(**tls) as csms:
        url = _url(csms).replace("127.0.0.1", "localhost")
        files = _port(scene, certificate)
        async with lab(url, "1.6", soap=SoapPlace(tls=True), files=files, password="0123456789abcdef") as one:
            await one.until_accepted()
            assert one.station.line.address.startswith("https://")
            answer = await csms.commander.give_raw("CS001", "GetLocalListVersion", b"{}")
            assert json.loads(answer) == {"listVersion": 0}


@pytest.mark.parametrize(
    ("certificate", "settings"),
    [("server-rsa", {"tls_client_ca": ""}), ("station-CS001", {}), ("server-rsa", {"soap_station_names": "identity"})],
    ids=["an unknown CA", "no such address", "another identity"],
)
async def test_nothing_is_sent_to_a_port_that_shows_another_certificate(
    tmp_path: Path, certificate: str, settings: dict[str, str]
) -> None:
    """Of a CA nobody knows, or for somebody else: the command is not said, and the sentence says what to do."""
    scene = SecureScene(tmp_path)
    tls = scene.pki.settings(soap_port=0, soap_tls=True, no_auth=True) | settings
    async with open_csms(**tls) as csms:
        url = _url(csms).replace("127.0.0.1", "localhost")
        files = _port(scene, certificate)
        async with lab(url, "1.6", soap=SoapPlace(tls=True), files=files, password="0123456789abcdef") as one:
            await one.until_accepted()
            with pytest.raises(NotReachable, match="CERTIFICATE_VERIFY_FAILED") as told:
                await csms.commander.give_raw("CS001", "GetLocalListVersion", b"{}")
            assert "soap_station_ca" in str(told.value)


async def test_a_password_is_demanded_shown_and_changed() -> None:
    """With a wrong one nothing is booked and the line says why; one that the CSMS sets counts from the next request on."""
    async with open_csms(soap_port=0) as csms:
        hashed = hash_password("0123456789abcdef")
        known = RegisterStation(
            station="CS001", registration=RegistrationStatus.ACCEPTED, at=csms.clock.now(), password_hash=hashed
        )
        await csms.journal.append(known)
        async with lab(_url(csms), "1.6", soap=SoapPlace(), password="another-password") as one:
            await one.until(lambda: "HTTP 401" in one.station.line.trouble, "trouble")
            assert await csms.store.log("CS001") == []
        async with lab(_url(csms), "1.6", soap=SoapPlace(), password="0123456789abcdef") as one:
            await one.until_accepted()
            new = b'{"key":"AuthorizationKey","value":"a-password-of-our-own"}'
            await csms.commander.give_raw("CS001", "ChangeConfiguration", new)
            await one.until(lambda: one.station.core.way().password == "a-password-of-our-own", "the new password")
            await eventually(lambda: _gets_through(one), what="a request with it")


async def _gets_through(one: Lab) -> bool:
    with contextlib.suppress(NotReachable):
        return bool(await one.station.line.call_raw("Heartbeat", b"{}"))
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


async def test_what_happened_while_the_csms_was_away_is_told_late_and_in_order(tmp_path: Path) -> None:
    """A transaction goes on and ends without the CSMS; nothing of it is lost or told twice, and no boot is needed."""
    kept = {"database": f"sqlite:///{tmp_path}/csms.db", "soap_port": _free_port(), "no_auth": True}
    async with open_csms(**kept) as csms:
        url = _url(csms)
        session = lab(url, "1.6", soap=SoapPlace())
        one = await session.__aenter__()
        try:
            await one.charge()
            await one.until(lambda: one.overview.waiting == 0, "all delivered")
        except BaseException:
            await session.__aexit__(None, None, None)
            raise
    try:
        one.tap()
        await one.until(lambda: not one.station.line.is_up, "noticed")
        await one.until(lambda: one.overview.evses[0].transaction_id is None, "ended")
        assert one.overview.waiting > 0
        async with open_csms(**kept) as csms:
            await one.until_ended()
            assert (await booked(csms)).energy == one.vehicle.meter.delivered_wh
            log = [each for each in await csms.store.log("CS001") if each.direction.value == "in"]
            assert [each.action for each in log].count("BootNotification") == 1
            assert [each.action for each in log].count("StartTransaction") == 1
    finally:
        await session.__aexit__(None, None, None)


async def _is(station: StationProcess, **wanted: Any) -> bool:
    state = await station.status()
    return all(state[name] == value for name, value in wanted.items())


async def _has_charged(station: StationProcess) -> bool:
    return any(seen["deliveredWh"] >= 200 for seen in (await station.vehicles()).values())


@VERSIONS
async def test_the_program_charges_by_soap(tmp_path: Path, version: str) -> None:
    """`pilotwire station --transport soap`, or `--ocpp 1.5`."""
    chosen = ["--ocpp", "1.5"] if version == "1.5" else ["--ocpp", "1.6", "--transport", "soap"]
    async with open_csms(soap_port=0, no_auth=True) as csms:
        options = ["--id", "CS001", *chosen, "--csms", _url(csms), "--storage", "cs.db", "--speed", "300"]
        async with station_process(tmp_path, *options, PILOTWIRE_VARIABLES=QUICK) as station:
            await station.until_ready()
            await eventually(lambda: _is(station, registration="Accepted"), what="accepted")
            await station.does("/plug", model="hatch-52")
            await station.does("/tap", idToken=CARD)
            await eventually(lambda: _has_charged(station), what="energy")
            await station.does("/tap", idToken=CARD)
            await station.does("/unplug")
            await eventually(lambda: _is(station, waiting=0), what="all delivered")

            async def over() -> bool:
                return (await station.status())["evses"][0]["transactionId"] is None

            await eventually(over)
            (car,) = (await station.vehicles()).values()
            assert (await booked(csms)).energy == car["deliveredWh"]
            about = (await station.http.get("/about")).json()
            assert about["transport"] == f"OCPP-S {version}"


async def test_the_program_is_commanded_by_https(tmp_path: Path) -> None:
    """`pilotwire station --transport soap --soap-tls`: it says that it listens by HTTPS, and the CSMS trusts its certificate."""
    scene = SecureScene(tmp_path)
    folder = scene.pki.folder
    trusted = {"soap_station_names": "identity"}
    async with open_csms(**scene.pki.settings(soap_port=0, soap_tls=True, no_auth=True), **trusted) as csms:
        url = _url(csms).replace("127.0.0.1", "localhost")
        shown = ["--certificate", str(folder / "station-CS001.pem"), "--key", str(folder / "station-CS001-key.pem")]
        spoken = ["--id", "CS001", "--ocpp", "1.6", "--transport", "soap", "--soap-tls", "--csms", url]
        options = [*spoken, *shown, "--csms-root", str(folder / "ca.pem"), "--storage", "cs.db"]
        async with station_process(tmp_path, *options, PILOTWIRE_PASSWORD="0123456789abcdef") as station:
            await station.until_ready()
            await eventually(lambda: _is(station, registration="Accepted"), what="accepted")
            answer = await csms.commander.give_raw("CS001", "GetLocalListVersion", b"{}")
            assert json.loads(answer) == {"listVersion": 0}
