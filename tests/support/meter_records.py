"""A meter for tests that signs OCMF records by any key, and the records of one session."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pilotwire.domain.metering import SignedMeterValue
from pilotwire.domain.metering.signed import BEGIN, END, SentRecord

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Meter:
    """It signs by a new key on `curve`. `number` is the pagination of its last record."""

    def __init__(self, curve: ec.EllipticCurve | None = None, serial: str = "M-1") -> None:
        curve = curve or ec.SECP256R1()
        self.key = ec.generate_private_key(curve)
        self.serial = serial
        self.number = 0
        self.algorithm = f"ECDSA-{curve.name}-SHA256"

    @property
    def der(self) -> bytes:
        """The public key as ASN.1."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def printed(self) -> str:
        """The public key in hex."""
        return self.der.hex()

    def record(self, *readings: dict[str, Any], **payload: Any) -> str:
        """A record as text, with the next number."""
        self.number += 1
        content = {
            "FV": "1.0",
            "PG": f"T{self.number}",
            "MS": self.serial,
            "IS": True,
            "IT": "ISO14443",
            "ID": "04A2B3C4",
            "RD": list(readings),
        }
        return self.signed(json.dumps({key: each for key, each in (content | payload).items() if each is not None}))

    def signed(self, payload: str, **proof: Any) -> str:
        """A payload as it is, with its signature."""
        signature = self.key.sign(payload.encode(), ec.ECDSA(hashes.SHA256()))
        return f"OCMF|{payload}|{json.dumps({'SA': self.algorithm, 'SD': signature.hex()} | proof)}"


def reading(kind: str, kwh: float | str, minute: int = 0, **more: Any) -> dict[str, Any]:
    """A reading in a record: TX, RV in kWh, and the minute after noon."""
    time = f"2026-01-31T12:{minute:02d}:00,000+0000 S"
    return {"TM": time, "TX": kind, "RV": kwh, "RI": "1-b:1.8.0", "RU": "kWh", "ST": "G"} | more


def sent(text: str, context: str = END, *, public_key: str = "", encoding: str = "OCMF") -> SentRecord:
    """A record as a station of 2.x sends it."""
    signed = SignedMeterValue(
        data=base64.b64encode(text.encode()).decode(), encoding_method=encoding, public_key=public_key
    )
    return SentRecord(at=AT, context=context, signed=signed)


def session(meter: Meter, *, begin: float = 10.0, end: float = 15.5) -> list[SentRecord]:
    """Beginning and end in records of their own: 5500 Wh for the card 04A2B3C4, if nothing else is said."""
    return [sent(meter.record(reading("B", begin)), BEGIN), sent(meter.record(reading("E", end, 30)), END)]
