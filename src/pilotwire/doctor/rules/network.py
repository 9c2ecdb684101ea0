"""What is held against the way to a backend: its name, its addresses, its port, a proxy before it, and how long an idle line lasts."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer, Rule, Severity, Step

_FATAL, _BREACH, _NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE


def _rule(id: str, layer: Layer, severity: Severity, what: str, remedy: str, source: str = "") -> Rule:
    return Rule(id, Step.NETWORK, layer, severity, what, remedy, source)


# --- what was asked ----------------------------------------------------------------------------------------------------------

PROXY_URL: Final = _rule(
    "proxy.url",
    Layer.ASKED,
    _FATAL,
    "The proxy is given as a URL that can be used.",
    "Write http://host:port or http://user:password@host:port.",
)

# --- names -------------------------------------------------------------------------------------------------------------------

NAME_MALFORMED: Final = _rule(
    "name.malformed",
    Layer.NAME,
    _FATAL,
    "The host of the URL is a name that DNS can hold.",
    "Correct the host: labels of letters, digits and hyphens, at most 63 characters each, with single dots between.",
    "RFC 1123, 2.1",
)
NAME_UNKNOWN: Final = _rule(
    "name.unknown",
    Layer.NAME,
    _FATAL,
    "The name of the backend is known to the name servers.",
    "Check the spelling; have the record made; if the name is known only inside a VPN or a private APN, "
    "use the name server of that network.",
)
NAME_UNANSWERED: Final = _rule(
    "name.unanswered",
    Layer.NAME,
    _FATAL,
    "A name server answers.",
    "Check which name servers the station was given (DHCP, the APN) and that it reaches them at UDP and TCP port 53.",
)
NAME_WITHOUT_ADDRESS: Final = _rule(
    "name.without-address",
    Layer.NAME,
    _FATAL,
    "The name has an address.",
    "Have an A record (and an AAAA record, if the backend has IPv6) made for the name.",
)
NAME_ONLY_IPV6: Final = _rule(
    "name.only-ipv6",
    Layer.NAME,
    _NOTE,
    "A station without IPv6 finds an address.",
    "Have an A record made too: many modems and private APNs carry IPv4 only.",
)
NAME_HALF_ANSWERED: Final = _rule(
    "name.half-answered",
    Layer.NAME,
    _BREACH,
    "The name servers answer for both families of addresses.",
    "Have the name server answer for A and for AAAA, if only that there is none: a station that asks for "
    "both waits for its timeout each time.",
    "RFC 4074",
)
NAME_SLOW: Final = _rule(
    "name.slow",
    Layer.NAME,
    _NOTE,
    "A name is looked up within 2 seconds.",
    "Look whether the first of the station's name servers is out of order: each wait for it adds to every reconnection.",
)
NAME_IS_ADDRESS: Final = _rule(
    "name.is-address",
    Layer.NAME,
    _NOTE,
    "The URL names the backend.",
    "Use a name: the backend can then move, the station can tell it by SNI, and its certificate needs no address in it.",
    "A00.FR.510",
)
NAME_LOCAL: Final = _rule(
    "name.local",
    Layer.NAME,
    _NOTE,
    "The name means the same everywhere.",
    "Use a full name (csms.example.com): one without a dot, or under .local, is known only in this network, or on this machine.",
)

# --- addresses ---------------------------------------------------------------------------------------------------------------

ADDRESS_UNUSABLE: Final = _rule(
    "address.unusable",
    Layer.ADDRESS,
    _FATAL,
    "The name stands for addresses that a host can have.",
    "Correct the record; 0.0.0.0 is what a filtering name server answers for names it blocks.",
    "RFC 6890",
)
ADDRESS_LOOPBACK: Final = _rule(
    "address.loopback",
    Layer.ADDRESS,
    _BREACH,
    "The name does not stand for the machine that asks.",
    "Correct the record, or the line in the hosts file: on the station the name would mean the station itself.",
    "RFC 6890",
)
ADDRESS_LINK_LOCAL: Final = _rule(
    "address.link-local",
    Layer.ADDRESS,
    _BREACH,
    "The backend has an address that routers forward.",
    "Give the backend a fixed address, or one of DHCP: 169.254.0.0/16 and fe80::/10 are what a host takes that got none.",
    "RFC 3927",
)
ADDRESS_PRIVATE: Final = _rule(
    "address.private",
    Layer.ADDRESS,
    _NOTE,
    "The backend can be reached from anywhere.",
    "The station must be in the same network, or come there by VPN or a private APN.",
    "RFC 1918, RFC 4193",
)
ADDRESS_MIXED: Final = _rule(
    "address.mixed",
    Layer.ADDRESS,
    _BREACH,
    "All addresses of the name can be reached from one place.",
    "Let each network see only its addresses of the name (split DNS): a station picks any of them, and not all are meant for it.",
)
ADDRESS_NOT_DEMANDED: Final = _rule(
    "address.not-as-demanded",
    Layer.ADDRESS,
    _BREACH,
    "The backend has addresses of the kind the platform demands.",
    "Use the URL meant for this network: the public one on the Internet, the private one in the VPN or the private APN.",
)
ADDRESS_NO_ROUTE: Final = _rule(
    "address.no-route",
    Layer.ADDRESS,
    _FATAL,
    "There is a route to the backend.",
    "Check that the station's interface is up, has an address and a default route, and that the VPN stands if one is needed.",
)
ADDRESS_SOME_WITHOUT_ROUTE: Final = _rule(
    "address.some-without-route",
    Layer.ADDRESS,
    _NOTE,
    "There is a route to each address of the backend.",
    "Nothing, if the station tries the others; one that tries only the first address needs that family (often IPv6) switched off.",
)
OWN_ADDRESS_CGNAT: Final = _rule(
    "address.own-behind-cgnat",
    Layer.ADDRESS,
    _NOTE,
    "The station has no address of a carrier's NAT.",
    "Keep the WebSocket alive by pings more often than the carrier forgets an idle line (often after 2 to 5 minutes).",
    "RFC 6598; J2:5.2",
)
OWN_ADDRESS_NAT: Final = _rule(
    "address.own-behind-nat",
    Layer.ADDRESS,
    _NOTE,
    "The station has a public address towards a public backend.",
    "Keep the WebSocket alive by pings: the NAT forgets an idle line without a word to either side.",
    "RFC 1918; J2:5.2",
)

# --- ports -------------------------------------------------------------------------------------------------------------------

PORT_REFUSED: Final = _rule(
    "port.refused",
    Layer.PORT,
    _FATAL,
    "Something listens at the port.",
    "Check the port in the URL, and that the backend runs and listens on the outer interface, not on 127.0.0.1 alone.",
)
PORT_FILTERED: Final = _rule(
    "port.filtered",
    Layer.PORT,
    _FATAL,
    "A connection to the port is answered.",
    "Look for a firewall that drops packets: the site's, the mobile network's (APN), the data centre's; have the port opened outward.",
)
PORT_UNREACHABLE: Final = _rule(
    "port.unreachable",
    Layer.PORT,
    _FATAL,
    "The backend's host can be reached.",
    "A router on the way says there is no way: check the VPN, the routes, and that the address is still the backend's.",
)
PORT_SOME_ADDRESSES: Final = _rule(
    "port.some-addresses",
    Layer.PORT,
    _BREACH,
    "Each address of the name takes connections.",
    "Take the dead addresses out of DNS, or bring their machines up: a station that gets one of them waits or gives up.",
)
PORT_SLOW: Final = _rule(
    "port.slow",
    Layer.PORT,
    _NOTE,
    "A TCP connection stands within 1 second.",
    "Look at the signal of the modem and at the way packets take; give the station timeouts that allow for it.",
)
PORT_NOT_DEMANDED: Final = _rule(
    "port.not-as-demanded",
    Layer.PORT,
    _BREACH,
    "The backend is at a port the platform uses.",
    "Use one of the platform's ports: others may be closed in the networks it is meant for.",
)
PORT_PLAIN_HTTP: Final = _rule(
    "port.plain-http",
    Layer.PORT,
    _FATAL,
    "TLS is spoken at the port of a wss:// URL.",
    "Use the port with TLS; or, in a trusted network only, ws:// with this port.",
    "A00.FR.312",
)
PORT_TLS: Final = _rule(
    "port.tls-on-ws",
    Layer.PORT,
    _FATAL,
    "Plain HTTP is spoken at the port of a ws:// URL.",
    "Write wss:// instead of ws:// with this port.",
)
PORT_OTHER: Final = _rule(
    "port.other-service",
    Layer.PORT,
    _FATAL,
    "A web server listens at the port.",
    "Correct the port in the URL: another service listens there.",
)
PORT_SILENT: Final = _rule(
    "port.silent",
    Layer.PORT,
    _FATAL,
    "What listens at the port answers.",
    "A load balancer or port forwarding takes connections for a backend that does not answer: look at the backend behind it, "
    "or for a firewall that lets through only the beginning of connections.",
)
PORT_CLOSES: Final = _rule(
    "port.closes",
    Layer.PORT,
    _FATAL,
    "What listens at the port keeps the connection.",
    "Look for a list of allowed addresses (firewall, load balancer) the station is not on, or a load "
    "balancer without a backend behind it.",
)

# --- proxy -------------------------------------------------------------------------------------------------------------------

PROXY_CREDENTIALS: Final = _rule(
    "proxy.credentials",
    Layer.PROXY,
    _FATAL,
    "The proxy takes the station's user and password.",
    "Give the proxy's user and password in its URL: http://user:password@host:port.",
    "RFC 9110, 15.5.8",
)
PROXY_FORBIDS: Final = _rule(
    "proxy.forbids",
    Layer.PROXY,
    _FATAL,
    "The proxy lets the station through to the backend.",
    "Have the proxy allow CONNECT to the backend's name and port: many allow port 443 alone.",
    "RFC 9110, 9.3.6",
)
PROXY_CANNOT_REACH: Final = _rule(
    "proxy.cannot-reach",
    Layer.PROXY,
    _FATAL,
    "The proxy reaches the backend.",
    "See, from the proxy, whether it resolves the name, and is let out to that port.",
    "RFC 9110, 15.6.3",
)
PROXY_IS_NONE: Final = _rule(
    "proxy.is-none",
    Layer.PROXY,
    _FATAL,
    "What is given as proxy is one for HTTP CONNECT.",
    "Check host and port of the proxy: a web server, or a proxy that knows no CONNECT, answers there.",
    "RFC 9110, 9.3.6",
)
PROXY_SILENT: Final = _rule(
    "proxy.silent",
    Layer.PROXY,
    _FATAL,
    "The proxy answers.",
    "Check host and port of the proxy, and whether it takes connections from the station's address.",
)

# --- the idle line -----------------------------------------------------------------------------------------------------------

LINE_CUT: Final = _rule(
    "line.cut-when-idle",
    Layer.LINE,
    _BREACH,
    "An idle connection is left in peace.",
    "Let the station ping more often than that (WebSocketPingInterval, at most half of it), or have the "
    "idle timeout raised in the load balancer.",
    "J2:3.1, J2:5.2",
)
LINE_DROPPED: Final = _rule(
    "line.dropped-silently",
    Layer.LINE,
    _BREACH,
    "The way to the backend outlasts silence.",
    "A NAT or firewall forgets the connection without a word: let the station ping more often "
    "(WebSocketPingInterval, at most half of that time).",
    "J2:5.2",
)
LINE_NO_PONG: Final = _rule(
    "line.no-pong",
    Layer.LINE,
    _BREACH,
    "The backend answers pings.",
    "Have the backend, or the proxy before it, answer ping frames with pong frames; a station takes the line for dead otherwise.",
    "RFC 6455, 5.5.2; J2:5.2",
)
LINE_TOO_SHORT: Final = _rule(
    "line.too-short",
    Layer.LINE,
    _BREACH,
    "An idle line lasts as long as the platform demands.",
    "Raise the idle timeout of load balancer, proxy or firewall.",
)
LINE_GARBLED: Final = _rule(
    "line.garbled",
    Layer.LINE,
    _BREACH,
    "What comes on the line are frames of WebSocket.",
    "Look at the proxy or load balancer before the backend: it must hand the bytes through as they are, after the handshake.",
    "RFC 6455, 5.2",
)

RULES: Final = tuple(each for each in list(globals().values()) if isinstance(each, Rule))
"""All of them."""
