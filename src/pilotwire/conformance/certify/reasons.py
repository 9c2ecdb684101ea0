"""Why a dossier cannot go to a lab yet: what is missing of the five artefacts, and what contradicts, each with what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.certify.dossier import PICS, PKI, SCOPE, Declared, Dossier, of_plan, some
from pilotwire.conformance.certify.freeze import RUNS, Freeze, reasons
from pilotwire.conformance.certify.mock import read_session
from pilotwire.conformance.certify.pki_kit import MANIFEST
from pilotwire.conformance.certify.snapshot_against import against_pics
from pilotwire.conformance.certify.snapshot_record import FILE, FOLDER, Snapshot, read_snapshot, told_otherwise
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a dossier cannot be handed in: about which artefact (one of PARTS, or a file of a package), what is wrong, and what to do."""

    about: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"


PARTS: Final = (PICS, SCOPE, PKI, FOLDER, "freeze", RUNS)
"""The five artefacts as reasons call them, and what is agreed on with the lab."""


def reasons_against(dossier: Dossier, now: datetime) -> list[Reason]:
    """Why the dossier cannot be handed in at that time; nothing if it can."""
    # what cannot be read is told of the artefact it is in, whoever else reads it too: so in this order
    looks: tuple[tuple[str, Callable[[Dossier, datetime], Iterable[Reason]]], ...] = (
        (PICS, _reads("declared")),
        (SCOPE, _reads("scope")),
        ("freeze", _freeze),
        (RUNS, _runs),
        (PICS, _pics),
        (PKI, _pki),
        (FOLDER, _snapshot),
        (RUNS, _profiles),
    )
    found: dict[str, Reason] = {}
    for about, look in looks:
        try:
            for one in look(dossier, now):
                found.setdefault(one.what, one)
        except ConfigError as error:
            found.setdefault(error.what, Reason(about, error.what, error.remedy))
    return sorted(found.values(), key=lambda one: PARTS.index(one.about))


def _reads(part: str) -> Callable[[Dossier, datetime], Iterable[Reason]]:
    """Reads a part of the dossier, which may raise ConfigError; that is all."""

    def look(dossier: Dossier, _: datetime) -> Iterable[Reason]:
        getattr(dossier, part)
        return ()

    return look


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


# --- PICS --------------------------------------------------------------------------------------------------------------------------


def _pics(dossier: Dossier, _: datetime) -> Iterator[Reason]:
    declared = dossier.declared
    write = "Write it: pilotwire certify pics DOSSIER/pics."
    if declared is None:
        yield Reason(PICS, "There is no PICS in pics/.", write)
        return
    for name in ("pics.md", "pics.html"):
        if not (dossier.folder / PICS / name).is_file():
            yield Reason(PICS, f"The document pics/{name} is missing.", write)
    wrong = of_plan(dossier.folder, declared)
    if wrong:
        yield Reason(PICS, wrong, write)
    for one in dossier.pics.contradictions:
        yield Reason(PICS, f"The PICS contradicts itself or the device: {one.about}: {one.what}.", one.mend)
    if dossier.pics.cases != declared.cases:
        other = sorted(set(dossier.pics.cases) ^ set(declared.cases))
        yield Reason(PICS, f"The cases pics.json lists are not those that apply: {some(other)}.", write)
    if declared.role == "station":
        for found in _of_snapshot(dossier):
            yield Reason(PICS, found, "Mend the device or the declaration, and take the snapshot again.")


def _of_snapshot(dossier: Dossier) -> Iterator[str]:
    """How the snapshot contradicts the PICS as it is now."""
    try:
        snapshot = read_snapshot(dossier.folder)
    except ConfigError:
        return  # told by its own part
    for one in against_pics(dossier.folder, snapshot):
        if one not in snapshot.findings:  # those it was taken with are told with it
            yield f"The snapshot contradicts the PICS: {one.about}: {one.what}."


# --- PKI ---------------------------------------------------------------------------------------------------------------------------


