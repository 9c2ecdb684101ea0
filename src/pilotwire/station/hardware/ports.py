"""The seam between a station's logic and its hardware: events a driver reports, commands it takes, and how a station is laid out.

The words are the neutral ones of OCPP 2.x (EVSE, connector) and IEC 61851-1 (control pilot states A, B, C); no protocol version
is spoken here. A driver reports what *is*; it decides nothing. Whatever vehicle is to be plugged into the simulated driver fits
`VehicleInlet` by its shape, so this room knows no vehicle model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.station.hardware.meter_readings import Measured as Measured
from pilotwire.station.hardware.meter_readings import MeterReading as MeterReading
from pilotwire.station.hardware.meter_readings import SignedReading as SignedReading
from pilotwire.station.hardware.meter_readings import SigningMoment as SigningMoment
from pilotwire.station.hardware.meter_readings import SigningRequest as SigningRequest
from pilotwire.station.hardware.meter_readings import Wh as Wh


class HardwareError(PilotwireError):
    """The hardware, or the person at it, cannot do that now: `what` says why, `remedy` what to do instead."""


class ImageDamaged(HardwareError):
    """A firmware image is not what its maker packed: its checksum says so."""


@dataclass(frozen=True, slots=True)
class RunningFirmware:
    """The firmware that runs. `version` None: as the station was delivered. `fell_back`: a new one did not boot at this start."""

    version: str | None = None
    fell_back: bool = False


class ErrorCode(StrEnum):
    """What a fault is about."""

    CONNECTOR_LOCK_FAILURE = "CONNECTOR_LOCK_FAILURE"
    EV_COMMUNICATION_ERROR = "EV_COMMUNICATION_ERROR"
    GROUND_FAILURE = "GROUND_FAILURE"
    HIGH_TEMPERATURE = "HIGH_TEMPERATURE"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    OTHER = "OTHER"
    OVER_CURRENT_FAILURE = "OVER_CURRENT_FAILURE"
    OVER_VOLTAGE = "OVER_VOLTAGE"
    POWER_METER_FAILURE = "POWER_METER_FAILURE"
    POWER_SWITCH_FAILURE = "POWER_SWITCH_FAILURE"
    READER_FAILURE = "READER_FAILURE"
    UNDER_VOLTAGE = "UNDER_VOLTAGE"
    WEAK_SIGNAL = "WEAK_SIGNAL"


# --- events --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CablePlugged:
    """A vehicle is at the connector: control pilot from A to B."""

    evse_id: int
    connector_id: int


@dataclass(frozen=True, slots=True)
class CableUnplugged:
    """The vehicle is gone: control pilot A. `cable_remains`: its loose cable is still in the station's socket."""

    evse_id: int
    connector_id: int
    cable_remains: bool = False


@dataclass(frozen=True, slots=True)
class VehicleRequestsPower:
    """The vehicle wants energy: control pilot state C."""

    evse_id: int
    connector_id: int


@dataclass(frozen=True, slots=True)
class VehicleSuspends:
    """The vehicle went back to state B: it has enough, was paused, or nothing usable is offered to it any more.

    Which of these cannot be seen on the pilot; whoever set the offer knows whether it was the station.
    """

    evse_id: int
    connector_id: int


@dataclass(frozen=True, slots=True)
class CardPresented:
    """A card was held to a reader; `evse_id` is None at a reader for the whole station. `token_type` as in OCPP 2.x."""

    evse_id: int | None
    id_token: str
    token_type: str = "ISO14443"


@dataclass(frozen=True, slots=True)
class StopButtonPressed:
    """Somebody pressed the stop button of an EVSE."""

    evse_id: int


@dataclass(frozen=True, slots=True)
class EmergencyStopPressed:
    """The emergency stop latched: the hardware has opened all contactors and keeps them open."""


@dataclass(frozen=True, slots=True)
class EmergencyStopReleased:
    """The emergency stop is released: contactors may be closed again, by command."""


@dataclass(frozen=True, slots=True)
class FaultRaised:
    """Something broke, on the station (`evse_id` None), an EVSE (`connector_id` None) or a connector."""

    evse_id: int | None
    connector_id: int | None
    error_code: ErrorCode
    info: str = ""
    vendor_error_code: str = ""


@dataclass(frozen=True, slots=True)
class FaultCleared:
    """That fault is gone."""

    evse_id: int | None
    connector_id: int | None
    error_code: ErrorCode


@dataclass(frozen=True, slots=True)
class LockFailed:
    """The connector's lock did not move when commanded."""

    evse_id: int
    connector_id: int


@dataclass(frozen=True, slots=True)
class VehicleParked:
    """The bay sensor of an EVSE sees a vehicle."""

    evse_id: int


@dataclass(frozen=True, slots=True)
class VehicleLeft:
    """The bay of an EVSE is free again."""

    evse_id: int


@dataclass(frozen=True, slots=True)
class PowerLost:
    """The mains failed; the controller runs on its reserve and all contactors have opened."""


@dataclass(frozen=True, slots=True)
class PowerRestored:
    """The mains is back; contactors stay open until commanded."""


HardwareEvent = (
    CablePlugged
    | CableUnplugged
    | VehicleRequestsPower
    | VehicleSuspends
    | CardPresented
    | StopButtonPressed
    | EmergencyStopPressed
    | EmergencyStopReleased
    | FaultRaised
    | FaultCleared
    | LockFailed
    | VehicleParked
    | VehicleLeft
    | PowerLost
    | PowerRestored
)
"""All that a driver reports."""


