"""The cases on the Core profile of OCPP 1.6 find what is wrong in a configuration, in waits, boots, resets and times without a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.conformance.benches.pilotwire_station import PilotwireStation
from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.language import Judges, inside
from pilotwire.ocpp.version import OcppVersion
from tests.support.bench_scene import BenchScene
from tests.support.http_peer import Reply, http_peer

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BOOT = "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}
Said = tuple[str, Mapping[str, Any]]


def at(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).isoformat()


def status(connector: int, state: str) -> Said:
    return "StatusNotification", {"connectorId": connector, "errorCode": "NoError", "status": state}


def stop(reason: str, number: int = 7) -> Said:
    return "StopTransaction", {"transactionId": number, "meterStop": 9, "timestamp": at(9), "reason": reason}


def wrong(case: str, said: Sequence[tuple[float, Said]], **kept: Any) -> list[str]:
    """What the judgements over all that was heard find wrong, where this was said, each at its second of the main part."""
    scene = BenchScene(version=OcppVersion.V16).scene
    scene.kept.update(kept)
    messages = [
        {"action": one[0], "payload": one[1], "at": at(second), "part": "main", "index": place}
        for place, (second, one) in enumerate(said)
    ]
    steps = [one for one in inside((*all_cases()[case].main, *all_cases()[case].after)) if isinstance(one, Judges)]
    checks = [check for step in steps for check in step.checks]
    return [one.what for one in checks if not one.on({"messages": messages, "kept": kept}, scene).passed]


# --- waits and boots -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("second", "right"), [(5.0, True), (4.2, True), (2.0, False), (None, False)])
def test_a_connector_must_wait_for_the_cable_as_long_as_it_was_told(second: float | None, right: bool) -> None:
    said = [(0.0, status(1, "Preparing")), (1.0, status(2, "Available"))]
    available = [] if second is None else [(second, status(1, "Available"))]
    assert (wrong("TC_004_2_CS", [*said, *available]) == []) is right


BEATS = [(number, ("Heartbeat", {})) for number in (4.0, 6.1, 8.0)]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([(0.0, BOOT), (2.0, BOOT), *BEATS], []),
        ([(0.0, BOOT), (1.5, BOOT), *BEATS], ["between the two boots are at least <configured heartbeat_interval> s"]),
        (
            [(0.0, BOOT), (1.0, status(1, "Available")), (2.0, BOOT), *BEATS],
            ["between the two boots the station sends nothing but BootNotificationRequest"],
        ),
        ([(0.0, BOOT), (2.0, BOOT), *BEATS[:2], (9.5, BEATS[2][1])], ["the heartbeats are the interval apart"]),
    ],
    ids=["right", "too soon", "spoken meanwhile", "a late heartbeat"],
)
def test_a_rejected_charge_point_waits_in_silence_and_its_heart_beats_later(
    said: list[tuple[float, Said]], found: list[str]
) -> None:
    assert wrong("TC_001_CS", said) == found


def test_a_boot_that_did_not_come_twice_is_found() -> None:
    assert len(wrong("TC_001_CS", [(0.0, BOOT), *BEATS])) == 2


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ([status(1, "Finishing"), stop("HardReset"), BOOT], True),
        ([status(2, "Finishing"), stop("HardReset"), BOOT], False),
        ([stop("HardReset"), BOOT, status(1, "Finishing")], False),
        ([BOOT, status(1, "Preparing"), stop("HardReset")], True),
    ],
    ids=["before", "of another connector", "after the boot", "stopped after the boot"],
)
def test_a_transaction_stopped_before_the_boot_leaves_its_connector_finishing(said: list[Said], right: bool) -> None:
    assert (wrong("TC_015_CS", [(float(second), one) for second, one in enumerate(said)]) == []) is right


# --- power ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after_boot", "presented", "passes"),
    [
        ([status(1, "Preparing"), stop("PowerLoss", 1)], [], True),
        ([status(1, "Charging"), stop("PowerLoss", 1), status(1, "Finishing")], [], True),
        ([status(1, "Charging")], [stop("Local", 1), status(1, "Finishing")], True),
        ([status(1, "Charging")], [stop("PowerLoss", 1), status(1, "Finishing")], False),
        ([status(1, "Preparing"), stop("Local", 1)], [], False),
        ([status(1, "Unavailable"), stop("PowerLoss", 1)], [], False),
    ],
    ids=["stopped", "stopped though told to charge", "resumed", "resumed, wrong reason", "wrong reason", "wrong state"],
)
async def test_after_a_power_failure_a_transaction_is_stopped_or_goes_on_until_it_is(
    after_boot: list[Said], presented: list[Said], passes: bool
) -> None:
    everything = [BOOT, status(0, "Available"), status(2, "Available"), *after_boot]
    scene = BenchScene(acts={"power_cycle": everything, "present": presented}, version=OcppVersion.V16)
    scene.scene.kept["transaction_id"] = 1
    await scene.play(*all_cases()["TC_032_2_CS"].main)
    assert any(one.failed for one in scene.playing.results) is not passes


async def test_power_that_was_away_for_long_makes_our_station_boot() -> None:
    with http_peer(lambda _: Reply(b"{}")) as peer:
        bench = PilotwireStation(peer.url)
        await bench.act("cut_power", {})
        await bench.act("give_power", {})
        await bench.close()
    assert [one.path.removeprefix("/stations//") for one in peer.asked] == ["power/cut", "power/restore", "reboot"]


# --- without a line ------------------------------------------------------------------------------------------------------------


def sample(second: float, *, number: int = 7, context: str = "Sample.Periodic") -> Said:
    values = [{"timestamp": at(second), "sampledValue": [{"value": "1", "context": context}]}]
    return "MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values}


IN_ORDER = "all meter values of the transaction are told in the order they were taken"
APART = "the meter values are MeterValueSampleInterval apart"
ENOUGH = "at least 3 meter values were taken without a connection"


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ((2, 4, 6, 8, 12, 10), [IN_ORDER]),
        ((2, 4, 6, 8, 10, 12), []),
        ((2, 4, 8, 10, 12), [APART]),
        ((2, 4, 6, 12), [ENOUGH, APART]),
        ((), [ENOUGH, IN_ORDER, APART]),
    ],
    ids=["a new one first", "right", "one lost", "nearly all lost", "none"],
)
def test_meter_values_of_the_time_without_a_line_come_in_order_and_complete(
    seconds: tuple[int, ...], found: list[str]
) -> None:
    others = [(12.0, sample(3, number=8)), (12.0, sample(5, context="Sample.Clock")), (12.0, status(1, "Charging"))]
    said = [*((11.0, sample(second)) for second in seconds), *others]
    assert wrong("TC_036_CS", said, transaction_id=7, line_down=at(3), line_back=at(11)) == found


# --- the configuration ---------------------------------------------------------------------------------------------------------

READ_ONLY = {"GetConfigurationMaxKeys": "20", "NumberOfConnectors": "2", "SupportedFeatureProfiles": "Core"}


def charge_point(keys: Mapping[str, tuple[bool, str]], *, forgets: str = "") -> BenchScene:
    """A Charge Point with these keys (read-only or not, value), that does not tell one of them where several are asked for."""

    def answering(_: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        asked = payload["key"] or list(keys)
        told = [key for key in asked if key in keys and (key != forgets or len(asked) == 1 or not payload["key"])]
        pairs = [{"key": key, "readonly": keys[key][0], "value": keys[key][1]} for key in told]
        unknown = [key for key in asked if key not in keys]
        return {"configurationKey": pairs} | ({"unknownKey": unknown} if unknown else {})

    return BenchScene(answering, version=OcppVersion.V16)


def configuration(profiles: str = "Core", most: str = "20", **others: tuple[bool, str]) -> dict[str, tuple[bool, str]]:
    checks = all_cases()["TC_019_CS"].main[1].checks  # type: ignore[attr-defined]
    required = [one.what.split()[0] for one in checks if "Core" in one.what]
    keys = {key: (key in READ_ONLY, READ_ONLY.get(key, "0")) for key in required}
    keys |= {"SupportedFeatureProfiles": (True, profiles), "GetConfigurationMaxKeys": (True, most)}
    return keys | others


async def failing(scene: BenchScene) -> list[str]:
    await scene.play(*all_cases()["TC_019_CS"].main)
    results = scene.playing.results
    return [one.what for result in results for one in result.checks if not one.passed] + [
        result.fault for result in results if result.fault
    ]


async def test_a_configuration_with_all_that_is_required_passes() -> None:
    assert len(configuration()) == 20
    assert await failing(charge_point(configuration())) == []
    assert await failing(charge_point(configuration(most="3"))) == []


async def test_keys_that_are_missing_or_wrongly_accessible_or_not_told_are_found() -> None:
    keys = configuration(ResetRetries=(True, "1"))
    del keys["LocalPreAuthorize"]
    found = await failing(charge_point(keys, forgets="HeartbeatInterval"))
    assert [one.split(",")[0] for one in found] == [
        "LocalPreAuthorize is there",
        "ResetRetries is there",
        "configurationKey has all the keys asked for",
    ]
    assert await failing(charge_point(configuration("SmartCharging"))) != []
    more = await failing(charge_point(configuration("Core,LocalAuthListManagement")))
    assert len(more) == 3
    assert "GetConfigurationMaxKeys is no number" in await failing(charge_point(configuration(most="many")))
