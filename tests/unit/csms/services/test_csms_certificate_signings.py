"""Requests are signed and handed over by themselves, whatever goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.csms.api.events import told_of
from pilotwire.csms.commands.bus import CommandRefused, CommandTimedOut
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.csms.handlers.certificates import signing_asked
from pilotwire.csms.handlers.desk import Desk, Policy
from pilotwire.csms.partners.ports import PartnerFailed, Partners, SigningRefused
from pilotwire.csms.registers.certificates import OPEN_REQUESTS, REQUESTS, RequestState, SigningRequest
from pilotwire.csms.reports import ReportShelf
from pilotwire.csms.services import Parts
from pilotwire.csms.services.certificate_signings import MOST_DELIVERIES, CertificateSignings
from pilotwire.csms.signing import fingerprint
from pilotwire.csms.store.ports import Amended, Page
from pilotwire.domain.certificates import (
    CertificateSigned,
    CertificateSignedOutcome,
    CertificateSignedStatus,
    SigningAsked,
    SigningUse,
)
from pilotwire.domain.kinds import changed
from pilotwire.errors import NotSayable
from tests.support.api_rooms import ApiRooms
from tests.support.certificates import chain, csr

CSR = csr()
TAKEN = CertificateSignedOutcome(status=CertificateSignedStatus.ACCEPTED)
NOT_TAKEN = CertificateSignedOutcome(status=CertificateSignedStatus.REJECTED)


class ToldSigner:
    """An authority that answers as told: a chain, or an error."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, SigningUse | None]] = []

    async def sign(self, station: str, csr: str, use: SigningUse | None) -> str:
        """The next answer; the last one again and again."""
        self.asked.append((station, csr, use))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return str(answer)


class Scene:
    """A CSMS with a station CS-1 that is connected and takes what it gets."""

    def __init__(self, *answers: Any, **settings: Any) -> None:
        self.rooms = ApiRooms(**settings)
        self.rooms.bus.connect("CS-1")
        self.rooms.bus.answers[CertificateSigned] = TAKEN
        self.signer = ToldSigner(*(answers or (chain(),)))
        self.service = self.restarted()

    def restarted(self) -> CertificateSignings:
        """The service as after a start of the CSMS."""
        rooms = self.rooms
        parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
        return CertificateSignings(parts, self.signer)

    async def asks(self, text: str = "", **more: Any) -> None:
        """The station sends a SignCertificate."""
        rooms = self.rooms
        partners = Partners(signer=self.signer)
        desk = Desk(rooms.journal, rooms.store, rooms.clock, Policy(), ReportShelf(rooms.clock), partners)
        verdict = await signing_asked(desk, "CS-1", SigningAsked(csr=text or CSR, **more), "m")
        assert verdict.accepted

    async def passes(self, seconds: float = 0.0, *, looks: int = 2) -> None:
        """Time passes, and the service looks."""
        self.rooms.clock.advance(seconds)
        for _ in range(looks):
            await self.service.look()
            await self.service.finish()

    async def request(self, text: str = "") -> SigningRequest:
        """The request as it is now."""
        found = await self.rooms.store.record(REQUESTS, "CS-1", fingerprint(text or CSR))
        assert found is not None
        return found

    async def queued(self) -> int:
        """How many requests are not done."""
        return len(await self.rooms.store.records(OPEN_REQUESTS, None, Page(limit=10)))

    async def findings(self) -> Sequence[str]:
        """What the findings say, the oldest first."""
        return [each.what for each in reversed(await self.rooms.store.findings("CS-1"))]

    @property
    def sent(self) -> list[Any]:
        """The chains that were sent."""
        return [command for _, command in self.rooms.bus.commands]


