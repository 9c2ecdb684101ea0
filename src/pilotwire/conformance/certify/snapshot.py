"""Takes the configuration snapshot of a station: reads all it declares, times its heartbeats, and holds what it declares against both.

The device is connected as the bench does it, by the benches of a plan; without one Pilotwire's own station is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilotwire.conformance.catalogue import keys16
from pilotwire.conformance.certify.declared_values import name_of
from pilotwire.conformance.certify.freeze import RUNS, run_names, void_runs
from pilotwire.conformance.certify.measured import measured_in
from pilotwire.conformance.certify.snapshot_against import against_pics, against_standard
from pilotwire.conformance.certify.snapshot_case import snapshot_case
from pilotwire.conformance.certify.snapshot_record import Finding, Snapshot, Variable, is_secret, without_secrets
from pilotwire.conformance.plan import Plan
from pilotwire.conformance.records import Records
from pilotwire.conformance.testing import Run, play_cases
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.errors import NotReachable
from pilotwire.ocpp.version import OcppVersion

OBSERVATION: Final = "snapshot"
"""The name of the snapshot's own conversation among the runs."""
_REVEALED: Final = "the device tells its value, which is secret"


@dataclass(frozen=True, slots=True)
class Asked:
    """How a snapshot is taken: `observe` is how long heartbeats are timed, in s; the device connects to `host` and `port`."""

    version: OcppVersion
    observe: float = 6.0
    host: str = "127.0.0.1"
    port: int = 0


async def take_snapshot(dossier: Path, plan: Plan, asked: Asked) -> Snapshot:
    """Connect the device, read it, measure, and hold it against the runs and the PICS of the dossier.

    Raises NotReachable where the device does not connect or tells nothing, ConfigError for a plan or runs that cannot be used.
    """
    case = snapshot_case(asked.version, asked.observe)
    run = Run(asked.host, asked.port)
    (result,) = await play_cases([case], "station", plan, run, lambda _: None)
    snapshot = read_result(result, plan.settings, asked.version)
    # what was declared when the bench connected is not known: it is read only afterwards
    snapshot.measured = measured_in({OBSERVATION: [result]}, {}, asked.version)
    return held_again(dossier, snapshot)


def held_again(dossier: Path, snapshot: Snapshot) -> Snapshot:
    """Hold a snapshot against the runs and the PICS of the dossier as they are now; what was seen when it was taken stays in it.

    Raises ConfigError for runs, a freeze or a PICS that cannot be read.
    """
    void = {name for name, _ in void_runs(dossier)}
    runs: dict[str, Iterable[CaseResult]] = {
        name: list(Records(dossier / RUNS / name).load().values()) for name in run_names(dossier) if name not in void
    }
    before = {one.name: one.value for one in snapshot.variables if one.value is not None}
    own = [one for one in snapshot.measured if all(frame.run == OBSERVATION for frame in one.frames)]
    found = own + measured_in(runs, before, OcppVersion(snapshot.ocpp))
    snapshot.measured = sorted(found, key=lambda one: one.agrees)
    seen = [one for one in snapshot.findings if one.about == OBSERVATION or one.what == _REVEALED]
    snapshot.findings = [*seen, *against_standard(snapshot), *against_pics(dossier, snapshot)]
    return snapshot


# --- reading the conversation ------------------------------------------------------------------------------------------------------


def read_result(result: CaseResult, settings: Mapping[str, Any], version: OcppVersion) -> Snapshot:
    """What was told in the conversation of a snapshot, without passwords and keys. Raises NotReachable if that is nothing."""
    heard = [one for one in result.entries if one.direction == "received" and isinstance(one.payload, dict)]
    known = tuple(str(settings[name]) for name in ("password", "new_password") if settings.get(name))
    if version is OcppVersion.V16:
        answers = [one.payload for one in heard if one.action == "GetConfiguration" and one.kind == "result"]
        variables, findings = _keys(answers, known)
    else:
        reports = [one.payload for one in heard if one.action == "NotifyReport" and not one.breach]
        variables, findings = _model(reports, known)
    if not variables or result.started is None:
        raise NotReachable(
            f"The device told nothing of its configuration: {result.reason}", "Connect it, and try again."
        )
    if result.outcome not in (Outcome.PASSED, Outcome.WARNING):
        findings.append(Finding(OBSERVATION, result.reason.rstrip("."), "Mend the device, and take it again."))
    boot: Mapping[str, Any] = next((one.payload for one in heard if one.action == "BootNotification"), {})
    who = boot.get("chargingStation", boot) or _reported(variables)
    return Snapshot(
        at=result.started,
        ocpp=version.value,
        identity=str(settings["identity"]),
        vendor=str(who.get("vendorName", who.get("chargePointVendor", ""))),
        model=str(who.get("model", who.get("chargePointModel", ""))),
        serial_number=str(who.get("serialNumber", who.get("chargePointSerialNumber", ""))),
        firmware_version=str(who.get("firmwareVersion", "")),
        variables=sorted(variables, key=lambda one: one.name.casefold()),
        findings=findings,
    )


