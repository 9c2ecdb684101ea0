"""What must survive of the monitoring: the monitors a CSMS set, which set of them counts, and how each stands."""

from __future__ import annotations

from typing import ClassVar, Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.monitoring import LEAST_SEVERE, EventNotification, MonitoringBase, MonitorSetting

FIRST_CUSTOM: Final = 1001
"""The id of the first monitor that a CSMS sets; those from the factory have lower ones."""


class Monitor(Value):
    """A monitor that is installed; `setting` has its id."""

    monitor_id: int
    kind: EventNotification
    setting: MonitorSetting


class Standing(Value):
    """How a monitor stands.

    `raised`: its threshold is passed, and the CSMS was told (N07.FR.14). `base`: the value from which a change counts (N07.FR.18);
    of what nobody may read, its hash. `transaction_id`: the transaction in which it was raised.
    """

    raised: bool = False
    base: str | None = None
    transaction_id: str | None = None


class MonitoringMemory(Value, tag="monitoring", tag_field="part"):
    """All of it (N07.FR.13).

    `custom` holds also the preconfigured monitors that were changed (N04.FR.15); `next_event` is an event id above all that were given;
    `faults` are the faults that were told and not yet told to be over, as (EVSE, connector, code) with 0 for no EVSE or connector.
    """

    name: ClassVar[str] = "monitoring"
    custom: tuple[Monitor, ...] = ()
    standings: dict[int, Standing] = {}
    base: MonitoringBase = MonitoringBase.ALL
    level: int = LEAST_SEVERE
    next_monitor: int = FIRST_CUSTOM
    next_event: int = 1
    faults: tuple[tuple[int, int, str], ...] = ()
