"""The Plug & Charge payloads of 1.6 accept and reject what the field tables of the application note say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pilotwire.ocpp import v16
from pilotwire.ocpp.registry import decode_request, encode
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation, UnknownAction
from tests.support.schema_walk import Schema, cases_of, judge_of

TABLE = json.loads((Path(__file__).parents[2] / "vectors" / "ocpp16_plug_and_charge.json").read_text("utf-8"))
DRAFT = {"$schema": "http://json-schema.org/draft-06/schema#"}


def _object(fields: dict[str, str]) -> Schema:
    """The JSON schema a row of the table stands for."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _field(text.removesuffix(" ?")) for name, text in fields.items()},
        "required": [name for name, text in fields.items() if not text.endswith(" ?")],
    }


def _field(text: str) -> Schema:
    kind, _, bounds = text.partition(" ")
    if bounds:
        most = bounds.partition("..")[2]
        return {"type": "array", "items": _field(kind), **({} if most == "*" else {"maxItems": int(most)})}
    if kind == "dateTime":
        return {"type": "string", "format": "date-time"}
    if kind.startswith("string"):
        return {"type": "string", "maxLength": int(kind.removeprefix("string"))}
    return {"type": "string", "enum": TABLE["enums"][kind]} if kind in TABLE["enums"] else _object(TABLE["types"][kind])


PAYLOADS = [(name, direction) for name in TABLE["messages"] for direction in (0, 1)]


@pytest.mark.parametrize(("name", "direction"), PAYLOADS)
def test_the_type_and_the_table_give_the_same_verdict(name: str, direction: int) -> None:
    """On every generated instance; only a naive time is tolerated beyond the table, as everywhere in 1.6."""
    schema = DRAFT | _object(TABLE["messages"][name][direction])
    accepts = judge_of(schema)
    decode = (v16.decode_pnc_request, v16.decode_pnc_response)[direction]
    for case in cases_of(schema):
        assert accepts(case.instance) is case.valid
        message: Any = None
        try:
            message = decode(name, case.text)
        except SchemaViolation:
            assert not case.valid, case
        else:
            assert case.valid or case.what == "naive time", case
        if case.valid:
            assert json.loads(encode(message)) == case.instance


def test_every_message_id_of_the_note_is_in_the_helper_table() -> None:
    """Nine message ids, each with two types named after it."""
    assert set(v16.PNC_MESSAGES) == set(TABLE["messages"])
    for name, entry in v16.PNC_MESSAGES.items():
        assert (entry.request.__name__, entry.response.__name__) == (f"Pnc{name}Request", f"Pnc{name}Response")


def test_a_payload_is_read_out_of_a_data_transfer() -> None:
    """The example of the note: SignCertificate as text in the `data` of a DataTransfer with the note's vendor id."""
    data = json.dumps({"csr": "-----BEGIN", "certificateType": "V2GCertificate"})
    payload = {"messageId": "SignCertificate", "data": data, "vendorId": "org.openchargealliance.iso15118pnc"}
    transfer = decode_request(OcppVersion.V16, "DataTransfer", json.dumps(payload).encode())
    assert isinstance(transfer, v16.DataTransferRequest)
    assert transfer.vendor_id == v16.VENDOR_ID
    assert transfer.message_id == "SignCertificate"
    assert transfer.data is not None
    request = v16.decode_pnc_request(transfer.message_id, transfer.data)
    assert request == v16.PncSignCertificateRequest(csr="-----BEGIN", certificate_type="V2GCertificate")


def test_another_message_id_is_an_unknown_action() -> None:
    """The caller answers UnknownMessageId."""
    with pytest.raises(UnknownAction, match="no action 'Heartbeat'"):
        v16.decode_pnc_request("Heartbeat", "{}")


@pytest.mark.parametrize("data", ["", "{", "[]", "\udcff".encode("utf-8", "surrogatepass"), b"\xff"])
def test_data_that_is_no_json_object_is_a_violation(data: str | bytes) -> None:
    """Whatever a vendor puts there: a SchemaViolation, nothing else."""
    with pytest.raises(SchemaViolation):
        v16.decode_pnc_response("Authorize", data)
