"""Identity, version, transport and place of the CSMS set on the page: in force at once, kept, refused with a sentence, no books mixed."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.clock import SystemClock
from pilotwire.errors import ConfigError
from pilotwire.simulator.building import make_vehicle
from pilotwire.simulator.planned import build_planned
from pilotwire.station.control import Host, control_api, host_api
from pilotwire.station.core.actions import Action, Forget, Save
from pilotwire.station.core.moving import of_a_transaction
from pilotwire.station.core.setup_memory import SetupMemory
from pilotwire.station.storage import MemoryStorage
from tests.support.eventually import eventually
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.secure_scene import STATION, SecureScene
from tests.support.soap_central_system import central_system
from tests.support.station_lab import CARD, Lab, build, lab, on_disk

NOWHERE = "ws://127.0.0.1:9"


class Installer:
    """Somebody who sets a station up."""

    def __init__(self, http: httpx.AsyncClient, one: Lab) -> None:
        self.http = http
        self.lab = one

    async def sets(self, **said: Any) -> dict[str, Any]:
        answer = await self.http.post("/setup", json=said)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def cannot(self, status: int = 409, **said: Any) -> str:
        """A refusal has a sentence and a remedy, and changes nothing."""
        before = self.lab.station.setup
        answer = await self.http.post("/setup", json=said)
        assert (answer.status_code, set(answer.json())) == (status, {"what", "remedy"}), answer.text
        assert answer.json()["remedy"]
        assert self.lab.station.setup == before
        return str(answer.json()["what"])

    async def seen(self) -> dict[str, Any]:
        return {one["name"]: one for one in (await self.http.get("/setup")).json()["fields"]}

    @property
    def waiting(self) -> list[Any]:
        return list(self.lab.station.core.waiting())


@asynccontextmanager
async def installer(url: str = NOWHERE, version: str = "2.0.1", **more: Any) -> AsyncIterator[Installer]:
    async with lab(url, version, **more) as one:
        transport = httpx.ASGITransport(control_api(one.station, make_vehicle), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://station") as http:
            yield Installer(http, one)


async def _identity_at(csms: ScriptedCsms) -> str:
    await csms.until_heard("BootNotification")
    request = csms.lines[-1].request
    assert request is not None
    return request.path.rpartition("/")[2]


# --- each does something ---------------------------------------------------------------------------------------------


async def test_another_url_is_gone_to_at_once_and_booted_at() -> None:
    async with scripted_csms() as old, scripted_csms() as new, installer(old.url) as somebody:
        await somebody.lab.until_accepted()
        seen = await somebody.sets(url=new.url)
        assert seen["inForce"]["url"] == new.url
        assert await _identity_at(new) == "CS001"
        await somebody.lab.until_accepted()
        assert len(old.lines) == 1


async def test_a_url_that_was_wrong_is_not_waited_for() -> None:
    """An attempt at the old place, which takes its time, is given up."""
    slow = {"OCPPCommCtrlr.RetryBackOffWaitMinimum": "3600", "InstallerCtrlr.ConnectionTimeout": "300"}
    async with scripted_csms() as new, installer("ws://192.0.2.1:9000", variables=slow) as somebody:
        await somebody.sets(url=new.url)
        await somebody.lab.until_accepted()


async def test_the_url_does_not_end_what_is_being_charged() -> None:
    async with scripted_csms() as old, scripted_csms() as new, installer(old.url) as somebody:
        await somebody.lab.charge()
        running = somebody.lab.overview.evses[0].transaction_id
        await somebody.sets(url=new.url)
        await new.until_heard("TransactionEvent")
        assert somebody.lab.overview.evses[0].transaction_id == running
        await somebody.lab.until_charged()


async def test_what_is_set_goes_before_the_network_profiles_of_the_csms() -> None:
    """The CSMS has put its profile into slot 1 and ordered another slot first; both are over."""
    async with scripted_csms() as old, scripted_csms() as new, installer(old.url) as somebody:
        await somebody.lab.until_accepted()
        profile = {
            "ocppInterface": "Wired0",
            "ocppTransport": "JSON",
            "ocppVersion": "OCPP20",
            "ocppCsmsUrl": old.url,
            "messageTimeout": 30,
            "securityProfile": 0,
        }
        for slot in (1, 2):
            asked = {"configurationSlot": slot, "connectionData": profile}
            assert (await old.call("SetNetworkProfile", asked))["status"] == "Accepted"
        name = "OCPPCommCtrlr.NetworkConfigurationPriority"
        somebody.lab.station.write_variable(name, "2,1")
        await somebody.sets(url=new.url)
        await new.until_heard("BootNotification")
        assert somebody.lab.station.core.variable(name) == "1"


async def test_another_identity_is_shown_at_once() -> None:
    async with scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.until_accepted()
        heard = len(csms.of("BootNotification"))
        await somebody.sets(identity="CS*2")
        await csms.until_heard("BootNotification", heard + 1)
        assert await _identity_at(csms) == "CS%2A2"
        about = (await somebody.http.get("/about")).json()
        assert (about["identity"], (await somebody.http.get("/status")).json()["station"]) == ("CS*2", "CS*2")


@pytest.mark.parametrize(("before", "after"), [("2.0.1", "1.6"), ("1.6", "2.1"), ("2.0.1", "2.1")])
async def test_another_version_is_spoken_at_once(before: str, after: str) -> None:
    async with scripted_csms(before) as csms, installer(csms.url, before) as somebody:
        await somebody.lab.until_accepted()
        csms.version = after
        await somebody.sets(ocpp=after)
        told = (await csms.until_heard("BootNotification", 2))[-1]
        assert ("chargePointVendor" in told) is (after == "1.6")
        await somebody.lab.until_accepted()
        assert (await somebody.http.get("/about")).json()["ocpp"] == after


async def test_a_station_of_2x_that_speaks_16_charges_as_one_of_16() -> None:
    """Not only the words: the habits of the version are those of the version."""
    async with scripted_csms("2.0.1") as csms, installer(csms.url) as somebody:
        await somebody.lab.until_accepted()
        csms.version = "1.6"
        await somebody.sets(ocpp="1.6")
        await somebody.lab.charge()
        assert csms.of("StartTransaction")[0]["idTag"] == CARD
        somebody.lab.tap()
        await csms.until_heard("StopTransaction")


@pytest.mark.parametrize("version", ["1.6", "1.5"])
async def test_another_transport_is_spoken_at_once(version: str) -> None:
    async with scripted_csms("1.6") as csms, central_system(version) as soap, installer(csms.url, "1.6") as somebody:
        await somebody.lab.until_accepted()
        await somebody.sets(ocpp=version, transport="soap", url=soap.url)
        await eventually(lambda: soap.of("BootNotification"))
        assert soap.of("BootNotification")[0].header["chargeBoxIdentity"] == "CS001"
        await somebody.lab.until_accepted()
        heard = len(csms.of("BootNotification"))
        await somebody.sets(ocpp="1.6", transport="json", url=csms.url)
        await csms.until_heard("BootNotification", heard + 1)


async def test_another_security_profile_is_gone_by_at_once() -> None:
    async with scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.until_accepted()
        assert csms.passwords == [None]
        assert "needs a password" in await somebody.cannot(securityProfile=1)
        name, value = "SecurityCtrlr.BasicAuthPassword", "a-very-secret-password"
        assert (await somebody.http.post("/parameters", json={"name": name, "value": value})).status_code == 200
        await somebody.sets(securityProfile=1)
        await eventually(lambda: csms.passwords[-1] == value)
        assert somebody.lab.station.core.variable("SecurityCtrlr.SecurityProfile") == "1"
        await somebody.sets(securityProfile=0)
        assert somebody.lab.station.core.variable("SecurityCtrlr.SecurityProfile") == "0"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(Path(tmp_path_factory.mktemp("setup")))


async def test_the_way_to_tls_in_one_step(scene: SecureScene) -> None:
    """URL, profile and roots together; then a certificate of the station's own, and what it needs is looked at first."""
    tls = scene.server().context
    tls.verify_mode = ssl.CERT_OPTIONAL
    pem = {
        name: (scene.folder / f"{name}.pem").read_text()
        for name in ("ca", f"station-{STATION}", f"station-{STATION}-key")
    }
    password = "the-password-of-today"
    async with (
        scripted_csms() as plain,
        scripted_csms(tls=tls) as csms,
        installer(plain.url, password=password) as somebody,
    ):
        await somebody.lab.until_accepted()
        assert "root certificate" in await somebody.cannot(url=csms.url, securityProfile=2)
        seen = await somebody.sets(url=csms.url, securityProfile=2, csmsRoots=pem["ca"])
        assert (seen["csmsRoots"], seen["certificate"], seen["inForce"]["securityProfile"]) == (True, False, 2)
        await csms.until_heard("BootNotification")
        assert csms.passwords == [password]
        assert "certificate of the station" in await somebody.cannot(securityProfile=3)
        chain, key = pem[f"station-{STATION}"], pem[f"station-{STATION}-key"]
        await somebody.sets(securityProfile=3, certificateChain=chain, privateKey=key)
        await csms.until_heard("BootNotification", 2)
        assert csms.passwords[-1] is None
        assert csms.lines[-1].transport.get_extra_info("peercert")
        assert key.splitlines()[1] not in (await somebody.http.get("/setup")).text


