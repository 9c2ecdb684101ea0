"""Meter values: named and written as they must be, never falling, never jumping, and there while charging (J02, 1.6:3.16)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.said import Json, Said, number_of, objects_at, span, text_at, time_of, whole_at
from pilotwire.doctor.rules import protocol as rules

REGISTER: Final = "Energy.Active.Import.Register"
_MOST_POWER: Final = Decimal(4_000_000)
"""W; no charger delivers more."""
_LEAST_JUMP: Final = Decimal(1000)
_MOST_REGISTERS: Final = 1024
_ACTIVE: Final = frozenset({"Wh", "kWh"})
_UNITS: Final = {
    "Energy.Active": _ACTIVE,
    "Energy.Reactive": frozenset({"varh", "kvarh"}),
    "Power.Active": frozenset({"W", "kW"}),
    "Power.Reactive": frozenset({"var", "kvar"}),
    "Current": frozenset({"A"}),
    "Voltage": frozenset({"V"}),
    "SoC": frozenset({"Percent"}),
    "Temperature": frozenset({"Celsius", "Celcius", "Fahrenheit", "K"}),
}
_KINDS: Final = tuple(_UNITS)
_DEFAULT: Final = "Wh"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled value; `number` in the unit as written, None if it is no number (or signed)."""

    at: datetime | None
    measurand: str
    raw: object
    number: Decimal | None
    unit: str
    scaled: Decimal | None
    """Wh, where it is active energy."""
    place: str
    signed: bool
    context: str


def samples_of(said: Said) -> Iterator[Sample]:
    """The sampled values in a message, whatever it is."""
    for name in ("meterValue", "transactionData"):
        for value in objects_at(said.payload, name):
            moment = time_of(value.get("timestamp"))
            for each in objects_at(value, "sampledValue"):
                yield _sample(each, moment, is_16=said.is_16)


def _sample(each: Json, moment: datetime | None, *, is_16: bool) -> Sample:
    measurand = text_at(each, "measurand") or REGISTER
    power = 0
    if is_16:
        unit = text_at(each, "unit")
    else:
        unit = text_at(each, "unitOfMeasure", "unit")
        power = whole_at(each, "unitOfMeasure", "multiplier") or 0
    unit = unit or (_DEFAULT if measurand.startswith("Energy") else "")
    number = number_of(each.get("value"))
    scaled = None
    if number is not None and unit in _ACTIVE and abs(power) <= 12:
        scaled = number.scaleb(power + (3 if unit == "kWh" else 0))
    place = f"{text_at(each, 'location') or 'Outlet'}/{text_at(each, 'phase')}"
    signed = text_at(each, "format") == "SignedData"
    return Sample(moment, measurand, each.get("value"), number, unit, scaled, place, signed, text_at(each, "context"))


