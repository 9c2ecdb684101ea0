"""The questions of a PICS as a web page, over HTTP: answered without JavaScript, and step by step as its script does."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pilotwire.cli import app
from pilotwire.conformance.certify.pics import make_pics
from pilotwire.conformance.certify.pics_web import Answers, pics_page, served
from pilotwire.conformance.features import Claims
from pilotwire.conformance.language import Role
from pilotwire.conformance.plan import own_plan
from pilotwire.ocpp.version import OcppVersion
from tests.unit.conformance.test_pics import SMALL, WHO, reporting, variable

V201 = OcppVersion.V201


class Form(HTMLParser):
    """What a browser would send: the fields of the page that are not disabled."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.proposed: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag != "input" or not said.get("name"):
            return
        ticks = said.get("type") == "checkbox"
        if ticks and "checked" in said:
            self.proposed.add(said["value"] or "")
        if "disabled" not in said and (not ticks or "checked" in said):
            self.fields.append((said["name"] or "", said["value"] or ""))

    def sent(self, *, tick: tuple[str, ...] = (), untick: tuple[str, ...] = (), **more: str) -> dict[str, Any]:
        """The form after some changes."""
        body: dict[str, Any] = {}
        for name, value in self.fields:
            if (name, value) not in {("declared", one) for one in untick}:
                body.setdefault(name, []).append(value)
        body.setdefault("declared", []).extend(tick)
        return body | more


def answers_of(folder: Path, *declared: str, role: Role = "station", **more: Any) -> Answers:
    """A page for the smallest station, or what is given."""
    claims = Claims(frozenset(declared or SMALL), {"HFS-8": 1})
    return Answers(folder, role, V201, claims, "Volta One", **more)


def browser(answers: Answers) -> httpx.AsyncClient:
    """Somebody before the page."""
    transport = httpx.ASGITransport(pics_page(answers))
    return httpx.AsyncClient(transport=transport, base_url="http://pics", follow_redirects=True)


def block(page: str, item: str) -> str:
    """The part of the page about one item, without tags."""
    found = re.search(rf'<div id="{re.escape(item)}".*?\n  </div>', page, re.DOTALL)
    assert found, item
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


@pytest.mark.parametrize(("role", "version"), WHO)
async def test_what_is_saved_untouched_is_what_was_proposed(role: Role, version: OcppVersion, tmp_path: Path) -> None:
    """The page of each kind of system begins with the plan, and saves the files of the command line."""
    plan = own_plan(role, version)
    answers = Answers(tmp_path, role, version, plan.claims, "Ours")
    async with browser(answers) as person:
        page = await person.post("/", data=Form((await person.get("/")).text).sent(then="save"))
    assert "Saved in" in page.text
    data = json.loads((tmp_path / "pics.json").read_text())
    wanted = make_pics(plan.claims, role, version)
    assert (data["declared"], data["cases"]) == (list(wanted.declared), list(wanted.cases))
    assert {"pics.md", "pics.html", "pics.json", "pics.toml"} == set(os.listdir(tmp_path))


async def test_what_follows_is_shown_as_one_answers(tmp_path: Path) -> None:
    """What contradicts stands beside the answer and in the list; cases come and go; nothing is written before it is saved."""
    async with browser(answers_of(tmp_path / "lab")) as person:
        page = (await person.get("/")).text
        before = len((await person.get("/now")).json()["cases"])
        assert re.search(r"\+\d+ cases", block(page, "C-49"))
        page = (await person.post("/", data=Form(page).sent(tick=("C-53",)))).text
        assert "It is declared, and needs C-49, which does not hold." in block(page, "C-53")
        assert page.count('<li><a href="#C-53">') == 1
        page = (await person.post("/", data=Form(page).sent(tick=("C-49",), then="live"))).text
        assert "which does not hold" not in block(page, "C-53")
        assert len((await person.get("/now")).json()["cases"]) > before
        page = (await person.post("/", data=Form(page).sent(**{"number:HFS-8": "0"}))).text
        assert "The number of EVSEs is 0. Say how many there are." in block(page, "HFS-8")
        assert "1</b> contradiction<" in page
        assert not (tmp_path / "lab").exists()