async def test_20_is_offered_beside_21_where_that_is_set() -> None:
    async with scripted_csms("2.0.1") as csms, installer(csms.url, "2.1") as somebody:
        await eventually(lambda: "ocpp2.1" in somebody.lab.station.line.trouble)
        await somebody.sets(olderOcpp=True)
        await csms.until_heard("BootNotification")


# --- kept, and which word counts -------------------------------------------------------------------------------------


async def test_what_was_set_is_kept_until_the_station_is_started_with_something_else(tmp_path: Path) -> None:
    async with scripted_csms() as csms, scripted_csms() as other:
        async with installer(NOWHERE, storage=on_disk(tmp_path)) as somebody:
            await somebody.sets(identity="CS002", url=csms.url)
        async with installer(NOWHERE, storage=on_disk(tmp_path)) as somebody:
            assert await _identity_at(csms) == "CS002"
            seen = await somebody.seen()
            assert (seen["url"]["value"], seen["url"]["atStart"], seen["url"]["kept"]) == (csms.url, NOWHERE, True)
            assert not seen["ocpp"]["kept"]
        async with installer(other.url, storage=on_disk(tmp_path)) as somebody:
            assert await _identity_at(other) == "CS002"
            assert not (await somebody.seen())["url"]["kept"]


async def test_back_to_what_the_station_was_started_with() -> None:
    storage = MemoryStorage()
    async with scripted_csms() as csms:
        async with installer(csms.url, storage=storage) as somebody:
            await somebody.sets(identity="CS002", url=NOWHERE)
            answer = await somebody.http.post("/setup/as-started")
            assert answer.status_code == 200, answer.text
            assert await _identity_at(csms) == "CS001"
        async with installer(csms.url, storage=storage) as somebody:
            assert not any(field["kept"] for field in (await somebody.seen()).values())


