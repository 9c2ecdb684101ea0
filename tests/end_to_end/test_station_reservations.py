"""Reservations between our CSMS and our station over real sockets, in every version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.commands.availability import change_availability
from pilotwire.csms.commands.remote_control import start
from pilotwire.csms.commands.reservation import cancel, reserve_now
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import Token
from pilotwire.domain.availability import Availability
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.remote_control import RequestStatus
from pilotwire.domain.reservation import CancelReservationStatus, Reservation, ReserveNowStatus
from pilotwire.errors import NotSayable
from tests.support.eventually import eventually
from tests.support.station_lab import CARD, VERSIONS, Lab, booked, lab, open_csms

each_version = pytest.mark.parametrize("version", VERSIONS)
HOLDER = IdToken(value=CARD, type="ISO14443")
OTHER = IdToken(value="0BADCAFE", type="ISO14443")
FLEET = IdToken(value="FLEET", type="Central")


def _wanted(number: int = 9, *, seconds: float = 3600, **more: Any) -> Reservation:
    """For the card of the lab, from now on."""
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    values = {"id_token": HOLDER, "evse": 1} | more
    return Reservation(reservation_id=number, expires_at=expires, **values)


async def _reserve(csms: Csms, number: int = 9, **more: Any) -> ReserveNowStatus:
    return (await reserve_now(csms.commander, "CS001", _wanted(number, **more))).status


async def _state(csms: Csms, state: Availability) -> None:
    """Wait until the CSMS has the connector on record so."""

    async def known() -> bool:
        records = await csms.store.connectors("CS001")
        return any(one.address.evse == 1 and one.state.availability is state for one in records)

    await eventually(known, what=f"connector {state}")


async def _log(csms: Csms, action: str) -> list[str]:
    return [each.frame for each in await csms.store.log("CS001", action=action)]


async def _told(csms: Csms, ready: Callable[[list[str]], bool]) -> list[str]:
    async def look() -> list[str]:
        frames = await _log(csms, "ReservationStatusUpdate")
        return frames if ready(frames) else []

    return await eventually(look, what="ReservationStatusUpdate and its answer")


async def _shown(one: Lab, text: str) -> None:
    await one.until(lambda: one.station.hardware.display.get(1) == text, text)


@pytest.mark.req("H01.FR.03", "H01.FR.15", "H03.FR.01", "H03.FR.09", "1.6:5.13")
@each_version
async def test_reserved_refused_to_others_and_used(version: str) -> None:
    """Reserved on record; another good card is turned away; the right one charges, and its transaction names the reservation."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await csms.journal.append(PutToken(token=Token(id_token=OTHER)))
        await one.until_accepted()
        assert await _reserve(csms) is ReserveNowStatus.ACCEPTED
        await _state(csms, Availability.RESERVED)
        assert await _reserve(csms, 10) is ReserveNowStatus.OCCUPIED
        _, outcome = await start(csms.commander, "CS001", OTHER, evse=1)
        assert outcome.status is RequestStatus.REJECTED
        one.tap(OTHER.value)
        await _shown(one, "This charging point is reserved for somebody else.")
        await one.charge()
        one.tap()
        await one.until_ended()
        transaction = await booked(csms)
        assert transaction.reservation_id == 9
        assert (await cancel(csms.commander, "CS001", 9)).status is CancelReservationStatus.REJECTED


@pytest.mark.req("H03.FR.04", "H03.FR.08", "1.6:5.13")
@each_version
async def test_another_card_of_the_group_uses_it(version: str) -> None:
    """The station learns the group from the answer to Authorize."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await csms.journal.append(PutToken(token=Token(id_token=OTHER, group=FLEET)))
        await one.until_accepted()
        assert await _reserve(csms, group=FLEET) is ReserveNowStatus.ACCEPTED
        one.plug()
        one.tap(OTHER.value)
        await one.until_charged()
        one.tap(OTHER.value)
        await one.until_ended()
        assert (await booked(csms)).reservation_id == 9


@pytest.mark.req("H02.FR.02", "H02.FR.04", "1.6:5.1")
@each_version
async def test_cancelled(version: str) -> None:
    """Reserved, cancelled, available; a second time there is nothing to cancel."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.until_accepted()
        await _reserve(csms)
        await _state(csms, Availability.RESERVED)
        assert (await cancel(csms.commander, "CS001", 9)).status is CancelReservationStatus.ACCEPTED
        await _state(csms, Availability.AVAILABLE)
        assert (await cancel(csms.commander, "CS001", 9)).status is CancelReservationStatus.REJECTED


@pytest.mark.req("H04.FR.01", "H04.FR.03", "1.6:5.13")
@each_version
async def test_expired(version: str) -> None:
    """It ends by itself; 2.x tells why, and gets its answer; 1.6 shows it by the connector alone."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.until_accepted()
        assert await _reserve(csms, seconds=5) is ReserveNowStatus.ACCEPTED
        await _state(csms, Availability.RESERVED)
        await _state(csms, Availability.AVAILABLE)
        if version == "1.6":
            assert await _log(csms, "ReservationStatusUpdate") == []
            return
        answer, update = await _told(csms, lambda frames: len(frames) == 2)
        assert '{"reservationId":9,"reservationUpdateStatus":"Expired"}' in update.replace(" ", "")
        assert answer.startswith("[3,")


@pytest.mark.req("H01.FR.17", "1.6:5.13")
@each_version
async def test_taken_out_of_use(version: str) -> None:
    """The reservation is removed with the connector's availability."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.until_accepted()
        await _reserve(csms)
        await change_availability(csms.commander, "CS001", operative=False, address=EvseAddress(evse=1))
        await _state(csms, Availability.UNAVAILABLE)
        assert (await cancel(csms.commander, "CS001", 9)).status is CancelReservationStatus.REJECTED
        if version != "1.6":
            frames = await _told(csms, lambda frames: len(frames) == 2)
            assert '"Removed"' in frames[1]


@pytest.mark.req("H01.FR.04", "H01.FR.19", "1.6:5.13")
@pytest.mark.parametrize(("supported", "status"), [("true", "Accepted"), ("false", "Rejected")])
@each_version
async def test_any_evse(version: str, supported: str, status: str) -> None:
    """As the station is made: connector 0 in 1.6, no EVSE in 2.x."""
    variables = {"ReservationCtrlr.NonEvseSpecific": supported}
    async with open_csms() as csms, lab(csms.urls.ocpp, version, variables=variables) as one:
        await one.until_accepted()
        assert (await _reserve(csms, evse=None)).value == status


async def test_a_type_of_connector_cannot_be_asked_for_in_1_6() -> None:
    """A sentence, and nothing is sent."""
    async with open_csms() as csms, lab(csms.urls.ocpp, "1.6") as one:
        await one.until_accepted()
        with pytest.raises(NotSayable, match="by its type"):
            await _reserve(csms, evse=None, connector_type="sType2")
        assert await _log(csms, "ReserveNow") == []
