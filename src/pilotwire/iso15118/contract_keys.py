"""Contract keys on their way to the vehicle: sealed for one vehicle by whoever issues the contract, opened there.

The sender agrees on a secret with the key of the vehicle's certificate by a key of his own that lives for one message (one-pass ECDH),
derives a session key from it (ConcatKDF of NIST SP 800-56A) and encrypts the private value of the contract key with that:

| scheme | agreement | session key | cipher | encrypted key |
|---|---|---|---|---|
| ISO 15118-2 | P-256 | SHA-256, 16 bytes | AES-128-CBC without padding | IV 16, value 32 |
| ISO 15118-20 | P-521 | SHA-512, 32 bytes | AES-256-GCM | IV 12, value 66, tag 16 |
| ISO 15118-20 | X448 | SHA-512, 32 bytes | AES-256-GCM | IV 12, value 56, tag 16 |

ISO 15118-20 binds the encrypted key to vehicle and contract besides (`associated_data`). Its third form (206 bytes for a TPM) is not made
or opened here: it is wrapped for the storage key of one TPM, which alone can open it.

Pure: the one-message key and the IV are arguments (`fresh` makes both of random bytes), new ones for every sealing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x448
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

from pilotwire.pki import Certificate, PkiFault
from pilotwire.pki.keys import key_words
from pilotwire.pki.paths import key_id

PrivateKey = ec.EllipticCurvePrivateKey | x448.X448PrivateKey
PublicKey = ec.EllipticCurvePublicKey | x448.X448PublicKey

_OTHER_INFO: Final = bytes.fromhex("015556")
"""AlgorithmID 01, then the names of sender ("U") and receiver ("V")."""
_UNCOMPRESSED: Final = 4
_TAG: Final = 16


class Scheme(StrEnum):
    """How a contract key is sealed."""

    ISO2 = "ISO 15118-2, P-256"
    ISO20 = "ISO 15118-20, P-521"
    ISO20_X448 = "ISO 15118-20, X448"
    ISO20_TPM = "ISO 15118-20, TPM"
    """Known by its size only: `seal` and `unseal` refuse it."""


class KeyFault(StrEnum):
    """Why a contract key cannot be sealed or opened."""

    LENGTH = "length"
    POINT = "point"
    """The sender's public key is not on the curve, or of low order."""
    CURVE = "curve"
    """A key is on another curve than the scheme's."""
    AUTHENTICATION = "authentication"
    """What was encrypted, or what it is bound to, was changed, or it is for another vehicle (-20)."""
    OTHER_KEY = "other-key"
    """What was opened is not the private key of the contract certificate; in -2 also: for another vehicle, or changed."""
    IDENTIFIER = "identifier"
    """The PCID, or the subjectKeyIdentifier, which the encrypted key is bound to (-20)."""
    TPM = "tpm"


