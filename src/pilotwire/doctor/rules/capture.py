"""What a capture or a log shows of a station that does not dock, or does not stay."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer, Rule, Severity, Step, catalogue

_P, _N = Step.PROTOCOL, Step.NETWORK
_FATAL, _BREACH, _NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE

# --- the record itself -------------------------------------------------------------------------------------------------------

FILE_BROKEN: Final = Rule(
    "capture.file-broken", _N, Layer.ASKED, _NOTE,
    "The capture file ends, or cannot be read any further, before its end.",
    "Stop the capture before copying the file; copy it as a binary file.",
)  # fmt: skip
UNKNOWN_LINK: Final = Rule(
    "capture.link-unknown", _N, Layer.ASKED, _NOTE,
    "Packets of a kind of link that is not read here.",
    "Capture on the interface with IP on it (Ethernet, Wi-Fi in managed mode, PPP, `-i any`).",
)  # fmt: skip
FRAGMENTS: Final = Rule(
    "capture.ip-fragments", _N, Layer.ADDRESS, _NOTE,
    "TCP in IP fragments, which are not put together here.",
    "Lower the MTU of the interface: fragments are dropped by many firewalls.",
)  # fmt: skip
GAP: Final = Rule(
    "capture.gap", _N, Layer.ASKED, _NOTE,
    "Bytes that were sent are not in the capture.",
    "Capture whole packets (`tcpdump -s 0`), and on one interface only; a busy machine drops packets: filter by the backend's address.",
)  # fmt: skip
JOINED: Final = Rule(
    "capture.joined-midway", _N, Layer.ASKED, _NOTE,
    "The connection was open before the capture began: its handshakes are not in it.",
    "Start the capture first, then restart the station.",
)  # fmt: skip
NOT_OPENED: Final = Rule(
    "capture.tls-not-opened", _N, Layer.ASKED, _NOTE,
    "What was said inside TLS cannot be read.",
    "Give the key log that client or server writes (SSLKEYLOGFILE), from before the connection began.",
)  # fmt: skip
NOTHING: Final = Rule(
    "capture.nothing-of-ocpp", _N, Layer.ASKED, _NOTE,
    "There is no connection in the capture that could be one of OCPP.",
    "Capture where the station's traffic passes, without a filter for another port.",
)  # fmt: skip
SOAP: Final = Rule(
    "capture.soap", _P, Layer.UPGRADE, _NOTE,
    "The station speaks OCPP by SOAP: messages are not read from it here.",
    "Choose JSON in the station if the backend takes no SOAP.",
)  # fmt: skip

# --- TCP ---------------------------------------------------------------------------------------------------------------------

NO_ANSWER: Final = Rule(
    "capture.no-answer", _N, Layer.PORT, _FATAL,
    "The station asks for a connection, and nobody answers.",
    "Let a firewall pass the port, check the address the name resolves to, and the way back.",
)  # fmt: skip
REFUSED: Final = Rule(
    "capture.refused", _N, Layer.PORT, _FATAL,
    "The connection is refused: nobody listens on that port, or a firewall says no.",
    "Check the port in the station's URL, and that the backend runs.",
)  # fmt: skip
RESET: Final = Rule(
    "capture.reset-by", _N, Layer.LINE, _BREACH,
    "A connection in use is reset.",
    "Look at whoever reset it: a restart, a limit, or a device on the way that has forgotten the connection.",
)  # fmt: skip
SILENT: Final = Rule(
    "capture.peer-silent", _N, Layer.LINE, _BREACH,
    "What is sent is not acknowledged any more: the way is cut, and nobody was told.",
    "Ping more often than the shortest idle time on the way (NAT of a mobile network: often 60 to 300 s).",
)  # fmt: skip
IDLE_DROP: Final = Rule(
    "capture.idle-drop", _N, Layer.LINE, _BREACH,
    "A connection ends, without a close of the WebSocket, after a time in which nothing was said.",
    "Set WebSocketPingInterval (1.6: the key of that name) below the idle time that was seen.",
    "J2:5.2",
)  # fmt: skip

# --- TLS ---------------------------------------------------------------------------------------------------------------------

SNI_MISSING: Final = Rule(
    "capture.sni-missing", _N, Layer.TLS, _BREACH,
    "The ClientHello does not name the server (SNI): a backend behind a shared address shows the wrong certificate, or none.",
    "Have the station's TLS library send the host name of the URL (RFC 6066, 3).",
    "RFC 6066, 3",
)  # fmt: skip
TLS_ALERT: Final = Rule(
    "capture.tls-alert", _N, Layer.TLS, _FATAL,
    "One side ends TLS with an alert.",
    "Mend what the alert names, at the side it was sent to, or the trust of the side that sent it.",
    "RFC 8446, 6",
)  # fmt: skip
TLS_NO_ANSWER: Final = Rule(
    "capture.tls-no-answer", _N, Layer.TLS, _FATAL,
    "A ClientHello is not answered.",
    "Something on the way may drop it (a filter by name, an MTU that is too small), or the server does not speak TLS.",
)  # fmt: skip
TLS_UNFINISHED: Final = Rule(
    "capture.tls-unfinished", _N, Layer.TLS, _FATAL,
    "The TLS handshake begins and does not come to its end.",
    "Look into the log of the side that ended it: many libraries close without an alert where they do not take a certificate.",
)  # fmt: skip
TLS_OLD: Final = Rule(
    "capture.tls-old", _N, Layer.TLS, _BREACH,
    "A version of TLS below 1.2.",
    "Use TLS 1.2 or 1.3.",
    "A00.FR.313",
)  # fmt: skip
TLS_MISMATCH: Final = Rule(
    "capture.tls-mismatch", _N, Layer.TLS, _FATAL,
    "One side speaks TLS, the other does not.",
    "Write wss:// for a port with TLS and ws:// for one without.",
)  # fmt: skip
TLS_BROKEN: Final = Rule(
    "capture.tls-broken", _N, Layer.TLS, _BREACH,
    "A TLS handshake message, or a certificate in it, cannot be read.",
    "Look at the side that sent it.",
)  # fmt: skip

# --- upgrade -----------------------------------------------------------------------------------------------------------------

UPGRADE_REFUSED: Final = Rule(
    "capture.upgrade-refused", _P, Layer.UPGRADE, _FATAL,
    "The backend does not take the WebSocket.",
    "Check the path (identity included) and the credentials.",
    "RFC 6455, 4.2.2",
)  # fmt: skip
UPGRADE_SILENT: Final = Rule(
    "capture.upgrade-no-answer", _P, Layer.UPGRADE, _FATAL,
    "The request for a WebSocket is not answered.",
    "Look into the backend's log; a proxy before it may not pass upgrades on.",
)  # fmt: skip
UPGRADE_BROKEN: Final = Rule(
    "capture.upgrade-broken", _P, Layer.UPGRADE, _BREACH,
    "The WebSocket handshake is not as the standard has it.",
    "Mend the header; a proxy on the way must pass Upgrade and Connection on.",
    "RFC 6455, 4",
)  # fmt: skip
NO_SUBPROTOCOL: Final = Rule(
    "capture.no-subprotocol", _P, Layer.UPGRADE, _FATAL,
    "The two sides do not agree on a version of OCPP (Sec-WebSocket-Protocol).",
    "Offer ocpp1.6, ocpp2.0.1 or ocpp2.1 at the station, and let the backend answer with one of those offered.",
    "J16:3.1.2, J2:3.1.2",
)  # fmt: skip

# --- WebSocket ---------------------------------------------------------------------------------------------------------------

WEBSOCKET_BROKEN: Final = Rule(
    "capture.websocket-broken", _P, Layer.CONVERSATION, _BREACH,
    "Frames of the WebSocket are not as the standard has them.",
    "Mend the WebSocket library of the side that sent them.",
    "RFC 6455, 5",
)  # fmt: skip
CLOSED_BY: Final = Rule(
    "capture.closed-by", _P, Layer.CONVERSATION, _NOTE,
    "The WebSocket is closed by one side.",
    "The code says why: look into the log of the side that closed.",
    "RFC 6455, 7.4",
)  # fmt: skip
PING_UNANSWERED: Final = Rule(
    "capture.ping-unanswered", _N, Layer.LINE, _BREACH,
    "A ping is not answered.",
    "A WebSocket library answers pings by itself: the other side hangs, or the way is cut.",
    "RFC 6455, 5.5.2",
)  # fmt: skip

# --- logs --------------------------------------------------------------------------------------------------------------------

LOG_UNREADABLE: Final = Rule(
    "log.unreadable", _P, Layer.ASKED, _NOTE,
    "Lines of the log that seem to hold messages cannot be read.",
    "Export the log with whole lines, as UTF-8.",
)  # fmt: skip
LOG_NO_ZONE: Final = Rule(
    "log.no-zone", _P, Layer.ASKED, _NOTE,
    "The times in the log do not say their time zone.",
    "Say in which time zone it was written, or have it written in UTC with a Z.",
)  # fmt: skip
LOG_SIDE_GUESSED: Final = Rule(
    "log.side-guessed", _P, Layer.ASKED, _NOTE,
    "The log says sent and received, and nothing in it shows whose log it is.",
    "Say whether it was written by the station or by the backend.",
)  # fmt: skip
LOG_EMPTY: Final = Rule(
    "log.no-messages", _P, Layer.ASKED, _NOTE,
    "There are no messages in the log.",
    "Raise the log level until the frames themselves are written, then let the station connect again.",
)  # fmt: skip
LOG_CLOSED: Final = Rule(
    "log.closed", _P, Layer.CONVERSATION, _NOTE,
    "The log tells that connections ended.",
    "The code says why; 1006 is a line that broke: look at the network with a capture.",
    "RFC 6455, 7.4",
)  # fmt: skip

RULES: Final = (
    FILE_BROKEN, UNKNOWN_LINK, FRAGMENTS, GAP, JOINED, NOT_OPENED, NOTHING, SOAP, NO_ANSWER, REFUSED, RESET, SILENT, IDLE_DROP,
    SNI_MISSING, TLS_ALERT, TLS_NO_ANSWER, TLS_UNFINISHED, TLS_OLD, TLS_MISMATCH, TLS_BROKEN,
    UPGRADE_REFUSED, UPGRADE_SILENT, UPGRADE_BROKEN, NO_SUBPROTOCOL, WEBSOCKET_BROKEN, CLOSED_BY, PING_UNANSWERED,
    LOG_UNREADABLE, LOG_NO_ZONE, LOG_SIDE_GUESSED, LOG_EMPTY, LOG_CLOSED,
)  # fmt: skip
"""All of them."""
CATALOGUE: Final = catalogue(RULES)
"""By id."""
