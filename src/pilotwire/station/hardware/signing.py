"""Signed meter readings as OCMF records (Open Charge Metering Format 1.0), signed by ECDSA over P-256 with SHA-256.

A record is `OCMF|<payload>|<signature>`, both JSON; the signature is over the bytes of the payload as written. The public key goes along
as `oca:base16:asn1:<SubjectPublicKeyInfo in hex>` in Base64 (OCA application note on signed meter values, 3.2.2).
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from pilotwire.station.hardware.ports import HardwareError, SignedReading, SigningMoment, SigningRequest

ALGORITHM = "ECDSA-secp256r1-SHA256"
ENCODING = "OCMF"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256."""
_OBIS_IMPORT = "1-b:1.8.0"
_TRANSACTION = {SigningMoment.BEGIN: "B", SigningMoment.INTERMEDIATE: "C", SigningMoment.END: "E"}
_TOKEN_TYPES = {
    "Central": "CENTRAL",
    "eMAID": "EMAID",
    "EVCCID": "EVCCID",
    "ISO14443": "ISO14443",
    "ISO15693": "ISO15693",
    "KeyCode": "KEY_CODE",
    "Local": "LOCAL",
}
"""OCMF identification types of 2.x token types; others are LOCAL, nobody is NONE."""


@dataclass(frozen=True, slots=True)
class MeterPlate:
    """What is written on a meter: it is part of what it signs."""

    vendor: str
    model: str
    serial: str
    firmware: str = "1.0"


def key_from_seed(seed: str) -> ec.EllipticCurvePrivateKey:
    """The key of a simulated meter, always the same for the same seed. Everybody can compute it: never for a real meter."""
    number = int.from_bytes(sha256(f"pilotwire simulated meter {seed}".encode()).digest()) % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def printed_key(key: ec.EllipticCurvePublicKey) -> str:
    """A public key as 2.x SignedMeterValueType has it."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(f"oca:base16:asn1:{der.hex().upper()}".encode()).decode()


class MeterSigner:
    """The signing part of a meter. `counter` is the pagination of the last record: the records of a meter have no gap."""

    def __init__(self, plate: MeterPlate, key: ec.EllipticCurvePrivateKey, counter: int = 0) -> None:
        self.plate = plate
        self.counter = counter
        self._key = key
        self.public_key = printed_key(key.public_key())

    def sign(self, request: SigningRequest) -> SignedReading:
        """Sign the register; the record counts."""
        self.counter += 1
        payload = json.dumps(self._payload(request), separators=(",", ":"), ensure_ascii=False).replace("|", "\\u007c")
        signature = self._key.sign(payload.encode(), ec.ECDSA(hashes.SHA256()))
        proof = json.dumps({"SA": ALGORITHM, "SE": "hex", "SD": signature.hex()}, separators=(",", ":"))
        record = f"OCMF|{payload}|{proof}"
        return SignedReading(base64.b64encode(record.encode()).decode(), ENCODING, public_key=self.public_key)

    def _payload(self, request: SigningRequest) -> dict[str, Any]:
        within = request.moment is not SigningMoment.OUTSIDE
        reading: dict[str, Any] = {"TM": _time(request.at)}
        if within:
            reading["TX"] = _TRANSACTION[request.moment]
        reading |= {"RV": _kwh(request.register_wh), "RI": _OBIS_IMPORT, "RU": "kWh", "ST": "G"}
        return {
            "FV": "1.0",
            "GI": "Pilotwire",
            "PG": f"{'T' if within else 'F'}{self.counter}",
            "MV": self.plate.vendor,
            "MM": self.plate.model,
            "MS": self.plate.serial,
            "MF": self.plate.firmware,
            "IS": bool(request.id_token),
            "IT": _TOKEN_TYPES.get(request.token_type, "LOCAL") if request.id_token else "NONE",
            "ID": request.id_token,
            "CT": "EVSEID",
            "CI": str(request.evse_id),
            "RD": [reading],
        }


def _time(at: datetime) -> str:
    """With milliseconds after a comma, and S: the clock is synchronous with another one (OCMF, TM)."""
    offset = at.strftime("%z") or "+0000"
    return f"{at:%Y-%m-%dT%H:%M:%S},{at.microsecond // 1000:03d}{offset} S"


def _kwh(register_wh: Decimal | int) -> float:
    """Wh in kWh, to the tenth of a Wh."""
    return float(round(Decimal(register_wh) / 1000, 4))


# --- checking -------------------------------------------------------------------------------------------------------


def verified(signed_data: str, public_key: str) -> dict[str, Any]:
    """The payload of a record whose signature is good by this key.

    Raises `HardwareError` for anything that is no such record, or was changed since it was signed.
    """
    try:
        head, payload, proof = base64.b64decode(signed_data, validate=True).decode().split("|", 2)
        said = json.loads(proof)
        marker, encoding, content, printed = base64.b64decode(public_key, validate=True).decode().split(":", 3)
        if (head, said["SA"], marker, encoding, content) != ("OCMF", ALGORITHM, "oca", "base16", "asn1"):
            raise ValueError("it is of another format")
        key = load_der_public_key(bytes.fromhex(printed))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise ValueError("the key is of another kind")
        key.verify(bytes.fromhex(said["SD"]), payload.encode(), ec.ECDSA(hashes.SHA256()))
        found: dict[str, Any] = json.loads(payload)
    except (ValueError, KeyError, TypeError, binascii.Error, InvalidSignature) as error:
        why = "the signature is not the meter's" if isinstance(error, InvalidSignature) else str(error)
        raise HardwareError(
            f"This is no signed reading of that meter: {why}.", "Use the data and key as sent."
        ) from error
    return found
