"""Reading the files of a station's certificate and key as they lie on the disk."""

from __future__ import annotations

from pathlib import Path

from pilotwire.doctor.certificates.files import Bundle, File, judge_files, token_of
from pilotwire.doctor.certificates.station import Accredited, accredited
from pilotwire.doctor.patient import Credentials
from pilotwire.doctor.profiles.profile import CertificateDemands
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate, PkiFault, read_certificates

_MOST_BYTES = 1_000_000
"""A file of certificates has some kilobytes; what is longer is something else, and is not read whole."""


def file_at(name: str) -> File:
    """A file with its permissions, or why it cannot be read."""
    path = Path(name)
    try:
        with path.open("rb") as opened:
            raw = opened.read(_MOST_BYTES)
        return File(name, raw, path.stat().st_mode & 0o777)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return File(name, error=reason)


def bundle_of(credentials: Credentials, demands: CertificateDemands) -> Bundle | None:
    """What the files of certificate and key hold; of a chain without files only the chain; None without either."""
    if not credentials.certificate:
        chain = credentials.chain
        return Bundle(chain, (), "elsewhere", usable=False) if chain else None
    token = token_of(credentials.key)
    key = file_at(credentials.key) if credentials.key and not token else None
    if credentials.key == credentials.certificate:
        key = None
    return judge_files(file_at(credentials.certificate), key, token=token, secure_element=demands.secure_element)


def accredited_by(demands: CertificateDemands, candidates: tuple[Certificate, ...]) -> Accredited:
    """The authorities of a profile: files are read, fingerprints looked for among the candidates. Raises ConfigError."""
    prints: list[str] = []
    files: list[Certificate] = []
    for each in demands.authorities:
        if _is_fingerprint(each):
            prints.append(each)
        else:
            files += _authorities_in(each)
    return accredited(prints, files, candidates)


def _is_fingerprint(text: str) -> bool:
    plain = text.replace(":", "")
    return len(plain) == 64 and all(each in "0123456789abcdefABCDEF" for each in plain)


def _authorities_in(name: str) -> tuple[Certificate, ...]:
    file = file_at(name)
    if file.error:
        raise ConfigError(f"The accredited authorities in {name} cannot be read: {file.error}.", "Mend the profile.")
    try:
        return read_certificates(file.raw.decode("ascii", "replace"))
    except PkiFault as fault:
        raise ConfigError(f"The accredited authorities in {name}: {fault.what}", "Give a file in PEM.") from None
