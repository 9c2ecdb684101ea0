"""Whether what a meter signed proves what a session is billed by: every record, and both ends of the session together.

Records come as OCPP carries them: OCMF as it is, in Base64 or in hex. Other formats (EDL, SML, Alfen, PCDF) are recognised and kept,
and told as not verifiable here. Nothing of this raises for what a station sent.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.metering.ocmf import DEFAULT_ALGORITHM, OcmfError, OcmfReading, OcmfRecord, is_ocmf, read_ocmf
from pilotwire.domain.metering.samples import SignedMeterValue
from pilotwire.pki.certificates import PkiFault
from pilotwire.pki.meter_keys import CannotVerify, ForgedSignature, MeterKey, check_signature, curve_of, read_meter_key

OCMF: Final = "OCMF"
BEGIN: Final = "Transaction.Begin"
END: Final = "Transaction.End"
_ENDS: Final = frozenset("ELRAP")
"""Readings that end a transaction (OCMF table 7, TX)."""
_OTHERS: Final = ("EDL", "SML", "ALFEN", "PCDF", "MENNEKES", "CHARGY", "DLMS")
_SML: Final = bytes.fromhex("1B1B1B1B01010101")
_REGISTERS: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (r":0?1\.0?8\.", r":B[0-3]\.0?8\.", r":9[0-9A-F]\.0?8\.", r"\.0?8\.", r"")
)
"""OBIS codes of energy taken, the most usual first: 1.8.0, the unified ones (table 25), and vendors' own."""
_WHOLE: Final = Decimal(1)
_COARSEST: Final = Decimal(10)
"""What is billed may differ from what is signed by the last digit the meter shows: at least a Wh (1.6 tells registers in whole ones),
at most 0.01 kWh (OCMF, RV). Zeros at the end of a number may have been left out, so its digits alone do not tell.
"""
_MOST: Final = 500


class MeteringOutcome(StrEnum):
    """What is to be said of a signed record, or of a session."""

    VERIFIED = "Verified"
    FAILED = "Failed"
    UNVERIFIABLE = "Unverifiable"
    ABSENT = "Absent"


class SentRecord(Value):
    """A signed value as a station sent it: when, in which context (`Transaction.Begin`, ...), and what."""

    at: datetime
    context: str
    signed: SignedMeterValue


class SignedRecord(Value):
    """A record and the verdict on its signature. `text` is the record as decoded, or what was sent where it could not be."""

    sent: SentRecord
    format: str
    text: str
    outcome: MeteringOutcome
    why: str
    ocmf: OcmfRecord | None = None


class SignedEnd(Value):
    """The signed reading at one end of a session. `time_status`: S synchronised, I informative, R relative, U unknown."""

    at: datetime | None
    time_status: str
    register_wh: Decimal | None
    identification: str
    status: str
    meter: str
    pagination: str


class SignedSession(Value):
    """The verdict on a session: `why` in sentences what is wrong or missing, `remarks` what should be known all the same.

    `key` is the public key the records were verified with, as it was given; "" if none was known.
    """

    outcome: MeteringOutcome
    why: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    begin: SignedEnd | None = None
    end: SignedEnd | None = None
    energy_wh: Decimal | None = None
    key: str = ""
    records: tuple[SignedRecord, ...] = ()


class Billed(Value):
    """What a session is billed by: Wh and the token; None: not known."""

    energy_wh: Decimal | None = None
    id_token: IdToken | None = None


# --- one record -------------------------------------------------------------------------------------------------------------


def decoded(signed: SignedMeterValue) -> tuple[str, str]:
    """The format of a signed value and its text; what cannot be decoded stays as it was sent. Raises OcmfError for a record cut off."""
    data = signed.data.strip()
    if is_ocmf(data):
        return OCMF, data
    content = _content(data)
    if content is not None and content.lstrip()[:5] == b"OCMF|":
        try:
            return OCMF, content.decode()
        except UnicodeDecodeError:
            raise OcmfError("its bytes are no UTF-8") from None
    said = signed.encoding_method.strip().upper()
    if said == OCMF:
        raise OcmfError("it is said to be OCMF, but is no OCMF record")
    for other in _OTHERS:
        if said.startswith(other):
            return signed.encoding_method.strip(), data
    if content is not None and content.startswith(_SML):
        return "SML", data
    if data.startswith("AP;"):
        return "Alfen", data
    return signed.encoding_method.strip()[:40] or "unknown", data


