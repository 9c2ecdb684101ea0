"""Hierarchies at random: our verdict is that of `openssl verify`, and that of our own shorter check."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.pki import ChainFault, Purpose, check_chain, explain
from tests.support.pki_forge import NOW, Forger, Wish, altered, root
from tests.support.pki_openssl import needs_openssl, verify

_TIMES = st.sampled_from([(-100.0, 900.0), (-100.0, 900.0), (-100.0, -1.0), (1.0, 900.0)])
_LEAF, _ROOTS, _POOL = 9, 10, 11


@dataclass(frozen=True)
class World:
    """A chain, what else lies about, and what is trusted."""

    sent: tuple[x509.Certificate, ...]
    pool: tuple[x509.Certificate, ...]
    roots: tuple[x509.Certificate, ...]


@st.composite
def ca(draw: st.DrawFn, name: str, spoiled: bool) -> Wish:
    """A CA: a good one, or one that may be wrong in some way."""
    if not spoiled:
        return Wish(name, path_length=draw(st.sampled_from([None, None, 3])), ids=draw(st.booleans()))
    since, until = draw(_TIMES)
    return Wish(
        name,
        ca=draw(st.sampled_from([True, True, False])),
        path_length=draw(st.sampled_from([None, 0, 1])),
        usage=draw(st.sampled_from([(), (), ("crl_sign",), None])),
        since=since,
        until=until,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A hierarchy of up to four CAs; at up to two places something may be wrong, missing, altered or not trusted."""
    spoiled = draw(st.lists(st.sampled_from([0, 1, 2, 3, _LEAF, _ROOTS, _POOL]), max_size=2))
    signer = root(f"root {draw(st.integers(0, 1))}")
    roots, cas = [signer.certificate], list[x509.Certificate]()
    for place in range(draw(st.integers(0, 4))):
        signer = signer.signs(draw(ca(f"sub {place}", place in spoiled)))
        cas.insert(0, signer.certificate)
    leaf = _leaf(draw, signer, _LEAF in spoiled)
    if _ROOTS in spoiled:
        roots = [draw(st.sampled_from([*cas, root("somebody else").certificate]))]
    shuffled = draw(st.permutations(cas))
    cut = draw(st.integers(0, len(cas)))
    pool = shuffled[cut + (_POOL in spoiled) :]
    return World((leaf, *shuffled[:cut]), tuple(pool), tuple(roots))


def _leaf(draw: st.DrawFn, signer: Forger, spoiled: bool) -> x509.Certificate:
    if not spoiled:
        return signer.leaf(ids=draw(st.booleans()))
    since, until = draw(_TIMES)
    usage = draw(st.sampled_from([("digital_signature",), ("content_commitment",)]))
    leaf = signer.leaf(since=since, until=until, usage=usage)
    return altered(leaf) if draw(st.booleans()) else leaf


@needs_openssl
@settings(max_examples=70)
@given(world=worlds(), purpose=st.sampled_from([Purpose.ANY, Purpose.SERVER, Purpose.CLIENT]))
def test_openssl_says_the_same(world: World, purpose: Purpose) -> None:
    found = explain(world.sent, world.pool, world.roots, NOW, purpose=purpose)
    with tempfile.TemporaryDirectory() as folder:
        good, said = verify(Path(folder), world.sent, world.pool, world.roots, NOW, purpose=purpose.value)
    assert found.good is good, (said, [each.what for each in found.defects])


@settings(max_examples=70)
@given(world=worlds())
def test_what_is_explained_as_good_passes_the_short_check_too(world: World) -> None:
    """The short check, which users of the room have, refuses nothing of what is good when it is given the path that was found."""
    found = explain(world.sent, world.pool, world.roots, NOW)
    if found.good and len(found.path) > 1:
        assert check_chain(found.path[:-1], world.roots, NOW)[-1] == found.root
    elif not found.good:
        with pytest.raises(ChainFault):
            check_chain(found.path, world.roots, NOW)
