"""The seam between a station's logic and its hardware: events a driver reports, commands it takes, and how a station is laid out.

The words are the neutral ones of OCPP 2.x (EVSE, connector) and IEC 61851-1 (control pilot states A, B, C); no protocol version
is spoken here. A driver reports what *is*; it decides nothing. Whatever vehicle is to be plugged into the simulated driver fits
`VehicleInlet` by its shape, so this room knows no vehicle model.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from pilotwire.errors import PilotwireError
from pilotwire.station.hardware.events import CablePlugged as CablePlugged
from pilotwire.station.hardware.events import CableUnplugged as CableUnplugged
from pilotwire.station.hardware.events import CardPresented as CardPresented
from pilotwire.station.hardware.events import EmergencyStopPressed as EmergencyStopPressed
from pilotwire.station.hardware.events import EmergencyStopReleased as EmergencyStopReleased
from pilotwire.station.hardware.events import ErrorCode as ErrorCode
from pilotwire.station.hardware.events import FaultCleared as FaultCleared
from pilotwire.station.hardware.events import FaultRaised as FaultRaised
from pilotwire.station.hardware.events import HardwareEvent as HardwareEvent
from pilotwire.station.hardware.events import LockFailed as LockFailed
from pilotwire.station.hardware.events import PaymentCardPresented as PaymentCardPresented
from pilotwire.station.hardware.events import PaymentTerminalChanged as PaymentTerminalChanged
from pilotwire.station.hardware.events import PowerLost as PowerLost
from pilotwire.station.hardware.events import PowerRestored as PowerRestored
from pilotwire.station.hardware.events import StopButtonPressed as StopButtonPressed
from pilotwire.station.hardware.events import VehicleLeft as VehicleLeft
from pilotwire.station.hardware.events import VehicleParked as VehicleParked
from pilotwire.station.hardware.events import VehicleRequestsPower as VehicleRequestsPower
from pilotwire.station.hardware.events import VehicleSuspends as VehicleSuspends
from pilotwire.station.hardware.layouts import AcSupply as AcSupply
from pilotwire.station.hardware.layouts import ConnectorLayout as ConnectorLayout
from pilotwire.station.hardware.layouts import DcSupply as DcSupply
from pilotwire.station.hardware.layouts import EvseLayout as EvseLayout
from pilotwire.station.hardware.layouts import MainMeter as MainMeter
from pilotwire.station.hardware.layouts import StationLayout as StationLayout
from pilotwire.station.hardware.layouts import most_w as most_w
from pilotwire.station.hardware.layouts import switchable as switchable
from pilotwire.station.hardware.meter_readings import Measured as Measured
from pilotwire.station.hardware.meter_readings import MeterReading as MeterReading
from pilotwire.station.hardware.meter_readings import SignedReading as SignedReading
from pilotwire.station.hardware.meter_readings import SigningMoment as SigningMoment
from pilotwire.station.hardware.meter_readings import SigningRequest as SigningRequest
from pilotwire.station.hardware.meter_readings import Wh as Wh
from pilotwire.station.hardware.payment import HasPaymentTerminal as HasPaymentTerminal
from pilotwire.station.hardware.payment import PaymentRefused as PaymentRefused
from pilotwire.station.hardware.payment import PaymentReservation as PaymentReservation
from pilotwire.station.hardware.payment import PaymentSettlement as PaymentSettlement
from pilotwire.station.hardware.payment import PaymentTerminal as PaymentTerminal
from pilotwire.station.hardware.payment import PaymentTerminalLayout as PaymentTerminalLayout
from pilotwire.station.hardware.payment import SettledAs as SettledAs


class HardwareError(PilotwireError):
    """The hardware, or the person at it, cannot do that now: `what` says why, `remedy` what to do instead."""


class ImageDamaged(HardwareError):
    """A firmware image is not what its maker packed: its checksum says so."""


@dataclass(frozen=True, slots=True)
class RunningFirmware:
    """The firmware that runs. `version` None: as the station was delivered. `fell_back`: a new one did not boot at this start."""

    version: str | None = None
    fell_back: bool = False


Happened = Callable[[Sequence[HardwareEvent]], None]
"""Takes what a driver reports, in the order it happened; from any task or thread, and at once: nothing is waited for."""


class HardwareDriver(Protocol):
    """What a station commands; docs/station/hardware.md has the same as a table, with its times.

    All calls come from the event loop of the station, one at a time, and return at once; what takes longer returns an awaitable where the
    type allows it. A driver holds its own picture of the hardware for `meter` and `survey`. An EVSE or connector that the layout does not
    have raises `MisuseError`; hardware that does not answer raises nothing: it is a fault, reported as an event.
    """

    def open(self, happened: Happened) -> Awaitable[None] | None:
        """Begin: the first call. Once it is done, `survey` is true, and what changes is told to `happened`.

        Raises `HardwareError` if the hardware cannot be had: the station does not start then.
        """
        ...

    def close(self) -> Awaitable[None] | None:
        """End: open all contactors and let the hardware go. Nothing is raised, without `open` before it and when it comes twice neither."""
        ...

    def advance(self, seconds: float) -> Sequence[HardwareEvent]:
        """Look, for drivers that must be asked: what happened in the last `seconds`. Nothing, from those that tell `happened`."""
        ...

    @property
    def at_rest(self) -> bool:
        """Whether there is no need of `advance` until the next command or event; always, for drivers that tell by themselves."""
        ...

    def save(self) -> Mapping[str, Any]:
        """What the driver wants to be given again by the next process, as plain JSON values; kept with every fact the station keeps."""
        ...

    def set_contactor(self, evse_id: int, closed: bool) -> None:
        """Permit energy or not. Closing takes effect once the vehicle is in state C.

        It is refused without effect where no vehicle is plugged, the mains is gone, the emergency stop is latched or a fault
        forbids it. The hardware opens it by itself on unplugging and on each of these, and it then needs a new command.
        """
        ...

    def set_lock(self, evse_id: int, connector_id: int, locked: bool) -> bool | Awaitable[bool]:
        """Lock or unlock the plug; True when it is as asked. False and a later `LockFailed` when the lock is stuck.

        A lock that is slower than a function call gives an awaitable of the same.

        A connector with an attached cable has no lock of its own and always answers True. Locking an empty socket answers
        False, unless its lock keeps plugs out (`ConnectorLayout.closed`).

        Where vehicles are plugged in at several connectors of an EVSE, it is the connector last locked that gets the energy.
        """
        ...

    def set_current_limit(self, evse_id: int, amps: Decimal | None) -> None:
        """Offer so many A a phase (AC: control pilot duty cycle; DC: outlet current); None: all that the hardware can.

        Less than 6 A cannot be said on a control pilot (IEC 61851-1): nothing is offered, and the vehicle suspends.
        """
        ...

    def set_power_setpoint(self, evse_id: int, watts: Decimal | None, var: Decimal | None = None) -> None:
        """Let so many W flow, negative: take them back from the vehicle; None: whatever the vehicle takes of what is offered.

        `var`: reactive power to absorb from the grid beside it, negative: to inject; None: none. It is passed only where it is not None.

        The current limit and what outlet and vehicle can still count. A positive setpoint is no more than a limit where the vehicle wants
        less. Asked only of outlets that take energy back (`EvseLayout.max_discharge_w`); another raises `MisuseError`.
        """
        ...

    def set_phases(self, evse_id: int, phases: int | None, phase: int | None = None) -> None:
        """Connect so many phases of an AC outlet; None: all there are. If it is one, `phase` says which, None: L1.

        At a DC outlet it is the phases of the grid that its rectifier takes its power from (`DcSupply.can_choose_input`).

        Whoever asks has offered nothing for long enough that no current flows. An outlet that cannot choose (`switches_phases`, for
        another phase than L1 `chooses_phase`), or has not so many, raises `MisuseError`. `phase` is passed only where it is not None.
        """
        ...

    def meter(self, evse_id: int) -> MeterReading:
        """Read the EVSE's meter; 0: the main meter, where the layout has one (else `MisuseError`)."""
        ...

    def show(self, evse_id: int | None, text: str) -> None:
        """Put `text` on the EVSE's display (None: the station's); an empty text clears it."""
        ...

    def install(self, image: bytes) -> str | Awaitable[str]:
        """Write firmware beside the one that runs; the next `restart` runs it, or falls back if it does not boot. Returns its version.

        Raises `ImageDamaged` for an image that fails its own check, `HardwareError` for any other that cannot be installed.
        """
        ...

    @property
    def firmware(self) -> RunningFirmware:
        """What runs since the last start."""
        ...

    def survey(self) -> Sequence[HardwareEvent]:
        """What is so at this moment (plugged, parked, faults, no mains, emergency stop), as the events that would say it."""
        ...

    def restart(self) -> Awaitable[None] | None:
        """Start the hardware anew: contactors open, limits and displays cleared, pilots begin again at B. Registers stay.

        Raises `HardwareError` if it did not succeed; it is then tried again (OCPPCommCtrlr.ResetRetries).
        """
        ...


