"""Cards: whom the station asks, what it remembers, whom it lets charge without a line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    ClearCache,
    ClearCacheOutcome,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import EventKind, StoppedReason
from pilotwire.station.core.memory import CacheMemory
from tests.support.station_world import GROUP, StationWorld, accepted, not_accepted


def _asked(world: StationWorld) -> list[str]:
    return [fact.id_token.value for fact in world.csms.heard if isinstance(fact, AuthorizationAsked)]


def _known(*tokens: str, **variables: str) -> StationWorld:
    """A station that has these cards in its cache."""
    world = StationWorld(variables=variables)
    for token in tokens:
        world.tap(token)
        world.tap(token)
    world.csms.heard.clear()
    return world


@pytest.mark.req("C01.FR.01", "C01.FR.02")
def test_an_unknown_card_is_asked_about_before_any_energy() -> None:
    """No answer, no energy; Accepted, energy."""
    world = StationWorld()
    world.csms.silent = lambda fact: isinstance(fact, AuthorizationAsked)
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(25)
    assert _asked(world) == ["ANNA"]
    assert car.meter.delivered_wh == 0
    world.csms.silent = lambda _: False
    world.cut()
    world.connect()
    world.tap("ANNA")
    world.pass_time(60)
    assert car.meter.delivered_wh > 0


@pytest.mark.parametrize("status", [one for one in AuthorizationStatus if one is not AuthorizationStatus.ACCEPTED])
def test_a_card_that_is_not_accepted_gets_nothing(status: AuthorizationStatus) -> None:
    """Whatever the reason, and the display says it."""
    world = StationWorld()
    world.csms.tokens["EVE"] = not_accepted(status)
    car = world.plug()
    world.tap("EVE")
    world.pass_time(60)
    assert car.meter.delivered_wh == 0
    assert status.value in world.hardware.display[1]


@pytest.mark.req("C01.FR.03", "C09.FR.07")
def test_the_same_card_stops_without_asking() -> None:
    """No second AuthorizeRequest."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.tap("ANNA")
    assert _asked(world) == ["ANNA"]
    assert world.transaction is None


@pytest.mark.req("C09.FR.03", "C09.FR.05")
def test_a_card_of_the_same_group_stops_after_asking() -> None:
    """It is not known here, so the CSMS is asked; its group is the same."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.tap("BERT")
    assert _asked(world) == ["ANNA", "BERT"]
    last = world.csms.events[-1]
    assert last.kind is EventKind.ENDED
    assert last.id_token is not None
    assert last.id_token.value == "BERT"


@pytest.mark.req("C01.FR.03", "C09.FR.07")
def test_a_known_card_of_the_same_group_stops_without_asking() -> None:
    """Both are in the cache."""
    world = _known("BERT")
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.tap("BERT")
    assert _asked(world) == ["ANNA"]
    assert world.transaction is None


def test_a_stranger_does_not_stop() -> None:
    """Another card, no group in common."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.tap("CARL")
    assert world.transaction == "tx-1"


@pytest.mark.req("C09.FR.11")
def test_a_blocked_card_of_the_group_does_not_stop() -> None:
    """The group alone is not enough."""
    world = StationWorld()
    world.csms.tokens["BERT"] = AuthorizationVerdict(status=AuthorizationStatus.BLOCKED, group=GROUP)
    world.plug()
    world.tap("ANNA")
    world.pass_time(30)
    world.tap("BERT")
    assert world.transaction == "tx-1"


@pytest.mark.req("C12.FR.02", "C12.FR.04")
def test_a_known_card_starts_at_once_if_so_configured() -> None:
    """LocalPreAuthorize: no AuthorizeRequest; the token is in the event."""
    world = _known("ANNA", **{"AuthCtrlr.LocalPreAuthorize": "true"})
    car = world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert _asked(world) == []
    assert car.meter.delivered_wh > 0
    assert any(event.id_token is not None for event in world.csms.events)


