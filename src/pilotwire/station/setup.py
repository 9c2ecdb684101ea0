"""Who a station is and where its CSMS is, as far as a person sets it at start or on its page: what may be, and which word counts.

The last word counts: what was set on the page goes before what the station was started with, until it is started with something else.
"""

from __future__ import annotations

import re
import socket
from dataclasses import asdict, dataclass, fields, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from pilotwire.domain.identity import StationIdentity
from pilotwire.errors import ConfigError
from pilotwire.ocpp.net.client import ConnectError, connection_url
from pilotwire.ocpp.net.soap_client import check_url
from pilotwire.ocpp.soap import SoapVersion
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.client_context import server_context
from pilotwire.station.core.moving import Move
from pilotwire.station.core.network_ways import CredentialsSeen
from pilotwire.station.core.settings import Family, StationSettings
from pilotwire.station.core.setup_memory import KeptSetting, SetupMemory
from pilotwire.station.endpoints import Endpoint, SoapPlace, spoken
from pilotwire.station.files import Files

VERSIONS: Final = ("1.5", "1.6", "2.0.1", "2.1")
TRANSPORTS: Final = ("json", "soap")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9*\-_=+|@.]+\Z")
_PRINTABLE: Final = re.compile(r"[!-9;-~]+\Z")
_LONGEST: Final = {Family.OCPP16: 60, Family.OCPP2: 48}


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """See the module. `security_profile` None: 2 for a URL with TLS, 1 with a password, else 0. The rest is as in `Endpoint`."""

    identity: str
    ocpp: str
    transport: str
    url: str
    security_profile: int | None = None
    older_ocpp: bool = False
    compression: bool = False
    soap_host: str = "127.0.0.1"
    soap_port: int = 0
    soap_url: str = ""
    soap_tls: bool = False

    @property
    def family(self) -> Family:
        """Which defaults go with the version."""
        return Family.OCPP16 if self.ocpp in ("1.5", "1.6") else Family.OCPP2


NAMES: Final = tuple(field.name for field in fields(Setup))
_BY_RESTART: Final = ("identity", "ocpp", "transport", "soap_host", "soap_port", "soap_tls")
"""What a station is made with; the rest is what it connects with."""


def setup_of(endpoint: Endpoint, version: OcppVersion) -> Setup:
    """The setup a station was started with."""
    soap = endpoint.soap or SoapPlace()
    return Setup(
        identity=endpoint.identity,
        ocpp=version.value if endpoint.soap is None else soap.version.value,
        transport="json" if endpoint.soap is None else "soap",
        url=endpoint.url,
        security_profile=endpoint.security_profile,
        older_ocpp=OcppVersion.V201 in endpoint.versions,
        compression=endpoint.compression,
        soap_host=soap.host,
        soap_port=soap.port,
        soap_url=soap.url,
        soap_tls=soap.tls,
    )


# --- which word counts ----------------------------------------------------------------------------------------------


def in_force(start: Setup, memory: SetupMemory) -> Setup:
    """The setup that counts: what was kept, where the station is still started with what it was set over."""
    kept = {name: one.value for name, one in memory.kept.items() if name in NAMES and getattr(start, name) == one.over}
    return replace(start, **kept) if kept else start  # type: ignore[arg-type]


def kept_of(start: Setup, wanted: Setup) -> SetupMemory:
    """What is to be kept so that `wanted` counts: what differs from the start."""
    before, after = asdict(start), asdict(wanted)
    return SetupMemory(
        kept={name: KeptSetting(value=after[name], over=before[name]) for name in NAMES if after[name] != before[name]}
    )


# --- what it means --------------------------------------------------------------------------------------------------


def move_of(before: Setup, after: Setup) -> Move:
    """What changes for what the station keeps."""
    return Move(
        identity=before.identity != after.identity,
        family=before.family is not after.family,
        place=(before.url, before.security_profile) != (after.url, after.security_profile),
    )


def needs_restart(before: Setup, after: Setup) -> bool:
    """Whether the station has to be made anew, or only its connection."""
    return any(getattr(before, name) != getattr(after, name) for name in _BY_RESTART)


