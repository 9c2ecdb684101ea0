"""Is the station's certificate good by itself, and does the backend accept it?"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from pilotwire.doctor.certificates.backend import in_place
from pilotwire.doctor.certificates.files import Bundle
from pilotwire.doctor.certificates.sketch import lines_of, summary_of
from pilotwire.doctor.certificates.station import Accredited, judge_roots, judge_station
from pilotwire.doctor.certificates.subject import Who, unanswerable
from pilotwire.doctor.findings import Chart, Finding, Layer, Rule, Severity
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.asking import server_name_of
from pilotwire.doctor.probes.credential_files import accredited_by, bundle_of
from pilotwire.doctor.probes.lines import Line, LineFault, reach
from pilotwire.doctor.probes.tls_lines import Handshake, HandshakeFailed, TlsLine, client_context
from pilotwire.doctor.probes.trust_store import machine_roots
from pilotwire.doctor.rules import station_certificates as rules
from pilotwire.doctor.tls_names import alert_words
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate, in_order, is_self_signed, words_of

_HANDSHAKE: Final = 22
_NEW_SESSION_TICKET: Final = 4
_LISTENS: Final = 1.0
"""Seconds for a refusal or a ticket after a handshake of TLS 1.3: either is on its way once the backend has seen the certificate."""
_MOST_WAIT: Final = 3.0
"""Seconds for an answer after that."""


@dataclass(frozen=True, slots=True)
class ClientChain:
    """Judges the files of the station's certificate and key. Nothing is sent anywhere."""

    question: str = "Is the station's certificate complete, valid, and its own?"
    layer: Layer = Layer.ASKED

    async def look(self, patient: Patient) -> None:
        """Read the files, and judge them by the standards and by the platform's demands."""
        chart, demands = patient.chart, patient.profile.certificates
        chart.findings += judge_roots(patient.credentials.roots or ())
        bundle = bundle_of(patient.credentials, demands)
        if bundle is None:
            self._without(patient)
            return
        chart.findings += bundle.findings
        if not bundle.chain:
            chart.skip(self.question, "There is no certificate in the file.")
            return
        _tell(chart, bundle)
        self._judge(patient, bundle.chain)

    def _without(self, patient: Patient) -> None:
        if patient.profile.tls.client_certificate:
            what = f"{patient.profile.title} demands a client certificate (security profile 3), and the station brings none."
            patient.chart.find(rules.MISSING, what, source=patient.profile.title)
        else:
            patient.chart.skip(self.question, "The station brings no certificate.")

    def _judge(self, patient: Patient, chain: tuple[Certificate, ...]) -> None:
        chart, demands = patient.chart, patient.profile.certificates
        candidates = (*chain, *(patient.credentials.roots or ()), *(machine_roots() if demands.authorities else ()))
        try:
            authorities = accredited_by(demands, candidates)
        except ConfigError as error:
            chart.skip("Is the authority of the station's certificate accredited?", str(error))
            authorities = Accredited(pool=candidates)
        if not authorities.said:
            chart.skip(
                "Is the authority of the station's certificate accredited?",
                "Nobody said which ones are: name a profile.",
            )
        elif authorities.unknown:
            why = f"The profile names roots by fingerprints only that are not here: {', '.join(authorities.unknown)}. Give them as PEM."
            chart.skip("Is the authority of the station's certificate accredited?", why)
        who = Who(patient.identity, patient.card)
        for demand in demands.subject:
            if why := unanswerable(demand, who):
                chart.skip(f"Is {demand.attribute} of the certificate's subject as the platform asks?", why)
        chart.findings += judge_station(chain, patient.profile, who, authorities, patient.clock.now())


