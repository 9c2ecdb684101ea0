"""Pattern 1, boot sequencing: before the central system has accepted the station, nothing is said but what is allowed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.provisioning import BootReason, RegistrationStatus, StationBooted
from tests.support.pattern_moves import (
    actions_of,
    asking,
    boot_answer,
    but,
    call_ids,
    one_after_the_other,
    remote_start,
    setting,
    trigger,
)
from tests.support.scripted_csms import SILENCE, Error, Raw, accepting, scripted_csms
from tests.support.station_lab import CARD, VERSIONS, lab
from tests.support.station_world import START, StationWorld

each_version = pytest.mark.parametrize("version", VERSIONS)
not_accepted = pytest.mark.parametrize("status", ["Pending", "Rejected"])
each_family = pytest.mark.parametrize("ocpp16", [True, False], ids=["1.6", "2.x"])
SOON = {"boot_retry_seconds": 0.2}
HEARTBEAT = ("HeartbeatInterval", ("OCPPCommCtrlr", "HeartbeatInterval"))


def _busy_day(world: StationWorld) -> None:
    """All that could tempt a station to talk."""
    world.plug()
    world.tap("ANNA")
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    world.does(world.hardware.clear_fault("GROUND_FAILURE", 1))
    world.does(world.hardware.press_emergency_stop())
    world.does(world.hardware.release_emergency_stop())
    world.unplug()


# --- when, to the second -----------------------------------------------------------------------------------------------


@pytest.mark.req("B01.FR.08", "B02.FR.02", "B03.FR.02", "1.6:4.2")
@not_accepted
@each_family
@pytest.mark.parametrize(("interval", "waits"), [(7, 7), (120, 120), (0, 30), (-5, 30)])
def test_only_boots_and_those_at_their_times(ocpp16: bool, status: str, interval: int, waits: int) -> None:
    """Whatever people do meanwhile; an interval of nothing (or less) is the station's own wait."""
    world = StationWorld(ocpp16=ocpp16, online=False)
    world.csms.registration, world.csms.interval = RegistrationStatus(status), interval
    at: list[timedelta] = []
    hear = world.csms.hear

    def heard(fact: Any, now: Any, named: str | None = None) -> Any:
        at.append(now - START)
        return hear(fact, now, named)

    world.csms.hear = heard  # type: ignore[method-assign]
    world.connect()
    _busy_day(world)
    world.pass_time(3 * waits + 0.5, step=1)
    assert {type(fact) for fact in world.csms.heard} == {StationBooted}
    assert at == [timedelta(seconds=n * waits) for n in range(4)]


@pytest.mark.req("B01.FR.05", "B02.FR.08")
@not_accepted
@each_family
def test_accepted_at_last_the_states_are_told_and_nothing_was_lost(ocpp16: bool, status: str) -> None:
    """The boot is the last message of its kind; every connector's state follows, and the interval is the heartbeat's from now on."""
    world = StationWorld(ocpp16=ocpp16, online=False)
    world.csms.registration, world.csms.interval = RegistrationStatus(status), 60
    world.connect()
    world.csms.registration = RegistrationStatus.ACCEPTED
    world.pass_time(60, step=1)
    assert [type(fact) for fact in world.csms.heard[:2]] == [StationBooted, StationBooted]
    told = {fact.address.evse for fact in world.csms.heard[2:] if isinstance(fact, ConnectorStatus)}
    assert told >= {1}
    assert len(world.csms.of(StationBooted)) == 2
    assert world.core.variable("OCPPCommCtrlr.HeartbeatInterval") == "60"


# --- what else may be said ------------------------------------------------------------------------------------------------


