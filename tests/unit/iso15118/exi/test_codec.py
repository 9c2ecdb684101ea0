"""What the codec promises of any message and any bytes, and what it says where it cannot."""

from __future__ import annotations

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.iso15118 import codecs, din, iso2, sap, xmldsig
from pilotwire.iso15118.exi import DecodeError, EncodeError, SchemaSet, TreeError, from_tree, to_tree
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.facets import violations
from pilotwire.iso15118.exi.xml import from_xml, to_xml
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20 import common_types as ct
from pilotwire.iso15118.iso20 import dc
from tests.support.exi_instances import Impossible, Maker, names_in_fragments

SETS = {name: each for name, each in vars(codecs).items() if isinstance(each, SchemaSet)}
OFFER = sap.AppProtocol(
    protocol_namespace="urn:din:70121:2012:MsgDef",
    version_number_major=2,
    version_number_minor=0,
    schema_id=1,
    priority=1,
)


def _possible(schemas: SchemaSet) -> list[type[Element]]:
    """Classes that can be made without foreign content, and can stand in a fragment."""
    found = []
    for cls in schemas.classes:
        try:
            Maker(schemas, Random(1), full=False).make(cls)
        except Impossible:
            continue
        if not cls.xsd.abstract and names_in_fragments(schemas, cls):
            found.append(cls)
    return found


def written(stream: bytes) -> str:
    """The bits of a stream."""
    return f"{int.from_bytes(stream, 'big'):b}"


def packed(bits: str) -> bytes:
    """The stream of some bits."""
    return int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big")


# --- any message -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_every_structure_survives_with_the_least_and_the_most_in_it(name: str) -> None:
    """As a fragment, under each of its names."""
    schemas = SETS[name]
    for cls in _possible(schemas):
        for full in (False, True):
            element = Maker(schemas, Random(cls.__name__), full=full, longest=4).make(cls)
            for under in names_in_fragments(schemas, cls):
                assert schemas.decode_fragment(schemas.encode_fragment(element, under)) == element, under


@pytest.mark.parametrize("name", SETS)
def test_whatever_is_encoded_is_decoded_again(name: str) -> None:
    """Any instance of any structure: as bytes, as a tree, and as a document if it is a root."""
    schemas = SETS[name]
    classes = _possible(schemas)
    examples = max(len(classes) // 2, 20)

    @settings(max_examples=examples, deadline=None)
    @given(st.sampled_from(classes), st.randoms(use_true_random=False))
    def check(cls: type[Element], chance: Random) -> None:
        try:
            element = Maker(schemas, chance).make(cls)
        except Impossible:
            return
        under = names_in_fragments(schemas, cls)[0]
        assert schemas.decode_fragment(schemas.encode_fragment(element, under)) == element
        assert from_tree(schemas, to_tree(schemas, element), cls) == element
        if schemas.root(cls.xsd.element or "") is cls:
            assert schemas.decode(schemas.encode(element)) == element

    check()


def test_lists_as_long_as_they_may_be() -> None:
    """1024 entries of a schedule; after the last there is no code for one more."""
    entry = cm.PowerScheduleEntry(duration=60, power=ct.RationalNumber(exponent=0, value=11))
    entries = cm.PowerScheduleEntryList(power_schedule_entry=[entry] * 1024)
    stream = codecs.ISO20_COMMON.encode_fragment(entries, "PowerScheduleEntries")
    assert codecs.ISO20_COMMON.decode_fragment(stream) == entries


def test_a_codec_can_be_prepared_before_the_first_message() -> None:
    """Nothing is made later: a message is as quick the first time as the second."""
    fresh = SchemaSet("ISO 15118-2", iso2, xmldsig)
    fresh.prepare()
    message = Maker(fresh, Random(3), full=True).make(iso2.V2G_Message)
    stream = codecs.ISO2.encode(message)
    with mock.patch("builtins.compile", side_effect=AssertionError("a function was made")):
        assert fresh.encode(message) == stream
        assert fresh.decode(stream) == message


def test_several_threads_may_use_a_codec_at_once() -> None:
    """Also while its functions are being made, which is at first use."""
    fresh = SchemaSet("ISO 15118-2", iso2, xmldsig)
    messages = [Maker(fresh, Random(n)).make(iso2.V2G_Message) for n in range(40)]
    streams = [codecs.ISO2.encode(each) for each in messages]

    def work(place: int) -> bool:
        return all(
            fresh.decode(streams[n % 40]) == messages[n % 40] and fresh.encode(messages[n % 40]) == streams[n % 40]
            for n in range(place, place + 60)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(0, 400, 10)))


