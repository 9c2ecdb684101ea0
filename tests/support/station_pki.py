"""Certificates around a station for tests: roots and sub-CAs that sign what it asks for, and a shell that does its certificate jobs."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from pilotwire.clock import ManualClock
from pilotwire.errors import PilotwireError
from pilotwire.station.core import JobDone, JobFailed
from pilotwire.station.core.certificate_files import DropKey, WriteCertificates
from pilotwire.station.core.certificate_signing import MakeRequest
from pilotwire.station.core.jobs import Job
from pilotwire.station.files import Files, MemoryFiles
from pilotwire.station.jobs import WORKERS, Tools
from pilotwire.station.keys import KeyStore
from tests.support.station_world import START, StationWorld

RESPONDER = "http://ocsp.example/"
_SERIALS = count(0x10)
_JOBS: tuple[type[Job], ...] = (MakeRequest, WriteCertificates, DropKey)


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """The key of somebody: the same for the whole run."""
    return ec.generate_private_key(ec.SECP256R1())


def name(common: str, organization: str = "Volta") -> x509.Name:
    """A subject."""
    parts = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def pem(*certificates: x509.Certificate) -> str:
    """As PEM text."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


@dataclass(frozen=True)
class Signer:
    """Who signs: its certificate, and the name of its key. `since` is when what it signs begins to be valid."""

    common: str
    certificate: x509.Certificate

    @classmethod
    def root(cls, common: str, *, since: datetime = START, days: int = 3650) -> Signer:
        """A self-signed one."""
        return cls(common, _made(common, key(common).public_key(), common, None, since, days, ca=True))

    def under(self, common: str, *, since: datetime = START, days: int = 3000) -> Signer:
        """A CA signed by this one."""
        return Signer(common, self.issue(common, key(common).public_key(), since=since, days=days, ca=True))

    def issue(
        self, common: str, public: Any, *, since: datetime = START, days: float = 365, ca: bool = False
    ) -> x509.Certificate:
        """A certificate signed by this one, that names a responder."""
        return _made(common, public, self.common, self, since, days, ca=ca)

    def sign(self, csr: str, *, since: datetime = START, days: float = 365, common: str | None = None) -> str:
        """The certificate that was asked for, in PEM."""
        request = x509.load_pem_x509_csr(csr.encode())
        (asked,) = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        made = self.issue(common or str(asked.value), request.public_key(), since=since, days=days)
        return pem(made)

    def ocsp(self, certificate: x509.Certificate, at: datetime, *, days: float = 2) -> str:
        """What this issuer says of a certificate: good, DER in Base64."""
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.certificate,
            algorithm=SHA256(),
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + timedelta(days=days),
            revocation_time=None,
            revocation_reason=None,
        )
        signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate).sign(
            key(self.common), SHA256()
        )
        return b64encode(signed.public_bytes(Encoding.DER)).decode()


def _made(
    common: str, public: Any, issuer: str, signer: Signer | None, since: datetime, days: float, *, ca: bool
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(next(_SERIALS))
        .not_valid_before(since - timedelta(hours=1))
        .not_valid_after(since + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if signer is not None:
        place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(RESPONDER))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(key(issuer), SHA256())


class Workshop:
    """Does the certificate jobs of a station on a virtual clock, at once, with real keys."""

    def __init__(self, world: StationWorld, *, files: Files | None = None, keys: KeyStore | None = None) -> None:
        self.world = world
        self.files = MemoryFiles() if files is None else files
        self.keys = keys
        world.hands = self.work

    def work(self) -> None:
        """Do all that there is to do, and what follows from it."""
        tools = Tools("CS001", ManualClock(self.world.now), self.files, self.world.core.variable, keys=self.keys)
        while mine := [(ref, job) for ref, job in self.world.jobs.items() if isinstance(job, _JOBS)]:
            for ref, job in mine:
                self.world.jobs.pop(ref, None)
                try:
                    result = asyncio.run(WORKERS[type(job)](job, tools, lambda _: None))  # type: ignore[arg-type]
                except PilotwireError as error:
                    self.world.feed(JobFailed(ref, str(error)))
                else:
                    self.world.feed(JobDone(ref, result))

    def text(self, file: str) -> str:
        """The text of a file, "" if there is none."""
        return (self.files.read(file) or b"").decode()
