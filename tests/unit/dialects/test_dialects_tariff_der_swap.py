"""Tariffs, payment, DER control and battery swaps in 2.1, running costs in all versions: what is written is read back the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.dialects.ocpp16 import DIALECT as DIALECT_16
from pilotwire.dialects.ocpp21 import DIALECT
from pilotwire.dialects.ocpp201 import DIALECT as DIALECT_201
from pilotwire.domain import battery_swap as swap
from pilotwire.domain import der_control as der
from pilotwire.domain import tariff
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Fact, Outcome, Verdict
from pilotwire.domain.smart_charging import Reason
from pilotwire.errors import NotSayable
from tests.support.said import answered, heard, moments, numbers, text

# What the wire cannot tell from nothing: an empty list, a tax rate that is not there.
_NOT_EMPTY: dict[str, Any] = {"min_size": 1, "max_size": 3}


def _built(kind: type[Any], **fields: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind, **fields)


_points = st.lists(_built(der.CurvePoint, x=numbers, y=numbers), **_NOT_EMPTY).map(tuple)
_whole = st.integers(0, 9)
_curves = _built(
    der.Curve,
    curve_data=_points,
    priority=_whole,
    y_unit=st.sampled_from(der.DerUnit),
    start_time=st.none() | moments,
    duration=st.none() | numbers,
    voltage_params=st.none() | _built(der.VoltageParams, hv10_min_mean_value=numbers),
)
_settings: dict[str, st.SearchStrategy[Any]] = {
    "curve": _curves,
    "enter_service": _built(
        der.EnterService,
        priority=_whole,
        high_voltage=numbers,
        low_voltage=numbers,
        high_freq=numbers,
        low_freq=numbers,
    ),
    "fixed_pf_absorb": _built(der.FixedPowerFactor, priority=_whole, displacement=numbers, excitation=st.booleans()),
    "fixed_pf_inject": _built(der.FixedPowerFactor, priority=_whole, displacement=numbers, excitation=st.booleans()),
    "fixed_var": _built(der.FixedVar, priority=_whole, setpoint=numbers, unit=st.sampled_from(der.DerUnit)),
    "freq_droop": _built(
        der.FreqDroop,
        priority=_whole,
        over_freq=numbers,
        under_freq=numbers,
        over_droop=numbers,
        under_droop=numbers,
        response_time=numbers,
        start_time=st.none() | moments,
    ),
    "gradient": _built(der.Gradient, priority=_whole, gradient=numbers, soft_gradient=numbers),
    "limit_max_discharge": _built(
        der.LimitMaxDischarge, priority=_whole, power_monitoring_must_trip=st.none() | _curves
    ),
}


@st.composite
def controls(draw: st.DrawFn) -> der.DerControl:
    """A control that keeps the rules for members; the two kinds that are always defaults are."""
    kind = draw(st.sampled_from(der.DerControlType))
    member = der.member_of(kind)
    only_default = member in ("enter_service", "gradient")
    return der.DerControl(
        control_id=draw(text(36)),
        control_type=kind,
        is_default=True if only_default else draw(st.booleans()),
        **{member: draw(_settings[member])},
    )


_rates = st.lists(_built(tariff.TaxRate, type=text(20), tax=numbers, stack=st.none() | _whole), max_size=2).map(tuple)
_conditions = _built(
    tariff.Conditions,
    start_time_of_day=st.none() | st.just("08:00"),
    day_of_week=st.lists(st.sampled_from(tariff.DayOfWeek), max_size=2).map(tuple),
    min_energy=st.none() | numbers,
    max_time=st.none() | _whole,
)
_energy = st.lists(
    _built(
        tariff.EnergyPrice,
        price_kwh=numbers,
        conditions=st.none() | _conditions.filter(lambda each: each != tariff.Conditions()),
    ),
    **_NOT_EMPTY,
).map(tuple)
_fixed = st.lists(_built(tariff.FixedPrice, price_fixed=numbers), **_NOT_EMPTY).map(tuple)
tariffs = _built(
    tariff.Tariff,
    tariff_id=text(60),
    currency=st.just("EUR"),
    description=st.lists(_built(tariff.TariffText, content=text(50)), max_size=2).map(tuple),
    energy=st.none() | _built(tariff.EnergyPrices, prices=_energy, tax_rates=_rates),
    fixed_fee=st.none() | _built(tariff.FixedPrices, prices=_fixed, tax_rates=_rates),
    valid_from=st.none() | moments,
    max_cost=st.none() | _built(tariff.Price, excl_tax=numbers, tax_rates=_rates),
)
_tokens = _built(IdToken, value=text(255), type=text(20))
_batteries = st.lists(
    _built(
        swap.Battery,
        evse_id=_whole,
        serial_number=text(50),
        soc=st.integers(0, 100).map(Decimal),
        soh=st.integers(0, 100).map(Decimal),
        production_date=st.none() | moments,
        vendor_info=st.none() | text(500),
    ),
    **_NOT_EMPTY,
).map(tuple)
_ids = st.lists(text(36), max_size=3).map(tuple)
_addresses = _built(
    tariff.Address,
    name=text(50),
    address1=text(100),
    city=text(100),
    country=text(50),
    postal_code=st.none() | text(20),
)
FACTS: st.SearchStrategy[Fact] = st.one_of(
    _built(
        der.DerControlsReported,
        request_id=_whole,
        controls=st.lists(_built(der.InstalledDerControl, control=controls()), max_size=1).map(tuple),
        more=st.booleans(),
    ),
    _built(
        der.DerAlarm,
        control_type=st.sampled_from(der.DerControlType),
        at=moments,
        fault=st.none() | st.sampled_from(der.GridEventFault),
        ended=st.booleans(),
        extra_info=st.none() | text(200),
    ),
    _built(der.DerControlStarted, control_id=text(36), started=st.booleans(), at=moments, superseded_ids=_ids),
    _built(
        swap.BatterySwapped,
        event=st.sampled_from(swap.BatterySwapEvent),
        request_id=_whole,
        id_token=_tokens,
        batteries=_batteries,
    ),
    _built(
        tariff.PaymentSettled,
        psp_ref=text(255),
        status=st.sampled_from(tariff.PaymentStatus),
        amount=numbers,
        at=moments,
        vat_company=st.none() | _addresses,
        receipt_url=st.none() | text(50),
    ),
    _built(tariff.VatNumberAsked, vat_number=text(20), evse_id=st.none() | _whole),
)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    _built(der.SetDerControl, control=controls()),
    _built(
        der.GetDerControl,
        request_id=_whole,
        is_default=st.none() | st.booleans(),
        control_type=st.none() | st.sampled_from(der.DerControlType),
        control_id=st.none() | text(36),
    ),
    _built(der.ClearDerControl, is_default=st.booleans(), control_id=st.none() | text(36)),
    _built(swap.RequestBatterySwap, request_id=_whole, id_token=_tokens),
    _built(tariff.SetDefaultTariff, evse_id=_whole, tariff=tariffs),
    _built(tariff.GetTariffs, evse_id=_whole),
    _built(tariff.ClearTariffs, tariff_ids=st.lists(text(60), max_size=3).map(tuple), evse_id=st.none() | _whole),
    _built(tariff.ChangeTransactionTariff, transaction_id=text(36), tariff=tariffs),
    _built(tariff.NotifyWebPaymentStarted, evse_id=_whole, timeout=_whole),
)


@given(FACTS)
def test_facts_are_read_as_they_were_written(fact: Fact) -> None:
    """Both ends use the same words."""
    request = DIALECT.write_fact(fact)
    assert request is not None
    assert DIALECT.read_fact(heard(request)) == fact


@given(COMMANDS)
def test_commands_are_read_as_they_were_written(command: Command) -> None:
    """Both ends use the same words."""
    (request,) = DIALECT.write_command(command)
    assert DIALECT.read_command(heard(request)) == command


_WHY = Reason(code="InvalidValue", info="price")
_TARIFF = tariff.Tariff(tariff_id="t", currency="EUR")
_AT = datetime(2030, 1, 31, 18, tzinfo=UTC)
_ASSIGNED = tariff.TariffAssignment(
    tariff_id="t", tariff_kind=tariff.TariffKind.DRIVER_TARIFF, valid_from=_AT, evse_ids=(1,), id_tokens=("a",)
)
_GRADIENT = der.DerControl(
    control_id="c",
    control_type=der.DerControlType.GRADIENTS,
    is_default=True,
    gradient=der.Gradient(priority=0, gradient=Decimal(1), soft_gradient=Decimal(2)),
)


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        (
            der.SetDerControl(control=_GRADIENT),
            der.SetDerControlOutcome(status=der.DerControlStatus.ACCEPTED, superseded_ids=("a", "b")),
        ),
        (der.GetDerControl(request_id=1), der.DerControlOutcome(status=der.DerControlStatus.NOT_FOUND)),
        (der.ClearDerControl(is_default=True), der.DerControlOutcome(status=der.DerControlStatus.NOT_SUPPORTED)),
        (
            swap.RequestBatterySwap(request_id=1, id_token=IdToken(value="a", type="Central")),
            swap.RequestBatterySwapOutcome(status=swap.BatterySwapStatus.REJECTED, reason=_WHY),
        ),
        (
            tariff.SetDefaultTariff(evse_id=0, tariff=_TARIFF),
            tariff.SetDefaultTariffOutcome(status=tariff.TariffSetStatus.DUPLICATE_TARIFF_ID, reason=_WHY),
        ),
        (
            tariff.GetTariffs(evse_id=0),
            tariff.GetTariffsOutcome(status=tariff.TariffStatus.ACCEPTED, assignments=(_ASSIGNED,)),
        ),
        (
            tariff.ClearTariffs(),
            tariff.ClearTariffsOutcome(results=(tariff.ClearedTariff(status=tariff.TariffStatus.NO_TARIFF),)),
        ),
        (
            tariff.ChangeTransactionTariff(transaction_id="x", tariff=_TARIFF),
            tariff.ChangeTransactionTariffOutcome(status=tariff.TariffChangeStatus.TX_NOT_FOUND, reason=_WHY),
        ),
        (tariff.NotifyWebPaymentStarted(evse_id=1, timeout=9), tariff.WebPaymentOutcome()),
    ],
)
def test_outcomes_are_read_as_they_were_written(command: Command, outcome: Outcome) -> None:
    """The station's answer comes through."""
    (request,) = DIALECT.write_command(command)
    response = DIALECT.write_outcome(command, outcome, request)
    assert DIALECT.read_outcome(command, (answered(response),)) == outcome


