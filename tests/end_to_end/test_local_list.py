"""A local list from our CSMS to our station over real sockets, and what it is good for: charging while the line is down."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pilotwire.csms.app import Csms
from pilotwire.csms.commands import local_list
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import AuthorizationStatus, Token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.local_list import SendLocalListStatus, UpdateType
from tests.support.station_lab import CARD, VERSIONS, Lab, booked, lab, on_disk, open_csms

each_version = pytest.mark.parametrize("version", VERSIONS)
BLOCKED = "04B10C4ED0"
STRANGER = "04DEADBEEF"


@asynccontextmanager
async def _charging_point(version: str, **more: Any) -> AsyncIterator[tuple[Csms, Lab]]:
    """A CSMS with a good and a blocked card on record, and a station that it accepted."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version, **more) as one:
        blocked = Token(id_token=IdToken(value=BLOCKED, type="ISO14443"), status=AuthorizationStatus.BLOCKED)
        await csms.journal.append(PutToken(token=blocked))
        await one.until_accepted()
        yield csms, one


async def _send(csms: Csms) -> local_list.ListSent:
    entries = await local_list.entries_of_tokens(csms.store, csms.clock.now())
    assert len(entries) == 2
    return await local_list.send_list(csms.commander, "CS001", UpdateType.FULL, entries)


async def _refused(one: Lab, card: str) -> None:
    """Tap, and see on the display that it is no good."""
    one.station.hardware.display.clear()
    one.tap(card)
    await one.until(lambda: "not accepted" in one.station.hardware.display.get(1, ""), f"{card} refused")
    assert one.overview.evses[0].id_token is None
    assert one.vehicle.meter.delivered_wh == 0


@pytest.mark.req("D01.FR.15", "D02.FR.01", "C13.FR.05", "1.6:5.15", "1.6:5.10")
@each_version
async def test_listed_cards_charge_while_the_line_is_down(version: str) -> None:
    """The stranger and the blocked card do not; the good one does, and is booked when the line is back."""
    async with _charging_point(version) as (csms, one):
        assert (await local_list.get_version(csms.commander, "CS001")).version == 0
        assert await _send(csms) == local_list.ListSent(SendLocalListStatus.ACCEPTED, 1)
        assert (await local_list.get_version(csms.commander, "CS001")).version == 1
        one.station.line.cut()
        await one.until(lambda: not one.overview.link, "the line is down")
        one.plug()
        await _refused(one, STRANGER)
        await _refused(one, BLOCKED)
        one.tap(CARD)
        await one.until_charged(200)
        one.tap(CARD)
        await one.until(lambda: one.overview.evses[0].transaction_id is None, "the end of the transaction")
        one.station.line.restore()
        await one.until_ended()
        transaction = await booked(csms)
        assert transaction.id_token is not None
        assert transaction.id_token.value == CARD
        assert transaction.energy == one.vehicle.meter.delivered_wh


@pytest.mark.req("C14.FR.04")
@each_version
async def test_listed_cards_charge_without_a_question(version: str) -> None:
    """With LocalPreAuthorize there is no Authorize on the wire before the start."""
    async with _charging_point(version, variables={"AuthCtrlr.LocalPreAuthorize": "true"}) as (csms, one):
        await _send(csms)
        await one.charge()
        assert await csms.store.log("CS001", action="Authorize") == []
        one.tap()
        await one.until_ended()
        assert (await booked(csms)).id_token is not None


@pytest.mark.req("D01.FR.10", "D01.FR.19")
@each_version
async def test_a_list_outlives_the_station(version: str, tmp_path: Path) -> None:
    """Started again on the same storage it has its number; an older change does not count."""
    async with open_csms() as csms:
        for expected in (0, 1):
            async with lab(csms.urls.ocpp, version, storage=on_disk(tmp_path)) as one:
                await one.until_accepted()
                assert (await local_list.get_version(csms.commander, "CS001")).version == expected
                entries = await local_list.entries_of_tokens(csms.store, csms.clock.now())
                sent = await local_list.send_list(csms.commander, "CS001", UpdateType.DIFFERENTIAL, entries, version=1)
                wanted = SendLocalListStatus.VERSION_MISMATCH if expected else SendLocalListStatus.ACCEPTED
                assert sent.status is wanted


@each_version
async def test_a_list_longer_than_a_message_arrives_whole(version: str) -> None:
    """In pieces as the station's ItemsPerMessage says, with rising numbers."""
    async with _charging_point(version, variables={"LocalAuthListCtrlr.ItemsPerMessage": "1"}) as (csms, one):
        assert await _send(csms) == local_list.ListSent(SendLocalListStatus.ACCEPTED, 2)
        frames = await csms.store.log("CS001", action="SendLocalList")
        calls = [json.loads(frame.frame) for frame in frames if frame.frame.startswith("[2")]
        assert sorted(call[3]["updateType"] for call in calls) == ["Differential", "Full"]
        one.station.line.cut()
        await one.until(lambda: not one.overview.link, "the line is down")
        one.plug()
        await _refused(one, BLOCKED)
        one.tap(CARD)
        await one.until_charged(100)
