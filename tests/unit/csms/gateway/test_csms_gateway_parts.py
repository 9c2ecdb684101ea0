from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.clock import ManualClock
from pilotwire.csms.gateway.frame_log import FrameLog
from pilotwire.csms.gateway.triggered import triggered_by
from pilotwire.csms.gateway.turned_away import TurnedAway
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.csms.store.ports import LoggedFrame
from pilotwire.ocpp.net.handshake import Handshake
from pilotwire.ocpp.registry import decode_request
from pilotwire.ocpp.version import OcppVersion

NOW = ManualClock().now()


def _logged(*frames: tuple[str, bytes]) -> list[LoggedFrame]:
    store = MemoryStore()
    log = FrameLog("CS001", MemoryJournal(store))
    for direction, frame in frames:
        log.note("in" if direction == "in" else "out", frame, NOW)
    return store.memory.log


# --- frame log ---------------------------------------------------------------------------------------------------------------------


def test_an_answer_is_logged_under_the_action_it_answers() -> None:
    """Both sides may use the same message id at the same time."""
    frames = _logged(
        ("in", b'[2,"1","Heartbeat",{}]'),
        ("out", b'[2,"1","Reset",{}]'),
        ("out", b'[3,"1",{}]'),
        ("in", b'[4,"1","InternalError","",{}]'),
    )
    assert [frame.action for frame in frames] == ["Heartbeat", "Reset", "Heartbeat", "Reset"]


def test_an_answer_to_nothing_has_no_action() -> None:
    """It is kept all the same."""
    (frame,) = _logged(("in", b'[3,"9",{}]'))
    assert (frame.message_id, frame.action) == ("9", "")


@given(st.binary(max_size=200), st.sampled_from(["in", "out"]))
def test_whatever_arrives_is_logged(data: bytes, direction: str) -> None:
    """Nothing makes the log fail."""
    (frame,) = _logged((direction, data))
    assert frame.frame == data.decode("utf-8", "replace")


def test_a_key_that_is_set_is_masked() -> None:
    """The 1.6 authorization key, in the only direction it travels."""
    frame = b'[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"00FF"}]'
    sent, received = _logged(("out", frame), ("in", b'[2,"1","DataTransfer",{"vendorId":"v","data":"value"}]'))
    assert sent.frame == '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"***"}]'
    assert '"data":"value"' in received.frame


# --- triggers ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "action", "payload", "sends"),
    [
        (OcppVersion.V16, "TriggerMessage", b'{"requestedMessage":"StatusNotification"}', {"StatusNotification"}),
        (
            OcppVersion.V16,
            "ExtendedTriggerMessage",
            b'{"requestedMessage":"SignChargePointCertificate"}',
            {"SignCertificate"},
        ),
        (
            OcppVersion.V201,
            "TriggerMessage",
            b'{"requestedMessage":"SignV2GCertificate"}',
            {"SignCertificate"},
        ),
        (OcppVersion.V201, "GetReport", b'{"requestId":1}', {"NotifyReport"}),
        (OcppVersion.V201, "ClearCache", b"{}", set()),
        (
            OcppVersion.V16,
            "DataTransfer",
            b'{"vendorId":"org.openchargealliance.iso15118pnc","messageId":"TriggerMessage","data":"{}"}',
            {"DataTransfer"},
        ),
        (OcppVersion.V16, "DataTransfer", b'{"vendorId":"com.example","messageId":"TriggerMessage"}', set()),
    ],
)
def test_a_request_makes_a_station_send_these(
    version: OcppVersion, action: str, payload: bytes, sends: set[str]
) -> None:
    """By their names in the version."""
    assert set(triggered_by(action, decode_request(version, action, payload))) == sends


# --- who was turned away -----------------------------------------------------------------------------------------------------------


def test_the_same_reason_is_kept_once_a_minute_and_a_flood_not_at_all() -> None:
    """A station with a wrong password tries every few seconds; strangers try many names."""
    clock, store = ManualClock(), MemoryStore()
    away = TurnedAway(MemoryJournal(store), clock, limit=3)
    one = Handshake(identity="CS001", path="/CS001", remote="10.0.0.1:5")
    for _ in range(5):
        away.note(one, "wrong password")
    assert len(store.memory.findings) == 1
    for number in range(50):
        away.note(Handshake(identity=f"X{number}", path="/", remote="10.0.0.2:5"), "unknown")
    away.note(Handshake(identity="", path="/", remote="10.0.0.3:5"), "no identity")
    assert len(store.memory.findings) == 3
    clock.advance(60)
    away.note(one, "wrong password")
    assert len(store.memory.findings) == 4