@pytest.mark.req("C10.FR.03", "C12.FR.05")
def test_a_card_known_as_bad_is_asked_about_again() -> None:
    """It may have become good."""
    world = StationWorld(variables={"AuthCtrlr.LocalPreAuthorize": "true"})
    world.csms.tokens["EVE"] = not_accepted()
    world.tap("EVE")
    world.csms.tokens["EVE"] = accepted()
    world.tap("EVE")
    assert _asked(world) == ["EVE", "EVE"]
    assert world.transaction is not None


@pytest.mark.req("C10.FR.01", "C10.FR.02", "C10.FR.04")
def test_the_cache_outlives_a_power_failure() -> None:
    """Known before, known after; whatever the verdict was."""
    world = _known("ANNA")
    world.cut()
    world.kill()
    world.plug()
    world.tap("ANNA")
    assert world.core.overview().evses[0].id_token == "ANNA"


@pytest.mark.req("C10.FR.05", "C12.FR.06")
def test_the_answer_to_an_event_renews_the_cache() -> None:
    """Accepted when asked, blocked when told of: it is blocked offline."""
    world = StationWorld()
    world.csms.in_transactions["ANNA"] = not_accepted(AuthorizationStatus.BLOCKED)
    world.plug()
    world.tap("ANNA")
    world.cut()
    world.tap("ANNA")
    assert world.core.overview().evses[0].id_token is None


@pytest.mark.req("C10.FR.08", "C10.FR.10")
def test_an_entry_expires_after_its_lifetime() -> None:
    """AuthCacheLifeTime."""
    world = _known("ANNA", **{"AuthCacheCtrlr.LifeTime": "100"})
    world.cut()
    world.pass_time(101)
    world.tap("ANNA")
    assert world.transaction is None
    assert "Expired" in world.hardware.display[1]


@pytest.mark.req("C10.FR.10", "C10.FR.13")
def test_an_entry_expires_at_its_own_end() -> None:
    """cacheExpiryDateTime goes before the lifetime."""
    world = StationWorld()
    world.csms.tokens["ANNA"] = changed(accepted(), expires_at=world.now + timedelta(seconds=50))
    world.tap("ANNA")
    world.tap("ANNA")
    world.cut()
    world.pass_time(51)
    world.tap("ANNA")
    assert world.transaction is None


@pytest.mark.req("C10.FR.07")
def test_a_full_cache_forgets_the_oldest() -> None:
    """Room for two."""
    world = StationWorld(cache_limit=2)
    for token in ("ANNA", "BERT", "CARL"):
        world.tap(token)
        world.tap(token)
        world.pass_time(1)
    saved = world.storage.load()
    assert saved is not None
    assert set(saved.part(CacheMemory).entries) == {"bert", "carl"}


@pytest.mark.req("C10.FR.11", "C11.FR.04")
def test_without_a_cache_nothing_is_remembered() -> None:
    """AuthCacheEnabled false: offline nobody is known, and there is nothing to clear."""
    world = _known("ANNA", **{"AuthCacheCtrlr.Enabled": "false"})
    assert world.command(ClearCache()) == ClearCacheOutcome(accepted=False)
    world.cut()
    world.tap("ANNA")
    assert world.transaction is None


@pytest.mark.req("C11.FR.01", "C11.FR.02", "C11.FR.03")
def test_a_cleared_cache_knows_nobody() -> None:
    """Offline the card is unknown after it."""
    world = _known("ANNA")
    assert world.command(ClearCache()) == ClearCacheOutcome(accepted=True)
    world.cut()
    world.tap("ANNA")
    assert world.transaction is None


