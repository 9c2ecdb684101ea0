"""Public keys of meters in all their spellings, and ECDSA signatures on the curves of OCMF."""

from __future__ import annotations

import base64
import textwrap

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from pilotwire.pki import PkiFault
from pilotwire.pki.meter_keys import CannotVerify, ForgedSignature, check_signature, curve_of, read_meter_key
from tests.support.meter_records import Meter

METER = Meter()
DER = METER.der
HEX = DER.hex()
PUBLIC = METER.key.public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
POINT = PUBLIC.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
SHORT = PUBLIC.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
OCA = f"oca:base16:asn1:{HEX}"
SECP192K1 = (  # as a meter prints it; facts of the transparency software's own test data
    "30 46 30 10 06 07 2A 86 48 CE 3D 02 01 06 05 2B 81 04 00 1F 03 32 00 04 C2 00 65 42 21 8B B2 7F 5E 0B 94 5C 5F 9D 15 88 67"
    "B6 66 B3 BB 44 14 AB C6 56 94 89 A8 F7 98 50 20 C7 7F 0F 32 A4 B4 E1 83 A3 05 61 27 C3 48 69"
)


def based(text: str | bytes) -> str:
    """In Base64."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@pytest.mark.parametrize(
    "written",
    [
        HEX,
        HEX.upper(),
        f"0x{HEX}",
        " ".join(textwrap.wrap(HEX, 2)),
        ":".join(textwrap.wrap(HEX, 2)),
        f"\n{HEX}\n",
        based(DER),
        "\n".join(textwrap.wrap(based(DER), 64)),
        PEM,
        based(PEM),
        OCA,
        based(OCA),
        based(HEX),
        based(HEX.upper()),
        f"oca:base16:asn1:0x{HEX[:20]} {HEX[20:]}",
        based(f"oca:base64:asn1:{based(DER)}"),
        POINT.hex(),
        POINT[1:].hex(),
        SHORT.hex(),
        based(POINT),
        based(POINT.hex()),
    ],
    ids=lambda written: f"{len(written)}-characters",
)
def test_a_key_is_the_same_however_it_is_written(written: str) -> None:
    """ASN.1 or a point; hex, Base64, PEM, or the form of the application note (3.2.2)."""
    key = read_meter_key(written)
    assert key.identity == read_meter_key(PEM).identity
    assert key.printed("secp256r1") == HEX.upper()
    signature = METER.key.sign(b"content", ec.ECDSA(hashes.SHA256()))
    check_signature(key, "ECDSA-secp256r1-SHA256", signature, b"content")
    with pytest.raises(ForgedSignature):
        check_signature(key, "ECDSA-secp256r1-SHA256", signature, b"Content")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "neither"),
        ("what?", "neither hex nor Base64"),
        (HEX[:-2], "cut off"),
        (HEX[:60], "cut off"),
        (POINT.hex()[:-2], "neither ASN.1 nor a point"),
        ("oca:base16", "cut off"),
        (f"oca:base16:asn1:{HEX[:-1]}", "odd"),
        ("oca:base64:asn1:%%%", "no Base64"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "cut off"),
        ("A" * 10_000, "at most"),
    ],
    ids=lambda each: f"{len(each)}-characters",
)
def test_what_is_no_key_is_told(written: str, said: str) -> None:
    """In a sentence with a remedy."""
    with pytest.raises(PkiFault) as told:
        read_meter_key(written)
    assert said in told.value.what
    assert told.value.remedy


@pytest.mark.parametrize("written", ["oca:base16:x509:30", "oca:base32:asn1:30"])
def test_forms_that_are_not_known_cannot_be_verified(written: str) -> None:
    """The application note lets vendors add some."""
    with pytest.raises(CannotVerify, match="not known"):
        read_meter_key(written)


def test_keys_of_other_kinds_cannot_be_verified() -> None:
    """RSA is none of OCMF; a curve that the library does not have is kept and told as such."""
    other = rsa.generate_private_key(65537, 1024).public_key()
    with pytest.raises(CannotVerify, match="elliptic curve"):
        read_meter_key(other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex())
    key = read_meter_key(SECP192K1)
    assert key.printed() == SECP192K1.replace(" ", "")
    assert key.identity == read_meter_key(based(bytes.fromhex(SECP192K1))).identity
    with pytest.raises(CannotVerify, match="secp192k1"):
        check_signature(key, "ECDSA-secp192k1-SHA256", b"", b"")
    with pytest.raises(CannotVerify, match="curve"):
        check_signature(key, "ECDSA-secp256r1-SHA256", b"", b"")


@pytest.mark.parametrize(
    ("curve", "names"),
    [
        (ec.SECP192R1(), ["secp192r1"]),
        (ec.SECP256K1(), ["secp256k1"]),
        (ec.SECP256R1(), ["secp256r1", "SECP256R1"]),
        (ec.SECP384R1(), ["secp384r1"]),
        (ec.BrainpoolP256R1(), ["brainpool256r1", "brainpoolP256r1"]),
        (ec.BrainpoolP384R1(), ["brainpool384r1"]),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_the_curves_of_ocmf(curve: ec.EllipticCurve, names: list[str]) -> None:
    """Table 22, but for secp192k1; a key on another curve is not the meter's."""
    meter = Meter(curve)
    signature = meter.key.sign(b"content", ec.ECDSA(hashes.SHA256()))
    for name in names:
        for written in (meter.printed, meter.der[-(2 * ((curve.key_size + 7) // 8) + 1) :].hex()):
            check_signature(read_meter_key(written), f"ECDSA-{name}-SHA256", signature, b"content")
        with pytest.raises(ForgedSignature):
            check_signature(read_meter_key(meter.printed), f"ECDSA-{name}-SHA256", signature[:-1], b"content")
    with pytest.raises(ForgedSignature, match=f"The public key is on the curve {curve.name}; the record says"):
        check_signature(read_meter_key(meter.printed), "ECDSA-secp521r1-SHA256", signature, b"content")


def test_algorithms_that_are_not_known() -> None:
    """They are told by their name."""
    for name in ("RSA-2048-SHA256", "ECDSA-secp256r1-SHA1", "ECDSA-secp256r1-SHA999", "", "ECDSA"):
        with pytest.raises(CannotVerify, match="cannot be verified"):
            check_signature(read_meter_key(HEX), name, b"", b"")
    assert (curve_of("ECDSA-secp384r1-SHA256"), curve_of("RSA")) == ("secp384r1", "")


@given(st.one_of(st.text(max_size=200), st.binary(max_size=120).map(based), st.binary(max_size=120).map(bytes.hex)))
@example(based(based(based(HEX))))
@example("oca:" * 50)
def test_nothing_else_is_raised(written: str) -> None:
    """Whatever is given for a key: it is one, or there is a sentence."""
    try:
        key = read_meter_key(written)
    except PkiFault:
        return
    assert key.printed()
    assert len(key.identity) == 2
    with pytest.raises((ForgedSignature, CannotVerify)):
        check_signature(key, "ECDSA-secp256r1-SHA256", b"\x30", b"")
