"""A station's life: start, power cuts, a storage that fails, mistakes of ours, and rest."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from pilotwire.clock import SystemClock
from pilotwire.domain.provisioning import BootReason
from pilotwire.domain.transactions import StoppedReason
from pilotwire.errors import MisuseError, StoreError
from pilotwire.station.app import Pace
from pilotwire.station.core import inputs as told
from pilotwire.station.core.actions import Action, Note, Show
from pilotwire.station.hardware.ports import HardwareError
from pilotwire.station.storage import MemoryStorage
from tests.support.eventually import eventually
from tests.support.scripted_csms import scripted_csms
from tests.support.station_lab import VERSIONS, booked, build, lab, on_disk, open_csms

NOWHERE = "ws://127.0.0.1:9"
each_version = pytest.mark.parametrize("version", VERSIONS)


class Brittle(MemoryStorage):
    """A storage whose disk is full when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.closed = 0
        self.commits = 0

    def commit(self, actions: Iterable[Action], *, hardware: str | None = None) -> None:
        """See `Storage.commit`."""
        if self.full:
            raise StoreError("The station file could not be written: database or disk is full.", "Make room.")
        self.commits += 1
        super().commit(actions, hardware=hardware)

    def close(self) -> None:
        """Counted."""
        self.closed += 1


# --- storage ---------------------------------------------------------------------------------------------------------


async def test_a_full_disk_stops_the_station_and_it_says_nothing_more() -> None:
    """What could not be kept is not said; the line is dead for good, and commands, people and time change nothing."""
    storage = Brittle()
    async with scripted_csms() as csms, lab(csms.url, storage=storage) as one:
        await one.charge()
        storage.full = True
        heard = len(csms.of("TransactionEvent"))
        one.tap()
        assert "disk is full" in one.station.failure
        assert one.station.failed is not None
        with pytest.raises(StoreError, match="disk is full"):
            await asyncio.wait_for(one.station.failed, 1)
        await eventually(lambda: not one.station.line.is_up)
        one.station.line.restore()
        one.tap()
        assert one.station.line.is_cut
        connections = len(csms.lines)
    assert len(csms.of("TransactionEvent")) == heard
    assert len(csms.lines) == connections
    assert storage.closed == 1


async def test_what_was_kept_before_the_disk_was_full_is_told_later() -> None:
    """A new disk, the same station: the transaction ends with the energy the vehicle has."""
    storage = Brittle()
    async with open_csms() as csms:
        async with lab(csms.urls.ocpp, storage=storage) as one:
            await one.charge()
            storage.full = True
            one.tap()
            assert one.station.failure
        storage.full = False
        async with lab(csms.urls.ocpp, storage=storage) as again:
            await again.until_accepted()
            await again.until(lambda: again.overview.waiting == 0, "delivered")
            seen = again.station.hardware.meter(1).energy_import_register
        transaction = await booked(csms)
        assert transaction.energy == Decimal(seen) > 0


async def test_a_file_that_became_read_only_stops_the_station(tmp_path: Path) -> None:
    """The same with SQLite itself refusing to write: the file is named, and what to look at."""
    async with scripted_csms() as csms, lab(csms.url, storage=(storage := on_disk(tmp_path))) as one:
        await one.charge()
        storage._file._alive().execute("PRAGMA query_only=ON")
        heard = len(csms.of("TransactionEvent"))
        one.tap()
        assert "station.db could not be written: attempt to write a readonly database" in one.station.failure
        assert "can be written" in one.station.failure
        await eventually(lambda: not one.station.line.is_up)
    assert len(csms.of("TransactionEvent")) == heard


async def test_a_disk_that_is_full_from_the_start_says_so_at_once() -> None:
    """Nothing was said to anybody, and nothing runs."""
    storage = Brittle()
    storage.full = True
    async with scripted_csms() as csms, lab(csms.url, storage=storage) as one:
        assert "Make room" in one.station.failure
        assert one.station.failed is not None
        assert one.station.failed.done()
        await asyncio.sleep(0)
    assert csms.attempts == 0


