"""Stations to simulate: layouts of common kinds, by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pilotwire.errors import ConfigError
from pilotwire.station.hardware.ports import (
    AcSupply,
    ConnectorLayout,
    DcSupply,
    EvseLayout,
    MainMeter,
    PaymentTerminalLayout,
    StationLayout,
)
from pilotwire.station.hardware.signing import key_from_seed, printed_key
from pilotwire.station.hardware.simulated.evse import meter_serial
from pilotwire.station.hardware.simulated.main_meter import PLATE as MAIN_PLATE


def _ac(evse_id: int, connector_type: str, phases: int, amps: int) -> EvseLayout:
    supply = AcSupply(phases, max_current_a=Decimal(amps))
    return EvseLayout(evse_id, supply, (ConnectorLayout(1, connector_type),))


def _any_phase(evse: EvseLayout) -> EvseLayout:
    """With each of its phases to be used alone."""
    assert isinstance(evse.supply, AcSupply)
    return replace(evse, supply=replace(evse.supply, can_choose_phase=True))


def _both_ways(evse: EvseLayout) -> EvseLayout:
    """It takes back as much as it gives."""
    assert isinstance(evse.supply, AcSupply)
    return replace(evse, supply=replace(evse.supply, max_discharge_w=evse.supply.max_power_w))


def with_signing_meter(evse: EvseLayout) -> EvseLayout:
    """With a meter that signs, and its key."""
    key = printed_key(key_from_seed(meter_serial(evse.evse_id)).public_key())
    return replace(evse, signing_meter=True, meter_public_key=key)


def _ccs(evse_id: int, kilowatts: int, amps: int, *, back: int = 0) -> EvseLayout:
    supply = DcSupply(Decimal(kilowatts * 1000), Decimal(1000), Decimal(amps), Decimal(back * 1000))
    return EvseLayout(evse_id, supply, (ConnectorLayout(1, "cCCS2"),))


def _any_input(evse: EvseLayout) -> EvseLayout:
    """With each phase of the grid to be used alone."""
    assert isinstance(evse.supply, DcSupply)
    return replace(evse, supply=replace(evse.supply, can_choose_input=True))


_MAIN = MainMeter()
_FISCAL_MAIN = MainMeter(
    signing_meter=True, meter_public_key=printed_key(key_from_seed(MAIN_PLATE.serial).public_key())
)

LAYOUTS: dict[str, StationLayout] = {
    layout.model: layout
    for layout in (
        StationLayout((_ac(1, "cType2", 3, 16),), model="wallbox-11"),
        StationLayout((_ac(1, "cType2", 1, 32),), model="wallbox-7"),
        StationLayout((_ac(1, "sType2", 3, 32),), model="ac-22-single"),
        StationLayout((_ac(1, "sType2", 3, 32), _ac(2, "sType2", 3, 32)), model="ac-22-dual"),
        StationLayout((_any_phase(_ac(1, "sType2", 3, 32)),), model="ac-22-phases"),
        StationLayout((_ac(1, "sType2", 3, 32),), model="ac-22-pay", payment_terminal=PaymentTerminalLayout()),
        StationLayout((with_signing_meter(_ac(1, "sType2", 3, 32)),), model="ac-22-fiscal"),
        StationLayout((_ac(1, "sType2", 3, 32), _ac(2, "sType2", 3, 32)), model="ac-22-dual-main", main_meter=_MAIN),
        StationLayout(
            (with_signing_meter(_ac(1, "sType2", 3, 32)),), model="ac-22-fiscal-main", main_meter=_FISCAL_MAIN
        ),
        StationLayout((_both_ways(_ac(1, "sType2", 3, 32)),), model="ac-22-v2x"),
        StationLayout((_ccs(1, 50, 125),), model="dc-50-ccs"),
        StationLayout((_ccs(1, 150, 400),), model="dc-150-ccs"),
        StationLayout((_any_input(_ccs(1, 50, 125)),), model="dc-50-phases", main_meter=_MAIN),
        StationLayout((_ccs(1, 50, 125, back=30),), model="dc-50-v2x"),
        StationLayout((replace(_ccs(1, 50, 125, back=30), can_sleep=True),), model="dc-50-v2x-sleep"),
        StationLayout((_ccs(1, 50, 125, back=30), _ccs(2, 50, 125, back=30)), model="dc-50-v2x-dual"),
        StationLayout(
            (_ccs(1, 150, 400), _ccs(2, 150, 400)), model="dc-150-pay", payment_terminal=PaymentTerminalLayout()
        ),
        StationLayout((_ccs(1, 150, 400), _ac(2, "sType2", 3, 32)), model="dc-150-ac-22"),
        StationLayout((_ccs(1, 150, 400), _ac(2, "sType2", 3, 32)), model="dc-150-ac-22-main", main_meter=_MAIN),
        StationLayout((_ccs(1, 250, 500), _ccs(2, 250, 500)), model="dc-250-dual"),
    )
}
"""The layouts by name: `wallbox-*` and `ac-*` by kW, `dc-*` by kW of a CCS outlet; `ac-*` have sockets, the others cables.

`*-fiscal` have meters that sign, `*-v2x` take energy back from vehicles, `ac-*-phases` can use any phase alone, `dc-*-phases` any of
the grid's, `*-pay` have a payment terminal, `*-main` have a meter at the grid connection, `*-sleep` can turn their power electronics off.
"""


def layout(name: str) -> StationLayout:
    """The layout `name`; raises `ConfigError` for a name not in the table."""
    if name not in LAYOUTS:
        raise ConfigError(f"There is no station layout {name!r}.", f"Choose one of {', '.join(LAYOUTS)}.")
    return LAYOUTS[name]
