"""What a driver reports: plugs and pilots, cards, buttons, bays, the mains and faults (`ports` has all of the protocol)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
class PaymentCardPresented:
    """A payment card was held to the payment terminal; `evse_id` is None where the terminal is for the whole station.

    `card` is the terminal's own word for the card: the same for the same card, and no number of it.
    """

    evse_id: int | None
    card: str


@dataclass(frozen=True, slots=True)
class PaymentTerminalChanged:
    """Whether the payment terminal reaches its payment service provider; `problem` is what is wrong with it, empty if nothing is."""

    connected: bool
    problem: str = ""


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
    | PaymentCardPresented
    | PaymentTerminalChanged
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
