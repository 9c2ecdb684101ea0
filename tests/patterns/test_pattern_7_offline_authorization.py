"""Pattern 7, offline authorization: nobody charges on a verdict that has ended or was taken back, and what was let through is put right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, ClearCache, ClearCacheOutcome
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.local_list import ListEntry, SendLocalList, SendLocalListOutcome, SendLocalListStatus, UpdateType
from pilotwire.station.core.memory import CacheMemory
from tests.support.pattern_moves import but, of_transactions, setting
from tests.support.scripted_csms import accepting, scripted_csms
from tests.support.station_lab import CARD, VERSIONS, Lab, lab
from tests.support.station_world import GROUP, StationWorld, accepted, not_accepted

each_family = pytest.mark.parametrize("ocpp16", [True, False], ids=["1.6", "2.x"])
each_version = pytest.mark.parametrize("version", VERSIONS)
REFUSED = [one for one in AuthorizationStatus if one is not AuthorizationStatus.ACCEPTED]
UNKNOWN_TOO = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
NOT_OFFLINE = {"AuthCtrlr.LocalAuthorizeOffline": "false"}


def _known(ocpp16: bool, verdict: AuthorizationVerdict | None = None, **variables: str) -> StationWorld:
    """A station that has asked about ANNA once and stands without a line now."""
    world = StationWorld(ocpp16=ocpp16, variables=variables)
    if verdict is not None:
        world.csms.tokens["ANNA"] = verdict
    world.tap("ANNA")
    world.pass_time(61)  # nobody plugs in
    return world


def _offline(world: StationWorld) -> StationWorld:
    world.cut()
    return world


def _listed(world: StationWorld, **tokens: AuthorizationVerdict | None) -> StationWorld:
    entries = tuple(ListEntry(id_token=IdToken(value=name), info=verdict) for name, verdict in tokens.items())
    outcome = world.command(SendLocalList(version=1, update=UpdateType.FULL, entries=entries))
    assert isinstance(outcome, SendLocalListOutcome)
    assert outcome.status is SendLocalListStatus.ACCEPTED
    return world


def _charges(world: StationWorld, token: str = "ANNA") -> bool:
    """Whether a vehicle gets energy for a card, here and now."""
    car = world.plug()
    world.tap(token)
    world.pass_time(30, step=5)
    return car.meter.delivered_wh > 0


# --- the cache --------------------------------------------------------------------------------------------------------------


@each_family
def test_who_is_known_charges(ocpp16: bool) -> None:
    """The measure for all that follows."""
    assert _charges(_offline(_known(ocpp16)))


@pytest.mark.req("C10.FR.08", "C10.FR.10")
@each_family
@pytest.mark.parametrize(("age", "charges"), [(35, True), (45, False), (100_000, False)])
def test_a_verdict_past_its_life_is_none(ocpp16: bool, age: int, charges: bool) -> None:
    """AuthCacheLifeTime 100 s, counted from the verdict; 61 of them have passed."""
    world = _offline(_known(ocpp16, **{"AuthCacheCtrlr.LifeTime": "100"}))
    world.pass_time(age)
    assert _charges(world) is charges


@pytest.mark.req("C10.FR.10")
@each_family
@pytest.mark.parametrize(("expires", "charges"), [(3600, True), (90, False)])
def test_a_verdict_past_its_own_end_is_none(ocpp16: bool, expires: int, charges: bool) -> None:
    """expiryDate of 1.6, cacheExpiryDateTime of 2.x."""
    until = StationWorld().now + timedelta(seconds=expires)
    world = _offline(_known(ocpp16, changed(accepted(), expires_at=until)))
    world.pass_time(60)
    assert _charges(world) is charges


@each_family
@pytest.mark.parametrize("status", REFUSED, ids=[status.value for status in REFUSED])
@pytest.mark.parametrize("variables", [{}, UNKNOWN_TOO], ids=["known only", "unknown too"])
def test_who_was_refused_is_refused(ocpp16: bool, status: AuthorizationStatus, variables: dict[str, str]) -> None:
    """Every verdict but Accepted; that unknown cards may charge does not help one that is known as bad."""
    assert not _charges(_offline(_known(ocpp16, not_accepted(status), **variables)))


@pytest.mark.req("C11.FR.01", "C11.FR.02")
@each_family
@pytest.mark.parametrize("power", ["on", "off"])
def test_a_cleared_cache_is_empty(ocpp16: bool, power: str) -> None:
    """At once and for good: not in memory, not on disk, not after a power failure."""
    world = _known(ocpp16)
    assert world.command(ClearCache()) == ClearCacheOutcome(accepted=True)
    saved = world.storage.load()
    assert saved is not None
    assert not saved.part(CacheMemory).entries
    world.cut()
    if power == "off":
        world.kill()
    assert not _charges(world)


@each_family
@pytest.mark.parametrize(
    ("variables", "token", "charges"),
    [
        ({}, "NOBODY", False),
        (UNKNOWN_TOO, "NOBODY", True),
        (NOT_OFFLINE, "ANNA", False),
        ({"AuthCacheCtrlr.Enabled": "false"}, "ANNA", False),
        ({"AuthCacheCtrlr.Enabled": "false"} | UNKNOWN_TOO, "ANNA", True),
    ],
    ids=["stranger", "stranger allowed", "not offline", "no cache", "no cache, strangers allowed"],
)
def test_the_switches(ocpp16: bool, variables: dict[str, str], token: str, charges: bool) -> None:
    """LocalAuthorizeOffline, OfflineTxForUnknownId, AuthCacheEnabled."""
    world = _offline(_known(ocpp16, **variables))
    car = world.plug()
    world.tap(token)
    world.pass_time(30, step=5)
    assert (car.meter.delivered_wh > 0) is charges


@each_family
def test_a_card_in_other_letters_is_the_same_card(ocpp16: bool) -> None:
    """Identifiers are compared without case."""
    assert _charges(_offline(_known(ocpp16)), "anna")


# --- the list -----------------------------------------------------------------------------------------------------------------


@pytest.mark.req("C13.FR.01", "1.6:3.5.2")
@each_family
@pytest.mark.parametrize("status", REFUSED, ids=[status.value for status in REFUSED])
@pytest.mark.parametrize("variables", [{}, UNKNOWN_TOO], ids=["known only", "unknown too"])
def test_refused_on_the_list_though_accepted_in_the_cache(
    ocpp16: bool, status: AuthorizationStatus, variables: dict[str, str]
) -> None:
    """The list counts more."""
    world = _listed(_known(ocpp16, **variables), ANNA=not_accepted(status))
    assert not _charges(_offline(world))


@each_family
def test_accepted_on_the_list_though_refused_in_the_cache(ocpp16: bool) -> None:
    """The other way round too."""
    world = _listed(_known(ocpp16, not_accepted(AuthorizationStatus.BLOCKED)), ANNA=accepted())
    assert _charges(_offline(world))


@each_family
@pytest.mark.parametrize(("expires", "charges"), [(3600, True), (90, False)])
def test_an_entry_of_the_list_past_its_end(ocpp16: bool, expires: int, charges: bool) -> None:
    """An entry that has ended lets nobody charge."""
    world = StationWorld(ocpp16=ocpp16)
    _listed(world, CARLA=changed(accepted(), expires_at=world.now + timedelta(seconds=expires)))
    world.cut()
    world.pass_time(100)
    assert _charges(world, "CARLA") is charges


@each_family
@pytest.mark.parametrize("how", ["a full list without it", "a differential one that takes it out"])
def test_taken_off_the_list(ocpp16: bool, how: str) -> None:
    """Nothing of the entry is left."""
    world = _listed(StationWorld(ocpp16=ocpp16), CARLA=accepted(), OTHER=accepted())
    gone = how != "a full list without it"
    entries = (ListEntry(id_token=IdToken(value="CARLA" if gone else "OTHER"), info=None if gone else accepted()),)
    update = UpdateType.DIFFERENTIAL if gone else UpdateType.FULL
    world.command(SendLocalList(version=2, update=update, entries=entries))
    assert not _charges(_offline(world), "CARLA")
    world.unplug()
    assert _charges(world, "OTHER")


@each_family
def test_clearing_the_cache_leaves_the_list(ocpp16: bool) -> None:
    """They are two things."""
    world = _listed(_known(ocpp16), CARLA=accepted())
    world.command(ClearCache())
    world.cut()
    assert not _charges(world, "ANNA")
    world.unplug()
    assert _charges(world, "CARLA")


# --- stopping -----------------------------------------------------------------------------------------------------------------


@each_family
@pytest.mark.parametrize(
    ("token", "verdict", "stops"),
    [
        ("ANNA", None, True),
        ("BERT", accepted(GROUP), True),
        ("CARL", accepted(), False),
        ("DORA", accepted(IdToken(value="OTHERS", type="Central")), False),
        ("EVE", changed(not_accepted(AuthorizationStatus.BLOCKED), group=GROUP), False),
        ("NOBODY", None, False),
    ],
    ids=["itself", "its group", "no group", "another group", "its group, blocked", "a stranger"],
)
def test_who_stops_without_a_line(ocpp16: bool, token: str, verdict: AuthorizationVerdict | None, stops: bool) -> None:
    """The card that began it, and an accepted one of its group that is known; nobody else, whatever else is allowed."""
    world = StationWorld(ocpp16=ocpp16, variables=UNKNOWN_TOO)
    tokens = {"ANNA": accepted(GROUP)} | ({token: verdict} if verdict is not None else {})
    _listed(world, **tokens)
    world.csms.tokens["ANNA"] = accepted(GROUP)
    world.plug()
    world.tap("ANNA")
    world.pass_time(20, step=5)
    world.cut()
    world.tap(token)
    world.pass_time(5, step=1)
    assert (world.core.overview().evses[0].id_token is None) is stops
    assert world.hardware.contactor_closed(1) is not stops


# --- back online ----------------------------------------------------------------------------------------------------------------


def _judging(status: str) -> Any:
    """A CSMS that says this of every card in a transaction."""

    def reply(action: str, payload: Any) -> Any:
        if action == "StartTransaction":
            return {"transactionId": 7, "idTagInfo": {"status": status}}
        if action == "TransactionEvent" and "idToken" in payload:
            return {"idTokenInfo": {"status": status}}
        return accepting(action, payload)

    return reply


async def _charge_offline(one: Lab) -> None:
    await one.until_accepted()
    one.station.line.cut()
    await one.until(lambda: not one.station.line.is_up, "cut")
    one.plug()
    one.tap()
    await one.until_charged()


@pytest.mark.req("C15.FR.04", "1.6:4.8")
@pytest.mark.parametrize("status", ["Invalid", "Blocked", "Expired"])
@each_version
async def test_let_through_offline_and_refused_afterwards(version: str, status: str) -> None:
    """StopTxOnInvalidId: the transaction ends as DeAuthorized, the power is off, and the next time the card is refused offline."""
    async with (
        scripted_csms(version, reply=_judging(status)) as csms,
        lab(csms.url, version, variables=UNKNOWN_TOO) as one,
    ):
        await _charge_offline(one)
        one.station.line.restore()
        await one.until(lambda: not one.station.hardware.contactor_closed(1), "no power")
        await one.until(lambda: one.overview.evses[0].id_token is None, "deauthorized")
        await one.until(lambda: one.overview.waiting == 0, "delivered")
        last = of_transactions(csms)[-1].payload
        if version == "1.6":
            assert last["reason"] == "DeAuthorized"
        else:
            assert last["triggerReason"] == "Deauthorized"
            assert last["transactionInfo"].get("stoppedReason", "DeAuthorized") == "DeAuthorized"
        if one.overview.evses[0].transaction_id is not None:
            one.unplug("vehicle")
            await one.until_ended()
        one.station.line.cut()
        await one.until(lambda: not one.station.line.is_up, "cut")
        one.tap()
        assert one.overview.evses[0].id_token is None


@pytest.mark.req("E05.FR.02", "E05.FR.03", "C15.FR.06")
@each_version
async def test_a_last_amount_for_a_refused_card(version: str) -> None:
    """With an energy limit in the place of the stop the vehicle gets that much and no more than a step beyond it."""
    limit = {"TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.MaxEnergyOnInvalidId": "2000"}
    async with (
        scripted_csms(version, reply=_judging("Invalid")) as csms,
        lab(csms.url, version, variables=UNKNOWN_TOO | limit) as one,
    ):
        await _charge_offline(one)
        one.station.line.restore()
        await one.until(lambda: one.overview.waiting == 0 and csms.heard, "delivered")
        begun = one.vehicle.meter.delivered_wh
        await one.until(lambda: not one.station.hardware.contactor_closed(1), "the limit")
        assert begun < 2000 + 1500
        assert 1500 < one.vehicle.meter.delivered_wh < 4500


@each_version
async def test_let_through_offline_and_accepted_afterwards(version: str) -> None:
    """It just goes on."""
    async with scripted_csms(version) as csms, lab(csms.url, version, variables=UNKNOWN_TOO) as one:
        await _charge_offline(one)
        one.station.line.restore()
        await one.until_charged(500)
        assert one.overview.evses[0].id_token == CARD
        one.tap()
        await one.until_ended()
        assert (
            len({str(call.payload.get("transactionInfo", {}).get("transactionId")) for call in of_transactions(csms)})
            == 1
        )


@each_version
async def test_the_csms_turns_it_off_and_clears_over_the_line(version: str) -> None:
    """ClearCache and LocalAuthorizeOffline by messages: what was possible a moment ago is not any more."""
    async with scripted_csms(version, reply=but("NoSuchAction", None)) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        one.tap()
        await one.until(lambda: one.overview.evses[0].id_token == CARD, "known")
        one.tap()
        assert (await csms.call("ClearCache", {}))["status"] == "Accepted"
        await csms.call(*setting(version, "LocalAuthorizeOffline", ("AuthCtrlr", "LocalAuthorizeOffline"), "true"))
        one.station.line.cut()
        await one.until(lambda: not one.station.line.is_up, "cut")
        one.plug()
        one.tap()
        assert one.overview.evses[0].id_token is None
        assert not one.station.hardware.contactor_closed(1)