@runtime_checkable
class RunsAtOnce(Protocol):
    """A driver whose hardware runs new firmware without a restart, while energy flows."""

    def run_installed(self) -> RunningFirmware:
        """Run what was installed last, or what ran before if that does not start; which of them it is."""
        ...


@runtime_checkable
class Sleeps(Protocol):
    """A driver that can turn off the power electronics of EVSEs whose layout has `can_sleep` (2.1: Q10).

    Pilot, plug and meter are watched all the same. After `open` and `restart` every EVSE is awake. An EVSE without `can_sleep` raises
    `MisuseError`.
    """

    def sleep(self, evse_id: int) -> bool | Awaitable[bool]:
        """Turn them off until `wake`; True once they are, False if that cannot be now. The contactor was opened before."""
        ...

    def wake(self, evse_id: int) -> None:
        """Turn them on again, or leave them on; what is commanded next counts once they are."""
        ...


@runtime_checkable
class DcOutput(Protocol):
    """A driver whose DC outlets can be worked by a session with a vehicle (DIN SPEC 70121, ISO 15118): isolation check, output voltage.

    The check and the voltage before charging (precharge) come before `set_contactor`, with the vehicle plugged in and no more than a few
    A. An EVSE that is none of direct current raises `MisuseError`. The output is off (below 60 V) without a vehicle, after
    unplugging, `restart` and `close`, and with everything that opens the contactor.
    """

    def check_isolation(self, evse_id: int) -> bool | None:
        """Begin a check, or look at the one that was begun: True good, False not, None still checking; then the next call begins anew.

        It takes at most 38 s (V2G_SECC_CableCheck_Performance_Time of ISO 15118-2). Without a vehicle nothing is good. When it is
        over the output is off.
        """
        ...

    def set_dc_target(self, evse_id: int, volts: float, amperes: float) -> None:
        """The voltage that the output is to have, and the most current; at once in force, and there within the 7 s of a precharge.

        0 V: off. More than the outlet can is as much as it can. `set_current_limit` counts besides.
        """
        ...

    def dc_output(self, evse_id: int) -> tuple[float, float]:
        """V and A at the outlet as they are measured, not as they were set; no older than a second."""
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


