"""The roots that the machine trusts, for whom no others were given."""

from __future__ import annotations

import contextlib
import os
import ssl
import warnings
from collections.abc import Iterator
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
    """All certificates of the place where OpenSSL looks: a file, or a folder of files if that is empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some old roots have serial numbers that are not allowed any more
        found = tuple(_of_file()) or tuple(_of_folder(ssl.get_default_verify_paths().capath))
    return tuple(dict.fromkeys(found))


def _of_file() -> Iterator[Certificate]:
    for der in ssl.create_default_context().get_ca_certs(binary_form=True):
        with contextlib.suppress(ValueError, PkiFault):
            yield from read_certificates(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode("ascii"))


def _of_folder(folder: str | None) -> Iterator[Certificate]:
    """The files of a folder as OpenSSL looks for them: `hash.0`."""
    if folder and os.path.isdir(folder):
        for each in sorted(each for each in Path(folder).iterdir() if each.suffix[1:].isdigit())[:_MOST]:
            with contextlib.suppress(OSError, PkiFault, UnicodeDecodeError):
                yield from read_certificates(each.read_text(encoding="ascii"))
