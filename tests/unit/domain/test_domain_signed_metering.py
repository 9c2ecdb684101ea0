"""Signed sessions: verdicts on both ends, on records that were changed, and files for other software."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from pilotwire.domain.identity import AdditionalInfo, IdToken
from pilotwire.domain.metering import SignedMeterValue
from pilotwire.domain.metering.signed import (
    BEGIN,
    END,
    Billed,
    MeteringOutcome,
    SentRecord,
    SignedSession,
    examine,
    judge_session,
)
from pilotwire.domain.metering.transparency import as_ocmf, as_xml, number_of
from pilotwire.pki.meter_keys import read_meter_key
from tests.support.meter_records import AT, Meter, reading, sent, session

CARD = IdToken(value="04:a2:b3:c4", type="ISO14443")
BILLED = Billed(energy_wh=Decimal(5500), id_token=CARD)
VERIFIED, FAILED, UNVERIFIABLE = MeteringOutcome.VERIFIED, MeteringOutcome.FAILED, MeteringOutcome.UNVERIFIABLE

KEBA = (
    'OCMF|{"FV":"1.0","GI":"KEBA_KCP30","GS":"17619300","GV":"2.8.5","PG":"T32","IS":false,"IL":"NONE","IF":["RFID_NONE",'
    '"OCPP_NONE","ISO15118_NONE","PLMN_NONE"],"IT":"NONE","ID":"","RD":[{"TM":"2019-08-13T10:03:15,000+0000 I","TX":"B","EF":"",'
    '"ST":"G","RV":0.2596,"RI":"1-b:1.8.0","RU":"kWh"},{"TM":"2019-08-13T10:03:36,000+0000 R","TX":"E","EF":"","ST":"G",'
    '"RV":0.2597,"RI":"1-b:1.8.0","RU":"kWh"}]}|{"SD":"304502200E2F107C987A300AC1695CA89EA149A8CDFA16188AF0A33EE64B67964AA943F9'
    '022100889A72B6D65364BEA8562E7F6A0253157ACFF84FE4929A93B5964D23C4265699"}'
)
KEBA_KEY = (
    "3059301306072A8648CE3D020106082A8648CE3D030107034200043AEEB45C392357820A58FDFB0857BD77ADA31585C61C430531DFA53B440AFBFDD95A"
    "C887C658EA55260F808F55CA948DF235C2108A0D6DC7D4AB1A5E1A7955BE"
)
"""A record of a real station, as the S.A.F.E. transparency software has it among its test data."""
DZG = (
    'OCMF|{"FV" : "1.0","GI" : "DZG-GSH01.1K2L","GS" : "1DZG0028225179","GV" : "230","PG" : "T96","MV" : "DZG","MM" : "GSH01.1K2L",'
    '"MS" : "1DZG0028225179","MF" : "230","IS" : true,"IT" : "CENTRAL_1","ID" : "HRWWBX8","CT" : "EVSEID","CI" : "22BZ3178A0",'
    '"RD" : [{"TM" : "2023-05-19T15:52:39,000+0200 I","TX" : "B","RV" : "0.000","RI" : "01-00:98.08.00.FF","RU" : "kWh",'
    '"RT" : "DC","EF" : "","ST" : "G"},{"TM" : "2023-05-19T15:53:58,000+0200 I","TX" : "E","RV" : "0.636",'
    '"RI" : "01-00:98.08.00.FF","RU" : "kWh","RT" : "DC","EF" : "","ST" : "G"}],"U" : [{"TM" : "2023-05-19T15:52:39,000+0200 I",'
    '"TX" : "B","RV" : "108.178","RI" : "01-00:9C.08.00.FF","RU" : "kWh","RT" : "DC","EF" : "","ST" : "G"},'
    '{"TM" : "2023-05-19T15:53:58,000+0200 I","TX" : "E","RV" : "108.814","RI" : "01-00:9C.08.00.FF","RU" : "kWh","RT" : "DC",'
    '"EF" : "","ST" : "G"},{"TM" : "2023-05-19T15:52:39,000+0200 I","TX" : "B","RV" : "0.0022","RI" : "01-00:8C.07.00.FF",'
    '"RU" : "Ohm","RT" : "DC","EF" : "","ST" : "G"},{"TM" : "2023-05-19T15:53:58,000+0200 I","TX" : "E","RV" : "79",'
    '"RI" : "01-00:00.08.06.FF","RU" : "s","RT" : "DC","EF" : "","ST" : "G"}]}|{"SA" : "ECDSA-secp256k1-SHA256","SD" : "'
    "3045022100D03F319C7AD08AD4F507CAFEF166FFE5FE55778B8686762641FF6DDC084E32A70220635A8936FE6C61AACECBFADE966362BD15B08AEF1093"
    '989640FABADC34142E52"}'
)
DZG_KEY = (
    "MzA1NjMwMTAwNjA3MkE4NjQ4Q0UzRDAyMDEwNjA1MkI4MTA0MDAwQTAzNDIwMDA0MEE4ODUyN0UyM0VEODcxMTE3NDkxQkQ0MzVEQTA0ODA0MUFBRjlCMzcx"
    "RjZBNUM0QzA0OERDRDU5OUQ5NjlDM0EwRUNCRjc3MzcwRjIzMjA4RTdDQTAzQkQzNTMwN0NCNDJGNTkwNEE5Qzc1QkI3RDgxQjQxQzA1MzQ2N0Y1NTg="
)
"""The example of the OCA's application note on signed meter values (5.2)."""


