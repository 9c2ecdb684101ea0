"""Reservations: an EVSE is kept for a token until it is used, cancelled, expired or broken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.availability import Availability, ChangeAvailability
from pilotwire.domain.device_model import SetVariables, VariableName, VariableSetting
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.provisioning import BootReason, Reset, ResetKind
from pilotwire.domain.remote_control import RequestStart, RequestStartOutcome, RequestStatus
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    Reservation,
    ReservationEnded,
    ReservationUpdateStatus,
    ReserveNow,
    ReserveNowOutcome,
)
from pilotwire.domain.transactions import EventKind
from pilotwire.station.core.memory import ReservationsMemory, saved_state
from pilotwire.station.hardware.ports import AcSupply, ConnectorLayout, EvseLayout, StationLayout
from pilotwire.station.storage.ports import read_part, written
from tests.support.station_world import GROUP, START, StationWorld, accepted

ANNA, BERT, CARL = (IdToken(value=name, type="ISO14443") for name in ("ANNA", "BERT", "CARL"))
DUAL = "ac-22-dual"
MIXED = "dc-150-ac-22"


def _reserve(world: StationWorld, number: int = 9, *, token: IdToken = ANNA, minutes: float = 60, **more: Any) -> str:
    """Reserve for Anna for an hour; the station's answer."""
    expires = world.now + world.csms.clock_ahead + timedelta(minutes=minutes)
    reservation = Reservation(reservation_id=number, expires_at=expires, id_token=token, **more)
    outcome = world.command(ReserveNow(reservation=reservation))
    assert isinstance(outcome, ReserveNowOutcome)
    return outcome.status.value


def _cancel(world: StationWorld, number: int = 9) -> str:
    outcome = world.command(CancelReservation(reservation_id=number))
    assert isinstance(outcome, CancelReservationOutcome)
    return outcome.status.value


def _start(world: StationWorld, token: IdToken, evse: int | None = 1, group: IdToken | None = None) -> RequestStatus:
    command = RequestStart(id_token=token, remote_start_id=1, evse=evse, group=group)
    outcome = world.command(command)
    assert isinstance(outcome, RequestStartOutcome)
    return outcome.status


def _seen(world: StationWorld, evse: int = 1) -> list[str]:
    """The states of an EVSE's connector as told, from the beginning."""
    return [state.availability.value for state in world.csms.statuses(evse)]


def _ends(world: StationWorld) -> list[tuple[int, str]]:
    """What the CSMS heard of ended reservations."""
    told = [fact for fact in world.csms.heard if isinstance(fact, ReservationEnded)]
    return [(fact.reservation_id, fact.status.value) for fact in told]


def _used(world: StationWorld) -> list[int]:
    """The reservations that transactions ended."""
    return [event.reservation_id for event in world.csms.events if event.reservation_id is not None]


def _charges(world: StationWorld, evse: int = 1) -> bool:
    return world.core.overview().evses[evse - 1].id_token is not None


def _set(world: StationWorld, component: str, variable: str, value: str) -> None:
    name = VariableName(component=component, variable=variable)
    world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))


# --- made -------------------------------------------------------------------------------------------------------------


@pytest.mark.req("H01.FR.03", "H01.FR.23")
def test_an_evse_is_reserved() -> None:
    """Accepted, and the connector is told as Reserved."""
    world = StationWorld(station=DUAL)
    assert _reserve(world, evse=2) == "Accepted"
    assert _seen(world, 2) == ["Available", "Reserved"]
    assert _seen(world, 1) == ["Available"]


@pytest.mark.req("H01.FR.23")
def test_all_connectors_of_the_evse_are_told_as_reserved() -> None:
    """One EVSE with two connectors."""
    world = StationWorld(station=_two_connectors())
    assert _reserve(world, evse=1) == "Accepted"
    assert [world.csms.statuses(1, connector)[-1].availability for connector in (1, 2)] == [Availability.RESERVED] * 2