@pytest.mark.req("A02.FR.11", "A02.FR.14", "A02.FR.25")
async def test_the_station_gets_its_chain() -> None:
    """With the type and id it asked with; and then nothing more is done."""
    scene = Scene()
    await scene.asks(use=SigningUse.V2G, request_id=7)
    await scene.passes(looks=4)
    assert scene.signer.asked == [("CS-1", CSR, SigningUse.V2G)]
    assert scene.sent == [CertificateSigned(chain=chain(), use=SigningUse.V2G, request_id=7)]
    assert (await scene.request()).state is RequestState.ACCEPTED
    assert await scene.queued() == 0
    assert await scene.findings() == []


async def test_a_refusal_is_for_good() -> None:
    """The person who looks for it finds the reason."""
    scene = Scene(SigningRefused("not one of ours"))
    await scene.asks()
    await scene.passes(looks=3)
    request = await scene.request()
    assert (request.state, request.problem) == (RequestState.FAILED, "not one of ours")
    assert (await scene.queued(), len(scene.signer.asked), scene.sent) == (0, 1, [])
    assert await scene.findings() == ["not one of ours"]


@pytest.mark.parametrize("trouble", [PartnerFailed("it is down"), chain("somebody"), "no chain"])
async def test_an_authority_in_trouble_is_asked_again(trouble: Any) -> None:
    """After 5, 10, ... seconds; there is one finding for all of it."""
    scene = Scene(trouble, trouble, chain())
    await scene.asks()
    await scene.passes(looks=3)
    assert len(scene.signer.asked) == 1
    assert (await scene.request()).problem
    await scene.passes(5.1, looks=3)
    assert len(scene.signer.asked) == 2
    await scene.passes(5.1, looks=3)
    assert len(scene.signer.asked) == 2
    await scene.passes(5.1, looks=3)
    assert (await scene.request()).state is RequestState.ACCEPTED
    assert (await scene.request()).problem is None
    assert len(await scene.findings()) == 1


async def test_an_authority_is_not_asked_for_ever() -> None:
    """Only as long as `signer_patience` says."""
    scene = Scene(PartnerFailed("it is down"), signer_patience=60)
    await scene.asks()
    await scene.passes()
    await scene.passes(61)
    assert (await scene.request()).state is RequestState.FAILED
    assert await scene.queued() == 0
    assert "in 60 seconds" in (await scene.findings())[-1]


async def test_a_station_that_is_gone_gets_it_when_it_is_back_also_after_a_restart() -> None:
    """The chain is kept; the authority is not asked again."""
    scene = Scene()
    await scene.asks()
    scene.rooms.bus.stations.clear()
    await scene.passes(looks=4)
    request = await scene.request()
    assert (request.state, request.chain, scene.sent) == (RequestState.WAITING, chain(), [])
    scene.service = scene.restarted()
    await scene.passes(3600)
    assert scene.sent == []
    scene.rooms.bus.connect("CS-1")
    await scene.passes()
    assert (await scene.request()).state is RequestState.ACCEPTED
    assert len(scene.signer.asked) == 1


async def test_a_request_from_before_a_restart_is_signed_after_it() -> None:
    """The queue is in the store."""
    scene = Scene()
    await scene.asks()
    scene.service = scene.restarted()
    await scene.passes()
    assert (await scene.request()).state is RequestState.ACCEPTED


async def test_a_station_that_does_not_answer_gets_it_again() -> None:
    """A few times; then it is left to ask again (A02.FR.17), or to a person."""
    scene = Scene()
    scene.rooms.bus.answers[CertificateSigned] = CommandTimedOut("no answer")
    await scene.asks()
    await scene.passes()
    assert (await scene.request()).state is RequestState.SENT
    for _ in range(MOST_DELIVERIES + 3):
        await scene.passes(301)
    assert len(scene.sent) == MOST_DELIVERIES
    assert ((await scene.request()).state, await scene.queued()) == (RequestState.SENT, 0)
    assert "has not taken" in (await scene.findings())[-1]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (NOT_TAKEN, RequestState.REJECTED),
        (NotSayable("too long for this version"), RequestState.FAILED),
    ],
)
async def test_what_a_station_does_not_take(answer: Any, state: RequestState) -> None:
    """There is a finding, and it is not sent again."""
    scene = Scene()
    scene.rooms.bus.answers[CertificateSigned] = answer
    await scene.asks()
    await scene.passes(looks=4)
    assert ((await scene.request()).state, await scene.queued(), len(scene.sent)) == (state, 0, 1)
    assert len(await scene.findings()) == 1