def judged(records: list[SentRecord], meter: Meter, billed: Billed = BILLED) -> SignedSession:
    """The verdict by the key of the meter."""
    return judge_session(records, meter.printed, billed)


def test_a_session_in_two_records() -> None:
    """Both ends by the same meter, the difference as billed, for the token, by a synchronised clock: nothing to remark."""
    meter = Meter()
    found = judged(session(meter), meter)
    assert (found.outcome, found.why, found.remarks) == (VERIFIED, (), ())
    assert found.energy_wh == 5500
    assert found.begin is not None
    assert found.end is not None
    assert (found.begin.register_wh, found.begin.pagination, found.begin.meter) == (Decimal(10_000), "T1", "M-1")
    assert (found.end.register_wh, found.end.pagination, found.end.status) == (Decimal(15_500), "T2", "G")
    assert [each.outcome for each in found.records] == [VERIFIED, VERIFIED]


def test_a_record_of_both_ends_from_a_real_station() -> None:
    """Without an algorithm, by an informative clock, for nobody."""
    found = judge_session([sent(KEBA)], KEBA_KEY, Billed(energy_wh=Decimal("0.1")))
    assert (found.outcome, found.energy_wh) == (VERIFIED, Decimal("0.1"))
    assert found.remarks == (
        "The records do not say who charged.",
        "The time of the reading at the beginning is for information only (TM).",
        "The time of the reading at the end is for information only, but durations from it are exact (TM).",
    )


def test_the_example_of_the_application_note() -> None:
    """A transaction register (98.8.0) with values as text, and a key in hex in Base64."""
    found = judge_session([sent(DZG)], DZG_KEY, Billed(energy_wh=Decimal(636), id_token=IdToken(value="hrwwbx8")))
    assert (found.outcome, found.why, found.energy_wh) == (VERIFIED, (), Decimal(636))


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        ("ECDSA-secp256k1-SHA256", VERIFIED),
        ("", FAILED),
        ("as usual", FAILED),
        ("ECDSA-secp192k1-SHA256", UNVERIFIABLE),
    ],
)
def test_the_algorithm_may_be_said_beside_the_record(method: str, outcome: MeteringOutcome) -> None:
    """`signingMethod` counts where the record does not say it itself (signed meter values 1.0, 3.2.1); without both it is P-256."""
    meter = Meter(ec.SECP256K1())
    payload = json.dumps({"PG": "T1", "RD": [reading("B", 10.0), reading("E", 15.5, 30)]})
    signature = meter.key.sign(payload.encode(), ec.ECDSA(hashes.SHA256())).hex()
    text = f"OCMF|{payload}|{json.dumps({'SD': signature})}"
    signed = SignedMeterValue(data=text, signing_method=method, encoding_method="OCMF")
    assert judged([SentRecord(at=AT, context=END, signed=signed)], meter).outcome is outcome


@pytest.mark.parametrize("wrap", [str, lambda text: text.encode().hex(), lambda text: f" {text}\n"])
def test_records_as_they_are_and_in_hex(wrap: Any) -> None:
    """OCPP carries them in Base64; some stations send them otherwise."""
    signed = SignedMeterValue(data=wrap(KEBA))
    found = judge_session([SentRecord(at=AT, context=END, signed=signed)], KEBA_KEY, Billed(energy_wh=Decimal(0)))
    assert found.outcome is VERIFIED


