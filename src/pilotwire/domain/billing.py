"""Bills of sessions: which tariff a session goes by, the session made of what was told of it, and what a bill and its corrections say.

A bill is never changed. What comes to light later is an entry of its own: a correction of so much more or less, or a refund.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from pilotwire.domain.identity import EvseAddress, IdToken, same_token
from pilotwire.domain.kinds import Value
from pilotwire.domain.metering import MeterReading, Sample
from pilotwire.domain.metering.samples import is_register
from pilotwire.domain.tariff.general import GeneralTariff
from pilotwire.domain.tariff.money import Rounding, rounded
from pilotwire.domain.tariff.priced import PricedSession, TaxAmount
from pilotwire.domain.tariff.sessions import Session, SessionReading, TariffFrom
from pilotwire.domain.tariff.tariffs import EvseKind
from pilotwire.domain.transactions import ChargingState, EventKind, Transaction, TransactionEvent

_UNNUMBERED: Final = {EventKind.STARTED: -3, EventKind.UPDATED: -2, EventKind.ENDED: -1}

# --- which tariff counts --------------------------------------------------------------------------------------------


class TariffRule(Value):
    """For whom and where a tariff on record counts; all that is given must hold, nothing given: everywhere.

    `time_zone`: in which the tariff's times of day are, a name of the IANA database; None: as the CSMS is set up.
    """

    name: str
    tariff_id: str
    id_token: IdToken | None = None
    group: str | None = None
    station: str | None = None
    evse: int | None = None
    site: str | None = None
    connector_type: str | None = None
    time_zone: str | None = None


class Occasion(Value):
    """Who charges where. `sites` are those the station belongs to, `connector_types` those of the EVSE."""

    station: str
    evse: int | None = None
    id_token: IdToken | None = None
    group: str | None = None
    sites: tuple[str, ...] = ()
    connector_types: tuple[str, ...] = ()


def rule_fits(rule: TariffRule, occasion: Occasion) -> bool:
    """Whether a rule holds on an occasion."""
    group = occasion.group
    return (
        (rule.id_token is None or same_token(occasion.id_token, rule.id_token))
        and (rule.group is None or (group is not None and rule.group.casefold() == group.casefold()))
        and rule.station in (None, occasion.station)
        and rule.evse in (None, occasion.evse)
        and (rule.site is None or rule.site in occasion.sites)
        and (rule.connector_type is None or rule.connector_type in occasion.connector_types)
    )


def chosen_rule(rules: Iterable[TariffRule], occasion: Occasion) -> TariffRule | None:
    """The most exact rule that holds: of the token, else its group, the EVSE, the station, the site, the connector type, else any.

    Of two that are equally exact the one whose name comes first.
    """
    fitting = [rule for rule in rules if rule_fits(rule, occasion)]
    return min(fitting, key=lambda rule: (*_exactness(rule), rule.name), default=None)


def _exactness(rule: TariffRule) -> tuple[bool, ...]:
    given = (rule.id_token, rule.group, rule.evse, rule.station, rule.site, rule.connector_type)
    return tuple(each is None for each in given)


class SessionTerms(Value):
    """What a session is billed by, kept from its start. `chosen_by`: the rule, or how the station came by its tariff."""

    tariffs: tuple[TariffFrom, ...]
    chosen_by: str
    time_zone: str = "UTC"
    evse_kind: EvseKind = EvseKind.AC

    @property
    def currency(self) -> str:
        """Of the first tariff: one session has one currency."""
        return self.tariffs[0].tariff.currency


def with_tariff(terms: SessionTerms, tariff: GeneralTariff, at: datetime) -> SessionTerms:
    """The terms once a session goes on by another tariff from a moment on; one of another currency changes nothing (I11.FR.05)."""
    if tariff.currency != terms.currency or terms.tariffs[-1].tariff == tariff:
        return terms
    kept = tuple(each for each in terms.tariffs if each.at != at)
    added = (*kept, TariffFrom(at=at, tariff=tariff))
    return SessionTerms(
        tariffs=tuple(sorted(added, key=lambda one: one.at)),
        chosen_by=terms.chosen_by,
        time_zone=terms.time_zone,
        evse_kind=terms.evse_kind,
    )


# --- the session ----------------------------------------------------------------------------------------------------


def session_of(transaction: Transaction, events: Iterable[TransactionEvent], terms: SessionTerms) -> Session:
    """The session to be priced, of all events of a transaction in whatever order; one that was closed by rule ended then."""
    end = transaction.ended_at
    if end is None and transaction.closing is not None:
        end = transaction.closing.as_of
    readings: list[SessionReading] = []
    for event in events:
        order = event.seq_no if event.seq_no is not None else _UNNUMBERED[event.kind]
        if event.charging_state is not None:
            flows = event.charging_state is ChargingState.CHARGING
            readings.append(SessionReading(at=event.at, charging=flows, order=order))
        readings += [told for one in event.readings if (told := _told(one, order)) is not None]
    return Session(
        begin=transaction.started_at,
        end=end,
        tariffs=terms.tariffs,
        readings=tuple(readings),
        time_zone=terms.time_zone,
        evse_kind=terms.evse_kind,
    )


def _told(reading: MeterReading, order: int) -> SessionReading | None:
    """What a reading says that prices may depend on."""
    register = next((one.value for one in reading.samples if is_register(one)), None)
    exported = _whole(reading.samples, "Energy.Active.Export.Register", "Wh")
    power = _whole(reading.samples, "Power.Active.Import", "W")
    back = _whole(reading.samples, "Power.Active.Export", "W")
    if back:
        power = (power or Decimal(0)) - back
    current = _whole(reading.samples, "Current.Import", "A")
    if register is None and exported is None and power is None and current is None:
        return None
    return SessionReading(
        at=reading.at, register=register, exported=exported, power=power, current=current, order=order
    )


def _whole(samples: Sequence[Sample], measurand: str, unit: str) -> Decimal | None:
    """A quantity of the whole EVSE: as it was told, else the sum of its phases."""
    own = [
        each
        for each in samples
        if each.measurand == measurand and each.unit == unit and each.location == "Outlet" and each.value is not None
    ]
    whole = next((each.value for each in own if each.phase is None), None)
    if whole is not None:
        return whole
    phases = {each.phase: each.value for each in own if each.phase in ("L1", "L2", "L3", "L1-N", "L2-N", "L3-N")}
    return sum((value for value in phases.values() if value is not None), Decimal(0)) if phases else None


# --- bills ----------------------------------------------------------------------------------------------------------


class BillKind(StrEnum):
    """What an entry is: the bill of a session, so much more or less once more is known or agreed, or money given back."""

    BILL = "Bill"
    CORRECTION = "Correction"
    REFUND = "Refund"


class Metering(StrEnum):
    """What is known of the signatures of the meter's values."""

    UNSIGNED = "Unsigned"
    NOT_VERIFIED = "NotVerified"
    VERIFIED = "Verified"
    INVALID = "Invalid"