def _content(data: str) -> bytes | None:
    """The bytes of hex or Base64; of Base64 that is cut off, those that are whole."""
    compact = "".join(data.split())
    try:
        return bytes.fromhex(compact)
    except ValueError:
        pass
    whole = compact[: len(compact) // 4 * 4]
    try:
        return base64.b64decode(whole, validate=True)
    except (binascii.Error, ValueError):
        return None


def algorithm_of(record: OcmfRecord, signed: SignedMeterValue) -> str:
    """By which algorithm a record is signed: its own word, else what was sent along (signed meter values 1.0, 3.2.1), else the default."""
    said = signed.signing_method.strip()
    return record.algorithm or (said if curve_of(said) else DEFAULT_ALGORITHM)


def examine(sent: SentRecord, key: MeterKey | None, no_key: str = "") -> SignedRecord:
    """The verdict on one signed value by this key; `no_key` is the sentence why there is none."""

    def told(outcome: MeteringOutcome, why: str, form: str = OCMF, text: str = sent.signed.data) -> SignedRecord:
        return SignedRecord(sent=sent, format=form, text=text, outcome=outcome, why=why)

    try:
        form, text = decoded(sent.signed)
        if form != OCMF:
            why = f"The record is of the format {form}, which is kept but cannot be verified here."
            return told(MeteringOutcome.UNVERIFIABLE, why, form, text)
        record = read_ocmf(text)
        payload = record.payload.encode()
    except OcmfError as error:
        return told(MeteringOutcome.FAILED, f"The record cannot be read: {error}.")
    except UnicodeEncodeError:
        return told(MeteringOutcome.FAILED, "The record cannot be read: its text is no Unicode.")
    if key is None:
        return changed(told(MeteringOutcome.UNVERIFIABLE, no_key, OCMF, text), ocmf=record)
    try:
        check_signature(key, algorithm_of(record, sent.signed), record.signature, payload)
    except ForgedSignature as error:
        verdict = told(MeteringOutcome.FAILED, error.what, OCMF, text)
    except CannotVerify as error:
        verdict = told(MeteringOutcome.UNVERIFIABLE, error.what, OCMF, text)
    else:
        verdict = told(MeteringOutcome.VERIFIED, "The signature is that of the meter's key.", OCMF, text)
    return changed(verdict, ocmf=record)


# --- a session --------------------------------------------------------------------------------------------------------------


class _Case:
    """What is found while a session is judged."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.gaps: list[str] = []
        self.remarks: list[str] = []

    @property
    def outcome(self) -> MeteringOutcome:
        if self.failures:
            return MeteringOutcome.FAILED
        return MeteringOutcome.UNVERIFIABLE if self.gaps else MeteringOutcome.VERIFIED


def judge_session(sent: Iterable[SentRecord], key: str, billed: Billed) -> SignedSession:
    """The verdict on a session by its signed values in the order they were measured, and the public key of its meter ("": not known)."""
    different = _different(sent)
    if not different:
        return SignedSession(outcome=MeteringOutcome.ABSENT, why=("The station sent no signed meter values.",))
    case = _Case()
    known, no_key = _key(key)
    records = tuple(examine(each, known, no_key) for each in different[:_MOST])
    if len(different) > _MOST:
        case.gaps.append(f"Only the first {_MOST} of {len(different)} signed values were verified.")
    _note_records(case, records)
    _note_keys(case, known, records)
    read = sorted((each.ocmf for each in records if each.ocmf is not None), key=_measured)
    _note_sources(case, read)
    _note_pagination(case, read)
    pair = _ends(read)
    begin, end = pair if pair is not None else (_first(read, _is_begin), _first(list(reversed(read)), _is_end))
    if read:
        if begin is None:
            case.gaps.append("There is no signed reading of the beginning of the session.")
        if end is None:
            case.gaps.append("There is no signed reading of the end of the session.")
        _note_token(case, read, billed)
    energy = _note_difference(case, begin, end, billed)
    for name, each in (("beginning", begin), ("end", end)):
        _note_reading(case, name, each)
    return SignedSession(
        outcome=case.outcome,
        why=tuple(dict.fromkeys((*case.failures, *case.gaps))),
        remarks=tuple(dict.fromkeys(case.remarks)),
        begin=_end_of(begin),
        end=_end_of(end),
        energy_wh=energy,
        key=key,
        records=records,
    )


_Place = tuple[OcmfRecord, OcmfReading]


def _different(sent: Iterable[SentRecord]) -> list[SentRecord]:
    """Each record once: the end of a transaction tells the beginning again."""
    found: dict[str, SentRecord] = {}
    for each in sent:
        before = found.setdefault(each.signed.data, each)
        if before is not each and not before.signed.public_key and each.signed.public_key:
            found[each.signed.data] = changed(before, signed=each.signed)
    return list(found.values())


def _key(key: str) -> tuple[MeterKey | None, str]:
    if not key:
        return None, "No public key of the meter is known."
    try:
        return read_meter_key(key), ""
    except PkiFault as error:
        return None, error.what


def _note_records(case: _Case, records: Sequence[SignedRecord]) -> None:
    for number, each in enumerate(records, 1):
        if each.outcome is MeteringOutcome.VERIFIED:
            continue
        place = case.failures if each.outcome is MeteringOutcome.FAILED else case.gaps
        general = each.outcome is MeteringOutcome.UNVERIFIABLE
        place.append(each.why if general else f"Record {number} ({each.sent.context}): {each.why}")


def _note_keys(case: _Case, known: MeterKey | None, records: Sequence[SignedRecord]) -> None:
    """The key a record carries is no proof of itself, but it must not be another one."""
    if known is None:
        return
    for number, each in enumerate(records, 1):
        printed = each.sent.signed.public_key
        if not printed:
            continue
        try:
            other = read_meter_key(printed)
        except PkiFault:
            case.remarks.append(f"The public key sent with record {number} cannot be read.")
            continue
        if other.identity != known.identity:
            case.failures.append(f"The public key sent with record {number} is not the one known of the meter.")


def _measured(record: OcmfRecord) -> tuple[float, int]:
    """The order in which a meter made its records: by time, and by pagination within a moment."""
    at = record.readings[0].at
    return (float("-inf") if at is None else at.timestamp()), record.number or 0


def _note_sources(case: _Case, read: Sequence[OcmfRecord]) -> None:
    sources = list(dict.fromkeys(each.source for each in read))
    if len(sources) > 1:
        named = ", ".join(repr(each[:60]) for each in sources[:5])
        case.failures.append(f"The records are of different meters: {named}.")
    elif sources == [""]:
        case.remarks.append("The records do not say which meter made them.")


def _note_pagination(case: _Case, read: Sequence[OcmfRecord]) -> None:
    """The counter of a context rises by one with each record (OCMF table 2)."""
    numbers: list[int] = []
    for each in read:
        if each.context != "T" or each.number is None:
            told = f"{each.context}{each.number}" if each.context else "none"
            case.remarks.append(f"A record is not counted as one of a transaction (its pagination is {told}).")
            continue
        numbers.append(each.number)
    for before, after in pairwise(numbers):
        if after == before:
            case.failures.append(f"Two different records have the same pagination T{after}.")
        elif after < before:
            case.failures.append(f"The pagination falls from T{before} to T{after}.")
        elif after > before + 1:
            case.remarks.append(f"Between the records T{before} and T{after} the meter made others that are not here.")


def _is_begin(reading: OcmfReading) -> bool:
    return reading.transaction == "B"


def _is_end(reading: OcmfReading) -> bool:
    return reading.transaction in _ENDS


def _places(read: Iterable[OcmfRecord], which: Callable[[OcmfReading], bool]) -> list[_Place]:
    return [(record, reading) for record in read for reading in record.readings if which(reading)]


def _first(read: Sequence[OcmfRecord], which: Callable[[OcmfReading], bool]) -> _Place | None:
    return next(iter(_places(read, which)), None)


def _ends(read: Sequence[OcmfRecord]) -> tuple[_Place, _Place] | None:
    """Beginning and end by the same register of energy: the most usual one that both have."""
    begins = [each for each in _places(read, _is_begin) if each[1].energy is not None]
    ends = [each for each in reversed(_places(read, _is_end)) if each[1].energy is not None]
    for pattern in _REGISTERS:
        for begin in begins:
            code = begin[1].identification
            if not pattern.search(code):
                continue
            for end in ends:
                if end[1].identification == code:
                    return begin, end
    return None


def _note_difference(case: _Case, begin: _Place | None, end: _Place | None, billed: Billed) -> Decimal | None:
    """Wh from signed reading to signed reading, which must be what is billed."""
    if begin is None or end is None:
        return None
    first, last = begin[1], end[1]
    if first.at is not None and last.at is not None and last.at < first.at:
        case.failures.append(f"The end ({last.time}) was measured before the beginning ({first.time}).")
    if first.energy is None or last.energy is None or first.identification != last.identification:
        case.gaps.append("Beginning and end are not readings of the same energy register.")
        return None
    energy = last.energy - first.energy
    if energy < 0:
        case.failures.append(
            f"The signed register falls, from {first.energy.normalize():f} to {last.energy.normalize():f} Wh."
        )
    if billed.energy_wh is None:
        case.gaps.append("What the session is billed by is not known, so it cannot be compared.")
    elif abs(energy - billed.energy_wh) > min(_COARSEST, max(_WHOLE, min(first.step, last.step))):
        case.failures.append(
            f"The signed readings differ by {energy.normalize():f} Wh; billed are {billed.energy_wh.normalize():f} Wh."
        )
    return energy


def _note_reading(case: _Case, name: str, place: _Place | None) -> None:
    """The state of meter and clock at one end (OCMF tables 7, 10 and 19)."""
    if place is None:
        return
    reading = place[1]
    if reading.status not in ("", "G"):
        case.failures.append(f"At the {name} the meter was not in order: its state is {reading.status[:10]!r} (ST).")
    if "E" in reading.error_flags:
        case.failures.append(f"At the {name} the meter says that its energy is not usable for billing (EF).")
    if "t" in reading.error_flags:
        case.remarks.append(f"At the {name} the meter says that its time is not usable for billing (EF).")
    if reading.at is None:
        case.gaps.append(f"The reading at the {name} has no time.")
    elif reading.time_status != "S":
        said = {
            "I": "is for information only",
            "R": "is for information only, but durations from it are exact",
            "U": "was not synchronised",
        }.get(reading.time_status, "has no state")
        case.remarks.append(f"The time of the reading at the {name} {said} (TM).")


def _note_token(case: _Case, read: Sequence[OcmfRecord], billed: Billed) -> None:
    token = billed.id_token
    named = list(dict.fromkeys(each.identification for each in read if each.identification))
    if not named:
        case.remarks.append("The records do not say who charged.")
        return
    if len({_folded(each) for each in named}) > 1:
        case.failures.append("The records were signed for different tokens.")
    if token is None or not token.value:
        case.remarks.append("The transaction has no token to compare with that of the records.")
        return
    ours = {_folded(token.value), *(_folded(each.value) for each in token.additional)}
    if not any(_folded(each) in ours for each in named):
        case.failures.append("The records were signed for another token than that of the transaction.")


def _folded(token: str) -> str:
    """A token as it is compared: hex digits come with blanks, colons and hyphens between them, too."""
    return re.sub(r"[\s:\-]", "", token).casefold()


def _end_of(place: _Place | None) -> SignedEnd | None:
    if place is None:
        return None
    record, reading = place
    return SignedEnd(
        at=reading.at,
        time_status=reading.time_status,
        register_wh=reading.energy,
        identification=reading.identification,
        status=reading.status,
        meter=record.source,
        pagination=f"{record.context}{record.number}" if record.number is not None else "",
    )
