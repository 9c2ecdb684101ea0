"""The PICS: what each declaration brings into the run, what contradicts, what the last run says, and the documents."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.certify.pics import Line, Pics, asked_claims, make_pics
from pilotwire.conformance.certify.pics_items import items
from pilotwire.conformance.certify.pics_pages import as_data, as_html, as_markdown, as_plan, write_pics
from pilotwire.conformance.features import Claims, claims_all
from pilotwire.conformance.language import Role
from pilotwire.conformance.plan import own_plan, read_plan
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion

V16, V201 = OcppVersion.V16, OcppVersion.V201
WHO: list[tuple[Role, OcppVersion]] = [("station", V16), ("csms", V16), ("station", V201), ("csms", V201)]
SMALL = (
    "Core",
    "C-06.1",
    "C-09.2",
    "C-10.2",
    "C-12.1",
    "C-23",
    "C-30",
    "C-36",
    "C-41",
    "C-48.1",
    "HFS-1",
    "HFS-3",
    "AQ-9",
)
"""What the smallest station may declare."""


def station(*declared: str, evses: int = 1, **more: Any) -> Pics:
    return make_pics(Claims(frozenset(declared), {"HFS-8": evses}), "station", V201, **more)


def about(pics: Pics) -> dict[str, str]:
    return {one.about: one.what for one in pics.contradictions}


# --- what contradicts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "version"), WHO)
def test_what_we_declare_ourselves_contradicts_nothing(role: Role, version: OcppVersion) -> None:
    assert make_pics(own_plan(role, version).claims, role, version).contradictions == ()


def test_the_smallest_station_contradicts_nothing() -> None:
    assert about(station(*SMALL)) == {}


@pytest.mark.parametrize(
    ("more", "less", "told"),
    [
        ((), ("Core",), {"Core": "it is mandatory for certification, and not declared"}),
        ((), ("C-41",), {"C-41": "it is mandatory for the profile Core, and not declared"}),
        (("AS-2",), (), {"AS-2": "it is declared, and belongs to the profile Advanced Security, which is not"}),
        (("C-53",), (), {"C-53": "it is declared, and needs C-49, which does not hold"}),
        (("C-53", "C-49"), (), {}),
        (("C-01", "C-02"), (), {}),
        (("C-01", "C-02"), ("C-30",), {"C-01": "which does not hold"}),
        (("C-07", "C-08"), (), {"C-07": "needs NOT C-08", "C-08": "needs NOT C-07"}),
        ((), ("C-36",), {"ways to start from the CSMS": "none of C-36, C-37, C-38, C-39 is declared"}),
        ((), ("HFS-1",), {"a cable": "none of HFS-1, HFS-2 is declared"}),
        (("HFS-7",), ("HFS-3",), {"HFS-7": "needs HFS-3", "a kind of current": "none of HFS-3, HFS-4"}),
        (
            ("Smart Charging",),
            (),
            {"SC-2": "mandatory for the profile Smart Charging", "ChargingSch": "none of SC-2.1"},
        ),
        (("AQ-11",), (), {"AQ-11": "needs ISO 15118 Support"}),
        (("C-99",), (), {"C-99": "it is nothing that can be declared here"}),
    ],
)
def test_contradictions_are_found(more: tuple[str, ...], less: tuple[str, ...], told: dict[str, str]) -> None:
    found = about(station(*(one for one in (*SMALL, *more) if one not in less)))
    left = {name: what for name, what in found.items() if not any(name.startswith(each) for each in told)}
    if less == ("Core",):  # all that belongs to it is then declared without it
        assert set(left) <= {one for one in SMALL if one.startswith("C-")}
    else:
        assert left == {}
    for name, what in told.items():
        assert any(each.startswith(name) and what in said for each, said in found.items()), found


def test_a_station_has_evses() -> None:
    assert about(station(*SMALL, evses=0)) == {"HFS-8": "the number of EVSEs is 0"}


def test_the_programme_of_16_wants_firmware_management_and_security_profile_2() -> None:
    plain = make_pics(Claims(frozenset({"Core", "Q-3"})), "station", V16)
    assert set(about(plain)) == {"Firmware Management", "Security"}
    secured = make_pics(Claims(frozenset({"Core", "Firmware Management", "Security", "Q-9"})), "station", V16)
    assert about(secured) == {
        "Q-9": "it is declared, and belongs to the profile Reservation, which is not",
        "Q-14": "it is mandatory for the profile Firmware Management, and not declared",
        "Q-16": "it is mandatory for the profile Security, and not declared",
    }


def test_21_has_no_certification() -> None:
    with pytest.raises(ConfigError, match=r"no certification of OCPP 2\.1"):
        make_pics(claims_all(), "station", OcppVersion.V21)


# --- what it brings into the run -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "version"), WHO)
def test_every_number_in_the_conditions_of_cases_can_be_declared(role: Role, version: OcppVersion) -> None:
    cases = [one for one in catalogue().values() if (one.role, one.version) == (role, version)]
    asked = {name.replace(" ", "") for one in cases for name in re.findall(r"[A-Z]+- ?\d+(?:\.\d+)?", one.condition)}
    assert asked - {item.id for item in items(role, version)} == set()
    assert {profile for one in cases for profile in one.profiles} <= {item.id for item in items(role, version)}


@pytest.mark.parametrize("but", [frozenset[str](), frozenset({"C-49", "SC-2.1", "AQ-2", "Reservation"})])
def test_each_line_says_how_many_cases_hang_on_it(but: frozenset[str]) -> None:
    """Counted here by holding the whole index against what is declared with the item, and without it."""
    official = [one for one in catalogue().values() if (one.role, one.version) == ("station", V201)]
    kept = [one for one in official if any(level != "removed" for level in one.profiles.values())]

    def applying(without: frozenset[str]) -> set[str]:
        claims = claims_all(without, {"HFS-8": 2})
        return {one.id for one in kept if not one.why_not(claims)}

    pics = make_pics(claims_all(but, {"HFS-8": 2}), "station", V201)
    assert set(pics.cases) == applying(but)
    for name in ("Smart Charging", "C-49", "C-09.5", "AQ-2", "SC-2.1", "C-10.1", "ISO 15118 Support", "C-33"):
        with_it, without = applying(but - {name}), applying(but | {name})
        line = next(one for one in pics.lines if one.item.id == name)
        told = (line.declared, line.adds, line.drops)
        assert told == (name not in but, len(with_it - without), len(without - with_it)), name


# --- what the last run says ------------------------------------------------------------------------------------------------------------


def result(case: str, outcome: Outcome) -> CaseResult:
    return CaseResult(case, "", outcome, "")


def test_a_profile_is_clean_when_each_of_its_cases_was_played_and_passed() -> None:
    declared = (*SMALL, "Reservation", "R-2")
    cases = station(*declared).cases
    all_good = {one: result(one, Outcome.PASSED) for one in cases}
    assert [(one.profile, one.clean) for one in station(*declared, results=all_good).tallies] == [
        ("Core", True),
        ("Reservation", True),
    ]
    of_reservation = [one for one in cases if "Reservation" in catalogue()[one].profiles]
    failed, warned, skipped, *rest = of_reservation
    some = all_good | {failed: result(failed, Outcome.FAILED), warned: result(warned, Outcome.WARNING)}
    some[skipped] = result(skipped, Outcome.NOT_APPLICABLE)
    tally = station(*declared, results=some).tallies[1]
    assert not tally.clean
    assert (dict(tally.others), tally.missing) == ({"failed": (failed,), "warning": (warned,)}, (skipped,))
    assert set(tally.passed) == set(rest)
    assert station(*declared).tallies == ()


# --- what the station reports of itself ------------------------------------------------------------------------------------------------


def variable(component: str, name: str, value: str, *, listed: str = "", read_only: bool = False, evse: int = 0) -> Any:
    """A row of a NotifyReport."""
    return {
        "component": {"name": component} | ({"evse": {"id": evse}} if evse else {}),
        "variable": {"name": name},
        "variableAttribute": [{"value": value, "mutability": "ReadOnly" if read_only else "ReadWrite"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False}
        | ({"valuesList": listed} if listed else {}),
    }


def reporting(*rows: Any, base: str = "FullInventory", hour: int = 8) -> dict[str, CaseResult]:
    """The results of a run in which a station sent these in two reports."""
    at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    asked = Entry(0, at, "sent", "call", "", "GetBaseReport", payload={"requestId": 7, "reportBase": base})
    parts = [
        Entry(1 + part, at, "received", "call", "", "NotifyReport", payload={"requestId": 7, "reportData": list(some)})
        for part, some in enumerate((rows[:1], rows[1:]))
    ]
    return {f"TC_{hour}": CaseResult(f"TC_{hour}", "", Outcome.PASSED, "", entries=[asked, *parts])}


INVENTORY = (
    variable("AuthCacheCtrlr", "Available", "false", read_only=True),
    variable("TxCtrlr", "TxStartPoint", "Authorized", listed="EVConnected,Authorized", read_only=True),
    variable("TxCtrlr", "TxStopPoint", "EVConnected, Authorized"),
    variable("TxCtrlr", "StopTxOnEVSideDisconnect", "true", read_only=True),
    variable("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "true"),
    variable("AuthCtrlr", "AuthorizeRemoteStart", "false"),
    variable("EVSE", "AvailabilityState", "Available", evse=1),
    variable("EVSE", "AvailabilityState", "Available", evse=2),
)


def test_what_is_declared_is_held_against_what_the_station_reports() -> None:
    pics = station(*SMALL, "C-49", "C-09.4", "C-51", evses=1, results=reporting(*INVENTORY))
    assert about(pics) == {
        "C-06.1": "it is declared, and the station reports otherwise: TxCtrlr.StopTxOnEVSideDisconnect cannot be false",
        "C-09.4": "it is declared, and the station reports otherwise: TxCtrlr.TxStartPoint has not PowerPathClosed",
        "C-49": "it is declared, and the station reports otherwise: AuthCacheCtrlr.Available is not true",
        "C-51": "it is declared, and the station reports otherwise: TxCtrlr.TxStartPoint cannot be set",
        "HFS-8": "the number of EVSEs is declared as 1, and the station reports 2",
    }
    reported = {line.item.id: line.reported for line in pics.lines}
    told = ("C-06.2", "C-09.1", "C-10.1", "C-10.3", "C-12.2", "C-48.1", "C-52", "C-53", "Reservation", "C-30")
    assert [reported[one] for one in told] == [True, True, True, False, True, True, True, False, None, None]


def test_only_the_latest_full_inventory_counts() -> None:
    other = reporting(variable("AuthCacheCtrlr", "Available", "true"), base="ConfigurationInventory", hour=10)
    assert {line.reported for line in station(*SMALL, results=other).lines} == {None}
    later = reporting(variable("AuthCacheCtrlr", "Available", "true"), hour=9)
    pics = station(*SMALL, results=reporting(*INVENTORY) | later | other)
    assert {line.item.id: line.reported for line in pics.lines}["C-49"] is True


def test_who_is_asked_sees_only_what_belongs_to_the_profiles_declared() -> None:
    given = station(*SMALL, "Reservation", "R-2")
    asked: list[str] = []

    def declares(line: Line) -> bool:
        asked.append(line.item.id)
        return line.declared and line.item.id != "Reservation"

    claims = asked_claims(given, declares, lambda line: line.number + 1)
    assert claims == Claims(frozenset(SMALL), {"HFS-8": 2})
    assert {"Core", "Reservation", "C-49", "AQ-1"} <= set(asked)
    assert not {"R-1", "R-2", "SC-2", "AS-2"} & set(asked)


# --- documents -------------------------------------------------------------------------------------------------------------------------


def test_the_documents_say_the_same(tmp_path: Path) -> None:
    pics = station(*SMALL, "C-53", results={})
    product = "Volta | <One> 2.3"
    written = write_pics(tmp_path / "new", pics, product)
    assert [path.name for path in written] == ["pics.md", "pics.html", "pics.json", "pics.toml"]
    markdown, html, data = as_markdown(pics, product), as_html(pics, product), as_data(pics, product)
    assert json.loads((tmp_path / "new" / "pics.json").read_text()) == data
    assert data["declared"] == [line.item.id for line in pics.lines if line.declared and line.item.id != "HFS-8"]
    assert data["contradictions"][0]["what"] == "it is declared, and needs C-49, which does not hold"
    for line in pics.lines:
        said = str(line.number) if line.item.counts else "yes" if line.declared else "no"
        assert f"| {line.item.id} | {line.item.what} | {said} |" in markdown
        assert f"<td>{line.item.id}</td>" in html
    assert "Volta | &lt;One&gt; 2.3" in html
    assert "<One>" not in html
    assert "needs C-49" in markdown
    assert "needs C-49" in html


@pytest.mark.parametrize(("role", "version"), WHO)
def test_the_plan_it_gives_selects_the_same_cases(role: Role, version: OcppVersion, tmp_path: Path) -> None:
    pics = make_pics(own_plan(role, version).claims, role, version)
    (tmp_path / "pics.toml").write_text(as_plan(pics, "ours"))
    plan = read_plan(tmp_path / "pics.toml")
    assert plan.version is version
    assert make_pics(plan.claims, role, version) == pics


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"The PICS cannot be written to .*file"):
        write_pics(tmp_path / "file", station(*SMALL), "x")
