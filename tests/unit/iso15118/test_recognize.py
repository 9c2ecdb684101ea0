"""Messages are recognized without being told of which protocol they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilotwire.iso15118 import codecs, iso2, sap
from pilotwire.iso15118.exi.excerpt import bits_around
from pilotwire.iso15118.recognize import PROTOCOLS, Conversation, Unrecognized, is_message, payload_type_of, recognize
from pilotwire.iso15118.v2gtp import PayloadType

FOLDER = Path(__file__).parents[2] / "vectors/iso15118/exi"
SETUP = iso2.V2G_Message(
    header=iso2.MessageHeader(session_id=bytes(8)),
    body=iso2.Body(body_element=iso2.SessionSetupReq(evcc_id=bytes(6))),
)


@pytest.mark.parametrize("name", ["sap", "din", "iso2", "iso20_common", "iso20_ac", "iso20_dc", "iso20_wpt"])
def test_bytes_alone_are_enough(name: str) -> None:
    """Of every message that has something in it; an empty one of ACDP is one of CommonMessages as well."""
    for row in map(json.loads, (FOLDER / f"{name}.jsonl").read_text().splitlines()):
        found = recognize(bytes.fromhex(row["exi"]))
        assert found.schemas is getattr(codecs, row["codec"]), row["case"]
        assert found.exact
        assert is_message(found.message)


def test_the_payload_type_says_it_where_it_can() -> None:
    """In sessions of all protocols."""
    for row in map(json.loads, (FOLDER / "sessions.jsonl").read_text().splitlines()):
        if row.get("fragment"):
            continue
        found = recognize(bytes.fromhex(row["exi"]), int(row["payload_type"], 0))
        assert found.schemas is getattr(codecs, row["codec"])


def test_a_request_for_a_certificate_with_the_payload_type_of_iso_15118_2() -> None:
    """One vehicle in use sends that of -20 so."""
    for row in map(json.loads, (FOLDER / "iso20_common.jsonl").read_text().splitlines()):
        if row["message"] == "CertificateInstallationReq":
            assert recognize(bytes.fromhex(row["exi"]), 0x8001).schemas is codecs.ISO20_COMMON


def test_a_conversation_remembers_what_was_agreed() -> None:
    """By the SchemaID of the answer."""
    talk = Conversation()
    offer = sap.AppProtocol(
        protocol_namespace=iso2.DEF.uri, version_number_major=2, version_number_minor=0, schema_id=3, priority=1
    )
    talk.hear(0x8001, codecs.SAP.encode(sap.supportedAppProtocolReq(app_protocol=[offer])))
    answer = sap.supportedAppProtocolRes(response_code="OK_SuccessfulNegotiation", schema_id=3)
    talk.hear(0x8001, codecs.SAP.encode(answer))
    found = talk.hear(0x8001, codecs.ISO2.encode(SETUP))
    assert (found.schemas, found.why) == (codecs.ISO2, "It was agreed on in this connection.")
    found = talk.hear(0x8001, codecs.SAP.encode(answer))
    assert found.schemas is codecs.SAP, "what the agreed one does not take may still be another"


def test_what_is_written_otherwise_is_not_exact() -> None:
    """Bytes left over."""
    stream = codecs.ISO2.encode(SETUP)
    assert recognize(stream).exact
    assert not recognize(stream + b"\0").exact


def test_nothing_takes_the_bytes() -> None:
    """The error is of the protocol that came furthest with a message, and of which else were tried."""
    stream = codecs.ISO2.encode(SETUP)[:-3]
    with pytest.raises(Unrecognized) as caught:
        recognize(stream, 0x8001)
    assert (caught.value.schemas, caught.value.best.position) == (codecs.ISO2, 110), "where the bytes of EVCCID begin"
    assert {each.name for each, _ in caught.value.tried} == {
        "SupportedAppProtocol", "DIN SPEC 70121", "ISO 15118-2", "ISO 15118-20 CommonMessages",
    }  # fmt: skip


def test_each_protocol_has_a_payload_type() -> None:
    """That of its main stream."""
    assert {name: payload_type_of(schemas) for name, schemas in PROTOCOLS.items() if name != "xmldsig"} == {
        "sap": PayloadType.EXI,
        "iso2": PayloadType.EXI,
        "din": PayloadType.EXI,
        "iso20": PayloadType.MAIN,
        "iso20-ac": PayloadType.AC,
        "iso20-dc": PayloadType.DC,
        "iso20-acdp": PayloadType.ACDP,
        "iso20-wpt": PayloadType.WPT,
    }


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (0, ("byte 0: 00000000 00000001 00000010 00000011 ...", "        ^")),
        (31, ("byte 0: 00000000 00000001 00000010 00000011 00000100 00000101 00000110 ...", " " * 42 + "^")),
        (80, ("byte 7: ... 00000111 00001000 00001001 (end)", " " * 39 + "^")),
    ],
)
def test_bits_around_a_place(position: int, expected: tuple[str, str]) -> None:
    """The mark stands under the bit; past the last one at the end."""
    assert bits_around(bytes(range(10)), position) == expected
