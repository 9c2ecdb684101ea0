"""Official OCPP 2.0.1 test cases of block B on network profiles and reconnecting, with our station; on 2.1 as well."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilotwire.csms.gateway.lab_certificates import pem_of
from tests.support.eventually import eventually
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.secure_scene import PASSWORD, SecureScene
from tests.support.station_lab import lab

pytestmark = pytest.mark.parametrize("version", ["2.0.1", "2.1"])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> SecureScene:
    return SecureScene(tmp_path_factory.mktemp("pki"))


def _profile(url: str, slot: int = 2, security_profile: int = 0) -> dict[str, Any]:
    data = {
        "messageTimeout": 30,
        "ocppCsmsUrl": url,
        "ocppInterface": "Wired0",
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": security_profile,
    }
    return {"configurationSlot": slot, "connectionData": data}


async def _get(csms: ScriptedCsms, variable: str) -> str:
    data = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": variable}}
    value: str = (await csms.call("GetVariables", {"getVariableData": [data]}))["getVariableResult"][0][
        "attributeValue"
    ]
    return value


async def _migrate(csms: ScriptedCsms, url: str, order: str = "2,1", security_profile: int = 0) -> None:
    """A profile in slot 2, the order, a reset on idle."""
    assert await csms.call("SetNetworkProfile", _profile(url, 2, security_profile)) == {"status": "Accepted"}
    data = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "NetworkConfigurationPriority"},
        "attributeValue": order,
    }
    answer = await csms.call("SetVariables", {"setVariableData": [data]})
    assert answer["setVariableResult"][0]["attributeStatus"] in ("Accepted", "RebootRequired")
    assert (await csms.call("Reset", {"type": "OnIdle"}))["status"] == "Accepted"


@pytest.mark.req("B09.FR.02", "B09.FR.05")
async def test_tc_b_43_cs(version: str) -> None:
    """There is no slot 999."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        assert (await csms.call("SetNetworkProfile", _profile("ws://other.example", 999)))["status"] == "Rejected"


@pytest.mark.req("B09.FR.01", "B10.FR.01", "B10.FR.04", "B10.FR.06")
async def test_tc_b_45_cs(version: str) -> None:
    """The station goes to the other place after a reset, and boots there; the old one is left before."""
    async with scripted_csms(version) as old, scripted_csms(version) as new, lab(old.url, version) as one:
        await one.until_accepted()
        await _migrate(old, new.url)
        (boot,) = await new.until_heard("BootNotification")
        await one.until_accepted()
        assert boot["reason"] in ("RemoteReset", "ScheduledReset")
        assert await _get(new, "ActiveNetworkProfile") == "2"
        assert old.lines[-1].close_code is not None


@pytest.mark.req("B10.FR.03")
async def test_tc_b_46_cs(version: str) -> None:
    """Where the other place does not answer, each entry has its attempts, and the station comes back to the old one."""
    attempts = {"OCPPCommCtrlr.NetworkProfileConnectionAttempts": "3"}
    async with (
        scripted_csms(version) as old,
        scripted_csms(version, refuse=503) as new,
        lab(old.url, version, variables=attempts) as one,
    ):
        await one.until_accepted()
        await _migrate(old, new.url)
        await old.until_heard("BootNotification", 2)
        assert new.attempts == 3
        assert await _get(old, "ActiveNetworkProfile") == "1"


@pytest.mark.req("B10.FR.08", "B10.FR.09")
async def test_tc_b_47_cs(version: str) -> None:
    """Where none of the entries answers, it goes on with the first."""
    attempts = {"OCPPCommCtrlr.NetworkProfileConnectionAttempts": "1"}
    async with (
        scripted_csms(version) as old,
        scripted_csms(version, refuse=503) as new,
        lab(old.url, version, variables=attempts) as one,
    ):
        await one.until_accepted()
        await _migrate(old, new.url)
        old.refuse = 503
        await eventually(lambda: new.attempts >= 2 and old.attempts >= 2, what="attempts at both, and again")
        new.refuse = None
        await new.until_heard("BootNotification")


@pytest.mark.req("B10.FR.09")
async def test_tc_b_49_cs(version: str) -> None:
    """Both refuse; then the old one has room again: the station is there after a wait or two."""
    attempts = {"OCPPCommCtrlr.NetworkProfileConnectionAttempts": "1"}
    async with (
        scripted_csms(version) as old,
        scripted_csms(version, refuse=503) as new,
        lab(old.url, version, variables=attempts) as one,
    ):
        await one.until_accepted()
        await _migrate(old, new.url)
        old.refuse = 503
        await eventually(lambda: new.attempts >= 1 and old.attempts >= 2, what="refused by both")
        old.refuse = None
        await old.until_heard("BootNotification", 2)
        await one.until_accepted()


@pytest.mark.req("B10.FR.01", "B10.FR.04")
async def test_tc_b_50_cs(scene: SecureScene, version: str) -> None:
    """The other place is under another root, which was installed before."""
    files = scene.files()
    both = (files.read("tls/installer-roots.pem") or b"") + pem_of(scene.pki.stranger.certificate)
    async with (
        scripted_csms(version, tls=scene.server().context) as old,
        scripted_csms(version, tls=scene.server("foreign").context) as new,
        lab(old.url, version, files=files, password=PASSWORD) as one,
    ):
        await one.until_accepted()
        files.write("tls/installer-roots.pem", both)
        await _migrate(old, new.url, security_profile=2)
        await new.until_heard("BootNotification")
        await one.until_accepted()


@pytest.mark.req("J2:5.3")
async def test_tc_b_57_cs(version: str) -> None:
    """The first wait is the minimum, after a refused attempt it is doubled, and after a connection it is the minimum again."""
    waits = {"OCPPCommCtrlr.RetryBackOffWaitMinimum": "1", "OCPPCommCtrlr.RetryBackOffRepeatTimes": "2"}
    clock = asyncio.get_running_loop().time
    async with scripted_csms(version) as csms, lab(csms.url, version, variables=waits) as one:
        await one.until_accepted()
        for refused, least in ((False, 1.0), (True, 3.0)):
            before, dropped = csms.attempts, clock()
            csms.refuse = 503 if refused else None
            csms.drop()
            if refused:
                await eventually(lambda seen=before: csms.attempts > seen, what="an attempt")  # type: ignore[misc]
                assert clock() - dropped >= 0.9
                csms.refuse = None
            else:
                await one.until(lambda: not one.station.line.is_up, "down")
            await one.until(lambda: one.station.line.is_up, "up again")
            assert clock() - dropped >= least * 0.95
        assert len(csms.of("BootNotification")) == 1
