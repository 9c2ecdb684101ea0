"""What a platform demands and is not judged from where the doctor looks: it is said, with the way to have it judged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pilotwire.clock import ManualClock
from pilotwire.doctor.patient import Card
from pilotwire.doctor.profiles.load import load_profile, read_profile, shipped
from pilotwire.doctor.profiles.profile import NOTHING_MORE
from pilotwire.doctor.profiles.unjudged import SeenFrom, not_judged
from pilotwire.doctor.record import Reading, examine_files
from pilotwire.doctor.report.record import as_json
from pilotwire.doctor.report.text import lines_of
from pilotwire.doctor.setup import Told, make_patient
from pilotwire.doctor.visit import visit

HEAD = "name: p\ntitle: A platform\nsource: its guide\n"
CLOCK = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))


def names(text: str, where: SeenFrom, **how: float) -> list[str]:
    """The demands of a profile that are not judged from there."""
    found = not_judged(read_profile(HEAD + text, "p.yaml"), where, **how)  # type: ignore[arg-type]
    return [each.question.removeprefix("Is the demand ").removesuffix(" met?") for each in found]


async def test_from_the_stations_place_the_report_says_what_only_the_station_could_show() -> None:
    """Its pings, the name it sends, what it takes: with the command that would judge it, for people and for programs."""
    told_to = Told("ws://127.0.0.1:9", "CS-1", (), "", "", "", (), "", 1.0, 0.0)
    patient = make_patient(told_to, Card(), load_profile("strict"), CLOCK)
    report = await visit(patient, ())
    told = {each["question"]: each["why"] for each in as_json(report)["skipped"]}
    assert "pilotwire doctor listen" in told["Is the demand network.most_ping_interval: 60 met?"]
    assert "pilotwire doctor listen" in told["Is the demand tls.sni: true met?"]
    assert "--idle 120" in told["Is the demand network.idle_lasts: 120 met?"]
    assert "Is the demand protocol.stack_levels: 9 met?" in told
    assert not [each for each in told if "answer_within" in each or "tls.versions" in each], "these are judged"
    assert any("most_ping_interval: 60" in line for _, line in lines_of(report))


@pytest.mark.parametrize(("patience", "said"), [(0.0, True), (119.0, True), (120.0, False)])
def test_an_idle_line_is_judged_if_it_is_watched_long_enough(patience: float, said: bool) -> None:
    demand = "tls: {sni: false}\nnetwork: {idle_lasts: 120}"
    assert names(demand, SeenFrom.STATION, patience=patience) == (["network.idle_lasts: 120"] if said else [])


def test_what_is_not_demanded_is_not_missed() -> None:
    """Nothing where no platform is named; of the name in the handshake nothing where the profile does not want it."""
    for where in SeenFrom:
        assert not list(not_judged(NOTHING_MORE, where))
        assert names("tls: {sni: false}", where) == []


def test_from_the_backends_place() -> None:
    """The way there, where the key lies, and, if nothing is asked, what would be."""
    demands = (
        "certificates: {secure_element: true}\nprotocol: {stack_levels: 3, actions: [Reset, ClearCache]}\n"
        "network: {ports: [443], most_ping_interval: 30}\n"
    )
    of_the_way = ["certificates.secure_element: true", "network.ports: 443"]
    assert names(demands, SeenFrom.BACKEND) == of_the_way
    unasked = ["protocol.stack_levels: 3", "protocol.actions: Reset, ClearCache", "network.most_ping_interval: 30"]
    assert names(demands, SeenFrom.BACKEND, asks=False) == of_the_way + unasked


def test_a_log_has_neither_tls_nor_certificates(tmp_path: Path) -> None:
    """The report of one says so once, however many files were read."""
    file = tmp_path / "ocpp.jsonl"
    line = {"time": "2026-04-30T12:00:00Z", "station": "CS-1", "direction": "in", "frame": [2, "1", "Heartbeat", {}]}
    file.write_text(json.dumps(line) + "\n")
    report = examine_files(Reading((file, file)), load_profile("strict"), CLOCK)
    told = [each.question for each in report.chart.skipped if each.question.startswith("Is the demand")]
    assert len(told) == len(set(told))
    assert report.seen_from == "log"
    assert "Is the demand tls.versions: TLSv1.2, TLSv1.3 met?" in told
    assert "Is the demand certificates.most_days: 730 met?" in told


@pytest.mark.parametrize("which", shipped()[1:])
def test_every_shipped_profile_can_be_told_from_every_place(which: str) -> None:
    """Each name is one of a profile, and each reason tells what to do instead."""
    for where in SeenFrom:
        for each in not_judged(load_profile(which), where, asks=False):
            assert "pilotwire doctor" in each.why or "--" in each.why
