"""What may be asked of a station that is not accepted (B02, B03; 1.6:4.2)."""

from __future__ import annotations

from pilotwire.csms.commands.bus import NotPermitted
from pilotwire.domain.kinds import Command
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.remote_control import RequestStart, RequestStop


def check_permitted(station: str, standing: RegistrationStatus | None, command: Command | None) -> None:
    """Raise NotPermitted if the CSMS may not send this command now.

    To a rejected station nothing may be sent (B03.FR.03). One that is pending, or has not booted yet, may be configured and asked, but
    charging is not started or stopped there (B02.FR.05; 1.6:4.2). `command` None is a message the domain has no command for.
    """
    if standing is RegistrationStatus.REJECTED:
        raise NotPermitted(f"station {station!r} was rejected, so nothing may be sent to it.", _ACCEPT)
    if standing is not RegistrationStatus.ACCEPTED and isinstance(command, RequestStart | RequestStop):
        state = "has not booted yet" if standing is None else "is pending"
        raise NotPermitted(f"station {station!r} {state}, so charging cannot be started or stopped there.", _ACCEPT)


_ACCEPT = "Register it as accepted and let it boot again."