class ContractKeyFault(PkiFault):
    """A contract key cannot be sealed or opened; `fault` for programs."""

    def __init__(self, fault: KeyFault, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A contract key as messages carry it.

    `dh_public_key` is the sender's: 04 and the coordinates of the point. `encrypted_private_key`: IV, ciphertext, and in -20 the tag.
    """

    scheme: Scheme
    dh_public_key: bytes
    encrypted_private_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is new for every sealing: the sender's key, and the IV."""

    ephemeral: PrivateKey = field(repr=False)
    iv: bytes


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Lengths in bytes; `curve` None: X448. `order` is that of the curve's base point (FIPS 186-5)."""

    curve: ec.EllipticCurve | None
    order: int
    point: int
    value: int
    iv: int
    tag: int = _TAG

    @property
    def encrypted(self) -> int:
        return self.iv + self.value + self.tag


_ORDER_P256: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ORDER_P521: Final = int(
    "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA"
    "51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409",
    16,
)
_SIZES: Final = {
    Scheme.ISO2: _Sizes(ec.SECP256R1(), _ORDER_P256, point=65, value=32, iv=16, tag=0),
    Scheme.ISO20: _Sizes(ec.SECP521R1(), _ORDER_P521, point=133, value=66, iv=12),
    Scheme.ISO20_X448: _Sizes(None, 0, point=57, value=56, iv=12),
}


def associated_data(pcid: str, contract: Certificate) -> bytes:
    """What ISO 15118-20 binds an encrypted key to: the PCID of the vehicle, and the subjectKeyIdentifier of the contract certificate.

    Raises ContractKeyFault (`IDENTIFIER`) for a PCID that is none, or a certificate without this identifier.
    """
    vehicle = pcid.replace("-", "").upper()
    if not (vehicle.isascii() and vehicle.isalnum() and len(vehicle) in (17, 18)):
        what = f"{pcid!r} is no PCID: it has 17 letters and digits, and mostly a check digit."
        raise ContractKeyFault(KeyFault.IDENTIFIER, what, "Take the common name of the OEM provisioning certificate.")
    identifier = key_id(contract)
    if not identifier:
        what = "The contract certificate has no subjectKeyIdentifier, which its encrypted key is bound to."
        raise ContractKeyFault(KeyFault.IDENTIFIER, what, "Issue it with one of 8 bytes (ISO 15118-20, annex B).")
    return f"{vehicle}{identifier.hex().upper()}".encode("ascii")


def fresh(scheme: Scheme, source: Callable[[int], bytes]) -> Fresh:
    """A new sender's key and IV from a source of random bytes, such as `secrets.token_bytes`. Raises ContractKeyFault for a TPM."""
    sizes = _sizes_of(scheme)
    if sizes.curve is None:
        return Fresh(x448.X448PrivateKey.from_private_bytes(source(sizes.value)), source(sizes.iv))
    many = int.from_bytes(source(sizes.value + 8), "big")  # 64 bits more than the order has: FIPS 186-5, A.2.1
    return Fresh(ec.derive_private_key(many % (sizes.order - 1) + 1, sizes.curve), source(sizes.iv))


def seal(
    scheme: Scheme,
    contract_key: PrivateKey,
    receiver: PublicKey,
    *,
    ephemeral: PrivateKey,
    iv: bytes,
    bound_to: bytes = b"",
) -> SealedKey:
    """Encrypt a contract key for the vehicle whose certificate has the key `receiver`.

    `ephemeral` is a new key for this one message, `iv` unpredictable bytes (16 in -2, 12 in -20). `bound_to` is the `associated_data`
    of -20. Raises ContractKeyFault if a key is on another curve, a length is wrong, or the scheme is that of a TPM.
    """
    sizes = _sizes_of(scheme)
    _check_bound(scheme, bound_to)
    for key, whose in (
        (contract_key.public_key(), "contract"),
        (receiver, "vehicle"),
        (ephemeral.public_key(), "sender"),
    ):
        _check_curve(scheme, key, whose)
    _check_length(iv, sizes.iv, "The IV")
    session = _session_key(scheme, _agree(ephemeral, receiver))
    value = value_of(contract_key)
    return SealedKey(scheme, point_of(ephemeral.public_key()), iv + _encrypt(sizes, session, iv, value, bound_to))


def unseal(sealed: SealedKey, vehicle_key: PrivateKey, contract: PublicKey, *, bound_to: bytes = b"") -> PrivateKey:
    """Decrypt a contract key in the vehicle: `vehicle_key` is that of the certificate it was sealed for.

    `contract` is the key of the contract certificate: what comes out must be its private half. `bound_to` is the `associated_data`
    of -20. Raises ContractKeyFault.
    """
    scheme = sealed.scheme
    sizes = _sizes_of(scheme)
    _check_bound(scheme, bound_to)
    _check_curve(scheme, contract, "contract")
    _check_curve(scheme, vehicle_key.public_key(), "vehicle")
    _check_length(sealed.encrypted_private_key, sizes.encrypted, "The encrypted private key")
    sender = read_point(scheme, sealed.dh_public_key)
    session = _session_key(scheme, _agree(vehicle_key, sender))
    iv, encrypted = sealed.encrypted_private_key[: sizes.iv], sealed.encrypted_private_key[sizes.iv :]
    return _private_key(scheme, _decrypt(sizes, session, iv, encrypted, bound_to), contract)


def value_of(key: PrivateKey) -> bytes:
    """The private value, as long as the curve's: 32, 66 or 56 bytes."""
    if isinstance(key, x448.X448PrivateKey):
        return key.private_bytes_raw()
    return key.private_numbers().private_value.to_bytes((key.curve.key_size + 7) // 8, "big")


def point_of(key: PublicKey) -> bytes:
    """A public key as DHpublickey: 04 and both coordinates; for X448, which has one coordinate only, 04 and that."""
    if isinstance(key, x448.X448PublicKey):
        return bytes([_UNCOMPRESSED]) + key.public_bytes_raw()
    size = (key.curve.key_size + 7) // 8
    numbers = key.public_numbers()
    return bytes([_UNCOMPRESSED]) + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")


def read_point(scheme: Scheme, point: bytes) -> PublicKey:
    """The public key of a DHpublickey. Raises ContractKeyFault (`LENGTH`, `POINT`)."""
    sizes = _sizes_of(scheme)
    _check_length(point, sizes.point, "The sender's public key")
    if point[0] != _UNCOMPRESSED:
        what = f"The sender's public key begins with {point[0]:02X} instead of 04."
        raise ContractKeyFault(KeyFault.POINT, what, "Send the whole point: 04, X, Y.")
    if sizes.curve is None:
        return x448.X448PublicKey.from_public_bytes(point[1:])
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(sizes.curve, point)
    except ValueError:
        what = f"The sender's public key is no point of {_curve_words(scheme)}."
        raise ContractKeyFault(KeyFault.POINT, what, "Send a key made for this message on that curve.") from None


def scheme_for(receiver: object) -> Scheme:
    """The scheme of ISO 15118-20 that fits the key of a vehicle's certificate. Raises ContractKeyFault (`CURVE`) if none does."""
    for scheme in (Scheme.ISO20, Scheme.ISO20_X448):
        if _fits(scheme, receiver):
            return scheme
    what = (
        f"The vehicle's key is {key_words(receiver)}: contract keys of ISO 15118-20 are sealed for P-521 or X448 only."
    )
    raise ContractKeyFault(KeyFault.CURVE, what, "Have the OEM provisioning certificate made for a key on P-521.")


def _sizes_of(scheme: Scheme) -> _Sizes:
    if scheme is Scheme.ISO20_TPM:
        what = "A contract key for a TPM is wrapped for the storage key of that TPM, and only the TPM itself opens it."
        raise ContractKeyFault(KeyFault.TPM, what, "Ask for the contract key with ECDHCurve SECP521, without a TPM.")
    return _SIZES[scheme]


def _check_bound(scheme: Scheme, bound_to: bytes) -> None:
    if scheme is not Scheme.ISO2 and not bound_to:
        what = "An encrypted key of ISO 15118-20 is bound to PCID and contract certificate, and neither is given."
        raise ContractKeyFault(KeyFault.IDENTIFIER, what, "Give `associated_data(pcid, contract)`.")
    if scheme is Scheme.ISO2 and bound_to:
        what = "An encrypted key of ISO 15118-2 can be bound to nothing: AES-CBC authenticates no further data."
        raise ContractKeyFault(KeyFault.IDENTIFIER, what, "Leave it out.")


def _check_length(given: bytes, length: int, what: str) -> None:
    if len(given) != length:
        sentence = f"{what} has {len(given)} bytes instead of {length}."
        raise ContractKeyFault(KeyFault.LENGTH, sentence, "See which curve and which edition of ISO 15118 it is for.")


def _check_curve(scheme: Scheme, key: object, whose: str) -> None:
    if not _fits(scheme, key):
        what = f"The key of the {whose} is {key_words(key)}, and {scheme} needs {_curve_words(scheme)}."
        raise ContractKeyFault(KeyFault.CURVE, what, f"Make a key on {_curve_words(scheme)}.")


def _fits(scheme: Scheme, key: object) -> bool:
    curve = _SIZES[scheme].curve
    if curve is None:
        return isinstance(key, x448.X448PublicKey)
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == curve.name


def _curve_words(scheme: Scheme) -> str:
    return scheme.value.rpartition(", ")[2]


def _agree(own: PrivateKey, other: PublicKey) -> bytes:
    """The x coordinate of the common point. Both keys are on the same curve: whoever calls has seen to that."""
    try:
        if isinstance(own, x448.X448PrivateKey) and isinstance(other, x448.X448PublicKey):
            return own.exchange(other)
        if isinstance(own, ec.EllipticCurvePrivateKey) and isinstance(other, ec.EllipticCurvePublicKey):
            return own.exchange(ec.ECDH(), other)
    except ValueError:  # a point of low order: the secret would be known to everybody
        pass
    what = "No secret can be agreed on with this public key."
    raise ContractKeyFault(KeyFault.POINT, what, "Send a key made for this message.")


def _session_key(scheme: Scheme, secret: bytes) -> bytes:
    if scheme is Scheme.ISO2:
        return ConcatKDFHash(hashes.SHA256(), 16, _OTHER_INFO).derive(secret)
    return ConcatKDFHash(hashes.SHA512(), 32, _OTHER_INFO).derive(secret)


def _encrypt(sizes: _Sizes, session: bytes, iv: bytes, value: bytes, bound_to: bytes) -> bytes:
    if sizes.tag:
        return AESGCM(session).encrypt(iv, value, bound_to)
    cipher = Cipher(algorithms.AES128(session), modes.CBC(iv)).encryptor()
    return cipher.update(value) + cipher.finalize()


def _decrypt(sizes: _Sizes, session: bytes, iv: bytes, encrypted: bytes, bound_to: bytes) -> bytes:
    if not sizes.tag:
        cipher = Cipher(algorithms.AES128(session), modes.CBC(iv)).decryptor()
        return cipher.update(encrypted) + cipher.finalize()
    try:
        return AESGCM(session).decrypt(iv, encrypted, bound_to)
    except InvalidTag:
        what = (
            "The encrypted private key is not authentic: it was changed, or is for another vehicle or another contract."
        )
        remedy = "See that PCID, contract certificate and the vehicle's key are those it was made for."
        raise ContractKeyFault(KeyFault.AUTHENTICATION, what, remedy) from None


def _private_key(scheme: Scheme, value: bytes, contract: PublicKey) -> PrivateKey:
    """The private key of a value, if it is that of the contract's public key."""
    curve = _SIZES[scheme].curve
    key: PrivateKey | None
    if curve is None:
        key = x448.X448PrivateKey.from_private_bytes(value)
    else:
        try:
            key = ec.derive_private_key(int.from_bytes(value, "big"), curve)
        except ValueError:  # 0, or not below the order of the curve
            key = None
    if key is None or key.public_key() != contract:
        what = "What was decrypted is not the private key of the contract certificate."
        remedy = "See that it was sealed for this vehicle's key, and with the contract certificate that came along."
        raise ContractKeyFault(KeyFault.OTHER_KEY, what, remedy)
    return key