@pytest.mark.parametrize(
    ("variables", "token", "charges"),
    [
        ({}, "ANNA", True),
        ({}, "NOBODY", False),
        ({"AuthCtrlr.LocalAuthorizeOffline": "false"}, "ANNA", False),
        ({"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}, "NOBODY", True),
        ({"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}, "EVE", False),
    ],
)
@pytest.mark.req("C15.FR.08")
def test_who_may_charge_without_a_line(variables: dict[str, str], token: str, charges: bool) -> None:
    """Known good cards if allowed, unknown ones only by choice, known bad ones never."""
    world = StationWorld(variables=variables)
    world.csms.tokens["EVE"] = not_accepted()
    for known in ("ANNA", "EVE"):
        world.tap(known)
        if world.transaction:
            world.tap(known)
    world.cut()
    world.plug()
    world.tap(token)
    assert (world.core.overview().evses[0].id_token is not None) is charges


@pytest.mark.req("C15.FR.01")
def test_an_unknown_card_accepted_offline_is_not_remembered() -> None:
    """Only the CSMS makes entries."""
    world = StationWorld(online=False, variables={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    world.tap("NOBODY")
    saved = world.storage.load()
    assert saved is not None
    assert saved.part(CacheMemory).entries == {}


@pytest.mark.req("C16.FR.02", "C12.FR.09", "C16.FR.03", "C16.FR.08")
def test_the_master_pass_stops_everything_and_starts_nothing() -> None:
    """A token of the master group, at a station with two charges."""
    world = StationWorld(station="ac-22-dual", variables={"AuthCtrlr.MasterPassGroupId": "RESCUE"})
    world.csms.tokens["FIRE"] = accepted(IdToken(value="rescue", type="Central"))
    for evse, token in ((1, "ANNA"), (2, "CARL")):
        world.plug(evse)
        world.tap(token, evse)
    world.pass_time(30)
    world.tap("FIRE", None)
    ended = [event.stopped_reason for event in world.csms.events if event.kind is EventKind.ENDED]
    assert ended == [StoppedReason.MASTER_PASS] * 2
    world.tap("FIRE", 1)
    assert world.transaction is None


@pytest.mark.req("C02.FR.01")
def test_free_charging_needs_no_card() -> None:
    """AuthCtrlr.Enabled false: the plug is enough, the token is of type NoAuthorization and empty."""
    world = StationWorld(variables={"AuthCtrlr.Enabled": "false"})
    car = world.plug()
    world.pass_time(60)
    assert car.meter.delivered_wh > 0
    tokens = [event.id_token for event in world.csms.events if event.id_token is not None]
    assert tokens == [IdToken(value="", type="NoAuthorization")]


@pytest.mark.req("C01.FR.21")
def test_a_card_for_another_evse_is_turned_away() -> None:
    """The verdict names the EVSEs it is good for."""
    world = StationWorld(station="ac-22-dual")
    world.csms.tokens["ANNA"] = changed(accepted(), evses=(2,))
    world.plug(1)
    world.tap("ANNA", 1)
    assert world.core.overview().evses[0].id_token is None
    world.plug(2)
    world.tap("ANNA", 2)
    assert world.core.overview().evses[1].id_token == "ANNA"


def test_at_a_shared_reader_the_vehicle_plugged_in_last_is_meant() -> None:
    """And the card of a running charge means that one."""
    world = StationWorld(station="ac-22-dual")
    world.plug(1)
    world.pass_time(5)
    world.plug(2)
    world.tap("ANNA", None)
    assert [evse.id_token for evse in world.core.overview().evses] == [None, "ANNA"]
    world.tap("CARL", None)
    assert [evse.id_token for evse in world.core.overview().evses] == ["CARL", "ANNA"]
    world.tap("ANNA", None)
    assert [evse.id_token for evse in world.core.overview().evses] == ["CARL", None]


def test_at_a_shared_reader_a_card_may_come_first() -> None:
    """It waits for the next vehicle, as long as EVConnectionTimeOut."""
    world = StationWorld(station="ac-22-dual")
    world.tap("ANNA", None)
    world.plug(2)
    assert world.core.overview().evses[1].id_token == "ANNA"
    assert world.csms.told() == [("Started", "Authorized"), ("Updated", "CablePluggedIn")]
    world.tap("CARL", None)
    world.pass_time(61)
    world.plug(1)
    assert world.core.overview().evses[0].id_token is None


def test_a_second_tap_while_the_first_is_asked_about_is_ignored() -> None:
    """One question at a time for an EVSE."""
    world = StationWorld()
    world.csms.silent = lambda fact: isinstance(fact, AuthorizationAsked)
    world.tap("ANNA")
    world.tap("ANNA")
    assert _asked(world) == ["ANNA"]
