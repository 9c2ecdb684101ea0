"""Whom the doctor examines from the station's place: a backend's URL, and what the station would bring there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from pilotwire.clock import Clock
from pilotwire.doctor.findings import Chart
from pilotwire.doctor.profiles.profile import NOTHING_MORE, PlatformProfile
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion
from pilotwire.pki import Certificate

_PORTS: Final = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backend is: the parts of its URL, without the identity. `host` is without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Self:
        """The place of a URL. Raises ConfigError if it is no `ws://` or `wss://` URL."""
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if parts.scheme not in _PORTS or not host or port == 0:
            raise ConfigError(f"{url!r} is not the URL of an OCPP backend.", "Write ws://host:port/path or wss://...")
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], parts.path.rstrip("/"))

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return self.scheme == "wss"

    @property
    def url(self) -> str:
        """The URL again."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class Card:
    """What the station says of itself at boot; "" is not said."""

    vendor: str = "Pilotwire"
    model: str = "Doctor"
    serial: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the station brings: a password (profiles 1 and 2), a client certificate (profile 3), the roots it trusts.

    The files are PEM; `chain` is what is in `certificate`, its own first. `roots` None: those of the machine.
    """

    password: str = field(default="", repr=False)
    certificate: str = ""
    key: str = ""
    chain: tuple[Certificate, ...] = ()
    roots: tuple[Certificate, ...] | None = None


@dataclass(slots=True)
class Patient:
    """An examination under way. Probes read what earlier ones have found and add to `chart`.

    `patience` is how many seconds an idle line is watched at most, 0: not; `timeout` seconds for each step of a connection.
    `addresses` and `served` are for those after: the addresses of the name, and the chain the backend has shown, its own first.
    """

    place: Place
    identity: str
    clock: Clock
    versions: tuple[OcppVersion, ...]
    credentials: Credentials = Credentials()
    card: Card = Card()
    profile: PlatformProfile = NOTHING_MORE
    proxy: str = ""
    timeout: float = 10.0
    patience: float = 0.0
    chart: Chart = field(default_factory=Chart)
    addresses: tuple[str, ...] = ()
    served: tuple[Certificate, ...] = ()