def test_nothing_signed_and_no_key() -> None:
    """Absent; and not verifiable."""
    found = judge_session([], "", BILLED)
    assert (found.outcome, found.why) == (MeteringOutcome.ABSENT, ("The station sent no signed meter values.",))
    meter = Meter()
    found = judge_session(session(meter), "", BILLED)
    assert (found.outcome, found.why) == (UNVERIFIABLE, ("No public key of the meter is known.",))
    assert found.energy_wh == 5500
    found = judge_session(session(meter), "no key", BILLED)
    assert (found.outcome, found.why) == (
        UNVERIFIABLE,
        ("This is no public key: neither hex nor Base64 nor PEM.",),
    )


@given(st.data())
def test_a_single_bit_that_was_changed_is_found(data: st.DataObject) -> None:
    """Anywhere in what is signed."""
    text = KEBA.encode()
    start, end = text.index(b"|") + 1, text.rindex(b"|")
    place, bit = data.draw(st.integers(start, end - 1)), data.draw(st.integers(0, 6))
    changed = text[:place] + bytes([text[place] ^ 1 << bit]) + text[place + 1 :]
    record = SentRecord(at=AT, context=END, signed=SignedMeterValue(data=base64.b64encode(changed).decode()))
    verdict = examine(record, read_meter_key(KEBA_KEY))
    assert verdict.outcome is FAILED
    assert verdict.why


@given(st.integers(12, len(base64.b64encode(KEBA.encode())) - 3))
def test_a_record_that_is_cut_off_is_told(length: int) -> None:
    """Wherever it ends."""
    cut = base64.b64encode(KEBA.encode()).decode()[:length]
    found = examine(
        SentRecord(at=AT, context=END, signed=SignedMeterValue(data=cut, encoding_method="OCMF")),
        read_meter_key(KEBA_KEY),
    )
    assert found.outcome is FAILED
    assert found.why.startswith("The record cannot be read: ")


@pytest.mark.parametrize(
    ("signed", "form"),
    [
        (SignedMeterValue(data="AP;0;3;ALCV3ABBBISHMA2RYEGAZE3HV5YQBQRAEHAR2MN;", encoding_method=""), "Alfen"),
        (SignedMeterValue(data="1B1B1B1B01010101" + "00" * 20, encoding_method=""), "SML"),
        (SignedMeterValue(data="AAAA", encoding_method="EDL40"), "EDL40"),
        (SignedMeterValue(data="what?", encoding_method=""), "unknown"),
    ],
)
def test_other_formats_are_kept_and_told(signed: SignedMeterValue, form: str) -> None:
    """They are not verifiable here, and can be exported all the same."""
    meter = Meter()
    found = judged([SentRecord(at=AT, context=BEGIN, signed=signed)], meter)
    why = f"The record is of the format {form}, which is kept but cannot be verified here."
    assert (found.outcome, found.why) == (UNVERIFIABLE, (why,))
    (value,) = ElementTree.fromstring(as_xml(found, "7"))
    assert (value.get("context"), value.findtext("signedData")) == (BEGIN, signed.data)


