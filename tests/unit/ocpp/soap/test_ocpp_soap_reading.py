"""Envelopes as stations really send them, and as attackers do."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.ocpp import v16
from pilotwire.ocpp.soap import Fault, Header, SoapVersion, Unreadable, read_call, write_answer, write_fault
from pilotwire.ocpp.soap.envelope import read, read_fault
from pilotwire.ocpp.violations import SchemaViolation

CS16, CS15 = "urn://Ocpp/Cs/2015/10/", "urn://Ocpp/Cs/2012/06/"


def envelope(body: str, *, namespace: str = CS16, header: str | None = None, soap: str | None = None) -> bytes:
    """An envelope as a station might write it by hand."""
    head = (
        '<cs:chargeBoxIdentity e:mustUnderstand="true">CP1234</cs:chargeBoxIdentity>'
        "<a:MessageID>m-1</a:MessageID><a:From><a:Address>http://192.0.2.7:12345</a:Address></a:From>"
        if header is None
        else header
    )
    return (
        f'<e:Envelope xmlns:e="{soap or "http://www.w3.org/2003/05/soap-envelope"}" xmlns:cs="{namespace}" '
        f'xmlns:a="http://www.w3.org/2005/08/addressing"><e:Header>{head}</e:Header><e:Body>{body}</e:Body></e:Envelope>'
    ).encode()


STATUS = "<cs:statusNotificationRequest>{}</cs:statusNotificationRequest>"


def message(body: str, **more: Any) -> Any:
    """The typed message of a body, and what was told of it."""
    call = read_call(envelope(body, **more))
    return call.message(), call.departures.said


def test_a_request_by_hand() -> None:
    """Space around numbers and words counts for nothing, comments neither; what a header lacks is told."""
    said, departures = message(
        "<cs:startTransactionRequest><!-- now --><cs:connectorId> 2 </cs:connectorId><cs:idTag>04A1</cs:idTag>"
        "<cs:timestamp>2013-02-01T12:00:00</cs:timestamp><cs:meterStart>+17</cs:meterStart></cs:startTransactionRequest>"
    )
    assert (said.connector_id, said.id_tag, said.meter_start) == (2, "04A1", 17)
    assert departures == ["the header has no Action (OCPP-S 1.6, 3.4)"]


def test_meter_values_of_15_have_attributes() -> None:
    """The value is the text, all else attributes; Amp and Volt are A and V since 1.6."""
    said, _ = message(
        "<cs:meterValuesRequest><cs:connectorId>1</cs:connectorId><cs:transactionId>7</cs:transactionId><cs:values>"
        "<cs:timestamp>2013-02-01T12:00:00Z</cs:timestamp>"
        '<cs:value measurand="Current.Import" unit="Amp" context="Sample.Periodic" format="Raw" location="Outlet">16.5</cs:value>'
        "<cs:value>1234</cs:value></cs:values></cs:meterValuesRequest>",
        namespace=CS15,
    )
    first, second = said.meter_value[0].sampled_value
    assert (first.value, first.measurand, first.unit, first.context) == (
        "16.5",
        "Current.Import",
        "A",
        "Sample.Periodic",
    )
    assert (second.value, second.measurand, second.unit) == ("1234", None, None)


def test_transaction_data_of_15_are_lists_of_values() -> None:
    """All of them, in their order, are the meter values of 1.6."""
    value = "<cs:values><cs:timestamp>2013-02-01T12:0{}:00Z</cs:timestamp><cs:value>{}</cs:value></cs:values>"
    said, departures = message(
        "<cs:stopTransactionRequest><cs:transactionId>7</cs:transactionId><cs:timestamp>2013-02-01T12:30:00Z</cs:timestamp>"
        f"<cs:meterStop>9</cs:meterStop><cs:transactionData>{value.format(1, 1)}{value.format(2, 2)}</cs:transactionData>"
        f"<cs:transactionData>{value.format(3, 3)}</cs:transactionData></cs:stopTransactionRequest>",
        namespace=CS15,
        header="<cs:chargeBoxIdentity>CP</cs:chargeBoxIdentity><a:Action>/StopTransaction</a:Action><a:MessageID>1</a:MessageID>"
        "<a:From><a:Address>http://a</a:Address></a:From>",
    )
    assert [each.sampled_value[0].value for each in said.transaction_data] == ["1", "2", "3"]
    assert departures == []


def test_states_of_15_that_16_spells_otherwise() -> None:
    """Occupied, Mode3Error, and a text that is longer than 1.6 allows: cut, and told."""
    said, departures = message(
        STATUS.format(
            "<cs:connectorId>1</cs:connectorId><cs:status>Occupied</cs:status><cs:errorCode>Mode3Error</cs:errorCode>"
            f"<cs:info>{'x' * 60}</cs:info>"
        ),
        namespace=CS15,
    )
    assert (said.status, said.error_code, said.info) == ("Preparing", "EVCommunicationError", "x" * 50)
    assert any("cut to the 50 characters" in each for each in departures)


def test_a_pending_station_of_15_is_told_to_come_again() -> None:
    """1.5 has Accepted and Rejected only; the interval is called heartbeatInterval there."""
    about = "<cs:chargePointVendor>V</cs:chargePointVendor><cs:chargePointModel>M</cs:chargePointModel>"
    boot = f"<cs:bootNotificationRequest>{about}</cs:bootNotificationRequest>"
    call = read_call(envelope(boot, namespace=CS15))
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    response = v16.BootNotificationResponse(current_time=now, interval=60, status="Pending")
    told = {child.tag.rpartition("}")[2]: child.text for child in read(write_answer(call, response)).body}
    assert told == {"status": "Rejected", "currentTime": "2026-01-02T03:04:05Z", "heartbeatInterval": "60"}
    assert call.version is SoapVersion.V15


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("<cs:connectorId>one</cs:connectorId>", "$.connectorId"),
        ("<cs:connectorId>1</cs:connectorId><cs:connectorId>1</cs:connectorId>", "$.connectorId"),
        ("<cs:connectorId><cs:x/></cs:connectorId>", "$.connectorId"),
        ("<cs:colour>red</cs:colour>", "$.colour"),
        (
            "<cs:connectorId>1</cs:connectorId><cs:status>Asleep</cs:status><cs:errorCode>NoError</cs:errorCode>",
            "$.status",
        ),
        ("<cs:connectorId>1</cs:connectorId><cs:errorCode>NoError</cs:errorCode>", "$.status"),
        ("<cs:connectorId>99999999999</cs:connectorId>", "$.connectorId"),
    ],
)
def test_a_value_that_is_none_is_told_with_its_place(body: str, path: str) -> None:
    """As in OCPP-J: where it is, and why."""
    call = read_call(envelope(STATUS.format(body)))
    with pytest.raises(SchemaViolation) as told:
        call.message()
    assert told.value.path == path


def test_elements_in_another_order_are_understood_and_told() -> None:
    """So are elements without a namespace."""
    said, departures = message(
        STATUS.format(
            "<cs:status>Available</cs:status><connectorId>1</connectorId><cs:errorCode>NoError</cs:errorCode>"
        )
    )
    assert said.connector_id == 1
    assert any("not in the order" in each for each in departures)
    assert any("$.connectorId: the element is not in the namespace" in each for each in departures)


@pytest.mark.parametrize(
    ("data", "code", "subcode"),
    [
        (b"hello", "Sender", "ProtocolError"),
        (b"", "Sender", "ProtocolError"),
        (b"<a/>", "Sender", "ProtocolError"),
        (
            envelope("<cs:heartbeatRequest/>", soap="http://schemas.xmlsoap.org/soap/envelope/"),
            "VersionMismatch",
            "ProtocolError",
        ),
        (envelope(""), "Sender", "ProtocolError"),
        (envelope("<cs:heartbeatRequest/><cs:heartbeatRequest/>"), "Sender", "ProtocolError"),
        (envelope("<cs:heartbeatRequest/>", namespace="urn://Ocpp/Cs/2099/01/"), "Sender", "ProtocolError"),
        (envelope("<cs:teleportRequest/>"), "Receiver", "NotSupported"),
        (envelope("<cs:resetRequest><cs:type>Hard</cs:type></cs:resetRequest>"), "Receiver", "NotSupported"),
        (envelope("<cs:heartbeatRequest/>", header="<a:Action>/Authorize</a:Action>"), "Sender", "ProtocolError"),
        (
            envelope("<cs:heartbeatRequest/>", header='<x:y xmlns:x="urn:x" e:mustUnderstand="1"/>'),
            "MustUnderstand",
            "ProtocolError",
        ),
    ],
)
def test_what_cannot_be_read_is_a_fault(data: bytes, code: str, subcode: str) -> None:
    """Whose, and of which kind."""
    with pytest.raises(Unreadable) as told:
        read_call(data)
    assert (told.value.code, told.value.subcode) == (code, subcode)


@pytest.mark.parametrize("namespace", ["urn://Ocpp/Cs/2015/10", CS16])
def test_the_namespace_is_read_with_and_without_its_last_slash(namespace: str) -> None:
    """The WSDL has it, the table of OCPP-S 1.6 has it not."""
    assert read_call(envelope("<cs:heartbeatRequest/>", namespace=namespace)).version is SoapVersion.V16


@pytest.mark.parametrize("name", ["chargeBoxIdentity", "ChargeBoxIdentity", "CHARGEBOXIDENTITY"])
def test_the_case_of_the_identity_header_does_not_count(name: str) -> None:
    """OCPP-S 1.6, section 3.3."""
    call = read_call(envelope("<cs:heartbeatRequest/>", header=f"<cs:{name}> CP 1 </cs:{name}>"))
    assert call.header.identity == "CP 1"


def test_nothing_outside_of_the_message_is_read() -> None:
    """Neither files nor entities that grow."""
    bomb = b'<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    with pytest.raises(Unreadable, match="document type or entities"):
        read_call(bomb)
    with pytest.raises(Unreadable):
        read_call(b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>')


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: envelope(text)))
def test_no_bytes_bring_it_down(data: bytes) -> None:
    """They are read, or it is told why not."""
    with suppress(Unreadable, SchemaViolation):
        read_call(data).message()


@given(st.text(max_size=100))
def test_any_reason_can_be_told(reason: str) -> None:
    """Also with characters that XML does not have."""
    fault = read_fault(read(write_fault(Fault("Sender", "ProtocolError", reason), Header(message_id=reason))).body)
    assert fault is not None
    assert (fault.code, fault.subcode) == ("Sender", "ProtocolError")
