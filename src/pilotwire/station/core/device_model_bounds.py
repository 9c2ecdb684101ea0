"""What the attributes MaxSet and Target of a power hold the hardware to (2.x AttributeEnumType), beside profiles and limits.

`EVSE.Power` (2.x Part 2, Referenced Components and Variables) is measured; what it may be set to is the power that is offered: no more than
`MaxSet`, and no more than `Target` where somebody wants a certain power. A vehicle takes what it likes of that, so Actual and Target may
differ: monitors of the types TargetDelta and TargetDeltaRelative tell (2.1:N07.FR.22, N07.FR.23). `MinSet` bounds only what may be set.
"""

from __future__ import annotations

from decimal import Decimal

from pilotwire.domain.device_model import AttributeType, Mutability
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import OtherAttribute

POWER_BOUNDS = tuple(
    OtherAttribute(kind) for kind in (AttributeType.TARGET, AttributeType.MIN_SET, AttributeType.MAX_SET)
)
"""What `EVSE.Power` has besides Actual; none is set at first."""
DISCHARGE_BOUNDS = (OtherAttribute(AttributeType.MAX_SET, mutability=Mutability.READ_WRITE),)
"""What `EVSE.DischargePower` has: the most that is configured (2.1 2.15.9)."""


def supplied_at_most(station: Station, evse: Evse) -> Decimal | None:
    """The most W that are set to come out of an EVSE; None: nothing is set, or its family has no such variable."""
    return _least(station, f"EVSE@{evse.evse_id}.Power", AttributeType.MAX_SET, AttributeType.TARGET)


def taken_back_at_most(station: Station, evse: Evse) -> Decimal:
    """The most W that an EVSE takes back from a vehicle: what the layout says, or less where that is set."""
    bound = _least(station, f"EVSE@{evse.evse_id}.DischargePower", AttributeType.MAX_SET)
    most = evse.layout.max_discharge_w
    return most if bound is None else min(most, bound)


def _least(station: Station, key: str, *attributes: AttributeType) -> Decimal | None:
    if not station.variables.has(key):
        return None
    texts = [station.variables.text(key, attribute) for attribute in attributes]
    return min((Decimal(text) for text in texts if text), default=None)
