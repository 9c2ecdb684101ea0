"""A VTN asked by OpenADR 3 over HTTP: what it may say, well or badly, in both versions, and what is understood."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pilotwire.clock import ManualClock
from pilotwire.csms.partners.openadr import OpenAdrVtn, vtns
from pilotwire.csms.partners.openadr_file import read_vens
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.domain.openadr import Signal, UsageReport, VtnEvent
from pilotwire.errors import ConfigError
from tests.support.small_vtn import CLIENT, SECRET, SmallVtn, event, period, small_vtn, ven_file

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(name="vtn")
def _vtn() -> Iterator[SmallVtn]:
    with small_vtn() as vtn:
        yield vtn


def ours(folder: Path, vtn: SmallVtn, clock: ManualClock | None = None, **more: Any) -> OpenAdrVtn:
    """What asks it, as the file of settings says."""
    (one,) = vtns(ven_file(folder, vtn, **more), clock or ManualClock(NOW))
    return one


def limit(start: datetime, end: datetime | None, watts: int) -> Signal:
    return Signal(start=start, end=end, payload="IMPORT_CAPACITY_LIMIT", value=Decimal(watts))


async def only(asking: OpenAdrVtn) -> VtnEvent:
    """The one event it has for us, which is understood."""
    said = await asking.said()
    assert said.faults == ()
    (found,) = said.events
    return found


# --- events -----------------------------------------------------------------------------------------------------------------------------


async def test_intervals_follow_each_other(tmp_path: Path, vtn: SmallVtn) -> None:
    """Without periods of their own they take the event's; kW is what a limit is in unless the descriptors say otherwise."""
    vtn.events = [event("ev-1", 50, 30.5, 80, intervalPeriod=period(NOW, HOUR), eventName="evening")]
    found = await only(ours(tmp_path, vtn))
    assert found.name == "evening"
    assert found.signals == (
        limit(NOW, NOW + HOUR, 50_000),
        limit(NOW + HOUR, NOW + 2 * HOUR, 30_500),
        limit(NOW + 2 * HOUR, NOW + 3 * HOUR, 80_000),
    )


@pytest.mark.parametrize(
    ("told", "start", "end"),
    [
        ({}, NOW - HOUR, None),
        ({"intervalPeriod": {"start": "0001-01-01", "duration": "PT2H"}}, NOW - HOUR, NOW + HOUR),
        ({"intervalPeriod": {"start": "0001-01-01T00:00:00Z", "duration": "P9999Y"}}, NOW - HOUR, None),
        ({"intervalPeriod": period(NOW)}, NOW, None),
        ({"intervalPeriod": period(NOW) | {"duration": "PT0S", "randomizeStart": "PT0S"}}, NOW, None),
        ({"intervalPeriod": period(NOW, HOUR), "duration": "PT30M"}, NOW, NOW + HOUR / 2),
        ({"intervalPeriod": period(NOW + 72 * HOUR, HOUR), "duration": "PT1H"}, NOW + 72 * HOUR, NOW + 73 * HOUR),
        ({"intervalPeriod": {"start": "2026-06-01T14:00:00+02:00", "duration": "PT1H"}}, NOW, NOW + HOUR),
    ],
)
async def test_when_an_event_counts(
    tmp_path: Path, vtn: SmallVtn, told: dict[str, Any], start: datetime, end: datetime | None
) -> None:
    """Now is when the VTN wrote the event; for ever, and no length at all, is until it is taken back."""
    written = (NOW - HOUR).isoformat()
    vtn.events = [event("ev-1", 50, **told, createdDateTime=written, modificationDateTime=written)]
    assert (await only(ours(tmp_path, vtn))).signals == (limit(start, end, 50_000),)


