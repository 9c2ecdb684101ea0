"""What a vehicle of others said in whole sessions of ISO 15118-2, said to our station: it takes all of it, signatures too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pilotwire.iso15118.charging import PENDING, DcLimits, Ending, Isolation, PowerStep, Schedule
from pilotwire.iso15118.codecs import ISO2
from tests.support.iso15118_pair import body_of
from tests.support.iso15118_recorded import NAMES, recorded
from tests.support.iso15118_scenes import AT, Scene


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_session(name: str) -> None:
    """The station takes as long as theirs did, and gives the same session id and challenge: then all is as it was."""
    talk = recorded(name)
    scene = Scene(dc="dc" in name)
    theirs = {type(body_of(answer)).__name__: body_of(answer) for _, answer in talk}
    random = [talk[0][1].header.session_id]
    if "PaymentDetailsRes" in theirs:
        random.append(theirs["PaymentDetailsRes"].gen_challenge)
    scene.fresh = lambda _: random.pop(0)
    scene.evse.planned_schedules = [(Schedule(1, (PowerStep(0, 500_000.0),)),)]
    if isinstance(scene.evse.state_now.limits, DcLimits):
        scene.evse.shows(limits=replace(scene.evse.state_now.limits, max_v=20_000.0))
    session = scene.secc()
    for request, before in talk:
        ongoing = getattr(body_of(before), "evse_processing", "Finished") != "Finished"
        scene.evse.isolations = [PENDING if ongoing else Isolation.VALID]
        reply = session.feed(request, AT)
        answer: Any = ISO2.decode(ISO2.encode(reply.message))
        assert answer.header.session_id == before.header.session_id
        assert type(body_of(answer)) is type(body_of(before))
        assert body_of(answer).response_code == body_of(before).response_code
        assert getattr(body_of(answer), "evse_processing", None) == getattr(body_of(before), "evse_processing", None)
    assert session.over.ending is Ending.TERMINATED
    assert session.findings == []
