"""What an answer of HTTP that is no 101 means, status by status."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Finding, Rule
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.http import HttpAnswer
from pilotwire.doctor.probes.knock import Knocked, name_of
from pilotwire.doctor.rules import upgrade as rules

_BY_STATUS: Final[dict[int, tuple[Rule, str]]] = {
    400: (rules.BAD_REQUEST, "The backend does not understand the request (HTTP 400)."),
    403: (rules.FORBIDDEN, "The backend forbids {identity} the way in (HTTP 403)."),
    404: (
        rules.NOT_FOUND,
        "The backend does not know {path} (HTTP 404): the path is wrong, or the identity {identity} unknown to it.",
    ),
    405: (rules.METHOD_REFUSED, "Nothing at {path} takes a GET (HTTP 405)."),
    410: (rules.NOT_FOUND, "{path} is no more at this backend (HTTP 410)."),
    426: (rules.UPGRADE_LOST, "The backend does not see that a WebSocket is wanted (HTTP 426)."),
    429: (rules.TOO_MANY, "The backend finds that it is asked too often (HTTP 429)."),
    495: (rules.NO_CLIENT_CERTIFICATE, "The web server does not accept the station's certificate (status 495)."),
    496: (rules.NO_CLIENT_CERTIFICATE, "The web server misses a client certificate (status 496)."),
    502: (rules.GATEWAY, "The gateway gets no proper answer from the backend behind it (HTTP 502)."),
    503: (rules.UNAVAILABLE, "The backend is out of service (HTTP 503)."),
    504: (rules.GATEWAY, "The gateway gets no answer in time from the backend behind it (HTTP 504)."),
}
_CERTIFICATE_WORDS: Final = ("no required ssl certificate", "the ssl certificate error", "client certificate")


def find_refusal(patient: Patient, knocked: Knocked) -> Finding:
    """Find what a knock that came to nothing came to."""
    chart = patient.chart
    if knocked.answer is not None:
        rule, what, remedy = _judged(patient, knocked.answer, knocked.knock.path)
        answer = knocked.answer
        evidence = [f"GET {knocked.knock.path}", answer.line]
        evidence += [f"{name}: {value}" for name, value in answer.headers if name in _SHOWN]
        evidence += [f"It says: {answer.words}"] if answer.words else []
        return chart.find(rule, what, *evidence, remedy=remedy)
    if knocked.not_http is not None:
        seen = repr(knocked.not_http[:40])[2:-1]
        return chart.find(rules.NO_HTTP, "The answer to the request is no HTTP/1.1.", f"It begins with: {seen}")
    what = knocked.fault.what if knocked.fault is not None else "no answer"
    return chart.find(rules.NO_ANSWER, f"The backend does not answer the request for {knocked.knock.path}: {what}.")


_SHOWN: Final = ("server", "via", "location", "www-authenticate", "retry-after", "content-type")


def _judged(patient: Patient, answer: HttpAnswer, path: str) -> tuple[Rule, str, str]:
    """Rule, sentence and remedy, "" for the rule's own."""
    status = answer.status
    if status == 401:
        return _unauthorized(patient, answer)
    if 300 <= status < 400:
        to = answer.header("location")
        named = f" to {to}" if to else ""
        return rules.REDIRECTED, f"The backend sends the station on{named} (HTTP {status}).", ""
    if status == 200:
        rule = rules.WEB_PAGE if answer.is_page else rules.NOT_UPGRADED
        who = "A web page answers" if answer.is_page else "The backend answers like any web server"
        titled = f": {answer.words!r}" if answer.is_page and answer.words else ""
        return rule, f"{who} instead of a WebSocket (HTTP 200){titled}.", ""
    if status == 400 and any(each in answer.words.lower() for each in _CERTIFICATE_WORDS):
        return rules.NO_CLIENT_CERTIFICATE, f"The web server wants a client certificate: {answer.words!r}.", ""
    if status in _BY_STATUS:
        rule, what = _BY_STATUS[status]
        return rule, what.format(identity=name_of(patient), path=path), _remedy(answer)
    if status >= 500:
        return rules.SERVER_ERROR, f"The backend fails (HTTP {status}).", ""
    return rules.REFUSED, f"The backend answers {answer.line} instead of opening a WebSocket.", ""


def _remedy(answer: HttpAnswer) -> str:
    if answer.status == 404 and answer.is_page:
        return "A web server answers, not the backend: check the path of the URL and which host this port leads to."
    return ""


def _unauthorized(patient: Patient, answer: HttpAnswer) -> tuple[Rule, str, str]:
    scheme = answer.header("www-authenticate")
    if scheme and "basic" not in scheme.lower():
        what = f"The backend asks for another authentication than HTTP Basic: {scheme.split()[0].rstrip(',')}."
        return rules.OTHER_AUTHENTICATION, what, ""
    if not patient.credentials.password:
        return rules.PASSWORD_NEEDED, f"The backend asks {name_of(patient)} for a password, and none was given.", ""
    return rules.PASSWORD_REFUSED, f"The backend does not take the password given for {name_of(patient)}.", ""
