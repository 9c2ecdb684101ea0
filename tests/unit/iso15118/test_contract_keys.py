"""Contract keys sealed for one vehicle: known answers, round trips, and everything that must not open."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.iso15118.contract_keys import (
    ContractKeyFault,
    KeyFault,
    PrivateKey,
    Scheme,
    SealedKey,
    associated_data,
    fresh,
    point_of,
    read_point,
    scheme_for,
    seal,
    unseal,
    value_of,
)
from pilotwire.pki import Subject
from tests.support.pki_forge import NOW

VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "vectors/iso15118/contract_keys.jsonl").read_text().splitlines()
]
BOUND = b"WMIV1234567890ABCD435C504459A6AB94"
CURVES = {Scheme.ISO2: ec.SECP256R1(), Scheme.ISO20: ec.SECP521R1(), Scheme.ISO20_X448: None}
SCHEMES = tuple(CURVES)


def new(scheme: Scheme) -> PrivateKey:
    curve = CURVES[scheme]
    return x448.X448PrivateKey.generate() if curve is None else ec.generate_private_key(curve)


KEYS: dict[Scheme, tuple[PrivateKey, PrivateKey, PrivateKey]] = {
    each: (new(each), new(each), new(each)) for each in SCHEMES
}
"""Contract, vehicle, sender."""


def bound(scheme: Scheme) -> bytes:
    return b"" if scheme is Scheme.ISO2 else BOUND


def sealed(scheme: Scheme, **changed: Any) -> SealedKey:
    contract, vehicle, sender = KEYS[scheme]
    iv = bytes(range(16 if scheme is Scheme.ISO2 else 12))
    how: dict[str, Any] = {"ephemeral": sender, "iv": iv, "bound_to": bound(scheme)} | changed
    return seal(scheme, how.pop("contract", contract), how.pop("receiver", vehicle.public_key()), **how)


def opened(
    it: SealedKey, *, vehicle: Any = None, contract: Any = None, bound_to: bytes | None = None, scheme: Any = None
) -> PrivateKey:
    own_contract, own_vehicle, _ = KEYS[scheme or it.scheme]
    return unseal(
        it,
        vehicle or own_vehicle,
        contract or own_contract.public_key(),
        bound_to=bound(it.scheme) if bound_to is None else bound_to,
    )


def fault_of(it: SealedKey, **how: Any) -> KeyFault:
    with pytest.raises(ContractKeyFault) as caught:
        opened(it, **how)
    assert caught.value.what
    assert caught.value.remedy
    return caught.value.fault


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_known_answers_both_ways(vector: dict[str, str]) -> None:
    """Made by another implementation: the same key, sender's key and IV give the same bytes, and they open again."""
    scheme = Scheme(vector["scheme"])
    vehicle: Any = load_der_private_key(b64decode(vector["vehicle_key"]), None)
    sender: Any = load_der_private_key(b64decode(vector["sender_key"]), None)
    contract: Any = load_der_public_key(b64decode(vector["contract_key"]))
    bound_to = (vector.get("pcid", "") + vector.get("subject_key_id", "")).encode()
    value = bytes.fromhex(vector["contract_value"])
    key = ec.derive_private_key(int.from_bytes(value, "big"), contract.curve)

    made = seal(scheme, key, vehicle.public_key(), ephemeral=sender, iv=bytes.fromhex(vector["iv"]), bound_to=bound_to)
    assert made == SealedKey(scheme, bytes.fromhex(vector["dh_public_key"]), bytes.fromhex(vector["encrypted"]))
    assert value_of(unseal(made, vehicle, contract, bound_to=bound_to)) == value


@pytest.mark.parametrize(
    ("scheme", "point", "encrypted"), [(Scheme.ISO2, 65, 48), (Scheme.ISO20, 133, 94), (Scheme.ISO20_X448, 57, 84)]
)
def test_it_opens_in_the_vehicle_and_has_the_lengths_of_the_schema(scheme: Scheme, point: int, encrypted: int) -> None:
    made = sealed(scheme)
    assert (len(made.dh_public_key), len(made.encrypted_private_key)) == (point, encrypted)
    assert value_of(opened(made)) == value_of(KEYS[scheme][0])


@settings(max_examples=25, deadline=None)
@given(value=st.integers(1, 2**250), iv=st.binary(min_size=16, max_size=16), short=st.booleans())
def test_any_contract_key_comes_out_as_it_went_in(value: int, iv: bytes, short: bool) -> None:
    """Small values too: their leading zeros are part of what is encrypted."""
    key = ec.derive_private_key(value & 0xFFFF | 1 if short else value, ec.SECP256R1())
    made = sealed(Scheme.ISO2, contract=key, iv=iv)
    assert value_of(opened(made, contract=key.public_key())) == value_of(key)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_byte_may_be_changed(scheme: Scheme) -> None:
    """IV, ciphertext, tag: any flipped bit is noticed, by the tag (-20) or because the key is not the contract's (-2)."""
    made = sealed(scheme)
    expected = KeyFault.OTHER_KEY if scheme is Scheme.ISO2 else KeyFault.AUTHENTICATION
    for place in range(len(made.encrypted_private_key)):
        changed = bytearray(made.encrypted_private_key)
        changed[place] ^= 1 << place % 8
        assert fault_of(SealedKey(scheme, made.dh_public_key, bytes(changed))) is expected, place


