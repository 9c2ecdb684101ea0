"""A station set up anew through its control port, against our own CSMS, and killed: what was set outlives it, and no book is mixed."""

from __future__ import annotations

import signal
from pathlib import Path

from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import TransactionFilter
from tests.support.eventually import eventually
from tests.support.station_lab import CARD, booked, open_csms
from tests.support.station_process import StationProcess, station_process

QUICK = '{"OCPPCommCtrlr.RetryBackOffWaitMinimum": "0", "SampledDataCtrlr.TxUpdatedInterval": "1"}'


async def _accepted(station: StationProcess, identity: str) -> None:
    async def so() -> bool:
        state = await station.status()
        return (state["station"], state["registration"]) == (identity, "Accepted")

    await eventually(so, what=f"{identity} accepted")


async def _charge(station: StationProcess) -> None:
    await station.does("/charge", model="hatch-52", name=f"car-{len(await station.vehicles())}", idToken=CARD)

    async def charged() -> bool:
        return float((await station.status())["evses"][0]["energy"] or 0) > 5  # 1.6 counts in whole Wh

    await eventually(charged, what="energy")
    await station.does("/tap", idToken=CARD)

    async def told() -> bool:
        state = await station.status()
        return bool(state["waiting"] == 0 and state["evses"][0]["transactionId"] is None)

    await eventually(told, what="everything told")
    await station.does("/unplug")


async def _sessions(csms: Csms, identity: str) -> int:
    return len(await csms.store.transactions(TransactionFilter(station=identity)))


async def test_identity_version_and_url_outlive_kill_9(tmp_path: Path) -> None:
    """One session under each identity, in each version, and each in its own book; the same options at every start."""
    before, after = "2.0.1", "1.6"
    async with open_csms() as csms:
        options = ["--id", "CS001", "--ocpp", before, "--csms", csms.urls.ocpp, "--storage", "cs.db", "--speed", "300"]
        async with station_process(tmp_path, *options, PILOTWIRE_VARIABLES=QUICK) as station:
            await station.until_ready()
            await _accepted(station, "CS001")
            await _charge(station)
            seen = await station.does("/setup", identity="CS002", ocpp=after)
            assert seen["lost"] == ""
            await _accepted(station, "CS002")
            await _charge(station)
            await station.ends(signal.SIGKILL)
        async with station_process(tmp_path, *options, PILOTWIRE_VARIABLES=QUICK) as station:
            await station.until_ready()
            assert f"Station CS002 speaks OCPP {after}".encode() in station.said
            assert b"identity, ocpp" in station.said
            await _accepted(station, "CS002")
            assert (await station.http.get("/about")).json()["ocpp"] == after
            assert await station.ends(signal.SIGTERM) == 0
        one, two = await booked(csms, "CS001"), await booked(csms, "CS002")
        assert one.energy
        assert two.energy
        assert b"Traceback" not in station.said
        assert await _sessions(csms, "CS001") == await _sessions(csms, "CS002") == 1