@pytest.mark.req("H01.FR.01")
def test_a_station_configured_not_to_accept_reservations() -> None:
    """Rejected, whether switched off or not supported."""
    assert _reserve(StationWorld(variables={"ReservationCtrlr.Available": "false"}), evse=1) == "Rejected"
    world = StationWorld()
    _set(world, "ReservationCtrlr", "Enabled", "false")
    assert _reserve(world, evse=1) == "Rejected"


def test_what_cannot_be_reserved() -> None:
    """An EVSE or a type that is not there, a time that has passed."""
    world = StationWorld(station=MIXED)
    assert _reserve(world, evse=3) == "Rejected"
    assert _reserve(world, evse=0) == "Rejected"
    assert _reserve(world, connector_type="cCHAdeMO") == "Rejected"
    assert _reserve(world, evse=2, connector_type="cCCS2") == "Rejected"
    assert _reserve(world, evse=1, minutes=0) == "Rejected"
    assert _seen(world) == ["Available"]


@pytest.mark.req("H01.FR.11")
@pytest.mark.parametrize("how", ["plugged", "authorized", "reserved"])
def test_an_evse_that_is_taken(how: str) -> None:
    """Occupied."""
    world = StationWorld()
    if how == "plugged":
        world.plug()
    elif how == "authorized":
        world.tap("CARL")
    else:
        _reserve(world, 1, evse=1)
    assert _reserve(world, 2, evse=1) == "Occupied"


@pytest.mark.req("H01.FR.12", "H01.FR.14")
def test_an_evse_that_is_broken_or_out_of_use() -> None:
    """Faulted, Unavailable; for any EVSE only if all are."""
    world = StationWorld(station=DUAL)
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    assert _reserve(world, evse=1) == "Faulted"
    world.command(ChangeAvailability(operative=False, address=EvseAddress(evse=2)))
    assert _reserve(world, evse=2) == "Unavailable"
    assert _reserve(world) == "Unavailable"
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 2))
    assert _reserve(world) == "Faulted"


@pytest.mark.req("H01.FR.02", "1.6:5.13")
@pytest.mark.parametrize("ocpp16", [False, True])
def test_the_same_id_replaces(ocpp16: bool) -> None:
    """Another EVSE, another token; one that cannot be had leaves the old one."""
    world = StationWorld(ocpp16=ocpp16, station=DUAL)
    _reserve(world, evse=1)
    assert _reserve(world, evse=1, token=BERT) == "Accepted"
    world.tap("ANNA", 1)
    assert not _charges(world)
    assert _reserve(world, evse=2, token=BERT) == "Accepted"
    assert (_seen(world, 1)[-1], _seen(world, 2)[-1]) == ("Available", "Reserved")
    world.plug(1)
    assert _reserve(world, evse=1, token=BERT) == "Occupied"
    assert _seen(world, 2)[-1] == "Reserved"
    assert _ends(world) == []


# --- of no EVSE in particular -----------------------------------------------------------------------------------------


@pytest.mark.req("H01.FR.04", "H01.FR.18", "H01.FR.20")
def test_any_evse() -> None:
    """None is told as Reserved while more are free than wanted; then all are; and then there is none left."""
    world = StationWorld(station=DUAL)
    assert _reserve(world, 1) == "Accepted"
    assert (_seen(world, 1), _seen(world, 2)) == (["Available"], ["Available"])
    assert _reserve(world, 2, token=BERT) == "Accepted"
    assert (_seen(world, 1)[-1], _seen(world, 2)[-1]) == ("Reserved", "Reserved")
    assert _reserve(world, 3, token=CARL) == "Occupied"
    assert _reserve(world, 3, token=CARL, evse=1) == "Occupied"


@pytest.mark.req("H01.FR.19")
def test_any_evse_where_that_is_not_supported() -> None:
    """NonEvseSpecific."""
    world = StationWorld(variables={"ReservationCtrlr.NonEvseSpecific": "false"})
    assert _reserve(world) == "Rejected"
    assert _reserve(world, connector_type="sType2") == "Rejected"
    assert _reserve(world, evse=1) == "Accepted"