async def test_a_profile_asks_for_its_own_when_it_is_declared(tmp_path: Path) -> None:
    """What was said of them is kept while the profile is not declared, and counts only when it is."""
    async with browser(answers_of(tmp_path, *SMALL, "SC-2", "SC-2.1")) as person:
        page = (await person.get("/")).text
        assert ("asked", "SC-2") not in Form(page).fields
        assert "SC-2" in Form(page).proposed
        assert "SC-2" not in (await person.get("/now")).json()["declared"]
        page = (await person.post("/", data=Form(page).sent(tick=("Smart Charging",)))).text
        assert {"Smart Charging", "SC-2", "SC-2.1"} <= set((await person.get("/now")).json()["declared"])
        page = (
            await person.post("/", data=Form(page).sent(untick=("Smart Charging", "SC-2.1"), tick=("SC-2.2",)))
        ).text
        page = (await person.post("/", data=Form(page).sent(tick=("Smart Charging",)))).text
        declared = set((await person.get("/now")).json()["declared"])
        assert {"SC-2", "SC-2.2"} <= declared
        assert "SC-2.1" not in declared


async def test_what_makes_no_sense_changes_nothing(tmp_path: Path) -> None:
    """Items that are none, numbers that are none, a name with tags in it, a folder that cannot be written to."""
    (tmp_path / "file").write_text("")
    answers = answers_of(tmp_path / "file")
    async with browser(answers) as person:
        before = (await person.get("/now")).json()
        sent = {"asked": ["X-1", "HFS-8"], "declared": ["X-1", "HFS-8"], "number:HFS-8": "many", "number:X": "3"}
        page = (await person.post("/", data=sent | {"product": "<b>Volta</b>"})).text
        assert (await person.get("/now")).json() == before | {"product": "<b>Volta</b>"}
        assert "<b>Volta</b>" not in page
        page = (await person.post("/", data={"then": "save"})).text
        assert "The PICS cannot be written to" in page
        assert answers.saved is None
        assert (await person.post("/", data={"then": "dance"})).status_code == 422


async def test_a_run_is_shown_beside_what_is_declared(tmp_path: Path) -> None:
    """What the station reported is proposed before what the plan says, and a profile that did not pass as a whole is named."""
    results = reporting(variable("AuthCacheCtrlr", "Available", "true"))
    async with browser(answers_of(tmp_path, results=results)) as person:
        page = (await person.get("/")).text
        assert "C-49" in Form(page).proposed
        assert "the station reports: yes" in block(page, "C-49")
        assert re.search(r'<a href="#Core">Core</a>: 0 passed.*, \d+ without a result', page)
        page = (await person.post("/", data=Form(page).sent(untick=("C-49",)))).text
        assert "C-49" not in (await person.get("/now")).json()["declared"]


async def test_a_page_of_somebody_else_cannot_answer(tmp_path: Path) -> None:
    """A browser says which page a form comes from."""
    async with browser(answers_of(tmp_path / "lab")) as person:
        assert (await person.post("/", data={"then": "save"}, headers={"Origin": "http://evil"})).status_code == 403
        assert not (tmp_path / "lab").exists()
        assert (await person.post("/", data={"then": "save"}, headers={"Origin": "http://pics"})).status_code == 200
        assert (tmp_path / "lab" / "pics.md").is_file()


async def test_it_is_served(tmp_path: Path) -> None:
    """At a port of this machine, with the document as it would be saved."""
    async with served(answers_of(tmp_path), "127.0.0.1", 0) as url, httpx.AsyncClient(trust_env=False) as person:
        assert "PICS of a charging station, OCPP 2.0.1" in (await person.get(url)).text
        assert "PICS: Volta One, charging station, OCPP 2.0.1" in (await person.get(f"{url}/pics.html")).text


def test_questions_are_asked_in_one_place(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["certify", "pics", str(tmp_path), "--ask", "--web"])
    assert told.exit_code == 2
    assert "Leave out --ask or --web." in told.stderr
