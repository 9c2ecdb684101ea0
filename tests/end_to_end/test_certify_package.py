"""A package from one end to the other: our own station as the product, real runs, the archive opened and checked."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pilotwire import __version__
from pilotwire.clock import SystemClock
from pilotwire.conformance.benches.own_station import own_stations
from pilotwire.conformance.certify.dossier import Dossier
from pilotwire.conformance.certify.freeze import freeze_build
from pilotwire.conformance.certify.mock import play_session, prepared, write_session
from pilotwire.conformance.certify.package import check_package, make_package
from pilotwire.conformance.certify.pics import make_pics
from pilotwire.conformance.certify.pics_pages import write_pics
from pilotwire.conformance.certify.pki_kit import make_kit
from pilotwire.conformance.certify.pki_kit_words import Asked
from pilotwire.conformance.certify.roadmap import State, roadmap_of
from pilotwire.conformance.certify.snapshot import Asked as Taken
from pilotwire.conformance.certify.snapshot import take_snapshot
from pilotwire.conformance.certify.snapshot_pages import write_snapshot
from pilotwire.conformance.plan import own_plan
from pilotwire.conformance.testing import Run
from pilotwire.ocpp.version import OcppVersion

CASES = ("TC_B_01_CS", "TC_B_13_CS")
SCOPE = 'cases = ["TC_B_01_CS", "TC_B_13_CS"]\nwhy = "What the test plays of all that is declared."\n'


async def test_our_own_station_from_the_pics_to_the_checked_archive(tmp_path: Path) -> None:
    folder, file, clock = tmp_path / "dossier", tmp_path / "lab.zip", SystemClock()
    ours, version = own_plan("station"), OcppVersion.V201
    write_pics(folder / "pics", make_pics(ours.claims, "station", version), f"Pilotwire {__version__}")
    (folder / "scope.toml").write_text(SCOPE)
    serial = (str(ours.settings["serial_number"]),)
    hosts, day = ("localhost",), clock.now().date()
    make_kit(folder / "pki", Asked(day, hosts, serial, "http://localhost:8088", plug_and_charge=False))
    firmware = tmp_path / "pilotwire.whl"
    firmware.write_bytes(b"the build under test")
    freeze_build(folder, firmware, __version__, clock.now())
    async with own_stations() as url:
        patient = {"message_timeout": 120.0, "long_operation_timeout": 120.0}  # a slow machine is not near a limit
        plan = replace(ours, bench={**ours.bench, "url": url}, settings={**ours.settings, **patient})
        write_snapshot(folder, await take_snapshot(folder, plan, Taken(version, observe=0.0)))
        mock = replace(prepared(folder), plan=replace(plan, claims=prepared(folder).plan.claims))
        session = await play_session(mock, Run(side_by_side=2), clock, lambda _: None)
    assert session.clean, (session.found, session.void)
    write_session(folder, session)
    make_package(Dossier(folder), file, clock.now())
    manifest = check_package(file, clock.now())
    assert (manifest["profiles"], manifest["firmware"]["version"]) == ({"Core": 2}, __version__)
    with zipfile.ZipFile(file) as archive:
        report = json.loads(archive.read("reports/core/report.json"))
        told = json.loads(archive.read(f"runs/{session.name}/mock.json"))
    assert [(one["id"], one["outcome"]) for one in report["cases"]] == [(one, "passed") for one in CASES]
    assert (told["clean"], told["cases"]) == (True, list(CASES))
    lab = clock.now().date() + timedelta(days=3)
    assert {one.state for one in roadmap_of(Dossier(folder), lab, clock.now()).steps} == {State.DONE}