@pytest.mark.parametrize("scheme", [Scheme.ISO2, Scheme.ISO20])
def test_the_senders_key_may_not_be_changed(scheme: Scheme) -> None:
    made = sealed(scheme)
    for place in range(1, len(made.dh_public_key), 7):
        changed = bytearray(made.dh_public_key)
        changed[place] ^= 1
        assert fault_of(SealedKey(scheme, bytes(changed), made.encrypted_private_key)) is KeyFault.POINT, place


@pytest.mark.parametrize("scheme", SCHEMES)
def test_another_senders_key_opens_nothing(scheme: Scheme) -> None:
    made = sealed(scheme)
    other = SealedKey(scheme, point_of(new(scheme).public_key()), made.encrypted_private_key)
    assert fault_of(other) in (KeyFault.OTHER_KEY, KeyFault.AUTHENTICATION)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("change", [-1, 1])
def test_lengths_are_told(scheme: Scheme, change: int) -> None:
    made = sealed(scheme)
    for encrypted, point in (
        (resized(made.encrypted_private_key, change), made.dh_public_key),
        (made.encrypted_private_key, resized(made.dh_public_key, change)),
        (b"", made.dh_public_key),
        (made.encrypted_private_key, b""),
    ):
        assert fault_of(SealedKey(scheme, point, encrypted)) is KeyFault.LENGTH


def resized(content: bytes, change: int) -> bytes:
    return content[:change] if change < 0 else content + bytes(change)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("first", [0, 2, 3, 6])
def test_a_point_is_whole(scheme: Scheme, first: int) -> None:
    made = sealed(scheme)
    point = bytes([first]) + made.dh_public_key[1:]
    assert fault_of(SealedKey(scheme, point, made.encrypted_private_key)) is KeyFault.POINT


@pytest.mark.parametrize("u", [0, 1])
def test_a_point_of_low_order_agrees_on_nothing(u: int) -> None:
    made = sealed(Scheme.ISO20_X448)
    point = b"\4" + u.to_bytes(56, "little")
    assert fault_of(SealedKey(made.scheme, point, made.encrypted_private_key)) is KeyFault.POINT


@pytest.mark.parametrize("scheme", SCHEMES)
def test_another_vehicle_cannot_open_it(scheme: Scheme) -> None:
    expected = KeyFault.OTHER_KEY if scheme is Scheme.ISO2 else KeyFault.AUTHENTICATION
    assert fault_of(sealed(scheme), vehicle=new(scheme)) is expected


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_must_be_the_key_of_the_contract_certificate(scheme: Scheme) -> None:
    assert fault_of(sealed(scheme), contract=new(scheme).public_key()) is KeyFault.OTHER_KEY


def test_a_value_that_is_no_private_key_is_not_the_contracts() -> None:
    """-2 has no tag: with the session key at hand, 0 and a value beyond the order of the curve are told apart from a key."""

    class Nothing:
        """Seals a value as it is."""

        def __init__(self, value: int) -> None:
            self.value = value
            self.private_value = value
            self.curve = ec.SECP256R1()

        def public_key(self) -> Any:
            return KEYS[Scheme.ISO2][0].public_key()

        def private_numbers(self) -> Any:
            return self

    for value in (0, 2**256 - 1):
        assert fault_of(sealed(Scheme.ISO2, contract=Nothing(value))) is KeyFault.OTHER_KEY


@pytest.mark.parametrize("scheme", [Scheme.ISO20, Scheme.ISO20_X448])
def test_minus_20_is_bound_to_vehicle_and_contract(scheme: Scheme) -> None:
    assert fault_of(sealed(scheme), bound_to=BOUND[::-1]) is KeyFault.AUTHENTICATION
    assert fault_of(sealed(scheme), bound_to=b"") is KeyFault.IDENTIFIER
    with pytest.raises(ContractKeyFault, match="bound"):
        sealed(scheme, bound_to=b"")


def test_minus_2_is_bound_to_nothing() -> None:
    assert fault_of(sealed(Scheme.ISO2), bound_to=BOUND) is KeyFault.IDENTIFIER