@pytest.mark.req("B02.FR.01", "B02.FR.02", "B02.FR.05")
@each_version
async def test_while_pending_the_csms_may_ask_and_the_station_says_no_more_than_that(version: str) -> None:
    """Reading, writing and triggers work; a start from afar does not; nothing is said by itself."""
    reply = but("BootNotification", lambda _: boot_answer("Pending", 3600))
    async with scripted_csms(version, reply=reply) as csms, lab(csms.url, version) as one:
        await one.until(lambda: one.overview.registration is RegistrationStatus.PENDING, "pending")
        one.plug()
        one.tap()
        assert _value(version, await csms.call(*asking(version, *HEARTBEAT))) is not None
        assert _was_set(version, await csms.call(*setting(version, *HEARTBEAT, "77")))
        assert _value(version, await csms.call(*asking(version, *HEARTBEAT))) == "77"
        assert (await csms.call(*remote_start(version, CARD)))["status"] == "Rejected"
        assert actions_of(csms) == ["BootNotification"]
        for message in ("Heartbeat", "BootNotification"):
            assert (await csms.call(*trigger(message)))["status"] == "Accepted", message
            await csms.until_heard(message, 2 if message == "BootNotification" else 1)
        assert actions_of(csms) == ["BootNotification", "Heartbeat", "BootNotification"]
        assert one.overview.registration is RegistrationStatus.PENDING


def _value(version: str, answer: Any) -> str | None:
    found = answer["configurationKey"][0]["value"] if version == "1.6" else answer["getVariableResult"][0]
    return found if isinstance(found, str) else found["attributeValue"]


def _was_set(version: str, answer: Any) -> bool:
    status = answer["status"] if version == "1.6" else answer["setVariableResult"][0]["attributeStatus"]
    return bool(status == "Accepted")


@pytest.mark.req("B02.FR.01")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_triggered_boot_says_so_and_may_be_accepted_at_once(version: str) -> None:
    """An hour of Pending ends when the CSMS wants it to; the reason is Triggered."""
    reply = one_after_the_other("BootNotification", [boot_answer("Pending", 3600)])
    async with scripted_csms(version, reply=reply) as csms, lab(csms.url, version) as one:
        await one.until(lambda: one.overview.registration is RegistrationStatus.PENDING, "pending")
        assert (await csms.call(*trigger("BootNotification")))["status"] == "Accepted"
        await one.until_accepted()
        assert [boot["reason"] for boot in csms.of("BootNotification")] == ["PowerUp", "Triggered"]
        await csms.until_heard("StatusNotification")


@pytest.mark.req("B03.FR.08", "1.6:4.2")
@each_version
async def test_while_rejected_nothing_can_be_had(version: str) -> None:
    """2.x answers SecurityError, 1.6 not at all; neither does what it was asked."""
    reply = but("BootNotification", lambda _: boot_answer("Rejected", 2))
    async with scripted_csms(version, reply=reply) as csms, lab(csms.url, version) as one:
        await one.until(lambda: one.overview.registration is RegistrationStatus.REJECTED, "rejected")
        wanted = [trigger("Heartbeat"), setting(version, *HEARTBEAT, "77"), remote_start(version, CARD)]
        for number, (action, payload) in enumerate(wanted):
            await csms.lines[-1].send(json.dumps([2, f"w{number}", action, payload]))
        await csms.until_heard("BootNotification", 2)
        answers = [frame[:3] for frame in csms.frames if frame[0] != 2]
        assert answers == ([] if version == "1.6" else [[4, f"w{n}", "SecurityError"] for n in range(3)])
        assert set(actions_of(csms)) == {"BootNotification"}
        assert one.station.core.variable("OCPPCommCtrlr.HeartbeatInterval") != "77"


# --- answers that are none ---------------------------------------------------------------------------------------------------

RUBBISH = {
    "an error": Error(),
    "an error of the other kind": Error("SecurityError", ""),
    "no fields": Raw('[3,"{id}",{}]'),
    "without a time": Raw('[3,"{id}",{"status":"Accepted","interval":5}]'),
    "interval as text": Raw('[3,"{id}",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":"5"}]'),
    "status in other letters": Raw(
        '[3,"{id}",{"status":"accepted","currentTime":"2026-01-01T00:00:00Z","interval":5}]'
    ),
    "status null": Raw('[3,"{id}",{"status":null,"currentTime":"2026-01-01T00:00:00Z","interval":5}]'),
    "another's id": Raw('[3,"x{id}",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":5}]'),
    "no frame": Raw("Accepted"),
    "nothing": SILENCE,
}