@pytest.mark.parametrize(
    ("fact", "verdict"),
    [
        (
            tariff.PaymentSettled(psp_ref="p", status=tariff.PaymentStatus.SETTLED, amount=Decimal(1), at=_AT),
            tariff.SettlementVerdict(receipt_url="https://r.example/1", receipt_id="1"),
        ),
        (
            tariff.VatNumberAsked(vat_number="DE1", evse_id=2),
            tariff.VatVerdict(
                vat_number="DE1",
                status=tariff.VatStatus.ACCEPTED,
                company=tariff.Address(name="n", address1="a", city="c", country="d"),
                evse_id=2,
            ),
        ),
    ],
)
def test_verdicts_are_read_as_they_were_written(fact: Fact, verdict: Verdict) -> None:
    """The answer of the CSMS comes through."""
    assert DIALECT.read_verdict(fact, answered(DIALECT.write_verdict(fact, verdict))) == verdict


def test_a_company_that_does_not_fit_is_left_out() -> None:
    """A service may know a longer name than OCPP has room for: the station still gets its answer."""
    fact = tariff.VatNumberAsked(vat_number="DE1")
    company = tariff.Address(name="n" * 51, address1="a", city="c", country="d")
    verdict = tariff.VatVerdict(vat_number="DE1", status=tariff.VatStatus.ACCEPTED, company=company)
    response: Any = DIALECT.write_verdict(fact, verdict)
    assert response.company is None