async def test_an_event_that_is_repeated(tmp_path: Path, vtn: SmallVtn) -> None:
    """Two half hours for two hours are four; what is past is left out, however long it went on."""
    vtn.events = [event("ev-1", 50, 30, intervalPeriod=period(NOW - HOUR, HOUR / 2), duration="PT2H")]
    found = await only(ours(tmp_path, vtn))
    assert found.signals == (
        limit(NOW, NOW + HOUR / 2, 50_000),
        limit(NOW + HOUR / 2, NOW + HOUR, 30_000),
    )
    since = NOW - timedelta(days=500)
    vtn.events = [event("ev-1", 50, 30, intervalPeriod=period(since, HOUR / 2), duration="P501D")]
    found = await only(ours(tmp_path, vtn))
    assert found.signals[0] == limit(NOW, NOW + HOUR / 2, 50_000)
    assert found.signals[-1] == limit(NOW + 23.5 * HOUR, NOW + 24 * HOUR, 30_000)
    assert len(found.signals) == 48
    vtn.events[0]["duration"] = "P9999Y"
    assert (await only(ours(tmp_path, vtn))).signals[:48] == found.signals


@pytest.mark.parametrize(
    ("unit", "value", "amperes"),
    [("KW", 50_000, False), ("w", 50, False), ("MW", 50_000_000, False), ("AMPS", 50, True)],
)
async def test_units(tmp_path: Path, vtn: SmallVtn, unit: str, value: int, amperes: bool) -> None:
    """Those of the program's descriptors, unless the event has its own."""
    descriptor = {
        "objectType": "EVENT_PAYLOAD_DESCRIPTOR",
        "payloadType": "IMPORT_CAPACITY_LIMIT",
        "units": unit,
        "currency": None,
    }
    vtn.programs[0]["payloadDescriptors"] = [descriptor]
    vtn.events = [event("ev-1", 50)]
    (signal,) = (await only(ours(tmp_path, vtn, program="Dynamic limits"))).signals
    assert (signal.value, signal.amperes) == (Decimal(value), amperes)
    vtn.events[0]["payloadDescriptors"] = [descriptor | {"units": "W"}]
    (signal,) = (await only(ours(tmp_path, vtn, program="prog-1"))).signals
    assert (signal.value, signal.amperes) == (Decimal(50), False)