# --- any bytes -------------------------------------------------------------------------------------------------------------------


def _read(schemas: SchemaSet, stream: bytes) -> None:
    """Decode, as a document and as a fragment. A refusal says a place in the stream."""
    for decode in (schemas.decode, schemas.decode_fragment):
        wrong = None
        try:
            decode(stream)
        except DecodeError as error:
            wrong = error
        assert wrong is None or (0 <= wrong.position <= 8 * len(stream) and wrong.reason)


@pytest.mark.parametrize("name", SETS)
def test_every_bit_may_be_wrong_and_every_byte_missing(name: str) -> None:
    """A message comes out, or an error that says where: nothing else."""
    schemas, chance = SETS[name], Random(name)
    cls = chance.choice([one for one in _possible(schemas) if schemas.root(one.xsd.element or "") is one])
    stream = schemas.encode(Maker(schemas, chance).make(cls))
    for place in range(min(8 * len(stream), 2000)):
        flipped = bytearray(stream)
        flipped[place // 8] ^= 0x80 >> place % 8
        _read(schemas, bytes(flipped))
    for length in range(min(len(stream), 300)):
        with pytest.raises(DecodeError):
            schemas.decode(stream[:length])


@pytest.mark.parametrize("name", SETS)
def test_noise_is_read_or_refused(name: str) -> None:
    """Behind a good header, so that it gets somewhere."""
    schemas, chance = SETS[name], Random(name)
    for _ in range(300):
        _read(schemas, b"\x80" + chance.randbytes(chance.choice((0, 1, 10, 100, 1000))))


def test_a_stream_that_is_made_to_be_slow_is_not() -> None:
    """As long as a V2GTP message may be: tens of thousands of items, of hits, a long text with one odd character."""
    cases = [
        codecs.XMLDSIG.encode_fragment(xmldsig.KeyInfo(key_name=["a"] * 20_000), "KeyInfo"),
        codecs.XMLDSIG.encode_fragment(xmldsig.KeyInfo(mgmt_data=[""] * 32_000), "KeyInfo"),
        codecs.XMLDSIG.encode_fragment(xmldsig.KeyInfo(key_name=["a" * 65_000 + "ä"]), "KeyInfo"),
        _literals_and_hits(),
    ]
    for stream in cases:
        began = time.process_time()
        codecs.XMLDSIG.decode_fragment(stream)
        assert time.process_time() - began < 5, "a tenth of a second where reading is linear"


def test_a_length_takes_no_memory_before_it_is_believed() -> None:
    """Four bytes promise 256 MiB."""
    stream = packed("10000000" + "1001100" + "0" * 3 + "11111111" * 3 + "01111111" + "0" * 64)
    tracemalloc.start()
    with pytest.raises(DecodeError, match="longer than the stream"):
        codecs.ISO2.decode(stream)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200_000


def _literals_and_hits() -> bytes:
    """8192 key names, then 8192 hits for the last of them."""
    number = 8192
    start = codecs.XMLDSIG.encode_fragment(
        xmldsig.KeyInfo(key_name=[chr(65 + n % 26) for n in range(number)]), "KeyInfo"
    )
    item = 4 + 1 + 8 + 8 + 1  # SE, CH, length, character, EE
    end = 8 + 6 + item * number  # behind header and code of the fragment
    hit = "0000" + "0" + "00000000" + "1" * 13 + "0"
    return packed(written(start)[:end] + hit * number + written(start)[end : end + 4 + 6])


# --- what is tolerated -----------------------------------------------------------------------------------------------------------


def _setup(session: bytes = bytes(8)) -> iso2.V2G_Message:
    body = iso2.Body(body_element=iso2.SessionSetupReq(evcc_id=bytes(6)))
    return iso2.V2G_Message(header=iso2.MessageHeader(session_id=session), body=body)


def test_bytes_after_the_end_are_no_part_of_the_message() -> None:
    """Some peers fill up."""
    stream = codecs.ISO2.encode(_setup())
    assert codecs.ISO2.decode(stream + b"\x00\xff") == _setup()


def test_an_empty_value_may_come_as_an_undeclared_end() -> None:
    """The escape (1), then the first event of the second level (000), instead of a length."""
    bits = written(codecs.ISO2.encode(_setup(b"")))
    place = 8 + 7 + 1 + 1
    assert bits[place : place + 10] == "0" + "00000000" + "0", "CH, no bytes, EE"
    other = bits[:place] + "1000" + bits[place + 10 :]
    stream = packed(other)
    assert codecs.ISO2.decode(stream) == _setup(b"")


def test_another_event_of_the_second_level_is_refused_where_it_is() -> None:
    """A declared type, or an attribute nobody knows."""
    bits = written(codecs.ISO2.encode(_setup(b"")))
    place = 8 + 7 + 1 + 1
    other = bits[:place] + "1001" + bits[place + 10 :]
    stream = packed(other)
    with pytest.raises(DecodeError, match="an event that the schema does not have here") as caught:
        codecs.ISO2.decode(stream)
    assert place <= caught.value.position <= place + 4
    assert caught.value.path == ("V2G_Message", "MessageHeader")


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("001", "xsi:type"),
        ("010", "xsi:nil"),
        ("011", "an attribute that is not declared"),
        ("100", "an attribute whose value is not of its type"),
        ("101", "an element that is not declared"),
        ("110", "text where none is declared"),
        ("111", "here"),
    ],
)
def test_what_is_not_declared_is_told_by_its_name(code: str, what: str) -> None:
    """In the place of a value; the end (000) means that it is empty."""
    bits = written(codecs.ISO2.encode(_setup(b"")))
    place = 8 + 7 + 1 + 1
    with pytest.raises(DecodeError, match="an event that the schema does not have here") as caught:
        codecs.ISO2.decode(packed(bits[:place] + "1" + code + bits[place + 10 :]))
    assert what in caught.value.reason