async def test_a_disk_that_fills_while_the_station_is_cut_off(tmp_path: Path) -> None:
    """The saving of the hardware now and then fails too: the station stops, nothing is lost."""
    storage = Brittle()
    async with scripted_csms() as csms, lab(csms.url, storage=storage) as one:
        await one.charge()
        one.station.line.cut()
        storage.full = True
        await eventually(lambda: one.station.failure)


async def test_a_file_that_is_no_station_file_is_refused(tmp_path: Path) -> None:
    """With a sentence, before anything else."""
    (tmp_path / "station.db").write_text("shopping list: milk, bread, and a great many other things " * 40)
    with pytest.raises(StoreError, match="could not be opened"):
        build(NOWHERE, "2.1", on_disk(tmp_path))


async def test_hardware_that_cannot_be_read_is_refused() -> None:
    """Not JSON; JSON of something else; of another layout."""
    for text, error in (("{", StoreError), ('{"wheels": 4}', HardwareError)):
        storage = MemoryStorage()
        storage.commit((), hardware=text)
        with pytest.raises(error, match="saved"):
            build(NOWHERE, "2.1", storage)
    storage = MemoryStorage()
    build(NOWHERE, "2.1", storage, layout="ac-22-dual")._commit(())
    with pytest.raises(HardwareError, match="other EVSEs"):
        build(NOWHERE, "2.1", storage, layout="ac-22-single")


async def test_a_disk_at_rest_is_left_at_rest() -> None:
    """Nothing moves, nothing is written; a charging vehicle is saved now and then."""
    storage = Brittle()
    often = Pace(save_every=0.0)
    async with scripted_csms() as csms, lab(csms.url, storage=storage, variables=_SELDOM, pace=often) as one:
        await one.until_accepted()
        await one.until(lambda: one.overview.waiting == 0 and one.station.hardware.at_rest, "told")
        await csms.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
        quiet = storage.commits
        for count in (2, 3):
            await csms.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
            await csms.until_heard("Heartbeat", count)
        assert storage.commits == quiet
        await one.charge()
        busy = storage.commits
        await one.until_charged()
        assert storage.commits > busy


_SELDOM = {"SampledDataCtrlr.TxUpdatedInterval": "0"}


# --- mistakes of ours ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["core", "hardware", "timer", "line"])
async def test_a_mistake_of_ours_stops_the_station_and_is_not_lost(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever it happens: `failed` tells it, and the log where it came from."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a loose screw")

    async with scripted_csms() as csms, lab(csms.url) as one:
        await one.until_accepted()
        if where == "core":
            monkeypatch.setattr(one.station.core, "feed", broken)
            one.station.feed(told.LinkUp())
        elif where == "hardware":
            monkeypatch.setattr(one.station.hardware, "advance", broken)
        elif where == "timer":
            monkeypatch.setattr(one.station.core, "tick", broken)
            one.plug()
            one.tap()  # samples are due every second from now on
        else:
            monkeypatch.setattr(one.station, "line_down", broken)
            csms.drop()
        await eventually(lambda: one.station.failure)
        assert one.station.failed is not None
        with pytest.raises(RuntimeError, match="loose screw"):
            one.station.failed.result()
    assert "RuntimeError: a loose screw" in capsys.readouterr().out


async def test_commands_that_wait_are_refused_when_the_station_fails() -> None:
    """The CSMS hears InternalError, or nothing; the handler does not hang."""
    storage = Brittle()
    async with scripted_csms() as csms, lab(csms.url, storage=storage) as one:
        await one.until_accepted()
        storage.full = True
        await csms.lines[-1].send(json.dumps([2, "x", "ChangeAvailability", {"operationalStatus": "Inoperative"}]))
        await eventually(lambda: one.station.failure)
        await eventually(lambda: not one.station._waiting)


