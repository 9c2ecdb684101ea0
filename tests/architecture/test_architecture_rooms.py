"""The house's rules that syntax trees can tell: sizes, names of rooms, purity, the words of 1.6, and nothing of one machine."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.source_tree import ROOT, identifiers, modules, place, snake, texts, tree, uses

LONGEST = 500
TABLES = re.compile(
    r"^ocpp/v(16|201|21)/\w+\.py$"  # typed messages: declarations only, one module a street
    r"|^iso15118/(din|iso2|iso20/\w+)\.py$"  # the same for ISO 15118 and DIN SPEC 70121
    r"|(^|/)catalogue(s|_\w+)?\.py$|(^|/)catalogue/"  # the standard's lists (components, keys, measurands) as data
)
NO_ROOMS = {"util", "utils", "common", "helper", "helpers", "misc", "shared", "stuff", "core"}
PURE = re.compile(r"^(ocpp/(?!net/)|ocpi/|iso15118/(?!net/)|domain/|dialects/|station/core/|pki/)")
IMPURE = re.compile(
    r"^(datetime\.(datetime\.(now|utcnow|today)|date\.today)"
    r"|time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|sleep|gmtime|localtime)"
    r"|uuid\.uuid[14]|(random|secrets)(\..*)?|os\.(urandom|environ|getenv)|print|input|open)$"
)
OF_16 = re.compile(r"(^|_)(id_tag|charge_point|central_system)s?(_|$)")
ROOMS_16 = re.compile(r"(^|/)(v16|ocpp16|soap|conformance/.*16)(/|\.py$)")
MACHINE = re.compile(r"(?<![\w./}>~-])/(work|root|home|Users|tmp/bash_jobs)/")


def line_of(module: Path, line: int) -> str:
    """Where to look."""
    return f"{place(module)}:{line}"


def test_no_module_is_a_monster() -> None:
    """A module over 500 lines that is no table of declarations wants to be two."""
    sizes = {place(module): len(module.read_text(encoding="utf-8").splitlines()) for module in modules()}
    assert not {name: size for name, size in sizes.items() if size > LONGEST and not TABLES.search(name)}


def test_declaration_modules_decide_nothing() -> None:
    """What may be long because it is a table has no branches worth naming: typed messages hold no `if`, `for` or `while` in functions."""
    found = [
        line_of(module, node.lineno)
        for module in modules()
        if TABLES.search(place(module)) and len(module.read_text(encoding="utf-8").splitlines()) > LONGEST
        for function in ast.walk(tree(module))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.If | ast.For | ast.While | ast.Try)
    ]
    assert not found


def test_no_room_for_whatever() -> None:
    """A thing whose room is called utils has no address. (`station/core` is the station's own core, no core of everything.)"""
    names = {part.removesuffix(".py"): place(m) for m in modules() if place(m) for part in place(m).split("/")}
    rooms = {name: where for name, where in names.items() if name in NO_ROOMS and not where.startswith("station/core/")}
    assert not rooms


def test_pure_rooms_ask_nobody() -> None:
    """No clock, no chance, no environment, no terminal and no file in rooms that take all of these as arguments."""
    found = {
        line_of(m, n): what
        for m in modules()
        if PURE.match(place(m))
        for what, n in uses(tree(m))
        if IMPURE.match(what)
    }
    assert not found


@pytest.mark.parametrize(
    ("code", "impure"),
    [
        ("from datetime import datetime\ndatetime.now()", True),
        ("import datetime as d\nd.datetime.utcnow()", True),
        ("from time import time\ntime()", True),
        ("import uuid\nuuid.uuid4()", True),
        ("import random", True),
        ("from random import choice", True),
        ("print(1)", True),
        ("from datetime import datetime\ndef f(now: datetime): return now.isoformat()", False),
        ("class A:\n def time(self): ...\nA().time()", False),
        ("import uuid\nuuid.UUID('a')", False),
    ],
)
def test_purity_is_told_by_meaning_not_by_spelling(code: str, impure: bool) -> None:
    """The check above sees through aliases and lets innocent names pass."""
    assert any(IMPURE.match(what) for what, _ in uses(ast.parse(code))) is impure


def test_the_words_of_16_stay_in_the_rooms_of_16() -> None:
    """Elsewhere a charge point is a station, an idTag an id token and the central system the CSMS."""
    names = ((m, name, n) for m in modules() if not ROOMS_16.search(place(m)) for name, n in identifiers(tree(m)))
    assert not {line_of(m, n): name for m, name, n in names if OF_16.search(snake(name))}


@pytest.mark.parametrize(
    "name", ["idTag", "parent_id_tag", "IdTagInfo", "chargePointModel", "ChargePointStatus", "central_systems"]
)
def test_words_of_16_are_recognised_in_every_spelling(name: str) -> None:
    """Camel case and snake case alike."""
    assert OF_16.search(snake(name))


@pytest.mark.parametrize("name", ["valid_tag", "id_token", "recharge_points_due", "charging_station", "centralized"])
def test_other_words_are_free(name: str) -> None:
    """A name that only looks alike is no word of 1.6."""
    assert not OF_16.search(snake(name))


def test_nothing_of_one_machine_is_committed() -> None:
    """No absolute path of somebody's disk stands in the tree: it would be wrong on every other machine."""
    found = [f"{name}: {hit.group()}" for name, text in texts() for hit in MACHINE.finditer(text)]
    assert not found


def test_no_private_package_index_is_committed() -> None:
    """Where this machine gets its packages from is nobody's business but its own."""
    settings = (
        os.environ.get(name, "")
        for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")
    )
    hosts = {urlsplit(url).hostname for setting in settings for url in setting.split()} - {None, "pypi.org"}
    phrases = [str(host) for host in hosts if host not in ("localhost", "127.0.0.1")] + [
        "index" + "-url",
        "extra-index" + "-url",
    ]
    assert not [f"{name}: {phrase}" for name, text in texts() for phrase in phrases if phrase in text]


def test_the_tree_is_there() -> None:
    """These tests looked at something: the package and its neighbours were found."""
    assert {"clock.py", "errors.py"} <= {place(module) for module in modules()}
    assert {"pyproject.toml", "src/pilotwire/clock.py"} <= {name for name, _ in texts()}
    assert (ROOT / "Makefile").is_file()
