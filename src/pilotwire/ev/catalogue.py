"""Vehicle models to charge with: figures of the classes on European roads, under generic names.

The number in a name is the usable battery capacity in kWh. Curves are typical shapes, not measurements of one product.
"""

from __future__ import annotations

from pilotwire.errors import ConfigError
from pilotwire.ev.battery import BatterySpec
from pilotwire.ev.vehicle import DcInlet, Feedback, OnboardCharger, Vehicle, VehicleSpec, Wish

_AC = ("cType2", "sType2", "s309-1P-16A", "s309-1P-32A", "s309-3P-16A", "s309-3P-32A")
_CCS = (*_AC, "cCCS2")
_TYPE1 = ("cType1", "sType2")

_FLAT = ((0.0, 0.9), (5.0, 1.0), (85.0, 0.95), (95.0, 0.4), (100.0, 0.08))
_PEAK = ((0.0, 0.7), (8.0, 1.0), (35.0, 0.95), (55.0, 0.65), (80.0, 0.38), (92.0, 0.15), (100.0, 0.04))
_STEADY = ((0.0, 0.8), (5.0, 1.0), (60.0, 0.95), (80.0, 0.55), (95.0, 0.15), (100.0, 0.05))


def _battery(
    kwh: float,
    kw: float,
    curve: tuple[tuple[float, float], ...],
    volts: tuple[float, float] = (320.0, 400.0),
    kw_back: float = 0,
) -> BatterySpec:
    return BatterySpec(kwh * 1000, kw * 1000, curve, *volts, max_discharge_w=kw_back * 1000)


VEHICLES: dict[str, VehicleSpec] = {
    spec.name: spec
    for spec in (
        # Plug-in hybrids: one phase, AC only.
        VehicleSpec("phev-10", _battery(10, 11, _FLAT), _AC, OnboardCharger(1, 16, 0.88)),
        VehicleSpec("phev-18", _battery(18, 22, _FLAT), _AC, OnboardCharger(1, 32, 0.89)),
        VehicleSpec("phev-9-type1", _battery(9, 11, _FLAT), _TYPE1, OnboardCharger(1, 16, 0.88)),
        # One-phase onboard charger of 7.4 kW.
        VehicleSpec("city-24", _battery(24, 40, _STEADY), _CCS, OnboardCharger(1, 32, 0.9), DcInlet(40e3, 125)),
        VehicleSpec("compact-40", _battery(40, 50, _STEADY), _CCS, OnboardCharger(1, 32, 0.9), DcInlet(50e3, 125)),
        # Three phases, 11 kW.
        VehicleSpec("compact-58", _battery(58, 120, _PEAK), _CCS, OnboardCharger(3, 16), DcInlet(120e3, 350)),
        VehicleSpec("family-77", _battery(77, 150, _PEAK), _CCS, OnboardCharger(3, 16), DcInlet(150e3, 425)),
        VehicleSpec(
            "estate-75",
            _battery(75, 250, _PEAK, (340.0, 410.0)),
            _CCS,
            OnboardCharger(3, 16, 0.93),
            DcInlet(250e3, 700),
        ),
        VehicleSpec(
            "saloon-90-800v",
            _battery(90, 250, _STEADY, (620.0, 800.0)),
            _CCS,
            OnboardCharger(3, 16, 0.94),
            DcInlet(250e3, 350),
        ),
        # Three phases, 22 kW.
        VehicleSpec("hatch-52", _battery(52, 50, _STEADY), _CCS, OnboardCharger(3, 32, 0.91), DcInlet(50e3, 130)),
        VehicleSpec("van-60", _battery(60, 80, _STEADY), _CCS, OnboardCharger(3, 32, 0.91), DcInlet(80e3, 220)),
        # Two-phase onboard charger of 7.4 kW.
        VehicleSpec("city-32", _battery(32, 40, _STEADY), _CCS, OnboardCharger(2, 16, 0.9), DcInlet(40e3, 125)),
        # It gives energy back through its onboard charger, too (V2X on AC): 11 kW on three phases.
        VehicleSpec(
            "v2x-ac-60",
            _battery(60, 100, _STEADY, kw_back=20),
            _CCS,
            OnboardCharger(3, 16, 0.93),
            DcInlet(100e3, 300),
            feedback=Feedback(20e3, 60),
            ac_feedback=Feedback(11e3, 16),
        ),
        # They give energy back through their DC inlet (V2X), down to a fifth of their battery.
        VehicleSpec(
            "v2x-compact-40",
            _battery(40, 50, _STEADY, kw_back=20),
            _CCS,
            OnboardCharger(1, 32, 0.9),
            DcInlet(50e3, 125),
            feedback=Feedback(20e3, 60),
        ),
        VehicleSpec(
            "v2x-family-77",
            _battery(77, 150, _PEAK, kw_back=60),
            _CCS,
            OnboardCharger(3, 16),
            DcInlet(150e3, 425),
            feedback=Feedback(60e3, 170),
        ),
        # DC only: no onboard charger, so a Type 2 connector is of no use to it.
        VehicleSpec("bus-350", _battery(350, 250, _FLAT, (560.0, 720.0)), ("cCCS2",), None, DcInlet(250e3, 400)),
    )
}
"""The models by name."""


def vehicle_names() -> list[str]:
    """The names `vehicle` knows, in the catalogue's order."""
    return list(VEHICLES)


def vehicle(name: str, *, soc: float = 20.0, wish: Wish | None = None) -> Vehicle:
    """A new vehicle of the model `name` at `soc` per cent; raises `ConfigError` for a name not in the catalogue."""
    if name not in VEHICLES:
        raise ConfigError(f"There is no vehicle model {name!r}.", f"Choose one of {', '.join(VEHICLES)}.")
    return Vehicle(VEHICLES[name], soc=soc, wish=wish)
