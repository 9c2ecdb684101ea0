"""How a station is laid out: its EVSEs, what they supply, and their connectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilotwire.errors import ConfigError
from pilotwire.station.hardware.payment import PaymentTerminalLayout


@dataclass(frozen=True, slots=True)
class AcSupply:
    """An AC outlet: phases, V from phase to neutral, most A a phase; whether it can use one of several phases alone.

    `can_choose_phase`: that one may be any of them (ACPhaseSwitchingSupported), else it is L1. `max_discharge_w`: the most W it lets come
    back from a vehicle with an inverter, which then speaks ISO 15118-20 (AC_BPT); 0 for none.
    """

    phases: int = 3
    voltage_v: Decimal = Decimal(230)
    max_current_a: Decimal = Decimal(32)
    can_switch_phases: bool = True
    can_choose_phase: bool = False
    max_discharge_w: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not 0 <= self.max_discharge_w <= self.max_power_w + 1:  # a watt for currents that were rounded
            what = f"An AC outlet cannot take {self.max_discharge_w} W back."
            raise ConfigError(what, "Give 0 W or more, and no more than it supplies.")
        if self.phases not in (1, 2, 3) or self.voltage_v <= 0 or not 6 <= self.max_current_a <= 80:
            raise ConfigError("That AC supply cannot be.", "Give 1 to 3 phases, a voltage above 0 V and 6 to 80 A.")

    @property
    def switches_phases(self) -> bool:
        """Whether fewer phases than all can be used."""
        return self.can_switch_phases and self.phases > 1

    @property
    def chooses_phase(self) -> bool:
        """Whether one phase alone can be another than L1."""
        return self.can_choose_phase and self.switches_phases

    @property
    def max_power_w(self) -> Decimal:
        """The most W of all phases together."""
        return self.phases * self.voltage_v * self.max_current_a


@dataclass(frozen=True, slots=True)
class DcSupply:
    """A DC outlet: most W, V and A; most W it takes back from a vehicle and feeds into the grid, 0 for none.

    `can_choose_input`: its rectifier can take its power from fewer of its `input_phases` of the grid, one of them any
    (DCInputPhaseControl).
    """

    max_power_w: Decimal
    max_voltage_v: Decimal = Decimal(1000)
    max_current_a: Decimal = Decimal(500)
    max_discharge_w: Decimal = Decimal(0)
    input_phases: int = 3
    can_choose_input: bool = False

    def __post_init__(self) -> None:
        if self.max_discharge_w < 0:
            raise ConfigError("A DC supply cannot take back less than nothing.", "Give 0 W or more.")
        if self.input_phases not in (1, 2, 3):
            raise ConfigError(f"A grid has no {self.input_phases} phases.", "Give 1 to 3 input phases.")
        if min(self.max_power_w, self.max_voltage_v, self.max_current_a) <= 0:
            raise ConfigError("That DC supply cannot be.", "Give a power, voltage and current above zero.")

    @property
    def switches_phases(self) -> bool:
        """Whether it can do with fewer phases of the grid than all."""
        return self.can_choose_input and self.input_phases > 1

    @property
    def chooses_phase(self) -> bool:
        """Whether one phase of the grid alone can be another than L1."""
        return self.switches_phases


def switchable(supply: AcSupply | DcSupply) -> int:
    """Of how many phases some can be chosen: those that come out of an AC outlet, those that go into a DC one; 0: there is no choice."""
    if not supply.switches_phases:
        return 0
    return supply.phases if isinstance(supply, AcSupply) else supply.input_phases


def most_w(supply: AcSupply | DcSupply, phases: int | None) -> Decimal:
    """The most W of an outlet; of a DC one by so many of its input phases alike, None: by all of them."""
    if phases is None or isinstance(supply, AcSupply):
        return supply.max_power_w
    return supply.max_power_w * phases / supply.input_phases


@dataclass(frozen=True, slots=True)
class ConnectorLayout:
    """A connector: its number (from 1 in each EVSE), its type as in OCPP 2.x, the most A its attached cable carries.

    `closed`: a socket whose lock keeps plugs out until somebody is authorized.
    """

    connector_id: int
    connector_type: str
    cable_max_current_a: Decimal | None = None
    closed: bool = False

    def __post_init__(self) -> None:
        if self.closed and self.cable_attached:
            what = f"A {self.connector_type} connector has its own cable, so it cannot keep plugs out."
            raise ConfigError(what, "Only sockets can be closed.")

    @property
    def cable_attached(self) -> bool:
        """Whether the cable belongs to the station; OCPP 2.x types in `c` do, sockets (`s`) do not."""
        return not self.connector_type.startswith("s")


@dataclass(frozen=True, slots=True)
class EvseLayout:
    """An EVSE: its number (from 1), what it supplies, and the connectors of which one at a time is used.

    `signing_meter`: its meter can sign what it measured, and what it says is bound by the law of measuring. `meter_public_key` is
    that meter's key as in `SignedReading`. `can_sleep`: its power electronics can be turned off while nothing needs them (`Sleeps`; 2.1:
    SupportsFeature[EvseSleep]). `measurands` are those it tells besides what every `MeterReading` has, of `SoC`, `Frequency`
    and all that goes into `more`; None: as simulated hardware of such a supply.
    """

    evse_id: int
    supply: AcSupply | DcSupply
    connectors: Sequence[ConnectorLayout]
    signing_meter: bool = False
    meter_public_key: str = ""
    measurands: frozenset[str] | None = None
    can_sleep: bool = False

    def __post_init__(self) -> None:
        _check_numbers([one.connector_id for one in self.connectors], f"connectors of EVSE {self.evse_id}")

    @property
    def dc(self) -> bool:
        """Whether it supplies DC."""
        return isinstance(self.supply, DcSupply)

    @property
    def max_discharge_w(self) -> Decimal:
        """The most W it takes back from a vehicle; 0: it only gives."""
        return self.supply.max_discharge_w


@dataclass(frozen=True, slots=True)
class MainMeter:
    """The meter at the grid connection, of all that the station takes: EVSE 0 of 2.x, connector 0 of 1.6 (J01.FR.04, 1.6:4.7).

    `own_consumption_w` is what the station itself uses, for simulated hardware. `signing_meter`, `meter_public_key` as of an EVSE;
    `measurands` are all that it tells, None: as a simulated one does.
    """

    phases: int = 3
    voltage_v: Decimal = Decimal(230)
    own_consumption_w: Decimal = Decimal(15)
    signing_meter: bool = False
    meter_public_key: str = ""
    measurands: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.phases not in (1, 2, 3) or self.voltage_v <= 0 or self.own_consumption_w < 0:
            raise ConfigError("That main meter cannot be.", "Give 1 to 3 phases, a voltage above 0 V and 0 W or more.")


@dataclass(frozen=True, slots=True)
class StationLayout:
    """A station: its EVSEs, and its main meter if it has one. `vendor` and `model` are what it calls itself.

    `payment_terminal` is the one built into it, if there is one (2.1: C18).
    """

    evses: Sequence[EvseLayout]
    vendor: str = "Pilotwire"
    model: str = "simulated"
    main_meter: MainMeter | None = None
    payment_terminal: PaymentTerminalLayout | None = None

    def __post_init__(self) -> None:
        _check_numbers([evse.evse_id for evse in self.evses], "EVSEs of the station")


def _check_numbers(numbers: list[int], whose: str) -> None:
    """OCPP 2.x numbers EVSEs, and connectors within one, from 1 without gaps; `ConfigError` else."""
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise ConfigError(f"The {whose} have the numbers {numbers}.", "Number them 1, 2, 3, ... in this order.")
