"""Signed values for software that drivers verify them with: the XML of the S.A.F.E. transparency software, and OCMF as text.

CHARGY takes both: the XML, or a ZIP archive of the text and of the public key.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Final
from uuid import UUID

from pilotwire.domain.metering.ocmf import OcmfReading, OcmfRecord
from pilotwire.domain.metering.signed import BEGIN, END, OCMF, SignedRecord, SignedSession, algorithm_of
from pilotwire.pki.certificates import PkiFault
from pilotwire.pki.meter_keys import curve_of, read_meter_key

_UNSAFE: Final = re.compile("[^\\t\\n\\x20-\\ud7ff\\ue000-\\ufffd\U00010000-\U0010ffff]")
"""XML has no such characters, or gives them back changed (CR): then the signature would be good no more."""


def as_xml(session: SignedSession, transaction_id: str) -> str:
    """The XML of values. A value has the context of its end of the session; one of neither has none.

    The software knows transactions by whole numbers: another id is told as the number that stands for it (`number_of`).
    """
    number = number_of(transaction_id)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<values>"]
    for each in told_records(session):
        context = _context(each)
        said = f' context="{context}"' if context else ""
        lines.append(f'  <value transactionId="{number}"{said}>')
        lines.append(f"    {_signed_data(each)}")
        key = printed_key(session, each)
        if key:
            lines.append(f'    <publicKey encoding="hex">{escape(key)}</publicKey>')
        lines.append("  </value>")
    lines.append("</values>")
    return "\n".join(lines) + "\n"


def as_ocmf(session: SignedSession) -> str:
    """The OCMF records, one after the other with an empty line between them, as they were signed."""
    return "\n\n".join(each.text.strip() for each in told_records(session) if each.format == OCMF) + "\n"


def told_records(session: SignedSession) -> Iterator[SignedRecord]:
    """Each reading once: stations have a beginning signed again at the end, and a session has one beginning for that software."""
    seen: set[tuple[OcmfReading, ...]] = set()
    for each in session.records:
        readings = () if each.ocmf is None else each.ocmf.readings
        if not readings or readings not in seen:
            seen.add(readings)
            yield each


def number_of(transaction_id: str) -> int:
    """The whole number a transaction is told by: its id if that is one, a UUID as one, else from the id's SHA-256."""
    if transaction_id.isascii() and transaction_id.isdigit():
        return int(transaction_id)
    try:
        return UUID(transaction_id).int
    except ValueError:
        return int.from_bytes(sha256(transaction_id.encode()).digest()[:8])


def printed_key(session: SignedSession, record: SignedRecord) -> str:
    """The key to verify a record with, in hex: that of the session, else the one that was sent with it; "" if there is none."""
    curve = curve_of(algorithm_of(record.ocmf, record.sent.signed)) if record.ocmf is not None else ""
    for key in (session.key, record.sent.signed.public_key):
        if key:
            try:
                return read_meter_key(key).printed(curve)
            except PkiFault:
                continue
    return ""


def _context(each: SignedRecord) -> str:
    """By what the record itself says. One of both ends is told as of the beginning, as stations' own files do."""
    kinds = set() if each.ocmf is None else set(_transactions(each.ocmf))
    if "B" in kinds:
        return BEGIN
    if kinds & set("ELRAP"):
        return END
    return each.sent.context if each.ocmf is None and each.sent.context in (BEGIN, END) else ""


def _transactions(record: OcmfRecord) -> Iterator[str]:
    return (reading.transaction for reading in record.readings)


def _signed_data(each: SignedRecord) -> str:
    form = escape(_UNSAFE.sub("", each.format))
    if each.format == OCMF and _UNSAFE.search(each.text):
        data = base64.b64encode(each.text.encode("utf-8", "replace")).decode()
        return f'<signedData format="{form}" encoding="base64">{data}</signedData>'
    return (
        f'<signedData format="{form}" encoding="plain">{escape(_UNSAFE.sub("", each.text), quote=False)}</signedData>'
    )
