"""The code for payment by web page on a display, and what drivers choose before (C25; 2.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.authorization import NO_LIMIT, TransactionLimit
from pilotwire.domain.device_model import (
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableSetting,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Fact, Verdict, changed
from pilotwire.domain.network_profiles import NetworkConnectionProfile
from pilotwire.domain.remote_control import RequestStart
from pilotwire.domain.reservation import CancelReservation, Reservation, ReserveNow
from pilotwire.domain.tariff import NotifyWebPaymentStarted
from pilotwire.domain.tariff.web_payments import totp
from pilotwire.domain.transactions import EventKind, TransactionEvent, TransactionVerdict
from pilotwire.station.core.tariff_payment import PAYING
from pilotwire.station.core.web_payment import CHOICE, WebPaymentChosen
from tests.support.station_world import StationWorld, accepted

TEMPLATE = "https://qr.test/{chargingstationid}/{evse}/{totp}/{version}"
SET_UP = {
    "WebPaymentsCtrlr.Enabled": "true",
    "WebPaymentsCtrlr.URLTemplate": TEMPLATE,
    "WebPaymentsCtrlr.SharedSecret": "a secret between us",
}
HOME = NetworkConnectionProfile(
    csms_url="wss://csms.test", interface="Any", message_timeout=30, security_profile=1, identity="CS001"
)
PAID = IdToken(value="WEB-1", type="DirectPayment")


def _world(station: str = "ac-22-single", **more: str) -> StationWorld:
    world = StationWorld(station=station, variables=SET_UP | more, home=HOME)
    world.csms.tokens["WEB-1"] = accepted()
    world.pass_time(1)
    return world


def _code(world: StationWorld, evse: int = 1, validity: int = 30, length: int = 8) -> str:
    """The address as the CSMS works it out."""
    password = totp("a secret between us", world.now, validity=validity, length=length)
    return f"https://qr.test/CS001/{evse}/{password}/v1"


def _seen(world: StationWorld, evse: int = 1) -> str | None:
    return world.hardware.display.get(evse)


def _start(world: StationWorld, id_token: IdToken = PAID) -> None:
    world.command(RequestStart(id_token=id_token, remote_start_id=1, evse=1))


def _write(world: StationWorld, variable: str, value: str, evse: int | None = None) -> SetVariableStatus:
    name = VariableName(component="WebPaymentsCtrlr", variable=variable, evse=evse)
    outcome = world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))
    assert isinstance(outcome, SetVariablesOutcome)
    return outcome.results[0].status


# --- the code -------------------------------------------------------------------------------------------------------


@pytest.mark.req("C25.FR.01", "C25.FR.51", "C25.FR.52")
def test_each_free_evse_shows_its_code_and_another_one_when_the_password_is_over() -> None:
    world = _world("ac-22-dual")
    first = _seen(world)
    assert (first, _seen(world, 2)) == (_code(world, 1), _code(world, 2))
    world.pass_time(30)
    assert _seen(world) == _code(world) != first


@pytest.mark.req("C25.FR.01")
def test_the_password_is_as_it_is_set_up() -> None:
    world = _world(**{"WebPaymentsCtrlr.ValidityTime": "3600", "WebPaymentsCtrlr.Length": "12"})
    assert _seen(world) == _code(world, validity=3600, length=12)


@pytest.mark.req("C25.FR.53")
def test_an_address_at_somebody_elses_has_the_roaming_id_of_its_evse() -> None:
    world = _world("ac-22-dual")
    assert _write(world, "RoamingEvseId", "DE-ABC-E2", evse=2) is SetVariableStatus.ACCEPTED
    template = "https://emsp.test/{roamingevseid}/{totp}/{version}"
    assert _write(world, "URLTemplate", template) is SetVariableStatus.ACCEPTED
    world.pass_time(1)
    assert (_seen(world, 2) or "").startswith("https://emsp.test/DE-ABC-E2/")


@pytest.mark.req("C25.FR.50")
@pytest.mark.parametrize(
    ("variable", "value", "accepted"),
    [
        ("URLTemplate", "https://qr.test/{chargingstationid}", False),
        ("URLTemplate", "", True),
        ("ValidityTime", "5", False),
        ("ValidityTime", "3600", True),
        ("Length", "5", False),
        ("TOTPVersion", "v2", False),
    ],
)
def test_a_code_that_cannot_be_made_cannot_be_set_up(variable: str, value: str, accepted: bool) -> None:
    assert (_write(_world(), variable, value) is SetVariableStatus.ACCEPTED) == accepted


@pytest.mark.parametrize("lacking", list(SET_UP))
def test_without_all_it_takes_there_is_no_code(lacking: str) -> None:
    world = _world()
    world._perform(world.core.write(lacking, "false" if lacking.endswith("Enabled") else "", world.now))
    world.pass_time(1)
    assert _seen(world) is None


def test_there_is_no_code_where_nobody_could_charge_with_it() -> None:
    world = _world()
    world.cut()
    world.pass_time(40)
    assert _seen(world) is None
    world.connect()
    world.pass_time(1)
    assert _seen(world) == _code(world)
    world.plug()
    world.pass_time(11)
    assert _seen(world) == _code(world), "with a vehicle there all the more"
    world.tap("ANNA")
    world.pass_time(60)
    assert "qr.test" not in (_seen(world) or "")
    world.tap("ANNA")
    world.unplug()
    world.pass_time(11)
    assert _seen(world) == _code(world)


def test_a_place_that_is_broken_or_reserved_shows_no_code() -> None:
    world = _world("ac-22-dual")
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    expires = world.now + timedelta(hours=1)
    kept = Reservation(reservation_id=1, expires_at=expires, id_token=IdToken(value="ANNA"), evse=2)
    world.command(ReserveNow(reservation=kept))
    world.pass_time(1)
    assert (_seen(world, 1), _seen(world, 2)) == (None, None)
    world.does(world.hardware.clear_fault("GROUND_FAILURE", 1))
    world.command(CancelReservation(reservation_id=1))
    world.pass_time(1)
    assert (_seen(world, 1), _seen(world, 2)) == (_code(world, 1), _code(world, 2))


@pytest.mark.req("C25.FR.22")
def test_whoever_scanned_it_reads_so_until_they_give_up() -> None:
    world = _world()
    world.command(NotifyWebPaymentStarted(evse_id=1, timeout=300))
    world.pass_time(20)
    assert _seen(world) == PAYING
    world.command(NotifyWebPaymentStarted(evse_id=1, timeout=0))
    world.pass_time(1)
    assert _seen(world) == _code(world)


def test_without_an_identity_there_is_no_code_that_needs_one() -> None:
    world = StationWorld(variables=SET_UP)
    world.pass_time(1)
    assert _seen(world) is None


# --- what the driver chose ------------------------------------------------------------------------------------------

MOST = TransactionLimit(max_cost=Decimal("12.50"), max_energy=Decimal(20000), max_time=3600)


@pytest.mark.req("C25.FR.03", "C25.FR.04", "C25.FR.05", "C25.FR.06", "C25.FR.56", "C25.FR.57", "C25.FR.58")
def test_what_the_driver_wants_is_in_the_address_and_in_the_transaction() -> None:
    world = _world()
    world.feed(WebPaymentChosen(1, MOST))
    assert _seen(world) == _code(world) + "?maxtime=3600&maxenergy=20000&maxcost=12.50"
    world.plug()
    _start(world)
    told = [event.limit for event in world.csms.events if event.limit is not None]
    assert told == [MOST]


@pytest.mark.req("C25.FR.04", "C25.FR.05")
@pytest.mark.parametrize(
    ("limit", "trigger"),
    [
        (TransactionLimit(max_time=600), "TimeLimitReached"),
        (TransactionLimit(max_energy=Decimal(1000)), "EnergyLimitReached"),
    ],
    ids=["time", "energy"],
)
def test_what_the_driver_wants_is_all_they_get(limit: TransactionLimit, trigger: str) -> None:
    world = _world()
    world.feed(WebPaymentChosen(1, limit))
    world.plug()
    _start(world)
    world.pass_time(1200)
    assert [event.trigger for event in world.csms.events if event.trigger == trigger]
    assert world.hardware.meter(1).power_w == 0


@pytest.mark.parametrize(
    "undo",
    [
        lambda world: world.feed(WebPaymentChosen(1, NO_LIMIT)),
        lambda world: world.pass_time(CHOICE.total_seconds() + 1),
    ],
    ids=["chosen anew", "nobody paid"],
)
def test_a_choice_does_not_last(undo: Any) -> None:
    world = _world()
    world.feed(WebPaymentChosen(1, MOST))
    undo(world)
    assert _seen(world) == _code(world)
    world.plug()
    _start(world)
    assert not [event for event in world.csms.events if event.limit is not None]


def test_a_choice_is_not_for_somebody_else_whom_the_csms_starts() -> None:
    world = _world()
    world.feed(WebPaymentChosen(1, MOST), WebPaymentChosen(7, MOST))
    world.plug()
    _start(world, IdToken(value="ANNA"))
    assert not [event for event in world.csms.events if event.limit is not None]
    assert [note for note in world.notes if "EVSE 7" in note]


@pytest.mark.req("C24.FR.03", "C24.FR.04", "C25.FR.25", "C25.FR.26")
def test_a_limit_of_the_csms_for_a_payment_elsewhere_is_told_once_and_kept() -> None:
    world = StationWorld()
    world.csms.tokens["WEB-1"] = accepted()
    limit = TransactionLimit(max_energy=Decimal(500))
    usual = world.csms.verdict

    def verdict(fact: Fact, now: datetime) -> Verdict:
        found = usual(fact, now)
        started = isinstance(fact, TransactionEvent) and fact.kind is EventKind.STARTED
        return changed(found, limit=limit) if started and isinstance(found, TransactionVerdict) else found

    world.csms.verdict = verdict  # type: ignore[method-assign]
    world.plug()
    _start(world)
    world.pass_time(600)
    assert [(event.trigger, event.limit) for event in world.csms.events if event.limit] == [("LimitSet", limit)]
    assert [event for event in world.csms.events if event.trigger == "EnergyLimitReached"]
    assert world.hardware.meter(1).power_w == 0
