"""Signed readings: a record says what was asked for, is good by the printed key, and by no other."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pilotwire.station.hardware.ports import HardwareError, SigningMoment, SigningRequest
from pilotwire.station.hardware.signing import MeterPlate, MeterSigner, key_from_seed, printed_key, verified
from pilotwire.station.hardware.simulated import SimulatedStation, layout

AT = datetime(2026, 3, 1, 8, 0, 5, 250_000, tzinfo=UTC)
PLATE = MeterPlate("Volta", "M1", "4711")


def _request(moment: SigningMoment = SigningMoment.BEGIN, token: str = "ANNA") -> SigningRequest:
    return SigningRequest(AT, Decimal("12345.6"), moment, 1, token, "ISO14443" if token else "")


def _signer(seed: str = "a") -> MeterSigner:
    return MeterSigner(PLATE, key_from_seed(seed))


def test_a_record_by_hand() -> None:
    """OCMF, the payload, the proof; checked with nothing of ours but the key."""
    signer = _signer()
    given = signer.sign(_request())
    head, payload, proof = base64.b64decode(given.signed_data).decode().split("|")
    assert head == "OCMF"
    marker, encoding, kind, printed = base64.b64decode(given.public_key).decode().split(":")
    assert (marker, encoding, kind) == ("oca", "base16", "asn1")
    key = load_der_public_key(bytes.fromhex(printed))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(bytes.fromhex(json.loads(proof)["SD"]), payload.encode(), ec.ECDSA(hashes.SHA256()))
    said = json.loads(payload)
    assert (said["MS"], said["PG"], said["ID"], said["IT"], said["IS"]) == ("4711", "T1", "ANNA", "ISO14443", True)
    assert said["RD"] == [
        {"TM": "2026-03-01T08:00:05,250+0000 S", "TX": "B", "RV": 12.3456, "RI": "1-b:1.8.0", "RU": "kWh", "ST": "G"}
    ]
    assert (given.encoding_method, given.signing_method) == ("OCMF", "")


@pytest.mark.parametrize(("moment", "written"), [
    (SigningMoment.BEGIN, "B"), (SigningMoment.INTERMEDIATE, "C"), (SigningMoment.END, "E"), (SigningMoment.OUTSIDE, None),
])  # fmt: skip
def test_why_it_was_read_is_signed_too(moment: SigningMoment, written: str | None) -> None:
    """And outside of transactions the record is of the other pagination."""
    signer = _signer()
    said = verified(signer.sign(_request(moment)).signed_data, signer.public_key)
    assert said["RD"][0].get("TX") == written
    assert said["PG"] == ("T1" if written else "F1")


def test_records_count_without_a_gap() -> None:
    """The next one is number two."""
    signer = _signer()
    pages = [verified(signer.sign(_request()).signed_data, signer.public_key)["PG"] for _ in range(3)]
    assert pages == ["T1", "T2", "T3"]


def test_nobody_and_a_bar_in_a_token() -> None:
    """No token is said as such; a bar does not break the record in two."""
    signer = _signer()
    assert verified(signer.sign(_request(token="")).signed_data, signer.public_key)["IT"] == "NONE"
    assert verified(signer.sign(_request(token="A|B")).signed_data, signer.public_key)["ID"] == "A|B"


def test_what_was_changed_or_is_another_meters_is_refused() -> None:
    """One digit more, or the wrong key."""
    signer = _signer()
    given = signer.sign(_request())
    forged = base64.b64encode(base64.b64decode(given.signed_data).replace(b"12.3456", b"22.3456")).decode()
    for data, key in (
        (forged, given.public_key),
        (given.signed_data, printed_key(key_from_seed("b").public_key())),
        ("no record", given.public_key),
        (given.signed_data, "no key"),
        (base64.b64encode(b"OCMF|{}").decode(), given.public_key),
    ):
        with pytest.raises(HardwareError, match="no signed reading"):
            verified(data, key)


def test_the_simulated_meter_goes_on_counting_after_a_restart() -> None:
    """Its pagination is saved with its register; its key is the one its layout tells."""
    plan = layout("ac-22-fiscal")
    station = SimulatedStation(plan)
    sign = station.meter(1).sign
    assert sign is not None
    sign(_request())
    again = SimulatedStation.restore(plan, station.save()).meter(1).sign
    assert again is not None
    assert verified(again(_request()).signed_data, plan.evses[0].meter_public_key)["PG"] == "T2"
    assert SimulatedStation(layout("ac-22-single")).meter(1).sign is None