@pytest.mark.req("H01.FR.07", "H03.FR.03", "H01.FR.15")
def test_one_evse_stays_available_for_the_token() -> None:
    """The first comer may take one of two, the next may not take the last; the token may."""
    world = StationWorld(station=DUAL)
    _reserve(world)
    world.tap("CARL", 1)
    assert _charges(world, 1)
    assert _seen(world, 2)[-1] == "Reserved"
    world.tap("BERT", 2)
    assert not _charges(world, 2)
    world.tap("ANNA", 2)
    assert _charges(world, 2)
    assert _used(world) == [9]


def test_a_vehicle_plugged_in_at_the_last_evse_does_not_take_it() -> None:
    """It is in the way, but only the token that reserved may charge there."""
    world = StationWorld()
    _reserve(world)
    world.plug()
    world.tap("CARL")
    assert not _charges(world)
    world.tap("ANNA")
    assert _charges(world)


@pytest.mark.req("H01.FR.06", "H01.FR.09", "H01.FR.24", "H03.FR.02")
def test_a_type_of_connector() -> None:
    """The only EVSE with it is kept; another type is not."""
    world = StationWorld(station=MIXED)
    assert _reserve(world, connector_type="cCCS2") == "Accepted"
    assert (_seen(world, 1)[-1], _seen(world, 2)[-1]) == ("Reserved", "Available")
    world.tap("CARL", 1)
    assert not _charges(world, 1)
    world.tap("CARL", 2)
    assert _charges(world, 2)
    world.tap("ANNA", 1)
    assert _charges(world, 1)
    assert _used(world) == [9]


@pytest.mark.req("H01.FR.11")
def test_a_type_of_connector_that_is_taken() -> None:
    """Occupied, though another type is free."""
    world = StationWorld(station=MIXED)
    world.tap("CARL", 1)
    assert _reserve(world, connector_type="cCCS2") == "Occupied"


def _two_connectors() -> StationLayout:
    plugs = (ConnectorLayout(1, "sType2"), ConnectorLayout(2, "cType2"))
    return StationLayout((EvseLayout(1, AcSupply(3), plugs),), model="two-connectors")


# --- used -------------------------------------------------------------------------------------------------------------


@pytest.mark.req("H03.FR.01", "H03.FR.09", "H03.FR.10", "H01.FR.15", "E03.FR.03", "E01.FR.13")
def test_the_token_comes_before_the_cable() -> None:
    """Reserved, Available once the card is accepted, Occupied by the cable; the first event names the reservation."""
    world = StationWorld()
    _reserve(world, evse=1)
    world.tap("ANNA")
    assert _seen(world) == ["Available", "Reserved", "Available"]
    car = world.plug()
    world.pass_time(60)
    assert _seen(world)[-1] == "Occupied"
    assert (world.csms.events[0].kind, world.csms.events[0].reservation_id) == (EventKind.STARTED, 9)
    assert _used(world) == [9]
    assert car.meter.delivered_wh > 0
    assert _cancel(world) == "Rejected"
    assert _ends(world) == []


@pytest.mark.req("E02.FR.03", "H03.FR.10", "G01.FR.06", "G01.FR.09", "G03.FR.09")
def test_the_cable_comes_before_the_token() -> None:
    """The cable alone ends neither the state nor the reservation; a transaction may have begun, and tells of it with the token."""
    world = StationWorld()
    _reserve(world, evse=1)
    world.plug()
    assert _used(world) == []
    assert _seen(world)[-1] == "Reserved"
    world.tap("ANNA")
    event = next(event for event in world.csms.events if event.reservation_id is not None)
    assert (event.kind, event.id_token, event.reservation_id) == (EventKind.UPDATED, ANNA, 9)
    assert _seen(world)[-1] == "Occupied"


@pytest.mark.req("1.6:5.13", "1.6:4.8")
def test_in_1_6_the_start_names_it() -> None:
    """StartTransaction has a place for it."""
    world = StationWorld(ocpp16=True)
    _reserve(world, evse=1)
    world.tap("ANNA")
    world.plug()
    assert [(event.kind, event.reservation_id) for event in world.csms.events] == [(EventKind.STARTED, 9)]


