"""What is wrong with a connection of a capture: from TCP up to the way it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from statistics import median
from typing import Final

from pilotwire.doctor.findings import Chart, Layer, Rule, Severity
from pilotwire.doctor.readers import upgrade
from pilotwire.doctor.readers.dockings import Docking
from pilotwire.doctor.readers.recording import Teller, clock_time
from pilotwire.doctor.readers.tcp import SIDES, Side
from pilotwire.doctor.rules import capture as rules
from pilotwire.doctor.tls_names import OLD_VERSIONS, suite_name
from pilotwire.pki import Certificate

_IDLE: Final = timedelta(seconds=20)
"""From this on a line counts as idle."""
_RESENT: Final = 3
"""So often the same is sent again without an answer until a peer counts as silent."""
_NAMES: Final = {"client": "the station", "server": "the backend", "": "nobody"}
_NORMAL: Final = (1000, 1001, 1005)


class Judge:
    """Tells what is wrong with connections; a station that docks later was not kept from it by what was before."""

    def __init__(self, dockings: Sequence[Docking], teller: Teller) -> None:
        self._teller = teller
        self._docked = [(each.tcp.client.address, each.tcp.began) for each in dockings if each.docked]
        self._known = {each.tcp.client.address: each.station for each in dockings if each.docked}

    def judge(self, docking: Docking) -> None:
        """All of one connection."""
        if not docking.relevant:
            return
        if docking.tcp.tries and not docking.tcp.answered:
            self._not_opened(docking)
            return
        self._tls(docking)
        self._upgrade(docking)
        self._websocket(docking)
        self._end(docking)
        self._holes(docking)

    def _tell(self, docking: Docking, rule: Rule, what: str, *evidence: str, severity: Severity | None = None) -> None:
        tcp = docking.tcp
        later = any(address == tcp.client.address and began > tcp.began for address, began in self._docked)
        if rule.severity is Severity.FATAL and (later or docking.docked):
            severity = Severity.BREACH
        station = self._known.get(docking.station, docking.station)
        place = (
            f"{clock_time(tcp.began)}, connection {tcp.number} ({tcp.client} to {tcp.server}), from packet {tcp.first}"
        )
        self._teller.tell(rule, what, *evidence, station=station, at=place, severity=severity)

    # --- TCP ----------------------------------------------------------------------------------------------------------------

    def _not_opened(self, docking: Docking) -> None:
        tcp = docking.tcp
        if tcp.reset_by == "server":
            self._tell(docking, rules.REFUSED, f"{tcp.server} refuses the connection (SYN answered by RST).")
        else:
            tries = f"{tcp.tries} SYN were sent in {(tcp.last - tcp.began).total_seconds():.0f} s"
            self._tell(
                docking, rules.NO_ANSWER, f"{tcp.server} does not answer when the station asks for a connection.", tries
            )

    def _holes(self, docking: Docking) -> None:
        tcp = docking.tcp
        lost = tcp.up.lost + tcp.down.lost
        if lost:
            what = "Bytes of the connection are missing in the capture: messages around them could not be read."
            self._tell(
                docking, rules.GAP, what, f"from the station {tcp.up.lost}, from the backend {tcp.down.lost} bytes"
            )
        if tcp.joined:
            self._tell(docking, rules.JOINED, "The connection was open before the capture began.")

    def _end(self, docking: Docking) -> None:
        tcp = docking.tcp
        silent = next((side for side in SIDES if tcp.flow(side).unanswered >= _RESENT), None)
        closed = any(each.kind == "close" for each in docking.controls)
        over = min((each for each in (tcp.reset_at, tcp.ended_at) if each is not None), default=None)
        idle = _idle(docking, over)
        before = f"the last data before was sent {idle.total_seconds():.0f} s earlier" if idle else ""
        if silent is not None:
            other = _NAMES["server" if silent == "client" else "client"]
            what = f"{other.capitalize()} does not acknowledge any more what {_NAMES[silent]} sends."
            self._tell(docking, rules.SILENT, what, f"sent again {tcp.flow(silent).unanswered} times without an answer")
        if over is None or closed or docking.content in ("nothing", "http", "mismatch"):
            return
        by = tcp.reset_by or tcp.ended_by
        if idle >= _IDLE:
            ends = "resets" if tcp.reset_at == over else "ends"
            what = f"{_side(by)} {ends} a connection without a close, after nothing was said for some time."
            self._tell(docking, rules.IDLE_DROP, what, before, f"ended at {clock_time(over)}")
        elif tcp.reset_by and tcp.reset_at == over and not _ended_in_tls(docking):
            what = f"{_side(by)} resets a connection in use."
            self._tell(docking, rules.RESET, what, before or "data had just been sent", f"reset at {clock_time(over)}")

    # --- TLS ----------------------------------------------------------------------------------------------------------------

    def _tls(self, docking: Docking) -> None:
        seen, tcp = docking.handshake, docking.tcp
        if docking.content == "mismatch":
            what = "The station speaks TLS, the backend answers without it."
            if seen is None:
                what = "The station speaks without TLS (ws://) to a port on which the backend speaks TLS."
            self._tell(docking, rules.TLS_MISMATCH, what)
            return
        if seen is None:
            return
        self._offer(docking)
        for alert in (each for each in seen.alerts if each.fatal):
            what = f"{_NAMES[alert.by].capitalize()} ends TLS with the alert {alert.name}: it {alert.words}."
            chain = seen.server_chain if alert.by == "client" else seen.client_chain
            shown = f"certificate it was shown: {chain[0].subject.rfc4514_string()}" if chain else ""
            self._tell(docking, rules.TLS_ALERT, what, *filter(None, (shown, f"at {clock_time(alert.at)}")))
        if seen.sealed_alert and not tcp.joined:
            what = f"{_NAMES[seen.sealed_alert].capitalize()} ends TLS right after the handshake, with an alert that only a key log opens."
            other = "the backend's" if seen.sealed_alert == "client" else "the station's"
            self._tell(docking, rules.TLS_ALERT, what, f"there it mostly means that {other} certificate is not taken")
        elif not seen.complete and not seen.unfit and not any(each.fatal for each in seen.alerts) and not tcp.joined:
            self._unfinished(docking)
        if seen.broken or seen.broken_certificates:
            what = (
                "A certificate that was shown cannot be read."
                if seen.broken_certificates
                else f"In TLS, {seen.broken}."
            )
            self._tell(docking, rules.TLS_BROKEN, what)
        if seen.closed and (seen.complete or seen.unfit):
            self._tell(docking, rules.NOT_OPENED, f"What was said inside TLS cannot be read: {seen.closed}.")

    def _offer(self, docking: Docking) -> None:
        seen = docking.handshake
        if seen is None or seen.offer is None:
            return
        offered = f"offered: {', '.join(seen.offer.versions) or 'nothing'}; {', '.join(seen.offer.suites)}"
        if not seen.offer.sni and not _is_address(docking):
            self._tell(
                docking, rules.SNI_MISSING, "The station does not name the server in its ClientHello (SNI).", offered
            )
        version = "" if seen.choice is None else seen.choice.version
        if version in OLD_VERSIONS:
            self._tell(docking, rules.TLS_OLD, f"{version} is spoken.", offered)
        elif not set(seen.offer.versions) - set(OLD_VERSIONS):
            self._tell(
                docking, rules.TLS_OLD, f"The station offers nothing newer than {max(seen.offer.versions)}.", offered
            )

    def _unfinished(self, docking: Docking) -> None:
        tcp, seen = docking.tcp, docking.handshake
        by = tcp.reset_by or tcp.ended_by
        ended = f"{_side(by)} {'resets' if tcp.reset_by else 'ends'} the connection" if by else "nothing more is said"
        if seen is None or seen.choice is None:
            if seen is not None and seen.offer is not None:
                what = f"The station's ClientHello is not answered: {ended[0].lower()}{ended[1:]}."
                self._tell(docking, rules.TLS_NO_ANSWER, what)
            return
        shown = [
            f"certificate the backend has shown: {each.subject.rfc4514_string()}" for each in seen.server_chain[:1]
        ]
        asked = ["the backend asks for a client certificate"] if seen.certificate_asked else []
        what = f"The TLS handshake does not come to its end: {ended[0].lower()}{ended[1:]}."
        self._tell(docking, rules.TLS_UNFINISHED, what, *shown, *asked)

    # --- HTTP ---------------------------------------------------------------------------------------------------------------

    def _upgrade(self, docking: Docking) -> None:
        if docking.content == "soap":
            self._tell(docking, rules.SOAP, "The station speaks OCPP by SOAP.")
            return
        for request, answer in docking.turns:
            self._answer(docking, request, answer)
        if docking.request is None or docking.content not in ("http", "websocket"):
            return
        faults = list(upgrade.request_faults(docking.request))
        if faults and not docking.request.first.startswith("CONNECT "):
            what = f"The station's request for a WebSocket is not as it must be: {'; '.join(faults)}."
            self._tell(docking, rules.UPGRADE_BROKEN, what, docking.request.first)
        if docking.answer is None:
            self._tell(
                docking, rules.UPGRADE_SILENT, "The request for a WebSocket is not answered.", docking.request.first
            )
        else:
            self._answer(docking, docking.request, docking.answer)

    def _answer(self, docking: Docking, request: upgrade.Head, answer: upgrade.Head) -> None:
        if answer.status != 101:
            where = [f"Location: {answer.headers['location']}"] if "location" in answer.headers else []
            what = (
                f"The backend answers the request for a WebSocket with {answer.first.partition(' ')[2] or 'no status'}."
            )
            self._tell(
                docking, rules.UPGRADE_REFUSED, what, f"asked for: {request.path}", *_credentials(request), *where
            )
            return
        faults = list(upgrade.answer_faults(request, answer))
        if faults:
            what = f"The backend's answer to the request for a WebSocket is not as it must be: {'; '.join(faults)}."
            self._tell(docking, rules.UPGRADE_BROKEN, what, answer.first)
        self._subprotocol(docking, request.listed("sec-websocket-protocol"), answer.listed("sec-websocket-protocol"))

    def _subprotocol(self, docking: Docking, offered: list[str], chosen: list[str]) -> None:
        seen = f"offered: {', '.join(offered) or 'none'}; chosen: {', '.join(chosen) or 'none'}"
        if not offered:
            self._tell(docking, rules.NO_SUBPROTOCOL, "The station offers no version of OCPP.", seen)
        elif not chosen:
            self._tell(
                docking, rules.NO_SUBPROTOCOL, "The backend takes the WebSocket and chooses no version of OCPP.", seen
            )
        elif len(chosen) > 1 or chosen[0] not in offered:
            what = "The backend chooses a version of OCPP that the station has not offered."
            self._tell(docking, rules.NO_SUBPROTOCOL, what, seen)

    # --- WebSocket ----------------------------------------------------------------------------------------------------------

    def _websocket(self, docking: Docking) -> None:
        closing = False
        for each in docking.controls:
            if each.kind == "broken":
                what = f"{_NAMES[each.by].capitalize()} sends a broken WebSocket frame: {each.broken}."
                self._tell(docking, rules.WEBSOCKET_BROKEN, what, f"packet {each.number}: {each.data[:40].hex(' ')}")
            elif each.kind == "lost":
                self._tell(docking, rules.GAP, f"A message cannot be read: {each.broken}.", f"packet {each.number}")
            elif each.kind == "close" and not closing:
                closing = True
                reason = f" ({each.reason!r})" if each.reason else ""
                what = f"{_NAMES[each.by].capitalize()} closes the WebSocket with {each.code}{reason}."
                weight = None if each.code in _NORMAL else Severity.BREACH
                self._tell(docking, rules.CLOSED_BY, what, f"at {clock_time(each.at)}", severity=weight)
        for by, at in _unanswered(docking):
            other = _NAMES["server" if by == "client" else "client"]
            what = f"{other.capitalize()} does not answer a ping."
            self._tell(docking, rules.PING_UNANSWERED, what, f"sent at {clock_time(at)}")


def note_facts(docking: Docking, chart: Chart) -> None:
    """What is no fault and worth reading: versions, suites, certificates, how often is pinged."""
    seen, name = docking.handshake, docking.station
    if seen is not None and seen.choice is not None:
        chosen = f"{seen.choice.version}, {suite_name(seen.choice.suite)}"
        chart.note(
            Layer.TLS, f"TLS of {name}", f"{chosen}, for {seen.offer.sni or 'no name'}" if seen.offer else chosen
        )
        for who, chain in (("backend", seen.server_chain), (name, seen.client_chain)):
            if chain:
                chart.note(Layer.CHAIN, f"Certificates of {who}", " < ".join(map(_subject, chain)))
    if docking.request is not None and docking.answer is not None:
        version = docking.answer.headers.get("sec-websocket-protocol", "no subprotocol")
        chart.note(Layer.UPGRADE, f"Upgrade of {name}", f"{docking.request.path}: {docking.answer.status}, {version}")
    for by in ("client", "server"):
        pings = [each.at for each in docking.controls if each.kind == "ping" and each.by == by]
        if len(pings) > 1:
            often = median((b - a).total_seconds() for a, b in pairwise(pings))
            chart.note(Layer.LINE, f"Pings of {name if by == 'client' else 'backend'}", f"every {often:.0f} s")


def _subject(certificate: Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _side(by: str) -> str:
    """Who ended a connection: from outside a device on the way looks like the peer it speaks for."""
    return f"{_NAMES[by].capitalize()} (or a device on the way in its name)"


def _credentials(request: upgrade.Head) -> list[str]:
    if "authorization" not in request.headers:
        return ["no credentials were brought (no Authorization header)"]
    user = request.user
    if user and user != request.identity:
        return [f"the user name {user!r} is not the identity {request.identity!r}"]
    return ["credentials were brought"]


def _is_address(docking: Docking) -> bool:
    """Whether the station's URL holds an address: then there is no name to tell."""
    host = "" if docking.request is None else docking.request.headers.get("host", "")
    try:
        ip_address(host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0])
    except ValueError:
        return False
    return True


def _idle(docking: Docking, over: datetime | None) -> timedelta:
    """How long nothing had been said when it ended."""
    data = [each for each in (docking.tcp.up.last, docking.tcp.down.last) if each is not None]
    return max(over - max(data), timedelta()) if over is not None and data else timedelta()


def _ended_in_tls(docking: Docking) -> bool:
    seen = docking.handshake
    return seen is not None and (not seen.complete or bool(seen.alerts))


def _unanswered(docking: Docking) -> Iterator[tuple[Side, datetime]]:
    """The last ping of each side, if the connection went on for long enough after it and no pong came (RFC 6455, 5.5.3)."""
    pairs: tuple[tuple[Side, Side], ...] = (("client", "server"), ("server", "client"))
    for by, other in pairs:
        pings = [each for each in docking.controls if each.kind == "ping" and each.by == by]
        pongs = [each for each in docking.controls if each.kind == "pong" and each.by == other]
        if not pings or docking.tcp.flow(other).lost:
            continue
        last = pings[-1]
        if docking.tcp.last - last.at >= timedelta(seconds=10) and not any(each.at >= last.at for each in pongs):
            yield by, last.at
