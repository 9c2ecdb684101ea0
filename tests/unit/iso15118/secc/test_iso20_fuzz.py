"""Whatever a vehicle says in whatever order: the station's session of ISO 15118-20 answers with what can be encoded, or ends."""

from __future__ import annotations

from random import Random
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.iso15118.charging import PENDING, Control, Identification, Isolation, Transfer
from pilotwire.iso15118.iso20.common_types import V2GRequest
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.table import AC_TABLE, DC_TABLE, SIDE_STREAMS, SIDE_TABLE, main_stream
from pilotwire.iso15118.secc.ports import Decision
from tests.support.exi_instances import Impossible, Maker
from tests.support.iso15118_vehicle20 import Vehicle20, with_header

STATES = sorted(set(AC_TABLE) | set(DC_TABLE))
MESSAGES = 12


def invented(cls: type[V2GRequest], peer: Vehicle20, chance: Random) -> V2GRequest | None:
    """A valid request with any content, for this session."""
    try:
        made = cast(V2GRequest, Maker(main_stream(cls)[0], chance).make(cls))
    except Impossible:
        return None
    return with_header(made, session_id=peer.session_id)


def arrives(transfer: Transfer, control: Control, state: str) -> Vehicle20:
    peer = Vehicle20(transfer, control)
    peer.evse.offers(standby=True, renegotiation=True, receipts=2, identification=tuple(Identification))
    peer.evse.decisions = [Decision.ACCEPTED]
    table = DC_TABLE if transfer.dc else AC_TABLE
    goal = state if state in table else states.CHARGE_LOOP
    return peer.reaches(goal)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(list(Transfer)),
    st.sampled_from(list(Control)),
    st.sampled_from(STATES),
    st.integers(0, 2**32),
)
def test_any_talk_ends_well(transfer: Transfer, control: Control, state: str, seed: int) -> None:
    """The requests are mostly such as may come; the vehicle's helper sends and takes everything through EXI."""
    chance = Random(seed)
    peer = arrives(transfer, control, state)
    peer.evse.isolations = [PENDING, Isolation.VALID]
    peer.evse.contactors = [PENDING, True]
    table = DC_TABLE if transfer.dc else AC_TABLE
    for _ in range(MESSAGES):
        if peer.session.over is not None:
            break
        side = chance.choice([None, None, *SIDE_STREAMS]) if peer.state in SIDE_TABLE else None
        cls = chance.choice(sorted(SIDE_STREAMS[side] if side else table[peer.state], key=lambda each: each.__name__))
        request = invented(cls, peer, chance)
        if request is None:
            continue
        response = peer.sends(request, side) or peer.again() or peer.waits()
        failed = response.response_code.startswith("FAILED")
        assert failed is (peer.session.over is not None and peer.session.over.ending == "failed")
    peer.session.dropped(peer.now)
    assert len(peer.evse.of("ended")) == 1
    assert all(each == each.strip() and each.endswith(".") for each in peer.session.findings)
