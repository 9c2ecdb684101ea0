"""`pilotwire exi`: V2G messages of ISO 15118 and DIN SPEC 70121, from bytes and captures to something readable, and back."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from pilotwire.cli.exi_input import Capture, as_bytes, read_input
from pilotwire.cli.terminal import Failed, printable
from pilotwire.errors import ConfigError
from pilotwire.iso15118.exi import EncodeError, SchemaSet, TreeError, from_tree, to_tree
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.excerpt import bits_around
from pilotwire.iso15118.exi.facets import violations
from pilotwire.iso15118.exi.xml import from_xml, to_xml
from pilotwire.iso15118.recognize import PROTOCOLS, Conversation, Recognized, Unrecognized, payload_type_of, recognize
from pilotwire.iso15118.sdp import SdpFault, SdpRequest, SdpResponse, read_request, read_response
from pilotwire.iso15118.v2gtp import Frames, Message, PayloadType, Unknown, V2gtpFault, frame

verb = typer.Typer(
    help="Read and write V2G messages (EXI) of ISO 15118 and DIN SPEC 70121.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_NAMES: Final = ", ".join(PROTOCOLS)
_REQUESTS: Final = (PayloadType.SDP_REQUEST, PayloadType.SDP_REQUEST_WIRELESS)


class Form(StrEnum):
    """How bytes are written."""

    HEX = "hex"
    BASE64 = "base64"
    RAW = "raw"


Given = Annotated[
    list[str] | None,
    typer.Argument(metavar="INPUT", help="A file, the text itself, or `-`: standard input.", show_default=False),
]
Protocol = Annotated[str, typer.Option(help=f"Of which protocol it is: {_NAMES}. Without it that is found out.")]
Fragment = Annotated[bool, typer.Option("--fragment", help="It is a fragment, as signatures hash them.")]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A message ready to be shown. `facts` are told before it; `tree` and `xml` say the same."""

    facts: dict[str, Any]
    tree: dict[str, Any]
    xml: str
    remarks: tuple[str, ...] = ()


@verb.command()
def decode(
    given: Given = None,
    protocol: Protocol = "",
    fragment: Fragment = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; of several messages a line each.")] = False,
    as_xml: Annotated[bool, typer.Option("--xml", help="As XML with its namespaces.")] = False,
    keylog: Annotated[str, typer.Option(help="TLS secrets of a capture (SSLKEYLOGFILE).")] = "",
) -> None:
    """Show the messages in bytes (hexadecimal, base64, raw; with or without V2GTP header) or in a capture (pcap, pcapng)."""
    schemas = _schemas(protocol)
    if as_json and as_xml:
        raise ConfigError("--json and --xml exclude each other.", "Choose one.")
    data = read_input(" ".join(given or ["-"]))
    if isinstance(data, Capture):
        _show_capture(data, keylog, schemas, as_json, as_xml)
        return
    if keylog:
        raise ConfigError("A key log opens captures only.", "Leave --keylog out, or give a pcap or pcapng file.")
    found = list(_messages(as_bytes(data), schemas, fragment))
    for each in found:
        _show(each, as_json, as_xml, alone=len(found) == 1)


@verb.command()
def encode(
    given: Given = None,
    protocol: Protocol = "",
    fragment: Fragment = False,
    form: Annotated[Form, typer.Option(help="How the bytes are written.")] = Form.HEX,
    v2gtp: Annotated[bool, typer.Option("--v2gtp", help="With the V2GTP header.")] = False,
    payload_type: Annotated[str, typer.Option(help="Of the header, like 0x8002. Default: that of the protocol.")] = "",
) -> None:
    """Write a message, JSON (as `decode --json` shows it) or XML, as EXI."""
    schemas = _schemas(protocol)
    data = read_input(" ".join(given or ["-"]))
    if isinstance(data, Capture):
        raise ConfigError(f"{data.name} is a capture.", "Give JSON or XML, as `pilotwire exi decode` writes it.")
    chosen, message, name = _message_of(_text(data), schemas, fragment)
    try:
        stream = chosen.encode_fragment(message, name) if fragment else chosen.encode(message)
    except EncodeError as error:
        raise Failed(str(error), "Mend the element that is named.") from None
    if v2gtp or payload_type:
        stream = frame(_payload_type(payload_type, chosen), stream)
    if form is Form.RAW:
        sys.stdout.buffer.write(stream)
    else:
        typer.echo(stream.hex() if form is Form.HEX else b64encode(stream).decode())


# --- decoding --------------------------------------------------------------------------------------------------------------------


def _schemas(protocol: str) -> SchemaSet | None:
    if protocol and protocol.lower() not in PROTOCOLS:
        raise ConfigError(f"There is no protocol {protocol!r}.", f"Name one of {_NAMES}.")
    return PROTOCOLS[protocol.lower()] if protocol else None


