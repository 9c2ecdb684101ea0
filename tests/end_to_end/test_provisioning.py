"""Provisioning over real sockets: the device model, templates, boots, network profiles, and a higher security profile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotwire.csms.api.access import digest_of
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import ApiKey, PutApiKey, Scope
from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.raw_station import RawStation, settings, station

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
INTERVAL = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
DEVICE_MODEL = "/stations/CS001/device-model"


@dataclass(frozen=True)
class Side:
    """A CSMS and its API."""

    csms: Csms
    api: httpx.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        """A resource."""
        answer = await self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, method: str, path: str, body: Any, status: int = 200) -> Any:
        """The answer to a request."""
        answer = await self.api.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def command(self, verb: str, body: Any, name: str = "CS001") -> Any:
        """The answer to a command."""
        return await self.send("POST", f"/stations/{name}/commands/{verb}", body)

    async def values(self, name: str = "CS001", **query: Any) -> dict[str, Any]:
        """What is known of a station's variables: their actual values by name."""
        model = await self.get(f"/stations/{name}/device-model", **query)
        return {each["variable"]["name"]: each["variableAttribute"][0]["value"] for each in model["items"]}

    async def findings(self, name: str = "CS001") -> list[str]:
        """The rules of a station's findings."""
        return [each["rule"] for each in await self.get("/findings", station=name)]


@asynccontextmanager
async def _side(**more: Any) -> AsyncIterator[Side]:
    async with Csms(settings(no_auth=True, **more)) as csms, client_of(csms) as api:
        yield Side(csms, api)


def _reported(name: str, value: str, **attribute: Any) -> Any:
    return {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": name},
        "variableAttribute": [{"value": value} | attribute],
    }


async def _report(line: RawStation, request_id: int, number: int, data: list[Any], *, more: bool = False) -> None:
    payload = {"requestId": request_id, "seqNo": number, "generatedAt": "2026-01-31T12:00:00Z", "reportData": data}
    assert await line.ask("NotifyReport", payload | ({"tbc": True} if more else {})) == {}


# --- the device model ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [V201, V21])
@pytest.mark.req("B07.FR.10")
async def test_a_full_inventory_replaces_what_was_known(version: str) -> None:
    """What the newest full inventory does not have vanishes once it is whole, and not before; other reports only update."""
    async with _side() as side, station(side.csms, version=version) as line:
        await line.boot()
        await _report(line, 1, 0, [_reported("Gone", "1"), _reported("Kept", "1")])
        running = asyncio.create_task(side.command("get-base-report", {"reportBase": "FullInventory"}))
        number = (await line.answer({"status": "Accepted"}))[3]["requestId"]
        await _report(line, number, 0, [_reported("Kept", "2")], more=True)
        assert await side.values() == {"Gone": "1", "Kept": "2"}
        await _report(line, 99, 0, [_reported("Kept", "3")])  # another report comes in between
        await _report(line, number, 1, [_reported("New", "1")])
        assert (await running)["status"] == "Accepted"
        assert await side.values() == {"Kept": "3", "New": "1"}


async def test_an_inventory_asked_for_by_pass_through_counts_as_one() -> None:
    """Whoever asks: the parts are known by the number of the request."""
    async with _side() as side, station(side.csms, version=V201) as line:
        await line.boot()
        await _report(line, 1, 0, [_reported("Gone", "1")])
        body = {"requestId": 5, "reportBase": "FullInventory"}
        running = asyncio.create_task(side.send("POST", "/stations/CS001/calls/GetBaseReport", body))
        await line.answer({"status": "Accepted"})
        await running
        await _report(line, 5, 0, [_reported("New", "1")])
        assert await side.values() == {"New": "1"}


async def test_answers_and_settings_are_known() -> None:
    """GetVariables and SetVariables leave their values; a password never, and a value for after a reboot is shown as such."""
    async with _side() as side, station(side.csms, version=V201) as line:
        await line.boot()
        password = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
        wanted = {"setVariableData": [INTERVAL | {"attributeValue": "60"}, password | {"attributeValue": "x" * 20}]}
        running = asyncio.create_task(side.command("set-variables", wanted))
        told = [INTERVAL | {"attributeStatus": "RebootRequired"}, password | {"attributeStatus": "Accepted"}]
        await line.answer({"setVariableResult": told})
        await running
        model = await side.get(DEVICE_MODEL, component="ocppcommctrlr", variable="heartbeatinterval")
        (attribute,) = model["items"][0]["variableAttribute"]
        assert (attribute["value"], attribute["afterReboot"]) == (None, "60")
        assert (await side.values())["BasicAuthPassword"] is None
        running = asyncio.create_task(side.command("get-variables", {"getVariableData": [INTERVAL]}))
        await line.answer({"getVariableResult": [INTERVAL | {"attributeStatus": "Accepted", "attributeValue": "60"}]})
        await running
        assert (await side.values(variable="HeartbeatInterval")) == {"HeartbeatInterval": "60"}


