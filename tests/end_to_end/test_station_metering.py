"""A station with a signing meter, and one with a meter on Modbus, against our own CSMS over a real socket."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from pilotwire.clock import SystemClock
from pilotwire.domain.identity import STATION
from pilotwire.station.hardware.modbus import ModbusSettings, meters_of
from pilotwire.station.hardware.signing import verified
from tests.support.eventually import eventually
from tests.support.station_lab import booked, lab, open_csms


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_signed_session_reaches_the_csms(version: str) -> None:
    """The CSMS holds the meter's record of the end, and it is good by the key on the meter."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version, layout="ac-22-fiscal") as one:
        await one.charge(100)
        one.tap()
        await eventually(lambda: one.overview.waiting == 0 and one.overview.evses[0].transaction_id is None)
        transaction = await booked(csms)
        printed = one.station.layout.evses[0].meter_public_key
        readings = await csms.store.readings("CS001", transaction.transaction_id)
    signed = [sample.signed for stored in readings for sample in stored.reading.samples if sample.signed is not None]
    records = [verified(each.data, printed)["RD"][0] for each in signed]
    assert {each["TX"] for each in records} >= {"B", "E"}


async def test_a_session_is_billed_by_the_meter_on_modbus() -> None:
    """Its register, which goes on by itself, is what the CSMS books."""
    wh = [50_000]

    async def now(*access: Any) -> None:
        wh[0] += 7
        access[4][0:2] = struct.unpack(">2H", struct.pack(">I", wh[0]))

    data = SimData(0, values=[0, 0], datatype=DataType.REGISTERS)
    server = ModbusTcpServer(SimDevice(1, simdata=[data], action=now), address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    port = server.transport.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    settings = ModbusSettings.read(
        {
            "port": port,
            "poll_seconds": 0.02,
            "registers": [{"measurand": "Energy.Active.Import.Register", "address": 0, "type": "uint32"}],
        }
    )
    try:
        async with open_csms() as csms, lab(csms.urls.ocpp, meters=meters_of(settings, SystemClock())) as one:
            await one.until_accepted()
            await eventually(lambda: one.station._equipment.reading(1).energy_import_register > 50_000)
            one.plug()
            one.tap()
            await eventually(lambda: (one.overview.evses[0].energy or Decimal(0)) > 0)
            one.tap()
            await eventually(lambda: one.overview.waiting == 0 and one.overview.evses[0].transaction_id is None)
            transaction = await booked(csms)
    finally:
        await server.shutdown()
    assert transaction.meter_start is not None
    assert 50_000 < transaction.meter_start < (transaction.meter_stop or 0)


@pytest.mark.req("J01.FR.03", "J01.FR.04")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_the_main_meter_reaches_the_csms_by_the_clock(version: str) -> None:
    """As EVSE 0, at the grid connection, every second."""
    variables = {"AlignedDataCtrlr.Interval": "1"}
    async with open_csms() as csms, lab(csms.urls.ocpp, version, layout="ac-22-dual-main", variables=variables) as one:
        await one.until_accepted()

        async def told() -> list[Any]:
            stored = [each for each in await csms.store.readings("CS001") if each.address == STATION]
            return stored if len(stored) >= 2 else []

        found = await eventually(told)
        register = one.station._equipment.reading(0).energy_import_register
    (sample,) = found[-1].reading.samples
    assert (sample.location, sample.context) == ("Inlet", "Sample.Clock")
    assert 0 <= (sample.value or 0) <= register
