"""The SECC discovery protocol: how a vehicle finds the address and port of the station (ISO 15118-2 and -20, 7.10.1).

The vehicle sends a request to `MULTICAST` and `PORT`; the station answers to the sender with an IPv6 address, a TCP port and the security
it will really use. Pure: bytes in and out, time is an argument; the datagrams are sent in `pilotwire.iso15118.net`.

Over PLC a request has 2 bytes and a response 20. The wireless kind of ISO 15118-20 (ACDP, WPT) adds who is to be paired with whom.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from ipaddress import IPv6Address
from typing import Final

from pilotwire.errors import MisuseError, PilotwireError
from pilotwire.iso15118.v2gtp import Message, PayloadType, V2gtpFault, frame, read_datagram

MULTICAST: Final = "ff02::1"
"""All nodes of the link."""
PORT: Final = 15118
DYNAMIC_PORTS: Final = range(49_152, 65_536)
"""Where the ports of vehicles and stations are (IANA's dynamic ports)."""
INTERVAL: Final = 0.25
"""Seconds between two requests."""
MOST_REQUESTS: Final = 50
ONGOING_LIMIT: Final = 60.0
"""Seconds a station may answer that pairing is ongoing (V2G_EVCC_Ongoing_Timeout)."""
UNKNOWN_EVID: Final = "ZZ00000"
"""The EVID of a vehicle that does not know its own."""
_EVID_BYTES: Final = 20
_EVSEID_BYTES: Final = 37
_REQUEST: Final = 2
_RESPONSE: Final = 20
_REQUEST_WIRELESS: Final = _REQUEST + 3 + _EVID_BYTES + _EVSEID_BYTES
_RESPONSE_WIRELESS: Final = _RESPONSE + 2 + _EVSEID_BYTES


class Security(IntEnum):
    """Whether the TCP connection is by TLS."""

    TLS = 0x00
    NONE = 0x10


class Transport(IntEnum):
    """What the V2G messages are carried by; UDP is reserved and never was used."""

    TCP = 0x00
    UDP = 0x10


class DiagStatus(IntEnum):
    """How far the pairing of a vehicle with a charging place is (wireless kind only)."""

    ONGOING = 0x00
    FINISHED_WITH_EVSEID = 0x01
    FINISHED_WITHOUT_EVSEID = 0x02
    NO_SECC = 0x10


class Pairing(IntFlag):
    """Ways of pairing and positioning a vehicle has (field P2PS/PPD)."""

    PPD_ON_INFRASTRUCTURE = 0x0100
    PPD_ON_EV = 0x0200
    WPT_LF_ON_INFRASTRUCTURE = 0x0400
    WPT_LF_ON_EV = 0x0800
    WPT_CAM_ON_EV = 0x1000
    ACD_U_INFRARED = 0x2000
    ACD_DIRECTED_WLAN = 0x4000


_NO_PAIRING: Final = Pairing(0)


class Coupling(IntEnum):
    """How current gets into the vehicle (field CouplingType); a value that is not listed stays a plain number."""

    PANTOGRAPH_DOWN_CROSS_RAIL = 0x00
    PANTOGRAPH_DOWN_IN_LINE = 0x01
    PANTOGRAPH_DOWN_CONTACT_DOME = 0x02
    PANTOGRAPH_UP = 0x03
    UNDERBODY = 0x04
    SIDE_OR_ROOF = 0x05
    WPT = 0x10
    ACD_U_INFRASTRUCTURE = 0x20
    ACD_U_EV = 0x21
    ACD_S = 0x30
    MANUAL = 0x40
    NOT_APPLICABLE = 0xFF


class SdpFault(PilotwireError):
    """A datagram is no message of the discovery protocol, or not the one that was expected."""


@dataclass(frozen=True, slots=True)
class WirelessAsk:
    """What a request of the wireless kind adds. The ids are ASCII, at most 20 and 37 characters; `evseid` "" is not known yet."""

    pairing: Pairing = _NO_PAIRING
    coupling: int = Coupling.NOT_APPLICABLE
    evid: str = UNKNOWN_EVID
    evseid: str = ""


@dataclass(frozen=True, slots=True)
class WirelessAnswer:
    """What a response of the wireless kind adds."""

    status: DiagStatus
    coupling: int = Coupling.NOT_APPLICABLE
    evseid: str = ""


@dataclass(frozen=True, slots=True)
class SdpRequest:
    """A vehicle looks for a station; `security` is what it wants. `wireless` None: over PLC."""

    security: Security = Security.TLS
    transport: Transport = Transport.TCP
    wireless: WirelessAsk | None = None

    def encode(self) -> bytes:
        """The datagram. Raises MisuseError for an id or a number that does not fit its field."""
        payload = bytes((self.security, self.transport))
        if self.wireless is None:
            return frame(PayloadType.SDP_REQUEST, payload)
        ask = self.wireless
        payload += _number("The field P2PS/PPD", ask.pairing, 2) + _number("The coupling type", ask.coupling, 1)
        payload += _text("EVID", ask.evid, _EVID_BYTES) + _text("EVSEID", ask.evseid, _EVSEID_BYTES)
        return frame(PayloadType.SDP_REQUEST_WIRELESS, payload)


@dataclass(frozen=True, slots=True)
class SdpResponse:
    """A station's answer: where it listens, and the security it will really use there."""

    address: IPv6Address
    port: int
    security: Security
    transport: Transport = Transport.TCP
    wireless: WirelessAnswer | None = None

    def encode(self) -> bytes:
        """The datagram. Raises MisuseError for a port, an id or a number that does not fit its field."""
        payload = self.address.packed + _number("A port", self.port, 2) + bytes((self.security, self.transport))
        if self.wireless is None:
            return frame(PayloadType.SDP_RESPONSE, payload)
        answer = self.wireless
        payload += bytes((answer.status,)) + _number("The coupling type", answer.coupling, 1)
        payload += _text("EVSEID", answer.evseid, _EVSEID_BYTES)
        return frame(PayloadType.SDP_RESPONSE_WIRELESS, payload)


def read_request(datagram: bytes) -> SdpRequest:
    """The request in a datagram. Raises SdpFault."""
    message = _message(datagram, "request", PayloadType.SDP_REQUEST, PayloadType.SDP_REQUEST_WIRELESS)
    payload, wireless = message.payload, message.payload_type is PayloadType.SDP_REQUEST_WIRELESS
    _check_length("request", payload, (_REQUEST_WIRELESS, _REQUEST_WIRELESS - 1) if wireless else (_REQUEST,))
    security, transport = _security(payload[0]), _transport(payload[1])
    if not wireless:
        return SdpRequest(security, transport)
    evid = _read_text("EVID", payload[5 : 5 + _EVID_BYTES])
    evseid = _read_text("EVSEID", payload[5 + _EVID_BYTES :])
    ask = WirelessAsk(Pairing(int.from_bytes(payload[2:4], "big")), _coupling(payload[4]), evid, evseid)
    return SdpRequest(security, transport, ask)


def read_response(datagram: bytes) -> SdpResponse:
    """The response in a datagram. Raises SdpFault."""
    message = _message(datagram, "response", PayloadType.SDP_RESPONSE, PayloadType.SDP_RESPONSE_WIRELESS)
    payload, wireless = message.payload, message.payload_type is PayloadType.SDP_RESPONSE_WIRELESS
    _check_length("response", payload, (_RESPONSE_WIRELESS, _RESPONSE_WIRELESS - 1) if wireless else (_RESPONSE,))
    address, port = IPv6Address(payload[:16]), int.from_bytes(payload[16:18], "big")
    security, transport = _security(payload[18]), _transport(payload[19])
    if not wireless:
        return SdpResponse(address, port, security, transport)
    try:
        status = DiagStatus(payload[20])
    except ValueError:
        raise SdpFault(f"The SDP response has the DiagStatus 0x{payload[20]:02X}, which does not exist.") from None
    evseid = _read_text("EVSEID", payload[22:])
    return SdpResponse(address, port, security, transport, WirelessAnswer(status, _coupling(payload[21]), evseid))


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a station can be reached: its link-local address, and its TCP ports with TLS and without (None: there is none)."""

    address: IPv6Address
    tls: int | None = None
    plain: int | None = None

    def answer(self, request: SdpRequest, wireless: WirelessAnswer | None = None) -> SdpResponse | None:
        """What a station answers: the security that was asked for if it has it, else the one it has; None: nothing fits.

        `wireless` has to be given for a request of that kind, which is not answered without.
        """
        if request.transport is not Transport.TCP or (request.wireless is not None and wireless is None):
            return None
        ports = {Security.TLS: self.tls, Security.NONE: self.plain}
        for security in (request.security, *Security):
            port = ports[security]
            if port is not None:
                return SdpResponse(self.address, port, security, wireless=wireless if request.wireless else None)
        return None


@dataclass(frozen=True, slots=True)
class Found:
    """A station was found. `downgraded`: TLS was wanted, and it offers none."""

    response: SdpResponse
    downgraded: bool = False


@dataclass(frozen=True, slots=True)
class GaveUp:
    """No station answered as it should; `why` is a sentence."""

    why: str


@dataclass(slots=True)
class SdpClient:
    """The vehicle's part: when to ask, and what to take for an answer. `now` is in seconds of a monotonic clock.

    Call `due` at `next_at` (at once the first time) and send what it gives; `feed` every datagram that comes. `outcome` then tells how it
    ended. A datagram that cannot be taken is no end: why is in `ignored`, and asking goes on.

    `takes_downgrade`: also a station without TLS is taken where TLS was wanted (EIM, or no service that needs TLS). `link_local_only`:
    other addresses are not taken. Wireless: while pairing is ongoing, asking goes on beyond `most`, until `ONGOING_LIMIT`.
    """

    request: SdpRequest = field(default_factory=SdpRequest)
    takes_downgrade: bool = False
    link_local_only: bool = True
    interval: float = INTERVAL
    most: int = MOST_REQUESTS
    sent: int = field(default=0, init=False)
    next_at: float = field(default=float("-inf"), init=False)
    """When `due` has something to do next; infinite once there is an outcome."""
    outcome: Found | GaveUp | None = field(default=None, init=False)
    ignored: list[str] = field(default_factory=list, init=False)
    _ongoing_until: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.interval < INTERVAL or self.most < 1:
            raise MisuseError(f"A vehicle asks every {INTERVAL} s or less often, and at least once.")

    def due(self, now: float) -> bytes | None:
        """The datagram that is to be sent now, None if it is too early or all is over."""
        if self.outcome is not None or now < self.next_at:
            return None
        why = self._why_over(now)
        if why:
            self._end(GaveUp(why))
            return None
        self.sent += 1
        self.next_at = now + self.interval
        return self.request.encode()

    def feed(self, datagram: bytes, now: float) -> Found | GaveUp | None:
        """Take a datagram; returns the outcome, None while there is none."""
        if self.outcome is None:
            try:
                self._take(read_response(datagram), now)
            except SdpFault as fault:
                self._ignore(str(fault))
        return self.outcome

    def _why_over(self, now: float) -> str:
        if self._ongoing_until is not None:
            return "" if now < self._ongoing_until else f"Pairing was not finished after {ONGOING_LIMIT:g} s."
        if self.sent < self.most:
            return ""
        times = "once" if self.sent == 1 else f"{self.sent} times"
        what = f"No station answered as it should; it was asked {times}."
        return f"{what} The last answer that was not taken: {self.ignored[-1]}" if self.ignored else what

    def _take(self, response: SdpResponse, now: float) -> None:
        status = response.wireless.status if response.wireless else None
        if (response.wireless is None) != (self.request.wireless is None):
            kind = "the wireless kind" if response.wireless else "the kind for PLC"
            self._ignore(f"The answer is of {kind}, and the request was not.")
        elif status is DiagStatus.ONGOING:
            self._ongoing_until = self._ongoing_until or now + ONGOING_LIMIT
            self.next_at = max(self.next_at, now + self.interval)
        elif status is DiagStatus.NO_SECC:
            self._ignore("The answer says that there is no SECC.")
        elif (flaw := self._flaw(response)) != "":
            self._ignore(flaw)
        else:
            self._end(Found(response, self._is_downgrade(response)))

    def _flaw(self, response: SdpResponse) -> str:
        if response.transport is not Transport.TCP:
            return "The station offers another transport than TCP."
        if response.port == 0:
            return "The station offers port 0, which is none."
        if self.link_local_only and not response.address.is_link_local:
            return f"The station's address {response.address} is not link-local (fe80::/10)."
        if self._is_downgrade(response) and not self.takes_downgrade:
            return "TLS was asked for, and the station offers a connection without."
        return ""

    def _is_downgrade(self, response: SdpResponse) -> bool:
        return self.request.security is Security.TLS and response.security is Security.NONE

    def _ignore(self, why: str) -> None:
        self.ignored.append(why)
        del self.ignored[:-MOST_REQUESTS]  # who floods us with wrong answers fills no memory

    def _end(self, outcome: Found | GaveUp) -> None:
        self.outcome = outcome
        self.next_at = float("inf")


def _message(datagram: bytes, what: str, *kinds: PayloadType) -> Message:
    try:
        message = read_datagram(datagram)
    except V2gtpFault as fault:
        raise SdpFault(fault.what, fault.remedy) from None
    if isinstance(message, Message) and message.payload_type in kinds:
        return message
    raise SdpFault(f"An SDP {what} was expected, and a message of payload type 0x{message.payload_type:04X} came.")


def _check_length(what: str, payload: bytes, lengths: tuple[int, ...]) -> None:
    """A wireless EVSEID is read with 36 bytes as well: some peers fill the field so."""
    if len(payload) not in lengths:
        raise SdpFault(f"The payload of an SDP {what} of this kind has {lengths[0]} bytes, and {len(payload)} came.")


def _security(value: int) -> Security:
    try:
        return Security(value)
    except ValueError:
        raise SdpFault(f"The security 0x{value:02X} does not exist: 0x00 is TLS, 0x10 none.") from None


def _transport(value: int) -> Transport:
    try:
        return Transport(value)
    except ValueError:
        raise SdpFault(f"The transport protocol 0x{value:02X} does not exist: 0x00 is TCP.") from None


def _coupling(value: int) -> int:
    try:
        return Coupling(value)
    except ValueError:
        return value


def _number(what: str, value: int, size: int) -> bytes:
    if not 0 <= value < 1 << (8 * size):
        raise MisuseError(f"{what} is a number of {size} bytes: {value} does not fit.")
    return int(value).to_bytes(size, "big")


def _text(name: str, value: str, size: int) -> bytes:
    if not value.isascii() or len(value) > size or "\0" in value:
        raise MisuseError(f"The {name} {value!r} does not fit: at most {size} ASCII characters.")
    return value.encode("ascii").ljust(size, b"\0")


def _read_text(name: str, raw: bytes) -> str:
    """Padding is not settled among peers: zero bytes after the text, or before it, are none of it."""
    try:
        return raw.strip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        raise SdpFault(f"The {name} in the datagram is not ASCII: {raw.hex()}.") from None
