"""What the meters of a station tell, by its layout: what the device model lists, and what a CSMS may choose from.

Every reading has registers, power, current, voltage, what is offered and a temperature. What there is besides is said in the layout, or
is as simulated hardware of the same supply has it. Intervals, nets and synonyms follow from what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pilotwire.domain.metering import SETPOINT_INTERVAL, with_derived
from pilotwire.station.hardware.layouts import EvseLayout, StationLayout

ALWAYS = (
    "Energy.Active.Import.Register",
    "Energy.Active.Export.Register",
    "Power.Active.Import",
    "Power.Active.Export",
    "Current.Import",
    "Current.Offered",
    "Power.Offered",
    "Voltage",
    "Temperature",
)
"""What every reading of an EVSE's meter has."""
SIMULATED_AC = (
    "Frequency",
    "Current.Export",
    "Power.Factor",
    "Power.Reactive.Import",
    "Power.Reactive.Export",
    "Energy.Reactive.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Apparent.Import",
    "Energy.Apparent.Export",
)
"""What simulated AC meters tell besides."""
PILOTED_AC = ("Current.Import.Minimum", "Power.Import.Minimum")
"""What holds at an AC outlet by IEC 61851-1."""
SIMULATED_DC = (
    "SoC",
    "RPM",
    "Current.Import.Minimum",
    "Power.Import.Minimum",
    "Voltage.Minimum",
    "Voltage.Maximum",
    "EnergyRequest.Target",
    "EnergyRequest.Maximum",
    "Display.PresentSOC",
    "Display.TargetSOC",
    "Display.MaximumSOC",
    "Display.RemainingTimeToTargetSOC",
    "Display.RemainingTimeToMaximumSOC",
    "Display.ChargingComplete",
    "Display.BatteryEnergyCapacity",
)
"""What simulated DC outlets measure, or hear from the vehicle, besides."""
SIMULATED_BACK = (
    "Current.Export",
    "Power.Reactive.Import",
    "Power.Reactive.Export",
    "Current.Export.Offered",
    "Power.Export.Offered",
    "EnergyRequest.Minimum",
    "EnergyRequest.Minimum.V2X",
    "Display.MinimumSOC",
    "Display.RemainingTimeToMinimumSOC",
)
"""What those tell besides that take energy back."""
SIMULATED_AC_BACK = (
    "Frequency",
    "Power.Factor",
    *SIMULATED_BACK,
    "EnergyRequest.Target",
    "EnergyRequest.Maximum",
    "Display.PresentSOC",
    "Display.TargetSOC",
    "Display.MaximumSOC",
    "Display.RemainingTimeToTargetSOC",
    "Display.RemainingTimeToMaximumSOC",
    "Display.ChargingComplete",
    "Display.BatteryEnergyCapacity",
)
"""What simulated AC outlets tell that take energy back from vehicles with an inverter."""
BY_SETPOINT = ("Power.Active.Setpoint", "Power.Active.Residual", SETPOINT_INTERVAL)
"""What a station knows itself of an outlet whose power can be set in both directions."""
MAIN = (
    "Energy.Active.Import.Register",
    "Energy.Active.Export.Register",
    "Power.Active.Import",
    "Power.Active.Export",
    "Current.Import",
    "Voltage",
    *SIMULATED_AC,
)
"""What a simulated main meter tells."""
_NOT_METERED = ("Display.", "EnergyRequest.", "Voltage.M", "SoC", "RPM")
_NOT_METERED_ENDS = (".Offered", ".Minimum")


def offered_at(evse: EvseLayout) -> frozenset[str]:
    """The measurands there are at an EVSE."""
    besides = simulated(evse) if evse.measurands is None else evse.measurands
    return _whole((*ALWAYS, *besides), evse.max_discharge_w > 0)


@lru_cache(maxsize=256)
def _whole(measured: tuple[str, ...], back: bool) -> frozenset[str]:
    return with_derived(measured).union(BY_SETPOINT if back else ())


def simulated(evse: EvseLayout) -> tuple[str, ...]:
    """What simulated hardware of this supply tells besides what every reading has."""
    if not evse.dc:
        return (*(SIMULATED_AC_BACK if evse.max_discharge_w > 0 else SIMULATED_AC), *PILOTED_AC)
    return (*SIMULATED_DC, *(SIMULATED_BACK if evse.max_discharge_w > 0 else ()))


def offered_by_main(layout: StationLayout) -> frozenset[str]:
    """The measurands of the main meter; none without one."""
    main = layout.main_meter
    if main is None:
        return frozenset()
    return _whole(MAIN if main.measurands is None else tuple(main.measurands), back=False)


def offered(layout: StationLayout) -> frozenset[str]:
    """The measurands there are anywhere at a station."""
    return offered_by_main(layout).union(*(offered_at(evse) for evse in layout.evses))


def is_metered(measurand: str) -> bool:
    """Whether it is a meter that tells it, and not the vehicle or the outlet: another meter then tells it in its place."""
    return not measurand.startswith(_NOT_METERED) and not measurand.endswith(_NOT_METERED_ENDS)


def with_meter(evse: EvseLayout, measurands: Iterable[str]) -> frozenset[str]:
    """What there is besides at an EVSE whose meter is replaced by one that tells these."""
    besides = simulated(evse) if evse.measurands is None else evse.measurands
    return frozenset(measurands).union(one for one in besides if not is_metered(one))
