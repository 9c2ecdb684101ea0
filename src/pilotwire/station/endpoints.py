"""Where a station connects to: the place it was set up with, and what of it the core is told."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from pilotwire.domain.network_profiles import JSON, SOAP, NetworkConnectionProfile
from pilotwire.errors import ConfigError
from pilotwire.ocpp.soap import SoapVersion
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, kw_only=True)
class SoapPlace:
    """How a station of OCPP-S is reached: it listens at `host` and `port` (0: any free one), with TLS if `tls`.

    `url` is what the CSMS is told; empty: made of the host, or of our own address on the way to the CSMS if the host is every one.
    """

    version: SoapVersion = SoapVersion.V16
    host: str = "127.0.0.1"
    port: int = 0
    url: str = ""
    tls: bool = False


def spoken(ocpp: str, transport: str) -> tuple[OcppVersion, SoapVersion | None]:
    """The version whose messages are spoken, and that of OCPP-S if it is spoken by SOAP: 1.5 always is. Raises ConfigError."""
    if ocpp == SoapVersion.V15:
        return OcppVersion.V16, SoapVersion.V15
    version = OcppVersion(ocpp)
    if transport != "soap":
        return version, None
    if version is not OcppVersion.V16:
        raise ConfigError(f"OCPP {ocpp} is not spoken by SOAP.", "With transport soap, ocpp is 1.6 or 1.5.")
    return version, SoapVersion.V16


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where the CSMS is and who we are. `call_timeout` in seconds is the time an answer may take (2.x: MessageTimeout).

    `password` is the first one; the owner knows the one that counts. It does not show in the repr (A01.FR.12). `security_profile` None:
    2 for wss://, 1 with a password, else 0. `ssl_context` is used as it is for this place; without it the context is made from the
    station's own files. `versions` are spoken besides the station's own, if the CSMS prefers them; 1.6 goes with none.
    `soap`: OCPP-S is spoken, and this is where the station listens.
    """

    url: str
    identity: str
    password: str | None = field(default=None, repr=False)
    ssl_context: ssl.SSLContext | None = None
    call_timeout: float = 30.0
    compression: bool = False
    security_profile: int | None = None
    versions: tuple[OcppVersion, ...] = ()
    soap: SoapPlace | None = None

    @property
    def level(self) -> int:
        """The security profile of this place."""
        if self.security_profile is not None:
            return self.security_profile
        if self.url.strip().casefold().startswith(("wss:", "https:")):
            return 2
        return 1 if self.password else 0

    def profile(self) -> NetworkConnectionProfile:
        """This place in the words of the core, which has no secrets of it."""
        return NetworkConnectionProfile(
            csms_url=self.url,
            interface="Wired0",
            message_timeout=max(1, round(self.call_timeout)),
            security_profile=self.level,
            transport=JSON if self.soap is None else SOAP,
            identity=self.identity,
        )
