"""Whatever a station answers: the vehicle's sessions of ISO 15118-2 and DIN SPEC 70121 ask with what can be encoded, or end."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.iso15118 import din, iso2, xmldsig
from pilotwire.iso15118.codecs import DIN, ISO2
from tests.support.exi_instances import Impossible, Maker
from tests.support.iso15118_scenes import AT, Scene
from tests.support.iso15118_walk import Walk, kinds_of

MESSAGES = 12
RESPONSES = {each.__name__: each for each in kinds_of(iso2, "Res")}
RESPONSES_DIN = {each.__name__: each for each in kinds_of(din, "Res")}


def made_up(maker: Maker, kind: type[Any]) -> Any:
    """A valid instance with any content; None: there is none without foreign content."""
    try:
        return maker.make(kind)
    except Impossible:
        return None


def receipts(**how: Any) -> Scene:
    """A station that asks for receipts."""
    made = Scene(**how)
    made.evse.offers(receipts=1)
    return made


WALKS = (
    Walk(receipts),
    Walk(lambda: receipts(dc=True)),
    Walk(lambda: receipts(pnc=True)),
    Walk(lambda: receipts(dc=True, pnc=True)),
    Walk(lambda: receipts(dc=True, din=True)),
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(WALKS), st.integers(0, 2**32))
def test_any_talk_ends_well(walk: Walk, seed: int) -> None:
    """The response that is due, with any content and any signature, from any state on."""
    chance = Random(seed)
    session = walk.vehicle_in(chance.choice(walk.run().answered)[0])
    protocol, schemas = (din, DIN) if session.schemas is DIN else (iso2, ISO2)
    kinds = RESPONSES_DIN if protocol is din else RESPONSES
    maker = Maker(schemas, chance, full=chance.choice([None, True, False]))
    for _ in range(MESSAGES):
        body = made_up(maker, kinds[session.state])
        signature = made_up(maker, xmldsig.Signature) if chance.randrange(2) else None
        if body is None:
            continue
        if chance.randrange(4):
            body = msgspec.structs.replace(body, response_code="OK")
        session_id = session.session_id if any(session.session_id) else b"\1"
        header = protocol.MessageHeader(session_id=session_id, signature=signature)
        message = protocol.V2G_Message(header=header, body=protocol.Body(body_element=body))
        ask = session.feed(schemas.decode(schemas.encode(message)), AT)
        assert (ask is None) is (session.over is not None)
        if ask is None:
            break
        schemas.encode(ask.message)
    session.dropped(AT)
    assert session.ev.ends == [session.over]