class Meters(Group):
    """The meters of one station: form of the values, and the course of the registers."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._last: dict[str, tuple[datetime, Decimal]] = {}
        self._evse_of: dict[str, int] = {}

    def asked(self, said: Said) -> None:
        """Values in a message of the station."""
        if said.sender != "station":
            return
        where = self._where(said)
        if said.action == "StartTransaction":
            self._started(said, where)
        for sample in samples_of(said):
            self._form(said, sample)
            if (
                sample.measurand == REGISTER
                and sample.at is not None
                and sample.scaled is not None
                and not sample.signed
            ):
                self._course(said, f"{where}/{sample.place}", sample.at, sample.scaled)

    def _started(self, said: Said, where: str) -> None:
        """meterStart of 1.6 against what the meter has shown before."""
        last, start = self._last.get(f"{where}/Outlet/"), whole_at(said.payload, "meterStart")
        if last is not None and start is not None and start < last[1]:
            what = f"A transaction starts at {start} Wh; the energy register of {where} was at {last[1]} Wh before."
            self.notes.found(rules.METER_REBASED, what, said.text, at=said, case=where)
            del self._last[f"{where}/Outlet/"]

    def _where(self, said: Said) -> str:
        """The meter a message is about."""
        if said.is_16:
            connector = whole_at(said.payload, "connectorId")
            transaction = whole_at(said.payload, "transactionId")
            return f"transaction {transaction}" if connector is None else f"connector {connector}"
        transaction_id = text_at(said.payload, "transactionInfo", "transactionId")[:40]
        if not transaction_id:
            return f"EVSE {whole_at(said.payload, 'evseId')}"
        evse = whole_at(said.payload, "evse", "id")
        if evse is not None:
            self._evse_of[transaction_id] = evse
            if len(self._evse_of) > _MOST_REGISTERS:
                del self._evse_of[next(iter(self._evse_of))]
        known = self._evse_of.get(transaction_id)
        return f"transaction {transaction_id}" if known is None else f"EVSE {known}"

    # --- form ------------------------------------------------------------------------------------------------------------------

    def _form(self, said: Said, sample: Sample) -> None:
        if said.is_16 and sample.number is None and not sample.signed:
            comma = isinstance(sample.raw, str) and number_of(sample.raw.replace(",", ".")) is not None
            why = ": it has a comma for the point" if comma else ""
            what = f"The value {str(sample.raw)[:40]!r} of {sample.measurand} is no number{why}."
            self.notes.found(rules.METER_NUMBER, what, said.text, at=said, case=sample.measurand[:60])
        kind = next((each for each in _KINDS if sample.measurand.startswith(each)), "")
        if kind and sample.unit and sample.unit not in _UNITS[kind]:
            what = f"{sample.measurand} comes in {sample.unit}, which is no unit of it."
            self.notes.found(rules.METER_UNIT, what, said.text, at=said, case=f"{sample.measurand}:{sample.unit}"[:80])
        if sample.measurand == REGISTER and not sample.signed:
            self._demands(said, sample)

    def _demands(self, said: Said, sample: Sample) -> None:
        demands, title, source = self.profile.protocol.meter, f"the profile {self.profile.name}", self.profile.source
        if demands.energy_unit and sample.unit != demands.energy_unit:
            what = f"{REGISTER} comes in {sample.unit}; {title} takes it in {demands.energy_unit} only."
            self.notes.found(rules.METER_UNIT_DEMANDED, what, said.text, at=said, source=source)
        whole = sample.number is None or (
            "." not in str(sample.raw) and sample.number == sample.number.to_integral_value()
        )
        if demands.integers and not whole:
            what = f"{REGISTER} comes as {sample.raw}, with a fraction; {title} takes whole numbers only."
            self.notes.found(rules.METER_INTEGER, what, said.text, at=said, source=source)

    # --- course ----------------------------------------------------------------------------------------------------------------

    def _course(self, said: Said, key: str, at: datetime, value: Decimal) -> None:
        last = self._last.get(key)
        if last is not None and at < last[0]:
            return  # from a queue: older than what is known
        self._last[key] = (at, value)
        if len(self._last) > _MOST_REGISTERS:
            del self._last[next(iter(self._last))]
        if last is None:
            return
        seconds = Decimal(max(1.0, (at - last[0]).total_seconds()))
        rise = value - last[1]
        if _thousandfold(last[1], value):
            what = f"{_name(key)} goes from {last[1]} Wh to {value} Wh, about a thousandfold: Wh and kWh are mixed up."
            self.notes.found(rules.METER_SCALE, what, said.text, at=said, case=key)
        elif rise < 0:
            self._falls(said, key, last[1], value)
        elif rise > _LEAST_JUMP and rise * 3600 / seconds > _MOST_POWER:
            what = f"{_name(key)} rises by {rise} Wh within {span(float(seconds))}: no charger delivers that."
            self.notes.found(rules.METER_JUMPS, what, said.text, at=said, case=key)

    def _falls(self, said: Said, key: str, before: Decimal, value: Decimal) -> None:
        begins = text_at(said.payload, "eventType") == "Started"
        what = f"{_name(key)} falls from {before} Wh to {value} Wh."
        self.notes.found(rules.METER_REBASED if begins else rules.METER_FALLS, what, said.text, at=said, case=key)


def _thousandfold(before: Decimal, value: Decimal) -> bool:
    low, high = sorted((before, value))
    return low >= 10 and Decimal(700) <= high / low <= Decimal(1400)


def _name(key: str) -> str:
    return f"The energy register of {key.partition('/')[0]}"
