"""A vehicle sleeps at the cable while the station restarts, and takes up its session where it left it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from pilotwire.csms.app import Csms
from pilotwire.iso15118.charging import Ending, SessionEnd, Speaks
from pilotwire.iso15118.evcc.iso2 import Iso2Session
from pilotwire.iso15118.evcc.session import EvccSession
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.credentials import Credentials
from pilotwire.iso15118.net.hosting import Heard, visit_station
from pilotwire.iso15118.net.tls import VehicleTls
from pilotwire.pki import KeyKind
from pilotwire.station.secc import SeccHost, SeccSettings
from tests.support.eventually import eventually
from tests.support.secc_scene import Scene, papers_20
from tests.support.station_lab import Lab, booked, lab, on_disk, open_csms
from tests.support.station_process import StationProcess, station_process
from tests.support.v2g_world import PCID, Car, Purse, Sleep, V2gPki

RESUMES = {"resume_transactions": 600}


class Codes:
    """The response codes of SessionSetup, as the vehicle heard them."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, one: Heard) -> None:
        body: Any = getattr(one.message, "body", None)
        message: Any = one.message if body is None else body.body_element
        if type(message).__name__ == "SessionSetupRes":
            self.heard.append(message.response_code)


@asynccontextmanager
async def station(csms: Csms, folder: Path, codes: Codes, layout: str, **secc: Any) -> AsyncIterator[Scene]:
    """A station as it was left in that folder."""
    async with (
        lab(csms.urls.ocpp, "2.1", layout=layout, storage=on_disk(folder), settings=RESUMES) as here,
        SeccHost(here.station, SeccSettings("lo", **secc)) as host,
    ):
        await here.until_accepted()
        scene = Scene(csms, here, host)
        scene.heard = codes  # type: ignore[method-assign]
        yield scene


async def goes_on(here: Lab) -> None:
    """The transaction of before the restart is taken up."""
    await here.until(lambda: here.overview.evses[0].transaction_id is not None, "the transaction")


async def test_a_vehicle_joins_its_session_of_before_the_restart(tmp_path: Path) -> None:
    """ISO 15118-2: one transaction, and the same session id."""
    sleep, codes = Sleep(), Codes()
    async with open_csms() as csms:
        async with station(csms, tmp_path, codes, "ac-22-single") as scene:
            scene.here.tap()
            assert (await scene.visit(Car(pauses=True), sleep=sleep)).ending is Ending.PAUSED
        assert sleep.paused is not None
        async with station(csms, tmp_path, codes, "ac-22-single") as scene:
            await goes_on(scene.here)
            assert (await scene.visit(Car(), sleep=sleep)).ending is Ending.TERMINATED
            await scene.ended()
            await booked(csms)
        async with station(csms, tmp_path, codes, "ac-22-single") as scene:
            assert scene.secc.memory.recall(sleep.paused.session_id if sleep.paused else b"") is None
    assert codes.heard == ["OK_NewSessionEstablished", "OK_OldSessionJoined"]


def vehicle_of_20(house: V2gPki) -> VehicleTls:
    """It shows its own certificate."""
    own = house.credential("vehicle", PCID)
    return VehicleTls(
        v2g_roots=[house.root("v2g-root")],
        vehicle=Credentials(own.chain, own.key),
        iso2=False,  # type: ignore[arg-type]
    )


async def test_a_vehicle_of_20_joins_its_session_of_before_the_restart(tmp_path: Path) -> None:
    """It is known by its TLS certificate."""
    house, sleep, codes = V2gPki(KeyKind.EC_P521), Sleep(), Codes()
    papers, tls = papers_20(house, tmp_path), vehicle_of_20(house)
    async with open_csms() as csms:
        async with station(csms, tmp_path, codes, "dc-50-ccs", **papers) as scene:
            scene.here.tap()
            end = await scene.visit20(Car(dc=True, pauses=True), Speaks.ISO20_DC, tls, sleep=sleep)
            assert end.ending is Ending.PAUSED
        async with station(csms, tmp_path, codes, "dc-50-ccs", **papers) as scene:
            await goes_on(scene.here)
            end = await scene.visit20(Car(dc=True), Speaks.ISO20_DC, tls, sleep=sleep)
            assert end.ending is Ending.TERMINATED
            await scene.ended()
            await booked(csms)
    assert codes.heard == ["OK_NewSessionEstablished", "OK_OldSessionJoined"]


