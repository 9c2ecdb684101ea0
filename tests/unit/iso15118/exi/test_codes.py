"""Widths and codes of events, against figures worked out by hand from the schemas."""

from __future__ import annotations

from random import Random

import pytest

from pilotwire.iso15118 import codecs, din, iso2, sap, xmldsig
from pilotwire.iso15118.exi import SchemaSet
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.grammar import END, START, grammar
from pilotwire.iso15118.exi.shapes import fields
from tests.support.exi_instances import Maker

ROOTS = [
    (codecs.SAP, 2, 2, {"supportedAppProtocolReq": 0, "supportedAppProtocolRes": 1}),
    (codecs.DIN, 81, 7, {"V2G_Message": 77}),
    (codecs.ISO2, 80, 7, {"V2G_Message": 76}),
    (
        codecs.ISO20_COMMON, 54, 6,
        {
            "AuthorizationReq": 0, "AuthorizationRes": 1, "AuthorizationSetupReq": 2, "AuthorizationSetupRes": 3,
            "CertificateInstallationReq": 7, "CertificateInstallationRes": 8, "MeteringConfirmationReq": 16,
            "MeteringConfirmationRes": 17, "PowerDeliveryReq": 21, "PowerDeliveryRes": 22, "ScheduleExchangeReq": 27,
            "ScheduleExchangeRes": 28, "ServiceDetailReq": 29, "ServiceDetailRes": 30, "ServiceDiscoveryReq": 31,
            "ServiceDiscoveryRes": 32, "ServiceSelectionReq": 33, "ServiceSelectionRes": 34, "SessionSetupReq": 35,
            "SessionSetupRes": 36, "SessionStopReq": 37, "SessionStopRes": 38, "VehicleCheckInReq": 49,
            "VehicleCheckInRes": 50, "VehicleCheckOutReq": 51, "VehicleCheckOutRes": 52,
        },
    ),
    (
        codecs.ISO20_AC, 42, 6,
        {
            "AC_ChargeLoopReq": 2, "AC_ChargeLoopRes": 3,
            "AC_ChargeParameterDiscoveryReq": 4, "AC_ChargeParameterDiscoveryRes": 5,
        },
    ),
    (codecs.ISO20_DC, 48, 6, {"DC_CableCheckReq": 11, "DC_CableCheckRes": 12, "DC_WeldingDetectionRes": 20}),
    (
        codecs.ISO20_ACDP, 34, 6,
        {
            "ACDP_ConnectReq": 0, "ACDP_ConnectRes": 1, "ACDP_DisconnectReq": 2, "ACDP_DisconnectRes": 3,
            "ACDP_SystemStatusReq": 4, "ACDP_SystemStatusRes": 5, "ACDP_VehiclePositioningReq": 6,
            "ACDP_VehiclePositioningRes": 7,
        },
    ),
    (codecs.ISO20_WPT, 38, 6, {"WPT_AlignmentCheckReq": 25, "WPT_PairingRes": 36}),
]  # fmt: skip
"""Of each schema set: its global elements, the bits of a root's code, codes of roots."""

FRAGMENTS = [
    (codecs.XMLDSIG, 45, 6, {"SignedInfo": 32}),
    (
        codecs.ISO2, 243, 8,
        {
            "AuthorizationReq": 4, "CertificateInstallationReq": 15, "CertificateUpdateReq": 17,
            "ContractSignatureCertChain": 33, "ContractSignatureEncryptedPrivateKey": 34, "DHpublickey": 45,
            "MeteringReceiptReq": 121, "SalesTariff": 174, "SignedInfo": 208, "eMAID": 236,
        },
    ),
    (
        codecs.ISO20_COMMON, 281, 9,
        {
            "AbsolutePriceSchedule": 0, "OEMProvisioningCertificateChain": 128, "PnC_AReqAuthorizationMode": 151,
            "PriceLevelSchedule": 167, "SignedInfo": 230, "SignedInstallationData": 231, "SignedMeteringData": 232,
        },
    ),
    (codecs.DIN, 245, 8, {"ContractAuthenticationReq": 28, "SignedInfo": 212}),
    (codecs.ISO20_AC, 154, 8, {"SignedInfo": 135}),
    (codecs.ISO20_DC, 149, 8, {"SignedInfo": 129}),
]  # fmt: skip
"""Of each schema set: the elements that are declared, the bits of a fragment's code, codes of elements; the end is one after SE(*)."""

BODIES = [
    (codecs.ISO2, iso2, {"AuthorizationReq": 0, "SessionSetupReq": 29, "WeldingDetectionRes": 34, None: 35}),
    (codecs.DIN, din, {"CableCheckReq": 1, "SessionSetupReq": 29, "WeldingDetectionRes": 34, None: 35}),
]
"""Six bits: 34 messages, the abstract BodyElement (2 in -2, 0 in DIN), and the end of an empty body."""