def _pki(dossier: Dossier, now: datetime) -> Iterator[Reason]:
    """By what `kit.json` tells and the certificates as files: the keys are not looked at, so that this holds of a package too."""
    folder = dossier.folder / PKI
    again = "Make it again in a new folder: pilotwire certify pki DOSSIER/pki."
    if not (folder / MANIFEST).is_file():
        yield Reason(PKI, "There is no PKI material in pki/.", "Make it: pilotwire certify pki DOSSIER/pki.")
        return
    try:
        kit = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        made = [_Certificate(str(one["name"]), str(one["fault"]), str(one["sha256"])) for one in kit["certificates"]]
        stations = [str(one) for one in kit["stations"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield Reason(PKI, f"pki/{MANIFEST} cannot be read ({type(error).__name__}: {error}).", again)
        return
    lacking: list[str] = []
    late: dict[str, datetime] = {}
    for one in made:
        found = one.found(folder)
        if found is None:
            lacking.append(one.name)
        elif not one.fault and found.not_valid_after_utc <= now:
            late[one.name] = found.not_valid_after_utc
    if lacking:
        yield Reason(PKI, f"Certificates of the kit are missing, or are others: {some(lacking)}.", again)
    if late:
        first = min(late.values())
        yield Reason(
            PKI, f"Certificates that have to be valid have expired since {_day(first)}: {some([*late])}.", again
        )
    other = sorted(_serials(dossier) - set(stations))
    if other and dossier.declared is not None and dossier.declared.role == "station":
        what = f"The PKI material is for {', '.join(stations)}, and the device says its serial number is {some(other)}."
        yield Reason(PKI, what, "Make it with --station SERIAL for the device that was tested.")


@dataclass(frozen=True, slots=True)
class _Certificate:
    name: str
    fault: str
    sha256: str

    def found(self, folder: Path) -> x509.Certificate | None:
        """The certificate as it lies there; None if it does not, or it is another."""
        if not re.fullmatch(r"[\w.-]+", self.name):
            return None
        try:
            certificate = x509.load_der_x509_certificate((folder / "der" / f"{self.name}.cer").read_bytes())
        except (OSError, ValueError):
            return None
        pem = folder / "pem" / f"{self.name}.pem"
        return certificate if certificate.fingerprint(hashes.SHA256()).hex() == self.sha256 and pem.is_file() else None


def valid_until(folder: Path) -> datetime | None:
    """Until when all that has to be valid of a kit is so, as `kit.json` tells; None where there is no kit that can be read."""
    try:
        kit = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return min(datetime.fromisoformat(one["until"]) for one in kit["certificates"] if not one["fault"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


# --- snapshot and freeze -----------------------------------------------------------------------------------------------------------


def _snapshot(dossier: Dossier, _: datetime) -> Iterator[Reason]:
    declared = dossier.declared
    if declared is not None and declared.role == "csms":
        return  # keys and variables are a station's
    take = "Take it: pilotwire certify snapshot DOSSIER."
    if not (dossier.folder / FOLDER / FILE).is_file():
        yield Reason(FOLDER, "There is no configuration snapshot in snapshot/.", take)
        return
    snapshot = read_snapshot(dossier.folder)
    for name in ("snapshot.md", "snapshot.html"):
        if not (dossier.folder / FOLDER / name).is_file():
            yield Reason(FOLDER, f"The document snapshot/{name} is missing.", take)
    for finding in snapshot.findings:
        yield Reason(FOLDER, f"The snapshot has a contradiction: {finding.about}: {finding.what}.", finding.mend)
    for measured in snapshot.measured:
        if not measured.agrees:
            what = f"Declared is not measured: {measured.told.rstrip('.')}."
            yield Reason(FOLDER, what, "Mend the device, play the runs again, and take the snapshot again.")
    if declared is not None and snapshot.ocpp != declared.version.value:
        yield Reason(FOLDER, f"The snapshot is of OCPP {snapshot.ocpp}, and the PICS for {declared.version}.", take)
    freeze = dossier.freeze
    if freeze is not None:
        other = told_otherwise(dossier.folder, freeze.frozen.version)
        if other:
            yield Reason(FOLDER, f"{other[0].upper()}{other[1:]}, which is frozen.", take)
        if snapshot.at < frozen_since(freeze):
            what = f"The snapshot of {_day(snapshot.at)} is older than the freeze of {_day(frozen_since(freeze))}."
            yield Reason(FOLDER, what, take)
    for name, said, others in _told_otherwise(snapshot, dossier):
        what = f"The snapshot is of a device with {name} {said or '(none)'}, and the runs of one with {some(others)}."
        yield Reason(FOLDER, what, "Take snapshot and runs from the same device.")


def _freeze(dossier: Dossier, _: datetime) -> Iterator[Reason]:
    freeze = dossier.freeze
    if freeze is None:
        what = "No build is frozen: there is no freeze.json."
        yield Reason("freeze", what, "Freeze it: pilotwire certify freeze DOSSIER FIRMWARE --firmware-version V.")
    elif freeze.changed:
        last = freeze.looks[-1]
        what = (
            f"The build has changed since it was frozen: {last.file} was version {last.version}, SHA-256 {last.sha256}."
        )
        yield Reason("freeze", what, "Put the frozen build back, or freeze this one and play the runs again.")


def frozen_since(freeze: Freeze) -> datetime:
    """Since when the build has been frozen as it is: the first look at it without another build after it."""
    return (
        list(takewhile(lambda one: one.same(freeze.frozen), reversed(freeze.looks)))[-1].at
        if not freeze.changed
        else freeze.frozen.at
    )


# --- who is tested -----------------------------------------------------------------------------------------------------------------

_WHO: Final[Mapping[str, tuple[str, ...]]] = {
    "vendor": ("vendorName", "chargePointVendor"),
    "model": ("model", "chargePointModel"),
    "serial number": ("serialNumber", "chargePointSerialNumber"),
}


def told_by(result: CaseResult) -> Iterator[tuple[str, str]]:
    """What the device calls itself in the BootNotifications of a case: vendor, model and serial number, and its identity."""
    connected = next((one for one in result.entries if one.kind == "connected"), None)
    if connected is not None and (found := re.match(r"(.+) connected with ", connected.text)):
        yield "identity", found[1]
    for entry in result.entries:
        if entry.direction == "received" and entry.action == "BootNotification" and isinstance(entry.payload, dict):
            inner = entry.payload.get("chargingStation")
            told: Mapping[str, Any] = inner if isinstance(inner, dict) else entry.payload
            for name, fields in _WHO.items():
                for field in fields:
                    if isinstance(told.get(field), str):
                        yield name, told[field]


def _devices(dossier: Dossier) -> dict[str, dict[str, str]]:
    """What the device called itself in the runs: name, value, and the run it was first told in."""
    found: dict[str, dict[str, str]] = {}
    for run, results in dossier.runs.items():
        for result in results.values():
            for name, value in told_by(result):
                found.setdefault(name, {}).setdefault(value, run)
    if "identity" in found:
        found["identity"] = _without_lanes(found["identity"])
    return found


def _without_lanes(identities: Mapping[str, str]) -> dict[str, str]:
    """Cases side by side have an identity with the number of their lane behind it: those are of one device."""
    first = sorted({re.sub(r"-\d+$", "", one) for one in identities})
    if len(first) == 1:
        return {first[0]: next(iter(identities.values()))}
    return dict(identities)


def _serials(dossier: Dossier) -> set[str]:
    return set(_devices(dossier).get("serial number", {}))


def _told_otherwise(snapshot: Snapshot, dossier: Dossier) -> Iterator[tuple[str, str, list[str]]]:
    said = {
        "vendor": snapshot.vendor,
        "model": snapshot.model,
        "serial number": snapshot.serial_number,
        "identity": snapshot.identity,
    }
    for name, values in _devices(dossier).items():
        others = sorted(set(values) - {said[name]} - {re.sub(r"-\d+$", "", said[name])})
        if others:
            yield name, said[name], others


# --- runs --------------------------------------------------------------------------------------------------------------------------


def _runs(dossier: Dossier, now: datetime) -> Iterator[Reason]:
    if not dossier.runs:
        yield Reason(RUNS, "There are no runs in runs/.", "Play the declared set: pilotwire certify mock DOSSIER.")
        return
    declared, freeze = dossier.declared, dossier.freeze
    for run, results in dossier.runs.items():
        out = f"Play it again, and take {RUNS}/{run} out of the dossier."
        if declared is not None:
            other = [one for one in sorted(results) if not _is_of(one, declared)]
            if other:
                what = f"The run {run} is of another role or version than the PICS: {some(other)}."
                yield Reason(RUNS, what, f"Take {RUNS}/{run} out of the dossier, or write the PICS it is of.")
        spoiled = [one.id for one in results.values() if one.sabotage]
        if spoiled:
            yield Reason(RUNS, f"The run {run} has results of a saboteur: {some(spoiled)}.", out)
        yield from (Reason(RUNS, what, out) for what in _against_freeze(run, results, freeze, now))
    yield from _sessions(dossier)
    for name, values in _devices(dossier).items():
        if len(values) > 1:
            told = ", ".join(f"{value} (run {run})" for value, run in sorted(values.items()))
            yield Reason(RUNS, f"The runs are of devices with another {name}: {told}.", "Keep the runs of one device.")


def _sessions(dossier: Dossier) -> Iterator[Reason]:
    """Mock sessions whose report has anomalies: a lab would read them."""
    for run in dossier.runs:
        session = read_session(dossier.folder / RUNS / run)
        if session is not None and not session["clean"]:
            number = len(session["anomalies"])
            why = f"anomalies: {number}" if number else "it did not count when it was played"
            what = f"The mock session {run} is not clean: {why}."
            yield Reason(RUNS, what, f"Play it again: pilotwire certify mock DOSSIER; then take {RUNS}/{run} out.")


def _is_of(case_id: str, declared: Declared) -> bool:
    found = catalogue().get(case_id) or all_cases().get(case_id)
    return found is not None and (found.role, found.version) == (declared.role, declared.version)


def _against_freeze(run: str, results: Mapping[str, CaseResult], freeze: Freeze | None, now: datetime) -> Iterator[str]:
    times = [one.started for one in results.values() if one.started is not None]
    if times and max(times) > now:
        yield f"The run {run} is of {_day(max(times))}, which has not come yet."
    if freeze is None:
        return
    since = frozen_since(freeze)
    if times and min(times) < since:
        yield f"The run {run} of {_day(min(times))} is older than the freeze of {_day(since)}."
    for why in reasons(freeze, results):
        yield f"The run {run} is void: {why.rstrip('.')}."


# --- what was played ---------------------------------------------------------------------------------------------------------------


def profiles_of(dossier: Dossier) -> dict[str, list[str]]:
    """The declared profiles, each with its cases that have to be played; those without such a case (by the scope) are left out."""
    assert dossier.declared is not None, "only where something is declared"
    found: dict[str, list[str]] = {}
    for case in dossier.cases:
        for profile in catalogue()[case].profiles:
            if dossier.declared.claims.has(profile):
                found.setdefault(profile, []).append(case)
    return found


def _profiles(dossier: Dossier, _: datetime) -> Iterator[Reason]:
    if dossier.declared is None or not dossier.runs:
        return
    unclean: set[str] = set()
    play = "Mend the device and play it again on a frozen build: pilotwire certify mock DOSSIER."
    for case in dossier.cases:
        outcomes = dict(dossier.played(case))
        bad = {run: one for run, one in outcomes.items() if one.outcome is not Outcome.PASSED}
        for run, one in bad.items():
            reason = one.reason if one.reason.endswith(".") else f"{one.reason}."
            unclean.add(case)
            if len(bad) < len(outcomes):
                good = next(name for name in outcomes if name not in bad)
                what = (
                    f"{case} came out {one.outcome} in the run {run}, and passed in {good}, on the same build: {reason}"
                )
                yield Reason(RUNS, what, f"Find out why; once that is known, take {RUNS}/{run} out of the dossier.")
            else:
                yield Reason(RUNS, f"{case} came out {one.outcome} in the run {run}: {reason}", play)
        if not outcomes:
            unclean.add(case)
    for profile, cases in profiles_of(dossier).items():
        wrong = [one for one in cases if one in unclean]
        if not wrong:
            continue
        missing = [one for one in wrong if not any(True for _ in dossier.played(one))]
        what = f"The declared profile {profile} has no clean run: {len(wrong)} of its {len(cases)} cases did not pass"
        what += f"; not played: {some(missing)}." if missing else "."
        yield Reason(RUNS, what, "Play them: pilotwire certify mock DOSSIER; or declare the profile no more.")
