"""A certificate authority inside, for a lab: it signs what stations ask for with a CA whose key lies on this machine.

Not for the field: a CSMS should not sign itself (A02.FR.04). The CA is a PEM pair as `pilotwire csms-certificates` makes it (`ca.pem`,
`ca-key.pem`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pilotwire.clock import Clock
from pilotwire.csms.partners.ports import PartnerFailed, SigningRefused
from pilotwire.csms.signing import UnfitRequest, read_csr
from pilotwire.domain.certificates import SigningUse
from pilotwire.errors import ConfigError

_EARLIER: Final = timedelta(hours=1)
"""Certificates count from an hour ago: the clocks of a lab do not agree."""
_RSA_BITS: Final = 2048
_EC_BITS: Final = 224
_SUBJECT: Final = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
_REMEDY: Final = (
    "Give lab_ca_certificate and lab_ca_key; `pilotwire csms-certificates` makes both (ca.pem, ca-key.pem)."
)
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class LabCa:
    """A CA: the chain of its certificate, its own first, and its key."""

    chain: tuple[x509.Certificate, ...]
    key: _Key

    @property
    def certificate(self) -> x509.Certificate:
        """The CA's own certificate."""
        return self.chain[0]


def read_ca(certificate: str, key: str) -> LabCa:
    """The CA in two PEM files. Raises ConfigError if they cannot be read, or do not belong together."""
    try:
        chain = tuple(x509.load_pem_x509_certificates(Path(certificate).read_bytes()))
        private = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"the CA that signs for stations cannot be read: {error}.", _REMEDY) from None
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ConfigError(f"the key in {key} is no ECDSA or RSA key.", _REMEDY)
    if private.public_key() != chain[0].public_key():
        raise ConfigError(f"the key in {key} is not that of the certificate in {certificate}.", _REMEDY)
    return LabCa(chain, private)


class LabSigner:
    """A `Signer` that makes certificates valid for `days`, as the standard wants them (A00.FR.501 to A00.FR.514).

    The subject is the organization and the common name of the request, nothing else of it; there is no subjectAltName, so that it
    cannot pass as a server's (A00.FR.511). Of the extended key usages only clientAuth is given, and only to a certificate that is for
    the station's connection to the CSMS alone: those that a vehicle sees have none (A00.FR.514).
    """

    def __init__(self, ca: LabCa, clock: Clock, days: int) -> None:
        self._ca = ca
        self._clock = clock
        self._days = days

    async def sign(self, station: str, csr: str, use: SigningUse | None) -> str:
        """The chain: the new certificate, then the CA's."""
        try:
            request = read_csr(csr)
        except UnfitRequest as unfit:
            raise SigningRefused(unfit.what) from None
        _check_key(request.public_key())
        made = self._certificate(request, use)
        return "".join(
            each.public_bytes(serialization.Encoding.PEM).decode("ascii") for each in (made, *self._ca.chain)
        )

    def _certificate(self, request: x509.CertificateSigningRequest, use: SigningUse | None) -> x509.Certificate:
        issuer, now = self._ca.certificate, self._clock.now()
        if issuer.not_valid_after_utc <= now:
            raise PartnerFailed("The certificate of the CA that signs for stations has expired.")
        public = request.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(request))
            .issuer_name(issuer.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(now - _EARLIER, issuer.not_valid_before_utc))
            .not_valid_after(min(now + timedelta(days=self._days), issuer.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(agrees=use is not SigningUse.CHARGING_STATION), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._ca.key.public_key()), critical=False
            )
        )
        if use is SigningUse.CHARGING_STATION:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)  # A00.FR.505
        return builder.sign(
            self._ca.key, hashes.SHA256(), rsa_padding=pss if isinstance(self._ca.key, rsa.RSAPrivateKey) else None
        )


def _check_key(key: object) -> None:
    """Raise SigningRefused for a key that is too weak, or of another kind (A00.FR.501 to A00.FR.503)."""
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _RSA_BITS:
            raise SigningRefused(f"an RSA key of {key.key_size} bits is too short: {_RSA_BITS} are needed (A00.FR.502)")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.key_size < _EC_BITS:
            raise SigningRefused(f"the curve {key.curve.name} is too small: {_EC_BITS} bits are needed (A00.FR.503)")
    else:
        raise SigningRefused("the key of the CSR is neither RSA nor elliptic curve")


def _subject(request: x509.CertificateSigningRequest) -> x509.Name:
    kept = [found[0] for oid in _SUBJECT if (found := request.subject.get_attributes_for_oid(oid))]
    return x509.Name(kept)


def _usage(*, agrees: bool) -> x509.KeyUsage:
    """What the key is for (A00.FR.512): signatures, and key agreement where a vehicle talks to the station (ISO 15118)."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=agrees,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