class VehicleTold(Protocol):
    """What a vehicle tells a DC station (ISO 15118-20 DisplayParameters, energy requests, limits). None: it does not say."""

    @property
    def capacity_wh(self) -> float:
        """Wh in its battery at 100 %."""
        ...

    @property
    def present_soc(self) -> float:
        """State of charge in %."""
        ...

    @property
    def target_soc(self) -> float:
        """The state of charge in % at which its driver has enough."""
        ...

    @property
    def minimum_soc(self) -> float | None:
        """The state of charge in % below which it gives nothing back."""
        ...

    @property
    def complete(self) -> bool:
        """Whether its driver has enough."""
        ...

    @property
    def volts(self) -> tuple[float, float]:
        """The least and the most V its battery has."""
        ...

    @property
    def max_discharge(self) -> tuple[float, float] | None:
        """The most W and A it gives back."""
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
        """W it takes at this moment; negative: it gives them back."""
        ...

    @property
    def pack_volts(self) -> float:
        """Voltage of its battery."""
        ...

    @property
    def soc_percent(self) -> float:
        """State of charge; a DC station hears it from the vehicle."""
        ...

    def tells(self) -> VehicleTold:
        """What it says of itself to a DC station."""
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
        """What is held out from now on: A a phase (0: nothing), at most `power_w`; `live`: the contactor is closed.

        A negative `power_w`: so much is wanted back.
        """
        ...

    def pause(self) -> None:
        """Want no energy from now on, whatever is offered."""
        ...

    def resume(self) -> None:
        """Want energy again."""
        ...

    def run(self, seconds: float) -> tuple[float, float]:
        """Let up to `seconds` pass, at most to its next change; returns (seconds passed, Wh taken, negative: given back)."""
        ...

    def book(self, wh: int) -> None:
        """So many whole Wh were moved to it, negative: from it: count them on its own meter."""
        ...

    def save(self) -> dict[str, Any]:
        """Itself as plain JSON values."""
        ...