async def test_the_parameters_go_along_to_another_identity_and_version() -> None:
    """What only the one version has does not trouble the other."""
    async with installer(NOWHERE, "1.6") as somebody:
        for name, value in (
            ("InstallerCtrlr.WebSocketProxy", "proxy.example:3128"),
            ("InstallerCtrlr.IntegersForBooleanKeys", "true"),
            ("OCPPCommCtrlr.HeartbeatInterval", "77"),
        ):
            assert (await somebody.http.post("/parameters", json={"name": name, "value": value})).status_code == 200
        await somebody.sets(identity="CS002", ocpp="2.1")
        variable = somebody.lab.station.core.variable
        assert variable("InstallerCtrlr.WebSocketProxy") == "proxy.example:3128"
        assert variable("OCPPCommCtrlr.HeartbeatInterval") == "77"
        await somebody.sets(ocpp="1.6")
        assert variable("OCPPCommCtrlr.HeartbeatInterval") == "77"


async def test_meters_and_vehicles_stay_where_they_are() -> None:
    async with scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.charge()
        somebody.lab.tap()
        await somebody.lab.until_ended()
        register = somebody.lab.station.hardware.meter(1).energy_import_register
        await somebody.sets(identity="CS002")
        assert somebody.lab.station.hardware.meter(1).energy_import_register == register > 0
        assert somebody.lab.station.simulated.vehicle_at(1) is somebody.lab.vehicle


# --- no books mixed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"identity": "CS002"}, {"ocpp": "1.6"}])
async def test_a_running_transaction_is_not_lost_unasked(change: dict[str, str]) -> None:
    async with scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.charge()
        assert "1 transaction under way" in await somebody.cannot(**change)
        await somebody.lab.until_charged()