@each_version
@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
async def test_what_is_no_acceptance_is_none(version: str, rubbish: Any) -> None:
    """The station stays silent but for another boot after its own wait; the first right answer lets it speak."""
    reply = one_after_the_other("BootNotification", [rubbish])
    async with (
        scripted_csms(version, reply=reply) as csms,
        lab(csms.url, version, call_timeout=0.2, settings=SOON) as one,
    ):
        one.plug()
        await csms.until_heard("BootNotification", 2)
        assert actions_of(csms)[:2] == ["BootNotification", "BootNotification"]
        await one.until_accepted()
        assert len(csms.lines) == 1


@each_version
async def test_an_acceptance_that_comes_too_late_is_not_one(version: str) -> None:
    """The boot has timed out when its answer comes: the station does not speak because of it, and boots again."""
    async with (
        scripted_csms(version, reply=but("BootNotification", SILENCE)) as csms,
        lab(csms.url, version, call_timeout=0.2, settings=SOON) as one,
    ):
        one.plug()
        await csms.until_heard("BootNotification", 2)
        first, *_ = call_ids(csms, "BootNotification")
        await csms.lines[-1].send(json.dumps([3, first, boot_answer("Accepted")]))
        await csms.until_heard("BootNotification", 3)
        assert one.overview.registration is None
        assert set(actions_of(csms)) == {"BootNotification"}
        csms.reply = accepting
        await one.until_accepted()


# --- connections ---------------------------------------------------------------------------------------------------------------


@pytest.mark.req("B01.FR.01")
@each_version
async def test_a_reconnect_is_no_boot(version: str) -> None:
    """Once accepted, a new connection goes on with the old registration."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        for count in (2, 3):
            csms.drop()
            await one.until(lambda count=count: len(csms.lines) == count, "another connection")  # type: ignore[misc]
            await csms.call(*trigger("Heartbeat"))
            await csms.until_heard("Heartbeat", count - 1)
        assert actions_of(csms).count("BootNotification") == 1


@each_version
async def test_a_boot_cut_off_is_said_again(version: str) -> None:
    """The line breaks before the answer: the next connection begins with the boot."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:

        def cut_off(_: Any) -> Any:
            csms.reply = accepting
            csms.drop()
            return SILENCE

        csms.reply = but("BootNotification", cut_off)
        await csms.until_heard("BootNotification", 2)
        assert [(call.action, call.connection) for call in csms.heard[:2]] == [
            ("BootNotification", 1),
            ("BootNotification", 2),
        ]
        await one.until_accepted()


@pytest.mark.req("B02.FR.04", "B03.FR.05")
@not_accepted
@each_family
def test_a_reconnect_does_not_shorten_the_wait(ocpp16: bool, status: str) -> None:
    """Cut and mended ten times within the interval: no boot; after it, one."""
    world = StationWorld(ocpp16=ocpp16, online=False)
    world.csms.registration, world.csms.interval = RegistrationStatus(status), 100
    world.connect()
    for _ in range(10):
        world.cut()
        world.pass_time(9, step=1)
        world.connect()
    assert [type(fact) for fact in world.csms.heard] == [StationBooted]
    world.pass_time(10, step=1)
    assert [type(fact) for fact in world.csms.heard] == [StationBooted] * 2


@each_family
def test_a_restart_is_a_boot(ocpp16: bool) -> None:
    """Accepted before counts no more after a power failure."""
    world = StationWorld(ocpp16=ocpp16)
    world.kill(BootReason.POWER_UP)
    assert len(world.csms.of(StationBooted)) == 2
