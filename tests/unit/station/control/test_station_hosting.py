"""Many stations in one process: made, driven, stopped and removed through the control port, each as if it were alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest

from pilotwire.clock import SystemClock
from pilotwire.simulator.building import make_vehicle
from pilotwire.simulator.planned import build_planned
from pilotwire.station.control import Host, host_api
from tests.support.eventually import eventually
from tests.support.scripted_csms import Error, ScriptedCsms, accepting, scripted_csms
from tests.support.soap_central_system import central_system
from tests.support.station_pki import Signer, key, pem

QUICK = {
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "0",
    "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
    "SampledDataCtrlr.TxUpdatedInterval": "0",
}
CONNECTORS = [
    {"connectors": [{"type": "cCCS2"}], "supply": "DC", "powerW": 150_000},
    {"connectors": [{"type": "sType2"}], "phases": 1, "powerW": 7360},
]


class Rig:
    """A test tool at the control port of a host."""

    def __init__(self, http: httpx.AsyncClient, csms: ScriptedCsms, host: Host) -> None:
        self.http = http
        self.csms = csms
        self.host = host

    async def make(self, identity: str = "CS-1", **plan: Any) -> dict[str, Any]:
        plan = {"url": self.csms.url, "speed": 300, "version": self.csms.version, "variables": QUICK} | plan
        answer = await self.http.post("/stations", json={"identity": identity, **plan})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def does(self, path: str, identity: str = "CS-1", **body: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/stations/{identity}{path}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def cannot(self, path: str, status: int, identity: str = "CS-1", **body: Any) -> str:
        answer = await self.http.post(f"/stations/{identity}{path}", json=body)
        assert (answer.status_code, set(answer.json())) == (status, {"what", "remedy"}), answer.text
        return str(answer.json()["what"])

    async def status(self, identity: str = "CS-1") -> dict[str, Any]:
        return dict((await self.http.get(f"/stations/{identity}/status")).json())

    async def until_accepted(self, identity: str = "CS-1") -> None:
        async def accepted() -> bool:
            return (await self.status(identity))["registration"] == "Accepted"

        await eventually(accepted)


@asynccontextmanager
async def rig(version: str = "2.0.1") -> AsyncIterator[Rig]:
    async with scripted_csms() as csms, Host(partial(build_planned, clock=SystemClock()), make_vehicle) as host:
        csms.version = version
        transport = httpx.ASGITransport(host_api(host), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://stations") as http:
            yield Rig(http, csms, host)


# --- making and removing -----------------------------------------------------------------------------------------------


async def test_a_station_is_made_as_told_and_boots() -> None:
    async with rig() as tool:
        identity = "A" * 60
        seen = await tool.make(
            identity, vendor="Volta", model="Two", serialNumber="S1", firmwareVersion="9.1", evses=CONNECTORS
        )
        assert (seen["identity"], seen["on"], seen["version"]) == (identity, True, "2.0.1")
        (boot,) = await tool.csms.until_heard("BootNotification")
        assert boot["chargingStation"] == {
            "vendorName": "Volta",
            "model": "Two",
            "serialNumber": "S1",
            "firmwareVersion": "9.1",
        }
        await tool.until_accepted(identity)
        assert [evse["evseId"] for evse in (await tool.status(identity))["evses"]] == [1, 2]


@pytest.mark.parametrize(
    ("version", "plan"), [("1.6", {"version": "1.6", "transport": "soap"}), ("1.5", {"version": "1.5"})]
)
async def test_a_station_of_soap_is_made_as_told_and_boots(version: str, plan: dict[str, Any]) -> None:
    async with rig() as tool, central_system(version) as csms:
        await tool.make(url=csms.url, soapHost="0.0.0.0", **plan)
        await tool.until_accepted()
        assert csms.of("BootNotification")[0].header["chargeBoxIdentity"] == "CS-1"
        assert csms.address.startswith("http://127.0.0.1:")
        assert (await csms.ask("ClearCache", identity="CS-1")).texts == {"status": "Accepted"}
        said = await tool.does("/call", action="DataTransfer", payload={"vendorId": "V"})
        assert said == {"result": {"status": "Accepted"}, "error": None}
        misfit = await tool.cannot("/call", 409, action="GetLog", payload={})
        assert "GetLog" in misfit


async def test_stations_come_and_go_and_do_not_know_each_other() -> None:
    async with rig() as tool:
        for identity in ("CS-1", "CS-2"):
            await tool.make(identity)
            await tool.until_accepted(identity)
        await tool.does("/plug", "CS-2")
        assert (await tool.status("CS-1"))["evses"][0]["connectors"]["1"]["availability"] == "Available"
        assert [one["identity"] for one in (await tool.http.get("/stations")).json()] == ["CS-1", "CS-2"]
        assert (await tool.http.delete("/stations/CS-1")).status_code == 204
        assert [one["identity"] for one in (await tool.http.get("/stations")).json()] == ["CS-2"]
        assert "no station CS-1" in await tool.cannot("/plug", 404)


async def test_a_stopped_station_goes_on_where_it_was_or_as_delivered() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/variable", name="TxCtrlr.EVConnectionTimeOut", value="17")
        assert (await tool.does("/stop"))["on"] is False
        assert "is off" in await tool.cannot("/plug", 409)
        await tool.does("/start")
        assert "is on" in await tool.cannot("/start", 409)
        await tool.until_accepted()
        assert await _timeout(tool) == "17"
        await tool.does("/stop")
        await tool.does("/start", empty=True)
        await tool.until_accepted()
        assert await _timeout(tool) == "60"


async def _timeout(tool: Rig) -> str:
    asked = {"component": {"name": "TxCtrlr"}, "variable": {"name": "EVConnectionTimeOut"}}
    answer = await tool.csms.call("GetVariables", {"getVariableData": [asked]})
    return str(answer["getVariableResult"][0]["attributeValue"])


@pytest.mark.parametrize(
    ("plan", "status", "says"),
    [
        ({"identity": ""}, 422, "identity"),
        ({"identity": "A" * 61}, 422, "identity"),
        ({"identity": "X", "url": "ftp://x"}, 422, "url"),
        ({"identity": "X", "url": "http://x"}, 409, "no OCPP-J endpoint"),
        ({"identity": "X", "version": "1.6", "transport": "soap"}, 409, "no endpoint of OCPP-S"),
        ({"identity": "X", "url": "http://x", "transport": "soap"}, 409, "not spoken by SOAP"),
        ({"identity": "X", "version": "1.7"}, 422, "version"),
        ({"identity": "X", "layout": "shed"}, 409, "no station layout"),
        ({"identity": "X", "layout": "wallbox-11", "evses": CONNECTORS}, 409, "not both"),
        ({"identity": "X", "evses": [{"powerW": 100_000}]}, 409, "A a phase"),
        ({"identity": "X", "variables": {"No.Such": "1"}}, 409, "no variable"),
        ({"identity": "CS-1"}, 409, "already"),
        ({"identity": "X", "colour": "red"}, 422, "colour means nothing"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_with_a_sentence(plan: dict[str, Any], status: int, says: str) -> None:
    async with rig() as tool:
        await tool.make()
        answer = await tool.http.post("/stations", json={"url": tool.csms.url} | plan)
        assert answer.status_code == status, answer.text
        assert says in answer.json()["what"]
        assert len((await tool.http.get("/stations")).json()) == 1


# --- what is done there -------------------------------------------------------------------------------------------------


async def test_charging_is_one_call_and_ends_for_the_reason_told() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/charge", idToken="04A2B3C4", type="ISO14443", soc=20)
        await eventually(
            lambda: any(
                one.get("transactionInfo", {}).get("chargingState") == "Charging"
                for one in tool.csms.of("TransactionEvent")
            )
        )
        await tool.does("/transaction/stop", reason="SOCLimitReached")
        ended = await _ended(tool)
        assert ended["transactionInfo"]["stoppedReason"] == "SOCLimitReached"
        assert "no transaction" in await tool.cannot("/transaction/stop", 409)


async def _ended(tool: Rig) -> dict[str, Any]:
    def last() -> Any:
        return next((one for one in tool.csms.of("TransactionEvent") if one["eventType"] == "Ended"), None)

    await eventually(last)
    return dict(last())


async def test_a_vehicle_suspends_and_goes_on() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/charge", idToken="04A2B3C4")

        def state() -> Any:
            states = [one["transactionInfo"].get("chargingState") for one in tool.csms.of("TransactionEvent")]
            return states[-1] if states else None

        await eventually(lambda: state() == "Charging")
        await tool.does("/vehicle/suspend")
        await eventually(lambda: state() == "SuspendedEV")
        await tool.does("/vehicle/resume")
        await eventually(lambda: state() == "Charging")


async def test_a_vehicle_that_never_gets_ready() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/plug")
        await tool.does("/vehicle/not-ready")
        vehicle = tool.host.hosted("CS-1").vehicle(1)
        await eventually(lambda: not vehicle.requests_power)  # it may have been ready before it was told not to be
        await tool.does("/tap", idToken="04A2B3C4")
        await tool.csms.until_heard("TransactionEvent", 2)
        states = [one["transactionInfo"].get("chargingState") for one in tool.csms.of("TransactionEvent")]
        assert "Charging" not in states


async def test_a_vehicle_that_is_plugged_in_unready_charges_when_it_is_resumed() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/plug", ready=False)
        await tool.does("/tap", idToken="04A2B3C4")
        await tool.csms.until_heard("TransactionEvent", 2)

        def states() -> list[str | None]:
            return [one["transactionInfo"].get("chargingState") for one in tool.csms.of("TransactionEvent")]

        assert "Charging" not in states()
        await tool.does("/vehicle/resume")
        await eventually(lambda: "Charging" in states())


async def test_a_vehicle_charges_by_its_contract() -> None:
    since = datetime(2020, 1, 1, tzinfo=UTC)
    root = Signer.root("MO", since=since)
    sub = root.under("MO sub", since=since)
    contract = sub.issue("NLTNMC0000001X1", key("car").public_key(), since=since, days=3650)
    async with rig() as tool:
        await tool.make(variables=QUICK | {"ISO15118Ctrlr.PnCEnabled": "true"})
        await tool.until_accepted()
        installs = {"certificateType": "MORootCertificate", "certificate": pem(root.certificate)}
        assert (await tool.csms.call("InstallCertificate", installs))["status"] == "Accepted"
        await tool.does("/plug")
        await tool.does("/vehicle/contract", chain=pem(contract, sub.certificate))
        (asked,) = await tool.csms.until_heard("Authorize")
        assert asked["idToken"] == {"idToken": "NLTNMC0000001X1", "type": "eMAID"}
        assert len(asked["iso15118CertificateHashData"]) == 2

        def states() -> list[str | None]:
            return [one["transactionInfo"].get("chargingState") for one in tool.csms.of("TransactionEvent")]

        await eventually(lambda: "Charging" in states())


@pytest.mark.req("M01.FR.01", "M02.FR.01")
@pytest.mark.parametrize(("action", "status"), [("Install", "Accepted"), ("Update", "Accepted"), ("Install", "Failed")])
async def test_a_vehicle_asks_for_its_contract_and_goes_on_by_it_if_it_gets_one(action: str, status: str) -> None:
    since = datetime(2020, 1, 1, tzinfo=UTC)
    root = Signer.root("MO", since=since)
    contract = root.issue("NLTNMC0000001X1", key("car").public_key(), since=since, days=3650)
    async with rig() as tool:
        tool.csms.reply = lambda asked, payload: (
            {"status": status, "exiResponse": "gA=="} if asked == "Get15118EVCertificate" else accepting(asked, payload)
        )
        await tool.make(variables=QUICK | {"ISO15118Ctrlr.PnCEnabled": "true"})
        await tool.until_accepted()
        installs = {"certificateType": "MORootCertificate", "certificate": pem(root.certificate)}
        assert (await tool.csms.call("InstallCertificate", installs))["status"] == "Accepted"
        assert "vehicle" in await tool.cannot("/vehicle/certificate", 409, action=action)
        await tool.does("/plug")
        await tool.does("/vehicle/certificate", action=action, chain=pem(contract), exiRequest="gBA=")
        (asked,) = await tool.csms.until_heard("Get15118EVCertificate")
        assert (asked["action"], asked["exiRequest"]) == (action, "gBA=")
        if status == "Accepted":
            (shown,) = await tool.csms.until_heard("Authorize")
            assert shown["idToken"] == {"idToken": "NLTNMC0000001X1", "type": "eMAID"}
        else:
            await tool.does("/tap", idToken="04A2B3C4")
            (shown,) = await tool.csms.until_heard("Authorize")
            assert shown["idToken"]["type"] == "ISO14443", "nobody was asked about by a contract before"


@pytest.mark.req("M01.FR.03", "M01.FR.06", versions=("2.1",))
async def test_a_vehicle_of_15118_20_asks_for_all_its_contracts_and_shows_one_after_the_last() -> None:
    schema, since = "urn:iso:std:iso:15118:-20:CommonMessages", datetime(2020, 1, 1, tzinfo=UTC)
    root = Signer.root("MO", since=since)
    contract = root.issue("NLTNMC0000001X1", key("car").public_key(), since=since, days=3650)
    async with rig("2.1") as tool:

        def reply(asked: str, payload: Any) -> Any:
            if asked != "Get15118EVCertificate":
                return accepting(asked, payload)
            left = 2 - len(tool.csms.of(asked))
            return {"status": "Accepted", "exiResponse": "gA==", "remainingContracts": left}

        tool.csms.reply = reply
        await tool.make(variables=QUICK | {"ISO15118Ctrlr.PnCEnabled": "true"})
        await tool.until_accepted()
        installs = {"certificateType": "MORootCertificate", "certificate": pem(root.certificate)}
        assert (await tool.csms.call("InstallCertificate", installs))["status"] == "Accepted"
        await tool.does("/plug")
        assert "how many" in await tool.cannot("/vehicle/certificate", 409, schemaVersion=schema)
        wishes = {"maximumContractCertificateChains": 2, "prioritizedEMAIDs": ["NLTNMC0000001X1"]}
        await tool.does("/vehicle/certificate", schemaVersion=schema, chain=pem(contract), **wishes)
        asked = await tool.csms.until_heard("Get15118EVCertificate", 2)
        assert [{name: one[name] for name in wishes} for one in asked] == [wishes] * 2
        await tool.csms.until_heard("Authorize")
        heard = [one.action for one in tool.csms.heard if one.action in ("Get15118EVCertificate", "Authorize")]
        assert heard == ["Get15118EVCertificate"] * 2 + ["Authorize"]


async def test_a_vehicle_ends_its_session() -> None:
    async with rig() as tool:
        await tool.make(variables={"TxCtrlr.TxStopPoint": "Authorized"})
        await tool.until_accepted()
        await tool.does("/charge", idToken="04A2B3C4")
        await tool.csms.until_heard("TransactionEvent", 2)
        await tool.does("/vehicle/terminate")
        ended = await eventually(
            lambda: next((one for one in tool.csms.of("TransactionEvent") if one["eventType"] == "Ended"), None)
        )
        assert ended["triggerReason"] == "StopAuthorized"
        assert ended["transactionInfo"]["stoppedReason"] == "StoppedByEV"


async def test_a_plan_says_how_long_an_answer_may_take_and_which_meter_signs() -> None:
    async with rig() as tool:
        await tool.make(messageTimeout=7, evses=[{"signingMeter": True}])
        await tool.until_accepted()
        timeout = {
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "MessageTimeout", "instance": "Default"},
        }
        read = await tool.csms.call("GetVariables", {"getVariableData": [timeout]})
        assert read["getVariableResult"][0]["attributeValue"] == "7"
        points = {
            "component": {"name": "TxCtrlr"},
            "variable": {"name": "TxStartPoint"},
            "attributeValue": "DataSigned",
        }
        written = await tool.csms.call("SetVariables", {"setVariableData": [points]})
        assert written["setVariableResult"][0]["attributeStatus"] == "Accepted"


async def test_a_vehicle_that_is_not_there_cannot_suspend() -> None:
    async with rig() as tool:
        await tool.make()
        assert "no vehicle" in await tool.cannot("/vehicle/suspend", 409)


async def test_a_reboot_is_a_new_boot_and_ends_what_ran() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/charge", idToken="04A2B3C4")
        await tool.csms.until_heard("TransactionEvent")
        await tool.does("/reboot")
        boots = await tool.csms.until_heard("BootNotification", 2)
        assert boots[1]["reason"] == "PowerUp"
        assert (await _ended(tool))["transactionInfo"]["stoppedReason"] == "PowerLoss"


async def test_a_clock_aligned_moment_is_whenever_somebody_says_so() -> None:
    async with rig() as tool:
        await tool.make(variables=QUICK | {"AlignedDataCtrlr.Measurands": "Energy.Active.Import.Register"})
        await tool.until_accepted()
        await tool.does("/clock-aligned")
        (values,) = await tool.csms.until_heard("MeterValues")
        assert values["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"


async def test_tokens_that_are_known_before_charge_without_a_line() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/cache", entries=[{"idToken": "CACHED"}])
        await tool.does(
            "/local-list", version=3, entries=[{"idToken": "LISTED"}, {"idToken": "BLOCKED", "status": "Blocked"}]
        )
        assert (await tool.csms.call("GetLocalListVersion", {})) == {"versionNumber": 3}
        await tool.does("/line/cut")
        for token, charges in (("BLOCKED", False), ("CACHED", True)):
            await tool.does("/plug")
            state = await tool.does("/tap", idToken=token)
            assert (state["evses"][0]["idToken"] == token) is charges
            if not charges:
                await tool.does("/unplug")


@pytest.mark.parametrize(
    ("version", "name", "key"), [("2.0.1", "SecurityCtrlr.SecurityProfile", None), ("1.6", None, "SecurityProfile")]
)
async def test_what_the_csms_may_only_read_is_written_from_inside(
    version: str, name: str | None, key: str | None
) -> None:
    async with rig(version) as tool:
        await tool.make()
        await tool.until_accepted()
        body = {"name": name} if name else {"key": key}
        await tool.does("/variable", value="1", **body)
        if version == "1.6":
            answer = await tool.csms.call("GetConfiguration", {"key": ["SecurityProfile"]})
            assert answer["configurationKey"][0]["value"] == "1"
        else:
            asked = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "SecurityProfile"}}
            answer = await tool.csms.call("GetVariables", {"getVariableData": [asked]})
            assert answer["getVariableResult"][0]["attributeValue"] == "1"
        assert "no variable" in await tool.cannot("/variable", 409, name="No.Such", value="1")
        assert "cannot be" in await tool.cannot("/variable", 409, name="TxCtrlr.EVConnectionTimeOut", value="soon")
        assert "Exactly one" in await tool.cannot("/variable", 409, value="1")


async def test_any_call_goes_out_and_its_answer_comes_back() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        data = {"vendorId": "Volta", "data": "hello"}
        tool.csms.reply = lambda action, payload: (
            {"status": "Accepted", "data": payload} if action == "DataTransfer" else accepting(action, payload)
        )
        assert await tool.does("/call", action="DataTransfer", payload=data) == {
            "result": {"status": "Accepted", "data": data},
            "error": None,
        }
        tool.csms.reply = lambda action, payload: (
            Error("NotSupported", "never heard of it") if action == "Bogus" else accepting(action, payload)
        )
        told = await tool.does("/call", action="Bogus", payload={"x": 1}, force=True)
        assert told == {
            "result": None,
            "error": {"code": "NotSupported", "description": "never heard of it", "details": {}},
        }
        assert "Bogus" in await tool.cannot("/call", 409, action="Bogus")
        await tool.does("/line/cut")
        assert "line" in await tool.cannot("/call", 409, action="Heartbeat")


async def test_a_refused_station_is_back_as_soon_as_it_is_let_in() -> None:
    async with rig() as tool:
        tool.csms.refuse = 503
        await tool.make(variables={})
        await eventually(lambda: tool.csms.attempts >= 3)
        tool.csms.refuse = None
        await tool.until_accepted()
        asked = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "RetryBackOffRepeatTimes"}}
        told = await tool.csms.call("GetVariables", {"getVariableData": [asked]})
        assert told["getVariableResult"][0]["attributeValue"] == "0"  # it never waits longer than at first


@pytest.mark.parametrize("keep", [True, False])
async def test_a_reboot_keeps_transactions_or_not_as_told(keep: bool) -> None:
    async with rig("2.1") as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/charge", idToken="04A2B3C4")
        await tool.csms.until_heard("TransactionEvent", 2)
        before = (await tool.status())["evses"][0]["transactionId"]
        await tool.does("/reboot", keepTransactions=keep)
        await tool.csms.until_heard("BootNotification", 2)
        await tool.until_accepted()
        if keep:
            assert (await tool.status())["evses"][0]["transactionId"] == before
            told = tool.csms.of
            await eventually(lambda: "TxResumed" in {one["triggerReason"] for one in told("TransactionEvent")})
        else:
            assert (await _ended(tool))["transactionInfo"]["transactionId"] == before
            assert (await tool.status())["evses"][0]["transactionId"] is None


async def test_a_drivers_limit_ends_the_energy() -> None:
    async with rig("2.1") as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/charge", idToken="04A2B3C4")
        await tool.csms.until_heard("TransactionEvent", 2)
        await tool.does("/limit", maxEnergy=300)
        await eventually(
            lambda: any(one["triggerReason"] == "EnergyLimitReached" for one in tool.csms.of("TransactionEvent"))
        )


async def test_security_incidents_are_told_and_the_log_is_cleared() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/security/incident", type="TamperDetectionActivated", info="the door")
        await tool.does("/security/clear-log")

        def told() -> set[str]:
            return {one["type"] for one in tool.csms.of("SecurityEventNotification")}

        await eventually(lambda: {"TamperDetectionActivated", "SecurityLogWasCleared"} <= told())


async def test_without_any_carrier_there_is_no_line() -> None:
    async with rig() as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/line/carriers", ethernet=False, cellular=False)

        async def up() -> bool:
            return bool((await tool.status())["line"]["up"])

        async def down() -> bool:
            return not await up()

        await eventually(down)
        await tool.does("/line/carriers", ethernet=True)
        await eventually(up)


async def test_a_payment_is_settled_and_a_vat_number_entered() -> None:
    async with rig("2.1") as tool:
        await tool.make()
        await tool.until_accepted()
        await tool.does("/payment", pspRef="P-1", amount=12.5)
        (told,) = await tool.csms.until_heard("NotifySettlement")
        assert (told["pspRef"], told["status"], told["settlementAmount"]) == ("P-1", "Settled", 12.5)
        await tool.does("/vat-number", vatNumber="DE123456789", evse=1)
        (asked,) = await tool.csms.until_heard("VatNumberValidation")
        assert asked["vatNumber"] == "DE123456789"