def endpoint_of(setup: Setup, base: Endpoint) -> Endpoint:
    """The endpoint of a setup; what it does not say is as in `base`. Raises ConfigError."""
    version, soap = _spoken(setup)
    place = None
    if soap is not None:
        place = SoapPlace(
            version=soap, host=setup.soap_host, port=setup.soap_port, url=setup.soap_url, tls=setup.soap_tls
        )
    older = (OcppVersion.V201,) if setup.older_ocpp and version is OcppVersion.V21 else ()
    return replace(
        base,
        url=setup.url,
        identity=setup.identity,
        security_profile=setup.security_profile,
        compression=setup.compression,
        versions=older,
        ssl_context=base.ssl_context if setup.url == base.url else None,
        soap=place,
    )


def version_of(setup: Setup) -> OcppVersion:
    """The version whose messages are spoken. Raises ConfigError."""
    return _spoken(setup)[0]


def _spoken(setup: Setup) -> tuple[OcppVersion, SoapVersion | None]:
    if setup.ocpp not in VERSIONS:
        raise ConfigError(f"OCPP {setup.ocpp!r} is not spoken here.", f"One of {', '.join(VERSIONS)}.")
    if setup.transport not in TRANSPORTS:
        raise ConfigError(f"There is no transport {setup.transport!r}.", f"One of {', '.join(TRANSPORTS)}.")
    return spoken(setup.ocpp, setup.transport)


def settings_of(setup: Setup, base: StationSettings, endpoint: Endpoint) -> StationSettings:
    """The settings of the core for a setup: the habits of the version, with what was said beside them."""
    return replace(base.in_family(setup.family), home=endpoint.profile())


# --- what may be ----------------------------------------------------------------------------------------------------


def normal(setup: Setup) -> Setup:
    """As it is understood: without blanks around texts, and 1.5 by SOAP, as which alone there is one."""
    texts = {name: getattr(setup, name).strip() for name in ("identity", "url", "soap_host", "soap_url")}
    return replace(setup, transport="soap" if setup.ocpp == "1.5" else setup.transport, **texts)


@dataclass(frozen=True, kw_only=True)
class Change:
    """From one setup and its endpoint to another."""

    before: Setup
    after: Setup
    left: Endpoint
    taken: Endpoint


def check(change: Change, have: CredentialsSeen, files: Files, who: StationIdentity) -> None:
    """Whether a station can change so, with the credentials and files it has; raises ConfigError.

    What stays as it was is not questioned.
    """
    before, after = change.before, change.after
    soap = change.taken.soap is not None
    if (before.identity, before.family) != (after.identity, after.family):
        _check_identity(after)
    check_place(after.url, after.identity, after.security_profile, None, soap=soap, has_password=have.password)
    _check_url(after)
    if (change.left.level, before.url) != (change.taken.level, after.url):
        _check_credentials(change.taken.level, have)
    if soap:
        _check_port(before, after, files)
    if after.family is Family.OCPP16 and before.family is not Family.OCPP16:
        _check_lengths(who)


def _check_identity(setup: Setup) -> None:
    longest = _LONGEST[setup.family]
    identity = setup.identity
    if not identity:
        raise ConfigError("The identity is empty.", "Give the identity by which the CSMS knows the station.")
    if len(identity) > longest:
        what = f"An identity of OCPP {setup.ocpp} has at most {longest} characters; this one has {len(identity)}."
        raise ConfigError(what, "Shorten it.")
    if ":" in identity:
        what = f"The identity {identity!r} has a colon."
        raise ConfigError(what, "It is the user name of HTTP basic authentication, which ends at a colon.")
    if setup.family is Family.OCPP2 and not _IDENTIFIER.match(identity):
        what = f"The identity {identity!r} has characters that an identity of OCPP {setup.ocpp} cannot have."
        raise ConfigError(what, "Letters A to Z, digits, and * - _ = + | @ . are allowed.")
    if not _PRINTABLE.match(identity):
        what = f"The identity {identity!r} has blanks or characters that are not printable ASCII."
        raise ConfigError(what, "Use letters, digits and signs without a colon.")