@pytest.mark.req("1.6:5.8")
async def test_keys_of_16_are_variables_and_keep_their_names() -> None:
    """GetConfiguration fills the device model; pages follow one another."""
    async with _side() as side, station(side.csms, version=V16) as line:
        await line.boot()
        running = asyncio.create_task(side.command("get-variables", {}))
        keys = [
            {"key": "heartbeatInterval", "readonly": False, "value": "300"},
            {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        ]
        assert (await line.answer({"configurationKey": keys}))[2] == "GetConfiguration"
        await running
        first = await side.get(DEVICE_MODEL, limit=1)
        second = await side.get(DEVICE_MODEL, limit=1, after=first["nextCursor"])
        own, mapped = first["items"][0], second["items"][0]
        assert (own["component"]["name"], own["variable"]["name"], own["key"]) == ("", "NumberOfConnectors", None)
        assert own["variableAttribute"][0]["mutability"] == "ReadOnly"
        assert (mapped["component"]["name"], mapped["key"]) == ("OCPPCommCtrlr", "heartbeatInterval")


@pytest.mark.req("B05.FR.11", "B06.FR.05")
async def test_long_lists_go_in_batches() -> None:
    """As many entries in a message as the station says; the results are in the order asked."""
    limit = {
        "component": {"name": "DeviceDataCtrlr"},
        "variable": {"name": "ItemsPerMessage", "instance": "GetVariables"},
        "variableAttribute": [{"value": "2"}],
    }
    asked = [{"component": {"name": "A"}, "variable": {"name": f"V{n}"}} for n in range(5)]
    async with _side() as side, station(side.csms, version=V201) as line:
        await line.boot()
        await _report(line, 1, 0, [limit])
        running = asyncio.create_task(side.command("get-variables", {"getVariableData": asked}))
        sizes = []
        for _ in range(3):
            call = await line.hear()
            data = call[3]["getVariableData"]
            sizes.append(len(data))
            results = [
                each | {"attributeStatus": "Accepted", "attributeValue": each["variable"]["name"]} for each in data
            ]
            await line.say([3, call[1], {"getVariableResult": list(reversed(results))}])
        told = (await running)["getVariableResult"]
        assert sizes == [2, 2, 1]
        assert [each["attributeValue"] for each in told] == ["V0", "V1", "V2", "V3", "V4"]


async def test_differences_of_two_stations_and_of_templates() -> None:
    """What one has and the other has not."""
    async with _side() as side:
        for name, value in (("CS001", "1"), ("CS002", "2")):
            async with station(side.csms, name, V201) as line:
                await line.boot()
                await _report(line, 1, 0, [_reported("Same", "True"), _reported("Other", value), _reported(name, "x")])
        found = (await side.get(DEVICE_MODEL + "/differences", **{"with": "CS002"}))["items"]
        shown = {(each["variable"]["name"], each["kind"], each["value"], each["other"]) for each in found}
        assert shown == {
            ("Other", "Different", "1", "2"),
            ("CS001", "OnlyHere", "x", None),
            ("CS002", "OnlyThere", None, "x"),
        }
        variable = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "Same"}, "attributeValue": "true"}
        await side.send("PUT", "/templates/t", {"variables": [variable, variable | {"variable": {"name": "Other"}}]})
        found = (await side.get(DEVICE_MODEL + "/differences"))["items"]
        assert [(each["variable"]["name"], each["template"]) for each in found] == [("Other", "t")]
        drifted = (await side.get("/templates/t/drift"))["items"]
        assert [each["station"] for each in drifted] == ["CS001", "CS002"]


# --- templates ------------------------------------------------------------------------------------------------------------------

TEMPLATE = {
    "variables": [INTERVAL | {"attributeValue": "120"}],
    "keys": [{"key": "BlinkRepeat", "value": "3"}],
}


async def _finished(side: Side, run_id: str) -> Any:
    async def over() -> Any:
        run = await side.get(f"/template-runs/{run_id}")
        return run if run["finishedAt"] else None

    return await eventually(over)


