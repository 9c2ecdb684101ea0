"""What a station of others answered in whole sessions of ISO 15118-2, said to our vehicle: it charges by it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from pilotwire.iso15118.charging import Ending
from tests.support.iso15118_pair import body_of
from tests.support.iso15118_recorded import NAMES, recorded
from tests.support.iso15118_scenes import AT, Scene


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_session(name: str) -> None:
    """Each request gets the station's next answer to its kind; the last one stays."""
    answers: dict[str, list[Any]] = defaultdict(list)
    for _, answer in recorded(name):
        answers[type(body_of(answer)).__name__].append(answer)
    scene = Scene(dc="dc" in name, pnc="pnc" in name)
    scene.ev.loops = 100
    precharged = [body_of(one).evse_present_voltage for one in answers["PreChargeRes"]]
    if precharged:
        scene.ev.target_v = precharged[-1].value * 10.0 ** precharged[-1].multiplier
    session = scene.evcc()
    ask = session.start(AT)
    asked = []
    while ask is not None and len(asked) < 100:
        asked.append(type(body_of(ask.message)).__name__)
        left = answers[session.state]
        if session.state in ("ChargingStatusRes", "CurrentDemandRes") and len(left) == 1:
            scene.ev.loops = 0  # that is enough
        ask = session.feed(left.pop(0) if len(left) > 1 else left[0], AT)
    assert session.over.ending is Ending.TERMINATED
    theirs = [type(body_of(request)).__name__ for request, _ in recorded(name)]
    assert list(dict.fromkeys(asked)) == list(dict.fromkeys(theirs))
    assert session.session_id == recorded(name)[0][1].header.session_id