def check_place(
    url: str,
    identity: str,
    security_profile: int | None,
    password: str | None,
    *,
    soap: bool = False,
    has_password: bool = False,
) -> None:
    """Whether a station can connect there with that security profile, by OCPP-J or OCPP-S; raises `ConfigError`.

    `has_password`: there is one, whatever `password` is.
    """
    try:
        check_url(url) if soap else connection_url(url, identity)
    except ConnectError as error:
        raise ConfigError(error.what, error.remedy) from None
    plain = "http" if soap else "ws"
    if security_profile is not None and not 0 <= security_profile <= 3:
        raise ConfigError(f"There is no security profile {security_profile}.", "0, 1, 2 or 3.")
    secure = url.strip().casefold().startswith(f"{plain}s:")
    if security_profile is not None and secure is not (security_profile >= 2):
        needed = f"{plain}s://" if security_profile >= 2 else f"{plain}://"
        raise ConfigError(f"Security profile {security_profile} does not go with {url}.", f"Give a URL with {needed}.")
    if security_profile == 1 and password is None and not has_password:
        raise ConfigError("Security profile 1 needs a password.", "Give one of 16 to 64 characters.")


def _check_url(setup: Setup) -> None:
    parts = urlsplit(setup.url)
    if "@" in parts.netloc:
        raise ConfigError("A URL has no user and no password here.", "The password is a parameter of its own.")
    if any(letter.isspace() for letter in setup.url):
        raise ConfigError(f"{setup.url!r} has a blank.", "Write a blank of a path as %20.")
    if setup.transport == "json" and unquote(parts.path.rstrip("/").rpartition("/")[2]) == setup.identity:
        what = f"{setup.url} ends with the station's identity."
        raise ConfigError(what, "Leave it out: the station appends its identity itself.")
    if setup.soap_url:
        try:
            check_url(setup.soap_url)
        except ConnectError as error:
            raise ConfigError(error.what, error.remedy) from None


def _check_credentials(level: int, have: CredentialsSeen) -> None:
    """What a security profile needs is there (A05.FR.02, A05.FR.03; whitepaper A05.FR.02 to A05.FR.04)."""
    if level in (1, 2) and not have.password:
        raise ConfigError(f"Security profile {level} needs a password.", "Set the basic auth password first.")
    if level >= 2 and not have.roots:
        what = f"Security profile {level} needs a valid root certificate of the CSMS, and there is none."
        raise ConfigError(what, "Give it with this change (csmsRoots), or start the station with --csms-root.")
    if level >= 3 and not have.certificate:
        what = "Security profile 3 needs a valid certificate of the station with its key, and there is none."
        raise ConfigError(
            what, "Give both with this change (certificateChain, privateKey), or let the CSMS install one."
        )


def _check_port(before: Setup, after: Setup, files: Files) -> None:
    if after.soap_tls:
        server_context(files)
    if not 0 <= after.soap_port <= 65535:
        raise ConfigError(f"There is no port {after.soap_port}.", "A port is from 0 (any free one) to 65535.")
    own = (before.soap_host, before.soap_port) if before.transport == "soap" else None
    if own == (after.soap_host, after.soap_port):
        return
    try:
        found = socket.getaddrinfo(after.soap_host, after.soap_port, type=socket.SOCK_STREAM)[0]
        with socket.create_server(found[4][:2], family=found[0]):
            pass
    except OSError as error:
        what = f"Nothing can listen at {after.soap_host}, port {after.soap_port}: {error.strerror or error}."
        raise ConfigError(what, "Give an address of this machine and a free port, or port 0.") from None


def _check_lengths(who: StationIdentity) -> None:
    """1.6 has room for less in its boot message (1.6:6.3)."""
    for name, text, most in (
        ("vendor", who.vendor, 20),
        ("model", who.model, 20),
        ("serial number", who.serial_number, 25),
    ):
        if text is not None and len(text) > most:
            what = f"The {name} {text!r} is longer than the {most} characters that OCPP 1.6 has for it."
            raise ConfigError(what, "Start the station with a shorter one.")


__all__ = ["NAMES", "TRANSPORTS", "VERSIONS", "Setup", "check", "check_place", "in_force", "kept_of", "setup_of"]