@pytest.mark.parametrize(
    ("targets", "resources"),
    [
        (None, ()),
        ([], ()),
        (["group-7"], ()),
        (["group-7", "hall-a"], ("hall-a",)),
        ([{"type": "RESOURCE_NAME", "values": ["hall-a", "elsewhere"]}], ("hall-a",)),
        ([{"type": "VEN_NAME", "values": ["pilotwire"]}], ()),
        ([{"type": "GROUP", "values": ["north"]}], ()),
        ([{"type": "RESOURCE_NAME", "values": ["elsewhere"]}], None),
        ([{"type": "VEN_NAME", "values": ["another"]}], None),
    ],
)
async def test_whom_an_event_is_for(
    tmp_path: Path, vtn: SmallVtn, targets: Any, resources: tuple[str, ...] | None
) -> None:
    """Texts (3.1.0) and typed targets (3.0.1); None: it is for others."""
    vtn.events = [event("ev-1", 50, targets=targets)]
    said = await ours(tmp_path, vtn, resources={"hall-a": "panel-a"}).said()
    assert said.faults == ()
    assert [one.resources for one in said.events] == ([] if resources is None else [resources])


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"id": 7}, "its id is no text"),
        ({"intervals": "soon"}, "its intervals are no list"),
        ({"intervals": [7]}, ""),
        ({"intervalPeriod": {"start": "tomorrow"}}, ""),
        ({"intervalPeriod": {"start": "2026-06-01T12:00:00Z", "duration": "an hour"}}, ""),
        ({"intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": []}]}]}, "has 0 values"),
        ({"intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": ["50"]}]}]}, "is no number"),
        ({"intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [-1]}]}]}, "is negative"),
        ({"intervals": [{"id": 0, "payloads": [{"type": "PRICE", "values": [float("nan")]}]}]}, "is no number"),
        ({"intervals": [{"id": 0, "payloads": [{"type": "SIMPLE", "values": [True]}]}]}, "is no number"),
        (
            {"payloadDescriptors": [{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": "KVAR"}]},
            "KVAR, which is no unit of a capacity",
        ),
        ({"objectType": "PROGRAM", "programName": "x"}, "it is a PROGRAM"),
    ],
)
async def test_an_event_that_makes_no_sense(tmp_path: Path, vtn: SmallVtn, wrong: dict[str, Any], why: str) -> None:
    """It is a fault with a sentence that names it, and the others are understood."""
    vtn.events = [event("ev-bad", 50) | wrong, event("ev-good", 50), "nonsense"]
    said = await ours(tmp_path, vtn).said()
    assert [one.event_id for one in said.events] == ["ev-good"]
    first, second = (fault.what for fault in said.faults)
    assert first.startswith(f"event {wrong.get('id', 'ev-bad')} cannot be understood: ")
    assert why in first
    assert second == "event that is no object cannot be understood: it is no object"


async def test_more_events_than_a_page_has(tmp_path: Path, vtn: SmallVtn) -> None:
    """All of them are read; those of other programs are not asked for."""
    vtn.events = [event(f"ev-{number}", number) for number in range(120)]
    vtn.events += [event("other", 1, programID="prog-2")]
    said = await ours(tmp_path, vtn, program="Dynamic limits").said()
    assert [one.event_id for one in said.events] == [f"ev-{number}" for number in range(120)]


# --- tokens and failures ----------------------------------------------------------------------------------------------------------------


async def test_a_vtn_of_3_0_1(tmp_path: Path) -> None:
    """It has no /auth/server: the token is at /auth/token; its objects have null where nothing is said."""
    with small_vtn("3.0.1") as vtn:
        vtn.events = [
            event("ev-1", 50, priority=None, reportDescriptors=None, payloadDescriptors=None, intervalPeriod=None)
        ]
        assert (await only(ours(tmp_path, vtn))).signals[0].value == 50_000


async def test_wrong_credentials(tmp_path: Path, vtn: SmallVtn) -> None:
    """The sentence says so, and does not have the secret in it."""
    with pytest.raises(PartnerFailed) as failed:
        await ours(tmp_path, vtn, client_secret="not-it-at-all").said()
    assert failed.value.what == f"The VTN {vtn.url} does not accept the client '{CLIENT}' or its secret (status 401)."
    assert "not-it-at-all" not in str(failed.value)


async def test_one_token_serves_until_it_is_refused(tmp_path: Path, vtn: SmallVtn) -> None:
    """Then another one is asked for; and after half an hour in any case."""
    clock = ManualClock(NOW)
    asking = ours(tmp_path, vtn, clock)
    await asking.said()
    await asking.said()
    assert vtn.tokens == ["token-1"]
    vtn.tokens[0] = "over"
    await asking.said()
    assert vtn.tokens == ["over", "token-2"]
    clock.advance(1801)
    await asking.said()
    assert vtn.tokens == ["over", "token-2", "token-3"]


async def test_a_vtn_that_is_down_or_nowhere(tmp_path: Path, vtn: SmallVtn) -> None:
    """A sentence each; when it is back it is asked as if nothing had been."""
    asking = ours(tmp_path, vtn)
    vtn.down = True
    with pytest.raises(PartnerFailed, match="answered with the status 503"):
        await asking.said()
    vtn.down = False
    assert (await asking.said()).events == ()
    with pytest.raises(PartnerFailed, match="could not be asked: ConnectError"):
        await ours(tmp_path, SmallVtn(url="http://127.0.0.1:9")).said()


async def test_a_program_that_is_not_there(tmp_path: Path, vtn: SmallVtn) -> None:
    """It may be that the client cannot see it."""
    with pytest.raises(PartnerFailed, match="has no program 'Nights' that this client can see"):
        await ours(tmp_path, vtn, program="Nights").said()


async def test_this_machine_is_not_told_of(tmp_path: Path, vtn: SmallVtn) -> None:
    """The library's own name has the network address of the machine in it."""
    await ours(tmp_path, vtn).said()
    assert {each.headers["user-agent"] for each in vtn.asked if each.path.startswith("/events")} == {"pilotwire"}


# --- reports ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.0.1", "3.1.0"])
async def test_a_report(tmp_path: Path, version: str) -> None:
    """As the VTN wants it."""
    with small_vtn(version) as vtn:
        vtn.events = [event("ev-1", 50, reportDescriptors=[{"payloadType": "USAGE"}, {"payloadType": "BASELINE"}])]
        asking = ours(tmp_path, vtn)
        found = await only(asking)
        assert found.reports == ("USAGE",)
        told = UsageReport(event=found, payload="USAGE", resource="", start=NOW, seconds=900, value=Decimal("12.5"))
        await asking.report(told)
        (report,) = vtn.reports
        assert report["payloadDescriptors"][0]["units"] == "KWH"
        (resource,) = report["resources"]
        assert resource["intervalPeriod"] == {"start": "2026-06-01T12:00:00Z", "duration": "PT900S"}
        assert resource["intervals"] == [{"id": 0, "payloads": [{"type": "USAGE", "values": [12.5]}]}]
        vtn.events.clear()
        with pytest.raises(PartnerFailed, match="status 400"):
            await asking.report(told)


# --- calls ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.0.1", "3.1.0"])
async def test_it_is_asked_to_call(tmp_path: Path, version: str) -> None:
    """Once, in the words of its version, with a new token after each start; the old subscription goes, that of others stays."""
    with small_vtn(version) as vtn:
        theirs = {"id": "sub-0", "clientName": "pilotwire", "objectOperations": [{"callbackUrl": "https://other"}]}
        vtn.subscriptions = [theirs]
        for _ in range(2):
            asking = ours(tmp_path, vtn, callback="https://csms.example/", program="Dynamic limits")
            await asking.said()
            await asking.said()
            kept, made = vtn.subscriptions
            assert kept == theirs
            (each,) = made["objectOperations"]
            assert (each["callbackUrl"], each["bearerToken"]) == ("https://csms.example/openadr/yard/vtn", asking.token)
            assert (made["programID"], each["objects"]) == ("prog-1", ["EVENT"])


async def test_a_vtn_that_does_not_call(tmp_path: Path, vtn: SmallVtn) -> None:
    """It is asked all the same, and its events count."""
    vtn.events = [event("ev-1", 50)]
    vtn.subscriptions = [{"clientName": "pilotwire", "objectOperations": "none"}]
    with capture_logs() as logs:
        assert len((await ours(tmp_path, vtn, callback="https://csms.example").said()).events) == 1
    assert [one["event"] for one in logs] == ["a VTN does not call when an event changes"]


# --- the file ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[ven]\n", "cannot be used"),
        ("[[ven]]\nsite = 'yard'\n", "vtn"),
        ("[[ven]]\nsite = 'yard'\nvtn = 'ftp://x'\nclient_id = 'a'\nclient_secret = 'b'\n", "vtn"),
        ("[[ven]]\nsite = 'a/b'\nvtn = 'http://x'\nclient_id = 'a'\nclient_secret = 'b'\n", "no slash"),
        ("[[ven]]\nsite = 'a'\nvtn = 'http://x'\nclient_id = 'a'\nclient_secret = 'b'\nsecrets = 1\n", "secrets"),
        (
            "[[ven]]\nsite = 'a'\nvtn = 'http://x'\nclient_id = 'a'\nclient_secret = 'b'\nlevels_kw = {high = 1}\n",
            "whole numbers",
        ),
        (2 * "[[ven]]\nsite = 'a'\nvtn = 'http://x'\nclient_id = 'a'\nclient_secret = 'b'\n", "have the name 'vtn'"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, why: str) -> None:
    """Each is told with what is wrong."""
    path = tmp_path / "openadr.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as failed:
        read_vens(str(path))
    assert why in failed.value.what
    assert "openadr" in failed.value.what


def test_no_file(tmp_path: Path) -> None:
    """None is named: no VTN; one is named that is not there: it is told."""
    assert vtns("", ManualClock()) == ()
    with pytest.raises(ConfigError, match=r"openadr: .*cannot be used"):
        read_vens(str(tmp_path / "none.toml"))


def test_a_secret_is_taken_from_the_file(tmp_path: Path) -> None:
    """And numbers and tables as they are."""
    (ven,) = read_vens(ven_file(tmp_path, SmallVtn(url="http://vtn"), levels_kw={"1": 40, "2": 0}, report_every=900))
    assert (ven.client_secret, ven.levels_kw, ven.report_every) == (SECRET, {"1": 40, "2": 0}, 900)
