"""Every parser of bytes from outside: what it is fed, and the errors it may raise. Anything else is a fault of ours."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pilotwire.ca import est
from pilotwire.doctor.conversation.judge import Judge
from pilotwire.doctor.probes import hello, http
from pilotwire.doctor.profiles.load import read_profile
from pilotwire.doctor.readers.anything import read_any
from pilotwire.doctor.readers.tls_hello import read_client_hello
from pilotwire.doctor.readers.v2g import read_v2g
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.iso15118 import codecs
from pilotwire.iso15118.exi import DecodeError, SchemaSet, TreeError
from pilotwire.iso15118.exi.xml import from_xml
from pilotwire.iso15118.v2gtp import frame
from pilotwire.ocpp.frame import read_frame
from pilotwire.ocpp.net.handshake import Unreadable as UnreadableRequest
from pilotwire.ocpp.net.handshake import basic_credentials, identity_in
from pilotwire.ocpp.registry import ACTIONS, decode_request, decode_response
from pilotwire.ocpp.soap import codec
from pilotwire.ocpp.soap.envelope import Unreadable as UnreadableEnvelope
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation
from pilotwire.pki import PkiFault, make_request, read_certificates, read_crl, read_csr, read_key, read_ocsp
from pilotwire.pki.ocsp import read_request as read_ocsp_request
from pilotwire.simulator.fleet import read_scenario
from tests.support.certificates import chain, csr
from tests.support.doctor_captures import Talk, conversation, pcap, pcapng

Errors = tuple[type[Exception], ...]


@dataclass(frozen=True)
class Target:
    """A parser. `seeds` are good inputs, from which bad ones are made; `errors` are what it may say to those."""

    name: str
    feed: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    errors: Errors = ()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# --- OCPP --------------------------------------------------------------------------------------------------------------------

FRAMES = (
    b'[2,"19223201","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    b'[3,"19223201",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}]',
    b'[4,"1","NotImplemented","",{}]',
    b'[5,"1","FormatViolation","",{}]',
    b'[6,"1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[{"t":0,"v":"1"}]}]',
)
PAYLOADS = (
    b'{"chargingStation":{"vendorName":"V","model":"M"},"reason":"PowerUp"}',
    b'{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{"value":"1.5","unit":"Wh"}]}]}',
    b'{"evseId":0,"chargingProfile":{"id":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile",'
    b'"chargingProfileKind":"Absolute","chargingSchedule":[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":6.0}]}]}}',
)


def _frame(version: OcppVersion) -> Callable[[bytes], object]:
    return lambda data: read_frame(data, version)


def _payload(version: OcppVersion) -> Callable[[bytes], object]:
    names = sorted(ACTIONS[version])

    def feed(data: bytes) -> None:
        action = names[sum(data) % len(names)]
        for decode in (decode_request, decode_response):
            try:
                decode(version, action, data)
            except SchemaViolation:
                continue

    return feed


ENVELOPE = (
    b'<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing" '
    b'xmlns:c="urn://Ocpp/Cs/2015/10/"><s:Header><c:chargeBoxIdentity>CS-1</c:chargeBoxIdentity><a:Action>/Heartbeat</a:Action>'
    b"<a:MessageID>urn:uuid:1</a:MessageID><a:From><a:Address>http://127.0.0.1:1/</a:Address></a:From></s:Header>"
    b"<s:Body><c:heartbeatRequest/></s:Body></s:Envelope>",
)


def _soap(data: bytes) -> object:
    return codec.read_call(data).message


def _request_line(data: bytes) -> None:
    basic_credentials(_text(data), "CS-1")
    identity_in(_text(data))


# --- ISO 15118 ---------------------------------------------------------------------------------------------------------------

_EXI = Path(__file__).parents[1] / "vectors" / "iso15118" / "exi"
_CODECS = {
    "SAP": "sap",
    "DIN": "din",
    "ISO2": "iso2",
    "ISO20_COMMON": "iso20_common",
    "ISO20_AC": "iso20_ac",
    "ISO20_DC": "iso20_dc",
}
_CODECS |= {"ISO20_ACDP": "iso20_acdp", "ISO20_WPT": "iso20_wpt", "XMLDSIG": "fragments"}


@cache
def _streams(name: str) -> Sequence[bytes]:
    lines = (_EXI / f"{_CODECS[name]}.jsonl").read_text("utf-8").splitlines()
    return tuple(bytes.fromhex(row["exi"]) for row in map(json.loads, lines) if row["codec"] == name)


def _exi(name: str) -> Target:
    schemas: SchemaSet = getattr(codecs, name)
    decode = schemas.decode_fragment if name == "XMLDSIG" else schemas.decode
    return Target(f"EXI {schemas.name}", decode, lambda: _streams(name), (DecodeError,))


V2G = (
    b'<v:V2G_Message xmlns:v="urn:iso:15118:2:2013:MsgDef" xmlns:h="urn:iso:15118:2:2013:MsgHeader" '
    b'xmlns:b="urn:iso:15118:2:2013:MsgBody"><v:Header><h:SessionID>00</h:SessionID></v:Header>'
    b"<v:Body><b:SessionSetupReq><b:EVCCID>001122</b:EVCCID></b:SessionSetupReq></v:Body></v:V2G_Message>",
)


# --- certificates ------------------------------------------------------------------------------------------------------------


@cache
def _ocsp_request() -> bytes:
    own, *above = read_certificates(chain())
    return make_request(own, above[0])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- the doctor --------------------------------------------------------------------------------------------------------------

LOGS = (
    b"2026-01-01 10:00:00,123 [INFO ] de.rwth.idsg.steve.ocpp.ws.WebSocketLogger (qtp-1) - [chargeBoxId=CS-1, sessionId=ab] Received: "
    b'[2,"1","Heartbeat",{}]\n'
    b'2026-01-01 10:00:00,150 [INFO ] x - [chargeBoxId=CS-1, sessionId=ab] Sending: [3,"1",{"currentTime":"2026-01-01T10:00:00Z"}]\n',
    b'INFO:ocpp:CS-1: receive message [2,"1","Heartbeat",{}]\nINFO:ocpp:CS-1: send [3,"1",{"currentTime":"2026-01-01T10:00:00Z"}]\n',
    b'{"timestamp":"2026-01-01T10:00:00Z","station":"CS-1","direction":"in","message":[2,"1","Heartbeat",{}]}\n',
)


@cache
def _captures() -> Sequence[bytes]:
    packets = conversation().packets
    made = (pcap(packets), pcapng([(1, packets)]))
    return (*made, gzip.compress(made[0]))


@cache
def _v2g_captures() -> Sequence[bytes]:
    talk = Talk(("fe80::1", 50_001), ("fe80::2", 50_002)).open()
    for up in (True, False):
        talk.say(up, frame(0x8001, _streams("ISO2")[0]))
    return pcap(talk.packets), pcapng([(1, talk.packets)])


def _record(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "record"
        file.write_bytes(data)
        judge = Judge()
        for heard in read_any(str(file)).heard:
            judge.hear(heard)
        judge.finish()


def _talk(data: bytes) -> None:
    hello.Listener().hear(data)


@cache
def _client_hello() -> bytes:
    return hello.client_hello(
        hello.Offer(0x0303, (0xC02B, 0x1301), b"r" * 32, "csms.example.org", (0,), share=b"s" * 32)
    )


def _profile(data: bytes) -> None:
    read_profile(_text(data), "a file")


def _scenario(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "day.yaml"
        file.write_bytes(data)
        read_scenario(file)


_YAML = b"name: x\ntitle: x\nsource: x\ntls: {versions: [TLSv1.2]}\ncertificates: {subject: [{attribute: CN, matches: '.+'}]}\n"
_DAY = b"fleet:\n  - kind: ac\n    share: 1.0\narrivals:\n  rate: 4\n"
_HTTP = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"


def _every() -> Sequence[Target]:
    frames = [Target(f"frame {v}", _frame(v), lambda: FRAMES) for v in OcppVersion]
    payloads = [Target(f"payload {v}", _payload(v), lambda: PAYLOADS) for v in OcppVersion]
    return (
        *frames,
        *payloads,
        *map(_exi, _CODECS),
        Target("XML of V2G messages", lambda d: from_xml(codecs.ISO2, _text(d)), lambda: V2G, (TreeError,)),
        Target("SOAP envelope", _soap, lambda: ENVELOPE, (UnreadableEnvelope, SchemaViolation)),
        Target(
            "request line and credentials",
            _request_line,
            lambda: (b"/ocpp/CS-1", b"Basic Q1MtMTpwdw=="),
            (UnreadableRequest,),
        ),
        Target("PEM certificates", lambda d: read_certificates(_text(d)), lambda: (chain().encode(),), (PkiFault,)),
        Target("PEM request", lambda d: read_csr(_text(d)), lambda: (csr().encode(),), (PkiFault,)),
        Target(
            "PEM key",
            read_key,
            lambda: (b"-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n",),
            (PkiFault,),
        ),
        Target(
            "CRL",
            read_crl,
            lambda: (b"-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n", b"\x30\x82\x01\x00"),
            (PkiFault,),
        ),
        Target("OCSP request", read_ocsp_request, lambda: (_ocsp_request(),), (PkiFault,)),
        Target("OCSP response", lambda d: read_ocsp(_base64(d)), lambda: (b"\x30\x03\x0a\x01\x01",), (PkiFault,)),
        Target("EST request", est.read_request, lambda: (est.write_request(csr()), csr().encode()), (PkiFault,)),
        Target(
            "EST answer",
            est.read_certificates,
            lambda: (est.write_certificates(read_certificates(chain())),),
            (PkiFault,),
        ),
        Target("captures", _record, _captures, (ConfigError,)),
        Target("V2G captures", lambda d: read_v2g(io.BytesIO(d)), _v2g_captures),
        Target("logs", _record, lambda: LOGS, (ConfigError,)),
        Target("ClientHello", read_client_hello, lambda: (_client_hello()[9:],), (ValueError,)),
        Target(
            "ServerHello",
            _talk,
            lambda: (b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", b"\x15\x03\x03\x00\x02\x02\x28"),
            (hello.Garbled,),
        ),
        Target("HTTP answer", http.read_answer, lambda: (_HTTP,), (http.NotHttp,)),
        Target("platform profile", _profile, lambda: (_YAML,), (ConfigError,)),
        Target("fleet scenario", _scenario, lambda: (_DAY,), (PilotwireError,)),
    )


TARGETS = {each.name: each for each in _every()}
