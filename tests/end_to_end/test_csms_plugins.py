"""Data transfer plug-ins: the example of the documentation, installed, found and spoken to over a socket."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.plugins import GROUP, Plugin, load_plugins
from pilotwire.errors import ConfigError
from tests.support.every_action import client_of
from tests.support.raw_station import settings, station

PAGE = (Path(__file__).parents[2] / "docs" / "csms" / "data-transfer.md").read_text(encoding="utf-8")


def install(site: Path, package: str, version: str, points: dict[str, str], **modules: str) -> None:
    """What an installer leaves behind: the modules, and the metadata with the entry points."""
    for name, source in modules.items():
        (site / f"{name}.py").write_text(source, encoding="utf-8")
    info = site / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n", encoding="utf-8")
    lines = "".join(f"{vendor} = {value}\n" for vendor, value in points.items())
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}", encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of installed packages; its modules are forgotten afterwards."""
    before: dict[str, ModuleType] = dict(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in set(sys.modules) - set(before):
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def example() -> tuple[str, dict[str, str]]:
    """The module and the entry point that the page prints."""
    toml, source = re.findall(r"```(?:toml|python)\n(.*?)```", PAGE, re.DOTALL)
    (point,) = re.findall(r'^"([\w.]+)" = "([\w:]+)"$', toml, re.MULTILINE)
    return source, {point[0]: point[1]}


@pytest.mark.req("P02.FR.06", "P02.FR.07")
@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_the_example_of_the_page_answers_stations(site: Path, version: str) -> None:
    """As the page says; other message ids and vendors are unknown."""
    source, points = example()
    install(site, "example-door", "1.2.0", points, example_door=source)
    async with (
        Csms(settings(no_auth=True), plugins=load_plugins()) as csms,
        client_of(csms) as api,
        station(csms, "CS-1", version) as cs,
    ):
        assert (await cs.boot())["status"] == "Accepted"
        said = {"vendorId": "com.Example.door", "messageId": "DoorOpened"}
        assert await cs.ask("DataTransfer", said) == {"status": "Accepted", "data": "opened 1 times"}
        assert await cs.ask("DataTransfer", said) == {"status": "Accepted", "data": "opened 2 times"}
        assert await cs.ask("DataTransfer", said | {"messageId": "Other"}) == {"status": "UnknownMessageId"}
        assert await cs.ask("DataTransfer", {"vendorId": "com.example"}) == {"status": "UnknownVendorId"}
        listed = (await api.get("/plugins")).json()
    assert listed == [
        {
            "vendorId": "com.example.door",
            "messageIds": None,
            "package": "example-door",
            "packageVersion": "1.2.0",
            "entryPoint": "example_door:Door",
            "problem": None,
        }
    ]


MAPPED = """
from pilotwire.domain.data_transfer import DataTransferStatus, DataTransferVerdict

async def ping(station, data):
    return DataTransferVerdict(status=DataTransferStatus.ACCEPTED, data=station)

async def odd(station, data):
    return "not a verdict"

def by_message():
    return {"Ping": ping, "Odd": odd}
"""


async def test_hooks_of_message_ids(site: Path) -> None:
    """Each has its own; a hook that answers nonsense is a finding, and Rejected."""
    install(site, "mapped", "1", {"com.mapped": "mapped_hooks:by_message"}, mapped_hooks=MAPPED)
    plugins = load_plugins()
    assert [plugin.message_ids for plugin in plugins.found] == [("Ping", "Odd")]
    async with (
        Csms(settings(no_auth=True), plugins=plugins) as csms,
        client_of(csms) as api,
        station(csms, "CS-1") as cs,
    ):
        await cs.boot()
        said = {"vendorId": "com.mapped", "messageId": "Ping"}
        assert await cs.ask("DataTransfer", said) == {"status": "Accepted", "data": "CS-1"}
        assert await cs.ask("DataTransfer", said | {"messageId": "Pong"}) == {"status": "UnknownMessageId"}
        assert await cs.ask("DataTransfer", {"vendorId": "com.mapped"}) == {"status": "UnknownMessageId"}
        assert await cs.ask("DataTransfer", said | {"messageId": "Odd"}) == {"status": "Rejected"}
        await cs.boot()
        (finding,) = (await api.get("/findings", params={"station": "CS-1"})).json()
    assert finding["rule"] == "data_transfer:hook-failed"
    assert "it answered with str" in finding["what"]


BROKEN = {
    "no module": ("nowhere_at_all:hook", "", "No module named 'nowhere_at_all'"),
    "no such name": ("broken_hooks:hook", "", "has no attribute 'hook'"),
    "breaks when loaded": ("broken_hooks:hook", "raise RuntimeError('out of order')", "RuntimeError: out of order"),
    "breaks when made": ("broken_hooks:make", "def make():\n    return 1 / 0", "ZeroDivisionError"),
    "a number": ("broken_hooks:hook", "hook = 5", "neither a coroutine function"),
    "not a coroutine": (
        "broken_hooks:hook",
        "def hook(station, data):\n    return None",
        "neither a coroutine function",
    ),
    "too few parameters": (
        "broken_hooks:hook",
        "async def hook(station):\n    return None",
        "neither a coroutine function",
    ),
    "a bad mapping": ("broken_hooks:hook", "hook = {'Ping': 3}", "message id 'Ping'"),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_plugin_is_told_and_stops_nothing(site: Path, what: str) -> None:
    """The others answer; it is told with its package and entry point, and stops the start only if that was asked for."""
    value, source, problem = BROKEN[what]
    install(site, "broken-one", "0.1", {"com.broken": value}, broken_hooks=source)
    install(site, "mapped", "1", {"com.mapped": "mapped_hooks:by_message"}, mapped_hooks=MAPPED)
    plugins = load_plugins()
    broken, good = plugins.found
    assert (broken.vendor_id, broken.package, broken.entry_point) == ("com.broken", "broken-one", value)
    assert problem in str(broken.problem)
    assert good.problem is None
    assert set(plugins.hooks) == {"com.mapped"}
    with pytest.raises(ConfigError, match=re.escape(f"broken-one ({GROUP}: {value})")):
        load_plugins(must_load=True)


def test_of_two_for_one_vendor_the_first_counts(site: Path) -> None:
    """Which one does not depend on the order of directories."""
    for package in ("zeta", "alpha"):
        install(site, package, "1", {"com.Mapped" if package == "zeta" else "com.mapped": "mapped_hooks:by_message"})
    (site / "mapped_hooks.py").write_text(MAPPED, encoding="utf-8")
    first, second = load_plugins().found
    assert (first.package, first.problem) == ("alpha", None)
    assert (second.package, second.problem) == ("zeta", "the package alpha already answers this vendor")


def test_without_plugins_there_are_none() -> None:
    """No entry point, no hook."""
    assert load_plugins(points=()).found == ()
    assert Plugin(vendor_id="a", package="b", package_version="1", entry_point="c").problem is None