async def test_records_that_wait_are_not_told_under_another_identity() -> None:
    """Refused unless forced; then they are gone, and what is lost is said. The number of the next record goes on."""
    async with scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.charge()
        somebody.lab.station.line.cut()
        await somebody.lab.until(lambda: not somebody.lab.overview.link, "offline")
        somebody.lab.tap()
        await somebody.lab.until(lambda: somebody.lab.overview.evses[0].transaction_id is None, "the end")
        count = sum(of_a_transaction(fact) for fact in somebody.waiting)
        assert count > 0
        assert f"{count} transaction message" in await somebody.cannot(identity="CS002")
        heard = len(csms.of("TransactionEvent"))
        seen = await somebody.sets(identity="CS002", force=True)
        assert f"{count} transaction message" in seen["lost"]
        assert somebody.lab.station.line.is_cut, "a line that somebody cut stays so"
        somebody.lab.station.line.restore()
        await csms.until_heard("BootNotification", 2)
        await somebody.lab.until_accepted()
        await somebody.lab.until(lambda: somebody.lab.overview.waiting == 0, "all is told")
        assert len(csms.of("TransactionEvent")) == heard


async def test_a_transaction_that_is_given_up_is_over() -> None:
    async with scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.charge()
        (first, *_) = csms.of("TransactionEvent")
        seen = await somebody.sets(identity="CS002", force=True)
        assert "1 transaction under way" in seen["lost"]
        old = first["transactionInfo"]["transactionId"]
        at = len(csms.of("TransactionEvent"))
        await csms.until_heard("BootNotification", 2)
        await somebody.lab.until_accepted()
        later = csms.of("TransactionEvent")[at:]
        assert all(one["transactionInfo"]["transactionId"] != old for one in later)


async def test_news_of_the_old_identity_are_not_told_under_the_new_one() -> None:
    """Security events do not hold an installer up, and are not told as another station's."""
    async with installer(NOWHERE) as somebody:
        before = len(somebody.waiting)
        assert before > 0
        seen = await somebody.sets(identity="CS002")
        assert seen["lost"] == f"{before} other message{'s' if before > 1 else ''}"
        assert [getattr(fact, "type", "") for fact in somebody.waiting] == ["StartupOfTheDevice"]


async def test_who_may_charge_there_does_not_go_along_to_another_identity() -> None:
    async with installer(NOWHERE) as somebody:
        entries = [{"idToken": CARD, "status": "Accepted"}]
        assert (await somebody.http.post("/cache", json={"entries": entries})).status_code == 200
        memory = somebody.lab.station.core._station
        assert memory.cache.entries
        await somebody.sets(url="ws://127.0.0.1:10")
        assert memory.cache.entries
        await somebody.sets(identity="CS002")
        assert not somebody.lab.station.core._station.cache.entries


# --- refused ---------------------------------------------------------------------------------------------------------


