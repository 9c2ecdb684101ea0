"""The package: made of a dossier that lacks nothing, the same bytes each time, no keys; else refused with a sentence for each fault."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pilotwire.conformance.certify.dossier import Dossier
from pilotwire.conformance.certify.freeze import check_build, freeze_build
from pilotwire.conformance.certify.package import Refused, check_package, make_package
from pilotwire.conformance.certify.reasons import Reason, reasons_against
from pilotwire.conformance.certify.snapshot_record import Finding, Measured
from pilotwire.conformance.verdict import Outcome
from pilotwire.errors import ConfigError
from tests.support.dossiers import (
    BOOT,
    CASES,
    FROZEN,
    NOW,
    PLAYED,
    RUN,
    build_dossier,
    declare,
    edit,
    keep,
    result,
    snapshot_again,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_dossier(tmp_path / "dossier")


def reasons(folder: Path) -> list[Reason]:
    return reasons_against(Dossier(folder), NOW)


def test_a_whole_dossier_becomes_a_package_without_keys(folder: Path, tmp_path: Path) -> None:
    assert reasons(folder) == []
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    manifest = make_package(Dossier(folder), first, NOW)
    make_package(Dossier(folder), second, NOW + timedelta(hours=1))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    assert {one["path"] for one in manifest["files"]} | {"manifest.json"} == set(held)
    assert not any(b"PRIVATE KEY" in data for name, data in held.items() if name != "manifest.json")
    assert not any(name.endswith((".p12", "passwords.txt")) for name in held)
    withheld = {one["path"]: one["why"] for one in manifest["withheld"]}
    assert withheld["pki/pem/csms-root-key.pem"] == "it holds a private key"
    assert withheld["pki/passwords.txt"] == "it holds passwords"
    for name in ("pki/pem/csms-root.pem", "reports/core/index.html", "reports/reservation/TC_H_01_CS.html"):
        assert name in held
    assert (manifest["profiles"], manifest["scope"]["cases"]) == ({"Core": 1, "Reservation": 1}, 2)
    assert check_package(first, NOW) == manifest
    with pytest.raises(Refused) as late:
        check_package(first, NOW + timedelta(days=400))
    assert "have expired since" in str(late.value.reasons[0])


# --- what is missing, or contradicts -----------------------------------------------------------------------------------------------

Break = Callable[[Path], object]


def without(name: str) -> Break:
    def remove(folder: Path) -> None:
        place = folder / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()

    return remove


def other_build(folder: Path) -> None:
    (folder / "volta-2.3.bin").write_bytes(b"one line was mended")
    check_build(folder, NOW)


def snapshot_finds(folder: Path) -> None:
    snapshot_again(folder, findings=[Finding("AuthCtrlr.Enabled", "its value 'x' is no boolean", "Mend it.")])


def snapshot_measures(folder: Path) -> None:
    told = "HeartbeatInterval is declared as 60 s, and measured as 30 s."
    snapshot_again(folder, measured=[Measured("HeartbeatInterval", "60 s", "30 s", False, (), told)])


def broken_plan(folder: Path) -> None:
    place = folder / "pics" / "pics.toml"
    place.write_text(place.read_text().replace('  "C-49",\n', ""))


def other_firmware(folder: Path) -> None:
    station = BOOT["chargingStation"]
    assert isinstance(station, dict)
    keep(folder, result(CASES[0], boot={**BOOT, "chargingStation": station | {"firmwareVersion": "2.2"}}))


def other_device(folder: Path) -> None:
    station = BOOT["chargingStation"]
    assert isinstance(station, dict)
    keep(folder, result(CASES[0], boot={**BOOT, "chargingStation": station | {"serialNumber": "SN-0816"}}))


FAULTS: dict[str, tuple[Break, str, str]] = {
    "no PICS": (without("pics"), "There is no PICS in pics/.", "Write it: pilotwire certify pics DOSSIER/pics."),
    "no document of the PICS": (without("pics/pics.html"), "The document pics/pics.html is missing.", "Write it"),
    "a PICS that contradicts": (
        lambda folder: declare(folder, less=frozenset({"C-41"})),
        "C-41: it is mandatory for the profile Core, and not declared.",
        "Declare it",
    ),
    "a PICS whose plan declares otherwise": (
        broken_plan,
        "The plan pics/pics.toml and pics.json do not declare the same: C-49.",
        "Write it",
    ),
    "a PICS of other cases": (
        lambda folder: edit(folder / "pics" / "pics.json", lambda pics: pics["cases"].remove("TC_C_02_CS")),
        "The cases pics.json lists are not those that apply: TC_C_02_CS.",
        "Write it",
    ),
    "a PICS that is broken": (
        lambda folder: (folder / "pics" / "pics.json").write_text("{}"),
        "pics.json is not the data of a PICS",
        "Write it again",
    ),
    "no PKI": (without("pki"), "There is no PKI material in pki/.", "Make it: pilotwire certify pki DOSSIER/pki."),
    "a PKI with a gap": (without("pki/der/csms-root.cer"), "are missing, or are others: csms-root.", "Make it again"),
    "a PKI for another device": (
        lambda folder: edit(folder / "pki" / "kit.json", lambda kit: kit.update(stations=["SN-1"])),
        "The PKI material is for SN-1, and the device says its serial number is SN-0815.",
        "Make it with --station",
    ),
    "no snapshot": (without("snapshot"), "There is no configuration snapshot in snapshot/.", "Take it"),
    "a snapshot with a finding": (snapshot_finds, "AuthCtrlr.Enabled: its value 'x' is no boolean.", "Mend it."),
    "a snapshot whose declared is not measured": (snapshot_measures, "measured as 30 s.", "Mend the device"),
    "a snapshot against the PICS": (
        lambda folder: declare(folder, less=frozenset({"Reservation", "R-2", "R-3"})),
        "Reservation: ReservationCtrlr.Available is true, and Reservation is not declared.",
        "Mend the device or the declaration",
    ),
    "a snapshot of another firmware": (
        lambda folder: snapshot_again(folder, firmware_version="2.2"),
        "The snapshot is of firmwareVersion 2.2, not 2.3, which is frozen.",
        "Take it",
    ),
    "a snapshot of another version of OCPP": (
        lambda folder: snapshot_again(folder, ocpp="1.6"),
        "The snapshot is of OCPP 1.6, and the PICS for 2.0.1.",
        "Take it",
    ),
    "a snapshot before the freeze": (
        lambda folder: snapshot_again(folder, at=FROZEN - timedelta(days=1)),
        "is older than the freeze of 2026-03-01 09:00 UTC.",
        "Take it",
    ),
    "a snapshot of another identity": (
        lambda folder: snapshot_again(folder, identity="CS777"),
        "The snapshot is of a device with identity CS777, and the runs of one with CS001.",
        "from the same device",
    ),
    "no freeze": (without("freeze.json"), "No build is frozen: there is no freeze.json.", "pilotwire certify freeze"),
    "another build": (other_build, "The build has changed since it was frozen: volta-2.3.bin", "Put the frozen build"),
    "no runs": (without("runs"), "There are no runs in runs/.", "pilotwire certify mock"),
    "a run before the freeze": (
        lambda folder: keep(folder, result(CASES[0], started=FROZEN - timedelta(days=2))),
        "The run internal of 2026-02-27 09:00 UTC is older than the freeze of 2026-03-01 09:00 UTC.",
        "Play it again, and take runs/internal out of the dossier.",
    ),
    "a run of another build": (
        lambda folder: freeze_build(folder, folder / "scope.toml", "2.3", PLAYED + timedelta(hours=1)),
        "The run internal is void: TC_B_01_CS, TC_H_01_CS were played when the build was, or became, another",
        "Play it again",
    ),
    "a run of another firmware version": (
        other_firmware,
        "The run internal is void: the device told firmwareVersion 2.2 in TC_B_01_CS, and 2.3 is frozen.",
        "Play it again",
    ),
    "runs of two devices": (
        other_device,
        "The runs are of devices with another serial number: SN-0815 (run internal), SN-0816 (run internal).",
        "Keep the runs of one device.",
    ),
    "a run of another version of OCPP": (
        lambda folder: keep(folder, result("TC_001_CS"), "old"),
        "The run old is of another role or version than the PICS: TC_001_CS.",
        "Take runs/old out of the dossier",
    ),
    "a run that is yet to come": (
        lambda folder: keep(folder, result(CASES[0], started=NOW + timedelta(days=1))),
        "The run internal is of 2026-03-05 09:00 UTC, which has not come yet.",
        "Play it again",
    ),
    "a run with a saboteur": (
        lambda folder: keep(folder, result(CASES[0], sabotage="no answer")),
        "The run internal has results of a saboteur: TC_B_01_CS.",
        "Play it again",
    ),
    "a profile without a run": (
        without(f"runs/{RUN}/cases/TC_H_01_CS.json"),
        "The declared profile Reservation has no clean run: 1 of its 1 cases did not pass; not played: TC_H_01_CS.",
        "or declare the profile no more",
    ),
    "a case that was left out": (
        lambda folder: keep(folder, result(CASES[1], Outcome.NOT_APPLICABLE)),
        "not played: TC_H_01_CS.",
        "pilotwire certify mock",
    ),
    "a case that failed": (
        lambda folder: keep(folder, result(CASES[0], Outcome.FAILED)),
        "TC_B_01_CS came out failed in the run internal: Step 2: idToken is present, but found nothing.",
        "Mend the device",
    ),
    "a case with a warning": (
        lambda folder: keep(folder, result(CASES[0], Outcome.WARNING)),
        "TC_B_01_CS came out warning in the run internal",
        "Mend the device",
    ),
    "a case that passed only once": (
        lambda folder: keep(folder, result(CASES[0], Outcome.INCONCLUSIVE), "second"),
        "TC_B_01_CS came out inconclusive in the run second, and passed in internal, on the same build",
        "Find out why",
    ),
    "a result that is none": (
        lambda folder: (folder / "runs" / RUN / "cases" / "TC_B_01_CS.json").write_text("[]"),
        "TC_B_01_CS.json is not a result",
        "Remove it and play the case again.",
    ),
    "a mock session with anomalies": (
        lambda folder: (folder / "runs" / RUN / "mock.json").write_text(
            '{"clean": false, "anomalies": [{}, {}], "cases": [], "began": ""}'
        ),
        "The mock session internal is not clean: anomalies: 2.",
        "Play it again",
    ),
    "a mock session whose report is broken": (
        lambda folder: (folder / "runs" / RUN / "mock.json").write_text("{"),
        "mock.json is not the report of a mock session",
        "Play it again",
    ),
    "a scope without a reason": (
        lambda folder: (folder / "scope.toml").write_text('cases = ["TC_B_01_CS"]'),
        "scope.toml does not say why not all cases are played.",
        "remove it to play all",
    ),
    "a scope beyond what applies": (
        lambda folder: (folder / "scope.toml").write_text('cases = ["TC_001_CS"]\nwhy = "x"'),
        "scope.toml names TC_001_CS, which does not apply to what is declared.",
        "Take it out.",
    ),
    "no scope": (
        without("scope.toml"),
        "The declared profile Smart Charging has no clean run: 34 of its 34",
        "Play them",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_refused_with_a_sentence(folder: Path, name: str) -> None:
    breaks, what, mend = FAULTS[name]
    breaks(folder)
    told = [one for one in reasons(folder) if what in one.what]
    assert len(told) == 1, [str(one) for one in reasons(folder)]
    assert mend in told[0].mend


def test_expired_pki_is_refused(folder: Path) -> None:
    found = reasons_against(Dossier(folder), NOW + timedelta(days=365))
    assert [one.about for one in found] == ["pki"]
    assert "Certificates that have to be valid have expired since 2027-02-20 00:00 UTC" in found[0].what


def test_what_is_refused_is_not_written(folder: Path, tmp_path: Path) -> None:
    (folder / "freeze.json").unlink()
    with pytest.raises(Refused, match="cannot be handed in: 1 reason"):
        make_package(Dossier(folder), tmp_path / "lab.zip", NOW)
    assert not (tmp_path / "lab.zip").exists()


def test_a_key_that_lies_elsewhere_is_no_way_in(folder: Path, tmp_path: Path) -> None:
    key = (folder / "pki" / "pem" / "csms-root-key.pem").read_text()
    (folder / "pics" / "pics.md").write_text(key)
    with pytest.raises(Refused) as refused:
        make_package(Dossier(folder), tmp_path / "lab.zip", NOW)
    assert [one.what for one in refused.value.reasons] == ["pics/pics.md has a private key in it."]


# --- checking ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package")
    make_package(Dossier(build_dossier(place / "dossier")), place / "lab.zip", NOW)
    return place / "lab.zip"


def repacked(package: Path, file: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    with zipfile.ZipFile(package) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    change(held)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    return file


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda held: held.pop("pki/kit.json"), "pki/kit.json is missing."),
        (lambda held: held.update({"more.txt": b"x"}), "more.txt is not in the manifest."),
        (lambda held: held.update({"freeze.json": b"{}"}), "freeze.json is not what the manifest says"),
        (lambda held: held.update({"k.p12": b"x"}), "k.p12 has a private key in it."),
    ],
)
def test_a_package_that_was_changed_is_found(
    package: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], object], told: str
) -> None:
    with pytest.raises(Refused) as refused:
        check_package(repacked(package, tmp_path / "lab.zip", change), NOW)
    assert any(told in one.what for one in refused.value.reasons)


def test_a_report_that_was_polished_is_found(package: Path, tmp_path: Path) -> None:
    """Even where its hash was put right: the results say otherwise."""
    import hashlib

    def polish(held: dict[str, bytes]) -> None:
        report = json.loads(held["reports/core/report.json"])
        report["cases"][0]["id"] = "TC_B_02_CS"
        held["reports/core/report.json"] = data = json.dumps(report).encode()
        manifest = json.loads(held["manifest.json"])
        for one in manifest["files"]:
            if one["path"] == "reports/core/report.json":
                one["sha256"] = hashlib.sha256(data).hexdigest()
        held["manifest.json"] = json.dumps(manifest).encode()

    with pytest.raises(Refused) as refused:
        check_package(repacked(package, tmp_path / "lab.zip", polish), NOW)
    assert ["does not say what the results say" in one.what for one in refused.value.reasons] == [True]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda held: held.pop("manifest.json"), "has no manifest.json"),
        (lambda held: held.update({"manifest.json": b"{}"}), "cannot be read as a package"),
        (lambda held: held.update({"manifest.json": b"\xff"}), "cannot be read as a package"),
        (lambda held: held.update({"../evil": b"x"}), "has names no package has: ../evil"),
    ],
)
def test_what_is_no_package_is_a_sentence(
    package: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], object], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        check_package(repacked(package, tmp_path / "lab.zip", change), NOW)
    assert not (tmp_path.parent / "evil").exists()


def test_a_file_that_is_no_archive_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "lab.zip").write_bytes(b"PK\x03\x04 and nothing else")
    for file in (tmp_path / "lab.zip", tmp_path / "none.zip", tmp_path):
        with pytest.raises(ConfigError, match="cannot be opened as a package"):
            check_package(file, NOW)