def test_another_key() -> None:
    """The key of another meter, and one sent along that is not the one known."""
    meter, other = Meter(), Meter()
    found = judged(session(meter), other)
    assert found.outcome is FAILED
    assert found.why[0] == (
        "Record 1 (Transaction.Begin): The signature is not that of the meter's key over this content."
    )
    records = [sent(meter.record(reading("B", 1)), BEGIN, public_key=other.printed)]
    found = judged([*records, sent(meter.record(reading("E", 6.5)))], meter)
    assert found.why == ("The public key sent with record 1 is not the one known of the meter.",)
    records = [sent(meter.record(reading("B", 1)), BEGIN, public_key="?"), sent(meter.record(reading("E", 6.5)))]
    found = judged(records, meter)
    assert (found.outcome, found.remarks) == (VERIFIED, ("The public key sent with record 1 cannot be read.",))


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ({}, {"PG": "T1"}, "Two different records have the same pagination T1."),
        ({"PG": "T9"}, {}, "The pagination falls from T9 to T2."),
        ({}, {"MS": "M-2"}, "The records are of different meters: 'M-1', 'M-2'."),
        ({}, {"ID": "04FFFFFF"}, "The records were signed for different tokens."),
        ({"ID": "CAFE"}, {"ID": "CAFE"}, "The records were signed for another token than that of the transaction."),
        ({}, {"RV": 9}, "The signed register falls, from 10000 to 9000 Wh."),
        ({}, {"RV": 15.6}, "The signed readings differ by 5600 Wh; billed are 5500 Wh."),
        ({"RV": 10.002}, {}, "The signed readings differ by 5498 Wh; billed are 5500 Wh."),
        ({"RV": 10}, {"RV": 16}, "The signed readings differ by 6000 Wh; billed are 5500 Wh."),
        ({"RV": 10}, {"RV": 15.52}, "The signed readings differ by 5520 Wh; billed are 5500 Wh."),
        ({}, {"ST": "M"}, "At the end the meter was not in order: its state is 'M' (ST)."),
        ({"EF": "Et"}, {}, "At the beginning the meter says that its energy is not usable for billing (EF)."),
        ({}, {"TM": "2026-01-31T11:00:00,000+0000 S"}, "The end ("),
    ],
)
def test_what_is_wrong_although_it_is_signed(begin: dict[str, Any], end: dict[str, Any], said: str) -> None:
    """Signatures are good, but the two do not go together, or are not what is billed."""
    meter = Meter()
    records = [
        sent(made(meter, reading("B", 10.0), begin), BEGIN),
        sent(made(meter, reading("E", 15.5, 30), end), END),
    ]
    found = judged(records, meter)
    assert found.outcome is FAILED
    assert any(each.startswith(said) for each in found.why), found.why
    assert all(each.outcome is VERIFIED for each in found.records)


def made(meter: Meter, usual: dict[str, Any], changes: dict[str, Any]) -> str:
    """A record with changes in its reading or in its payload."""
    within = {key: value for key, value in changes.items() if key in usual or key == "EF"}
    return meter.record(usual | within, **{key: value for key, value in changes.items() if key not in within})


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ("B", "C", "There is no signed reading of the end of the session."),
        ("C", "E", "There is no signed reading of the beginning of the session."),
    ],
)
def test_one_end_alone_proves_nothing(begin: str, end: str, said: str) -> None:
    """It cannot be verified; it is not wrong either."""
    meter = Meter()
    found = judged([sent(meter.record(reading(begin, 10.0))), sent(meter.record(reading(end, 15.5, 30)))], meter)
    assert (found.outcome, found.why) == (UNVERIFIABLE, (said,))


@pytest.mark.parametrize("end", list("ELRAP"))
def test_however_a_transaction_ends(end: str) -> None:
    """TX tells by whom; and readings in between do no harm."""
    meter = Meter()
    texts = [
        meter.record(reading("B", 10.0)),
        meter.record(reading("C", 12.0, 10)),
        meter.record(reading(end, 15.5, 30)),
    ]
    found = judged([sent(each) for each in [*texts, texts[0]]], meter)
    assert (found.outcome, found.remarks, len(found.records)) == (VERIFIED, (), 3)


def test_a_meter_that_shows_two_digits_of_a_kilowatt_hour() -> None:
    """What is billed may have been rounded otherwise."""
    meter = Meter()
    records = session(meter, begin=10.01, end=15.52)
    assert judged(records, meter).outcome is VERIFIED
    assert judged(records, meter, Billed(energy_wh=Decimal(5521), id_token=CARD)).outcome is FAILED


def test_remarks() -> None:
    """What a driver should know, and what does not make the proof worthless."""
    meter = Meter()
    begin = meter.record(reading("B", 10.0, TM="2026-01-31T12:00:00,000+0000 U"))
    meter.number = 4
    end = meter.record(reading("E", 15.5, TM="2026-01-31T12:30:00,000+0000", EF="t"))
    found = judged([sent(begin), sent(end)], meter, Billed(energy_wh=Decimal(5501)))
    assert found.outcome is VERIFIED
    assert found.remarks == (
        "Between the records T1 and T5 the meter made others that are not here.",
        "The transaction has no token to compare with that of the records.",
        "The time of the reading at the beginning was not synchronised (TM).",
        "At the end the meter says that its time is not usable for billing (EF).",
        "The time of the reading at the end has no state (TM).",
    )


