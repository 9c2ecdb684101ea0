"""The firmware freeze: what is recorded of a build, and which runs of the dossier do not count for it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pilotwire.conformance.certify.freeze import check_build, freeze_build, read_freeze, void_of, void_runs
from pilotwire.conformance.report.pages import write_report
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion
from tests.support.recorded_runs import Recording, kept

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def day(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


def image(folder: Path, content: bytes, name: str = "volta.bin") -> Path:
    place = folder / name
    place.write_bytes(content)
    return place


def played(dossier: Path, name: str, *, on: float, firmware: str = "2.3", case: str = "TC_001_CS") -> None:
    """A run of one case, in which the station told this firmwareVersion."""
    made = Recording(case, began=day(on))
    made.boots(firmware=firmware)
    kept(dossier / "runs" / name, [made])


@pytest.fixture
def dossier(tmp_path: Path) -> Path:
    return tmp_path / "lab"


def test_hash_size_version_and_time_are_recorded(dossier: Path, tmp_path: Path) -> None:
    freeze_build(dossier, image(tmp_path, b"one"), " 2.3 ", day(0))
    told = json.loads((dossier / "freeze.json").read_text())["looks"]
    assert told == [
        {
            "at": "2026-03-02T12:00:00Z",
            "file": "volta.bin",
            "path": "../volta.bin",
            "sha256": hashlib.sha256(b"one").hexdigest(),
            "size": 3,
            "version": "2.3",
            "froze": True,
        }
    ]


def test_runs_of_the_frozen_build_count_and_keep_counting(dossier: Path, tmp_path: Path) -> None:
    """One before it was frozen as well, as the device told the same version in it."""
    build = image(tmp_path, b"one")
    assert void_runs(dossier) == []
    played(dossier, "before", on=-1)
    freeze_build(dossier, build, "2.3", day(0))
    played(dossier, "core", on=1)
    assert check_build(dossier, day(2)).void == []
    assert check_build(dossier, day(3), image(tmp_path, b"one", "copy.bin")).void == []
    build.unlink()
    assert len(check_build(dossier, day(4)).looks) == 3  # nothing was there to be looked at


def test_a_build_that_changed_voids_every_run_until_the_frozen_one_is_back(dossier: Path, tmp_path: Path) -> None:
    build = image(tmp_path, b"one")
    freeze_build(dossier, build, "2.3", day(0))
    played(dossier, "first", on=1)
    check_build(dossier, day(2))
    played(dossier, "second", on=3)
    build.write_bytes(b"two")
    found = check_build(dossier, day(4))
    assert found.changed
    assert [name for name, _ in found.void] == ["first", "second"]
    assert "the build has changed: on 2026-03-06 12:00 UTC volta.bin 2.3 (SHA-256 3fc4ccfe7458...)" in found.void[0][1]
    assert read_freeze(dossier) == found  # which runs are void is on record
    played(dossier, "third", on=5)
    build.write_bytes(b"one")
    found = check_build(dossier, day(6))
    played(dossier, "fourth", on=7)
    # the first lies between two looks at the frozen build; nobody knows of what build the second and third were
    assert [name for name, _ in void_runs(dossier)] == ["second", "third"]
    assert "TC_001_CS was played when the build was, or became, another" in found.void[0][1]


@pytest.mark.parametrize(("content", "version"), [(b"two", "2.3"), (b"one", "2.4")])
def test_a_build_that_is_frozen_anew_voids_what_was_played_before(
    dossier: Path, tmp_path: Path, content: bytes, version: str
) -> None:
    freeze_build(dossier, image(tmp_path, b"one"), "2.3", day(0))
    played(dossier, "old", on=1)
    found = freeze_build(dossier, image(tmp_path, content), version, day(2))
    assert {name for name, _ in found.void} == {"old"}
    played(dossier, "new", on=3, firmware=version)
    assert {name for name, _ in void_runs(dossier)} == {"old"}


def test_the_same_build_may_be_frozen_again(dossier: Path, tmp_path: Path) -> None:
    for when in (0, 2):
        freeze_build(dossier, image(tmp_path, b"one"), "2.3", day(when))
        played(dossier, f"run{when}", on=when + 1)
    assert void_runs(dossier) == []


def test_a_device_that_tells_another_version_was_another_build(dossier: Path, tmp_path: Path) -> None:
    freeze_build(dossier, image(tmp_path, b"one"), "2.3", day(0))
    many = [Recording(f"TC_00{number}_CS", began=day(1)) for number in range(1, 6)]
    for each in many:
        each.boots(firmware="2.2")
    kept(dossier / "runs" / "core", many)
    of_2 = Recording("TC_B_01_CS", OcppVersion.V201, began=day(1))
    of_2.station(0, "BootNotification", {"status": "Accepted"}, chargingStation={"firmwareVersion": "2.3-beta"})
    kept(dossier / "runs" / "more", [of_2])
    played(dossier, "silent", on=1, firmware="")
    assert void_runs(dossier) == [
        (
            "core",
            "the device told firmwareVersion 2.2 in TC_001_CS, TC_002_CS, TC_003_CS and 2 more, and 2.3 is frozen",
        ),
        ("more", "the device told firmwareVersion 2.3-beta in TC_B_01_CS, and 2.3 is frozen"),
    ]


def test_after_an_update_that_was_asked_for_it_may_tell_another(dossier: Path, tmp_path: Path) -> None:
    freeze_build(dossier, image(tmp_path, b"one"), "2.3", day(0))
    made = Recording("TC_044_1_CS", began=day(1))
    made.boots(firmware="2.3")
    made.bench(1, "UpdateFirmware", {}, location="ftp://x/y")
    made.boots(9, firmware="2.4")
    kept(dossier / "runs" / "firmware", [made])
    assert void_runs(dossier) == []


def test_nothing_ties_a_run_without_a_version_to_a_build_that_was_frozen_later(dossier: Path, tmp_path: Path) -> None:
    played(dossier, "early", on=-1, firmware="")
    freeze_build(dossier, image(tmp_path, b"one"), "2.3", day(0))
    ((name, why),) = void_runs(dossier)
    assert name == "early"
    assert why.startswith("it began on 2026-03-01 12:00 UTC, before a build was frozen")


def test_the_report_of_a_void_run_shows_it(dossier: Path, tmp_path: Path) -> None:
    freeze_build(dossier, image(tmp_path, b"one"), "2.3", day(0))
    made = Recording("TC_001_CS", began=day(1))
    made.boots(firmware="<2.2>")
    folder = kept(dossier / "runs" / "core", [made])
    page = write_report(folder, [made.result()], about="a station").read_text()
    assert "This run is void." in page
    assert "firmwareVersion &lt;2.2&gt; in TC_001_CS" in page
    assert json.loads((folder / "report.json").read_text())["void"] == void_of(folder)
    elsewhere = kept(tmp_path / "results", [made])
    assert "void" not in write_report(elsewhere, [made.result()], about="a station").read_text().split("</style>")[1]


def test_what_cannot_be_frozen_is_a_sentence(dossier: Path, tmp_path: Path) -> None:
    build = image(tmp_path, b"one")
    for file, version, told in (
        (tmp_path / "none.bin", "2.3", "cannot be read: No such file"),
        (tmp_path, "2.3", "is no file"),
        (image(tmp_path, b"", "empty.bin"), "2.3", "is empty"),
        (build, " ", "The build has no version"),
        (build, "x" * 51, "is no firmwareVersion"),
        (build, "2.3\n", ""),
        (build, "2\x00", "is no firmwareVersion"),
    ):
        if told:
            with pytest.raises(ConfigError, match=told):
                freeze_build(dossier, file, version, day(0))
        else:
            assert freeze_build(tmp_path / "other", file, version, day(0)).frozen.version == "2.3"
    assert not dossier.exists()
    with pytest.raises(ConfigError, match="cannot be made"):
        freeze_build(build, build, "2.3", day(0))
    with pytest.raises(ConfigError, match="No build is frozen"):
        check_build(dossier, day(0))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not the record of a freeze"),
        ('{"looks": []}', "records no frozen build"),
        ('{"looks": [{"at": 3}]}', "is not the record of a freeze"),
        ("[]", "is not the record of a freeze"),
        ('{"looks": [{"at": "2026-03-02T12:00:00", "file": "", "path": "", "sha256": "", "size": 1, "version": "1", '
         '"froze": true}]}', "a time without a time zone"),
    ],
)  # fmt: skip
def test_a_record_that_is_none_is_a_sentence(dossier: Path, content: str, told: str) -> None:
    dossier.mkdir()
    (dossier / "freeze.json").write_text(content)
    with pytest.raises(ConfigError, match=told):
        void_runs(dossier)