def _messages(data: bytes, schemas: SchemaSet | None, fragment: bool) -> Iterator[_Shown]:
    """The message, or those behind V2GTP headers."""
    if not data.startswith(b"\x01\xfe"):
        found = _recognized(data, None, schemas, fragment)
        yield _shown(found, {"protocol": found.schemas.name, "bytes": len(data)})
        return
    frames, talk = Frames(), Conversation()
    frames.feed(data)
    try:
        for each in frames:
            yield _of_frame(each, talk, schemas, fragment)
    except V2gtpFault as fault:
        raise Failed(fault.what, fault.remedy) from None
    if frames.pending:
        what = f"The V2GTP message is cut short: {frames.pending} bytes are there, its header says more."
        raise Failed(what, "Copy it whole.")


def _of_frame(each: Message | Unknown, talk: Conversation, schemas: SchemaSet | None, fragment: bool) -> _Shown:
    if isinstance(each, Unknown):
        raise Failed(f"Payload type 0x{each.payload_type:04X} is not known.", "See whether the header is right.")
    kind, payload = each.payload_type, each.payload
    if kind.is_discovery:
        return _discovery(kind, payload)
    if schemas is not None or fragment:
        found = _recognized(payload, kind, schemas, fragment)
    else:
        try:
            found = talk.hear(kind, payload)
        except Unrecognized as error:
            raise _undecodable(error, payload) from None
    return _shown(
        found, {"protocol": found.schemas.name, "payload type": f"0x{kind:04X} {kind.name}", "bytes": len(payload)}
    )


def _recognized(data: bytes, kind: int | None, schemas: SchemaSet | None, fragment: bool) -> Recognized:
    try:
        return recognize(data, kind, among=(schemas,) if schemas else None, fragment=fragment)
    except Unrecognized as error:
        raise _undecodable(error, data) from None


def _undecodable(error: Unrecognized, data: bytes) -> Failed:
    """Where it went wrong, with the bits around; what else was tried."""
    if not data.startswith(b"\x80"):
        what = f"The bytes begin with 0x{data[:1].hex().upper()}, which no message does."
        return Failed(what, "EXI of V2G begins with 0x80, a V2GTP message with 0x01FE.")
    bits, caret = bits_around(data, error.best.position)
    return Failed(error.what, f"{bits}\n{caret} bit {error.best.position}.")


def _shown(found: Recognized, facts: dict[str, Any]) -> _Shown:
    schemas, message = found.schemas, found.message
    remarks = [str(each) for each in violations(message)]
    if not found.exact:
        remarks.append("Pilotwire would write it with other bytes: see `Tolerance` in the documentation.")
    tree = to_tree(schemas, message, found.name)
    return _Shown({**facts, "why": found.why}, tree, to_xml(schemas, message, found.name, indent=True), tuple(remarks))


def _discovery(kind: PayloadType, payload: bytes) -> _Shown:
    datagram = frame(kind, payload)
    try:
        found = read_request(datagram) if kind in _REQUESTS else read_response(datagram)
    except SdpFault as fault:
        raise Failed(fault.what, fault.remedy) from None
    name = "SECCDiscoveryReq" if kind in _REQUESTS else "SECCDiscoveryRes"
    tree = {name: _discovered(found)}
    return _Shown({"protocol": "SDP", "payload type": f"0x{kind:04X} {kind.name}", "bytes": len(payload)}, tree, "")


def _discovered(found: SdpRequest | SdpResponse) -> dict[str, Any]:
    said: dict[str, Any] = {"Security": found.security.name, "TransportProtocol": found.transport.name}
    if isinstance(found, SdpResponse):
        said = {"SECCIPAddress": str(found.address), "SECCPort": found.port, **said}
    if found.wireless is not None:
        said |= {name: str(getattr(found.wireless, name)) for name in found.wireless.__slots__}
    return said


def _show_capture(capture: Capture, keylog: str, schemas: SchemaSet | None, as_json: bool, as_xml: bool) -> None:
    recording, talks = capture.read(keylog), dict[int, Conversation]()
    failed = 0
    for each in recording.messages:
        where = {"time": each.at.isoformat(), "packet": each.number, "from": str(each.source), "to": str(each.target)}
        talk = talks.setdefault(each.connection, Conversation())
        try:
            message = _captured(each.payload_type, each.payload)
            shown = _of_frame(message, talk, schemas, fragment=False)
        except Failed as error:
            failed += 1
            typer.echo(printable(f"Packet {each.number}, {each.source} to {each.target}: {error}"), err=True)
            continue
        _show(_Shown({**where, **shown.facts}, shown.tree, shown.xml, shown.remarks), as_json, as_xml, alone=False)
    for note in recording.notes:
        typer.echo(printable(note), err=True)
    if not recording.messages:
        raise Failed(
            f"{capture.name} holds no V2G message that can be read.", "Capture the line between vehicle and station."
        )
    if failed:
        raise Failed(f"{failed} of {len(recording.messages)} messages could not be decoded.")


