"""Stations are asked to renew their certificates before these end, and what stands against it is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from pilotwire.csms.commands import Commander
from pilotwire.csms.commands.bus import CommandTimedOut
from pilotwire.csms.quiet import Quiet
from pilotwire.csms.registers.certificates import OPEN_REQUESTS, OpenRequest
from pilotwire.csms.registers.held_certificates import HELD, HeldCertificate, Known, asked, held
from pilotwire.csms.services import Parts
from pilotwire.csms.services.certificate_renewals import CertificateRenewals
from pilotwire.domain.certificates import SigningUse
from pilotwire.domain.provisioning import TriggerMessage, TriggerOutcome, TriggerStatus
from pilotwire.errors import NotSayable
from tests.support.api_rooms import ApiRooms
from tests.support.certificates import chain

ACCEPTED = TriggerOutcome(status=TriggerStatus.ACCEPTED)


class Scene:
    """A CSMS with a station CS-1 that is connected, and whose certificate ends in `days`."""

    def __init__(self, days: float, use: SigningUse = SigningUse.CHARGING_STATION, **settings: Any) -> None:
        self.rooms = rooms = ApiRooms(**settings)
        rooms.bus.connect("CS-1")
        rooms.bus.answers[TriggerMessage] = ACCEPTED
        quiet = Quiet(rooms.store, always=rooms.settings.quiet)
        commander = Commander(rooms.bus, rooms.clock, quiet=quiet)
        parts = Parts(rooms.journal, rooms.store, commander, rooms.clock, rooms.settings)
        self.service = CertificateRenewals(parts)
        self.use = use
        self.certificate = x509.load_pem_x509_certificate(chain().encode())
        due = self.certificate.not_valid_after_utc - timedelta(days=days)
        rooms.clock.advance((due - rooms.clock.now()).total_seconds())

    async def begun(self) -> Scene:
        """With the certificate on record."""
        at = self.rooms.clock.now()
        await self.rooms.journal.append(held("CS-1", self.use, self.certificate, Known.SHOWN, at))
        return self

    @property
    def triggered(self) -> list[str]:
        """The messages the station was asked for."""
        return [command.message for _, command in self.rooms.bus.commands if isinstance(command, TriggerMessage)]

    async def record(self) -> HeldCertificate:
        """The record of the certificate."""
        kept = await self.rooms.store.record(HELD, "CS-1", self.use)
        assert kept is not None
        return kept

    async def findings(self) -> list[str]:
        """What the findings say."""
        return [each.what for each in await self.rooms.store.findings("CS-1")]


@pytest.mark.req("A02.FR.02")
@pytest.mark.parametrize(
    ("use", "message"),
    [
        (SigningUse.CHARGING_STATION, "SignChargingStationCertificate"),
        (SigningUse.V2G, "SignV2GCertificate"),
        (SigningUse.V2G_20, "SignV2G20Certificate"),
    ],
)
async def test_a_station_is_asked_three_weeks_before_the_end_once_a_day(use: SigningUse, message: str) -> None:
    """Until its new certificate is on record."""
    scene = await Scene(22, use).begun()
    await scene.service.look()
    assert scene.triggered == []
    scene.rooms.clock.advance(86_400)
    for _ in range(3):
        await scene.service.look()
    assert scene.triggered == [message]
    assert (await scene.record()).problem is None
    scene.rooms.clock.advance(86_400)
    await scene.service.look()
    assert len(scene.triggered) == 2


async def test_one_that_has_asked_by_itself_is_left_alone() -> None:
    """Its request waits for the certificate authority."""
    scene = await Scene(3).begun()
    now = scene.rooms.clock.now()
    waiting = OpenRequest(station="CS-1", key="0123456789abcdef", asked_at=now, due_at=now)
    await scene.rooms.journal.append(OPEN_REQUESTS.put("CS-1", waiting.key, waiting))
    await scene.service.look()
    assert scene.triggered == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (TriggerOutcome(status=TriggerStatus.REJECTED), "it answered Rejected"),
        (TriggerOutcome(status=TriggerStatus.NOT_IMPLEMENTED), "it answered NotImplemented"),
        (NotSayable("OCPP 1.5 has no such message."), "OCPP 1.5 has no such message."),
        (CommandTimedOut("it did not answer in 30 s"), "it did not answer in 30 s"),
    ],
)
async def test_what_stands_against_it_is_a_finding(answer: Any, told: str) -> None:
    """And stands in the inventory; a day later it is tried again."""
    scene = await Scene(9.5).begun()
    scene.rooms.bus.answers[TriggerMessage] = answer
    await scene.service.look()
    assert told in ((await scene.record()).problem or "")
    (found,) = await scene.findings()
    assert "(9 days left)" in found
    assert told in found
    scene.rooms.clock.advance(timedelta(days=1).total_seconds())
    scene.rooms.bus.answers[TriggerMessage] = ACCEPTED
    await scene.service.look()
    assert (await scene.record()).problem is None


async def test_it_can_be_turned_off() -> None:
    """With renew_days 0 the service has nothing to do."""
    scene = await Scene(1, renew_days=0).begun()
    await scene.service.run()
    assert scene.triggered == []


async def test_a_quiet_or_absent_station_is_not_asked() -> None:
    """A quiet one is left alone, one that is away is asked when it is back."""
    scene = await Scene(1, quiet=True).begun()
    await scene.service.look()
    assert scene.triggered == []
    scene = await Scene(1).begun()
    scene.rooms.bus.stations.clear()
    await scene.service.look()
    scene.rooms.bus.connect("CS-1")
    assert scene.triggered == []
    await scene.service.look()
    assert scene.triggered == ["SignChargingStationCertificate"]


async def test_an_accepted_certificate_becomes_a_shown_one_and_stays_it() -> None:
    """Once the station connected with it, whatever of its acceptance comes late; what is on record of it else is kept."""
    scene = Scene(days=100)
    begun = scene.rooms.clock.now()
    for hour, known in enumerate((Known.ACCEPTED, Known.ACCEPTED, Known.SHOWN, Known.SHOWN, Known.ACCEPTED)):
        at = begun + timedelta(hours=hour)
        await scene.rooms.journal.append(held("CS-1", scene.use, scene.certificate, known, at))
        if hour == 0:
            await scene.rooms.journal.append(asked(await scene.record(), at, "the station is busy"))
    kept = await scene.record()
    assert (kept.known, kept.known_at) == (Known.SHOWN, begun + timedelta(hours=2))
    assert (kept.asked_at, kept.problem) == (begun, "the station is busy")
