"""A station of ours with simulated hardware and a vehicle, for tests over real sockets: what people do at it, and what is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from pilotwire.clock import Clock, SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.store.ports import PutToken, TransactionFilter
from pilotwire.dialects.every import DIALECTS
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken, StationIdentity
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.transactions import Transaction
from pilotwire.ev import Vehicle
from pilotwire.ocpp.version import OcppVersion
from pilotwire.simulator.building import make_vehicle, vehicle_from
from pilotwire.station.app import AS_USUAL, Pace, Station
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.files import Files
from pilotwire.station.hardware.drivers import DriverFactory
from pilotwire.station.hardware.ports import OutsideMeter
from pilotwire.station.hardware.simulated import layout as layout_named
from pilotwire.station.line import Endpoint
from pilotwire.station.storage import MemoryStorage, SqliteStorage, Storage
from tests.support.eventually import eventually
from tests.support.raw_station import settings as csms_settings

VERSIONS = ("1.6", "2.0.1", "2.1")
CARD = "04A2B3C4"
QUICK = {
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "0",
    "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "0",
    "SampledDataCtrlr.TxUpdatedInterval": "1",
}


class Lab:
    """One station (`Lab.station`), one vehicle, one card."""

    def __init__(self, station: Station, vehicle: Vehicle) -> None:
        self.station = station
        self.vehicle = vehicle

    # --- a driver ----------------------------------------------------------------------------------------------------

    def plug(self) -> None:
        """Plug the vehicle in."""
        self.station.happened(self.station.hardware.plug(1, 1, self.vehicle))

    def unplug(self, side: Literal["station", "vehicle"] = "station") -> None:
        """Pull the plug."""
        self.station.happened(self.station.hardware.unplug(1, 1, side=side))

    def tap(self, card: str = CARD) -> None:
        """Hold a card to the reader."""
        self.station.happened(self.station.hardware.tap(card))

    # --- waiting -----------------------------------------------------------------------------------------------------

    async def until(self, done: Callable[[], Any], what: str = "") -> None:
        """Wait; a station that stopped by itself ends the waiting."""

        def look() -> Any:
            assert not self.station.failure, self.station.failure
            return done()

        await eventually(look, what=what)

    async def until_accepted(self) -> None:
        """Wait until the CSMS has accepted the station."""
        await self.until(lambda: self.overview.registration is RegistrationStatus.ACCEPTED, "accepted")

    async def until_charged(self, wh: int = 200) -> None:
        """Wait until the vehicle has so much more."""
        goal = self.vehicle.meter.delivered_wh + wh
        await self.until(lambda: self.vehicle.meter.delivered_wh >= goal, f"{wh} Wh")

    async def until_ended(self) -> None:
        """Wait until no transaction runs, the plug is free, and the CSMS has all facts."""
        hardware = self.station.hardware
        await self.until(lambda: self.overview.evses[0].transaction_id is None, "the end of the transaction")
        await self.until(lambda: not hardware.is_locked(1, 1), "unlocked")
        await self.until(lambda: self.overview.waiting == 0, "everything delivered")

    async def charge(self, wh: int = 200) -> None:
        """Plug in, tap, and wait for energy."""
        await self.until_accepted()
        self.plug()
        self.tap()
        await self.until_charged(wh)

    @property
    def overview(self) -> Any:
        """How things stand."""
        return self.station.core.overview()


def build(
    url: str,
    version: str,
    storage: Storage,
    *,
    identity: str = "CS001",
    layout: str = "ac-22-single",
    speed: float = 300.0,
    variables: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    settings: Mapping[str, Any] | None = None,
    pace: Pace = AS_USUAL,
    files: Files | None = None,
    meters: Mapping[int, OutsideMeter] | None = None,
    driver: DriverFactory | None = None,
    **endpoint: Any,
) -> Station:
    """A station that is not started yet."""
    habits = StationSettings.ocpp16 if version == "1.6" else StationSettings.ocpp2
    return Station(
        habits(
            StationIdentity(vendor="Volta", model="One"), variables=QUICK | dict(variables or {}), **(settings or {})
        ),
        layout_named(layout),
        Endpoint(url=url, identity=identity, **endpoint),
        DIALECTS[OcppVersion(version)],
        storage,
        clock or SystemClock(),
        speed=speed,
        vehicle_from=vehicle_from,
        meters=meters,
        pace=pace,
        files=files,
        driver=driver,
    )


@asynccontextmanager
async def lab(
    url: str,
    version: str = "2.0.1",
    *,
    storage: Storage | None = None,
    car: str = "hatch-52",
    soc: float = 20,
    energy_wh: int | None = None,
    **more: Any,
) -> AsyncIterator[Lab]:
    """A running station with a vehicle beside it; in memory unless a storage is given."""
    station = build(url, version, storage or MemoryStorage(), **more)
    async with station:
        yield Lab(station, make_vehicle(car, soc=soc, energy_wh=energy_wh))


@asynccontextmanager
async def open_csms(**more: Any) -> AsyncIterator[Csms]:
    """A CSMS of ours that knows the card and accepts every station."""
    async with Csms(csms_settings(**more)) as csms:
        await csms.journal.append(PutToken(token=Token(id_token=IdToken(value=CARD, type="ISO14443"))))
        yield csms


async def booked(csms: Csms, identity: str = "CS001") -> Transaction:
    """The one transaction on record; it has ended, with nothing missing."""
    (transaction,) = await csms.store.transactions(TransactionFilter(station=identity))
    assert not transaction.is_open
    assert transaction.missing_seq_nos == ()
    return transaction


def on_disk(folder: Path, identity: str = "CS001") -> SqliteStorage:
    """A storage in a file."""
    return SqliteStorage(folder / "station.db", station_id=identity)


async def other_tasks() -> set[asyncio.Task[Any]]:
    """What runs besides the test."""
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