AFTER = [
    (xmldsig.CanonicalizationMethod, "algorithm", 2, ["*", END]),
    (xmldsig.DigestMethod, "algorithm", 2, ["*", END]),
    (xmldsig.SignatureMethod, "algorithm", 3, ["hmac_output_length", "*", END]),
    (xmldsig.Transform, "algorithm", 3, ["x_path", "*", END]),
    (xmldsig.Reference, None, 3, ["id", "type", "uri", "transforms", "digest_method"]),
    (xmldsig.SignedInfo, None, 2, ["id", "canonicalization_method"]),
    (xmldsig.Signature, None, 2, ["id", "signed_info"]),
    (xmldsig.Signature, "signature_value", 2, ["key_info", "object", END]),
    (xmldsig.SignatureValue, None, 2, ["id", "value"]),
]
"""What may follow a place of a signature, in the order of its codes, `*` a wildcard; mixed content takes a code after these."""


def bits(stream: bytes, start: int, width: int) -> int:
    """Some bits of a stream, as a number."""
    return int.from_bytes(stream, "big") >> (8 * len(stream) - start - width) & (1 << width) - 1


def some(schemas: SchemaSet, cls: type[Element]) -> Element:
    """An instance with nothing in it that need not be."""
    return Maker(schemas, Random(1), full=False).make(cls)


@pytest.mark.parametrize(("schemas", "elements", "width", "codes"), ROOTS, ids=lambda one: getattr(one, "name", ""))
def test_codes_of_roots(schemas: SchemaSet, elements: int, width: int, codes: dict[str, int]) -> None:
    """All global elements of the schema set count, those of signatures too; the last code is SE(*)."""
    assert elements.bit_length() == width
    for name, code in codes.items():
        cls = schemas.root(name)
        assert cls is not None
        stream = schemas.encode(some(schemas, cls))
        assert (stream[0], bits(stream, 8, width)) == (0x80, code), name


@pytest.mark.parametrize(("schemas", "elements", "width", "codes"), FRAGMENTS, ids=lambda one: getattr(one, "name", ""))
def test_codes_of_fragments(schemas: SchemaSet, elements: int, width: int, codes: dict[str, int]) -> None:
    """An element counts once, however often it is declared."""
    assert len(schemas.fragment_names) == elements
    assert (elements + 1).bit_length() == width
    for name, code in codes.items():
        held = (one.struct for cls in schemas.classes for one in fields(cls) if one.local == name and one.struct)
        cls = schemas.root(name) or next(held)
        stream = schemas.encode_fragment(some(schemas, cls), name)
        assert bits(stream, 8, width) == code, name
        assert _ends_with(stream, elements + 1, width), name


def _ends_with(stream: bytes, end: int, width: int) -> bool:
    """Whether a code is the last thing in a stream, but for fewer than eight zeros."""
    total = 8 * len(stream)
    return any(
        bits(stream, total - rest - width, width) == end and bits(stream, total - rest, rest) == 0 for rest in range(8)
    )


@pytest.mark.parametrize(("schemas", "module", "codes"), BODIES, ids=["ISO2", "DIN"])
def test_codes_of_bodies(schemas: SchemaSet, module: object, codes: dict[str | None, int]) -> None:
    """Behind root, Header with a session id of eight bytes and nothing else, and Body."""
    place = 8 + 7 + 1 + 3 + 8 + 64 + 2 + 1
    for name, code in codes.items():
        inside = {} if name is None else {"body_element": some(schemas, getattr(module, name))}
        message = module.V2G_Message(  # type: ignore[attr-defined]
            header=module.MessageHeader(session_id=bytes(8)),
            body=module.Body(**inside),  # type: ignore[attr-defined]
        )
        assert bits(schemas.encode(message), place, 6) == code, name


@pytest.mark.parametrize(("cls", "place", "width", "expected"), AFTER, ids=lambda one: getattr(one, "__name__", ""))
def test_what_may_follow_in_a_signature(
    cls: type[Element], place: str | None, width: int, expected: list[str | int]
) -> None:
    """The escape to the second level has a code too."""
    made = grammar(cls, {})
    names = {position.index: position.field.name if position.field else "*" for position in made.positions}
    state = START if place is None else next(index for index, name in names.items() if name == place)
    following = made.after(state)
    assert [END if index == END else names[index] for index, _ in made.codes(following)] == expected
    assert made.width(following) == width


def test_a_request_worked_out_by_hand() -> None:
    """SupportedAppProtocol: header, root, AppProtocol, ProtocolNamespace, its CH, 25 + 2 characters, `u`."""
    offer = sap.AppProtocol(
        protocol_namespace="urn:din:70121:2012:MsgDef",
        version_number_major=2,
        version_number_minor=0,
        schema_id=1,
        priority=1,
    )
    stream = codecs.SAP.encode(sap.supportedAppProtocolReq(app_protocol=[offer]))
    assert f"{bits(stream, 0, 29):029b}" == "10000000" + "00" + "0" + "0" + "0" + "00011011" + "01110101"
