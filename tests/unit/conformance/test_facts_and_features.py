"""When a transaction must be ongoing, and which conditions of Part 5 hold."""

from __future__ import annotations

import pytest

from pilotwire.conformance.catalogue import catalogue, requirements
from pilotwire.conformance.facts import Facts
from pilotwire.conformance.features import Claims, claims_all, holds
from pilotwire.errors import ConfigError


def after(starts: str, stops: str, *news: dict[str, bool]) -> Facts:
    facts = Facts()
    for one in news:
        facts.happened(one, starts.split(","), stops.split(","))
    return facts


PLUGGED, OUT = {"ev_connected": True}, {"ev_connected": False}
TAPPED, STOPPED = {"authorized": True}, {"authorized": False, "energy": False}


@pytest.mark.parametrize(
    ("starts", "stops", "news", "runs", "began", "ended"),
    [
        ("EVConnected", "EVConnected", (PLUGGED,), True, True, False),
        ("EVConnected", "EVConnected", (TAPPED,), False, False, False),
        ("EVConnected,Authorized", "EVConnected", (TAPPED, PLUGGED), True, False, False),
        ("EVConnected", "EVConnected", (PLUGGED, TAPPED, STOPPED), True, False, False),
        ("EVConnected", "EVConnected", (PLUGGED, TAPPED, STOPPED, OUT), False, False, True),
        ("EVConnected", "EVConnected,Authorized", (PLUGGED, TAPPED, STOPPED), False, False, True),
        ("EVConnected", "Authorized", (PLUGGED, TAPPED, STOPPED, OUT), False, False, False),
        ("PowerPathClosed", "EVConnected", (PLUGGED,), False, False, False),
        ("PowerPathClosed", "EVConnected", (PLUGGED, TAPPED), True, True, False),
        (
            "EnergyTransfer",
            "EnergyTransfer",
            (PLUGGED, TAPPED, {"energy": True}, {"energy": False}),
            False,
            False,
            True,
        ),
    ],
)
def test_a_transaction_by_its_points(
    starts: str, stops: str, news: tuple[dict[str, bool], ...], runs: bool, began: bool, ended: bool
) -> None:
    facts = after(starts, stops, *news)
    assert (facts["transaction"], facts["began"], facts["ended"]) == (runs, began, ended)


@pytest.mark.parametrize(
    ("condition", "declared", "right"),
    [
        ("", set(), True),
        ("C-49", {"C-49"}, True),
        ("C-49 and (C-30 or C-31)", {"C-49"}, False),
        ("C-49 and (C-30 or C-31)", {"C-49", "C-31"}, True),
        ("NOT C-60", set(), True),
        ("NOT (SC-2.1 and SC-2.2)", {"SC-2.1"}, True),
        ("C-30 - C-35 or ISO 15118 support", {"C-33"}, True),
        ("C-30 - C-35 or ISO 15118 support", {"ISO 15118 Support"}, True),
        ("C-30 - C-35 or ISO 15118 support", {"C-36"}, False),
        ("HFS-8 > 1", set(), True),
        ("HFS-8 > 2", set(), False),
        ('HFS-1 and NOT Product Subtype "Mode 1/2-only Charging Station"', {"HFS-1"}, True),
        ("(UI-1.1and UI- 1.2) or (UI- 1.2 and UI-1.3)", {"UI-1.2", "UI-1.3"}, True),
        ("NOT C-43 and NOT AQ- 7", {"AQ-7"}, False),
        ("C-30 or C35", {"C-35"}, True),
        ("NOT C.06.1 and (10.1 OR C-10.3)", {"C-10.1"}, True),
        ("NOT C.06.1 and (10.1 OR C-10.3)", {"C-10.1", "C-06.1"}, False),
    ],
)
def test_a_condition_of_part_5(condition: str, declared: set[str], right: bool) -> None:
    assert holds(condition, Claims(declared, {"HFS-8": 2})) is right


@pytest.mark.parametrize("condition", ["C-49 and", "(C-49", "whatever", "C-49 C-50", ")"])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        holds(condition, Claims(set()))


def test_every_condition_of_the_index_can_be_read() -> None:
    assert len(catalogue()) == 424 + 252 + 102 + 75
    for listed in catalogue().values():
        listed.why_not(claims_all())


def test_a_case_left_out_has_its_reason() -> None:
    assert "not declared" in catalogue()["TC_K_01_CS"].why_not(Claims({"Core"}))
    assert "C-49" in catalogue()["TC_C_08_CS"].why_not(Claims({"Core"}))


def test_the_requirements_of_part_2() -> None:
    assert requirements()["B01.FR.01"].keyword == "SHALL"
    assert len(requirements()) == 1291
