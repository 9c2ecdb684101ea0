"""The building stones: absent fields, exact numbers, times, custom data."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.ocpp import v16, v201
from pilotwire.ocpp.registry import decode_request, decode_response, encode
from pilotwire.ocpp.types import (
    CustomData,
    Datatype,
    Maybe,
    Number,
    Percentage,
    Tenths,
    Timestamp,
    Uri,
    decoder_of,
    encode_hook,
)
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation, violation_of


class Sample(Datatype):
    """One field of each special kind."""

    number: Maybe[Number] = None
    tenths: Maybe[Tenths] = None
    percentage: Maybe[Percentage] = None
    moment: Maybe[Timestamp] = None
    uri: Maybe[Uri] = None
    count: Maybe[int] = None
    custom_data: Maybe[CustomData] = None


SAMPLE = decoder_of(Sample)


def read(text: str) -> Sample:
    """Decode, with violations translated as at the door."""
    try:
        return SAMPLE.decode(text)
    except Exception as error:
        raise violation_of(error) from None


# --- absence -------------------------------------------------------------------------------------------------------------------


def test_an_absent_field_is_none_and_none_is_not_written() -> None:
    """No `null` ever goes out."""
    assert read("{}") == Sample()
    assert encode(Sample(count=1)) == b'{"count":1}'


@pytest.mark.parametrize("field", Sample.__struct_encode_fields__)
def test_null_is_not_absence(field: str) -> None:
    """The schemas know no null: it is a wrong type."""
    with pytest.raises(SchemaViolation) as refused:
        read(json.dumps({field: None}))
    assert (refused.value.path, refused.value.rule) == (f"$.{field}", "type")


# --- numbers -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["0.1", "3.30", "12345678901234567890.123456789", "1E-10", "-0.0", "1e400", "7"])
def test_a_number_is_an_exact_decimal(text: str) -> None:
    """Digit by digit as it stood on the wire."""
    number = read(f'{{"number": {text}}}').number
    assert type(number) is Decimal
    assert (number, str(number)) == (Decimal(text), str(Decimal(text)))


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_finite_decimal_survives_the_wire(number: Decimal) -> None:
    """Written as a JSON number, exponent or not, and read back the same."""
    data = encode(Sample(number=number))
    assert isinstance(json.loads(data)["number"], int | float)
    assert read(data.decode()).number == number


@pytest.mark.parametrize("text", ['"1.5"', '"7"', "true", "{}", "[]"])
def test_what_is_no_json_number_is_refused(text: str) -> None:
    """A number in quotes is a text."""
    with pytest.raises(SchemaViolation, match="expected a number, got") as refused:
        read(f'{{"number": {text}}}')
    assert refused.value.rule == "type"


@pytest.mark.parametrize("text", ["0.3", "8.3", "16", "16.0", "8.10", "1E+2", "-0.1", "0", "123456789.9", "1E-1"])
def test_whole_tenths_are_multiples_of_a_tenth(text: str) -> None:
    """Exactly, where a check in binary floating point would refuse 0.3 and 8.3."""
    assert read(f'{{"tenths": {text}}}').tenths == Decimal(text)


@pytest.mark.parametrize("text", ["0.25", "8.05", "1E-2", "0.30000000000000004"])
def test_less_than_a_tenth_is_not_a_multiple(text: str) -> None:
    """And the violation says so."""
    with pytest.raises(SchemaViolation) as refused:
        read(f'{{"tenths": {text}}}')
    assert (refused.value.path, refused.value.rule) == ("$.tenths", "multiple")


def test_a_percentage_ends_at_0_and_100() -> None:
    """Both ends belong to it."""
    assert [read(f'{{"percentage": {x}}}').percentage for x in ("0", "100.0")] == [Decimal(0), Decimal(100)]
    for beyond in ("-0.1", "100.1"):
        with pytest.raises(SchemaViolation) as refused:
            read(f'{{"percentage": {beyond}}}')
        assert refused.value.rule == "range"


# --- times and URIs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02T05:04:05+02:00",
        "2026-01-02t03:04:05z",
        "2026-01-02 03:04:05Z",
        "2026-01-02T03:04:05-00:00",
    ],
)
def test_a_time_may_be_written_in_every_way_of_rfc_3339(text: str) -> None:
    """Lower case and a blank included (section 5.6 of the RFC)."""
    assert read(json.dumps({"moment": text})).moment == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_time_of_2x_needs_its_offset_and_one_of_16_does_not() -> None:
    """A naive time of 1.6 is handed on naive; its reader takes it as UTC (1.6:3.14)."""
    with pytest.raises(SchemaViolation, match="needs an offset"):
        read('{"moment": "2026-01-02T03:04:05"}')
    heartbeat = decode_response(OcppVersion.V16, "Heartbeat", b'{"currentTime": "2026-01-02T03:04:05"}')
    assert isinstance(heartbeat, v16.HeartbeatResponse)
    assert heartbeat.current_time == datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - naive is the point


@pytest.mark.parametrize("uri", ["example.org", "ftp//x", "1http://x", "http://a b", ""])
def test_a_uri_needs_a_scheme_and_has_no_blanks(uri: str) -> None:
    """A bare host name is no place to upload to."""
    with pytest.raises(SchemaViolation) as refused:
        read(json.dumps({"uri": uri}))
    assert refused.value.rule == "format"


# --- custom data -----------------------------------------------------------------------------------------------------------------


@given(
    st.dictionaries(
        st.text(max_size=5).filter(lambda name: name != "vendorId"),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=4,
    )
)
def test_custom_data_is_kept_to_the_last_key(extra: dict[str, Any]) -> None:
    """Whatever the vendor put there comes out again, null and nested objects included."""
    fields = {"vendorId": "com.example", **extra}
    sample = read(json.dumps({"customData": fields}))
    assert sample.custom_data is not None
    assert dict(sample.custom_data) == fields
    assert sample.custom_data.vendor_id == "com.example"
    assert json.loads(encode(sample)) == {"customData": fields}


def test_fractions_in_custom_data_stay_exact() -> None:
    """0.10 is not turned into a binary fraction, nor shortened."""
    assert encode(read('{"customData":{"vendorId":"v","x":[0.10]}}')) == b'{"customData":{"vendorId":"v","x":[0.10]}}'


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        ('{"x": 1}', "$.customData.vendorId", "missing"),
        ('{"vendorId": 1}', "$.customData.vendorId", "type"),
        ('{"vendorId": null}', "$.customData.vendorId", "type"),
        (json.dumps({"vendorId": "x" * 256}), "$.customData.vendorId", "length"),
        ("[]", "$.customData", "type"),
        ('"text"', "$.customData", "type"),
    ],
)
def test_custom_data_needs_a_vendor_id(text: str, path: str, rule: str) -> None:
    """At most 255 characters."""
    with pytest.raises(SchemaViolation) as refused:
        read(f'{{"customData": {text}}}')
    assert (refused.value.path, refused.value.rule) == (path, rule)


def test_custom_data_is_a_mapping_with_equality() -> None:
    """It reads, compares and shows itself like one."""
    data = CustomData({"vendorId": "v", "x": 1})
    assert (data["x"], len(data), list(data)) == (1, 2, ["vendorId", "x"])
    assert data == CustomData({"x": 1, "vendorId": "v"})
    assert data != CustomData({"vendorId": "v"})
    assert "'x': 1" in repr(data)


def test_only_what_belongs_into_a_message_is_encoded() -> None:
    """The encode hook knows custom data and nothing else."""
    with pytest.raises(NotImplementedError, match="timedelta has no place"):
        encode_hook(timedelta(1))


# --- messages as values ----------------------------------------------------------------------------------------------------------


def test_messages_are_values() -> None:
    """Equal when their fields are, and not to be changed."""
    token = v201.IdToken(id_token="04A1", type="ISO14443")
    assert token == v201.IdToken(id_token="04A1", type="ISO14443")
    with pytest.raises(AttributeError):
        token.id_token = "other"  # type: ignore[misc]


def test_names_that_camel_case_cannot_make_are_the_schema_s() -> None:
    """`responderURL`, not `responderUrl`."""
    request = v201.GetCertificateStatusRequest(
        ocsp_request_data=v201.OCSPRequestData(
            hash_algorithm="SHA256",
            issuer_name_hash="a",
            issuer_key_hash="b",
            serial_number="1",
            responder_url="http://x",
        )
    )
    assert json.loads(encode(request))["ocspRequestData"]["responderURL"] == "http://x"
    assert decode_request(OcppVersion.V201, "GetCertificateStatus", encode(request)) == request


def test_an_offset_is_kept_when_reading() -> None:
    """What is written is UTC; what was read still knows how it was said."""
    moment = read('{"moment": "2026-01-02T05:04:05+02:00"}').moment
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=2)
    assert (
        encode(Sample(moment=moment.astimezone(timezone(timedelta(hours=-3))))) == b'{"moment":"2026-01-02T03:04:05Z"}'
    )


@pytest.mark.parametrize("version", list(OcppVersion))
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**70])
def test_an_integer_has_32_bits(version: OcppVersion, number: int) -> None:
    """What no 32 bits hold is refused, though the JSON schemas would let it pass: no database and no firmware could take it."""
    said = {"connectorId": number, "errorCode": "NoError", "status": "Available"}
    if version is not OcppVersion.V16:
        said = {"timestamp": "2026-03-01T12:00:00Z", "connectorStatus": "Available", "evseId": number, "connectorId": 1}
    with pytest.raises(SchemaViolation) as refused:
        decode_request(version, "StatusNotification", json.dumps(said).encode())
    assert refused.value.rule == "range"
