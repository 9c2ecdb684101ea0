"""SupportedAppProtocol (ISO 15118-2, 8.2): which protocol is spoken from here on."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from pilotwire.iso15118.exi.builtin import UnsignedInt
from pilotwire.iso15118.exi.declare import Declared, Element, Integer, Namespace, Occurs, Text

APP = Namespace("urn:iso:15118:2:2010:AppProtocol", "app", elements=False, attributes=False)

Id = Annotated[int, Integer(low=0, high=255)]
Priority = Annotated[int, Integer(low=1, high=20)]
ProtocolName = Annotated[str, Text(most=30)]
ProtocolNamespace = Annotated[str, Text(most=100)]
ResponseCode = Literal["OK_SuccessfulNegotiation", "OK_SuccessfulNegotiationWithMinorDeviation", "Failed_NoNegotiation"]


class AppProtocol(Element, kw_only=True):
    """`AppProtocolType`."""

    xsd = Declared(APP, "AppProtocolType")
    protocol_namespace: ProtocolNamespace = field(name="ProtocolNamespace")
    version_number_major: UnsignedInt = field(name="VersionNumberMajor")
    version_number_minor: UnsignedInt = field(name="VersionNumberMinor")
    schema_id: Id = field(name="SchemaID")
    priority: Priority = field(name="Priority")


class supportedAppProtocolReq(Element, kw_only=True):
    """EVCC → SECC: which protocol is spoken from here on."""

    xsd = Declared(APP, "supportedAppProtocolReq", element="supportedAppProtocolReq")
    app_protocol: Annotated[list[AppProtocol], Occurs(1, 20)] = field(name="AppProtocol")


class supportedAppProtocolRes(Element, kw_only=True):
    """SECC → EVCC: which protocol is spoken from here on."""

    xsd = Declared(APP, "supportedAppProtocolRes", element="supportedAppProtocolRes")
    response_code: ResponseCode = field(name="ResponseCode")
    schema_id: Id | None = field(default=None, name="SchemaID")