class Amounts(Value):
    """What something comes to, without tax, with tax, and the taxes."""

    excl_tax: Decimal = Decimal(0)
    incl_tax: Decimal = Decimal(0)
    taxes: tuple[TaxAmount, ...] = ()


class BillEntry(Value):
    """A bill or what corrects one. It is never changed.

    `number` counts without gaps over all stations. `amounts` are of this entry alone (negative: given back), `total` with tax of the bill
    and all its entries up to this one. `priced` is how it was worked out: of a bill and of a correction made by the CSMS; of one made by
    hand None, which has a `reason` and says `by` whom. `told_by_station`: what a station that works out costs told. `paid_from_balance`:
    how much of it was deducted from a balance kept here.
    """

    number: int
    kind: BillKind
    station: str
    transaction_id: str
    made_at: datetime
    currency: str
    amounts: Amounts
    total: Decimal
    terms: SessionTerms
    corrects: int | None = None
    reason: str = ""
    by: str = ""
    priced: PricedSession | None = None
    id_token: IdToken | None = None
    address: EvseAddress | None = None
    metering: Metering = Metering.UNSIGNED
    told_by_station: Decimal | None = None
    paid_from_balance: Decimal | None = None
    ended_for: str = ""


def amounts_of(priced: PricedSession) -> Amounts:
    """What a priced session comes to."""
    return Amounts(excl_tax=priced.excl_tax, incl_tax=priced.incl_tax, taxes=priced.taxes)


def difference(now: Amounts, before: Amounts) -> Amounts:
    """How much more than before; taxes by their names and percentages."""
    taxes = {(each.type, each.percent): each.amount for each in now.taxes}
    for each in before.taxes:
        place = (each.type, each.percent)
        taxes[place] = taxes.get(place, Decimal(0)) - each.amount
    return Amounts(
        excl_tax=now.excl_tax - before.excl_tax,
        incl_tax=now.incl_tax - before.incl_tax,
        taxes=tuple(TaxAmount(type=kind, percent=rate, amount=value) for (kind, rate), value in taxes.items() if value),
    )


def share_of(billed: Amounts, incl_tax: Decimal, rounding: Rounding, currency: str) -> Amounts:
    """An amount with tax, with taxes in the proportions of what was billed; rounded so that all sums are right."""
    if not billed.incl_tax:
        return Amounts(excl_tax=incl_tax, incl_tax=incl_tax)
    part = Fraction(incl_tax) / Fraction(billed.incl_tax)
    excl = rounded(Fraction(billed.excl_tax) * part, rounding, currency)
    taxes = [(each, rounded(Fraction(each.amount) * part, rounding, currency)) for each in billed.taxes]
    left = incl_tax - excl - sum((amount for _, amount in taxes), Decimal(0))
    if taxes:
        most = max(range(len(taxes)), key=lambda number: abs(taxes[number][1]))
        taxes[most] = (taxes[most][0], taxes[most][1] + left)
    told = tuple(TaxAmount(type=one.type, percent=one.percent, amount=amount) for one, amount in taxes)
    return Amounts(excl_tax=excl, incl_tax=incl_tax, taxes=told)


def metering_of(events: Iterable[TransactionEvent]) -> Metering:
    """What is known of the signatures before anybody has verified them: whether there are any."""
    signed = any(
        sample.signed is not None for event in events for reading in event.readings for sample in reading.samples
    )
    return Metering.NOT_VERIFIED if signed else Metering.UNSIGNED


def told_cost(events: Iterable[TransactionEvent]) -> Decimal | None:
    """What the station told last that the session costs, taxes included where it told them."""
    ranked = sorted(events, key=lambda one: (one.at, one.seq_no or 0))
    for event in reversed(ranked):
        total = None if event.cost is None else event.cost.total_cost.total
        if total is not None:
            return total.excl_tax if total.incl_tax is None else total.incl_tax
    return None