_SAYS_WHO: Final = {
    "vendorName": ("chargingstation.vendorname",),
    "model": ("chargingstation.model",),
    "serialNumber": ("chargingstation.serialnumber",),
    "firmwareVersion": ("chargingstation.firmwareversion", "controller.firmwareversion"),
}
"""The variables that say what a BootNotification does; one that was accepted is not sent again, even if asked for (F06.FR.17)."""


def _reported(variables: list[Variable]) -> dict[str, str]:
    told = {one.name.casefold(): one.value for one in variables if one.value}
    return {field: told[name] for field, names in _SAYS_WHO.items() for name in reversed(names) if name in told}


def _keys(answers: list[Mapping[str, Any]], passwords: tuple[str, ...]) -> tuple[list[Variable], list[Finding]]:
    """Keys of 1.6: name, value and readonly are told, the type is that of the standard."""
    standard = {one.key.casefold(): one for one in keys16()}
    found: dict[str, Variable] = {}
    findings: list[Finding] = []
    for answer in answers:
        for row in answer.get("configurationKey") or ():
            key = str(row.get("key", ""))
            value = without_secrets(key, row["value"], passwords) if "value" in row else None
            findings += _revealed(key, row.get("value"))
            mutability = "ReadOnly" if row.get("readonly") is True else "ReadWrite"
            if is_secret(key) and not row.get("value"):
                mutability = "WriteOnly"
            listed = standard.get(key.casefold())
            found.setdefault(key.casefold(), Variable(key, value, listed.type if listed else "", mutability=mutability))
    return list(found.values()), findings


def _revealed(name: str, value: Any) -> list[Finding]:
    if not value or not is_secret(name):
        return []
    return [Finding(name, _REVEALED, "Make it write-only.")]


def _model(reports: list[Mapping[str, Any]], passwords: tuple[str, ...]) -> tuple[list[Variable], list[Finding]]:
    """Variables of 2.x, with all the report tells of them."""
    found: dict[str, Variable] = {}
    findings: list[Finding] = []
    for report in reports:
        for row in report.get("reportData") or ():
            name = name_of(row)
            attributes = {one.get("type", "Actual"): one for one in row.get("variableAttribute") or ()}
            for one in attributes.values():
                findings += _revealed(name, one.get("value"))
            found[name.casefold()] = _variable(name, row, attributes, passwords)
    return list(found.values()), findings


def _variable(
    name: str, row: Mapping[str, Any], attributes: Mapping[str, Mapping[str, Any]], passwords: tuple[str, ...]
) -> Variable:
    told = row.get("variableCharacteristics") or {}
    actual = attributes.get("Actual") or next(iter(attributes.values()), {})
    listed = tuple(one.strip() for one in str(told.get("valuesList", "")).split(",") if one.strip())
    return Variable(
        name,
        None if "value" not in actual else without_secrets(name, actual["value"], passwords),
        str(told.get("dataType", "")),
        str(told.get("unit", "")),
        told.get("minLimit"),
        told.get("maxLimit"),
        listed,
        str(actual.get("mutability", "ReadWrite")),
        actual.get("persistent", False),
        actual.get("constant", False),
        told.get("supportsMonitoring"),
        {
            kind: without_secrets(name, one["value"], passwords)
            for kind, one in sorted(attributes.items())
            if one is not actual and "value" in one
        },
    )
