"""How a station is laid out: its EVSEs, what they supply, and their connectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilotwire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class AcSupply:
    """An AC outlet: phases, V from phase to neutral, most A a phase; whether it can use one of several phases alone."""

    phases: int = 3
    voltage_v: Decimal = Decimal(230)
    max_current_a: Decimal = Decimal(32)
    can_switch_phases: bool = True

    def __post_init__(self) -> None:
        if self.phases not in (1, 2, 3) or self.voltage_v <= 0 or not 6 <= self.max_current_a <= 80:
            raise ConfigError("That AC supply cannot be.", "Give 1 to 3 phases, a voltage above 0 V and 6 to 80 A.")

    @property
    def switches_phases(self) -> bool:
        """Whether fewer phases than all can be used."""
        return self.can_switch_phases and self.phases > 1

    @property
    def max_power_w(self) -> Decimal:
        """The most W of all phases together."""
        return self.phases * self.voltage_v * self.max_current_a


@dataclass(frozen=True, slots=True)
class DcSupply:
    """A DC outlet: most W, V and A; most W it takes back from a vehicle and feeds into the grid, 0 for none."""

    max_power_w: Decimal
    max_voltage_v: Decimal = Decimal(1000)
    max_current_a: Decimal = Decimal(500)
    max_discharge_w: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.max_discharge_w < 0:
            raise ConfigError("A DC supply cannot take back less than nothing.", "Give 0 W or more.")
        if min(self.max_power_w, self.max_voltage_v, self.max_current_a) <= 0:
            raise ConfigError("That DC supply cannot be.", "Give a power, voltage and current above zero.")


@dataclass(frozen=True, slots=True)
class ConnectorLayout:
    """A connector: its number (from 1 in each EVSE), its type as in OCPP 2.x, the most A its attached cable carries."""

    connector_id: int
    connector_type: str
    cable_max_current_a: Decimal | None = None

    @property
    def cable_attached(self) -> bool:
        """Whether the cable belongs to the station; OCPP 2.x types in `c` do, sockets (`s`) do not."""
        return not self.connector_type.startswith("s")


@dataclass(frozen=True, slots=True)
class EvseLayout:
    """An EVSE: its number (from 1), what it supplies, and the connectors of which one at a time is used.

    `signing_meter`: its meter can sign what it measured, and what it says is bound by the law of measuring. `meter_public_key` is
    that meter's key as in `SignedReading`.
    """

    evse_id: int
    supply: AcSupply | DcSupply
    connectors: Sequence[ConnectorLayout]
    signing_meter: bool = False
    meter_public_key: str = ""

    def __post_init__(self) -> None:
        _check_numbers([one.connector_id for one in self.connectors], f"connectors of EVSE {self.evse_id}")

    @property
    def dc(self) -> bool:
        """Whether it supplies DC."""
        return isinstance(self.supply, DcSupply)

    @property
    def max_discharge_w(self) -> Decimal:
        """The most W it takes back from a vehicle; 0: it only gives (AC outlets always)."""
        return self.supply.max_discharge_w if isinstance(self.supply, DcSupply) else Decimal(0)


@dataclass(frozen=True, slots=True)
class StationLayout:
    """A station: its EVSEs. `vendor` and `model` are what it calls itself."""

    evses: Sequence[EvseLayout]
    vendor: str = "Pilotwire"
    model: str = "simulated"

    def __post_init__(self) -> None:
        _check_numbers([evse.evse_id for evse in self.evses], "EVSEs of the station")


def _check_numbers(numbers: list[int], whose: str) -> None:
    """OCPP 2.x numbers EVSEs, and connectors within one, from 1 without gaps; `ConfigError` else."""
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise ConfigError(f"The {whose} have the numbers {numbers}.", "Number them 1, 2, 3, ... in this order.")