def _captured(kind: int, payload: bytes) -> Message | Unknown:
    try:
        return Message(PayloadType(kind), payload)
    except ValueError:
        return Unknown(kind, payload)


# --- showing ---------------------------------------------------------------------------------------------------------------------


def _show(shown: _Shown, as_json: bool, as_xml: bool, *, alone: bool) -> None:
    if as_json and alone:
        typer.echo(json.dumps(shown.tree, indent=2, ensure_ascii=False))
    elif as_json:
        typer.echo(json.dumps({**shown.facts, "message": shown.tree}, ensure_ascii=False))
    elif as_xml:
        typer.echo(shown.xml or f"<!-- {next(iter(shown.tree))} is no XML message -->", nl=not shown.xml)
    else:
        _draw(shown)
    if as_json or as_xml:
        for remark in shown.remarks:
            typer.echo(printable(remark), err=True)


def _draw(shown: _Shown) -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    ((name, content),) = shown.tree.items()
    root = Tree(Text(name, style="bold"))
    _branches(root, content)
    console = Console(soft_wrap=True)
    facts = dict(shown.facts)
    why = facts.pop("why", "")
    console.print(Text(printable(", ".join(f"{key} {value}" for key, value in facts.items())), style="dim"))
    if why:
        console.print(Text(printable(why), style="dim"))
    console.print(root)
    for remark in shown.remarks:
        console.print(Text(printable(remark), style="yellow"))


def _branches(node: Any, content: Any) -> None:
    from rich.text import Text

    for key, value in content.items():
        for place, item in enumerate(value if isinstance(value, list) else [value]):
            name = f"{key}[{place}]" if isinstance(value, list) else key
            if isinstance(item, dict):
                _branches(node.add(Text(name)), item)
            else:
                plain = json.dumps(item) if isinstance(item, bool) else str(item)
                node.add(Text(f"{name}: ").append(printable(plain), style="cyan"))


# --- encoding --------------------------------------------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"The input is no UTF-8 text (byte {error.start}).", "Give JSON or XML.") from None


def _message_of(text: str, schemas: SchemaSet | None, fragment: bool) -> tuple[SchemaSet, Element, str]:
    """The message, the schema set that takes it, and the name of its root."""
    if text.startswith("<"):
        name, reader = "", _xml_reader(text)
    else:
        tree = _json(text)
        name, reader = next(iter(tree), ""), _tree_reader(tree)
    sets = [schemas] if schemas else list(PROTOCOLS.values())
    if name and not any(each.fragment_class(name) if fragment else each.root(name) for each in sets):
        where = schemas.name if schemas else "any protocol"
        raise ConfigError(f"{name!r} is no root element of {where}.", 'A message is like {"V2G_Message": {...}}.')
    taken, refused = [], []
    for each in sets:
        cls = each.fragment_class(name) if fragment and name else None
        try:
            taken.append((each, reader(each, cls)))
        except TreeError as error:
            refused.append((each, error))
    if not taken:
        nearest, why = max(refused, key=lambda pair: pair[1].path.count("/"))
        raise Failed(f"As {nearest.name}: {why}", "Mend the element that is named, or say --protocol.")
    messages = {type(message).__module__: (each, message) for each, message in taken}
    if len(messages) > 1:
        names = [key for key, each in PROTOCOLS.items() if any(each is one for one, _ in taken)]
        raise ConfigError(f"The message fits several protocols: {', '.join(names)}.", "Say which with --protocol.")
    chosen, message = taken[0]
    return chosen, message, name or message.xsd.element or ""


def _json(text: str) -> dict[str, Any]:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"The input is neither JSON nor XML: {error}.", "Give what `exi decode --json` shows."
        ) from None
    if not isinstance(tree, dict) or len(tree) != 1:
        raise ConfigError("The JSON is no object with one root element.", 'It begins like {"V2G_Message": {...}}.')
    return tree


def _xml_reader(text: str) -> Any:
    return lambda schemas, cls: from_xml(schemas, text, cls)


def _tree_reader(tree: dict[str, Any]) -> Any:
    return lambda schemas, cls: from_tree(schemas, tree, cls)


def _payload_type(given: str, schemas: SchemaSet) -> int:
    if not given:
        return payload_type_of(schemas)
    try:
        number = int(given, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 0xFFFF:
        raise ConfigError(f"{given!r} is no payload type.", "It is a number of two bytes, like 0x8002.")
    return number
