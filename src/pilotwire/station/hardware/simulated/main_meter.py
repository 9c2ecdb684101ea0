"""The simulated main meter: what all EVSEs take and give, and what the station itself uses, at the grid connection.

Registers count the balance of each step of time: energy that one vehicle gives and another takes does not pass this meter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import zip_longest
from typing import Annotated

from msgspec import Meta

from pilotwire.station.hardware.ports import MainMeter, Measured, MeterReading, Wh
from pilotwire.station.hardware.signing import MeterPlate, MeterSigner, key_from_seed

PLATE = MeterPlate("Pilotwire", "simulated meter", "PW-METER-0")
_LINES = ("L1", "L2", "L3")
_HOUR = 3600.0
_ROUNDING_WH = 1e-6
_AMBIENT_C = Decimal(25)


@dataclass(slots=True)
class SavedMain:
    """What outlives a process; `fraction_wh` is what has flowed since a register last moved (negative: out), to the tenth."""

    import_wh: Annotated[int, Meta(ge=0)] = 0
    export_wh: Annotated[int, Meta(ge=0)] = 0
    fraction_wh: Annotated[float, Meta(gt=-1, lt=1)] = 0.0
    signed: Annotated[int, Meta(ge=0)] = 0


class SimulatedMainMeter:
    """See the module."""

    def __init__(self, layout: MainMeter) -> None:
        self.layout = layout
        self.import_wh = 0
        self.export_wh = 0
        self.signer = MeterSigner(PLATE, key_from_seed(PLATE.serial)) if layout.signing_meter else None
        self._fraction_wh = 0.0

    def pass_time(self, seconds: float, balance_wh: int, *, powered: bool) -> None:
        """So much time passed, in which the EVSEs took so many Wh (negative: gave)."""
        own = float(self.layout.own_consumption_w) * seconds / _HOUR if powered else 0.0
        self._fraction_wh += balance_wh + own
        whole = math.floor(abs(self._fraction_wh) + _ROUNDING_WH)
        if self._fraction_wh >= 0:
            self.import_wh += whole
            self._fraction_wh -= whole
        else:
            self.export_wh += whole
            self._fraction_wh += whole

    def reading(
        self, evses: Iterable[MeterReading], *, powered: bool, inputs: Sequence[range | None] = ()
    ) -> MeterReading:
        """The meter at this moment, `evses` being the readings of all EVSEs; `inputs`: the phases each DC one takes its power from."""
        layout = self.layout
        volts = layout.voltage_v if powered else Decimal(0)
        own = layout.own_consumption_w if powered else Decimal(0)
        amps = self._amps(evses, own, inputs)
        watts = sum((volts * each for each in amps), Decimal(0))
        return MeterReading(
            energy_import_register=self.import_wh,
            energy_export_register=self.export_wh,
            power_w=_number(watts, "0.1"),
            current_a=tuple(_number(max(each, Decimal(0)), "0.01") for each in amps),
            voltage_v=(volts,) * layout.phases,
            current_offered_a=Decimal(0),
            power_offered_w=Decimal(0),
            temperature_c=_AMBIENT_C,
            frequency_hz=Decimal("50.0") if powered else Decimal("0.0"),
            more=(*self._by_phase(amps, volts), *purely_active(self.import_wh, self.export_wh)),
            sign=None if self.signer is None else self.signer.sign,
        )

    def _amps(
        self, evses: Iterable[MeterReading], own_w: Decimal, inputs: Sequence[range | None] = ()
    ) -> list[Decimal]:
        """A in each phase, negative: out.

        An AC EVSE takes them from the phases of its own; DC from those it has chosen, else from all alike, as the station does.
        """
        phases, volts = self.layout.phases, self.layout.voltage_v
        amps = [own_w / volts / phases] * phases
        for one, chosen in zip_longest(evses, inputs):
            on_ac = one.frequency_hz is not None and len(one.current_a) <= phases
            used = len(one.current_a) if on_ac else phases
            own = one.current_a if on_ac and one.power_w >= 0 else (one.power_w / volts / used,) * used
            if chosen is not None:
                each = one.power_w / volts / len(chosen)
                own = tuple(each if phase in chosen else Decimal(0) for phase in range(phases))
            amps = [sum(pair, Decimal(0)) for pair in zip(amps, (*own, *(Decimal(0),) * phases), strict=False)]
        return amps

    def _by_phase(self, amps: list[Decimal], volts: Decimal) -> tuple[Measured, ...]:
        """Power and the current that flows out, a value each phase."""
        if self.layout.phases == 1:
            return (Measured("Current.Export", _number(max(-amps[0], Decimal(0)), "0.01")),)
        found: list[Measured] = []
        for line, each in zip(_LINES, amps, strict=False):
            came, went = max(each, Decimal(0)), max(-each, Decimal(0))
            found.append(Measured("Current.Export", _number(went, "0.01"), line))
            found.append(Measured("Power.Active.Import", _number(came * volts, "0.1"), line))
            found.append(Measured("Power.Active.Export", _number(went * volts, "0.1"), line))
        return tuple(found)

    def save(self) -> SavedMain:
        """What outlives a process."""
        signed = 0 if self.signer is None else self.signer.counter
        return SavedMain(self.import_wh, self.export_wh, math.trunc(self._fraction_wh * 10) / 10, signed)

    def adopt(self, saved: SavedMain) -> None:
        """Take over what was saved."""
        self.import_wh, self.export_wh, self._fraction_wh = saved.import_wh, saved.export_wh, saved.fraction_wh
        if self.signer is not None:
            self.signer.counter = saved.signed


_NOTHING_REACTIVE = (
    Measured("Power.Factor", Decimal(1)),
    Measured("Power.Reactive.Import", Decimal(0)),
    Measured("Power.Reactive.Export", Decimal(0)),
    Measured("Energy.Reactive.Import.Register", Decimal(0)),
    Measured("Energy.Reactive.Export.Register", Decimal(0)),
)


def purely_active(import_wh: Wh, export_wh: Wh) -> tuple[Measured, ...]:
    """What a meter says besides that sees active power only: apparent energy is the active one."""
    return (
        *_NOTHING_REACTIVE,
        Measured("Energy.Apparent.Import", Decimal(import_wh)),
        Measured("Energy.Apparent.Export", Decimal(export_wh)),
    )


def _number(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_EVEN)
