"""What vehicle and station tell each other, in no protocol's words: DIN SPEC 70121, ISO 15118-2 and ISO 15118-20 say it in different ways.

Units are those of the SI and Wh: V, A, W, Wh, s. Currents of an AC connector are per phase, powers are sums over its phases. Discharging
is positive too, in fields of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from pilotwire.iso15118.exi.declare import Element


class Speaks(StrEnum):
    """The protocols of a charging session, by the namespaces that SupportedAppProtocol names (version 2.0, 2.0, 1.0)."""

    DIN = "urn:din:70121:2012:MsgDef"
    ISO2 = "urn:iso:15118:2:2013:MsgDef"
    ISO20_AC = "urn:iso:std:iso:15118:-20:AC"
    ISO20_DC = "urn:iso:std:iso:15118:-20:DC"

    @property
    def is_of_20(self) -> bool:
        """Whether it is one of ISO 15118-20."""
        return self in (Speaks.ISO20_AC, Speaks.ISO20_DC)


class Transfer(StrEnum):
    """An energy transfer service. The bidirectional ones (BPT) are those of ISO 15118-20."""

    AC = "AC"
    DC = "DC"
    AC_BPT = "AC_BPT"
    DC_BPT = "DC_BPT"

    @property
    def dc(self) -> bool:
        """Whether it is direct current."""
        return self in (Transfer.DC, Transfer.DC_BPT)

    @property
    def bidirectional(self) -> bool:
        """Whether energy may come back."""
        return self in (Transfer.AC_BPT, Transfer.DC_BPT)


class Identification(StrEnum):
    """How a customer is authorized: by external means (card, app), or by a contract certificate (Plug & Charge)."""

    EIM = "EIM"
    PNC = "PnC"


class Control(StrEnum):
    """Who plans: the vehicle chooses among schedules (`scheduled`), or follows what the station says at each moment (`dynamic`, -20)."""

    SCHEDULED = "scheduled"
    DYNAMIC = "dynamic"


class Pending(Enum):
    """The answer is not known yet: the session says Ongoing where its message can, and waits where it cannot."""

    PENDING = "pending"


PENDING: Final = Pending.PENDING


@dataclass(frozen=True, slots=True)
class AcLimits:
    """Limits of an AC side. `max_discharge_w` 0: no energy comes back."""

    phases: int = 3
    nominal_v: float = 230.0
    max_a: float = 32.0
    min_a: float = 0.0
    max_discharge_w: float = 0.0
    min_discharge_w: float = 0.0

    @property
    def max_w(self) -> float:
        """The highest power, over all phases."""
        return self.phases * self.nominal_v * self.max_a

    @property
    def min_w(self) -> float:
        """The lowest power at which charging goes on, over all phases."""
        return self.phases * self.nominal_v * self.min_a


@dataclass(frozen=True, slots=True)
class DcLimits:
    """Limits of a DC side. `max_discharge_w` and `max_discharge_a` 0: no energy comes back. `ripple_a`, `tolerance_a`: of a station."""

    max_v: float = 500.0
    min_v: float = 50.0
    max_a: float = 125.0
    min_a: float = 0.0
    max_w: float = 50_000.0
    min_w: float = 0.0
    max_discharge_a: float = 0.0
    min_discharge_a: float = 0.0
    max_discharge_w: float = 0.0
    min_discharge_w: float = 0.0
    ripple_a: float = 1.0
    tolerance_a: float | None = None


Limits = AcLimits | DcLimits


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter of the station, as its register stands. `signature`: the meter's own, at most 64 bytes, b"": none."""

    id: str
    energy_wh: int
    at: datetime
    signature: bytes = b""
    discharged_wh: int = 0


@dataclass(frozen=True, slots=True)
class PowerStep:
    """From `start` s after the beginning of a schedule on: up to `watts`. Negative: back to the grid (-20)."""

    start: int
    watts: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule that a station offers. The last step lasts to the end, `duration` s after the beginning.

    `tariff` is what it costs, in the protocol's own structure as the operator gave it (iso2.SalesTariff; AbsolutePriceSchedule or
    PriceLevelSchedule of -20); None: nothing is said. `tariff_signature`: the mobility operator's (xmldsig.Signature), over the tariffs of
    all schedules that are offered together (-2).
    """

    id: int
    steps: tuple[PowerStep, ...]
    duration: int = 86_400
    tariff: Element | None = None
    discharge: tuple[PowerStep, ...] = ()
    tariff_signature: Element | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a vehicle makes of a schedule: `schedule_id` is that of the one it chose, `steps` its plan; empty: it keeps to the schedule."""

    schedule_id: int
    steps: tuple[PowerStep, ...] = ()
    max_phases: int | None = None
    keeps_tolerance: bool | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """What a vehicle needs: `energy_wh` to its target, `least_wh` and `most_wh` where it says so, `departure_s` from now (None: unknown).

    `soc`, `target_soc`, `full_soc`: per cent. `most_steps`: of a schedule that it can take. `limits`: the vehicle's own.
    """

    transfer: Transfer
    limits: Limits
    control: Control = Control.SCHEDULED
    energy_wh: float | None = None
    least_wh: float | None = None
    most_wh: float | None = None
    departure_s: int | None = None
    soc: int | None = None
    target_soc: int | None = None
    full_soc: int | None = None
    capacity_wh: float | None = None
    most_steps: int | None = None
    v2x_most_wh: float | None = None
    v2x_least_wh: float | None = None


class Notice(StrEnum):
    """What a station asks of the vehicle while it charges (EVSENotification). The last four are those of ISO 15118-20."""

    NONE = "none"
    STOP = "stop"
    RENEGOTIATE = "renegotiate"
    PAUSE = "pause"
    EXIT_STANDBY = "exit-standby"
    SERVICE_RENEGOTIATION = "service-renegotiation"
    METERING_CONFIRMATION = "metering-confirmation"


class Isolation(StrEnum):
    """What the isolation monitor says."""

    INVALID = "Invalid"
    VALID = "Valid"
    WARNING = "Warning"
    FAULT = "Fault"
    NO_IMD = "No_IMD"


class Ending(StrEnum):
    """How a session ended."""

    TERMINATED = "terminated"
    """The vehicle ended it (SessionStopReq, Terminate)."""
    PAUSED = "paused"
    """The vehicle will come back to it (SessionStopReq, Pause)."""
    FAILED = "failed"
    """A message was refused for good, on either side."""
    TIMEOUT = "timeout"
    """Nothing was said in time."""
    DROPPED = "dropped"
    """The line went away."""
    NO_PROTOCOL = "no-protocol"
    """There is no common protocol (SupportedAppProtocol)."""


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How a session ended, and why in a sentence where it was not by will of both."""

    ending: Ending
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Paused:
    """What both sides keep of a paused session, so that it can be joined again ([V2G2-741] in -2; 8.4.2 in -20).

    `vehicle` binds it to a vehicle: the EVCCID, or the hash of its TLS certificate (-20). `facts` hold what was agreed.
    """

    session_id: bytes
    speaks: Speaks
    vehicle: bytes
    identification: Identification
    transfer: Transfer
    control: Control = Control.SCHEDULED
    schedule_id: int | None = None
    parameter_set: int | None = None
    facts: dict[str, object] = field(default_factory=dict)