@dataclass(frozen=True, slots=True)
class ClientTrial:
    """Makes a handshake with the station's certificate, and hears what the backend says to it.

    In TLS 1.3 it says so after the handshake (RFC 8446, 4.4.2.4): by an alert or the end, or by a ticket or an answer.
    """

    question: str = "Does the backend accept the station's certificate?"
    layer: Layer = Layer.TLS

    async def look(self, patient: Patient) -> None:
        """Try it, unless another probe has had a refusal already: then only its cause is looked for."""
        chart = patient.chart
        if not patient.place.secure:
            chart.skip(self.question, "The URL is ws://: there is no TLS.")
            return
        bundle = bundle_of(patient.credentials, patient.profile.certificates)
        if bundle is not None and not bundle.usable:
            chart.skip(
                self.question,
                f"TLS cannot be spoken with this key and certificate here (the key is in {bundle.key_place}).",
            )
            return
        try:
            context = client_context(patient.credentials)
        except ConfigError as error:
            if not any(each.rule.id == "tls.client-files" for each in chart.findings):
                chart.find(rules.NOT_LOADED, error.what)
            return
        heard = await _try(patient, context)
        if heard.unreachable:
            chart.skip(self.question, heard.unreachable)
        else:
            _conclude(patient, bundle, heard)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the backend did: `authorities` it named (None: it asks for no certificate), `alert` its number, `cut` without a word.

    `agreed`: the handshake came to its end; `accepted`: it did, and nothing was said against the certificate after it. Not `certain`:
    whether it asks for a certificate could not be heard.
    """

    authorities: tuple[str, ...] | None = None
    alert: int | None = None
    cut: bool = False
    agreed: bool = False
    unreachable: str = ""
    certain: bool = True

    @property
    def asks(self) -> bool:
        """Whether it asks for a certificate, by what it said, or by what it has against it."""
        return self.authorities is not None or (not self.certain and self.alert is not None)

    @property
    def accepted(self) -> bool:
        """Whether the certificate, or that there is none, is no obstacle."""
        return self.agreed and self.alert is None and not self.cut

    @property
    def words(self) -> str:
        """What was heard, for people."""
        return (
            f"TLS alert {alert_words(self.alert)}"
            if self.alert is not None
            else "it cuts the connection without a word"
        )


async def _try(patient: Patient, context: ssl.SSLContext) -> Outcome:
    try:
        wire = await reach(patient)
    except LineFault as fault:
        return Outcome(unreachable=f"There is no connection: {fault.what}.")
    line = _Listening(wire, context, server_name_of(patient.place.host) or None)
    try:
        heard = await line.shake(patient.timeout)
        asks = heard.answer.authorities is not None or not heard.answer.certain
        cut = await _cut_after(line, patient) if asks else False
        return _outcome(heard, agreed=True, cut=cut)
    except HandshakeFailed as fault:
        return _outcome(fault.heard, agreed=False, cut=fault.heard.answer.alert is None)
    finally:
        line.close()


def _outcome(heard: Handshake, *, agreed: bool, cut: bool) -> Outcome:
    return Outcome(heard.answer.authorities, heard.answer.alert, cut, agreed, certain=heard.answer.certain)


class _Listening(TlsLine):
    """A line that knows when it was given a ticket: a server does so after it has accepted the client (RFC 8446, 4.6.1)."""

    def __init__(self, line: Line, context: ssl.SSLContext, server_name: str | None) -> None:
        super().__init__(line, context, server_name)
        self.ticket = asyncio.Event()

    def _hear(self, _: Any, direction: str, version: Any, content: Any, kind: Any, data: bytes) -> None:
        super()._hear(_, direction, version, content, kind, data)
        if direction == "read" and int(content) == _HANDSHAKE and int(kind) == _NEW_SESSION_TICKET:
            self.ticket.set()


async def _cut_after(line: _Listening, patient: Patient) -> bool:
    """Whether the backend ends the connection after the handshake. An alert is in `line.heard`.

    First it is only listened: who writes to a server that has refused him loses its alert (the connection is reset). A server that says
    nothing at all is then asked a plain question of HTTP.
    """
    if line.heard.version != "TLSv1.3" or line.ticket.is_set():
        return False
    reading = asyncio.ensure_future(line.receive())
    given = asyncio.ensure_future(line.ticket.wait())
    try:
        either: set[asyncio.Future[Any]] = {reading, given}
        wait = min(_LISTENS, patient.timeout)
        done, _ = await asyncio.wait(either, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            await _ask(line, patient)
            await asyncio.wait({reading}, timeout=min(_MOST_WAIT, patient.timeout))
        return reading.done() and isinstance(reading.exception(), LineFault)
    finally:
        given.cancel()
        reading.cancel()
        await asyncio.gather(reading, given, return_exceptions=True)


async def _ask(line: TlsLine, patient: Patient) -> None:
    place = patient.place
    path = f"{place.path}/{quote(patient.identity, safe='')}"
    with contextlib.suppress(LineFault):  # then the reading tells
        await line.send(f"GET {path} HTTP/1.1\r\nHost: {place.host}:{place.port}\r\nConnection: close\r\n\r\n".encode())


def _conclude(patient: Patient, bundle: Bundle | None, heard: Outcome) -> None:
    chart = patient.chart
    if heard.authorities is not None:
        named = "; ".join(heard.authorities) or "any"
        chart.note(Layer.TLS, "Client certificates asked for, of", named)
    if bundle is None:
        _without(chart, heard)
    elif not heard.asks and heard.agreed:
        if not heard.certain:
            why = "It has nothing against it, but this Python does not tell whether it asks for one."
            chart.skip("Does the backend ask for the station's certificate?", why)
        elif not _told(chart, "tls.client-certificate-not-asked"):
            chart.find(rules.NOT_ASKED, "The backend does not ask for the station's certificate.")
    else:
        _named(chart, bundle, heard)
        if heard.accepted:
            _lower(chart)
            chart.note(Layer.TLS, "Station's certificate", "accepted by the backend")
        elif heard.asks:
            _refused(patient, bundle, heard)


def _without(chart: Chart, heard: Outcome) -> None:
    if heard.asks and not heard.accepted and not _told(chart, "tls.client-certificate"):
        what = f"The backend demands a client certificate (security profile 3), and the station brings none: {heard.words}."
        chart.find(rules.DEMANDED, what)


def _told(chart: Chart, start: str) -> bool:
    """Whether the probes of TLS have told it already."""
    return any(each.rule.id.startswith(start) for each in chart.findings)


def _named(chart: Chart, bundle: Bundle, heard: Outcome) -> None:
    named = heard.authorities or ()
    mine = {each.issuer.rfc4514_string() for each in bundle.chain}
    if named and not mine & set(named) and not _told(chart, "tls.client-authority-not-named"):
        what = f"The backend names the authorities it takes, and {words_of(bundle.chain[-1].issuer)} is not among them."
        chart.find(rules.NOT_NAMED, what, *lines_of(bundle.chain), *(f"taken: {each}" for each in named))


def _lower(chart: Chart) -> None:
    """What should keep the station from docking does not, as is seen: it is a breach."""
    for place, each in enumerate(chart.findings):
        if each.rule in _TOLERABLE and each.weight is Severity.FATAL:
            evidence = (*each.evidence, "the backend accepts it all the same")
            chart.findings[place] = replace(each, severity=Severity.BREACH, evidence=evidence)


_TOLERABLE: Final = tuple({each.id: each for each in rules.BY_FLAW.values()}.values())
_UNKNOWN_CA: Final = 48
_CAUSES: Final[dict[int, Sequence[Rule]]] = {
    _UNKNOWN_CA: (rules.SELF_SIGNED, rules.INTERMEDIATE_MISSING, rules.NOT_ACCREDITED, rules.ISO15118, rules.NOT_NAMED),
    45: (rules.EXPIRED, rules.NOT_YET_VALID),
    43: (rules.KEY_USAGE, rules.EXTENDED_KEY_USAGE, rules.KEY_KIND, rules.UNKNOWN_CRITICAL),
    51: (rules.KEY_OTHER,),
}
_ANY_CAUSE: Final = (
    *(each for causes in _CAUSES.values() for each in causes),
    *(rules.WEAK_KEY, rules.WEAK_HASH, rules.OTHER_STATION, rules.COMMON_NAME, rules.ORGANIZATION, rules.IS_CA),
)


def _refused(patient: Patient, bundle: Bundle, heard: Outcome) -> None:
    chart = patient.chart
    causes = _CAUSES.get(heard.alert or 0, _ANY_CAUSE)
    likely = [each for each in chart.findings if each.rule in causes and each.weight is not Severity.NOTE]
    if heard.alert == _UNKNOWN_CA and not likely:
        likely.append(_suppose(chart, bundle.chain))
    for each in likely[:1]:
        chart.findings[chart.findings.index(each)] = replace(each, severity=Severity.FATAL)
    if not _told(chart, "tls.client-"):
        because = f" The likely cause: {likely[0].what}" if likely else ""
        what = f"The backend turns the station's certificate away: {heard.words}.{because}"
        remedy = in_place(rules.TURNED_AWAY.remedy, patient.place)
        chart.find(rules.TURNED_AWAY, what, *lines_of(bundle.chain), remedy=remedy)


def _suppose(chart: Chart, chain: tuple[Certificate, ...]) -> Finding:
    """Nobody said which roots are accredited, and the backend does not know that of the station: what is missing can only be either."""
    top = in_order(chain)[-1]
    if is_self_signed(top):
        what = f"The station's chain ends in the root {words_of(top.subject)}, which the backend does not know."
        return chart.find(rules.NOT_ACCREDITED, what, *lines_of(chain))
    what = (
        f"The station's chain ends with {words_of(top.subject)}, issued by {words_of(top.issuer)}: "
        "the backend has no such root, or an intermediate is missing in the file."
    )
    return chart.find(rules.INTERMEDIATE_MISSING if len(chain) == 1 else rules.NOT_ACCREDITED, what, *lines_of(chain))


def _tell(chart: Chart, bundle: Bundle) -> None:
    chart.note(Layer.ASKED, "Station's certificate", summary_of(bundle.chain[0]))
    chart.note(Layer.ASKED, "Station's private key", f"in {bundle.key_place}")