@pytest.mark.parametrize("dialect", [DIALECT_201, DIALECT])
def test_a_running_cost_in_2(dialect: Any) -> None:
    """What only 1.6 stations are told is not said."""
    told = tariff.CostUpdated(transaction_id="x", total_cost=Decimal("4.25"))
    (request,) = dialect.write_command(
        tariff.CostUpdated(transaction_id="x", total_cost=Decimal("4.25"), at=_AT, meter_value=Decimal(9))
    )
    assert dialect.read_command(heard(request)) == told


def test_a_running_cost_in_1_6() -> None:
    """It goes as the vendor's data, with what the white paper has."""
    command = tariff.CostUpdated(
        transaction_id="17",
        total_cost=Decimal("4.25"),
        at=_AT,
        meter_value=Decimal("1234.5"),
        state=tariff.CostState.IDLE,
    )
    (request,) = DIALECT_16.write_command(command)
    sent: Any = heard(request)
    assert (sent.vendor_id, sent.message_id) == ("org.openchargealliance.costmsg", "RunningCost")
    assert json.loads(sent.data) == {
        "transactionId": 17,
        "timestamp": "2030-01-31T18:00:00.000Z",
        "meterValue": 1234,
        "cost": 4.25,
        "state": "Idle",
    }


@pytest.mark.parametrize("dialect", [DIALECT_201, DIALECT])
def test_2_x_has_no_price_beside_the_running_cost(dialect: Any) -> None:
    """It is refused, not left out."""
    command = tariff.CostUpdated(
        transaction_id="x", total_cost=Decimal(1), charging_price=tariff.ChargingPrice(hour_price=Decimal(2))
    )
    with pytest.raises(NotSayable, match="no charging price"):
        dialect.write_command(command)


def test_1_6_cannot_say_a_transaction_that_is_no_number() -> None:
    """Nothing is sent."""
    with pytest.raises(NotSayable, match="whole numbers"):
        DIALECT_16.write_command(tariff.CostUpdated(transaction_id="tx", total_cost=Decimal(1)))
