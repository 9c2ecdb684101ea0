"""Reservations where the versions differ: what 1.6 and 2.0.1 cannot say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Noted
from pilotwire.domain.reservation import (
    CancelReservation,
    Reservation,
    ReservationEnded,
    ReservationUpdateStatus,
    ReserveNow,
)
from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, V16, V21, V201

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA = IdToken(value="ANNA", type="ISO14443")


def wanted(**more: Any) -> ReserveNow:
    """A reservation for Anna until noon."""
    return ReserveNow(reservation=Reservation(reservation_id=9, expires_at=NOON, id_token=ANNA, **more))


UNSAYABLE = [
    (V16, wanted(connector_type="cCCS2"), "by its type"),
    (V16, wanted(evse=0), "connector from 1 on"),
    (V16, wanted(group=IdToken(value="x" * 21)), "at most 20"),
    (V201, wanted(evse=0), "EVSE from 1 on"),
    (V201, wanted(connector_type="cNew"), "ReserveNow"),
    (V21, wanted(evse=0), "EVSE from 1 on"),
    (V21, wanted(connector_type="c" * 21), "ReserveNow"),
    (V21, CancelReservation(reservation_id=-1), "CancelReservation"),
]


@pytest.mark.parametrize(("version", "command", "why"), UNSAYABLE)
def test_what_a_version_has_no_words_for(version: OcppVersion, command: Any, why: str) -> None:
    """It is refused before a byte is sent, with a sentence."""
    with pytest.raises(NotSayable) as refused:
        DIALECTS[version].write_command(command)
    assert why in str(refused.value)


def test_2_1_takes_types_of_connectors_that_2_0_1_does_not_know() -> None:
    """There the list is open."""
    (request,) = DIALECTS[V21].write_command(wanted(connector_type="cNew"))
    assert DIALECTS[V21].read_command(request) == wanted(connector_type="cNew")


@pytest.mark.parametrize("version", list(OcppVersion), ids=str)
@pytest.mark.parametrize("status", list(ReservationUpdateStatus))
def test_who_tells_how_a_reservation_ended(version: OcppVersion, status: ReservationUpdateStatus) -> None:
    """1.6 never does; 2.0.1 does not know NoTransaction."""
    request = DIALECTS[version].write_fact(ReservationEnded(reservation_id=9, status=status))
    quiet = version is V16 or (version is V201 and status is ReservationUpdateStatus.NO_TRANSACTION)
    assert (request is None) is quiet


def test_nobody_can_answer_what_1_6_never_tells() -> None:
    """A mistake of ours."""
    ended = ReservationEnded(reservation_id=9, status=ReservationUpdateStatus.EXPIRED)
    with pytest.raises(MisuseError):
        DIALECTS[V16].write_verdict(ended, Noted())