async def test_a_template_goes_to_all_it_covers() -> None:
    """Each station in its own version's words; what a version cannot say is told and keeps nothing else back."""
    async with (
        _side() as side,
        station(side.csms, "CS001", V16) as old,
        station(side.csms, "CS002", V201) as new,
        station(side.csms, "CS003", V201) as other,
    ):
        for line in (old, new, other):
            await line.boot()
        match = {"stations": ["CS001", "CS002"]}
        await side.send("PUT", "/templates/t", TEMPLATE | {"match": match})
        run = await side.send("POST", "/templates/t/apply", {"concurrency": 2}, 202)
        assert (await old.answer({"status": "Accepted"}))[2:] == [
            "ChangeConfiguration",
            {"key": "HeartbeatInterval", "value": "120"},
        ]
        assert (await old.answer({"status": "Accepted"}))[3] == {"key": "BlinkRepeat", "value": "3"}
        await new.answer({"setVariableResult": [INTERVAL | {"attributeStatus": "Accepted"}]})
        over = await _finished(side, run["id"])
        assert over["states"] == {"Done": 1, "Failed": 1}
        first, second = (await side.get(f"/template-runs/{run['id']}/stations"))["items"]
        assert [each["status"] for each in first["results"]] == ["Accepted", "Accepted"]
        assert [each["status"] for each in second["results"]] == ["Accepted", "NotSayable"]
        assert "provisioning:template-not-applied" in await side.findings("CS002")
        assert await side.findings("CS003") == []
        assert await side.values("CS002") == {"HeartbeatInterval": "120"}


async def test_a_run_survives_a_restart(tmp_path: Path) -> None:
    """A station that was not there is configured by the CSMS that comes after."""
    database = f"sqlite:///{tmp_path / 'pilotwire.db'}"
    async with _side(database=database) as side:
        await side.send("PUT", "/templates/t", {"variables": TEMPLATE["variables"]})
        body = {"stations": ["CS001"], "waitSeconds": 600}
        run = await side.send("POST", "/templates/t/apply", body, 202)
    async with _side(database=database) as side, station(side.csms, version=V201) as line:
        await line.boot()
        await line.answer({"setVariableResult": [INTERVAL | {"attributeStatus": "Accepted"}]})
        assert (await _finished(side, run["id"]))["states"] == {"Done": 1}


async def test_a_run_that_waits_for_nobody_fails_at_once() -> None:
    """A station that is not connected is told as such."""
    async with _side() as side:
        await side.send("PUT", "/templates/t", {"variables": TEMPLATE["variables"]})
        run = await side.send("POST", "/templates/t/apply", {"stations": ["CS001"]}, 202)
        assert (await _finished(side, run["id"]))["states"] == {"Failed": 1}
        (told,) = (await side.get(f"/template-runs/{run['id']}/stations"))["items"]
        assert "not connected" in told["what"]


# --- boots ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("B02.FR.01")
@pytest.mark.parametrize("version", [V201, V21])
async def test_a_station_is_pending_until_it_is_configured(version: str) -> None:
    """Pending, then its settings, then a trigger to boot, then Accepted."""
    async with _side() as side, station(side.csms, version=version) as line:
        body = {"variables": TEMPLATE["variables"], "beforeAccepted": True, "retryInterval": 7, "heartbeatInterval": 44}
        await side.send("PUT", "/templates/t", body)
        answer = await line.boot()
        assert (answer["status"], answer["interval"]) == ("Pending", 7)
        assert (await side.get("/stations/CS001/boot-policy"))["held"]["templates"] == ["t"]
        await line.answer({"setVariableResult": [INTERVAL | {"attributeStatus": "Accepted"}]})
        trigger = await line.answer({"status": "Accepted"})
        assert trigger[2:] == ["TriggerMessage", {"requestedMessage": "BootNotification"}]
        answer = await line.boot()
        assert (answer["status"], answer["interval"]) == ("Accepted", 44)
        assert (await side.get("/stations/CS001/boot-policy"))["held"] is None
        assert [each["cause"] for each in (await side.get("/template-runs"))["items"]] == ["Boot"]


async def test_a_station_that_cannot_be_configured_stays_pending() -> None:
    """A finding says why; it is tried again at the next boot."""
    async with _side() as side, station(side.csms, version=V16) as line:
        await side.send("PUT", "/templates/t", {"keys": TEMPLATE["keys"], "beforeAccepted": True})
        assert (await line.boot())["status"] == "Pending"
        await line.answer({"status": "Rejected"})

        async def told() -> bool:
            return "provisioning:template-not-applied" in await side.findings()

        assert await eventually(told)
        (run,) = (await side.get("/template-runs"))["items"]
        await _finished(side, run["id"])
        assert (await line.boot())["status"] == "Pending"
        await line.answer({"status": "Accepted"})
        assert (await line.answer({"status": "NotImplemented"}))[2] == "TriggerMessage"
        assert (await line.boot())["status"] == "Accepted"


