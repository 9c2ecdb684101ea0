"""OCMF records: what is read of them, and what is told of those that are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pilotwire.domain.metering.ocmf import OcmfError, is_ocmf, read_ocmf

READING = {"TM": "2018-07-24T13:22:04,000+0200 S", "TX": "B", "RV": 2935.6, "RI": "1-b:1.8.0", "RU": "kWh", "ST": "G"}
EVERYTHING = """OCMF|{"FV":"1.3","GI":"ABL SBC-301","GS":"808829900001","GV":"1.4p3","PG":"T12345","MV":"Phoenix Contact",
"MM":"EEM-350-D-MCB","MS":"BQ27400330016","MF":"1.0","IS":true,"IL":"VERIFIED","IF":["RFID_PLAIN","OCPP_RS_TLS"],
"IT":"ISO14443","ID":"1F2D3A4F5506C7","TT":"Tarif 1","CF":"2.0","LC":{"LN":"cable","LI":1,"LR":2,"LU":"mOhm"},
"CT":"EVSEID","CI":"DE*ABC*E1","RD":[
{"TM":"2018-07-24T13:22:04,000+0200 S","TX":"B","RV":2935.600,"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"},
{"TM":"2018-07-24T13:26:04,500+0200 R","TX":"E","RV":2965.1,"CL":0.5,"EF":"t"}]}|{"SA":"ECDSA-secp384r1-SHA256","SD":"3006"}"""


def record(payload: dict[str, Any] | None = None, proof: dict[str, Any] | None = None, **reading: Any) -> str:
    """A record with one reading."""
    content = {"PG": "T1", "RD": [READING | reading]} | (payload or {})
    return f"OCMF|{json.dumps(content)}|{json.dumps({'SD': '3006'} | (proof or {}))}"


def test_every_field_is_read() -> None:
    """Those of the tables 1 to 8; what a reading leaves out is as in the one before."""
    found = read_ocmf(EVERYTHING)
    assert (found.version, found.gateway, found.gateway_serial, found.gateway_version) == (
        "1.3",
        "ABL SBC-301",
        "808829900001",
        "1.4p3",
    )
    assert (found.context, found.number) == ("T", 12345)
    assert (found.meter_vendor, found.meter_model, found.meter_serial, found.meter_firmware) == (
        "Phoenix Contact",
        "EEM-350-D-MCB",
        "BQ27400330016",
        "1.0",
    )
    assert (found.identified, found.identification_level, found.identification_type) == (True, "VERIFIED", "ISO14443")
    assert (found.identification_flags, found.identification) == (("RFID_PLAIN", "OCPP_RS_TLS"), "1F2D3A4F5506C7")
    assert (found.tariff_text, found.controller_firmware, found.has_loss_compensation) == ("Tarif 1", "2.0", True)
    assert (found.place_type, found.place) == ("EVSEID", "DE*ABC*E1")
    assert (found.algorithm, found.signature) == ("ECDSA-secp384r1-SHA256", b"\x30\x06")
    first, last = found.readings
    zone = timezone(timedelta(hours=2))
    assert (first.at, first.time_status) == (datetime(2018, 7, 24, 13, 22, 4, tzinfo=zone), "S")
    assert (last.at, last.time_status) == (datetime(2018, 7, 24, 13, 26, 4, 500_000, tzinfo=zone), "R")
    assert (first.energy, first.places, first.step) == (Decimal("2935600"), 3, Decimal(1))
    assert (last.energy, last.step, last.cumulated_loss) == (Decimal("2965100"), Decimal(100), Decimal("0.5"))
    assert (last.identification, last.unit, last.current_type, last.status) == ("1-b:1.8.0", "kWh", "AC", "G")
    assert (first.transaction, last.transaction, first.error_flags, last.error_flags) == ("B", "E", "", "t")


def test_what_is_signed_are_the_bytes_as_they_came() -> None:
    """Blanks and digits are not written anew."""
    found = read_ocmf(f"\n {EVERYTHING}\n")
    assert found.payload == EVERYTHING.split("|")[1]
    assert "2935.600" in found.payload


def test_defaults_and_what_meters_write_otherwise() -> None:
    """No algorithm (P-256 then, table 22). Values as text, times without milliseconds, signatures in Base64."""
    found = read_ocmf(record(proof={"SE": "base64", "SD": "MAY="}, RV="12.50", TM="2023-05-19T15:52:39+0200 I"))
    (reading,) = found.readings
    assert (found.algorithm, found.signature) == ("", b"\x30\x06")
    assert (reading.energy, reading.step, reading.time_status) == (Decimal(12500), Decimal(10), "I")
    assert read_ocmf(record(TM="2023-05-19T15:52:39,000Z U")).readings[0].at == datetime(
        2023, 5, 19, 15, 52, 39, tzinfo=UTC
    )
    assert read_ocmf(record(RU="mOhm")).readings[0].energy is None
    assert read_ocmf(record({"FV": 1.0, "GS": 17619300})).gateway_serial == "17619300"
    assert (is_ocmf(" OCMF|"), is_ocmf("OCMF"), is_ocmf("AP;0;3;")) == (True, False, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with OCMF|"),
        ("AP;0;3;ALCV3", "does not begin with OCMF|"),
        ("OCMF|{}", "cut off: it has no signature section"),
        (EVERYTHING[:300], "cut off"),
        (EVERYTHING[:-5], "no JSON, or cut off"),
        ("OCMF|{}|{}|{}", "more sections"),
        ("OCMF|[]|{}", "no JSON object"),
        ("OCMF|{}|{}", "no readings (RD)"),
        (record({"RD": []}), "no readings (RD)"),
        (record({"RD": [1]}), "no JSON object (RD)"),
        (record({"RD": [{}] * 1001}), "more than 1000 readings"),
        (record({"PG": "12"}), "pagination '12'"),
        (record({"MS": ["M"]}), "MS in its payload is no text"),
        (record(proof={"SD": ""}), "no signature (SD)"),
        (record(proof={"SD": "123"}), "no hex, or cut off"),
        (record(proof={"SE": "base64", "SD": "%"}), "no base64, or cut off"),
        (record(proof={"SE": "base58"}), "'base58'"),
        (record(proof={"SM": "text/plain"}), "'text/plain'"),
        (record(TM="yesterday"), "'yesterday'"),
        (record(TM="2023-13-19T15:52:39,000+0200 S"), "does not exist"),
        (record(RV="a lot"), "RV of a reading"),
        (record(RV=True), "RV of a reading"),
        (record(RV="NaN"), "RV of a reading"),
        (record(RV="1e999999"), "RV of a reading"),
        (record().replace("2935.6", "NaN"), "no JSON"),
        (record().replace("2935.6", "1e99999999999999999999"), "no JSON"),
        (record().replace("2935.6", "9" * 5000), "no JSON"),
        (record().replace("2935.6", "[" * 100_000), "no JSON"),
        ("OCMF|" + "x" * 200_000 + "|", "too long"),
    ],
)
def test_what_is_no_record_is_told(text: str, said: str) -> None:
    """In the words of a sentence that begins elsewhere."""
    with pytest.raises(OcmfError, match=r".") as told:
        read_ocmf(text)
    assert said in str(told.value)


SCRAPS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["RD", "TM", "TX", "RV", "RI", "PG", "IF", "SD", "SE"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(SCRAPS, SCRAPS, st.text(max_size=5))
@example({"RD": [{"TM": "0001-01-01T00:00:00,000+2359 S"}]}, {"SD": "00"}, "")
@example({"RD": [{"ID": "\ud800"}], "ID": "\ud800"}, {"SD": "00"}, "")
def test_nothing_else_is_raised(payload: Any, proof: Any, tail: str) -> None:
    """Whatever is in the sections: there is a record that can be written out, or a sentence."""
    try:
        found = read_ocmf(f"OCMF|{json.dumps(payload)}|{json.dumps(proof)}{tail}")
    except OcmfError:
        return
    assert found.readings
    assert found.identification.encode() is not None
