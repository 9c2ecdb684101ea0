"""What is held against the opening handshake of a WebSocket: HTTP statuses, identity, credentials, subprotocol, compression."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer, Rule, Severity, Step

_FATAL, _BREACH, _NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE


def _rule(id: str, severity: Severity, what: str, remedy: str, source: str = "", layer: Layer = Layer.UPGRADE) -> Rule:
    return Rule(id, Step.NETWORK, layer, severity, what, remedy, source)


# --- the identity ------------------------------------------------------------------------------------------------------------

IDENTITY_EMPTY: Final = _rule(
    "identity.empty",
    _FATAL,
    "The station has an identity.",
    "Give the identity the backend knows the station by.",
    "J2:3.1.1, J16:3.1.1",
    Layer.ASKED,
)
IDENTITY_CHARACTERS: Final = _rule(
    "identity.characters",
    _BREACH,
    "The identity has characters an OCPP identity may have, and not too many.",
    "Use 1 to 48 of the letters, digits and * - _ = + | @ . and no colon, which ends the user name of HTTP Basic.",
    "J2:3.1.1, A00.FR.204, A00.FR.303",
    Layer.ASKED,
)
IDENTITY_TWICE: Final = _rule(
    "identity.twice",
    _FATAL,
    "The URL of the backend does not yet have the identity in it.",
    "Set the URL without the identity at its end: the station appends '/' and its identity itself.",
    "J2:3.1.1, J16:3.1.1",
)
IDENTITY_TWICE_TAKEN: Final = _rule(
    "identity.twice-taken",
    _BREACH,
    "The identity is in the connection URL once.",
    "Set the URL without the identity at its end, even if this backend looks past it.",
    "J2:3.1.1, J16:3.1.1",
)
IDENTITY_VARIANT: Final = _rule(
    "identity.only-as-variant",
    _FATAL,
    "The backend takes the connection URL as the standard writes it.",
    "Have the backend take the identity as the last part of the path, percent-encoded, without a slash behind it.",
    "J2:3.1.1, J16:3.1.1",
)

# --- refusals by HTTP --------------------------------------------------------------------------------------------------------

PASSWORD_NEEDED: Final = _rule(
    "upgrade.password-needed",
    _FATAL,
    "The station brings a password where one is asked for.",
    "Set the station's password (BasicAuthPassword; AuthorizationKey in 1.6) to the one the backend has for this identity.",
    "A00.FR.202, A00.FR.203, A00.FR.302",
)
PASSWORD_REFUSED: Final = _rule(
    "upgrade.password-refused",
    _FATAL,
    "The backend takes the station's identity and password.",
    "Set the same password at both ends; a 1.6 AuthorizationKey in hexadecimal is sent as the bytes it "
    "stands for by some, as text by others.",
    "A00.FR.204, A00.FR.207, A00.FR.324",
)
OTHER_AUTHENTICATION: Final = _rule(
    "upgrade.other-authentication",
    _FATAL,
    "The backend asks for HTTP Basic authentication.",
    "Have the backend ask for Basic, the only scheme a station knows, or leave this path out of what the web server before it protects.",
    "A00.FR.202, A00.FR.301",
)
FORBIDDEN: Final = _rule(
    "upgrade.forbidden",
    _FATAL,
    "The backend allows this station in (not HTTP 403).",
    "Look at the station's entry in the backend: blocked, not yet accepted, of another security profile; "
    "or at a firewall for the web before it.",
    "J2:3.2",
)
NOT_FOUND: Final = _rule(
    "upgrade.not-found",
    _FATAL,
    "The backend knows the path and the identity (not HTTP 404).",
    "Register the identity in the backend, exactly as the station writes it; check the path of the URL before it.",
    "J2:3.2, J16:3.2",
)
REDIRECTED: Final = _rule(
    "upgrade.redirected",
    _FATAL,
    "The URL leads to the backend without a detour (not HTTP 3xx).",
    "Set the URL that the backend points to, with wss:// or ws:// and without the identity: stations follow no redirection.",
    "RFC 6455, 4.1",
)
BAD_REQUEST: Final = _rule(
    "upgrade.bad-request",
    _FATAL,
    "The backend understands the request (not HTTP 400).",
    "Read what it answers; look whether a proxy takes the headers Upgrade and Connection away, and "
    "whether the subprotocol is one it knows.",
    "RFC 6455, 4.2.1",
)
NO_CLIENT_CERTIFICATE: Final = _rule(
    "upgrade.no-client-certificate",
    _FATAL,
    "The station brings a client certificate the web server accepts.",
    "Give the station a certificate of a CA that the backend accepts (security profile 3), or use its URL for profile 2.",
    "A00.FR.401, A00.FR.407",
)
METHOD_REFUSED: Final = _rule(
    "upgrade.method",
    _FATAL,
    "The path takes a GET (not HTTP 405).",
    "Correct the path of the URL: something else than a WebSocket is there, a SOAP service of OCPP 1.5 or 1.6-S perhaps.",
    "RFC 6455, 4.1",
)
UPGRADE_LOST: Final = _rule(
    "upgrade.header-lost",
    _FATAL,
    "The wish for a WebSocket arrives (not HTTP 426).",
    "Have the proxy before the backend hand on the headers Upgrade and Connection (nginx: proxy_set_header, proxy_http_version 1.1).",
    "RFC 6455, 4.2.1",
)
TOO_MANY: Final = _rule(
    "upgrade.too-many",
    _FATAL,
    "The backend does not find that too much is asked (not HTTP 429).",
    "Wait; let the station's back-off grow between attempts; have the limit of the gateway raised if many stations share one address.",
    "J2:5.3",
)
SERVER_ERROR: Final = _rule(
    "upgrade.server-error",
    _FATAL,
    "The backend does not fail (not HTTP 5xx).",
    "Look in the backend's log at this time: the fault is there, not at the station.",
)
GATEWAY: Final = _rule(
    "upgrade.gateway",
    _FATAL,
    "The gateway reaches the backend behind it (not HTTP 502 or 504).",
    "Bring the backend behind the load balancer or reverse proxy up; check the address, port and protocol it is told to go to.",
)
UNAVAILABLE: Final = _rule(
    "upgrade.unavailable",
    _FATAL,
    "The backend is in service (not HTTP 503).",
    "Wait, as long as Retry-After says if it does; else look whether any backend behind the load balancer is healthy.",
)
REFUSED: Final = _rule(
    "upgrade.refused",
    _FATAL,
    "The backend answers with HTTP 101.",
    "Read what it answers, and look in its log.",
    "RFC 6455, 4.2.2",
)
WEB_PAGE: Final = _rule(
    "upgrade.web-page",
    _FATAL,
    "The backend answers, not a web server.",
    "Correct the path or port of the URL; a login page instead means a captive portal or a filter on the way.",
    "J2:3.2",
)
NOT_UPGRADED: Final = _rule(
    "upgrade.not-upgraded",
    _FATAL,
    "The protocol changes to WebSocket (not HTTP 200).",
    "Have the proxy before the backend hand on the headers Upgrade and Connection; check the path.",
    "RFC 6455, 4.2.2",
)
NO_HTTP: Final = _rule(
    "upgrade.no-http",
    _FATAL,
    "The answer is HTTP/1.1.",
    "Check the port: something else than a web server answers there.",
    "RFC 6455, 4.1",
)
NO_ANSWER: Final = _rule(
    "upgrade.no-answer",
    _FATAL,
    "The request is answered.",
    "Look at the backend behind the load balancer, and whether a firewall looks into HTTP and drops WebSockets.",
    "RFC 6455, 4.2.2",
)

# --- what is wrong with a 101 ------------------------------------------------------------------------------------------------

ACCEPT_WRONG: Final = _rule(
    "upgrade.accept-wrong",
    _FATAL,
    "Sec-WebSocket-Accept is the answer to this request's key.",
    "Have the backend compute it from the key; a cache on the way may have answered with an old response.",
    "RFC 6455, 4.2.2; J2:3.2",
)
HEADERS_WRONG: Final = _rule(
    "upgrade.headers-wrong",
    _FATAL,
    "The 101 says Upgrade: websocket and Connection: Upgrade.",
    "Have the proxy hand on these headers of the response too.",
    "RFC 6455, 4.1",
)
EXTENSION_NOT_OFFERED: Final = _rule(
    "upgrade.extension-not-offered",
    _FATAL,
    "No extension is used that the station did not offer.",
    "Have the backend use permessage-deflate only with stations that offer it.",
    "RFC 6455, 4.1",
)
NO_SUBPROTOCOL: Final = _rule(
    "upgrade.no-subprotocol",
    _FATAL,
    "The backend chooses one of the OCPP versions offered.",
    "Let the station offer a version the backend speaks, or have that version switched on for it.",
    "J2:3.2, J16:3.2",
)
SUBPROTOCOL_NOT_OFFERED: Final = _rule(
    "upgrade.subprotocol-not-offered",
    _FATAL,
    "The subprotocol chosen is one of those offered, letter for letter.",
    "Have the backend choose among what the station offers (ocpp1.6, ocpp2.0.1, ocpp2.1).",
    "RFC 6455, 4.1; J2:3.1.2",
)
CLOSED_AT_ONCE: Final = _rule(
    "upgrade.closed-at-once",
    _FATAL,
    "The WebSocket stays open after the handshake.",
    "Read the close code and reason; a backend that checks a station only after the handshake refuses it like this.",
    "J2:3.1",
)

# --- versions and compression ------------------------------------------------------------------------------------------------

VERSION_NOT_SPOKEN: Final = _rule(
    "upgrade.version-not-spoken",
    _NOTE,
    "The backend speaks each OCPP version of the station.",
    "Nothing, if another version both speak will do.",
    "J2:3.1.2",
)
VERSION_DEMANDED: Final = _rule(
    "upgrade.version-as-demanded",
    _BREACH,
    "The backend speaks the OCPP versions its platform demands of stations.",
    "Switch the version on for this endpoint.",
)
VERSION_BY_STATUS: Final = _rule(
    "upgrade.version-refused-by-status",
    _NOTE,
    "Where no version is shared the handshake is completed without a subprotocol, then closed.",
    "Have the backend complete the handshake: stations take an HTTP status for another fault.",
    "J2:3.2, J16:3.2",
)
NO_COMPRESSION: Final = _rule(
    "upgrade.no-compression",
    _BREACH,
    "A backend of OCPP 2.x takes permessage-deflate.",
    "Switch WebSocket compression on in the backend, and have the proxy before it hand on Sec-WebSocket-Extensions.",
    "J2:3.3",
)

# --- who is let in -----------------------------------------------------------------------------------------------------------

IN_WITHOUT_PASSWORD: Final = _rule(
    "upgrade.in-without-password",
    _BREACH,
    "A station that has a password is not let in without one.",
    "Set a security profile for the station in the backend, so that it asks for the password.",
    "A00.FR.203, A00.FR.207, A00.FR.302, A00.FR.324",
)
IN_WITH_WRONG_PASSWORD: Final = _rule(
    "upgrade.in-with-wrong-password",
    _BREACH,
    "A station with a wrong password is not let in.",
    "Have the backend compare the password with the one it has for the station.",
    "A00.FR.207, A00.FR.324",
)
IN_WITH_OTHER_USER: Final = _rule(
    "upgrade.in-with-other-user",
    _BREACH,
    "A user name that is not the identity is not let in.",
    "Have the backend compare the user name with the identity in the URL: else one station can pose as any other.",
    "A00.FR.204, A00.FR.207, A00.FR.303, A00.FR.324",
)
IN_WITHOUT_ANYTHING: Final = _rule(
    "upgrade.in-without-anything",
    _NOTE,
    "A station proves who it is.",
    "Use security profile 1 or above: whoever knows the identity can dock as this station.",
    "A00.FR.202, A00.FR.301, A00.FR.401",
)
PASSWORD_IN_CLEAR: Final = _rule(
    "upgrade.password-in-clear",
    _NOTE,
    "The password does not cross the network in clear.",
    "Use wss:// (security profile 2), or keep to networks that are secured by other means, such as a VPN.",
    "A00.FR.201, A00.FR.206",
)
PASSWORD_LENGTH: Final = _rule(
    "upgrade.password-length",
    _NOTE,
    "The password has at least 16 characters, and not more than 64.",
    "Choose a random password of 16 to 40 characters.",
    "A00.FR.205, A00.FR.304",
)

RULES: Final = tuple(each for each in list(globals().values()) if isinstance(each, Rule))
"""All of them."""