# --- readings and commands -----------------------------------------------------------------------------------------------------


class HardwareDriver(Protocol):
    """What a station commands. An EVSE or connector that the layout does not have raises `MisuseError`."""

    def set_contactor(self, evse_id: int, closed: bool) -> None:
        """Permit energy or not. Closing takes effect once the vehicle is in state C.

        It is refused without effect where no vehicle is plugged, the mains is gone, the emergency stop is latched or a fault
        forbids it. The hardware opens it by itself on unplugging and on each of these, and it then needs a new command.
        """
        ...

    def set_lock(self, evse_id: int, connector_id: int, locked: bool) -> bool:
        """Lock or unlock the plug; True when it is as asked. False and a later `LockFailed` when the lock is stuck.

        A connector with an attached cable has no lock of its own and always answers True. Locking an empty socket answers
        False.
        """
        ...

    def set_current_limit(self, evse_id: int, amps: Decimal | None) -> None:
        """Offer so many A a phase (AC: control pilot duty cycle; DC: outlet current); None: all that the hardware can.

        Less than 6 A cannot be said on a control pilot (IEC 61851-1): nothing is offered, and the vehicle suspends.
        """
        ...

    def set_phases(self, evse_id: int, phases: int | None) -> None:
        """Connect so many phases of an AC outlet (L1 if it is one); None: all there are.

        Whoever asks has offered nothing for long enough that no current flows. An outlet that cannot choose (`switches_phases`), or has
        not so many, raises `MisuseError`.
        """
        ...

    def meter(self, evse_id: int) -> MeterReading:
        """Read the EVSE's meter."""
        ...

    def show(self, evse_id: int | None, text: str) -> None:
        """Put `text` on the EVSE's display (None: the station's); an empty text clears it."""
        ...

    def install(self, image: bytes) -> str:
        """Write firmware beside the one that runs; the next `restart` runs it, or falls back if it does not boot. Returns its version.

        Raises `ImageDamaged` for an image that fails its own check, `HardwareError` for any other that cannot be installed.
        """
        ...

    @property
    def firmware(self) -> RunningFirmware:
        """What runs since the last start."""
        ...

    def survey(self) -> list[HardwareEvent]:
        """What is so at this moment (plugged, parked, faults, no mains, emergency stop), as the events that would say it."""
        ...

    def restart(self) -> None:
        """Start the hardware anew: contactors open, limits and displays cleared, pilots begin again at B. Registers stay."""
        ...


class OutsideMeter(Protocol):
    """A meter with a driver of its own, in the place of the one another driver has."""

    @property
    def failing(self) -> str:
        """Why it cannot be read, as a sentence; empty while it can."""
        ...

    def reading(self, other: MeterReading) -> MeterReading:
        """What it last read; what it does not tell is as in `other`, but for energy."""
        ...

    def survey(self) -> list[HardwareEvent]:
        """Its fault, if it has one now."""
        ...

    async def run(self, happened: Callable[[Sequence[HardwareEvent]], None]) -> None:
        """Read it again and again until cancelled; `happened` is told of faults that come and go."""
        ...


class VehicleInlet(Protocol):
    """What the simulated driver needs of a vehicle: its half of the control pilot and its appetite. Units: s, Wh, W, V, A."""

    @property
    def name(self) -> str:
        """What to call it in messages to people."""
        ...

    @property
    def plugged_in(self) -> bool:
        """Whether a cable is in it."""
        ...

    @property
    def requests_power(self) -> bool:
        """Control pilot state C; B when False."""
        ...

    @property
    def phases(self) -> int:
        """Phases it takes power from under the present offer (1 on DC)."""
        ...

    @property
    def power_w(self) -> float:
        """W it takes at this moment."""
        ...

    @property
    def pack_volts(self) -> float:
        """Voltage of its battery."""
        ...

    @property
    def soc_percent(self) -> float:
        """State of charge; a DC station hears it from the vehicle."""
        ...

    def accepts(self, connector_type: str, *, dc: bool) -> bool:
        """Whether a connector of that type fits and it can charge there."""
        ...

    def plug_in(self) -> None:
        """A cable goes in."""
        ...

    def plug_out(self) -> None:
        """The cable is out."""
        ...

    def reset_pilot(self) -> None:
        """The station's end of the pilot went dark: back to state B, handshake anew."""
        ...

    def offer(self, *, dc: bool, phases: int, voltage_v: float, current_a: float, power_w: float, live: bool) -> None:
        """What is held out from now on: A a phase (0: nothing), at most `power_w`; `live`: the contactor is closed."""
        ...

    def pause(self) -> None:
        """Want no energy from now on, whatever is offered."""
        ...

    def resume(self) -> None:
        """Want energy again."""
        ...

    def run(self, seconds: float) -> tuple[float, float]:
        """Let up to `seconds` pass, at most to its next change; returns (seconds passed, Wh taken)."""
        ...

    def book(self, wh: int) -> None:
        """So many whole Wh were moved to it: count them on its own meter."""
        ...

    def save(self) -> dict[str, Any]:
        """Itself as plain JSON values."""
        ...


# --- layout --------------------------------------------------------------------------------------------------------------------


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
    """A DC outlet: most W, V and A."""

    max_power_w: Decimal
    max_voltage_v: Decimal = Decimal(1000)
    max_current_a: Decimal = Decimal(500)

    def __post_init__(self) -> None:
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
