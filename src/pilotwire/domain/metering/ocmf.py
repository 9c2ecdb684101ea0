"""Records of the Open Charge Metering Format, 1.0 to 1.4 (S.A.F.E.): `OCMF|<payload>|<signature>`, both JSON.

Read, not rewritten: what is signed are the bytes of the payload as they came. All bad input raises OcmfError with a sentence.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from pilotwire.domain.kinds import Value
from pilotwire.domain.metering.units import is_measurable

DEFAULT_ALGORITHM: Final = "ECDSA-secp256r1-SHA256"
"""Table 22: since OCMF 0.4."""
LONGEST_RECORD: Final = 200_000
MOST_READINGS: Final = 1000
_HEADER: Final = "OCMF"
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[,.](\d{1,6}))?(Z|[+-]\d\d:?\d\d)(?:\s+([A-Z]))?", re.ASCII
)
_PAGINATION: Final = re.compile(r"([A-Za-z])(\d{1,18})", re.ASCII)
_INHERITED: Final = ("TX", "RI", "RU", "RT", "EF", "ST")
"""What a reading leaves out is as in the reading before it, within one record."""
_WH: Final = {"Wh": Decimal(1), "kWh": Decimal(1000), "MWh": Decimal(1000000)}


class OcmfError(ValueError):
    """Text that is no OCMF record; its sentence says why."""


class OcmfReading(Value):
    """A reading (OCMF table 7). `error_flags`: `E` the energy, `t` the time is not usable for billing. `places`: of RV as written."""

    at: datetime | None
    time: str
    time_status: str
    transaction: str = ""
    value: Decimal | None = None
    places: int = 0
    identification: str = ""
    unit: str = ""
    current_type: str = ""
    cumulated_loss: Decimal | None = None
    error_flags: str = ""
    status: str = ""

    @property
    def energy(self) -> Decimal | None:
        """The value in Wh; None if it is of no energy."""
        factor = _WH.get(self.unit)
        return None if factor is None or self.value is None else self.value * factor

    @property
    def step(self) -> Decimal:
        """The least difference between two such values, in Wh, by the digits that were written."""
        return _WH.get(self.unit, Decimal(1)).scaleb(-self.places)


class OcmfRecord(Value):
    """A record as read. `payload` is what is signed, `signature` what stands under SD, decoded; `algorithm` "" if SA is left out.

    Names are those of the fields: GI, GS, GV (gateway), PG (`context` T or F, and its number), MV, MM, MS, MF (meter), IS, IL, IF, IT, ID
    (user assignment), TT (tariff text), CF (charge controller), LC (loss compensation), CT, CI (`place`: the EVSE), RD (readings).
    """

    text: str
    payload: str
    algorithm: str
    signature: bytes
    readings: tuple[OcmfReading, ...]
    version: str = ""
    gateway: str = ""
    gateway_serial: str = ""
    gateway_version: str = ""
    context: str = ""
    number: int | None = None
    meter_vendor: str = ""
    meter_model: str = ""
    meter_serial: str = ""
    meter_firmware: str = ""
    identified: bool | None = None
    identification_level: str = ""
    identification_flags: tuple[str, ...] = ()
    identification_type: str = ""
    identification: str = ""
    tariff_text: str = ""
    controller_firmware: str = ""
    has_loss_compensation: bool = False
    place_type: str = ""
    place: str = ""

    @property
    def source(self) -> str:
        """Which meter signed: its serial number, and the gateway's where there is one (OCMF: relation of serial numbers)."""
        return " ".join(filter(None, (self.meter_serial, self.gateway_serial)))


def is_ocmf(text: str) -> bool:
    """Whether text is meant as such a record."""
    return text.lstrip()[:5] == f"{_HEADER}|"


def read_ocmf(text: str) -> OcmfRecord:
    """The record of a text. Raises OcmfError."""
    if len(text) > LONGEST_RECORD:
        raise OcmfError(f"a record of {len(text)} characters is too long to be read")
    text = text.strip()
    sections = text.split("|")
    if sections[0].strip() != _HEADER:
        raise OcmfError("it does not begin with OCMF|")
    if len(sections) < 3:
        raise OcmfError("it is cut off: it has no signature section")
    if len(sections) > 3:
        raise OcmfError("it has more sections than header, payload and signature: `|` must not be within one")
    payload = _object(sections[1], "payload")
    proof = _object(sections[2], "signature section")
    readings = payload.get("RD")
    if not isinstance(readings, list) or not readings:
        raise OcmfError("its payload has no readings (RD)")
    if len(readings) > MOST_READINGS:
        raise OcmfError(f"its payload has more than {MOST_READINGS} readings")
    context, number = _pagination(payload)
    identified = payload.get("IS")
    return OcmfRecord(
        text=text,
        payload=sections[1],
        algorithm=_text(proof, "SA", "signature section"),
        signature=_signature(proof),
        readings=_readings(readings),
        version=_text(payload, "FV"),
        gateway=_text(payload, "GI"),
        gateway_serial=_text(payload, "GS"),
        gateway_version=_text(payload, "GV"),
        context=context,
        number=number,
        meter_vendor=_text(payload, "MV"),
        meter_model=_text(payload, "MM"),
        meter_serial=_text(payload, "MS"),
        meter_firmware=_text(payload, "MF"),
        identified=identified if isinstance(identified, bool) else None,
        identification_level=_text(payload, "IL"),
        identification_flags=_flags(payload),
        identification_type=_text(payload, "IT"),
        identification=_text(payload, "ID"),
        tariff_text=_text(payload, "TT"),
        controller_firmware=_text(payload, "CF"),
        has_loss_compensation=isinstance(payload.get("LC"), dict),
        place_type=_text(payload, "CT"),
        place=_text(payload, "CI"),
    )


