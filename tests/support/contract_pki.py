"""Contract certificates for tests: a mobility operator's root, a sub-CA and contracts, with an OCSP responder that answers for all of them.

The certificates name their responder. An issuer signs himself what is said of his certificates; he may enclose his own certificate, or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests.support.certificates import key, subject
from tests.support.http_peer import Asked, HttpPeer, Reply, http_peer
from tests.support.revocation import Statuses, named

EMAID = "DE8ACC12E46L89"


@dataclass
class ContractPki:
    """Root, sub-CA and contract. `revoked`: serial numbers that the responder tells as such; `encloses`: the issuer's certificate."""

    responder: HttpPeer
    revoked: set[int] = field(default_factory=set)
    encloses: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __post_init__(self) -> None:
        self.root = self._made("MO root", "MO root", 1, responder=False)
        self.sub = self._made("MO sub", "MO root", 2)
        self.contract = self._made(EMAID, "MO sub", 3)
        self.responder.answer = self._answer

    @property
    def chain(self) -> str:
        """The contract and the sub-CA, in PEM."""
        return pem(self.contract) + pem(self.sub)

    @property
    def hashes(self) -> list[dict[str, str]]:
        """The same as iso15118CertificateHashData."""
        return [
            {
                "hashAlgorithm": "SHA256",
                "issuerNameHash": name.issuer_name_hash,
                "issuerKeyHash": name.issuer_key_hash,
                "serialNumber": name.serial_number,
                "responderURL": self.responder.url,
            }
            for name in (named(self.contract, "MO sub"), named(self.sub, "MO root"))
        ]

    @property
    def asked(self) -> list[int]:
        """The serial numbers that the responder was asked about."""
        return [ocsp.load_der_ocsp_request(each.body).serial_number for each in self.responder.asked]

    def _made(self, common: str, by: str, serial: int, *, responder: bool = True) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject(common))
            .issuer_name(subject(by))
            .public_key(key(common).public_key())
            .serial_number(serial)
            .not_valid_before(self.now - timedelta(days=1))
            .not_valid_after(self.now + timedelta(days=300))
        )
        if common != EMAID:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        if responder:
            place = x509.UniformResourceIdentifier(self.responder.url)
            access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        return builder.sign(key(by), SHA256())

    def _answer(self, asked: Asked) -> Reply:
        serial = ocsp.load_der_ocsp_request(asked.body).serial_number
        certificate, issuer = {2: (self.sub, self.root), 3: (self.contract, self.sub)}[serial]
        gone = serial in self.revoked
        built = ocsp.OCSPResponseBuilder().add_response(
            certificate,
            issuer,
            SHA256(),
            Statuses.REVOKED if gone else Statuses.GOOD,
            self.now - timedelta(hours=1),
            self.now + timedelta(days=1),
            self.now - timedelta(hours=2) if gone else None,
            None,
        )
        built = built.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
        built = built.certificates([issuer]) if self.encloses else built
        signer = key("MO root" if issuer is self.root else "MO sub")
        return Reply(built.sign(signer, SHA256()).public_bytes(Encoding.DER))


def pem(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    return certificate.public_bytes(Encoding.PEM).decode()


@contextmanager
def contract_pki(*revoked: int, encloses: bool = False) -> Iterator[ContractPki]:
    """The certificates, and their responder at work."""
    with http_peer(lambda _asked: Reply()) as responder:
        yield ContractPki(responder, set(revoked), encloses)
