"""What the operator has decided for one station, beyond its registration: read when it connects and when it boots."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value
from pilotwire.domain.provisioning import RegistrationStatus


class EvseLayout(Value):
    """An EVSE the operator says the station has: its id, and the types of its connectors (2.x ConnectorEnumType) from 1 on."""

    evse: int
    connector_types: tuple[str, ...] = ()


class StationConditions(Value):
    """The conditions under which a station is served.

    `security_profile`: the lowest security profile it may connect with (0 to 3, A00; None: what the CSMS as a whole asks).
    `boot_answers`: what its next BootNotifications are answered, one each, before its registration counts again.
    `quiet`: this CSMS sends it nothing that nobody asked for. `tolerances`: names of the departures from the standard it is allowed.
    `evses`: what it consists of, () if nobody said.
    """

    security_profile: int | None = None
    boot_answers: tuple[RegistrationStatus, ...] = ()
    quiet: bool = False
    tolerances: tuple[str, ...] = ()
    evses: tuple[EvseLayout, ...] = ()


CONDITIONS: Final = Register("station-conditions", StationConditions)
"""By station; the key is always empty."""
USUAL: Final = StationConditions()
"""Of a station nobody has said anything about."""
