"""Streams of real and reference codecs: the bytes, the message, its tree and its XML are the same thing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import canonicalize

import pytest

from pilotwire.iso15118 import codecs
from pilotwire.iso15118.exi import DecodeError, SchemaSet, from_tree, to_tree
from pilotwire.iso15118.exi.facets import violations
from pilotwire.iso15118.exi.xml import from_xml, to_xml

FOLDER = Path(__file__).parents[3] / "vectors/iso15118/exi"
DOCUMENTS = ("sap", "din", "iso2", "iso20_common", "iso20_ac", "iso20_dc", "iso20_acdp", "iso20_wpt", "edge")
MESSAGES = {
    "sap": 2,
    "din": 34,
    "iso2": 34,
    "iso20_common": 26,
    "iso20_ac": 4,
    "iso20_dc": 10,
    "iso20_acdp": 8,
    "iso20_wpt": 12,
}
"""How many messages each protocol has."""
Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    """The vectors of a file."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def _codec(row: Row) -> SchemaSet:
    found: SchemaSet = getattr(codecs, row["codec"])
    return found


def _about(row: Row) -> str:
    return f"{row['codec']} {row['message']} ({row.get('case') or row.get('reason')})"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_read_and_written_byte_for_byte(name: str) -> None:
    """And their trees, both ways."""
    for row in rows(name):
        schemas, stream, about = _codec(row), bytes.fromhex(row["exi"]), _about(row)
        message = schemas.decode(stream)
        assert to_tree(schemas, message) == row["tree"], about
        again = from_tree(schemas, row["tree"])
        assert again == message, about
        assert schemas.encode(again) == stream, about


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_of_a_protocol_has_vectors(name: str) -> None:
    """At least two each, the least and the most that may be in it."""
    cases: dict[str, set[str]] = {}
    for row in rows(name):
        cases.setdefault(row["message"], set()).add(row["case"].split()[0])
    assert len(cases) == MESSAGES[name]
    assert all({"minimal", "all-optional"} <= found for found in cases.values())


@pytest.mark.parametrize("name", DOCUMENTS[:-1])
def test_documents_are_the_same_as_xml(name: str) -> None:
    """With the namespaces of the schemas; only the prefixes are ours."""
    seen = 0
    for row in rows(name):
        if "xml" not in row:
            continue
        schemas, seen = _codec(row), seen + 1
        message = schemas.decode(bytes.fromhex(row["exi"]))
        ours, theirs = (canonicalize(each, rewrite_prefixes=True) for each in (to_xml(schemas, message), row["xml"]))
        assert ours == theirs, _about(row)
        assert from_xml(schemas, row["xml"]) == message, _about(row)
        assert from_xml(schemas, to_xml(schemas, message, indent=True)) == message, _about(row)
    assert seen >= MESSAGES[name]


def test_fragments_as_signatures_hash_them() -> None:
    """Both directions; `XMLDSIG` is the schema of signatures alone."""
    for row in rows("fragments"):
        schemas, stream = _codec(row), bytes.fromhex(row["exi"])
        ((name, _),) = row["tree"].items()
        element = schemas.decode_fragment(stream)
        assert to_tree(schemas, element, name) == row["tree"], _about(row)
        assert from_tree(schemas, row["tree"], type(element)) == element, _about(row)
        assert schemas.encode_fragment(element, name) == stream, _about(row)


def test_sessions_from_the_first_message_to_the_last() -> None:
    """Whole charging sessions, with the fragments that were signed."""
    for row in rows("sessions"):
        schemas, stream = _codec(row), bytes.fromhex(row["exi"])
        ((name, _),) = row["tree"].items()
        message = schemas.decode_fragment(stream) if row.get("fragment") else schemas.decode(stream)
        assert to_tree(schemas, message, name) == row["tree"], _about(row)
        if row.get("byte_exact", True):
            again = schemas.encode_fragment(message, name) if row.get("fragment") else schemas.encode(message)
            assert again == stream, _about(row)


def test_what_other_stacks_write_is_understood() -> None:
    """Hits in string tables, undeclared ends, lists without their end, bytes left over: each is read, one is refused in words.

    `may`: a clean refusal would do.
    """
    refused = {}
    for row in rows("decode_only"):
        schemas, stream = _codec(row), bytes.fromhex(row["exi"])
        try:
            message = schemas.decode_fragment(stream) if row.get("fragment") else schemas.decode(stream)
        except DecodeError as error:
            refused[row["case"].split()[0]] = error.reason
            assert row["accept"] == "may", _about(row)
            continue
        assert row["tree"] is None or to_tree(schemas, message) == row["tree"], _about(row)
    assert sorted(refused) == ["unknown", "xsi:type"], "an unknown element and a declared type are refused"
    assert "an element that is not declared, {urn:iso:15118:2:2013:MsgBody}NewElem" in refused["unknown"]
    assert "xsi:type" in refused["xsi:type"]


def test_what_is_broken_is_refused_where_it_is_broken() -> None:
    """Wrong headers, codes and indexes, lengths that promise too much, streams cut short."""
    for row in rows("invalid"):
        schemas, stream = _codec(row), bytes.fromhex(row["exi"])
        with pytest.raises(DecodeError) as caught:
            schemas.decode_fragment(stream) if row.get("fragment") else schemas.decode(stream)
        assert 0 <= caught.value.position <= 8 * len(stream), _about(row)
        assert caught.value.reason, _about(row)


def test_vectors_break_no_facet() -> None:
    """Values are as long as the schemas allow: what `violations` says of other messages is no false alarm."""
    for name in DOCUMENTS[:-1]:
        for row in rows(name):
            assert violations(_codec(row).decode(bytes.fromhex(row["exi"]))) == [], _about(row)