def test_what_is_billed_is_not_known() -> None:
    """Then the proof has nothing to prove."""
    meter = Meter()
    found = judged(session(meter), meter, Billed(id_token=CARD))
    assert found.why == ("What the session is billed by is not known, so it cannot be compared.",)


def test_a_further_identifier_of_the_token_counts() -> None:
    """The meter may have been told another one of those that came with it."""
    meter = Meter()
    token = IdToken(value="EMAID1", additional=(AdditionalInfo(value="04A2B3C4", type="UID"),))
    assert judged(session(meter), meter, Billed(energy_wh=Decimal(5500), id_token=token)).outcome is VERIFIED


def test_the_register_of_energy_is_found_among_others() -> None:
    """The meter's total before its registers of the transaction, time and resistance."""
    meter = Meter()

    def all_of(kind: str, total: float, minute: int) -> str:
        others = [
            reading(kind, 55 * (kind == "E"), minute, RI="1-0:0.8.6", RU="s"),
            reading(kind, total - 10, minute, RI="01-00:B3.08.00*FF"),
            reading(kind, total, minute, RI="01-00:01.08.00*FF"),
        ]
        return meter.record(*others)

    found = judged([sent(all_of("B", 10.0, 0)), sent(all_of("E", 15.5, 30))], meter)
    assert (found.outcome, found.energy_wh) == (VERIFIED, Decimal(5500))
    assert found.end is not None
    assert found.end.identification == "01-00:01.08.00*FF"


# --- files ------------------------------------------------------------------------------------------------------------------


def test_the_xml_of_values() -> None:
    """Each record as signed, its end of the session, the key in hex; what XML would change goes in Base64."""
    meter = Meter()
    odd = meter.signed(
        json.dumps({"PG": "T9", "RD": [reading("E", 15.5, 30)], "ID": "<&>\"'"}, indent=1).replace("\n", "\r\n")
    )
    begin = meter.record(reading("B", 10.0), ID="<&>")
    found = judged([sent(begin, BEGIN), sent(odd)], meter)
    first, last = ElementTree.fromstring(as_xml(found, "42"))
    assert [first.get("transactionId"), first.get("context"), last.get("context")] == ["42", BEGIN, END]
    data, coded = first.find("signedData"), last.find("signedData")
    assert data is not None
    assert coded is not None
    assert (data.attrib, data.text) == ({"format": "OCMF", "encoding": "plain"}, begin)
    assert coded.get("encoding") == "base64"
    assert base64.b64decode(coded.text or "").decode() == odd
    key = first.find("publicKey")
    assert key is not None
    assert (key.get("encoding"), key.text) == ("hex", meter.printed.upper())
    assert as_ocmf(found) == f"{begin}\n\n{odd}\n"


def test_a_beginning_that_was_signed_again_is_told_once() -> None:
    """That software wants one beginning and one end."""
    meter = Meter()
    records = [sent(meter.record(reading("B", 10.0)), BEGIN), sent(meter.record(reading("B", 10.0)), BEGIN)]
    found = judged([*records, sent(meter.record(reading("E", 15.5, 30)))], meter)
    assert (found.outcome, len(found.records)) == (VERIFIED, 3)
    assert [each.get("context") for each in ElementTree.fromstring(as_xml(found, "1"))] == [BEGIN, END]


def test_transactions_are_whole_numbers_there() -> None:
    """1.6 ids and UUIDs as what they are, others by what stands for them."""
    assert number_of("42") == 42
    assert number_of("00000000-0000-0000-0000-0000000000ff") == UUID(int=255).int == 255
    assert number_of("TX-a") == number_of("TX-a") != number_of("TX-b")


@given(
    st.lists(
        st.one_of(st.text(max_size=80), st.binary(max_size=60).map(lambda b: base64.b64encode(b"OCMF|" + b).decode()))
    ),
    st.text(max_size=30),
    st.text(max_size=80),
)
@example(["OCMF|\x00\ufffe|\x01"], "OCMF", "")
def test_nothing_a_station_sends_raises(data: list[str], encoding: str, key: str) -> None:
    """There is a verdict, and a file that is XML."""
    records = [
        SentRecord(at=AT, context=END, signed=SignedMeterValue(data=each, encoding_method=encoding, public_key=key))
        for each in data
    ]
    found = judge_session(records, key, BILLED)
    assert found.outcome is not VERIFIED
    assert found.why
    ElementTree.fromstring(as_xml(found, key))
    as_ocmf(found)
