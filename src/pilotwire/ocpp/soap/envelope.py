"""SOAP envelopes of OCPP-S, as bytes and as values (S16:3, S16:4). Nothing is read that could reach outside: no DTD, no entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from xml.etree.ElementTree import Element, ParseError, SubElement, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pilotwire.ocpp.soap.names import ADDRESSING, ADDRESSINGS, ANONYMOUS, NAMESPACES, SOAP, SOAP_11, Side, SoapVersion

FaultCode = Literal["Sender", "Receiver", "VersionMismatch", "MustUnderstand"]
"""Fault codes of SOAP 1.2 that are used here."""
REASON_MAX: Final = 500
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_TRUE: Final = frozenset({"true", "1"})
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

register_namespace("soap", SOAP)
register_namespace("wsa", ADDRESSING)
for (_version, _side), _namespace in NAMESPACES.items():
    register_namespace(f"{'cs' if _side == 'central-system' else 'cp'}{_version.value.replace('.', '')}", _namespace)


class Unreadable(Exception):
    """What came is no envelope that can be understood; `code` says whose fault and of what kind, `subcode` what OCPP calls it (S16:4)."""

    def __init__(self, what: str, code: FaultCode = "Sender", subcode: str = "ProtocolError") -> None:
        super().__init__(what)
        self.what = what
        self.code: FaultCode = code
        self.subcode = subcode


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault: `code` Sender: what was sent was wrong, Receiver: it could not be done; `subcode` as in S16:4 or of a peer's own."""

    code: str
    subcode: str
    reason: str


@dataclass(frozen=True, slots=True)
class Header:
    """The headers OCPP-S knows (S16:3); empty where a message had none. `address` is where the sender listens itself (wsa:From)."""

    identity: str = ""
    action: str = ""
    message_id: str = ""
    relates_to: str = ""
    address: str = ""
    reply_to: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as read: its headers, and the one element of its body."""

    header: Header
    body: Element


def read(data: bytes) -> Envelope:
    """Read an envelope. Raises Unreadable for anything else, and for a header that must be understood and is not."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Unreadable(f"the message has a document type or entities, which are not allowed: {error}") from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise Unreadable(f"the message is not well-formed XML: {error}") from None
    namespace, name = split(root.tag)
    if namespace == SOAP_11:
        raise Unreadable("OCPP-S is spoken in SOAP 1.2, not 1.1", "VersionMismatch")
    if (namespace, name) != (SOAP, "Envelope"):
        raise Unreadable(f"the message is a {shown(name)} element, no SOAP 1.2 envelope")
    bodies = root.findall(f"{{{SOAP}}}Body")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise Unreadable("the envelope must have one body with one element in it")
    return Envelope(_header(root.find(f"{{{SOAP}}}Header")), bodies[0][0])


def _header(header: Element | None) -> Header:
    found: dict[str, str] = {}
    for entry in () if header is None else header:
        namespace, name = split(entry.tag)
        field = _FIELDS.get(name.lower()) if namespace in ADDRESSINGS else None
        if name.lower() == "chargeboxidentity":  # case does not count (S16:3.3)
            found["identity"] = text_of(entry)
        elif field is not None:
            found.setdefault(field, _address(entry) if field in _ADDRESSES else text_of(entry))
        elif entry.get(f"{{{SOAP}}}mustUnderstand", "").strip() in _TRUE and namespace not in ADDRESSINGS:
            raise Unreadable(f"the header {shown(name)} must be understood, and is not", "MustUnderstand")
    return Header(**found)


_FIELDS: Final = {
    "action": "action",
    "messageid": "message_id",
    "relatesto": "relates_to",
    "from": "address",
    "replyto": "reply_to",
    "to": "to",
}
_ADDRESSES: Final = frozenset({"address", "reply_to"})


def _address(entry: Element) -> str:
    return next((text_of(child) for child in entry if split(child.tag)[1] == "Address"), "")