async def test_a_session_that_cannot_be_read_is_a_new_one(tmp_path: Path) -> None:
    """The row is told in the log, and the vehicle charges all the same."""
    sleep, codes = Sleep(), Codes()
    async with open_csms() as csms:
        async with station(csms, tmp_path, codes, "ac-22-single") as scene:
            scene.here.tap()
            await scene.visit(Car(pauses=True), sleep=sleep)
        with sqlite3.connect(tmp_path / "station.db") as file:
            assert file.execute("UPDATE shelf SET content = substr(content, 1, 40)").rowcount == 1
        file.close()
        with capture_logs() as lines:
            async with station(csms, tmp_path, codes, "ac-22-single") as scene:
                await goes_on(scene.here)
                assert (await scene.visit(Car(), sleep=sleep)).ending is Ending.TERMINATED
    assert codes.heard == ["OK_NewSessionEstablished", "OK_NewSessionEstablished"]
    assert "a paused session cannot be read" in [one["event"] for one in lines]


async def test_a_plug_that_is_pulled_ends_the_paused_session() -> None:
    """Who comes back later begins anew."""
    sleep, codes = Sleep(), Codes()
    async with (
        open_csms() as csms,
        lab(csms.urls.ocpp) as here,
        SeccHost(here.station, SeccSettings("lo")) as host,
    ):
        await here.until_accepted()
        scene = Scene(csms, here, host)
        scene.heard = codes  # type: ignore[method-assign]
        here.tap()
        assert (await scene.visit(Car(pauses=True), sleep=sleep)).ending is Ending.PAUSED
        here.unplug("vehicle")
        await here.until(lambda: here.overview.evses[0].transaction_id is None, "the end of the transaction")
        here.tap()
        assert (await scene.visit(Car(), sleep=sleep)).ending is Ending.TERMINATED
    assert codes.heard == ["OK_NewSessionEstablished", "OK_NewSessionEstablished"]


async def test_a_session_that_fails_while_the_cable_is_held_leaves_the_vehicle_there() -> None:
    """It says something out of order in mid-charge: the transaction goes on, and so does the station."""
    car = Car(readings=10_000)
    async with open_csms() as csms, lab(csms.urls.ocpp) as here, SeccHost(here.station, SeccSettings("lo")) as host:
        await here.until_accepted()
        here.tap()
        visit = asyncio.ensure_future(Scene(csms, here, host).visit(car))
        await here.until(lambda: car.meter_wh and car.meter_wh[-1] > 0, "energy")
        assert host.evse is not None
        with capture_logs() as lines:
            host.evse.ended(SessionEnd(Ending.FAILED, "a message out of order"))
        visit.cancel()
        await asyncio.wait((visit,))
        assert "the vehicle stays plugged in" in [one["event"] for one in lines]
        assert here.station.simulated.vehicle_at(1) is not None
        assert here.overview.evses[0].transaction_id is not None


# --- the program --------------------------------------------------------------------------------------------------------------------


async def visit(program: StationProcess, car: Car, sleep: Sleep, codes: Codes) -> SessionEnd:
    """A vehicle comes to the program by ISO 15118-2."""
    found = re.search(rb"interface lo, port (\d+) without TLS", program.said)
    assert found is not None, program.said
    connection = await connect("::1", int(found[1]))

    def session(_: Speaks, now: Any) -> EvccSession:
        return Iso2Session(car, Purse(), sleep, os.urandom, now, secured=False, interval=0.05)

    return await visit_station(connection, [Speaks.ISO2], session, listener=codes)


async def ready(program: StationProcess) -> None:
    """The station is accepted, and has told where vehicles find it."""
    await program.until_ready()
    await eventually(lambda: b"without TLS" in program.said, timeout=60)

    async def accepted() -> bool:
        return (await program.status())["registration"] == "Accepted"

    await eventually(accepted, timeout=60)


async def test_a_station_that_is_killed_while_a_vehicle_sleeps_knows_it_again(tmp_path: Path) -> None:
    """kill -9, after SessionStopRes was said: what was promised is on disk."""
    sleep, codes = Sleep(), Codes()
    async with open_csms() as csms:
        options = ("--id", "CS001", "--csms", csms.urls.ocpp, "--secc", "lo", "--speed", "300")
        async with station_process(tmp_path, *options) as program:
            await ready(program)
            await program.does("/tap", idToken="04A2B3C4")
            assert (await visit(program, Car(pauses=True), sleep, codes)).ending is Ending.PAUSED
            assert await program.ends(signal.SIGKILL) == -signal.SIGKILL
        async with station_process(tmp_path, *options) as program:
            await ready(program)
            await program.does("/tap", idToken="04A2B3C4")
            assert (await visit(program, Car(), sleep, codes)).ending is Ending.TERMINATED
    assert codes.heard == ["OK_NewSessionEstablished", "OK_OldSessionJoined"]