async def test_a_station_has_intervals_of_its_own() -> None:
    """They come before those of its templates, and those before the ones of all."""
    async with _side() as side, station(side.csms, version=V16) as line:
        assert (await line.boot())["interval"] == 300
        await side.send("PUT", "/templates/t", {"match": {"vendor": "vol*"}, "heartbeatInterval": 50})
        assert (await line.boot())["interval"] == 50
        await side.send("PUT", "/stations/CS001/boot-policy", {"heartbeatInterval": 20})
        assert (await line.boot())["interval"] == 20


# --- network profiles and security profiles -----------------------------------------------------------------------------------

NETWORK = {"ocppCsmsUrl": "wss://csms.example.com/ocpp", "securityProfile": 2}


@pytest.mark.req("B09.FR.01")
async def test_network_profiles_are_kept_without_secrets() -> None:
    """What the station took is there, slot by slot."""
    async with _side() as side, station(side.csms, version=V21) as line:
        await line.boot()
        data = NETWORK | {"basicAuthPassword": "very-secret-0123456"}
        body = {"configurationSlot": 3, "connectionData": data}
        running = asyncio.create_task(side.command("set-network-profile", body))
        await line.answer({"status": "Accepted"})
        assert (await running)["status"] == "Accepted"
        listed = await side.api.get("/stations/CS001/network-profiles")
        assert "very-secret" not in listed.text
        (kept,) = listed.json()["items"]
        assert (kept["configurationSlot"], kept["securityProfile"], kept["status"]) == (3, 2, "Accepted")


async def test_a_profile_that_must_be_refused_is_not_sent() -> None:
    """A lower security profile than it has, a URL that does not go with it, a slot it has not."""
    async with _side() as side, station(side.csms, version=V201) as line:
        await line.boot()
        security = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "SecurityProfile"}}
        priority = _reported("NetworkConfigurationPriority", "0,1") | {
            "variableCharacteristics": {"dataType": "SequenceList", "supportsMonitoring": False, "valuesList": "0,1"}
        }
        await _report(line, 1, 0, [security | {"variableAttribute": [{"value": "2"}]}, priority])
        for slot, url, profile, said in (
            (1, "ws://csms.example.com", 1, "B09.FR.04"),
            (1, "ws://csms.example.com", 2, "A00"),
            (5, "wss://csms.example.com", 2, "B09.FR.05"),
            (1, "https://csms.example.com", 2, "ws: or wss:"),
        ):
            data = {"ocppCsmsUrl": url, "securityProfile": profile}
            body = {"configurationSlot": slot, "connectionData": data}
            problem = await side.send("POST", "/stations/CS001/commands/set-network-profile", body, 422)
            assert said in problem["detail"], problem
        running = asyncio.create_task(side.command("set-network-configuration-priority", {"slots": [1, 0]}))
        call = await line.hear()
        data = call[3]["setVariableData"][0]
        assert data["attributeValue"] == "1,0"
        del data["attributeValue"]
        await line.say([3, call[1], {"setVariableResult": [data | {"attributeStatus": "RebootRequired"}]}])
        assert (await running)["status"] == "RebootRequired"


async def _answer_variables(line: RawStation, **values: str) -> None:
    """Answer GetVariables with these values."""
    call = await line.hear()
    results = [
        each | {"attributeStatus": "Accepted", "attributeValue": values[each["variable"]["name"]]}
        for each in call[3]["getVariableData"]
    ]
    await line.say([3, call[1], {"getVariableResult": results}])


async def _take_settings(line: RawStation, status: str = "Accepted") -> Any:
    call = await line.hear()
    said = call[3]["setVariableData"]
    kept = [{name: value for name, value in each.items() if name != "attributeValue"} for each in said]
    await line.say([3, call[1], {"setVariableResult": [each | {"attributeStatus": status} for each in kept]}])
    return said[0]["attributeValue"]


async def _upgrade_state(side: Side) -> Any:
    return await side.get("/stations/CS001/security-upgrade")


PASSWORD = "0123456789abcdef"


