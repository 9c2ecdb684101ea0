"""Public keys of meters, in every spelling they are printed or sent in, and ECDSA signatures checked with them.

A key is an ASN.1 SubjectPublicKeyInfo or a bare point, in hex, Base64 or PEM, or as 2.x and the OCA's application note on signed meter
values have it (3.2.2): Base64 of `oca:<encoding>:<content-type>:<printed key>`.
"""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from pilotwire.pki.certificates import PkiFault

LONGEST_KEY: Final = 8192
"""Characters of a printed key, at most."""
_CURVES: Final[dict[str, type[ec.EllipticCurve]]] = {
    "secp192r1": ec.SECP192R1,
    "secp256k1": ec.SECP256K1,
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpoolp256r1": ec.BrainpoolP256R1,
    "brainpoolp384r1": ec.BrainpoolP384R1,
    "brainpoolp512r1": ec.BrainpoolP512R1,
}
_SYNONYMS: Final = {
    "brainpool256r1": "brainpoolp256r1",
    "brainpool384r1": "brainpoolp384r1",
    "prime192v1": "secp192r1",
    "prime256v1": "secp256r1",
}
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}
_ALGORITHM: Final = re.compile(r"ECDSA-([A-Za-z0-9]{1,20})-(SHA\d{3})", re.ASCII)
_BLANKS: Final = re.compile(r"[\s:]+")
_REMEDY: Final = "Give the key as it is printed on the meter: ASN.1 (DER) or a point in hex or Base64, or PEM."


class ForgedSignature(PkiFault):
    """The signature is not that of this key over these bytes."""


class CannotVerify(PkiFault):
    """Whether the signature is good cannot be said here."""


@dataclass(frozen=True, slots=True)
class MeterKey:
    """A public key: a point on an elliptic curve. `curve` "" for a bare point, `der` empty then; `point` as X9.62 has it.

    Of a key on a curve that is not known here there is only the `der`.
    """

    point: bytes
    curve: str = ""
    der: bytes = b""

    @property
    def identity(self) -> tuple[bytes, int]:
        """Equal for two spellings of the same key: the x coordinate, and whether y is odd."""
        if not self.point:
            return self.der, 0
        if self.point[:1] == b"\x04":
            half = len(self.point) // 2
            return self.point[1 : half + 1], self.point[-1] & 1
        return self.point[1:], self.point[0] & 1

    def printed(self, curve: str = "") -> str:
        """The SubjectPublicKeyInfo in hex; of a bare point the point, unless its `curve` is given."""
        if self.der:
            return self.der.hex().upper()
        found = _curve(curve)
        if found is None:
            return self.point.hex().upper()
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(found(), self.point)
            return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex().upper()
        except (ValueError, UnsupportedAlgorithm):
            return self.point.hex().upper()


def read_meter_key(text: str) -> MeterKey:
    """The key of a text. Raises PkiFault for what is none, CannotVerify for one of a kind not known here."""
    if len(text) > LONGEST_KEY:
        raise PkiFault(f"A public key has at most {LONGEST_KEY} characters; this has {len(text)}.", _REMEDY)
    return _read(text, nested=False)


def _read(text: str, *, nested: bool) -> MeterKey:
    text = text.strip()
    if text.startswith("oca:"):
        return _of_bytes(_oca(text))
    if "-----BEGIN" in text:
        return _loaded(text.encode(), pem=True)
    compact = _BLANKS.sub("", text)
    content = _hex(compact)
    if content is None:
        try:
            content = base64.b64decode(compact, validate=True)
        except (binascii.Error, ValueError):
            raise PkiFault("This is no public key: neither hex nor Base64 nor PEM.", _REMEDY) from None
        if (not nested and content.isascii() and content[:1] != b"\x30") or _is_hex(content):
            return _read(content.decode("ascii"), nested=True)
    return _of_bytes(content)


def _is_hex(content: bytes) -> bool:
    """Whether these bytes are themselves hexadecimal text, as keys come whose printed form was put into Base64 once more."""
    return len(content) >= 64 and content.isascii() and _hex(content.decode("ascii")) is not None


def _oca(text: str) -> bytes:
    """The content of the application note's form."""
    parts = text.split(":", 3)
    if len(parts) != 4:
        raise PkiFault("This public key is cut off: oca:<encoding>:<content-type>:<key> is expected.", _REMEDY)
    _, encoding, content_type, printed = parts
    if content_type != "asn1":
        raise CannotVerify(f"A public key of the content type {content_type[:40]!r} is not known here.", _REMEDY)
    if encoding == "base16":
        printed = re.sub(r"0[xX]", "", printed)
        digits = re.sub(r"[^0-9a-fA-F]", "", printed)
        if len(digits) % 2:
            raise PkiFault("This public key is cut off: its number of hexadecimal digits is odd.", _REMEDY)
        return bytes.fromhex(digits)
    if encoding == "base64":
        try:
            return base64.b64decode(_BLANKS.sub("", printed), validate=True)
        except (binascii.Error, ValueError):
            raise PkiFault("This public key is no Base64, as it says it is.", _REMEDY) from None
    raise CannotVerify(f"A public key in the encoding {encoding[:40]!r} is not known here.", _REMEDY)


