"""What a street of the core offers to the core, as one declaration: its commands, events, triggers, variables, memory and times.

The oldest streets (transactions, availability, authorization, ...) are woven into the core itself; every other one is a `Street` in the
table of `streets.py` and reaches the core through nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pilotwire.domain.device_model import AttributeType, VariableName
from pilotwire.domain.kinds import Reason
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.station.core.actions import Answer
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.hardware.ports import StationLayout

CommandHandler = Callable[[Station, Hashable, Any], None]
"""Takes a command with its `ref`; answers exactly once, now or later, by `Answer` or `RefuseCommand`."""
EventHandler = Callable[[Station, Any], None]
"""Takes an input of a type no other street takes."""
Then = Callable[[], None]
Trigger = Callable[[Station, TriggerMessage], Then | None]
"""What to do after a trigger was answered with Accepted; None: it is answered with Rejected (F06.FR.05)."""
Check = Callable[[Station, str], bool | Reason]
"""Whether a variable may have a value; a reason is a no."""
Live = Callable[[Station, VariableName], str | None]
"""The value a variable has at this moment, None where the kept one counts."""
LiveOther = Callable[[Station, VariableName, AttributeType], str | None]
"""The same of another attribute than Actual."""


def nothing(_: Station) -> None:
    """What a street does where it has nothing to do."""


def no_deadline(_: Station) -> datetime | None:
    """The deadline of a street to which time means nothing."""
    return None


@dataclass(frozen=True, slots=True)
class Street:
    """See the module. All but the name may be left out.

    - `variables` declares what the device model has of it, for a protocol family and a layout.
    - `live` gives values as they are now, by (component, variable) without case; `live_others` those of other attributes than Actual.
    - `checks` refuses a value before it is set, by written name without case; False, or a reason, is answered with Rejected.
    - `changed` is told of each variable that was set, by the CSMS or from inside, whoever declared it; a written name as in `key_of`,
      with `#maxset` and the like behind it for another attribute than Actual.
    - `started` comes after the survey of the hardware, `link_up`, `link_down` and `accepted` (the boot was accepted) as they happen.
    - `deadline` says when `due` wants to be called; `due` is called at every tick, and does only what is due.
    - `follow` is called after every input and tick, before states are reported and the outbox is sent: what follows from anything.
    """

    name: str
    commands: Mapping[type, CommandHandler] = field(default_factory=dict)
    events: Mapping[type, EventHandler] = field(default_factory=dict)
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    variables: Callable[[Family, StationLayout], Iterable[Declared]] = lambda _family, _layout: ()
    live: Mapping[tuple[str, str], Live] = field(default_factory=dict)
    live_others: Mapping[tuple[str, str], LiveOther] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    changed: Callable[[Station, str, str], None] = lambda _station, _key, _value: None
    started: Callable[[Station], None] = nothing
    link_up: Callable[[Station], None] = nothing
    link_down: Callable[[Station], None] = nothing
    accepted: Callable[[Station], None] = nothing
    deadline: Callable[[Station], datetime | None] = no_deadline
    due: Callable[[Station], None] = nothing
    follow: Callable[[Station], None] = nothing


def answered(decide: Callable[[Station, Any], Any]) -> CommandHandler:
    """A handler for a command whose outcome is known at once; what follows from it comes after the answer."""

    def handle(station: Station, ref: Hashable, command: Any) -> None:
        at = len(station.actions)
        outcome = decide(station, command)
        station.actions.insert(at, Answer(ref, outcome))

    return handle