@pytest.mark.req("A05.FR.07")
async def test_a_security_profile_is_raised_step_by_step() -> None:
    """Profile, order, reset; Done when the station is back with the higher profile; the lower one is refused then."""
    async with Csms(settings()) as csms, client_of(csms) as api:
        side = Side(csms, api)
        await _open_to(csms, api)
        await side.send("PUT", "/stations/CS001", {"registration": "Accepted", "password": PASSWORD}, 201)
        async with station(csms, version=V201, password=PASSWORD) as line:
            await line.boot()
            body = {"securityProfile": 1, "ocppCsmsUrl": "ws://csms.example.com", "resetType": "Immediate"}
            running = asyncio.create_task(side.command("upgrade-security-profile", body))
            await _answer_variables(line, SecurityProfile="0", NetworkConfigurationPriority="0")
            profile = await line.answer({"status": "Accepted"})
            assert (profile[2], profile[3]["configurationSlot"]) == ("SetNetworkProfile", 1)
            assert await _take_settings(line) == "1,0"
            assert (await line.answer({"status": "Accepted"}))[2:] == ["Reset", {"type": "Immediate"}]
            begun = await running
            assert begun["state"] == "Waiting"
            assert [each["result"] for each in begun["steps"]] == ["Accepted", "Accepted", "Accepted"]
        async with station(csms, version=V201, password=PASSWORD) as line:
            await line.boot()

            async def done() -> bool:
                return bool((await _upgrade_state(side))["state"] == "Done")

            assert await eventually(done)
            assert (await side.get("/stations/CS001"))["securityProfile"] == 1


async def _open_to(csms: Csms, api: httpx.AsyncClient) -> None:
    """Give the client a key for everything."""
    key = ApiKey(name="test", digest=digest_of("secret"), scopes=(Scope.ADMIN,), created_at=csms.clock.now())
    await csms.journal.append(PutApiKey(key=key))
    api.headers["Authorization"] = "Bearer secret"


async def test_an_upgrade_the_station_refuses_is_told() -> None:
    """No further step is done, and the order of the slots stays."""
    async with _side() as side, station(side.csms, version=V201) as line:
        await line.boot()
        body = {"securityProfile": 3, "ocppCsmsUrl": "wss://csms.example.com"}
        running = asyncio.create_task(side.command("upgrade-security-profile", body))
        await _answer_variables(line, SecurityProfile="1", NetworkConfigurationPriority="0")
        await line.answer({"status": "Accepted"})
        await _take_settings(line, "Rejected")
        over = await running
        assert (over["state"], over["current"]) == ("Failed", 1)
        assert [each["result"] for each in over["steps"]] == ["NotChecked", "NotChecked", "Accepted", "Rejected"]


async def test_a_station_that_does_not_reset_gets_its_order_back() -> None:
    """The way back is taken at once."""
    async with _side() as side, station(side.csms, version=V21) as line:
        await line.boot()
        body = {"securityProfile": 3, "ocppCsmsUrl": "wss://csms.example.com"}
        running = asyncio.create_task(side.command("upgrade-security-profile", body))
        await _answer_variables(line, SecurityProfile="1", NetworkConfigurationPriority="2,0")
        await line.answer({"status": "Accepted"})
        assert await _take_settings(line) == "1,2,0"
        await line.answer({"status": "Rejected"})
        assert await _take_settings(line) == "2,0"
        assert (await running)["state"] == "Failed"


async def test_a_station_that_does_not_come_back_with_it_is_told() -> None:
    """After its time the upgrade has failed: a finding, and the old order."""
    async with _side() as side, station(side.csms, version=V201) as line:
        await line.boot()
        body = {"securityProfile": 3, "ocppCsmsUrl": "wss://csms.example.com", "patience": 1}
        running = asyncio.create_task(side.command("upgrade-security-profile", body))
        await _answer_variables(line, SecurityProfile="1", NetworkConfigurationPriority="0")
        await line.answer({"status": "Accepted"})
        await _take_settings(line)
        await line.answer({"status": "Scheduled"})
        assert (await running)["state"] == "Waiting"
        assert await _take_settings(line) == "0"

        async def failed() -> bool:
            return bool((await _upgrade_state(side))["state"] == "Failed")

        assert await eventually(failed)
        assert "provisioning:security-upgrade" in await side.findings()


async def test_an_upgrade_in_16_is_one_key() -> None:
    """ChangeConfiguration of SecurityProfile; a lower one is never sent."""
    async with _side() as side, station(side.csms, version=V16) as line:
        await line.boot()
        running = asyncio.create_task(side.command("upgrade-security-profile", {"securityProfile": 3}))
        key = {"key": "SecurityProfile", "readonly": False, "value": "2"}
        await line.answer({"configurationKey": [key]})
        assert (await line.answer({"status": "Accepted"}))[3] == {"key": "SecurityProfile", "value": "3"}
        assert (await running)["state"] == "Waiting"
        path = "/stations/CS001/commands/upgrade-security-profile"
        problem = await side.send("POST", path, {"securityProfile": 1}, 422)
        assert "already" in problem["detail"]