def _hex(text: str) -> bytes | None:
    if not re.fullmatch(r"(0[xX])?(?:[0-9A-Fa-f]{2})+", text):
        return None
    return bytes.fromhex(text[2:] if text[:2] in ("0x", "0X") else text)


def _of_bytes(content: bytes) -> MeterKey:
    head = content[:1]
    if head == b"\x30":
        return _loaded(content, pem=False)
    for point in (content, b"\x04" + content):  # some leave out the octet that says it is not compressed
        if _is_point(point):
            return MeterKey(point)
    raise PkiFault(f"This is no public key: its {len(content)} bytes are neither ASN.1 nor a point.", _REMEDY)


def _is_point(content: bytes) -> bool:
    """Whether bytes are a point of a curve of their size, as X9.62 writes one."""
    head, rest = content[:1], len(content) - 1
    size = rest if head in (b"\x02", b"\x03") else rest // 2
    if head not in (b"\x02", b"\x03", b"\x04") or (head == b"\x04" and rest % 2):
        return False
    for curve in _CURVES.values():
        if (curve().key_size + 7) // 8 == size:
            with suppress(ValueError, UnsupportedAlgorithm):
                ec.EllipticCurvePublicKey.from_encoded_point(curve(), content)
                return True
    return False


def _loaded(content: bytes, *, pem: bool) -> MeterKey:
    try:
        key = load_pem_public_key(content) if pem else load_der_public_key(content)
    except UnsupportedAlgorithm:
        return MeterKey(b"", der=_unwrapped(content) if pem else content)
    except (ValueError, TypeError):
        raise PkiFault("This is no public key, or it is cut off: its ASN.1 cannot be read.", _REMEDY) from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CannotVerify("The public key is not one of an elliptic curve.", _REMEDY)
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return MeterKey(point, key.curve.name, der)


def _unwrapped(pem: bytes) -> bytes:
    """The bytes within PEM that was read already."""
    inside = re.search(rb"-----BEGIN [A-Z ]+-----(.+?)-----END", pem, re.DOTALL)
    return b"" if inside is None else base64.b64decode(b"".join(inside[1].split()))


def _curve(name: str) -> type[ec.EllipticCurve] | None:
    folded = name.casefold()
    return _CURVES.get(_SYNONYMS.get(folded, folded))


def curve_of(algorithm: str) -> str:
    """The curve a signature algorithm names (`ECDSA-secp256r1-SHA256`); "" if it is written otherwise."""
    found = _ALGORITHM.fullmatch(algorithm)
    return "" if found is None else found[1]


def check_signature(key: MeterKey, algorithm: str, signature: bytes, data: bytes) -> None:
    """Check an ECDSA signature (DER) over data. `algorithm`: as OCMF names them.

    Raises ForgedSignature if it is not that of the key, CannotVerify if that cannot be said here.
    """
    found = _ALGORITHM.fullmatch(algorithm)
    curve = None if found is None else _curve(found[1])
    digest = None if found is None else _HASHES.get(found[2])
    if curve is None or digest is None:
        raise CannotVerify(
            f"Signatures by {algorithm[:60]!r} cannot be verified here.", "Verify the exported values elsewhere."
        )
    name = curve().name
    if not key.point:
        raise CannotVerify("The public key is on a curve that cannot be verified here.", "Verify it elsewhere.")
    if key.curve and key.curve.casefold() != name.casefold():
        what = f"The public key is on the curve {key.curve}; the record says it is signed by {algorithm}."
        raise ForgedSignature(what, "Look whether this is the key of this meter.")
    try:
        loaded = ec.EllipticCurvePublicKey.from_encoded_point(curve(), key.point)
    except UnsupportedAlgorithm:
        raise CannotVerify(f"The curve {name} cannot be verified here.", "Verify it elsewhere.") from None
    except ValueError:
        raise ForgedSignature(
            f"The public key is no point of the curve {name}, by which the record is signed.",
            "Look whether this is the key of this meter.",
        ) from None
    try:
        loaded.verify(signature, data, ec.ECDSA(digest()))
    except (InvalidSignature, ValueError):
        what = "The signature is not that of the meter's key over this content."
        raise ForgedSignature(what, "Look whether the content was changed, or the key is another meter's.") from None
    except UnsupportedAlgorithm:
        raise CannotVerify(f"The curve {name} cannot be verified here.", "Verify it elsewhere.") from None
