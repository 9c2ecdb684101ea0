"""Our station with simulated hardware and a vehicle at a counterpart's central system: what a driver does, and what can be waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from pilotwire.clock import SystemClock
from pilotwire.domain.availability import Availability
from pilotwire.ev import Vehicle
from pilotwire.simulator.building import build_station, make_vehicle
from pilotwire.station.app import Station
from pilotwire.station.settings import StationProgramSettings
from tests.support.counterpart_csms import PATIENCE, CounterpartCsms, counterpart_csms
from tests.support.eventually import eventually

CARD = "04A2B3C4"
REGISTER = "Energy.Active.Import.Register"


class Scene:
    """One EVSE, one car, one card."""

    def __init__(self, station: Station, csms: CounterpartCsms, vehicle: Vehicle) -> None:
        self.station = station
        self.csms = csms
        self.vehicle = vehicle

    # --- a driver ------------------------------------------------------------------------------------------------------------------

    def plug(self) -> None:
        """Plug the car in."""
        self.station.happened(self.station.hardware.plug(1, 1, self.vehicle))

    def unplug(self) -> None:
        """Pull the plug."""
        self.station.happened(self.station.hardware.unplug(1, 1))

    def tap(self, card: str = CARD) -> None:
        """Hold a card to the reader."""
        self.station.happened(self.station.hardware.tap(card))

    # --- waiting -------------------------------------------------------------------------------------------------------------------

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until something is true of the station or the vehicle."""
        await eventually(done, timeout=PATIENCE)

    async def until_released(self) -> None:
        """Wait until the power is off and the plug is free: from then on no energy flows."""
        hardware = self.station.hardware
        await self.until(lambda: not hardware.contactor_closed(1) and not hardware.is_locked(1, 1))

    async def until_charged(self, wh: int) -> None:
        """Wait until the vehicle's own meter has counted so much more."""
        goal = self.vehicle.meter.delivered_wh + wh
        await self.until(lambda: self.vehicle.meter.delivered_wh >= goal)

    async def until_delivered(self) -> None:
        """Wait until everything the station has to say is answered."""
        await self.until(lambda: self.station.core.overview().waiting == 0)

    async def until_available(self, count: int = 1) -> None:
        """Wait until the central system hears, for the n-th time, that connector 1 is free."""
        name = "status" if self.csms.version == "1.6" else "connector_status"
        await self.csms.until_heard("StatusNotification", count, connector_id=1, **{name: Availability.AVAILABLE.value})


@asynccontextmanager
async def scene(version: str, folder: Path) -> AsyncIterator[Scene]:
    """A booted station, 300 times faster than life, that samples every second; it must not have failed at the end."""
    async with counterpart_csms(version) as csms:
        settings = StationProgramSettings(
            id="CS001",
            ocpp=version,  # type: ignore[arg-type]
            csms=csms.url,
            storage=str(folder / "station.db"),
            speed=300.0,
            variables={
                "SampledDataCtrlr.TxUpdatedInterval": "1",
                "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1",
                "OCPPCommCtrlr.RetryBackOffWaitMinimum": "0",
                "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
            },
        )
        station = build_station(settings, SystemClock())
        vehicle = make_vehicle("hatch-52", soc=20)
        async with station:
            one = Scene(station, csms, vehicle)
            await one.until_available()
            yield one
            assert station.failed is not None
            assert not station.failed.done()


def registers(samples: Sequence[dict[str, Any]]) -> list[Decimal]:
    """The energy registers in Wh of meter values as the package gives them (1.6 or 2.x)."""
    found = []
    for reading in samples:
        for sample in reading.get("sampled_value", ()):
            if sample.get("measurand", REGISTER) == REGISTER:
                unit = sample.get("unit") or sample.get("unit_of_measure", {}).get("unit", "Wh")
                found.append(Decimal(str(sample["value"])) * (1000 if unit == "kWh" else 1))
    return found