@pytest.mark.req("H03.FR.01", "1.6:5.13")
@pytest.mark.parametrize("ocpp16", [False, True])
@pytest.mark.parametrize("plugged", [False, True])
def test_others_are_refused(ocpp16: bool, plugged: bool) -> None:
    """Though their card is good, and a vehicle may be there."""
    world = StationWorld(ocpp16=ocpp16)
    _reserve(world, evse=1)
    car = world.plug() if plugged else None
    world.tap("CARL")
    world.pass_time(60)
    assert not _charges(world)
    assert world.hardware.display[1] == "This charging point is reserved for somebody else."
    assert car is None or car.meter.delivered_wh == 0


@pytest.mark.req("H03.FR.04", "H03.FR.08")
@pytest.mark.parametrize("ocpp16", [False, True])
def test_another_token_of_the_group_may_use_it(ocpp16: bool) -> None:
    """The CSMS tells the group when asked about the token."""
    world = StationWorld(ocpp16=ocpp16)
    _reserve(world, evse=1, group=GROUP)
    world.tap("CARL")
    assert not _charges(world)
    world.tap("BERT")
    world.plug()
    assert _charges(world)
    assert _used(world) == [9]


@pytest.mark.req("H03.FR.05", "H03.FR.06")
@pytest.mark.parametrize("kind", [None, "sType2"])
def test_the_group_may_use_a_reservation_of_any_evse(kind: str | None) -> None:
    """Of a type or of none."""
    world = StationWorld()
    _reserve(world, group=GROUP, connector_type=kind)
    world.tap("BERT")
    assert _charges(world)
    assert _used(world) == [9]


@pytest.mark.req("H03.FR.04")
def test_without_a_group_in_the_reservation_the_group_does_not_help() -> None:
    """Bert is of Anna's family, but the reservation does not say that it is for all of them."""
    world = StationWorld()
    _reserve(world, evse=1)
    world.tap("BERT")
    assert not _charges(world)


def test_ones_own_reservation_before_the_groups() -> None:
    """Both fit: Bert uses his own, and Anna still has hers."""
    world = StationWorld(station=DUAL)
    _reserve(world, 1, group=GROUP)
    _reserve(world, 2, token=BERT, group=GROUP)
    world.tap("BERT", 1)
    assert _used(world) == [2]


def test_elsewhere_the_token_charges_without_using_it() -> None:
    """The reservation is for the other EVSE."""
    world = StationWorld(station=DUAL)
    _reserve(world, evse=2)
    world.tap("ANNA", 1)
    assert _charges(world, 1)
    assert _used(world) == []
    assert _seen(world, 2)[-1] == "Reserved"


@pytest.mark.req("F01.FR.21", "F02.FR.23")
@pytest.mark.parametrize("plugged", [False, True])
def test_a_remote_start_for_somebody_else(plugged: bool) -> None:
    """Rejected; for the token it is accepted, and uses the reservation."""
    world = StationWorld()
    _reserve(world, evse=1)
    if plugged:
        world.plug()
    assert _start(world, CARL) is RequestStatus.REJECTED
    assert _start(world, ANNA) is RequestStatus.ACCEPTED
    assert _used(world) == [9]


@pytest.mark.req("F01.FR.22", "F02.FR.24")
@pytest.mark.parametrize("plugged", [False, True])
def test_a_remote_start_with_a_group(plugged: bool) -> None:
    """Another group is rejected, the same one accepted."""
    world = StationWorld()
    _reserve(world, evse=1, group=GROUP)
    if plugged:
        world.plug()
    assert _start(world, CARL, group=IdToken(value="OTHER", type="Central")) is RequestStatus.REJECTED
    assert _start(world, CARL, group=GROUP) is RequestStatus.ACCEPTED
    assert _used(world) == [9]


@pytest.mark.req("H03.FR.07")
def test_a_remote_start_for_a_token_whose_group_is_known_here() -> None:
    """From the Authorization Cache."""
    world = StationWorld(station=DUAL)
    world.tap("BERT", 2)
    world.tap("BERT", 2)
    _reserve(world, evse=1, group=GROUP)
    assert _start(world, BERT) is RequestStatus.ACCEPTED