@pytest.mark.parametrize("part", ["contract", "receiver", "ephemeral"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_key_is_on_the_curve_of_the_scheme(scheme: Scheme, part: str) -> None:
    other = KEYS[Scheme.ISO20 if scheme is Scheme.ISO2 else Scheme.ISO2][0]
    with pytest.raises(ContractKeyFault) as caught:
        sealed(scheme, **{part: other.public_key() if part == "receiver" else other})
    assert caught.value.fault is KeyFault.CURVE


def test_the_vehicle_needs_keys_on_the_curve_as_well() -> None:
    other = KEYS[Scheme.ISO20][0]
    assert fault_of(sealed(Scheme.ISO2), vehicle=other) is KeyFault.CURVE
    assert fault_of(sealed(Scheme.ISO2), contract=other.public_key()) is KeyFault.CURVE


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("length", [0, 8, 13, 32])
def test_an_iv_has_its_length(scheme: Scheme, length: int) -> None:
    with pytest.raises(ContractKeyFault) as caught:
        sealed(scheme, iv=bytes(length))
    assert caught.value.fault is KeyFault.LENGTH


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("byte", [0, 0x5A, 0xFF])
def test_any_random_bytes_make_a_senders_key(scheme: Scheme, byte: int) -> None:
    asked: list[int] = []

    def random(length: int) -> bytes:
        asked.append(length)
        return bytes([byte]) * length

    new_one = fresh(scheme, random)
    made = sealed(scheme, ephemeral=new_one.ephemeral, iv=new_one.iv)
    assert value_of(opened(made)) == value_of(KEYS[scheme][0])
    assert asked == {Scheme.ISO2: [40, 16], Scheme.ISO20: [74, 12], Scheme.ISO20_X448: [56, 12]}[scheme]
    assert fresh(scheme, lambda length: b"\1" * length).iv != new_one.iv


def test_a_key_for_a_tpm_is_refused_by_name() -> None:
    contract, vehicle, sender = KEYS[Scheme.ISO20]
    with pytest.raises(ContractKeyFault, match="TPM") as caught:
        seal(Scheme.ISO20_TPM, contract, vehicle.public_key(), ephemeral=sender, iv=bytes(12), bound_to=BOUND)
    assert caught.value.fault is KeyFault.TPM
    with pytest.raises(ContractKeyFault, match="TPM"):
        fresh(Scheme.ISO20_TPM, bytes)
    tpm = SealedKey(Scheme.ISO20_TPM, point_of(sender.public_key()), bytes(206))
    assert fault_of(tpm, scheme=Scheme.ISO20) is KeyFault.TPM


def test_the_scheme_follows_from_the_vehicles_key() -> None:
    assert scheme_for(KEYS[Scheme.ISO20][1].public_key()) is Scheme.ISO20
    assert scheme_for(KEYS[Scheme.ISO20_X448][1].public_key()) is Scheme.ISO20_X448
    for other in (KEYS[Scheme.ISO2][1].public_key(), ed448.Ed448PrivateKey.generate().public_key()):
        with pytest.raises(ContractKeyFault, match="P-521 or X448"):
            scheme_for(other)


def test_a_point_of_x448_is_04_and_the_coordinate() -> None:
    """The key pair of RFC 7748, 6.2."""
    alice = x448.X448PrivateKey.from_private_bytes(
        bytes.fromhex(
            "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d"
            "d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b"
        )
    )
    public = (
        "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c"
        "22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0"
    )
    assert point_of(alice.public_key()).hex() == "04" + public
    assert read_point(Scheme.ISO20_X448, bytes.fromhex("04" + public)) == alice.public_key()


def contract_certificate(identifier: bytes | None) -> x509.Certificate:
    key: Any = KEYS[Scheme.ISO2][0]
    name = Subject("DE8ACC12E46L89", "Volta").name()
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
        if identifier is None
        else x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1)).add_extension(
            x509.SubjectKeyIdentifier(identifier), critical=False
        )
    )
    return builder.sign(key, hashes.SHA256())


def test_what_it_is_bound_to_is_pcid_and_key_identifier() -> None:
    contract = contract_certificate(bytes.fromhex("435c504459a6ab94"))
    for pcid in ("WMIV1234567890ABCD", "wmi-V1234567890ABC-D"):
        assert associated_data(pcid, contract) == BOUND


@pytest.mark.parametrize("pcid", ["", "WMI", "WMIV1234567890ABCDE", "WMIV1234567890ABC!", "WMIV1234567890ABCÄ"])
def test_a_pcid_that_is_none_binds_nothing(pcid: str) -> None:
    with pytest.raises(ContractKeyFault) as caught:
        associated_data(pcid, contract_certificate(b"12345678"))
    assert caught.value.fault is KeyFault.IDENTIFIER


def test_a_contract_without_key_identifier_binds_nothing() -> None:
    with pytest.raises(ContractKeyFault, match="subjectKeyIdentifier"):
        associated_data("WMIV1234567890ABCD", contract_certificate(None))


def test_a_sealed_key_does_not_print_itself() -> None:
    made = sealed(Scheme.ISO20)
    assert "encrypted" not in repr(made)