def _object(section: str, what: str) -> Mapping[str, Any]:
    try:
        found = json.loads(section, parse_float=_decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise OcmfError(f"its {what} is no JSON, or cut off") from None
    if not isinstance(found, dict):
        raise OcmfError(f"its {what} is no JSON object")
    return found


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _text(section: Mapping[str, Any], key: str, what: str = "payload") -> str:
    value = section.get(key)
    if value is None:
        return ""
    if isinstance(value, int | Decimal):  # serial numbers and versions come as numbers too
        value = str(value)
    if not isinstance(value, str):
        raise OcmfError(f"{key} in its {what} is no text")
    return value.encode("utf-8", "replace").decode()


def _flags(payload: Mapping[str, Any]) -> tuple[str, ...]:
    flags = payload.get("IF")
    if not isinstance(flags, list):
        return ()
    return tuple(each.encode("utf-8", "replace").decode() for each in flags if isinstance(each, str))


def _pagination(payload: Mapping[str, Any]) -> tuple[str, int | None]:
    written = _text(payload, "PG")
    found = _PAGINATION.fullmatch(written)
    if written and found is None:
        raise OcmfError(f"its pagination {written[:20]!r} is not a letter and a number (PG)")
    return ("", None) if found is None else (found[1].upper(), int(found[2]))


def _signature(proof: Mapping[str, Any]) -> bytes:
    written = _text(proof, "SD", "signature section")
    if not written:
        raise OcmfError("its signature section has no signature (SD)")
    mime = _text(proof, "SM", "signature section")
    if mime not in ("", "application/x-der"):
        raise OcmfError(f"its signature is of the type {mime[:40]!r}, which OCMF does not have (SM)")
    encoding = _text(proof, "SE", "signature section") or "hex"
    try:
        if encoding == "hex":
            return bytes.fromhex(written)
        if encoding == "base64":
            return base64.b64decode(written, validate=True)
    except (ValueError, binascii.Error):
        raise OcmfError(f"its signature is no {encoding}, or cut off (SD)") from None
    raise OcmfError(f"its signature is in the encoding {encoding[:20]!r}, which OCMF does not have (SE)")


def _readings(written: list[Any]) -> tuple[OcmfReading, ...]:
    found: list[OcmfReading] = []
    before: dict[str, Any] = {}
    for each in written:
        if not isinstance(each, dict):
            raise OcmfError("one of its readings is no JSON object (RD)")
        whole = before | each
        before = {key: whole[key] for key in (*_INHERITED, "TM") if key in whole}
        found.append(_reading(whole))
    return tuple(found)


def _reading(each: Mapping[str, Any]) -> OcmfReading:
    time = _text(each, "TM", "reading")
    at, status = _time(time)
    value, places = _number(each, "RV")
    return OcmfReading(
        at=at,
        time=time,
        time_status=status,
        transaction=_text(each, "TX", "reading"),
        value=value,
        places=places,
        identification=_text(each, "RI", "reading"),
        unit=_text(each, "RU", "reading"),
        current_type=_text(each, "RT", "reading"),
        cumulated_loss=_number(each, "CL")[0],
        error_flags=_text(each, "EF", "reading"),
        status=_text(each, "ST", "reading"),
    )


def _time(written: str) -> tuple[datetime | None, str]:
    """When, and the state of the clock (table 19)."""
    if not written:
        return None, ""
    found = _TIME.fullmatch(written.strip())
    if found is None:
        raise OcmfError(f"the time {written[:40]!r} of a reading is not as OCMF writes times (TM)")
    moment, fraction, zone, status = found.groups()
    try:
        at = datetime.fromisoformat(f"{moment}.{(fraction or '0').ljust(6, '0')}{zone}")
    except ValueError:
        raise OcmfError(f"the time {written[:40]!r} of a reading does not exist (TM)") from None
    return at, status or ""


def _number(each: Mapping[str, Any], key: str) -> tuple[Decimal | None, int]:
    """A number, which some meters write as text, and how many digits it has behind the point."""
    value = each.get(key)
    if value is None or value == "":
        return None, 0
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise OcmfError(f"{key} of a reading is no number")
    try:
        number = Decimal(value) if not isinstance(value, str) or len(value) <= 60 else Decimal("nan")
    except (InvalidOperation, ValueError):
        number = Decimal("nan")
    if not number.is_finite() or (number and not is_measurable(number)):
        raise OcmfError(f"{key} of a reading is no number that a meter can show")
    exponent = number.as_tuple().exponent
    return number, min(max(0, -exponent), 30) if isinstance(exponent, int) else 0
