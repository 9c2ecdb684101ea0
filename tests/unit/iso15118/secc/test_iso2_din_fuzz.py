"""Whatever a vehicle says: the station's sessions of ISO 15118-2 and DIN SPEC 70121 answer with what can be encoded, or end."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.iso15118 import din, iso2, xmldsig
from pilotwire.iso15118.charging import PENDING, Ending, Isolation
from pilotwire.iso15118.codecs import DIN, ISO2
from tests.support.exi_instances import Impossible, Maker
from tests.support.iso15118_scenes import AT, Scene
from tests.support.iso15118_walk import Walk

MESSAGES = 12


def made_up(maker: Maker, kind: type[Any]) -> Any:
    """A valid instance with any content; None: there is none without foreign content."""
    try:
        return maker.make(kind)
    except Impossible:
        return None


def slow(**how: Any) -> Scene:
    """Everything takes a while, and receipts are asked for."""
    made = Scene(**how).slow_station
    made.evse.offers(receipts=1)
    return made


WALKS = (
    Walk(slow),
    Walk(lambda: slow(dc=True)),
    Walk(lambda: slow(pnc=True)),
    Walk(lambda: slow(dc=True, pnc=True)),
    Walk(lambda: slow(dc=True, din=True)),
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(WALKS), st.integers(0, 2**32))
def test_any_talk_ends_well(walk: Walk, seed: int) -> None:
    """Requests that may come, with any content and any signature, from any state on."""
    chance = Random(seed)
    session = walk.station_in(chance.choice(walk.run().asked)[0])
    session.evse.isolations, session.evse.contactors = [PENDING, Isolation.VALID], [PENDING, True]
    protocol, schemas = (din, DIN) if session.schemas is DIN else (iso2, ISO2)
    maker = Maker(schemas, chance, full=chance.choice([None, True, False]))
    for _ in range(MESSAGES):
        if session.over is not None:
            break
        kinds = sorted(session.table[session.state], key=lambda each: str(each.__name__))
        body = made_up(maker, chance.choice(kinds))
        signature = made_up(maker, xmldsig.Signature) if chance.randrange(2) else None
        if body is None:
            continue
        header = protocol.MessageHeader(session_id=session.session_id, signature=signature)
        message = protocol.V2G_Message(header=header, body=protocol.Body(body_element=body))
        reply = session.feed(schemas.decode(schemas.encode(message)), AT)
        while reply is None:
            reply = session.again(AT)
        code = schemas.decode(schemas.encode(reply.message)).body.body_element.response_code
        assert code.startswith("FAILED") is (session.over is not None and session.over.ending is Ending.FAILED)
    session.dropped(AT)
    assert len(session.evse.of("ended")) == 1
    assert all(each == each.strip() and each.endswith((".", ")")) for each in session.findings)