def test_a_remote_start_without_an_evse_goes_to_the_reserved_one() -> None:
    """And that of somebody else to the other one."""
    world = StationWorld(station=DUAL)
    _reserve(world, evse=2)
    assert _start(world, ANNA, None) is RequestStatus.ACCEPTED
    assert (_charges(world, 1), _charges(world, 2)) == (False, True)
    _reserve(world, 10, token=BERT, evse=1)
    assert _start(world, CARL, None) is RequestStatus.REJECTED


def test_a_card_at_the_stations_reader() -> None:
    """The token gets its EVSE; another is turned away when nothing is left for it."""
    world = StationWorld(station=DUAL)
    _reserve(world, evse=2)
    world.tap("ANNA", None)
    assert (_charges(world, 1), _charges(world, 2)) == (False, True)
    _reserve(world, 10, token=BERT, evse=1)
    world.tap("CARL", None)
    world.plug(1)
    assert not _charges(world, 1)


def test_who_has_not_chosen_yet_does_not_get_what_is_kept() -> None:
    """Carl may charge at 1, and plugs in at 2."""
    world = StationWorld(station=DUAL)
    _reserve(world, evse=2)
    world.tap("CARL", None)
    world.plug(2)
    assert not _charges(world, 2)
    world.plug(1)
    assert _charges(world, 1)


def test_who_reserved_any_uses_it_where_the_cable_goes() -> None:
    """Anna holds her card to the station's reader first."""
    world = StationWorld(station=DUAL)
    _reserve(world)
    world.tap("ANNA", None)
    world.plug(2)
    assert _charges(world, 2)
    assert _used(world) == [9]


@pytest.mark.req("C02.FR.01")
def test_free_charging_is_not_for_everybody_at_a_reserved_evse() -> None:
    """Without authorization nobody is the one it is reserved for."""
    world = StationWorld(station=DUAL, variables={"AuthCtrlr.Enabled": "false"})
    _reserve(world, evse=1)
    world.plug(1)
    world.plug(2)
    assert (_charges(world, 1), _charges(world, 2)) == (False, True)
    world.tap("ANNA", 1)
    assert _charges(world, 1)


@pytest.mark.req("H03.FR.11")
def test_nobody_plugs_in() -> None:
    """The card was presented, but no transaction came of it: NoTransaction, and the EVSE is anybody's."""
    world = StationWorld(variables={"TxCtrlr.TxStartPoint": "PowerPathClosed"})
    _reserve(world, evse=1)
    world.tap("ANNA")
    world.pass_time(120)
    assert _ends(world) == [(9, "NoTransaction")]
    assert _seen(world)[-1] == "Available"


@pytest.mark.req("1.6:5.13")
def test_in_1_6_only_a_transaction_ends_it() -> None:
    """After ConnectionTimeOut it is reserved as before."""
    world = StationWorld(ocpp16=True)
    _reserve(world, evse=1)
    world.tap("ANNA")
    world.pass_time(120)
    assert _seen(world) == ["Available", "Reserved", "Occupied", "Reserved"]
    world.tap("CARL")
    assert not _charges(world)


@pytest.mark.req("1.6:4.9")
def test_in_1_6_a_cable_alone_does_not_end_the_state() -> None:
    """Reserved until the token is presented; then Preparing, which is a kind of Occupied."""
    world = StationWorld(ocpp16=True)
    _reserve(world, evse=1)
    world.plug()
    world.tap("CARL")
    assert _seen(world) == ["Available", "Reserved"]
    world.tap("ANNA")
    assert _seen(world)[:3] == ["Available", "Reserved", "Occupied"]
    assert _used(world) == [9]


# --- cancelled --------------------------------------------------------------------------------------------------------


@pytest.mark.req("H02.FR.01", "1.6:5.1")
def test_a_reservation_that_is_not_there_is_not_cancelled() -> None:
    """Rejected."""
    world = StationWorld()
    _reserve(world, 9, evse=1)
    assert _cancel(world, 8) == "Rejected"
    assert _seen(world)[-1] == "Reserved"


