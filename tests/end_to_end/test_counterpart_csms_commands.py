"""A central system made with the PyPI package `ocpp` commands our station: its schemas judge each answer, the hardware what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.counterpart_scene import CARD, Scene, scene

VERSIONS = ("1.6", "2.0.1", "2.1")


@pytest.fixture(params=VERSIONS)
async def one(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """A booted station in each version."""
    async with scene(request.param, tmp_path) as stage:
        yield stage


@pytest.fixture(params=["2.0.1", "2.1"])
async def two(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """A booted station in the versions of 2.x."""
    async with scene(request.param, tmp_path) as stage:
        yield stage


async def _remote_start(one: Scene) -> str:
    if one.csms.version == "1.6":
        answer = await one.csms.ask("RemoteStartTransaction", id_tag=CARD, connector_id=1)
    else:
        token = {"id_token": CARD, "type": "ISO14443"}
        answer = await one.csms.ask("RequestStartTransaction", id_token=token, remote_start_id=4711, evse_id=1)
    return str(answer.status)


async def _transaction(one: Scene) -> str | int:
    """What the running transaction is called at the central system."""
    if one.csms.version == "1.6":
        await one.csms.until_heard("StartTransaction")
        return 1
    event = await one.csms.until_heard("TransactionEvent")
    return str(event["transaction_info"]["transaction_id"])


async def _remote_stop(one: Scene, name: str | int) -> str:
    action = "RemoteStopTransaction" if one.csms.version == "1.6" else "RequestStopTransaction"
    return str((await one.csms.ask(action, transaction_id=name)).status)


@pytest.mark.req("1.6:5.11", "1.6:5.12")
async def test_a_charge_begun_and_ended_from_afar(one: Scene):
    """Remote start at a plugged-in car, energy, remote stop; the reason is told."""
    one.plug()
    assert await _remote_start(one) == "Accepted"
    name = await _transaction(one)
    await one.until_charged(100)
    assert await _remote_stop(one, name) == "Accepted"
    await one.until_released()
    if one.csms.version == "1.6":
        assert (await one.csms.until_heard("StopTransaction"))["reason"] == "Remote"
        return
    started = await one.csms.until_heard("TransactionEvent", trigger_reason="RemoteStart")
    assert started["transaction_info"]["remote_start_id"] == 4711
    assert started["id_token"]["id_token"] == CARD
    stopped = await one.csms.until_heard("TransactionEvent", trigger_reason="RemoteStop")
    assert stopped["transaction_info"]["charging_state"] != "Charging" or stopped["event_type"] == "Ended"
    one.unplug()
    ended = await one.csms.until_heard("TransactionEvent", event_type="Ended")
    assert ended["transaction_info"]["stopped_reason"] == "Remote"


@pytest.mark.req("1.6:5.12")
async def test_a_remote_stop_of_nothing(one: Scene):
    """Rejected: there is no such transaction."""
    assert await _remote_stop(one, 99 if one.csms.version == "1.6" else "no-such-transaction") == "Rejected"


@pytest.mark.req("1.6:5.14")
async def test_a_reset_while_charging(one: Scene):
    """The transaction is ended and told first; then the station comes back and, in 2.x, says why it booted."""
    one.plug()
    one.tap()
    await one.until_charged(100)
    kind = "Hard" if one.csms.version == "1.6" else "Immediate"
    assert (await one.csms.ask("Reset", type=kind)).status == "Accepted"
    again = await one.csms.until_heard("BootNotification", 2)
    actions = [heard.action for heard in one.csms.heard]
    end = "StopTransaction" if one.csms.version == "1.6" else "TransactionEvent"
    assert end in actions[: len(actions) - 1 - actions[::-1].index("BootNotification")]
    if one.csms.version == "1.6":
        assert one.csms.of("StopTransaction")[0]["reason"] == "HardReset"
    else:
        assert again["reason"] == "RemoteReset"
        ended = await one.csms.until_heard("TransactionEvent", event_type="Ended")
        assert (ended["trigger_reason"], ended["transaction_info"]["stopped_reason"]) == (
            "ResetCommand",
            "ImmediateReset",
        )


@pytest.mark.req("1.6:5.8", "1.6:5.3")
async def test_configuration_keys(tmp_path: Path):
    """All keys, one key, an unknown one; a change that is kept, and one that cannot be."""
    async with scene("1.6", tmp_path) as one:
        everything = await one.csms.ask("GetConfiguration")
        keys = {pair["key"] for pair in everything.configuration_key}
        assert keys >= {
            "HeartbeatInterval",
            "MeterValueSampleInterval",
            "NumberOfConnectors",
            "SupportedFeatureProfiles",
        }
        changed = await one.csms.ask("ChangeConfiguration", key="HeartbeatInterval", value="123")
        assert changed.status == "Accepted"
        asked = await one.csms.ask("GetConfiguration", key=["HeartbeatInterval", "NoSuchKey"])
        assert asked.configuration_key == [{"key": "HeartbeatInterval", "readonly": False, "value": "123"}]
        assert asked.unknown_key == ["NoSuchKey"]
        for key, value, status in (
            ("HeartbeatInterval", "often", "Rejected"),
            ("NumberOfConnectors", "9", "Rejected"),
            ("NoSuchKey", "1", "NotSupported"),
        ):
            assert (await one.csms.ask("ChangeConfiguration", key=key, value=value)).status == status


def _variable(component: str, name: str) -> dict[str, dict[str, str]]:
    return {"component": {"name": component}, "variable": {"name": name}}


async def test_variables(two: Scene):
    """One result for each, in the order asked; a change that is kept, and those that cannot be."""
    interval = _variable("OCPPCommCtrlr", "HeartbeatInterval")
    told = [
        interval | {"attribute_value": "123"},
        interval | {"attribute_value": "often"},
        _variable("TxCtrlr", "NoSuchVariable") | {"attribute_value": "1"},
        _variable("NoSuchComponent", "Enabled") | {"attribute_value": "true"},
    ]
    changed = await two.csms.ask("SetVariables", set_variable_data=told)
    statuses = [each["attribute_status"] for each in changed.set_variable_result]
    assert statuses == ["Accepted", "Rejected", "UnknownVariable", "UnknownComponent"]
    asked = [interval, _variable("TxCtrlr", "NoSuchVariable")]
    known, unknown = (await two.csms.ask("GetVariables", get_variable_data=asked)).get_variable_result
    assert (known["attribute_status"], known["attribute_value"]) == ("Accepted", "123")
    assert unknown["attribute_status"] == "UnknownVariable"


@pytest.mark.req("1.6:5.17")
async def test_triggers(one: Scene):
    """First the answer, then the message."""
    heartbeats = len(one.csms.of("Heartbeat"))
    assert (await one.csms.ask("TriggerMessage", requested_message="Heartbeat")).status == "Accepted"
    await one.csms.until_heard("Heartbeat", heartbeats + 1)
    place = {"connector_id": 1} if one.csms.version == "1.6" else {"evse": {"id": 1, "connector_id": 1}}
    asked = await one.csms.ask("TriggerMessage", requested_message="StatusNotification", **place)
    assert asked.status == "Accepted"
    await one.until_available(2)
    asked = await one.csms.ask("TriggerMessage", requested_message="FirmwareStatusNotification")
    assert asked.status == "Accepted"
    await one.csms.until_heard("FirmwareStatusNotification", status="Idle")


@pytest.mark.req("1.6:5.18")
async def test_unlock(one: Scene):
    """A free connector unlocks; one there is not is told apart."""
    if one.csms.version == "1.6":
        assert (await one.csms.ask("UnlockConnector", connector_id=1)).status == "Unlocked"
        assert (await one.csms.ask("UnlockConnector", connector_id=9)).status == "NotSupported"
        return
    assert (await one.csms.ask("UnlockConnector", evse_id=1, connector_id=1)).status == "Unlocked"
    assert (await one.csms.ask("UnlockConnector", evse_id=9, connector_id=1)).status == "UnknownConnector"


@pytest.mark.req("F05.FR.02")
async def test_unlock_while_charging_in_2_x(two: Scene):
    """A running transaction keeps its cable."""
    two.plug()
    two.tap()
    await two.until_charged(1)
    answer = await two.csms.ask("UnlockConnector", evse_id=1, connector_id=1)
    assert answer.status == "OngoingAuthorizedTransaction"


@pytest.mark.req("1.6:5.2")
async def test_change_availability(one: Scene):
    """Out of use at once, then in use again."""
    name = "status" if one.csms.version == "1.6" else "connector_status"
    for operative, status in ((False, "Unavailable"), (True, "Available")):
        word = "Operative" if operative else "Inoperative"
        if one.csms.version == "1.6":
            answer = await one.csms.ask("ChangeAvailability", connector_id=1, type=word)
        else:
            answer = await one.csms.ask(
                "ChangeAvailability", operational_status=word, evse={"id": 1, "connector_id": 1}
            )
        assert answer.status == "Accepted"
        await one.csms.until_heard("StatusNotification", 2 if operative else 1, connector_id=1, **{name: status})


async def test_vendor_data_nobody_knows(one: Scene):
    """There is no such vendor here."""
    answer = await one.csms.ask("DataTransfer", vendor_id="org.nobody", data="hello")
    assert answer.status == "UnknownVendorId"


async def test_a_profile_it_does_not_have(one: Scene):
    """Clearing what is not there is answered as such."""
    assert (await one.csms.ask("ClearChargingProfile")).status == "Unknown"
