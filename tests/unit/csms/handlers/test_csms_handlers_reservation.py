"""The end of a reservation is confirmed once it is durable."""

from __future__ import annotations

import pytest

from pilotwire.domain.kinds import Noted
from pilotwire.domain.reservation import ReservationEnded, ReservationUpdateStatus
from pilotwire.errors import StoreError
from tests.support.csms_facts import Bench


@pytest.mark.parametrize("status", list(ReservationUpdateStatus))
async def test_every_end_is_confirmed(status: ReservationUpdateStatus) -> None:
    """Nothing but that."""
    assert await Bench().say(ReservationEnded(reservation_id=7, status=status)) == Noted()


async def test_what_cannot_be_stored_is_not_confirmed() -> None:
    """The station says it again later."""
    bench = Bench()
    bench.journal.is_full = True
    with pytest.raises(StoreError):
        await bench.say(ReservationEnded(reservation_id=7, status=ReservationUpdateStatus.EXPIRED))