async def test_the_core_may_leave_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence for the log; a word on the display."""
    async with lab(NOWHERE) as one:
        one.station._perform([Note("The kettle boils."), Show(1, "Tea?")])
        assert one.station.hardware.display[1] == "Tea?"
    assert "The kettle boils." in capsys.readouterr().out


# --- start, stop, power ----------------------------------------------------------------------------------------------


@each_version
async def test_stopping_keeps_everything(version: str, tmp_path: Path) -> None:
    """Switched off in the middle of charging: on the next start the transaction is ended, and its energy is the meter's."""
    async with open_csms() as csms:
        async with lab(csms.urls.ocpp, version, storage=on_disk(tmp_path)) as one:
            await one.charge()
            (running,) = await csms.store.transactions()
            assert running.is_open
        delivered = one.vehicle.meter.delivered_wh
        async with lab(csms.urls.ocpp, version, storage=on_disk(tmp_path)) as again:
            await again.until_ended()
            assert again.station.hardware.meter(1).energy_import_register == delivered
            seen = again.station.hardware.vehicle_at(1)
            assert seen is not None
            assert seen.plugged_in
            await again.until_accepted()
        transaction = await booked(csms)
        assert transaction.transaction_id == running.transaction_id
        assert transaction.energy == delivered
        assert transaction.stopped_reason is StoppedReason.POWER_LOSS


async def test_a_station_can_be_stopped_twice_and_before_it_started() -> None:
    """Harmless."""
    station = build(NOWHERE, "2.1", MemoryStorage())
    await station.stop()
    station = build(NOWHERE, "2.1", MemoryStorage())
    station.start(BootReason.LOCAL_RESET)
    await station.stop()
    await station.stop()
    assert station.failure == ""


async def test_a_station_must_be_started_before_it_is_told_anything() -> None:
    """A mistake of ours, said as one."""
    station = build(NOWHERE, "2.1", MemoryStorage())
    station.feed(told.LinkUp())
    assert "before Started" in station.failure
    station.start()
    assert station.failed is not None
    with pytest.raises(MisuseError):
        station.failed.result()
    await station.stop()


@pytest.mark.parametrize("moment", ["connecting", "backing off", "charging"])
async def test_nothing_runs_on_after_a_stop(moment: str) -> None:
    """No task, no timer, no complaint of the event loop, whenever the station is stopped."""
    complaints: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    async with scripted_csms() as csms:
        before = asyncio.all_tasks()
        async with lab(NOWHERE if moment == "backing off" else csms.url) as one:
            if moment == "backing off":
                await one.until(lambda: one.station.line.trouble, "trouble")
            if moment == "charging":
                await one.charge()
        assert one.station._timer is None
        assert {
            task for task in asyncio.all_tasks() - before if "attend" not in repr(task) and "conn" not in repr(task)
        } == set()
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


async def test_a_station_at_rest_costs_nearly_nothing(tmp_path: Path) -> None:
    """Connected, on disk, with time running: less than 1 % of a processor (a twentieth of a second in five, with the test's own part)."""
    async with scripted_csms() as csms, lab(csms.url, storage=on_disk(tmp_path), layout="ac-22-dual") as one:
        await one.until_accepted()
        await one.until(lambda: one.overview.waiting == 0, "told")
        gc.collect()
        before = _cpu_seconds()
        await asyncio.sleep(5)  # the measurement itself
        assert _cpu_seconds() - before < 0.05


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def test_a_fleet_shares_a_clock_and_a_loop() -> None:
    """Thirty stations in one process, all accepted, all charging."""
    async with open_csms() as csms:
        stations = [
            build(csms.urls.ocpp, VERSIONS[n % 3], MemoryStorage(), identity=f"CS{n}", clock=SystemClock())
            for n in range(30)
        ]
        for station in stations:
            station.start()
        await eventually(lambda: all(s.core.overview().registration == "Accepted" for s in stations))
        await asyncio.gather(*(station.stop() for station in stations))
        await eventually(lambda: not csms.gateway.connected())
