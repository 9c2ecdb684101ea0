"""What can be measured (2.x MeasurandEnumType, 1.6 Measurand), and which measurands follow from others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

IN_BOTH = (
    "Energy.Active.Import.Register",
    "Energy.Active.Export.Register",
    "Energy.Active.Import.Interval",
    "Energy.Active.Export.Interval",
    "Energy.Reactive.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Interval",
    "Energy.Reactive.Export.Interval",
    "Power.Active.Import",
    "Power.Active.Export",
    "Power.Reactive.Import",
    "Power.Reactive.Export",
    "Power.Factor",
    "Power.Offered",
    "Current.Import",
    "Current.Export",
    "Current.Offered",
    "Voltage",
    "Frequency",
    "SoC",
)
"""Known to every version."""
ONLY_16 = ("Temperature", "RPM")
"""What 2.x has no word for."""
SINCE_201 = (
    "Energy.Active.Net",
    "Energy.Reactive.Net",
    "Energy.Apparent.Import",
    "Energy.Apparent.Export",
    "Energy.Apparent.Net",
)
"""What 1.6 has no word for."""
SINCE_21 = (
    "Current.Import.Offered",
    "Current.Import.Minimum",
    "Current.Export.Offered",
    "Current.Export.Minimum",
    "Power.Import.Offered",
    "Power.Import.Minimum",
    "Power.Export.Offered",
    "Power.Export.Minimum",
    "Power.Active.Setpoint",
    "Power.Active.Residual",
    "Energy.Active.Setpoint.Interval",
    "Energy.Active.Import.CableLoss",
    "Energy.Active.Import.LocalGeneration.Register",
    "EnergyRequest.Target",
    "EnergyRequest.Minimum",
    "EnergyRequest.Maximum",
    "EnergyRequest.Minimum.V2X",
    "EnergyRequest.Maximum.V2X",
    "EnergyRequest.Bulk",
    "Voltage.Minimum",
    "Voltage.Maximum",
    "Display.PresentSOC",
    "Display.MinimumSOC",
    "Display.TargetSOC",
    "Display.MaximumSOC",
    "Display.RemainingTimeToMinimumSOC",
    "Display.RemainingTimeToTargetSOC",
    "Display.RemainingTimeToMaximumSOC",
    "Display.ChargingComplete",
    "Display.BatteryEnergyCapacity",
    "Display.InletHot",
)
"""What 2.0.1 has no word for."""
IN_16 = frozenset((*IN_BOTH, *ONLY_16))
IN_201 = frozenset((*IN_BOTH, *SINCE_201))
IN_21 = IN_201.union(SINCE_21)
IN_VERSION: Mapping[str, frozenset[str]] = {"1.6": IN_16, "2.0.1": IN_201, "2.1": IN_21}
"""By the version as people write it."""
MEASURANDS = (*IN_BOTH, *SINCE_201, *SINCE_21, *ONLY_16)
"""All of them, in the order in which they are listed."""

SETPOINT_INTERVAL = "Energy.Active.Setpoint.Interval"
INTERVALS: Mapping[str, str] = {
    "Energy.Active.Import.Interval": "Energy.Active.Import.Register",
    "Energy.Active.Export.Interval": "Energy.Active.Export.Register",
    "Energy.Reactive.Import.Interval": "Energy.Reactive.Import.Register",
    "Energy.Reactive.Export.Interval": "Energy.Reactive.Export.Register",
}
"""Measurands that are the difference between two looks at a register."""
NETS: Mapping[str, tuple[str, str]] = {
    "Energy.Active.Net": ("Energy.Active.Import.Register", "Energy.Active.Export.Register"),
    "Energy.Reactive.Net": ("Energy.Reactive.Import.Register", "Energy.Reactive.Export.Register"),
    "Energy.Apparent.Net": ("Energy.Apparent.Import", "Energy.Apparent.Export"),
}
"""Measurands that are one register less another."""
SYNONYMS: Mapping[str, str] = {
    "Current.Import.Offered": "Current.Offered",
    "Power.Import.Offered": "Power.Offered",
}
"""Measurands of 2.1 that are another word for an older one (2.1 MeasurandEnumType)."""


def with_derived(measured: Iterable[str]) -> frozenset[str]:
    """What is measured, and all that follows from it."""
    known = frozenset(measured)
    more = {interval for interval, register in INTERVALS.items() if register in known}
    more |= {net for net, registers in NETS.items() if known.issuperset(registers)}
    more |= {new for new, old in SYNONYMS.items() if old in known}
    return known | more


def in_order(measurands: Iterable[str]) -> tuple[str, ...]:
    """Those that there are, in the order of `MEASURANDS`."""
    wanted = frozenset(measurands)
    return tuple(one for one in MEASURANDS if one in wanted)
