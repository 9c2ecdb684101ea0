"""Which protocol a message is of: by its payload type, by what was negotiated, else by which schema set it fits best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pilotwire.errors import PilotwireError
from pilotwire.iso15118 import codecs, din, iso2, sap
from pilotwire.iso15118.codecs import BY_NAMESPACE
from pilotwire.iso15118.exi import DecodeError, EncodeError, SchemaSet
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.facets import violations
from pilotwire.iso15118.iso20.common_types import V2GMessage
from pilotwire.iso15118.v2gtp import PayloadType

PROTOCOLS: Final[Mapping[str, SchemaSet]] = {
    "sap": codecs.SAP,
    "iso2": codecs.ISO2,
    "din": codecs.DIN,
    "iso20": codecs.ISO20_COMMON,
    "iso20-ac": codecs.ISO20_AC,
    "iso20-dc": codecs.ISO20_DC,
    "iso20-acdp": codecs.ISO20_ACDP,
    "iso20-wpt": codecs.ISO20_WPT,
    "xmldsig": codecs.XMLDSIG,
}
"""What people call the schema sets, in the order in which they are tried."""
_BY_TYPE: Final[Mapping[int, tuple[SchemaSet, ...]]] = {
    PayloadType.EXI: (codecs.SAP, codecs.ISO2, codecs.DIN, codecs.ISO20_COMMON),
    PayloadType.MAIN: (codecs.ISO20_COMMON,),
    PayloadType.AC: (codecs.ISO20_AC,),
    PayloadType.DC: (codecs.ISO20_DC,),
    PayloadType.ACDP: (codecs.ISO20_ACDP,),
    PayloadType.WPT: (codecs.ISO20_WPT,),
    PayloadType.SCHEDULE_RENEGOTIATION: (codecs.ISO20_COMMON,),
    PayloadType.METERING_CONFIRMATION: (codecs.ISO20_COMMON,),
    PayloadType.ACDP_SYSTEM_STATUS: (codecs.ISO20_ACDP,),
    PayloadType.PARKING_STATUS: (codecs.ISO20_COMMON, codecs.ISO20_WPT),
}
"""-20 in 0x8001 is wrong, but one vehicle in use sends its CertificateInstallationReq so."""
_OWN_TYPE: Final[Mapping[str, PayloadType]] = {
    codecs.ISO20_COMMON.name: PayloadType.MAIN,
    codecs.ISO20_AC.name: PayloadType.AC,
    codecs.ISO20_DC.name: PayloadType.DC,
    codecs.ISO20_ACDP.name: PayloadType.ACDP,
    codecs.ISO20_WPT.name: PayloadType.WPT,
}


class Unrecognized(PilotwireError):
    """No schema set takes the bytes. `tried` says of each why; `best` is that of a message that could be read furthest."""

    def __init__(self, tried: Sequence[tuple[SchemaSet, DecodeError]]) -> None:
        self.tried = tuple(tried)
        self.schemas, self.best = max(tried, key=_nearness)
        others = [each.name for each, _ in tried if each is not self.schemas]
        also = f" Nor is it {', '.join(others)}." if others else ""
        super().__init__(f"As {self.schemas.name}: {self.best.what}{also}")


@dataclass(frozen=True, slots=True)
class Recognized:
    """A message with its schema set. `why` is a sentence on how that was found; `exact`: we would write the same bytes."""

    schemas: SchemaSet
    message: Element
    why: str
    exact: bool
    name: str | None = None
    """The name of the element, of a fragment only."""


def payload_type_of(schemas: SchemaSet) -> PayloadType:
    """The payload type of the main stream of a schema set."""
    return _OWN_TYPE.get(schemas.name, PayloadType.EXI)


def recognize(
    stream: bytes,
    payload_type: int | None = None,
    *,
    among: Sequence[SchemaSet] | None = None,
    fragment: bool = False,
) -> Recognized:
    """The message of a stream. `among`: only these schema sets. Raises Unrecognized."""
    sets = tuple(among or _BY_TYPE.get(payload_type or 0, tuple(PROTOCOLS.values())))
    tried, found = [], []
    for schemas in sets:
        try:
            found.append(_read(schemas, stream, fragment))
        except DecodeError as error:
            tried.append((schemas, error))
    if not found:
        raise Unrecognized(tried)
    best = max(found, key=lambda each: _fitness(each, fragment))
    return Recognized(
        best.schemas, best.message, _why(best, found, payload_type, among, len(sets)), best.exact, best.name
    )


def _read(schemas: SchemaSet, stream: bytes, fragment: bool) -> Recognized:
    if not fragment:
        message = schemas.decode(stream)
        return Recognized(schemas, message, "", _written(schemas, message, None) == stream)
    message, name = schemas.decode_fragment(stream), schemas.fragment_name(stream)
    return Recognized(schemas, message, "", _written(schemas, message, name) == stream, name)


def _written(schemas: SchemaSet, message: Element, name: str | None) -> bytes:
    """What we would write; nothing for what we would not (a list that is too long)."""
    try:
        return schemas.encode(message) if name is None else schemas.encode_fragment(message, name)
    except EncodeError:
        return b""


def _fitness(found: Recognized, fragment: bool) -> tuple[bool, bool, bool]:
    """Messages before other elements, what is written as we would before the rest, then what keeps all lengths. First come first served."""
    return fragment or is_message(found.message), found.exact, not violations(found.message)


def _nearness(tried: tuple[SchemaSet, DecodeError]) -> tuple[bool, int]:
    schemas, error = tried
    root = schemas.root(error.path[0]) if error.path else None
    return root is not None and issubclass(root, _WHOLE), error.position


_WHOLE: Final = (
    sap.supportedAppProtocolReq,
    sap.supportedAppProtocolRes,
    iso2.V2G_Message,
    din.V2G_Message,
    V2GMessage,
)


def is_message(element: Element) -> bool:
    """Whether it is one that is sent, not only a part of one."""
    return isinstance(element, _WHOLE)


def _why(
    best: Recognized,
    found: Sequence[Recognized],
    payload_type: int | None,
    among: Sequence[SchemaSet] | None,
    tried: int,
) -> str:
    others = [each.schemas.name for each in found if each.schemas is not best.schemas]
    if tried == 1:
        return "It was asked for." if among else f"Payload type 0x{payload_type or 0:04X} is of this protocol."
    where = "" if payload_type is None else f" of payload type 0x{payload_type:04X}"
    if not others:
        return f"No other protocol{where} takes these bytes."
    return f"It fits best{where}; the bytes could be read as {', '.join(others)} too."


class Conversation:
    """Remembers what two sides agreed on, so that payload type 0x8001 is read as that."""

    def __init__(self) -> None:
        self._offers: dict[int, str] = {}
        self._agreed: SchemaSet | None = None

    def hear(self, payload_type: int, payload: bytes) -> Recognized:
        """The next message, of either side. Raises Unrecognized."""
        found = self._agreed_one(payload) if payload_type == PayloadType.EXI else None
        found = found or recognize(payload, payload_type)
        message = found.message
        if isinstance(message, sap.supportedAppProtocolReq):
            self._offers = {each.schema_id: each.protocol_namespace for each in message.app_protocol}
        elif isinstance(message, sap.supportedAppProtocolRes) and message.schema_id is not None:
            self._agreed = BY_NAMESPACE.get(self._offers.get(message.schema_id, ""))
        return found

    def _agreed_one(self, payload: bytes) -> Recognized | None:
        if self._agreed is None:
            return None
        try:
            found = _read(self._agreed, payload, fragment=False)
        except DecodeError:
            return None
        return Recognized(found.schemas, found.message, "It was agreed on in this connection.", found.exact)
