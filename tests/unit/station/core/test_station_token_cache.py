"""The Authorization Cache: what it keeps, for how long, and who makes room (C10, C11)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.device_model import GetVariables, GetVariablesOutcome, VariableName, VariableQuery
from pilotwire.domain.identity import AdditionalInfo, IdToken
from pilotwire.station.core import token_cache
from pilotwire.station.core.memory import CacheMemory
from pilotwire.station.core.token_cache import STORAGE_BYTES
from tests.support.station_world import START, StationWorld, accepted, not_accepted

ASKS_NOBODY = {"AuthCtrlr.LocalPreAuthorize": "true"}


def kept(world: StationWorld) -> set[str]:
    """The tokens in the cache."""
    saved = world.storage.load()
    assert saved is not None
    return {entry.id_token.value for entry in saved.part(CacheMemory).entries.values()}


def small(policy: str, **variables: str) -> StationWorld:
    """A station whose cache holds three tokens."""
    world = StationWorld(cache_limit=3, variables={"AuthCacheCtrlr.Policy": policy, **ASKS_NOBODY, **variables})
    world.csms.tokens = {name: accepted() for name in "ABCDE"} | {"BAD": not_accepted()}
    return world


def shows(world: StationWorld, *tokens: str) -> None:
    """Cards are held to the reader one after the other, and nobody plugs in."""
    for token in tokens:
        world.tap(token)
        world.pass_time(61)


@pytest.mark.req("C10.FR.07")
@pytest.mark.parametrize(
    ("policy", "left"),
    [("LRU", {"A", "C", "D"}), ("LFU", {"A", "C", "D"}), ("FIFO", {"B", "C", "D"})],
    ids=["LRU", "LFU", "FIFO"],
)
def test_room_is_made_by_the_policy(policy: str, left: set[str]) -> None:
    world = small(policy)
    shows(world, "A", "B", "C", "A", "D")
    assert kept(world) == left


@pytest.mark.req("C10.FR.07")
def test_the_least_frequently_used_goes_though_it_came_last() -> None:
    world = small("LFU")
    shows(world, "A", "A", "B", "B", "C", "D")
    assert kept(world) == {"A", "B", "D"}


@pytest.mark.req("C10.FR.07")
def test_by_our_own_policy_the_useless_go_first() -> None:
    world = small("CUSTOM")
    shows(world, "A", "BAD", "B", "C")
    assert kept(world) == {"A", "B", "C"}


def test_bytes_are_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_cache, "STORAGE_BYTES", 400)
    world = small("FIFO")
    shows(world, "A", "B", "C")
    assert kept(world) == {"B", "C"}


def test_its_size_can_be_read() -> None:
    world = small("LRU")
    shows(world, "A")
    name = VariableName(component="AuthCacheCtrlr", variable="Storage")
    outcome = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    assert isinstance(outcome, GetVariablesOutcome)
    assert 0 < int(outcome.results[0].value or "") < STORAGE_BYTES


@pytest.mark.req("C10.FR.08")
def test_a_token_that_is_used_stays_alive() -> None:
    world = small("LRU", **{"AuthCacheCtrlr.LifeTime": "100"})
    shows(world, "A", "A", "A")
    assert len(world.csms.of(AuthorizationAsked)) == 1, "the cache knew"
    world.cut()
    world.pass_time(20)
    world.tap("A")
    assert world.core.overview().evses[0].id_token == "A"
    world.pass_time(200)
    world.tap("A")
    assert world.core.overview().evses[0].id_token is None


@pytest.mark.req("C10.FR.13")
def test_a_token_ends_with_its_own_date() -> None:
    world = StationWorld(variables=ASKS_NOBODY)
    soon = START + timedelta(seconds=100)
    world.csms.tokens["A"] = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, expires_at=soon)
    shows(world, "A")
    world.cut()
    world.pass_time(60)
    world.tap("A")
    assert world.core.overview().evses[0].id_token is None


@pytest.mark.req("C10.FR.14")
def test_additional_info_is_not_kept() -> None:
    world = StationWorld()
    extra = (AdditionalInfo(value="plate", type="licence"),)
    token = IdToken(value="A", type="ISO14443", additional=extra)
    token_cache.remember(world.core._station, token, accepted(IdToken(value="G", type="Central", additional=extra)))
    (entry,) = world.core._station.cache.entries.values()
    assert entry.id_token.additional == ()
    assert entry.verdict.group == IdToken(value="G", type="Central")
