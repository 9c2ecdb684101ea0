"""From what a person says to a patient: files read, versions known, everything checked before anybody is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pilotwire.clock import Clock
from pilotwire.doctor.findings import Step
from pilotwire.doctor.patient import Card, Credentials, Patient, Place
from pilotwire.doctor.profiles.profile import PlatformProfile
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion
from pilotwire.pki import Certificate, PkiFault, read_certificates


@dataclass(frozen=True, slots=True)
class Told:
    """What was said on the command line."""

    url: str
    identity: str
    versions: tuple[str, ...]
    password: str
    certificate: str
    key: str
    roots: tuple[Path, ...]
    proxy: str
    timeout: float
    patience: float


def make_patient(told: Told, card: Card, profile: PlatformProfile, clock: Clock) -> Patient:
    """The patient. Raises ConfigError for what makes no sense; what is wrong with the station's own certificate is for the probes."""
    if not told.identity:
        raise ConfigError("The identity of the station is empty.", "Give it with --id.")
    if told.proxy:
        _check_proxy(told.proxy)
    roots = read_roots(told.roots) if told.roots else None
    credentials = Credentials(told.password, told.certificate, told.key, (), roots)
    return Patient(
        place=Place.of(told.url),
        identity=told.identity,
        clock=clock,
        versions=_versions(told.versions),
        credentials=credentials,
        card=card,
        profile=profile,
        proxy=told.proxy,
        timeout=told.timeout,
        patience=told.patience,
    )


def read_roots(files: Sequence[Path]) -> tuple[Certificate, ...]:
    """The certificates of PEM files. Raises ConfigError if one cannot be read."""
    found: list[Certificate] = []
    for file in files:
        try:
            found.extend(read_certificates(file.read_text(encoding="ascii")))
        except (OSError, UnicodeDecodeError, PkiFault) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise ConfigError(f"The roots in {file} cannot be read: {why}.", "Give a PEM file.") from None
    return tuple(found)


def steps_of(named: Sequence[str]) -> tuple[Step, ...]:
    """The steps that are wanted, all if none is named. Raises ConfigError for others."""
    known = {each.value for each in Step}
    for each in named:
        if each not in known:
            raise ConfigError(f"There is no step {each!r}.", f"The steps are {', '.join(sorted(known))}.")
    return tuple(Step(each) for each in named) or tuple(Step)


def _versions(named: Sequence[str]) -> tuple[OcppVersion, ...]:
    for each in named:
        if each not in tuple(OcppVersion):
            raise ConfigError(f"OCPP {each} is not spoken here.", f"The versions are {', '.join(OcppVersion)}.")
    return tuple(OcppVersion(each) for each in named) or (OcppVersion.V21, OcppVersion.V201, OcppVersion.V16)


def _check_proxy(proxy: str) -> None:
    try:
        parts = urlsplit(f"//{proxy}")
        good = bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{proxy!r} is no proxy.", "Write host:port.")