CANNOT_BE: list[tuple[dict[str, Any], str]] = [
    ({"identity": ""}, "empty"),
    ({"identity": "A" * 49}, "at most 48"),
    ({"identity": "CS:1"}, "colon"),
    ({"identity": "CS 1"}, "characters"),
    ({"identity": "Säule"}, "characters"),
    ({"ocpp": "3.0"}, "not spoken"),
    ({"transport": "pigeon"}, "no transport"),
    ({"transport": "soap"}, "not spoken by SOAP"),
    ({"url": "csms.example:9000"}, "no OCPP-J endpoint"),
    ({"url": "http://csms.example"}, "no OCPP-J endpoint"),
    ({"url": "ws://csms.example/ocpp/CS001"}, "ends with the station's identity"),
    ({"url": "ws://me:secret@csms.example"}, "no user"),
    ({"url": "ws://csms.example/a b"}, "blank"),
    ({"url": "wss://csms.example"}, "needs a password"),
    ({"securityProfile": 2}, "does not go with"),
    ({"url": "ws://csms.example", "securityProfile": 3}, "does not go with"),
    ({"securityProfile": 4}, "no security profile 4"),
    ({"url": "wss://csms.example", "securityProfile": 3}, "root certificate"),
    ({"certificateChain": "x"}, "goes with its key"),
    ({"csmsRoots": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"}, "cannot be used"),
]


async def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    async with installer() as somebody:
        for said, says in CANNOT_BE:
            assert says in await somebody.cannot(**said), said


CANNOT_BE_IN_16: list[tuple[dict[str, Any], str]] = [
    ({"identity": "A" * 61}, "at most 60"),
    ({"ocpp": "1.5", "url": NOWHERE}, "no endpoint of OCPP-S"),
    ({"transport": "soap", "url": "http://127.0.0.1:9", "soapHost": "192.0.2.1"}, "Nothing can listen"),
    ({"transport": "soap", "url": "http://127.0.0.1:9", "soapPort": 70_000}, "no port 70000"),
    ({"transport": "soap", "url": "http://127.0.0.1:9", "soapTls": True}, "certificate"),
    ({"transport": "soap", "url": "http://127.0.0.1:9", "soapUrl": "me"}, "no endpoint of OCPP-S"),
]


async def test_what_cannot_be_in_16_is_refused_with_a_sentence() -> None:
    async with installer(version="1.6") as somebody:
        for said, says in CANNOT_BE_IN_16:
            assert says in await somebody.cannot(**said), said
        await somebody.sets(identity="|" + "A" * 59)


async def test_first_values_the_other_version_does_not_have_hold_it_up() -> None:
    async with installer(version="1.6", variables={"InstallerCtrlr.IntegersForBooleanKeys": "true"}) as somebody:
        assert "IntegersForBooleanKeys" in await somebody.cannot(ocpp="2.0.1")


async def test_first_values_given_later_that_the_version_set_does_not_have() -> None:
    storage = MemoryStorage()
    async with installer(version="2.0.1", storage=storage) as somebody:
        await somebody.sets(ocpp="1.6")
    with pytest.raises(ConfigError, match="set up to speak OCPP"):
        build(NOWHERE, "2.0.1", storage, variables={"AlignedDataCtrlr.TxEndedInterval": "60"})
    build(NOWHERE, "2.1", storage, variables={"AlignedDataCtrlr.TxEndedInterval": "60"})


async def test_what_means_nothing_is_not_understood() -> None:
    async with installer() as somebody:
        assert "means nothing" in await somebody.cannot(422, pigeon="yes")


async def test_nothing_changed_is_nothing_done() -> None:
    async with scripted_csms() as csms, installer(csms.url) as somebody:
        await somebody.lab.until_accepted()
        await somebody.sets(identity="CS001", url=csms.url)
        await somebody.http.post("/setup/as-started")
        assert (len(csms.lines), len(csms.of("BootNotification"))) == (1, 1)


# --- many stations in one process ------------------------------------------------------------------------------------


async def test_a_station_of_a_host_goes_on_under_its_new_path() -> None:
    """Switched off and on it is what it was set up as; another station's identity is not to be had."""
    host = Host(partial(build_planned, clock=SystemClock()), make_vehicle)
    async with scripted_csms() as csms, host:
        transport = httpx.ASGITransport(host_api(host), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://stations") as http:
            for identity in ("CS-1", "CS-2"):
                plan = {"identity": identity, "url": csms.url}
                assert (await http.post("/stations", json=plan)).status_code == 201
            taken = await http.post("/stations/CS-1/setup", json={"identity": "CS-2"})
            assert (taken.status_code, "already" in taken.json()["what"]) == (409, True)
            done = await http.post("/stations/CS-1/setup", json={"identity": "CS-3", "ocpp": "2.1"})
            assert done.status_code == 200, done.text
            seen = (await http.get("/stations")).json()
            assert [(one["identity"], one["version"]) for one in seen] == [("CS-2", "2.0.1"), ("CS-3", "2.1")]
            for body in ({"empty": False}, {"empty": True}):
                assert (await http.post("/stations/CS-3/stop")).status_code == 200
                assert (await http.post("/stations/CS-3/start", json=body)).status_code == 200
                about = (await http.get("/stations/CS-3/about")).json()
                assert (about["identity"], about["ocpp"]) == ("CS-3", "2.1")
            assert (await http.get("/stations/CS-1/about")).status_code == 404


# --- kill -9 ---------------------------------------------------------------------------------------------------------


class Watched(MemoryStorage):
    """Tells what is kept together."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[list[Action]] = []

    def commit(self, actions: Iterable[Action], *, hardware: str | None = None) -> None:
        self.commits.append(list(actions))
        super().commit(self.commits[-1], hardware=hardware)


async def test_the_identity_and_the_end_of_the_old_records_are_kept_in_one_commit() -> None:
    """A station that is killed in between comes back as one of the two, with the records of that one."""
    storage = Watched()
    async with installer(NOWHERE, storage=storage) as somebody:
        numbers = {entry.number for entry in storage.load().outbox}  # type: ignore[union-attr]
        assert numbers
        await somebody.sets(identity="CS002")
        (moving,) = [
            commit
            for commit in storage.commits
            if any(isinstance(one, Save) and isinstance(one.part, SetupMemory) for one in commit)
        ]
        assert {number for one in moving if isinstance(one, Forget) for number in one.numbers} == numbers
