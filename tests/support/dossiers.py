"""A dossier with all five artefacts and nothing to find fault with, for tests to break in one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from pilotwire.conformance.certify.freeze import freeze_build
from pilotwire.conformance.certify.pics import make_pics
from pilotwire.conformance.certify.pics_pages import write_pics
from pilotwire.conformance.certify.pki_kit import make_kit
from pilotwire.conformance.certify.pki_kit_words import Asked
from pilotwire.conformance.certify.snapshot_pages import write_snapshot
from pilotwire.conformance.certify.snapshot_record import Snapshot, Variable, read_snapshot
from pilotwire.conformance.features import Claims
from pilotwire.conformance.plan import own_plan
from pilotwire.conformance.records import Records
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.ocpp.version import OcppVersion

FROZEN = datetime(2026, 3, 1, 9, tzinfo=UTC)
PLAYED = FROZEN + timedelta(hours=2)
NOW = FROZEN + timedelta(days=3)
CASES = ("TC_B_01_CS", "TC_H_01_CS")
"""Of the profiles Core and Reservation: what the dossier's scope is agreed to be."""
CONTROLLERS = (
    "LocalAuthListCtrlr",
    "SmartChargingCtrlr",
    "ReservationCtrlr",
    "DisplayMessageCtrlr",
    "MonitoringCtrlr",
    "AuthCacheCtrlr",
)
RUN = "internal"
SERIAL = "SN-0815"
BOOT = {
    "reason": "PowerUp",
    "chargingStation": {"vendorName": "Volta", "model": "One", "serialNumber": SERIAL, "firmwareVersion": "2.3"},
}


def build_dossier(folder: Path) -> Path:
    """The dossier of a station that declares what our own does, with a scope of two cases."""
    for name, data in _files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@cache
def _files() -> dict[str, bytes]:
    """All files of the dossier: made once, since keys take their time."""
    with TemporaryDirectory() as place:
        folder = _build(Path(place) / "dossier")
        return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def _build(folder: Path) -> Path:
    write_pics(folder / "pics", make_pics(own_plan("station").claims, "station", OcppVersion.V201), "Volta One 2.3")
    make_kit(
        folder / "pki",
        Asked(date(2026, 2, 20), ("csms.lab.example",), (SERIAL,), "http://lab.example:8088", plug_and_charge=False),
    )
    firmware = folder / "volta-2.3.bin"
    firmware.write_bytes(b"the build")
    freeze_build(folder, firmware, "2.3", FROZEN)
    told = [Variable(name=f"EVSE@{number}.AvailabilityState", value="Available") for number in (1, 2)]
    told += [Variable(name=f"{one}.Available", value="true", type="boolean") for one in CONTROLLERS]
    taken = Snapshot(FROZEN + timedelta(hours=1), "2.0.1", "CS001", "Volta", "One", SERIAL, "2.3", told)
    write_snapshot(folder, taken)
    for case in CASES:
        Records(folder / "runs" / RUN).keep(result(case))
    listed = ", ".join(f'"{one}"' for one in CASES)
    (folder / "scope.toml").write_text(f'cases = [{listed}]\nwhy = "The lab has agreed to these."\n')
    return folder


def result(case: str, outcome: Outcome = Outcome.PASSED, **more: Any) -> CaseResult:
    """What came of a case in which the device booted."""
    boot = more.pop("boot", BOOT)
    at = more.pop("started", PLAYED)
    entries = [
        Entry(0, at, "line", "connected", f"{more.pop('identity', 'CS001')} connected with ocpp2.0.1."),
        Entry(1, at, "received", "call", "", action="BootNotification", message_id="1", payload=boot, taken=True),
    ]
    reason = (
        "All 5 validations passed." if outcome is Outcome.PASSED else "Step 2: idToken is present, but found nothing."
    )
    found = CaseResult(case, "A case", outcome, reason, at, 1.0, [], entries)
    return replace(found, **more)


def keep(folder: Path, found: CaseResult, run: str = RUN) -> None:
    """Put a result into a run of the dossier."""
    Records(folder / "runs" / run).keep(found)


def edit(place: Path, change: Callable[[Any], None]) -> None:
    """Change what is in a JSON file."""
    content = json.loads(place.read_text())
    change(content)
    place.write_text(json.dumps(content))


def declare(folder: Path, *, more: frozenset[str] = frozenset(), less: frozenset[str] = frozenset()) -> None:
    """Write the PICS again, with other items declared."""
    ours = make_pics(own_plan("station").claims, "station", OcppVersion.V201)
    changed = Claims((frozenset(ours.declared) | more) - less, ours.numbers)
    write_pics(folder / "pics", make_pics(changed, "station", OcppVersion.V201), "Volta One 2.3")


def snapshot_again(folder: Path, **changed: Any) -> None:
    """The snapshot with something else in it."""
    write_snapshot(folder, msgspec.structs.replace(read_snapshot(folder), **changed))
