"""Does the backend open a WebSocket for this station, in an OCPP version both speak, and for nobody else?

The first knock is the station's own. Only where it fails are variants of the URL tried; only where it succeeds, each version alone, and
what happens without the password, with a wrong one, with another user name. That makes 2 to 7 connections with the station's identity:
a backend may close the connection of the real station for each that it lets in.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from pilotwire.doctor.findings import Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.knock import (
    DEFLATE,
    Knock,
    Knocked,
    close_words,
    endpoint_path,
    knock_at,
    name_of,
    names_of,
    stay,
    usual_knock,
    usual_path,
)
from pilotwire.doctor.probes.lines import SETTLE
from pilotwire.doctor.probes.refusals import find_refusal
from pilotwire.doctor.rules import network as line_rules
from pilotwire.doctor.rules import tls as tls_rules
from pilotwire.doctor.rules import upgrade as rules
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9*\-_=+|@.]{1,48}")
_WORTH_VARIANTS: Final = (400, 403, 404, 405, 410)
_HEXADECIMAL: Final = re.compile(r"([0-9A-Fa-f]{2}){16,20}")
_LEAST_PASSWORD, _MOST_PASSWORD = 16, 64
WRONG_PASSWORD: Final = "not-the-password-of-this-station"
OTHER_USER: Final = "not-the-identity"


class Upgrade:
    """Knocks as the station does, and looks what else would be let in."""

    question = "Does the backend open a WebSocket for this station?"
    layer = Layer.UPGRADE

    async def look(self, patient: Patient) -> None:
        """Ask."""
        if not patient.identity:
            patient.chart.find(rules.IDENTITY_EMPTY, "No identity was given.")
            return
        _judge_asked(patient)
        try:
            await _look(patient)
        except ConfigError as error:
            patient.chart.find(tls_rules.CLIENT_FILES, error.what)


def _judge_asked(patient: Patient) -> None:
    chart, password = patient.chart, patient.credentials.password
    if not _IDENTIFIER.fullmatch(patient.identity):
        what = f"The identity {patient.identity!r} is not 1 to 48 of the characters an OCPP identity may have."
        lenient = set(patient.versions) == {OcppVersion.V16} and not (":" in patient.identity and password)
        severity = rules.IN_WITHOUT_ANYTHING.severity if lenient else None
        chart.find(rules.IDENTITY_CHARACTERS, what, severity=severity)
    if password and not patient.place.secure:
        chart.find(rules.PASSWORD_IN_CLEAR, "The password goes over the network in clear, for the URL is ws://.")
    if password and not _LEAST_PASSWORD <= len(password) <= _MOST_PASSWORD:
        chart.find(rules.PASSWORD_LENGTH, f"The password has {len(password)} characters.")


async def _look(patient: Patient) -> None:
    knocked = await knock_at(patient, usual_knock(patient))
    patient.chart.note(Layer.UPGRADE, "connection URL", f"{_origin(patient)}{knocked.knock.path}")
    patient.chart.note(Layer.UPGRADE, "answer", knocked.words)
    disturbs = f"as {name_of(patient)}: a backend may have closed the real station's connection meanwhile"
    patient.chart.note(Layer.UPGRADE, "the doctor connected", disturbs)
    try:
        let_in = await _judge_first(patient, knocked)
    finally:
        await knocked.leave()
    if let_in:
        await _versions(patient, knocked)
        await _others(patient)


def _origin(patient: Patient) -> str:
    return patient.place.url.removesuffix(patient.place.path) if patient.place.path else patient.place.url


async def _judge_first(patient: Patient, knocked: Knocked) -> bool:
    """Whether the station is in."""
    if not knocked.upgraded:
        if not await _variants(patient, knocked):
            find_refusal(patient, knocked)
        return False
    if _ends_with_identity(patient):
        what = f"The URL already ends with the identity, and the station appends it: {knocked.knock.path}."
        patient.chart.find(rules.IDENTITY_TWICE_TAKEN, what)
    return (
        _judge_101(patient, knocked) and await _judge_subprotocol(patient, knocked) and await _stays(patient, knocked)
    )


# --- the URL -----------------------------------------------------------------------------------------------------------------


def _ends_with_identity(patient: Patient) -> bool:
    return unquote(patient.place.path.rpartition("/")[2]) == patient.identity


def _path_variants(patient: Patient) -> dict[str, str]:
    """Other ways to write the path, with what is special about them."""
    usual = usual_path(patient)
    raw = f"{endpoint_path(patient)}/{name_of(patient)}"
    variants = {f"{usual}/": "with a slash behind the identity"}
    if raw != usual and re.fullmatch(r"[!-~]+", raw) and not set("?#") & set(patient.identity):
        variants[raw] = "with the identity not percent-encoded"
    return variants


async def _variants(patient: Patient, knocked: Knocked) -> bool:
    """Whether the way of writing the URL, or the password, is what was wrong; then that is found."""
    if knocked.answer is not None and knocked.answer.status == 401:
        return await _password_as_bytes(patient, knocked)
    if knocked.answer is None or knocked.answer.status not in _WORTH_VARIANTS:
        return False
    evidence = (f"GET {knocked.knock.path}", knocked.answer.line)
    if _ends_with_identity(patient):
        if await _is_let_in(patient, replace(knocked.knock, path=endpoint_path(patient))):
            what = f"The URL already ends with the identity {name_of(patient)}, and the station appends it once more."
            patient.chart.find(rules.IDENTITY_TWICE, what, *evidence)
            return True
        return False
    for path, special in _path_variants(patient).items():
        if await _is_let_in(patient, replace(knocked.knock, path=path)):
            patient.chart.find(
                rules.IDENTITY_VARIANT, f"The backend opens a WebSocket only {special}.", *evidence, f"GET {path}"
            )
            return True
    return False


async def _password_as_bytes(patient: Patient, knocked: Knocked) -> bool:
    """Whether a 1.6 AuthorizationKey in hexadecimal is taken as the bytes it stands for (J16:6.2.2)."""
    password = patient.credentials.password
    if OcppVersion.V16 not in patient.versions or not _HEXADECIMAL.fullmatch(password):
        return False
    if not await _is_let_in(patient, replace(knocked.knock, password=bytes.fromhex(password))):
        return False
    what = "The backend takes the password (AuthorizationKey) only as the bytes that its hexadecimal text stands for."
    remedy = "Let the station send the bytes, as OCPP 1.6 says, or have the backend take the text too."
    patient.chart.find(rules.PASSWORD_REFUSED, what, remedy=remedy, source="J16:6.2.2")
    return True


async def _is_let_in(patient: Patient, knock: Knock) -> bool:
    """Whether a WebSocket opens, in one of the versions offered, and is not closed at once."""
    knocked = await knock_at(patient, knock)
    try:
        if not (knocked.upgraded and knocked.accept_is_right and knocked.subprotocol in knock.subprotocols):
            return False
        stayed = await stay(knocked, min(patient.timeout, SETTLE))
    finally:
        await knocked.leave()
    return not (stayed.closed or stayed.cut or stayed.garbled)


# --- the 101 -----------------------------------------------------------------------------------------------------------------


def _judge_101(patient: Patient, knocked: Knocked) -> bool:
    chart, answer = patient.chart, knocked.answer
    assert answer is not None
    if not knocked.accept_is_right:
        told = answer.header("sec-websocket-accept") or "none"
        chart.find(rules.ACCEPT_WRONG, "Sec-WebSocket-Accept does not answer the station's key.", f"It is: {told}")
        return False
    upgrade = [each.lower() for each in answer.tokens("upgrade")]
    connection = [each.lower() for each in answer.tokens("connection")]
    if "websocket" not in upgrade or "upgrade" not in connection:
        missing = "Upgrade: websocket" if "websocket" not in upgrade else "Connection: Upgrade"
        chart.find(rules.HEADERS_WRONG, f"The backend answers 101 without the header {missing}.", answer.line)
        return False
    allowed = {DEFLATE} if knocked.knock.compression else set()
    strange = [each for each in knocked.extensions if each not in allowed]
    if strange:
        chart.find(rules.EXTENSION_NOT_OFFERED, f"The backend uses {', '.join(strange)}, which was not offered.")
        return False
    return True


async def _judge_subprotocol(patient: Patient, knocked: Knocked) -> bool:
    chart, chosen, offered = patient.chart, knocked.subprotocol, knocked.knock.subprotocols
    if chosen in offered:
        chart.note(Layer.UPGRADE, "subprotocol chosen", chosen)
        return True
    stayed = await stay(knocked, min(patient.timeout, SETTLE))
    await knocked.leave()
    speaks = [one for one in OcppVersion if await _speaks(patient, one)]
    remedy = f"The backend speaks {names_of(speaks)}: let the station offer that." if speaks else ""
    if chosen:
        chart.find(rules.SUBPROTOCOL_NOT_OFFERED, f"The backend chooses {chosen!r}; offered were {', '.join(offered)}.")
    else:
        what = f"The backend speaks none of {', '.join(offered)}: it opens the WebSocket without a subprotocol."
        open_still = not (stayed.closed or stayed.cut or stayed.garbled)
        evidence = ("It leaves the WebSocket open, where it should close it (J2:3.2).",) if open_still else ()
        chart.find(rules.NO_SUBPROTOCOL, what, *evidence, remedy=remedy)
    return False


async def _stays(patient: Patient, knocked: Knocked) -> bool:
    stayed = await stay(knocked, min(patient.timeout, SETTLE))
    ended = close_words(stayed.closed) if stayed.closed is not None else stayed.cut
    if ended:
        what = f"The backend opens the WebSocket and ends it at once ({ended})."
        patient.chart.find(rules.CLOSED_AT_ONCE, what)
    elif stayed.garbled:
        severity = rules.CLOSED_AT_ONCE.severity
        what = f"What the backend sends on the WebSocket cannot be read: {stayed.garbled}."
        patient.chart.find(line_rules.LINE_GARBLED, what, severity=severity)
    return not (ended or stayed.garbled)


# --- versions ----------------------------------------------------------------------------------------------------------------


async def _speaks(patient: Patient, version: OcppVersion) -> bool:
    return await _is_let_in(patient, replace(usual_knock(patient), subprotocols=(version.subprotocol,)))


async def _versions(patient: Patient, first: Knocked) -> None:
    chart = patient.chart
    outcome: dict[OcppVersion, str] = {}
    for version in OcppVersion:
        if first.knock.subprotocols == (version.subprotocol,):
            outcome[version] = "spoken"
            compressed = DEFLATE in first.extensions
        else:
            outcome[version], compressed = await _alone(patient, version)
        if outcome[version] == "spoken" and version is not OcppVersion.V16:
            _judge_compression(patient, version, compressed or DEFLATE in first.extensions)
    told = (f"{version.subprotocol}: {each}" for version, each in outcome.items())
    chart.note(Layer.UPGRADE, "each version alone", "; ".join(told))
    refused = [version for version in outcome if outcome[version] not in ("spoken", "not spoken")]
    if refused:
        name, said = refused[0].subprotocol, outcome[refused[0]]
        what = f"Offered {name} alone, the backend answers {said} instead of opening without a subprotocol."
        chart.find(rules.VERSION_BY_STATUS, what)
    unspoken = [version for version in patient.versions if outcome[version] != "spoken"]
    if unspoken:
        chart.find(rules.VERSION_NOT_SPOKEN, f"The backend does not speak {names_of(unspoken)}.")
    _judge_demands(patient, outcome)


async def _alone(patient: Patient, version: OcppVersion) -> tuple[str, bool]:
    knock = replace(
        usual_knock(patient), subprotocols=(version.subprotocol,), compression=version is not OcppVersion.V16
    )
    knocked = await knock_at(patient, knock)
    await knocked.leave()
    if not knocked.upgraded:
        return knocked.words, False
    return "spoken" if knocked.subprotocol == version.subprotocol else "not spoken", DEFLATE in knocked.extensions


def _judge_compression(patient: Patient, version: OcppVersion, compressed: bool) -> None:
    patient.chart.note(Layer.UPGRADE, f"compression with {version.subprotocol}", "yes" if compressed else "no")
    if not compressed and not patient.chart.has(rules.NO_COMPRESSION):
        what = f"The backend speaks {version.subprotocol} and does not take {DEFLATE}."
        patient.chart.find(rules.NO_COMPRESSION, what)


def _judge_demands(patient: Patient, outcome: dict[OcppVersion, str]) -> None:
    demanded = [OcppVersion(each) for each in patient.profile.protocol.versions]
    if demanded and not any(outcome[version] == "spoken" for version in demanded):
        what = f"{patient.profile.title} works with {names_of(demanded)}; this endpoint speaks none of them."
        patient.chart.find(rules.VERSION_DEMANDED, what, source=patient.profile.source)


# --- who else is let in ------------------------------------------------------------------------------------------------------


async def _others(patient: Patient) -> None:
    chart, usual = patient.chart, usual_knock(patient)
    if usual.password is None:
        if not patient.credentials.certificate:
            chart.find(
                rules.IN_WITHOUT_ANYTHING,
                f"The backend lets {name_of(patient)} in with neither password nor certificate.",
            )
        return
    if await _is_let_in(patient, replace(usual, user=None, password=None)):
        what = f"The backend lets {name_of(patient)} in without its password."
        chart.find(rules.IN_WITHOUT_PASSWORD, what)
    if await _is_let_in(patient, replace(usual, password=WRONG_PASSWORD)):
        chart.find(rules.IN_WITH_WRONG_PASSWORD, f"The backend lets {name_of(patient)} in with a wrong password.")
    if await _is_let_in(patient, replace(usual, user=OTHER_USER)):
        what = f"The backend lets {name_of(patient)} in with the user name {OTHER_USER!r} and the right password."
        chart.find(rules.IN_WITH_OTHER_USER, what)
