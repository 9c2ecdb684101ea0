"""The settings of `pilotwire pki serve`: command line, environment (`PILOTWIRE_...`), or section `[pki]` of the TOML file."""

from __future__ import annotations

from pydantic import field_validator

from pilotwire.errors import ConfigError
from pilotwire.logs import LogLevel
from pilotwire.pki.profiles import PROFILES
from pilotwire.settings import Settings, setting


class ServeSettings(Settings):
    """What a person can set of the server of a certificate authority."""

    host: str = setting(
        "127.0.0.1", "an address of this machine; 0.0.0.0 for all", "where the server listens", min_length=1
    )
    port: int = setting(8090, "a port from 0 to 65535 (0: any free one)", "its port", ge=0, le=65535)
    tls: bool = setting(
        False,
        "true or false",
        "serve by TLS, with a certificate the authority gives itself, or that of --tls-certificate",
    )
    tls_host: tuple[str, ...] = setting(
        ("localhost", "127.0.0.1"), "host names or addresses", "what clients call this server, for its own certificate"
    )
    tls_certificate: str = setting("", "a PEM file", "another certificate for TLS, with its chain")
    tls_key: str = setting("", "a PEM file that is not encrypted", "the key of that certificate")
    est_user: str = setting("", "a name", "who may enrol by EST (HTTP Basic); nobody without one")
    est_password: str = setting("", "at least 12 characters", "the password of that user")
    est_profiles: tuple[str, ...] = setting(
        ("station",), "kinds of certificates", "what EST gives out; the first where the URL has no label"
    )
    est_without_tls: bool = setting(
        False, "true or false", "EST by plain HTTP too: only behind a proxy that speaks TLS (RFC 7030, 3.3)"
    )
    signer_token: str = setting(
        "",
        "at least 12 characters",
        "the bearer token with which a CSMS has requests signed at /sign; nobody may without",
    )
    renew_days: int = setting(
        0, "a number of days (0: never)", "renew what ends within so many days and has its key kept here", ge=0, le=3650
    )
    deliver: str = setting("", "a folder", "where chains and keys of what is renewed are put for servers to read")
    rate: int = setting(120, "at least 1", "requests for certificates a minute from one address", ge=1)
    status_rate: int = setting(6000, "at least 1", "questions about status a minute from one address", ge=1)
    log_level: LogLevel = setting("info", "debug, info, warning or error", "how much is told on standard error")

    @field_validator("est_password", "signer_token")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < 12:
            raise ValueError
        return value

    @field_validator("est_profiles")
    @classmethod
    def _kinds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or any(each not in PROFILES or PROFILES[each].ca for each in value):
            raise ValueError
        return value


def check_pairs(settings: ServeSettings) -> None:
    """Raise ConfigError for settings of which one makes no sense without the other."""
    for one, other in (("tls_certificate", "tls_key"), ("est_user", "est_password")):
        if bool(getattr(settings, one)) != bool(getattr(settings, other)):
            raise ConfigError(f"{one} and {other} are given together, or neither.", "Give both.")
    if settings.deliver and not settings.renew_days:
        raise ConfigError("There is a folder to deliver to, and nothing is renewed.", "Give --renew-days too.")