def _literal(text: str, extra: int = 0) -> str:
    return "".join(f"{byte:08b}" for byte in (len(text) + extra, *text.encode()))


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (
            "011" + "000" + _literal("urn:x") + _literal("Note", 1),
            "the element {urn:x}Note where the schema allows any",
        ),
        ("011" + "101" + _literal("Note", 1), "the element {http://www.w3.org/2000/09/xmldsig#}Note where"),
        ("011" + "101" + "00000000", "xmldsig#}(a name of its schema) where"),
        ("011" + "111", "the element whose name cannot be read where"),
        ("011" + "000" + "11111111" * 20, "the element whose name cannot be read where"),
        ("011" + "000" + _literal("\x1b[2J") + _literal("Note", 1), "the element whose name cannot be read where"),
        ("101" + _literal("hello", 2), "text between elements, which the schema allows"),
        ("110" + "010" + "001" + _literal("Lang", 1), "not declared, {}Lang"),
        ("110" + "100" + "000" + _literal("urn:x") + _literal("Note", 1), "not declared, {urn:x}Note"),
        ("111", "an event that the schema does not have here"),
    ],
)
def test_content_of_other_schemas_is_told_by_its_name(event: str, what: str) -> None:
    """An Object of a signature may hold any element and text: valid, and not carried. It is refused in words, wherever it ends."""
    bits = written(codecs.XMLDSIG.encode_fragment(xmldsig.Object()))[: 8 + 6]
    with pytest.raises(DecodeError) as caught:
        codecs.XMLDSIG.decode_fragment(packed(bits + event + "0" * 64))
    assert what in caught.value.reason
    assert caught.value.path == ("Object",)


def test_a_list_without_its_end_is_read_and_its_length_is_told() -> None:
    """Twenty-one offers are one too many for the schema; a peer whose grammar has no end can send them."""
    bits = written(codecs.SAP.encode_fragment(sap.supportedAppProtocolReq(app_protocol=[OFFER])))
    start = 8 + 4 + 1
    size = (3 + 8 + 8 * 25) + (3 + 8) * 3 + (3 + 5) + 1  # SE, CH, value and EE of each element, EE
    item = bits[start : start + size]
    stream = packed(bits[: start + size] + ("00" + item) * 20 + "01" + "1010")
    message = codecs.SAP.decode_fragment(stream)
    assert message == sap.supportedAppProtocolReq(app_protocol=[OFFER] * 21)
    assert [str(each) for each in violations(message)] == [
        "supportedAppProtocolReq/AppProtocol: it occurs 21 times, at most 20 are allowed."
    ]


# --- messages of ours that are wrong ---------------------------------------------------------------------------------------------


