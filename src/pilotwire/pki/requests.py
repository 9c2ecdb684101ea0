"""Certificate signing requests (PKCS #10, RFC 2986), signed by whoever has the key: a file, or a token that never gives it away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PSS
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pilotwire.errors import MisuseError
from pilotwire.pki.certificates import PkiFault, attribute
from pilotwire.pki.issuing import digest_for, general_name, padding_for
from pilotwire.pki.keys import PublicKey, SigningKey

Sign = Callable[[bytes], bytes]
"""Signs bytes with SHA-256: ECDSA as DER (RFC 3279), or RSA with the padding of PKCS #1 1.5."""


@dataclass(frozen=True, slots=True)
class Way:
    """How bytes are to be signed: with which hash ("SHA256", "SHA384", "SHA512"), and for RSA with which padding.

    `pss`: RSA-PSS with MGF1 of the same hash and a salt as long as it (A00.FR.505), else PKCS #1 1.5. ECDSA signatures are DER.
    """

    digest: str
    pss: bool = False


SignAs = Callable[[bytes, Way], bytes]
"""Signs bytes in the way that is asked for. Who cannot raises a PilotwireError."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose certificate it is to be. "" leaves a part out; `domain` is a domainComponent, of which ISO 15118 has "CPO"."""

    common_name: str
    organization: str
    country: str = ""
    domain: str = ""

    def name(self) -> x509.Name:
        """As a distinguished name. Raises PkiFault for parts that cannot be in one."""
        parts = (
            (NameOID.COUNTRY_NAME, self.country),
            (NameOID.ORGANIZATION_NAME, self.organization),
            (NameOID.COMMON_NAME, self.common_name),
            (NameOID.DOMAIN_COMPONENT, self.domain),
        )
        try:
            return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts if value])
        except ValueError as error:
            raise PkiFault(f"This cannot be the subject of a certificate: {error}.") from None


def make_csr(subject: Subject, public_key: PublicKey, sign: Sign) -> str:
    """The request in PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject.name())
    signer = held(public_key, lambda data, _: sign(data))
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def held(public_key: PublicKey, sign: SignAs) -> SigningKey:
    """A key that stands for one that is elsewhere (a token, another process): it signs, and nothing else can be had of it.

    It can be the key of an `Authority`; certificates, CRLs, OCSP responses and requests ask `sign` for the hash that fits the key, and
    for RSA-PSS where they are signed so. Anything else raises MisuseError.
    """
    signer: Any = (
        _EcSigner(public_key, sign)
        if isinstance(public_key, ec.EllipticCurvePublicKey)
        else _RsaSigner(public_key, sign)
    )
    return cast(SigningKey, signer)


def request_for(subject: Subject | x509.Name, key: SigningKey, names: Sequence[str] = ()) -> str:
    """A request in PEM, signed by a key (`held` too) with the hash that fits it; `names` are the subjectAltNames asked for.

    Raises PkiFault for a subject or names that cannot be.
    """
    name = subject.name() if isinstance(subject, Subject) else subject
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    if names:
        wanted = x509.SubjectAlternativeName([general_name(each) for each in names])
        builder = builder.add_extension(wanted, critical=False)
    signed = builder.sign(key, digest_for(key), rsa_padding=padding_for(key))
    return signed.public_bytes(Encoding.PEM).decode("ascii")


def read_csr(pem: str) -> x509.CertificateSigningRequest:
    """The request in PEM text. Raises PkiFault if it is none, or not signed with its own key."""
    try:
        request = x509.load_pem_x509_csr(pem.encode("ascii"))
        good = request.is_signature_valid
        request.public_key()
    except Exception as error:  # the library raises many kinds for bytes that are no request
        raise PkiFault(f"The certificate request cannot be read: {error or type(error).__name__}.") from None
    if not good:
        raise PkiFault("The certificate request is not signed with its own key.")
    return request


def subject_of_csr(pem: str) -> Subject:
    """Whose certificate is asked for."""
    name = read_csr(pem).subject
    return Subject(
        common_name=attribute(name, NameOID.COMMON_NAME),
        organization=attribute(name, NameOID.ORGANIZATION_NAME),
        country=attribute(name, NameOID.COUNTRY_NAME),
        domain=attribute(name, NameOID.DOMAIN_COMPONENT),
    )


class _Held:
    """What both kinds of signers share: the private key stays where it is."""

    def __init__(self, public: Any, sign: SignAs) -> None:
        self._public = public
        self._sign = sign

    def public_key(self) -> Any:
        return self._public

    @property
    def key_size(self) -> int:
        return cast(int, self._public.key_size)

    def _stays(self, *_: Any, **__: Any) -> NoReturn:
        raise MisuseError("This key only signs: it does not leave its store.")

    private_bytes = private_numbers = exchange = decrypt = _stays

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _: Any) -> Any:
        return self


class _EcSigner(_Held, ec.EllipticCurvePrivateKey):
    """An elliptic curve key that is elsewhere."""

    @property
    def curve(self) -> ec.EllipticCurve:
        return cast(ec.EllipticCurve, self._public.curve)

    def sign(self, data: Any, signature_algorithm: Any) -> bytes:
        return self._sign(bytes(data), Way(_digest(signature_algorithm.algorithm)))


class _RsaSigner(_Held, rsa.RSAPrivateKey):
    """An RSA key that is elsewhere."""

    def sign(self, data: Any, padding: Any, algorithm: Any) -> bytes:
        return self._sign(bytes(data), Way(_digest(algorithm), pss=isinstance(padding, PSS)))


def _digest(algorithm: Any) -> str:
    """The name of a hash. One that is computed already is refused: who holds the key hashes."""
    if not isinstance(algorithm, hashes.HashAlgorithm):
        raise MisuseError("This key signs bytes, not a hash of them.")
    return algorithm.name.upper().replace("-", "")