@pytest.mark.req("H02.FR.02", "H02.FR.03", "H02.FR.04", "1.6:5.1")
@pytest.mark.parametrize("ocpp16", [False, True])
def test_cancelled(ocpp16: bool) -> None:
    """Available again, for anybody; the CSMS need not be told what it did itself."""
    world = StationWorld(ocpp16=ocpp16)
    _reserve(world, evse=1)
    assert _cancel(world) == "Accepted"
    assert _seen(world) == ["Available", "Reserved", "Available"]
    world.tap("CARL")
    assert _charges(world)
    assert _ends(world) == []
    assert _cancel(world) == "Rejected"


@pytest.mark.req("H02.FR.05", "H02.FR.06")
def test_one_of_any_is_cancelled() -> None:
    """Those not reserved by name are told as Available."""
    world = StationWorld(station=DUAL)
    _reserve(world, 1)
    _reserve(world, 2, token=BERT)
    _cancel(world, 1)
    assert (_seen(world, 1)[-1], _seen(world, 2)[-1]) == ("Available", "Available")
    world.tap("CARL", 1)
    assert _charges(world)


# --- ended ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("H04.FR.01", "H04.FR.02", "H04.FR.03", "1.6:5.13")
@pytest.mark.parametrize("ocpp16", [False, True])
def test_expired(ocpp16: bool) -> None:
    """By itself, at the time: first the connector, then the reservation is told of; anybody may charge."""
    world = StationWorld(ocpp16=ocpp16)
    _reserve(world, evse=1, minutes=1)
    world.pass_time(59)
    assert _seen(world)[-1] == "Reserved"
    world.pass_time(1)
    assert _seen(world) == ["Available", "Reserved", "Available"]
    assert _ends(world) == [(9, "Expired")]
    assert isinstance(world.csms.heard[-1], ReservationEnded)
    world.tap("CARL")
    assert _charges(world)


def test_it_expires_by_the_clock_of_the_csms() -> None:
    """Which is two hours ahead of the station's."""
    world = StationWorld(online=False)
    world.csms.clock_ahead = timedelta(hours=2)
    world.connect()
    assert _reserve(world, evse=1, minutes=1) == "Accepted"
    world.pass_time(59)
    assert _ends(world) == []
    world.pass_time(2)
    assert _ends(world) == [(9, "Expired")]


@pytest.mark.req("H04.FR.01")
def test_what_expired_offline_is_told_later() -> None:
    """Even after a restart, and once."""
    world = StationWorld()
    _reserve(world, evse=1, minutes=1)
    world.cut()
    world.pass_time(120)
    world.kill()
    world.connect()
    world.pass_time(60)
    assert _ends(world) == [(9, "Expired")]


def test_an_end_is_told_until_it_is_answered() -> None:
    """No answer: again; refused: not again."""
    world = StationWorld(station=DUAL)
    world.csms.silent = lambda fact: isinstance(fact, ReservationEnded)
    _reserve(world, 1, evse=1, minutes=1)
    _reserve(world, 2, evse=2, minutes=1)
    world.pass_time(60)
    assert _ends(world) == [(1, "Expired")]
    world.time_out()
    assert _ends(world) == [(1, "Expired")] * 2
    world.cut()
    world.csms.silent = lambda _: False
    world.csms.refusing = lambda fact: "InternalError" if isinstance(fact, ReservationEnded) else None
    world.connect()
    assert _ends(world)[2:] == [(1, "Expired"), (2, "Expired")]
    world.pass_time(60)
    assert len(_ends(world)) == 4


@pytest.mark.req("H01.FR.16", "1.6:5.13")
@pytest.mark.parametrize("ocpp16", [False, True])
def test_a_fault_removes_it(ocpp16: bool) -> None:
    """And it does not come back with the repair."""
    world = StationWorld(ocpp16=ocpp16, station=DUAL)
    _reserve(world, evse=1)
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    assert _ends(world) == [(9, "Removed")]
    world.does(world.hardware.clear_fault("GROUND_FAILURE", 1))
    assert _seen(world) == ["Available", "Reserved", "Faulted", "Available"]
    world.tap("CARL")
    assert _charges(world)


