"""Our vehicle at our station, ISO 15118-2: negotiating anew, stopping early, and messages that get lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Ending, Notice
from tests.support.iso15118_evse_fake import SCHEDULE
from tests.support.iso15118_pair import Pair
from tests.support.iso15118_scenes import AT, Scene

either = pytest.mark.parametrize("dc", [False, True], ids=["AC", "DC"])


def good(pair: Pair) -> None:
    """Both ended alike, and neither has anything to tell of the other."""
    assert pair.ev.over.ending is pair.secc.over.ending is Ending.TERMINATED
    assert pair.ev.findings == pair.secc.findings == []


@either
def test_the_vehicle_negotiates_anew(dc: bool) -> None:
    """Twice; power stays on, and the new schedule counts."""
    scene = Scene(dc=dc)
    scene.ev.renegotiates = 2
    scene.evse.planned_schedules = [(SCHEDULE,), (replace(SCHEDULE, id=5),), (replace(SCHEDULE, id=6),)]
    pair = scene.run()
    good(pair)
    told = [(one.charge_progress, one.sa_schedule_tuple_id) for one in pair.of(iso2.PowerDeliveryReq)]
    assert told[:5] == [("Start", 1), ("Renegotiate", 1), ("Start", 5), ("Renegotiate", 5), ("Start", 6)]
    assert scene.ev.contactors[-1] is False
    assert pair.names.count("CableCheckReq") == (1 if dc else 0)
    loops = pair.of(iso2.CurrentDemandRes if dc else iso2.ChargingStatusRes)
    assert {one.sa_schedule_tuple_id for one in loops} == {1, 5, 6}


@either
@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"notice": Notice.STOP, "notice_s": 30}, "EVSE_Shutdown"),
        ({"notice": Notice.PAUSE}, "EVSE_Shutdown"),
        ({"fault": "malfunction"}, "EVSE_Malfunction"),
        ({"fault": "emergency"}, "EVSE_EmergencyShutdown"),
        ({"fault": "utility"}, "EVSE_UtilityInterruptEvent"),
        ({"fault": "something else"}, "EVSE_Malfunction"),
    ],
    ids=str,
)
def test_the_station_ends_it(dc: bool, facts: dict[str, Any], code: str) -> None:
    """The vehicle hears it in the loop and leaves in order."""
    scene = Scene(dc=dc)
    scene.ev.loops = 1_000

    def at_first_loop(body: Any) -> None:
        if isinstance(body, iso2.ChargingStatusReq | iso2.CurrentDemandReq):
            scene.evse.shows(**facts)

    pair = scene.run(heard=at_first_loop)
    good(pair)
    said = pair.of(iso2.CurrentDemandRes if dc else iso2.ChargingStatusRes)
    assert len(said) == 1
    status = said[0].dc_evse_status if dc else said[0].ac_evse_status
    assert status.evse_notification == "StopCharging"
    assert not dc or status.evse_status_code == code
    assert pair.names[-2 if not dc else -3] == "PowerDeliveryReq"


@pytest.mark.parametrize("phase", [iso2.CableCheckReq, iso2.PreChargeReq])
def test_the_station_ends_it_before_power(phase: Any) -> None:
    """During cable check and precharge the vehicle leaves with SessionStopReq, contactors open."""
    scene = Scene(dc=True)

    def then(body: Any) -> None:
        if isinstance(body, phase):
            scene.evse.shows(fault="emergency")

    pair = scene.run(heard=then)
    assert pair.names[-2:] == [phase.__name__, "SessionStopReq"]
    assert "EVSE_EmergencyShutdown" in pair.ev.over.reason
    assert scene.ev.contactors == []


def test_a_receipt_does_not_hide_that_the_station_wants_to_stop() -> None:
    """What was asked for with the reading is minded after the receipt."""
    scene = Scene(pnc=True)
    scene.ev.loops = 1_000
    scene.evse.offers(receipts=1)
    scene.evse.shows(notice=Notice.STOP)
    pair = scene.run()
    good(pair)
    assert pair.names[-4:] == ["ChargingStatusReq", "MeteringReceiptReq", "PowerDeliveryReq", "SessionStopReq"]


def test_a_vehicle_that_left_early_comes_back() -> None:
    """The same station, a new session."""
    scene = Scene()
    scene.ev.loops = 0
    first = scene.run()
    good(first)
    assert first.names == ["SessionSetupReq", "SessionStopReq"]
    scene.ev.loops = 3
    second = scene.run()
    good(second)
    assert second.secc.session_id != first.secc.session_id


# --- lost messages ---------------------------------------------------------------------------------------------------------------


@either
def test_any_message_may_get_lost(dc: bool) -> None:
    """Whichever it is: both sides end, the vehicle by its timeout, and the EVSE is told."""
    whole = Scene(dc=dc).run()
    for lost in range(len(whole.said)):
        scene = Scene(dc=dc)
        passed: list[Any] = []

        def changes(message: Any, passed: list[Any] = passed, lost: int = lost) -> Any:
            passed.append(message)
            return None if len(passed) == lost + 1 else message

        pair = scene.run(changes=changes)
        assert pair.ev.over.ending is Ending.TIMEOUT
        assert len(scene.evse.of("ended")) == 1
        assert len(scene.ev.ends) == 1
        assert pair.now - AT < timedelta(seconds=60)