def read_fault(body: Element) -> Fault | None:
    """The fault in a body; None if it is something else."""
    if split(body.tag) != (SOAP, "Fault"):
        return None
    code = body.find(f"{{{SOAP}}}Code")
    value = subcode = ""
    if code is not None:
        value = _local(code.findtext(f"{{{SOAP}}}Value", ""))
        subcode = _local(code.findtext(f"{{{SOAP}}}Subcode/{{{SOAP}}}Value", ""))
    reason = body.findtext(f"{{{SOAP}}}Reason/{{{SOAP}}}Text", "").strip()
    return Fault(value, subcode, reason)


def write(version: SoapVersion, side: Side, header: Header, body: Element) -> bytes:
    """An envelope of a version to or from the service of `side`, with the headers that are set."""
    root = Element(f"{{{SOAP}}}Envelope")
    top = SubElement(root, f"{{{SOAP}}}Header")
    if header.identity:
        identity = SubElement(top, f"{{{NAMESPACES[version, side]}}}chargeBoxIdentity", _MUST)
        identity.text = header.identity
    _add(top, "Action", header.action, _MUST)
    _add(top, "MessageID", header.message_id)
    _add(top, "RelatesTo", header.relates_to)
    _add_address(top, "From", header.address)
    _add_address(top, "ReplyTo", header.reply_to, _MUST)
    _add(top, "To", header.to, _MUST)
    SubElement(root, f"{{{SOAP}}}Body").append(body)
    return _DECLARATION + tostring(root)


def fault_body(fault: Fault) -> Element:
    """The body of a fault response; the subcode is of the OCPP namespace (S16:4, errata 3.3)."""
    body = Element(f"{{{SOAP}}}Fault")
    code = SubElement(body, f"{{{SOAP}}}Code")
    SubElement(code, f"{{{SOAP}}}Value").text = f"soap:{fault.code}"
    if fault.subcode:
        subcode = SubElement(code, f"{{{SOAP}}}Subcode")
        value = SubElement(subcode, f"{{{SOAP}}}Value", {"xmlns:ocpp": NAMESPACES[SoapVersion.V16, "central-system"]})
        value.text = f"ocpp:{fault.subcode}"
    text = SubElement(SubElement(body, f"{{{SOAP}}}Reason"), f"{{{SOAP}}}Text", {_XML_LANG: "en"})
    text.text = printable(fault.reason)[:REASON_MAX]
    return body


_MUST: Final = {f"{{{SOAP}}}mustUnderstand": "true"}


def _add(top: Element, name: str, text: str, attributes: dict[str, str] | None = None) -> None:
    if text:
        SubElement(top, f"{{{ADDRESSING}}}{name}", attributes or {}).text = printable(text)


def _add_address(top: Element, name: str, address: str, attributes: dict[str, str] | None = None) -> None:
    if address:
        entry = SubElement(top, f"{{{ADDRESSING}}}{name}", attributes or {})
        SubElement(entry, f"{{{ADDRESSING}}}Address").text = printable(address)


def split(tag: object) -> tuple[str, str]:
    """The namespace and the local name of an element's tag; of a comment or instruction, two empty texts."""
    if not isinstance(tag, str):
        return "", ""
    if tag[:1] != "{":
        return "", tag
    namespace, _, name = tag[1:].partition("}")
    return namespace, name


def text_of(element: Element) -> str:
    """The text of an element without space around it."""
    return (element.text or "").strip()


def printable(text: str) -> str:
    """Text with what XML 1.0 cannot hold replaced: most control characters, halves of surrogate pairs."""
    if text.isprintable():
        return text
    return "".join(
        c if c in "\t\n\r" or "\x20" <= c < "\ud800" or "\ue000" <= c < "\ufffe" or c > "\uffff" else "?" for c in text
    )


def shown(text: str) -> str:
    """Text of the peer for a sentence: not too long."""
    return repr(printable(text[:60]))


def _local(name: str) -> str:
    return name.strip().rpartition(":")[2]


__all__ = [
    "ANONYMOUS",
    "Envelope",
    "Fault",
    "FaultCode",
    "Header",
    "Unreadable",
    "fault_body",
    "read",
    "read_fault",
    "split",
    "write",
]
