"""However a transaction begins, goes on and ends: its events carry what is configured for them, signed if wanted, and are numbered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pilotwire.station.core.contracts import SessionTerminated
from tests.support.wire_states import authorized_remotely, id_token_cached, stop_authorized_remotely
from tests.support.wire_station import ANNA, VERSIONS, Script, WireStation, info

REGISTER = "Energy.Active.Import.Register"
WANTED = {
    "SampledDataCtrlr.TxStartedMeasurands": f"{REGISTER},Voltage",
    "SampledDataCtrlr.TxUpdatedMeasurands": f"{REGISTER},Power.Active.Import",
    "SampledDataCtrlr.TxEndedMeasurands": f"{REGISTER},Current.Import",
    "SampledDataCtrlr.TxUpdatedInterval": "30",
    "SampledDataCtrlr.SignReadings": "true",
    "SampledDataCtrlr.SignStartedReadings": "true",
    "SampledDataCtrlr.SignUpdatedReadings": "true",
}
STARTED, UPDATED, ENDED = (
    ("Transaction.Begin", {REGISTER, "Voltage"}),
    ("Sample.Periodic", {REGISTER, "Power.Active.Import"}),
    ("Transaction.End", {REGISTER, "Current.Import"}),
)
Way = Callable[[WireStation], None]


def _cable_first(station: WireStation) -> None:
    station.plug()
    station.tap(ANNA)
    station.pass_time(120)
    station.tap(ANNA)
    station.unplug()


def _card_first(station: WireStation) -> None:
    station.tap(ANNA)
    station.plug()
    station.pass_time(120)
    station.tap(ANNA)
    station.unplug()


def _offline(station: WireStation) -> None:
    station.cut()
    _cable_first(station)
    station.connect()


def _pulled_at_the_vehicle(station: WireStation) -> None:
    station.plug()
    station.tap(ANNA)
    station.pass_time(120)
    station.unplug(at_vehicle=True)


def _pulled_and_plugged_again(station: WireStation) -> None:
    station.set("TxCtrlr.StopTxOnEVSideDisconnect", "false")
    station.set("TxCtrlr.TxStopPoint", "Authorized")
    car = station.plug()
    station.tap(ANNA)
    station.pass_time(60)
    station.unplug(at_vehicle=True)
    station.plug(car=car)
    station.pass_time(60)
    station.tap(ANNA)
    station.unplug()


def _line_lost_on_the_way(station: WireStation) -> None:
    station.plug()
    station.tap(ANNA)
    station.cut()
    station.pass_time(120)
    station.connect()
    station.tap(ANNA)
    station.unplug()


def _ended_without_a_line(station: WireStation) -> None:
    station.plug()
    station.tap(ANNA)
    station.pass_time(5)
    station.cut()
    station.pass_time(120)
    station.tap(ANNA)
    station.unplug()
    station.connect()


def _remote_after_the_cable(station: WireStation) -> None:
    station.plug()
    authorized_remotely(station)
    station.pass_time(120)
    stop_authorized_remotely(station)
    station.unplug()


def _remote_before_the_cable(station: WireStation) -> None:
    authorized_remotely(station)
    station.plug()
    station.pass_time(120)
    stop_authorized_remotely(station)
    station.unplug()


def _session_terminated(station: WireStation) -> None:
    station.plug()
    station.tap(ANNA)
    station.pass_time(120)
    station.feed(SessionTerminated(1))


WAYS: dict[str, tuple[Way, tuple[str, ...]]] = {
    "cable first": (_cable_first, ("E02.FR.07", "E02.FR.10", "E06.FR.14", "E07.FR.12")),
    "card first": (_card_first, ("E03.FR.08", "E03.FR.10")),
    "offline": (_offline, ("E04.FR.06", "E04.FR.10", "E08.FR.09", "E08.FR.12")),
    "pulled at the vehicle": (_pulled_at_the_vehicle, ("E09.FR.05", "E09.FR.08")),
    "pulled and plugged again": (_pulled_and_plugged_again, ("E10.FR.04", "E10.FR.07")),
    "line lost on the way": (_line_lost_on_the_way, ("E11.FR.03", "E11.FR.08")),
    "ended without a line": (_ended_without_a_line, ("E12.FR.03", "E12.FR.07", "E12.FR.10")),
    "remote, cable first": (_remote_after_the_cable, ("F01.FR.15", "F03.FR.04")),
    "remote, cable later": (_remote_before_the_cable, ("F02.FR.02", "F02.FR.03")),
    "session terminated": (_session_terminated, ("E15.FR.01",)),
}


def _sets(events: list[Any], kind: str, context: str) -> list[Any]:
    """The meter values with a context in the events of a kind."""
    values = [value for event in events if event.event_type == kind for value in event.meter_value or []]
    return [value for value in values if value.sampled_value[0].context == context]


def _holds(values: list[Any], measurands: set[str]) -> None:
    """At least one set; each holds these measurands and no others, and its register is signed."""
    assert values
    for value in values:
        assert {sample.measurand or REGISTER for sample in value.sampled_value} == measurands
        assert sum(sample.signed_meter_value is not None for sample in value.sampled_value) == 1


def _station(version: str, **variables: str) -> WireStation:
    station = WireStation(version, station="ac-22-fiscal", variables=WANTED | variables)
    id_token_cached(station)
    return station


def _told(station: WireStation, way: Way) -> list[Any]:
    """The events of the one transaction that this makes; they are numbered without a gap."""
    before = len(station.events)
    way(station)
    events = station.events[before:]
    assert len({event.transaction_info.transaction_id for event in events}) == 1
    assert [event.seq_no for event in events] == list(range(len(events)))
    return events


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=pytest.mark.req(*ids), id=name) for name, (way, ids) in WAYS.items()]
)
def test_every_event_carries_what_is_configured_for_it(version: str, way: Way) -> None:
    """Begin, middle and end each have their own measurands."""
    events = _told(_station(version), way)
    _holds(_sets(events, "Started", STARTED[0]), STARTED[1])
    _holds(_sets(events, "Updated", UPDATED[0]), UPDATED[1])
    _holds(_sets(events, "Ended", ENDED[0]), ENDED[1])


@pytest.mark.req("F04.FR.02", "F04.FR.03", "F04.FR.04")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_remote_stop_that_waits_for_the_cable_ends_with_what_is_configured(version: str) -> None:
    """Stopped, the plug is free and an update tells so; unplugging ends the transaction, and the reason is the CSMS."""
    station = _station(version, **{"TxCtrlr.TxStopPoint": "EVConnected"})
    station.plug()
    authorized_remotely(station)
    station.pass_time(120)
    stop_authorized_remotely(station)
    assert not station.hardware.is_locked(1, 1)
    before = len(station.events)
    station.unplug()
    (ended,) = station.events[before:]
    assert (ended.event_type, ended.transaction_info.stopped_reason) == ("Ended", "Remote")
    _holds(_sets([ended], "Ended", ENDED[0]), ENDED[1])


@pytest.mark.req("E05.FR.04", "E05.FR.05", "E05.FR.06")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_transaction_of_a_card_that_turns_out_bad_carries_what_is_configured(version: str) -> None:
    """Begun offline by a card from the cache which the CSMS then refuses."""
    script = Script(in_transactions={ANNA: info("Invalid")})
    station = _station(version)
    station.script = script

    def way(station: WireStation) -> None:
        station.cut()
        station.plug()
        station.tap(ANNA)
        station.pass_time(60)
        station.connect()
        station.pass_time(60)

    events = _told(station, way)
    _holds(_sets(events, "Started", STARTED[0]), STARTED[1])
    _holds(_sets(events, "Ended", ENDED[0]), ENDED[1])
    assert station.hardware.meter(1).power_w == 0
