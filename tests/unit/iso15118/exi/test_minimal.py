"""The least message of every kind is valid."""

from __future__ import annotations

import pytest

from pilotwire.iso15118 import codecs, din, iso2
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.exi.schemas import SchemaSet

SETS = (
    codecs.SAP, codecs.DIN, codecs.ISO2, codecs.ISO20_COMMON, codecs.ISO20_AC, codecs.ISO20_DC, codecs.ISO20_ACDP, codecs.ISO20_WPT,
)  # fmt: skip


@pytest.mark.parametrize("schemas", SETS, ids=lambda one: one.name)
def test_the_least_of_every_message_encodes_and_decodes(schemas: SchemaSet) -> None:
    kinds = [cls for cls in schemas.classes if not cls.xsd.abstract and cls.xsd.type.endswith(("ResType", "ReqType"))]
    assert kinds or schemas is codecs.SAP
    for cls in kinds:
        made = minimal(schemas, cls)
        if schemas is codecs.DIN:
            made = din.V2G_Message(header=din.MessageHeader(session_id=b"1"), body=din.Body(body_element=made))
        elif schemas is codecs.ISO2:
            made = iso2.V2G_Message(header=iso2.MessageHeader(session_id=b"1"), body=iso2.Body(body_element=made))
        assert schemas.decode(schemas.encode(made)) == made


def test_what_is_given_is_taken() -> None:
    made = minimal(codecs.ISO2, iso2.PowerDeliveryRes, response_code="FAILED_ContactorError")
    assert made.response_code == "FAILED_ContactorError"
