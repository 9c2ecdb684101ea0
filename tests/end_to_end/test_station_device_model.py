"""Our station's device model as our CSMS reads and sets it over a real socket: 1.6 keys, local time, and a value that is refused."""

from __future__ import annotations

import asyncio
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.every_action import client_of
from tests.support.scripted_csms import scripted_csms
from tests.support.station_lab import lab, open_csms


async def _command(api: httpx.AsyncClient, verb: str, body: dict[str, Any]) -> list[Any]:
    answer = await api.post(f"/stations/CS001/commands/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    (results,) = answer.json().values()
    return list(results)


async def test_all_keys_of_a_charge_point_and_one_that_only_it_may_write() -> None:
    """GetConfiguration without a key; the choices of an installer show, and are no keys."""
    async with (
        open_csms(no_auth=True) as csms,
        client_of(csms) as api,
        lab(csms.urls.ocpp, "1.6", variables={"InstallerCtrlr.IntegersForBooleanKeys": "true"}) as own,
    ):
        await own.until_accepted()
        told = {one["key"] or one["variable"]["name"]: one for one in await _command(api, "get-variables", {})}
        profiles = {"component": {"name": ""}, "variable": {"name": "SupportedFeatureProfiles"}}
        (refused,) = await _command(api, "set-variables", {"setVariableData": [profiles | {"attributeValue": "Core"}]})
        findings = (await api.get("/findings", params={"station": "CS001"})).json()
    assert told["NumberOfConnectors"]["readOnly"] is True
    assert told["LocalPreAuthorize"]["attributeValue"] == "0"
    assert told["HeartbeatInterval"]["readOnly"] is False
    assert told["SupportedFeatureProfiles"]["attributeValue"].startswith("Core,")
    assert not [name for name in told if "Installer" in name]
    assert refused["attributeStatus"] == "Rejected"
    assert findings == []


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_time_zone_is_set_and_one_that_is_none_is_refused(version: str) -> None:
    """Set, and read back; a zone that nobody knows changes nothing."""
    async with (
        open_csms(no_auth=True) as csms,
        client_of(csms) as api,
        lab(csms.urls.ocpp, version) as own,
    ):
        await own.until_accepted()
        zone = {"component": {"name": "ClockCtrlr"}, "variable": {"name": "TimeZone"}}
        wanted = [zone | {"attributeValue": value} for value in ("Europe/Oslo", "Europe/Atlantis")]
        statuses = [
            (await _command(api, "set-variables", {"setVariableData": [one]}))[0]["attributeStatus"] for one in wanted
        ]
        (read,) = await _command(api, "get-variables", {"getVariableData": [zone]})
    assert statuses == ["Accepted", "Rejected"]
    assert (read["attributeStatus"], read["attributeValue"]) == ("Accepted", "Europe/Oslo")


POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}


async def test_a_target_is_set_followed_and_watched_and_what_is_refused_says_why() -> None:
    """As 2.1 has it on the wire: statusInfo with the standard's codes, an alert around the target, and less offered to the vehicle."""
    async with scripted_csms("2.1") as csms, lab(csms.url, "2.1") as own:
        await own.charge()
        wanted = [("Target", "6900"), ("Target", "99999"), ("Actual", "1")]
        data = [POWER | {"attributeType": kind, "attributeValue": value} for kind, value in wanted]
        answers = [
            (await csms.call("SetVariables", {"setVariableData": [one]}))["setVariableResult"][0] for one in data
        ]
        told = [(one["attributeStatus"], one.get("attributeStatusInfo", {}).get("reasonCode")) for one in answers]
        assert told == [("Accepted", None), ("Rejected", "ValueOutOfRange"), ("Rejected", "ReadOnly")]
        await own.until(lambda: 0 < own.station.hardware.meter(1).power_w <= 6900, "no more than was wanted")
        monitor = POWER | {"type": "TargetDelta", "value": 500, "severity": 4}
        (set_,) = (await csms.call("SetVariableMonitoring", {"setMonitoringData": [monitor]}))["setMonitoringResult"]
        assert set_["status"] == "Accepted"
        own.tap()
        await csms.until_heard("NotifyEvent")
        events = [event for one in csms.of("NotifyEvent") for event in one["eventData"]]
        assert [event["trigger"] for event in events if event.get("variableMonitoringId") == set_["id"]] == ["Alerting"]
        refused = await csms.call("RequestStopTransaction", {"transactionId": "none"})
        assert refused == {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}


class _Ntp(asyncio.DatagramProtocol):
    """A server whose clock is three hours ahead."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        ahead = datetime.now(UTC) + timedelta(hours=3) - datetime(1900, 1, 1, tzinfo=UTC)
        stamp = (int(ahead.total_seconds()) % 2**32, 0)
        words = (*struct.unpack(">2I", data[40:48]), *stamp, *stamp)
        self.transport.sendto(struct.pack(">BBbb11I", 0x24, 1, 6, -20, *([0] * 5), *words), addr)


async def test_the_clock_is_set_by_a_server_and_not_by_the_csms() -> None:
    """The CSMS tells another time all along; the station goes by the server it was given, and says so."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(_Ntp, local_addr=("127.0.0.1", 0))
    clock = {"component": {"name": "ClockCtrlr"}}
    try:
        async with scripted_csms() as csms, lab(csms.url) as own:
            await own.until_accepted()
            places = (
                ({"name": "NtpServerUri", "instance": "1"}, "{}:{}".format(*transport.get_extra_info("sockname"))),
            )
            for variable, value in (*places, ({"name": "TimeSource"}, "NTP,Heartbeat")):
                data = clock | {"variable": variable, "attributeValue": value}
                (result,) = (await csms.call("SetVariables", {"setVariableData": [data]}))["setVariableResult"]
                assert result["attributeStatus"] == "Accepted"
            asked = {"getVariableData": [clock | {"variable": {"name": "DateTime"}}]}

            async def off() -> timedelta:
                (told,) = (await csms.call("GetVariables", asked))["getVariableResult"]
                now = datetime.fromisoformat(told["attributeValue"])
                return abs(now - datetime.now(UTC) - timedelta(hours=3))

            await eventually(lambda: own.station.core._station.offset > timedelta(hours=2), what="the server's time")
            assert await off() < timedelta(seconds=5)
            events = [one["type"] for one in csms.of("SecurityEventNotification")]
            assert "SettingSystemTime" in events
    finally:
        transport.close()
