"""Where a station connects to: the place it was set up with, and what of it the core is told."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from pilotwire.domain.network_profiles import NetworkConnectionProfile
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where the CSMS is and who we are. `call_timeout` in seconds is the time an answer may take (2.x: MessageTimeout).

    `password` is the first one; the owner knows the one that counts. It does not show in the repr (A01.FR.12). `security_profile` None:
    2 for wss://, 1 with a password, else 0. `ssl_context` is used as it is for this place; without it the context is made from the
    station's own files. `versions` are spoken besides the station's own, if the CSMS prefers them; 1.6 goes with none.
    """

    url: str
    identity: str
    password: str | None = field(default=None, repr=False)
    ssl_context: ssl.SSLContext | None = None
    call_timeout: float = 30.0
    compression: bool = False
    security_profile: int | None = None
    versions: tuple[OcppVersion, ...] = ()

    @property
    def level(self) -> int:
        """The security profile of this place."""
        if self.security_profile is not None:
            return self.security_profile
        if self.url.strip().casefold().startswith("wss:"):
            return 2
        return 1 if self.password else 0

    def profile(self) -> NetworkConnectionProfile:
        """This place in the words of the core, which has no secrets of it."""
        return NetworkConnectionProfile(
            csms_url=self.url,
            interface="Wired0",
            message_timeout=max(1, round(self.call_timeout)),
            security_profile=self.level,
            identity=self.identity,
        )
