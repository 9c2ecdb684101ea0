"""What state a connector is in, and whether it may be used (functional block G).

2.x knows five connector states; 1.6 has nine, because there they also tell how the charging goes. Here both are kept apart:
`Availability` is the 2.x state, `Activity` what 1.6 adds. A dialect composes the state its version knows.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import Command, Fact, Outcome, Value


class Availability(StrEnum):
    """As in 2.x ConnectorStatusEnumType."""

    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class Activity(StrEnum):
    """What goes on at an occupied connector, as in the 1.6 ChargePointStatus values that are refinements of Occupied."""

    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"


class Problem(Value):
    """What is wrong at a connector. `code` is a 1.6 ChargePointErrorCode value, the only standard list of such codes."""

    code: str
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None


class ConnectorState(Value):
    """The state of one connector, or of the station as a whole (EVSE 0, which only 1.6 reports)."""

    availability: Availability
    activity: Activity | None = None
    problem: Problem | None = None


class ConnectorStatus(Fact):
    """A connector's state, reported (G01). `previous` is what was reported before: versions that do not see the difference stay quiet.

    `at` is None where a station did not tell (optional in 1.6): then the time of arrival counts.
    """

    address: EvseAddress
    at: datetime | None
    state: ConnectorState
    previous: ConnectorState | None = None


class ChangeAvailability(Command):
    """Take a station, an EVSE or a connector in or out of use (G03, G04)."""

    operative: bool
    address: EvseAddress


class ChangeAvailabilityStatus(StrEnum):
    """As in ChangeAvailabilityStatusEnumType: SCHEDULED until the running transaction has ended."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class ChangeAvailabilityOutcome(Outcome):
    """The station's answer."""

    status: ChangeAvailabilityStatus
