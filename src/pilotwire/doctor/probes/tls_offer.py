"""Which TLS does the backend take: versions, suites, compression; and does it take the station's client certificate?

Versions and suites are asked for one by one, with hellos made by hand that are cut off after the answer; then one handshake is done to
its end, as a station's TLS library does it. That makes 10 to 30 short connections, none of which names a station.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Final

from pilotwire.doctor.findings import Chart, Layer, Rule
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.asking import Heard, ask
from pilotwire.doctor.probes.hello import Answer
from pilotwire.doctor.probes.lines import SETTLE, LineFault, shown, wire_host
from pilotwire.doctor.probes.tls_lines import Handshake, HandshakeFailed, TlsLine, is_blocked, secured
from pilotwire.doctor.probes.tls_names import (
    ECDSA_REQUIRED,
    RSA_REQUIRED,
    SSL3,
    SUITES,
    SUITES_13,
    TLS12,
    TLS13,
    VERSIONS,
    alert_words,
    is_weak,
    suite_name,
)
from pilotwire.doctor.rules import tls as rules
from pilotwire.errors import ConfigError
from pilotwire.pki import Certificate, PkiFault, read_one

MOST_SUITES: Final = 24
"""How many suites are asked for before it is enough."""
_HIDDEN: Final = (40, 42)  # what servers of TLS 1.2 answer to a station without the certificate they demand
_UNRECOGNIZED_NAME: Final = 112
_NO_PROTOCOL: Final = 120


class TlsOffer:
    """Asks for each version and suite, then does one handshake; leaves `patient.served`."""

    question = "Which TLS does the backend take, and does it take the station's certificate?"
    layer = Layer.TLS

    async def look(self, patient: Patient) -> None:
        """Ask."""
        if not patient.place.secure:
            _judge_plain(patient)
            return
        try:
            versions = await _versions(patient)
            if _judge_versions(patient, versions):
                await _suites(patient, versions)
            if not is_blocked(patient):
                await _judge_handshake(patient)
        except LineFault as fault:
            patient.chart.find(rules.NO_HANDSHAKE, f"The connection cannot be made again: {fault.what}.")


def _judge_plain(patient: Patient) -> None:
    demands = patient.profile.tls
    what = f"{patient.place.url} is reached without TLS: everything can be read and changed on the way."
    if demands.versions or demands.client_certificate:
        from_profile = f"{what} {patient.profile.title} demands TLS."
        severity = rules.VERSION_DEMANDED.severity
        patient.chart.find(rules.NOT_USED, from_profile, severity=severity, source=patient.profile.source)
    else:
        patient.chart.find(rules.NOT_USED, what)


# --- versions ----------------------------------------------------------------------------------------------------------------


async def _versions(patient: Patient) -> dict[int, Heard]:
    heard: dict[int, Heard] = {}
    for version in VERSIONS:
        suites = tuple(SUITES_13) if version >= TLS13 else tuple(SUITES)
        compression = (1, 0) if version < TLS13 and version > SSL3 else (0,)
        heard[version] = await ask(patient, version, suites, compression=compression)
    return heard


def _taken(heard: dict[int, Heard]) -> list[int]:
    return [version for version, each in heard.items() if each.hello is not None and each.hello.version == version]


def _judge_versions(patient: Patient, heard: dict[int, Heard]) -> bool:
    """Whether there is one that a station may use."""
    chart, taken = patient.chart, _taken(heard)
    named = [VERSIONS[each] for each in taken]
    chart.note(Layer.TLS, "TLS versions taken", ", ".join(named) or "none")
    old, new = [each for each in taken if each < TLS12], [each for each in taken if each >= TLS12]
    said = tuple(f"{VERSIONS[each]}: {heard[each].words or 'taken'}" for each in heard)
    where = shown(patient.place.host, patient.place.port)
    if not new:
        _find_no_version(chart, where, heard, old, said)
        return False
    if old:
        what = f"{where} takes {' and '.join(VERSIONS[each] for each in old)} as well."
        chart.find(rules.OLD_VERSION_TAKEN, what, *said)
    missing = [each for each in patient.profile.tls.versions if each not in named]
    if missing:
        what = f"{patient.profile.title} demands {' and '.join(missing)}; {where} does not take it."
        chart.find(rules.VERSION_DEMANDED, what, *said, source=patient.profile.source)
    _judge_hello(chart, where, heard)
    return True


def _find_no_version(chart: Chart, where: str, heard: dict[int, Heard], old: list[int], said: tuple[str, ...]) -> None:
    alerts = {heard[each].answer.alert for each in (TLS12, TLS13)}
    if old:
        what = f"{where} takes nothing newer than {VERSIONS[old[-1]]}; stations must not go below TLS 1.2."
        chart.find(rules.VERSION_TOO_OLD, what, *said)
    elif _UNRECOGNIZED_NAME in alerts:
        chart.find(rules.NAME_NOT_KNOWN, f"{where} breaks TLS off: it does not know this host's name (SNI).", *said)
    elif _NO_PROTOCOL in alerts:
        chart.find(rules.ALPN_NEEDED, f"{where} breaks TLS off: it wants a protocol offered by ALPN.", *said)
    elif alerts & {40, 71}:
        what = f"{where} finds no cipher suite in common with any hello; it has no certificate, or only rare suites."
        chart.find(rules.NO_SUITE_SHARED, what, *said)
    else:
        words = heard[TLS12].words or "an answer in another version"
        chart.find(rules.NO_HANDSHAKE, f"{where} takes no handshake of any version ({words}).", *said)


def _judge_hello(chart: Chart, where: str, heard: dict[int, Heard]) -> None:
    hellos = [each.hello for version, each in heard.items() if version < TLS13 and each.hello is not None]
    if any(hello.compression for hello in hellos):
        chart.find(rules.COMPRESSION, f"{where} chooses TLS compression when it is offered.")
    twelve = heard[TLS12].hello
    if twelve is not None and not twelve.secure_renegotiation:
        what = f"{where} does not know secure renegotiation: its TLS 1.2 answer has no renegotiation_info."
        chart.find(rules.RENEGOTIATION, what)


# --- suites ------------------------------------------------------------------------------------------------------------------


async def _suites(patient: Patient, heard: dict[int, Heard]) -> None:
    taken: list[str] = []
    for version, table in ((TLS12, tuple(SUITES)), (TLS13, tuple(SUITES_13))):
        if version in _taken(heard):
            taken += await _accepted(patient, version, table, heard[version])
    patient.chart.note(Layer.TLS, "suites taken, in the backend's order", ", ".join(taken))
    _judge_suites(patient, taken)


async def _accepted(patient: Patient, version: int, table: Sequence[int], first: Heard) -> list[str]:
    """What the server chooses, then what it chooses without that, until it finds nothing."""
    chosen: list[int] = []
    left, heard = list(table), first
    while heard.hello is not None and heard.hello.suite in left and len(chosen) < MOST_SUITES:
        chosen.append(heard.hello.suite)
        left.remove(heard.hello.suite)
        if not left:
            break
        heard = await ask(patient, version, left)
    required = [code for code in left if SUITES.get(code) in (*ECDSA_REQUIRED, *RSA_REQUIRED)]
    if len(chosen) >= MOST_SUITES:  # a server that takes everything: what counts is asked for alone
        for code in required:
            heard = await ask(patient, version, (code,))
            chosen += [code] if heard.hello is not None and heard.hello.suite == code else []
    return [suite_name(code) for code in chosen]


def _judge_suites(patient: Patient, taken: list[str]) -> None:
    where, chart = shown(patient.place.host, patient.place.port), patient.chart
    evidence = f"It takes {', '.join(taken)}."
    for required, rule, kind in (
        (ECDSA_REQUIRED, rules.ECDSA_SUITES_MISSING, "an ECDSA"),
        (RSA_REQUIRED, rules.RSA_SUITES_MISSING, "an RSA"),
    ):
        missing = [each for each in required if each not in taken]
        if missing:
            what = f"{where} does not take {' nor '.join(missing)}: a station that has only the suites for {kind} certificate finds none."
            chart.find(rule, what, evidence)
    weak = [each for each in taken if is_weak(each)]
    if weak:
        chart.find(rules.WEAK_SUITE_TAKEN, f"{where} takes {', '.join(weak)}.", evidence)
    demanded = patient.profile.tls.suites
    if demanded and not set(demanded) & set(taken):
        what = f"{patient.profile.title} demands {' or '.join(demanded)}; {where} takes none of them."
        chart.find(rules.SUITE_DEMANDED, what, evidence, source=patient.profile.source)


# --- one handshake to its end ------------------------------------------------------------------------------------------------


async def _judge_handshake(patient: Patient) -> None:
    chart = patient.chart
    try:
        line = await secured(patient, patient.place.host)
    except ConfigError as error:
        chart.find(rules.CLIENT_FILES, error.what)
        return
    except HandshakeFailed as failed:
        _keep(patient, failed.heard)
        find_tls_refusal(patient, failed.heard.answer, failed.what)
        return
    heard = line.heard
    try:
        late = await _late_word(line, patient)
    finally:
        line.close()
    _keep(patient, heard)
    if late and await _is_refused(patient, heard.answer):
        find_tls_refusal(patient, heard.answer, late)
    else:
        judge_request(patient, heard.answer)


async def _late_word(line: TlsLine, patient: Patient) -> str:
    """Why the server breaks off after all: in TLS 1.3 it judges the client certificate when the client is through. "" if it does not."""
    host = shown(wire_host(patient.place.host), patient.place.port)
    try:
        await line.send(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(min(patient.timeout, SETTLE)):
            said = await line.receive()
    except TimeoutError:
        return ""
    except LineFault as fault:
        said, told = b"", fault.what
    else:
        told = "it closes the connection right after the handshake, without a word"
    refused = line.heard.answer.alert is not None or line.heard.answer.authorities is not None
    return told if refused and not said else ""


async def _is_refused(patient: Patient, answer: Answer) -> bool:
    """Whether that was TLS: without an alert only TLS 1.2 can tell, where the server judges before the handshake is over."""
    if answer.alert is not None:
        return True
    try:
        (await secured(patient, patient.place.host, most=ssl.TLSVersion.TLSv1_2)).close()
    except LineFault:
        return True
    return False


def _keep(patient: Patient, heard: Handshake) -> None:
    chart, answer = patient.chart, heard.answer
    if heard.version:
        chart.note(Layer.TLS, "TLS agreed", f"{heard.version} {heard.suite}")
    served = [made for der in answer.certificates if (made := _certificate(der)) is not None]
    if served:
        patient.served = tuple(served)
        chart.note(Layer.TLS, "certificate shown", served[0].subject.rfc4514_string())
    if answer.authorities is not None:
        chart.note(Layer.TLS, "client certificate asked for, of", "; ".join(answer.authorities) or "any CA")
    elif heard.version:
        asked = "not asked for" if answer.certain else "not known whether it is asked for: this Python does not tell"
        chart.note(Layer.TLS, "client certificate", asked)


def _certificate(der: bytes) -> Certificate | None:
    try:
        return read_one(ssl.DER_cert_to_PEM_cert(der))
    except PkiFault:
        return None


def judge_request(patient: Patient, answer: Answer) -> None:
    """Of a handshake that went well."""
    chart, demanded = patient.chart, patient.profile.tls.client_certificate
    where = shown(patient.place.host, patient.place.port)
    if answer.authorities is None:
        if answer.certain and (patient.credentials.certificate or demanded):
            whose = "the station has one" if patient.credentials.certificate else f"{patient.profile.title} demands one"
            chart.find(rules.CLIENT_CERTIFICATE_NOT_ASKED, f"{where} does not ask for a client certificate; {whose}.")
        return
    issuers = {each.issuer.rfc4514_string() for each in patient.credentials.chain}
    if answer.authorities and issuers and not issuers & set(answer.authorities):
        what = f"{where} names other CAs than that of the station's certificate."
        chart.find(rules.CLIENT_AUTHORITY_NOT_NAMED, what, f"It names {'; '.join(answer.authorities)}.")


_OF_CERTIFICATES: Final[dict[int, Rule]] = {
    42: rules.CLIENT_CERTIFICATE_REFUSED,
    43: rules.CLIENT_CERTIFICATE_REFUSED,
    44: rules.CLIENT_CERTIFICATE_REVOKED,
    45: rules.CLIENT_CERTIFICATE_EXPIRED,
    46: rules.CLIENT_CERTIFICATE_REFUSED,
    48: rules.CLIENT_AUTHORITY_UNKNOWN,
    49: rules.CLIENT_CERTIFICATE_REFUSED,
    51: rules.CLIENT_CERTIFICATE_REFUSED,
}
"""Alerts after the station has shown its certificate."""
_OF_HANDSHAKES: Final[dict[int, Rule]] = {
    _UNRECOGNIZED_NAME: rules.NAME_NOT_KNOWN,
    _NO_PROTOCOL: rules.ALPN_NEEDED,
    70: rules.VERSION_TOO_OLD,
    40: rules.NO_SUITE_SHARED,
    71: rules.NO_SUITE_SHARED,
}


def find_tls_refusal(patient: Patient, answer: Answer, what: str) -> None:
    """Of a handshake that did not end well: asked for a certificate, a server that breaks off means the certificate."""
    where = shown(patient.place.host, patient.place.port)
    evidence = [what]
    if answer.authorities:
        evidence.append(f"It names {'; '.join(answer.authorities)} as CAs.")
    alert = answer.alert
    words = alert_words(alert) if alert is not None else what
    asked = answer.authorities is not None or (not answer.certain and alert in _OF_CERTIFICATES)
    if alert == 116 or (asked and not patient.credentials.certificate and (alert is None or alert in _HIDDEN)):
        said = f"{where} demands a client certificate, and the station has none."
        patient.chart.find(rules.CLIENT_CERTIFICATE_DEMANDED, said, *evidence)
    elif asked and patient.credentials.certificate:
        rule = _OF_CERTIFICATES.get(alert or 0, rules.CLIENT_CERTIFICATE_REFUSED)
        patient.chart.find(rule, f"{where} does not take the station's certificate ({words}).", *evidence)
    else:
        rule = _OF_HANDSHAKES.get(alert or 0, rules.NO_HANDSHAKE)
        patient.chart.find(rule, f"{where} breaks the TLS handshake off ({words}).", *evidence)
