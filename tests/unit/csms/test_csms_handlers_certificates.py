"""A station asks for a certificate: under whose name it may."""

from __future__ import annotations

import pytest

from pilotwire.csms.handlers.certificates import signing_asked
from pilotwire.csms.handlers.desk import Desk, Policy
from pilotwire.csms.reports import ReportShelf
from pilotwire.csms.store.ports import RecordBoot
from pilotwire.domain.certificates import SigningAsked
from pilotwire.domain.identity import StationIdentity
from tests.support.api_rooms import ApiRooms
from tests.support.certificates import csr


async def asks(name: str, own_serial: str | None) -> bool:
    """CS-2 asks for a certificate of a name; CS-1 with the serial number SN-1 is known."""
    rooms = ApiRooms()
    await rooms.journal.append(_boot(rooms, "CS-1", "SN-1"), _boot(rooms, "CS-2", own_serial))
    desk = Desk(rooms.journal, rooms.store, rooms.clock, Policy(), ReportShelf(rooms.clock))
    return (await signing_asked(desk, "CS-2", SigningAsked(csr=csr(name)), "m")).accepted


def _boot(rooms: ApiRooms, station: str, serial: str | None) -> RecordBoot:
    identity = StationIdentity(vendor="Volta", model="One", serial_number=serial)
    return RecordBoot(station=station, at=rooms.clock.now(), identity=identity, reason=None)


@pytest.mark.req("A00.FR.511", "SEC16:A00.FR.511")
@pytest.mark.parametrize("serial", ["SN-2", None, "SN-1", "CS-1"])
@pytest.mark.parametrize("name", ["CS-1", "SN-1"])
async def test_no_certificate_in_the_name_of_another_station(serial: str | None, name: str) -> None:
    assert not await asks(name, serial)


@pytest.mark.parametrize(("name", "serial"), [("SN-2", "SN-2"), ("CS-2", "SN-2"), ("CS-2", None), ("SN-2", None)])
async def test_its_own_name(name: str, serial: str | None) -> None:
    assert await asks(name, serial)
