"""A priced session as an OCPI CDR, and the credit CDR that takes one back."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from pilotwire.dialects.ocpi.editions import Edition, Party, to_milliseconds, to_places, valid
from pilotwire.dialects.ocpi.writing import Written
from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import Price
from pilotwire.domain.tariff.bills import ChargingPeriod, CostDimensionKind
from pilotwire.domain.tariff.priced import PricedPeriod, PricedSession, TaxAmount
from pilotwire.ocpi import parts, v23, v221

_SECONDS_PER_HOUR: Final = 3600
_WH_PER_KWH: Final = 1000
_LONGEST_REMARK: Final = 255
_KIND: Final = parts.CdrDimensionType
_BOUNDS: Final = {
    CostDimensionKind.MIN_POWER: (_KIND.MIN_POWER, 1000),
    CostDimensionKind.MAX_POWER: (_KIND.MAX_POWER, 1000),
    CostDimensionKind.MIN_CURRENT: (_KIND.MIN_CURRENT, 1),
    CostDimensionKind.MAX_CURRENT: (_KIND.MAX_CURRENT, 1),
}


class CdrFacts(Value):
    """What a CDR says besides the price: who, where, with what. `tariffs` are those that were written for the same version."""

    party: Party
    id: str
    cdr_token: parts.CdrToken
    auth_method: parts.AuthMethod
    cdr_location: parts.CdrLocation
    last_updated: datetime
    session_id: str | None = None
    authorization_reference: str | None = None
    meter_id: str | None = None
    tariffs: tuple[v221.Tariff, ...] | tuple[v23.Tariff, ...] = ()
    signed_data: parts.SignedData | None = None
    remark: str | None = None


WrittenCdr = Written[v221.CDR | v23.CDR]


def write_cdr(session: PricedSession, facts: CdrFacts, edition: Edition) -> WrittenCdr:
    """The CDR of a session that has ended. Volumes are to 4 decimals of a kWh or an hour; amounts are as they were rounded."""
    if not session.ended:
        return Written(object=None, unsaid=("A CDR is of a session that has ended; this one runs.",))
    unsaid: list[str] = []
    cost, usage = session.details.total_cost, session.details.total_usage
    reserved = timedelta(seconds=usage.reservation_time or 0)
    begin = session.begin - reserved
    idle = sum((one.end - one.begin for one in session.periods if not one.charging), timedelta())
    price = _Prices(edition, session.taxes)
    reservation = [one for one in (cost.reservation_time, cost.reservation_fixed) if one is not None]
    periods = _periods(session, begin, reserved)
    values: dict[str, Any] = {
        "country_code": facts.party.country_code,
        "party_id": facts.party.party_id,
        "id": facts.id,
        "start_date_time": to_milliseconds(begin),
        "end_date_time": to_milliseconds(session.end),
        "cdr_token": facts.cdr_token,
        "auth_method": facts.auth_method,
        "cdr_location": facts.cdr_location,
        "currency": cost.currency,
        "charging_periods": periods,
        "total_cost": price.total(session.excl_tax, session.incl_tax),
        "total_energy": to_places(usage.energy / _WH_PER_KWH),
        "total_time": _hours(session.end - session.begin),
        "last_updated": to_milliseconds(facts.last_updated),
        "session_id": facts.session_id,
        "authorization_reference": facts.authorization_reference,
        "meter_id": facts.meter_id,
        "tariffs": facts.tariffs,
        "signed_data": facts.signed_data,
        "total_fixed_cost": price.part(cost.fixed),
        "total_energy_cost": price.part(cost.energy),
        "total_time_cost": price.part(cost.charging_time),
        "total_parking_time": _hours(idle),
        "total_parking_cost": price.part(cost.idle_time),
        "total_reservation_cost": price.part(_sum(reservation)),
        "remark": _remark(session, facts, unsaid),
    }
    if not periods:
        unsaid.append("OCPI has no CDR without a charging period: the session had no duration.")
        return Written(object=None, unsaid=tuple(unsaid))
    if any(one.part == "parking_time" for one in session.parts):
        unsaid.append("parking_time: OCPI has no cost of the whole stay; it is in those of charging and parking time.")
    if edition is Edition.V23 and session.excl_tax != session.incl_tax and not session.taxes:
        unsaid.append("taxes: which taxes are in the total is not known.")
    written: Any = valid(v221.CDR if edition is Edition.V221 else v23.CDR, values, unsaid)
    return Written(object=written, unsaid=tuple(unsaid))


def write_credit(cdr: v221.CDR | v23.CDR, id: str, last_updated: datetime) -> WrittenCdr:
    """The credit CDR of one that was sent: all of it, with the total cost negative and a reference to it (OCPI Credit CDRs)."""
    unsaid: list[str] = []
    if cdr.credit:
        return Written(object=None, unsaid=(f"The CDR {cdr.id} is a credit CDR itself.",))
    values = {name: getattr(cdr, name) for name in cdr.__struct_fields__}
    values |= {"id": id, "credit": True, "credit_reference_id": cdr.id, "last_updated": to_milliseconds(last_updated)}
    if isinstance(cdr, v221.CDR):
        with_vat = cdr.total_cost.incl_vat
        values["total_cost"] = v221.Price(
            excl_vat=-cdr.total_cost.excl_vat, incl_vat=None if with_vat is None else -with_vat
        )
    else:
        taxes = tuple(msgspec.structs.replace(one, amount=-one.amount) for one in cdr.total_cost.taxes)
        values["total_cost"] = v23.Price(before_taxes=-cdr.total_cost.before_taxes, taxes=taxes)
    written: Any = valid(type(cdr), values, unsaid)
    return Written(object=written, unsaid=tuple(unsaid))


def _hours(span: timedelta) -> Decimal:
    return to_places(Decimal(span // timedelta(milliseconds=1)) / (1000 * _SECONDS_PER_HOUR))


def _remark(session: PricedSession, facts: CdrFacts, unsaid: list[str]) -> str | None:
    """The remark, with why the price may not be all there is."""
    text = " ".join((*([facts.remark] if facts.remark else []), *session.failures))
    if len(text) > _LONGEST_REMARK:
        unsaid.append(f"remark: OCPI has {_LONGEST_REMARK} characters for it; the rest of it is left out.")
        text = text[: _LONGEST_REMARK - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return text or None


def _sum(prices: list[Price]) -> Price | None:
    if not prices:
        return None
    taxes = {one.tax_rates for one in prices}
    return Price(
        excl_tax=sum((one.excl_tax or Decimal(0) for one in prices), Decimal(0)),
        incl_tax=sum((one.incl_tax or Decimal(0) for one in prices), Decimal(0)),
        tax_rates=taxes.pop() if len(taxes) == 1 else (),
    )


class _Prices:
    """Amounts as a version has them."""

    def __init__(self, edition: Edition, taxes: tuple[TaxAmount, ...]) -> None:
        self._edition, self._taxes = edition, taxes

    def total(self, excl: Decimal, incl: Decimal) -> v221.Price | v23.Price:
        if self._edition is Edition.V221:
            return v221.Price(excl_vat=excl, incl_vat=incl)
        told = (parts.TaxAmount(name=one.type, percentage=one.percent, amount=one.amount) for one in self._taxes)
        return v23.Price(before_taxes=excl, taxes=tuple(told))

    def part(self, price: Price | None) -> v221.Price | v23.Price | None:
        """The cost of a part; its taxes are told by name where they are all alike."""
        if price is None:
            return None
        excl, incl = price.excl_tax or Decimal(0), price.incl_tax or Decimal(0)
        if self._edition is Edition.V221:
            return v221.Price(excl_vat=excl, incl_vat=incl)
        rates = price.tax_rates
        if not rates and incl == excl:
            return v23.Price(before_taxes=excl)
        name = " + ".join(rate.type for rate in rates) or "taxes"
        percentage = rates[0].tax if len(rates) == 1 else None
        tax = parts.TaxAmount(name=name, percentage=percentage, amount=incl - excl)
        return v23.Price(before_taxes=excl, taxes=(tax,))


def _periods(session: PricedSession, begin: datetime, reserved: timedelta) -> tuple[parts.ChargingPeriod, ...]:
    found: list[parts.ChargingPeriod] = []
    if reserved:
        dimension = parts.CdrDimension(type=_KIND.RESERVATION_TIME, volume=_hours(reserved))
        found.append(parts.ChargingPeriod(start_date_time=to_milliseconds(begin), dimensions=(dimension,)))
    pairs = zip(session.periods, session.details.charging_periods, strict=True)
    return (*found, *(_period(period, told) for period, told in pairs))


def _period(period: PricedPeriod, told: ChargingPeriod) -> parts.ChargingPeriod:
    kind = _KIND.TIME if period.charging else _KIND.PARKING_TIME
    dimensions = [parts.CdrDimension(type=kind, volume=_hours(period.end - period.begin))]
    if period.energy:
        dimensions.append(parts.CdrDimension(type=_KIND.ENERGY, volume=to_places(period.energy / _WH_PER_KWH)))
    for one in told.dimensions:
        if one.type in _BOUNDS:
            name, unit = _BOUNDS[one.type]
            dimensions.append(parts.CdrDimension(type=name, volume=to_places(one.volume / unit)))
    return parts.ChargingPeriod(
        start_date_time=to_milliseconds(period.begin), dimensions=tuple(dimensions), tariff_id=period.tariff_id
    )
