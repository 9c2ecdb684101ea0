"""The roots that the machine trusts, for whom no others were given."""

from __future__ import annotations

import contextlib
import os
import ssl
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.doctor.certificates.backend import Trust
from pilotwire.doctor.patient import Patient
from pilotwire.pki import Certificate, PkiFault, read_certificates

_MOST: Final = 1000


def trust_of(patient: Patient) -> Trust:
    """The roots given, or those of the machine."""
    if patient.credentials.roots is not None:
        return Trust(patient.credentials.roots, "the roots given")
    return Trust(machine_roots(), "the store of this machine")


@cache
def machine_roots() -> tuple[Certificate, ...]:
    """All certificates of the places where OpenSSL looks: a file, and a folder of files."""
    paths = ssl.get_default_verify_paths()
    found: dict[bytes, Certificate] = {}
    for der in ssl.create_default_context().get_ca_certs(binary_form=True):
        with contextlib.suppress(ValueError):
            found[der] = x509.load_der_x509_certificate(der)
    for each in _hashed(paths.capath):
        with contextlib.suppress(OSError, PkiFault, UnicodeDecodeError):
            for one in read_certificates(each.read_text(encoding="ascii")):
                found[one.public_bytes(Encoding.DER)] = one
    return tuple(found.values())


def _hashed(folder: str | None) -> list[Path]:
    """The files of a folder as OpenSSL looks for them: `hash.0`."""
    if not folder or not os.path.isdir(folder):
        return []
    return sorted(each for each in Path(folder).iterdir() if each.suffix[1:].isdigit())[:_MOST]