async def test_the_same_request_again_is_answered_with_the_same_chain() -> None:
    """If the station did not answer the first one; one that it took is signed anew."""
    scene = Scene()
    scene.rooms.bus.answers[CertificateSigned] = CommandRefused("InternalError", "", {})
    await scene.asks()
    await scene.passes()
    scene.rooms.bus.answers[CertificateSigned] = TAKEN
    await scene.asks()
    await scene.passes(looks=3)
    assert (await scene.request()).state is RequestState.ACCEPTED
    assert len(scene.signer.asked) == 1
    await scene.asks()
    await scene.passes(looks=3)
    assert len(scene.signer.asked) == 2


async def test_a_request_for_a_newer_key_takes_the_place_of_the_older() -> None:
    """Of the same use; one of another use is not concerned."""
    scene = Scene(PartnerFailed("it is down"), chain("new"))
    await scene.asks(use=SigningUse.V2G)
    await scene.passes(looks=1)
    scene.rooms.clock.advance(1)
    newer = csr(of="new")
    await scene.asks(newer, use=SigningUse.V2G)
    await scene.passes(10, looks=3)
    assert (await scene.request()).state is RequestState.SUPERSEDED
    assert (await scene.request(newer)).state is RequestState.ACCEPTED
    assert [each.chain for each in scene.sent] == [chain("new")]


async def test_a_person_may_be_faster() -> None:
    """What was answered by hand is not signed any more."""
    scene = Scene()
    await scene.asks()
    assert (await scene.request()).state is RequestState.WAITING
    rooms = scene.rooms
    by_hand = Certificates(rooms.commander, rooms.journal, rooms.store, rooms.clock)
    await by_hand.answer("CS-1", await scene.request(), chain())
    assert await scene.queued() == 0
    await scene.passes(looks=3)
    assert (scene.signer.asked, len(scene.sent), await scene.queued()) == ([], 1, 0)


async def test_without_a_signer_nothing_runs() -> None:
    """And nothing is queued."""
    scene = Scene()
    rooms = scene.rooms
    parts = Parts(rooms.journal, rooms.store, rooms.commander, rooms.clock, rooms.settings)
    await CertificateSignings(parts, None).run()
    desk = Desk(rooms.journal, rooms.store, rooms.clock, Policy(), ReportShelf(rooms.clock))
    await signing_asked(desk, "CS-1", SigningAsked(csr=CSR), "m")
    assert await scene.queued() == 0
    assert (await scene.request()).asked_at - rooms.clock.now() == timedelta(0)


async def test_whoever_watches_sees_how_far_a_request_is() -> None:
    """Each change is an event; the same once more is none."""
    scene = Scene()
    await scene.asks(use=SigningUse.V2G)
    waiting = await scene.request()
    sent = changed(waiting, state=RequestState.SENT, chain=chain())
    put = REQUESTS.put("CS-1", waiting.key, sent)
    told = told_of(put, Amended(before=waiting, after=sent))
    assert told is not None
    assert (told.type, told.station) == ("certificate-request", "CS-1")
    shown = json.loads(told.data)
    assert shown["station"] == "CS-1"
    assert (shown["request"]["state"], shown["request"]["certificateType"]) == ("sent", "V2GCertificate")
    assert told_of(put, Amended(before=sent, after=sent)) is None
    assert told_of(REQUESTS.remove("CS-1", waiting.key), Amended(before=sent, after=None)) is None