def _with(**changes: Any) -> sap.supportedAppProtocolReq:
    return sap.supportedAppProtocolReq(app_protocol=[OFFER, msgspec.structs.replace(OFFER, **changes)])


POWER = iso2.PhysicalValue(multiplier=0, unit="W", value=1)
HEADER = ct.MessageHeader(session_id=bytes(8), time_stamp=0)
EIM, PNC = (
    cm.EIM_AReqAuthorizationMode(),
    cm.PnC_AReqAuthorizationMode(
        id="a",
        gen_challenge=bytes(16),
        contract_certificate_chain=cm.ContractCertificateChain(
            certificate=b"", sub_certificates=cm.SubCertificates(certificate=[b""])
        ),
    ),
)
WRONG: dict[str, tuple[SchemaSet, Any, str, str]] = {
    "missing": (codecs.SAP, _with(priority=None), "supportedAppProtocolReq/AppProtocol[1]/Priority", "it is missing"),
    "of another type": (
        codecs.SAP, _with(protocol_namespace=5), "supportedAppProtocolReq/AppProtocol[1]/ProtocolNamespace",
        "it must be a string, not int",
    ),
    "a number that is a text": (
        codecs.SAP, _with(schema_id="1"), "supportedAppProtocolReq/AppProtocol[1]/SchemaID", "it must be an integer, not str",
    ),
    "out of range": (codecs.SAP, _with(priority=21), "supportedAppProtocolReq/AppProtocol[1]/Priority", "21 is not between 1 and 20"),
    "out of a big range": (
        codecs.SAP, _with(version_number_major=-1), "supportedAppProtocolReq/AppProtocol[1]/VersionNumberMajor",
        "-1 is not between 0 and 4294967295",
    ),
    "none of the values": (
        codecs.SAP, sap.supportedAppProtocolRes(response_code="OK"), "supportedAppProtocolRes/ResponseCode",  # type: ignore[arg-type]
        "'OK' is none of OK_SuccessfulNegotiation, OK_SuccessfulNegotiationWithMinorDeviation, Failed_NoNegotiation",
    ),
    "too many": (
        codecs.SAP, sap.supportedAppProtocolReq(app_protocol=[OFFER] * 21), "supportedAppProtocolReq/AppProtocol",
        "it occurs 21 times, allowed are 1 to 20",
    ),
    "too few": (
        codecs.SAP, sap.supportedAppProtocolReq(app_protocol=[]), "supportedAppProtocolReq/AppProtocol",
        "it occurs 0 times, allowed are 1 to 20",
    ),
    "no list": (
        codecs.SAP, sap.supportedAppProtocolReq(app_protocol=OFFER), "supportedAppProtocolReq/AppProtocol",  # type: ignore[arg-type]
        "it must be a list, not AppProtocol",
    ),
    "a text for a list of texts": (
        codecs.XMLDSIG, xmldsig.KeyInfo(key_name="abc"), "KeyInfo/KeyName", "it must be a list, not str",  # type: ignore[arg-type]
    ),
    "two of a choice": (
        codecs.ISO20_COMMON,
        cm.AuthorizationReq(
            header=HEADER, selected_authorization_service="EIM", eim_areq_authorization_mode=EIM, pnc_areq_authorization_mode=PNC,
        ),
        "AuthorizationReq",
        "these elements may not stand together, or one is missing: Header, SelectedAuthorizationService, "
        "EIM_AReqAuthorizationMode, PnC_AReqAuthorizationMode",
    ),
    "none of a choice": (
        codecs.ISO20_COMMON,
        cm.AuthorizationReq(header=HEADER, selected_authorization_service="EIM"),
        "AuthorizationReq",
        "these elements may not stand together, or one is missing: Header, SelectedAuthorizationService",
    ),
    "a structure of another protocol": (
        codecs.ISO2,
        iso2.V2G_Message(
            header=iso2.MessageHeader(session_id=b""),
            body=iso2.Body(body_element=iso2.PreChargeReq(
                dc_ev_status=iso2.DC_EVStatus(ev_ready=True, ev_error_code="NO_ERROR", evress_soc=5),
                ev_target_voltage=din.PhysicalValue(multiplier=0, unit="V", value=1),  # type: ignore[arg-type]
                ev_target_current=POWER,
            )),
        ),
        "V2G_Message/Body/PreChargeReq/EVTargetVoltage",
        "it must be PhysicalValue, not PhysicalValue of another schema",
    ),
    "a surrogate": (codecs.SAP, _with(protocol_namespace="\ud800"), "supportedAppProtocolReq/AppProtocol[1]/ProtocolNamespace",
                    "it has a character that Unicode does not have"),
    "no root": (codecs.SAP, OFFER, "AppProtocol", "it is no root element of SupportedAppProtocol"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_message_is_refused_with_the_path_of_the_element(case: str) -> None:
    """And what is wrong there, in words."""
    schemas, message, path, reason = WRONG[case]
    with pytest.raises(EncodeError) as caught:
        schemas.encode(message)
    assert (caught.value.path, caught.value.reason) == (path, reason)


def test_a_truth_value_is_true_or_false() -> None:
    """A text would be true to Python."""
    status = iso2.DC_EVStatus(ev_ready="false", ev_error_code="NO_ERROR", evress_soc=5)  # type: ignore[arg-type]
    with pytest.raises(EncodeError, match="EVReady cannot be encoded: it must be true or false, not str"):
        codecs.ISO2.encode_fragment(status, "DC_EVStatus")


TREES: dict[str, tuple[Any, str, str]] = {
    "no object": ([], "the tree", "a tree has one root element"),
    "two roots": ({"a": {}, "b": {}}, "the tree", "a tree has one root element"),
    "unknown root": ({"x": {}}, "x", "it is no root element of SupportedAppProtocol"),
    "value for an object": ({"supportedAppProtocolRes": 1}, "supportedAppProtocolRes", "it has children and must be an object"),
    "missing": ({"supportedAppProtocolRes": {}}, "supportedAppProtocolRes/ResponseCode", "it is missing"),
    "unknown element": (
        {"supportedAppProtocolRes": {"ResponseCode": "Failed_NoNegotiation", "x": 1}}, "supportedAppProtocolRes/x",
        "supportedAppProtocolRes has no such element or attribute",
    ),
    "no list": ({"supportedAppProtocolReq": {"AppProtocol": {}}}, "supportedAppProtocolReq/AppProtocol",
                "it may occur more than once and must be a list"),
    "too few": ({"supportedAppProtocolReq": {"AppProtocol": []}}, "supportedAppProtocolReq/AppProtocol",
                "it occurs 0 times, at least 1 are needed"),
    "inside a list": (
        {"supportedAppProtocolReq": {"AppProtocol": [{"ProtocolNamespace": "a", "VersionNumberMajor": 1.5}]}},
        "supportedAppProtocolReq/AppProtocol[0]/VersionNumberMajor", "it must be an integer, not float",
    ),
    "a value that does not exist": (
        {"supportedAppProtocolRes": {"ResponseCode": "OK"}}, "supportedAppProtocolRes/ResponseCode",
        "'OK' is none of OK_SuccessfulNegotiation, OK_SuccessfulNegotiationWithMinorDeviation, Failed_NoNegotiation",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TREES)
def test_a_wrong_tree_is_refused_with_the_path_of_the_element(case: str) -> None:
    """And what is wrong there, in words."""
    tree, path, reason = TREES[case]
    with pytest.raises(TreeError) as caught:
        from_tree(codecs.SAP, tree)
    assert (caught.value.path, caught.value.reason) == (path, reason)


@pytest.mark.parametrize(
    ("content", "where", "reason"),
    [
        ({"SessionID": "0G"}, "SessionID", "it is not hexadecimal"),
        ({"SessionID": 5}, "SessionID", "it must be hexadecimal digits"),
    ],
)
def test_bytes_in_a_tree_are_text(content: dict[str, Any], where: str, reason: str) -> None:
    """Hexadecimal or base64, as the schema says."""
    with pytest.raises(TreeError) as caught:
        from_tree(codecs.ISO2, {"V2G_Message": {"Header": content, "Body": {}}})
    assert (caught.value.path, caught.value.reason) == (f"V2G_Message/Header/{where}", reason)


def test_two_members_of_a_substitution_group_cannot_share_a_place() -> None:
    """A body has one message."""
    body = {"SessionSetupReq": {"EVCCID": "00"}, "SessionStopReq": {"ChargingSession": "Terminate"}}
    with pytest.raises(TreeError, match="another element already stands in its place"):
        from_tree(codecs.ISO2, {"V2G_Message": {"Header": {"SessionID": ""}, "Body": body}})


# --- facets ----------------------------------------------------------------------------------------------------------------------


def test_lengths_are_read_leniently_and_told() -> None:
    """With the path of each, lists counted from 0."""
    message = _setup(bytes(9))
    assert codecs.ISO2.decode(codecs.ISO2.encode(message)) == message
    assert [str(each) for each in violations(message)] == [
        "V2G_Message/Header/SessionID: it has 9 bytes, at most 8 are allowed."
    ]
    offer = msgspec.structs.replace(OFFER, protocol_namespace="x" * 101)
    (found,) = violations(sap.supportedAppProtocolReq(app_protocol=[OFFER, offer]))
    assert (found.path, found.reason) == (
        "supportedAppProtocolReq/AppProtocol[1]/ProtocolNamespace",
        "it has 101 characters, at most 100 are allowed",
    )
    header = ct.MessageHeader(session_id=b"", time_stamp=0)
    (found,) = violations(dc.DC_CableCheckReq(header=header))
    assert found.reason == "it has 0 bytes, exactly 8 are allowed"
    details = iso2.Body(
        body_element=iso2.PaymentDetailsReq(
            emaid="short", contract_signature_cert_chain=iso2.CertificateChain(certificate=b"")
        )
    )
    (found,) = violations(iso2.V2G_Message(header=iso2.MessageHeader(session_id=b""), body=details))
    assert (found.path, found.reason) == (
        "V2G_Message/Body/PaymentDetailsReq/eMAID",
        "it has 5 characters, at least 14 are allowed",
    )


# --- XML -------------------------------------------------------------------------------------------------------------------------


def test_xml_for_people() -> None:
    """A line an element, prefixes declared at the root."""
    assert to_xml(codecs.ISO2, _setup(b"\xab"), indent=True) == (
        '<v2g:V2G_Message xmlns:body="urn:iso:15118:2:2013:MsgBody" xmlns:v2g="urn:iso:15118:2:2013:MsgDef" '
        'xmlns:hdr="urn:iso:15118:2:2013:MsgHeader">\n'
        "  <v2g:Header>\n    <hdr:SessionID>AB</hdr:SessionID>\n  </v2g:Header>\n"
        "  <v2g:Body>\n    <body:SessionSetupReq>\n      <body:EVCCID>000000000000</body:EVCCID>\n"
        "    </body:SessionSetupReq>\n  </v2g:Body>\n</v2g:V2G_Message>\n"
    )


def test_what_xml_cannot_hold_is_replaced_and_what_it_can_is_escaped() -> None:
    """Markup, line ends, and a character that XML has no way to write."""
    message = sap.supportedAppProtocolReq(
        app_protocol=[msgspec.structs.replace(OFFER, protocol_namespace="<&>\r\n\x00")]
    )
    text = to_xml(codecs.SAP, message)
    assert "&lt;&amp;&gt;&#13;\n\N{REPLACEMENT CHARACTER}" in text
    (offer,) = from_xml(codecs.SAP, text).app_protocol  # type: ignore[attr-defined]
    assert offer.protocol_namespace == "<&>\r\n\N{REPLACEMENT CHARACTER}"


BAD_XML = {
    "no XML": ("<a", "the document", "it is no XML that is taken"),
    "an entity": ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "the document", "it is no XML that is taken"),
    "another root": ("<a/>", "a", "has no such root element in the namespace (none)"),
    "another element": (
        '<v:V2G_Message xmlns:v="urn:iso:15118:2:2013:MsgDef"><v:Heading/></v:V2G_Message>',
        "V2G_Message/Heading",
        "has no such element in the namespace urn:iso:15118:2:2013:MsgDef",
    ),
    "text among elements": (
        '<v:V2G_Message xmlns:v="urn:iso:15118:2:2013:MsgDef">text</v:V2G_Message>', "V2G_Message", "it has text among its elements",
    ),
    "an attribute": (
        '<v:V2G_Message a="b" xmlns:v="urn:iso:15118:2:2013:MsgDef"/>', "V2G_Message/a", "V2G_Message has no such attribute",
    ),
    "nothing in it": ('<v:V2G_Message xmlns:v="urn:iso:15118:2:2013:MsgDef"/>', "V2G_Message/Header", "it is missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_XML)
def test_wrong_xml_is_refused_with_the_path_of_the_element(case: str) -> None:
    """Entities and document types are never read."""
    text, path, reason = BAD_XML[case]
    with pytest.raises(TreeError) as caught:
        from_xml(codecs.ISO2, text)
    assert caught.value.path == path
    assert reason in caught.value.reason
