"""What is under way with the credentials of a station: passwords sent and not yet confirmed, an upgrade of its security profile, and
which stations a local controller speaks for."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value


class NetworkSlot(Value):
    """A configuration slot of a station and the security profile of the network connection profile it was given (A05, B09)."""

    slot: int
    security_profile: int


class Credentials(Value):
    """What was sent to a station and counts from its next handshake on.

    `candidates`: encoded hashes of passwords it was sent without a known answer: each is right beside the one on record until one is used.
    `upgrade_to`: the security profile it accepted and has not connected with yet. `slots`: the profiles it was given, by slot.
    """

    candidates: tuple[str, ...] = ()
    upgrade_to: int | None = None
    slots: tuple[NetworkSlot, ...] = ()


CREDENTIALS: Final = Register("credentials", Credentials)
"""By station; the key is always empty."""
SETTLED: Final = Credentials()
"""Of a station with nothing under way."""


class LocalController(Value):
    """A local controller (J2:6.1) and the stations behind it: it opens one connection for each of them, with its own credentials."""

    stations: tuple[str, ...] = ()


LOCAL_CONTROLLERS: Final = Register("local-controllers", LocalController)
"""By the controller's own identity; the key is always empty."""