@pytest.mark.req("H01.FR.17", "1.6:5.13")
@pytest.mark.parametrize("ocpp16", [False, True])
@pytest.mark.parametrize("address", [EvseAddress(evse=1), EvseAddress(evse=1, connector=1), EvseAddress(evse=0)])
def test_taking_it_out_of_use_removes_it(ocpp16: bool, address: EvseAddress) -> None:
    """The EVSE, its connector, or the whole station."""
    world = StationWorld(ocpp16=ocpp16)
    _reserve(world, evse=1)
    world.command(ChangeAvailability(operative=False, address=address))
    assert _ends(world) == [(9, "Removed")]
    world.command(ChangeAvailability(operative=True, address=address))
    assert _seen(world) == ["Available", "Reserved", "Unavailable", "Available"]


def test_one_of_any_is_removed_when_nothing_is_left() -> None:
    """While one EVSE works it stands."""
    world = StationWorld(station=DUAL)
    _reserve(world)
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    assert _ends(world) == []
    assert _seen(world, 2)[-1] == "Reserved"
    world.command(ChangeAvailability(operative=False, address=EvseAddress(evse=2)))
    assert _ends(world) == [(9, "Removed")]


def test_switched_off_reservations_are_kept_but_not_used() -> None:
    """The EVSE is anybody's; switched on again they count, if nobody took their place."""
    world = StationWorld(station=DUAL)
    _reserve(world, 1, evse=1)
    _reserve(world, 2, evse=2)
    _set(world, "ReservationCtrlr", "Enabled", "false")
    assert (_seen(world, 1)[-1], _seen(world, 2)[-1]) == ("Available", "Available")
    world.tap("CARL", 1)
    assert _charges(world)
    _set(world, "ReservationCtrlr", "Enabled", "true")
    assert _seen(world, 2)[-1] == "Reserved"
    assert _ends(world) == [(1, "Expired")]


# --- kept -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ocpp16", [False, True])
def test_it_survives_a_power_failure(ocpp16: bool) -> None:
    """And expires by itself afterwards."""
    world = StationWorld(ocpp16=ocpp16)
    _reserve(world, evse=1, minutes=10)
    world.kill()
    assert _seen(world)[-1] == "Reserved"
    world.tap("CARL")
    assert not _charges(world)
    world.pass_time(600)
    assert _ends(world) == [(9, "Expired")]


def test_what_is_kept_is_read_back() -> None:
    """Through its JSON; and a storage from before there were reservations has none."""
    reservation = Reservation(reservation_id=1, expires_at=START, id_token=ANNA, group=GROUP, connector_type="cCCS2")
    ended = ReservationEnded(reservation_id=2, status=ReservationUpdateStatus.REMOVED)
    part = ReservationsMemory(pending=(reservation,), ended=(ended,))
    assert saved_state([read_part(written(part))], ()).part(ReservationsMemory) == part
    assert saved_state([], ()).part(ReservationsMemory) == ReservationsMemory()


def test_it_survives_a_reset() -> None:
    """One that the CSMS asked for."""
    world = StationWorld()
    _reserve(world, evse=1)
    world.command(Reset(kind=ResetKind.IMMEDIATE))
    world.pass_time(60)
    assert world.restarts == [BootReason.REMOTE_RESET]
    assert _seen(world)[-1] == "Reserved"
    world.tap("ANNA")
    assert _used(world) == [9]


def test_a_far_away_end_is_no_trouble() -> None:
    """The last moment of the calendar."""
    world = StationWorld()
    far = START.replace(year=9999, month=12, day=31, hour=23)
    reservation = Reservation(reservation_id=1, expires_at=far, id_token=ANNA, evse=1)
    world.command(ReserveNow(reservation=reservation))
    world.pass_time(3 * 86_400, step=3_600)
    assert _seen(world)[-1] == "Reserved"


def test_an_unknown_group_is_no_group() -> None:
    """A token judged accepted without a group does not match a reservation without one."""
    world = StationWorld()
    world.csms.tokens["CARL"] = accepted(None)
    _reserve(world, evse=1, group=None)
    world.tap("CARL")
    assert not _charges(world)
