"""The local list in the station: what it takes, what survives, whom it lets charge with and without a line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.availability import Availability, ConnectorState, ConnectorStatus, Problem
from pilotwire.domain.device_model import (
    GetVariables,
    GetVariablesOutcome,
    SetVariables,
    VariableName,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.local_list import (
    GetLocalListVersion,
    ListEntry,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
    UpdateType,
)
from pilotwire.domain.provisioning import Reset, ResetKind
from pilotwire.station.core.local_list import LOCAL_LIST_ENTRIES
from pilotwire.station.core.memory import CacheMemory, LocalListMemory
from tests.support.station_world import GROUP, START, StationWorld, accepted, not_accepted

OTHERS = [one for one in AuthorizationStatus if one is not AuthorizationStatus.ACCEPTED]
PRE = {"AuthCtrlr.LocalPreAuthorize": "true"}
EITHER = pytest.mark.parametrize("ocpp16", [False, True], ids=["2.x", "1.6"])


def _entry(token: str, verdict: AuthorizationVerdict | None) -> ListEntry:
    return ListEntry(id_token=IdToken(value=token), info=verdict)


def _send(
    world: StationWorld, version: int, update: UpdateType = UpdateType.FULL, **tokens: AuthorizationVerdict | None
) -> SendLocalListStatus:
    entries = tuple(_entry(token, verdict) for token, verdict in tokens.items())
    outcome = world.command(SendLocalList(version=version, update=update, entries=entries))
    assert isinstance(outcome, SendLocalListOutcome)
    return outcome.status


def _version(world: StationWorld) -> int | None:
    outcome = world.command(GetLocalListVersion())
    assert isinstance(outcome, LocalListVersion)
    return outcome.version


def _value(world: StationWorld, component: str, variable: str) -> str | None:
    name = VariableName(component=component, variable=variable)
    outcome = world.command(GetVariables(asked=(VariableQuery(name=name),)))
    assert isinstance(outcome, GetVariablesOutcome)
    return outcome.results[0].value


def _set(world: StationWorld, component: str, variable: str, value: str) -> None:
    name = VariableName(component=component, variable=variable)
    world.command(SetVariables(settings=(VariableSetting(name=name, value=value),)))


def _asked(world: StationWorld) -> list[str]:
    return [fact.id_token.value for fact in world.csms.heard if isinstance(fact, AuthorizationAsked)]


def _with_list(*, ocpp16: bool = False, **tokens: AuthorizationVerdict) -> StationWorld:
    """A station that charges listed tokens without asking, with these on its list."""
    world = StationWorld(ocpp16=ocpp16, variables=PRE)
    assert _send(world, 1, **tokens) is SendLocalListStatus.ACCEPTED
    return world


def _charges(world: StationWorld, token: str) -> bool:
    """Whether somebody with this token gets energy."""
    car = world.plug()
    world.tap(token)
    world.pass_time(60)
    return car.meter.delivered_wh > 0


# --- the list --------------------------------------------------------------------------------------------------------


@EITHER
@pytest.mark.req("D01.FR.01", "D01.FR.02", "D02.FR.01", "1.6:5.15", "1.6:5.10")
def test_the_list_has_the_number_it_was_sent_with(ocpp16: bool) -> None:
    """Whole or changed; what does not come after it does not count (1.6: UpdateStatus VersionMismatch)."""
    world = StationWorld(ocpp16=ocpp16)
    assert _send(world, 2, ANNA=accepted()) is SendLocalListStatus.ACCEPTED
    assert _version(world) == 2
    assert _send(world, 5, UpdateType.DIFFERENTIAL, BERT=accepted()) is SendLocalListStatus.ACCEPTED
    assert _version(world) == 5
    assert _send(world, 4, UpdateType.DIFFERENTIAL, CARL=accepted()) is SendLocalListStatus.VERSION_MISMATCH
    assert _version(world) == 5


@EITHER
@pytest.mark.req("D02.FR.02")
def test_a_station_that_was_sent_no_list_says_0(ocpp16: bool) -> None:
    """There is none yet."""
    assert _version(StationWorld(ocpp16=ocpp16)) == 0


@pytest.mark.req("D01.FR.04")
def test_an_empty_list_of_2_x_has_its_number() -> None:
    """And knows nobody any more."""
    world = _with_list(CARL=accepted())
    assert _send(world, 2) is SendLocalListStatus.ACCEPTED
    assert (_version(world), _value(world, "LocalAuthListCtrlr", "Entries")) == (2, "0")


@pytest.mark.req("1.6:5.10")
def test_an_empty_list_of_1_6_has_the_number_0() -> None:
    """However it was emptied; so any change may follow."""
    world = StationWorld(ocpp16=True)
    assert _send(world, 1) is SendLocalListStatus.ACCEPTED
    assert _version(world) == 0
    assert _send(world, 1, UpdateType.DIFFERENTIAL, ANNA=accepted()) is SendLocalListStatus.ACCEPTED
    assert _version(world) == 1
    assert _send(world, 2, UpdateType.DIFFERENTIAL, ANNA=None) is SendLocalListStatus.ACCEPTED
    assert _version(world) == 0


@EITHER
@pytest.mark.req("D01.FR.13", "D02.FR.03")
def test_a_list_that_is_not_enabled_is_none(ocpp16: bool) -> None:
    """No update, no version, no one knows it; the entries are there when it is enabled again."""
    world = _with_list(ocpp16=ocpp16, EVE=accepted())
    _set(world, "LocalAuthListCtrlr", "Enabled", "false")
    assert _version(world) is None
    assert _send(world, 2, ANNA=accepted()) is SendLocalListStatus.NOT_SUPPORTED
    world.cut()
    assert not _charges(world, "EVE")
    world.connect()
    _set(world, "LocalAuthListCtrlr", "Enabled", "true")
    assert _version(world) == 1


@pytest.mark.req("D01.FR.12")
def test_the_station_tells_how_many_tokens_it_has_and_takes() -> None:
    """As variables in 2.x, as keys in 1.6."""
    world = _with_list(ANNA=accepted(), BERT=not_accepted())
    assert _value(world, "LocalAuthListCtrlr", "Entries") == "2"
    assert _value(world, "LocalAuthListCtrlr", "Available") == "true"
    assert _value(world, "LocalAuthListCtrlr", "ItemsPerMessage") == "100"
    assert int(_value(world, "LocalAuthListCtrlr", "BytesPerMessage") or 0) > 0
    old = StationWorld(ocpp16=True)
    assert _value(old, "", "LocalAuthListMaxLength") == str(LOCAL_LIST_ENTRIES)
    assert _value(old, "LocalAuthListCtrlr", "ItemsPerMessage") == "100"
    assert "LocalAuthListManagement" in (_value(old, "", "SupportedFeatureProfiles") or "").split(",")


@pytest.mark.req("D01.FR.11")
def test_more_tokens_than_a_message_may_have_fail() -> None:
    """And the list stays as it was."""
    world = StationWorld(variables={"LocalAuthListCtrlr.ItemsPerMessage": "2"})
    assert _send(world, 1, ANNA=accepted(), BERT=accepted(), CARL=accepted()) is SendLocalListStatus.FAILED
    assert _version(world) == 0
    assert _send(world, 1, ANNA=accepted(), BERT=accepted()) is SendLocalListStatus.ACCEPTED
    assert _send(world, 2, UpdateType.DIFFERENTIAL, CARL=accepted()) is SendLocalListStatus.ACCEPTED
    assert _value(world, "LocalAuthListCtrlr", "Entries") == "3"


def test_more_tokens_than_the_station_holds_fail() -> None:
    """One too many; the last that fits is taken."""
    world = StationWorld(variables={"LocalAuthListCtrlr.ItemsPerMessage": "5000"})
    many = {f"CARD-{number}": accepted() for number in range(LOCAL_LIST_ENTRIES)}
    assert _send(world, 1, **many, ANNA=accepted()) is SendLocalListStatus.FAILED
    assert _send(world, 1, **many) is SendLocalListStatus.ACCEPTED
    assert _send(world, 2, UpdateType.DIFFERENTIAL, ANNA=accepted()) is SendLocalListStatus.FAILED
    assert (_version(world), _value(world, "LocalAuthListCtrlr", "Entries")) == (1, str(LOCAL_LIST_ENTRIES))


@EITHER
@pytest.mark.req("D01.FR.10")
def test_the_list_survives_a_power_failure_and_a_reset(ocpp16: bool) -> None:
    """It was on disk before it was answered."""
    world = _with_list(ocpp16=ocpp16, EVE=accepted())
    world.kill()
    assert _version(world) == 1
    world.command(Reset(kind=ResetKind.IMMEDIATE))
    world.pass_time(30)
    assert world.restarts
    assert _version(world) == 1
    world.cut()
    assert _charges(world, "EVE")


@pytest.mark.req("D01.FR.09")
def test_nothing_but_the_csms_changes_the_list() -> None:
    """Neither what it says of the token, nor the token's end."""
    world = _with_list(ANNA=AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, expires_at=START), EVE=accepted())
    world.csms.in_transactions["EVE"] = not_accepted()
    _charges(world, "EVE")
    world.tap("ANNA")
    assert (_version(world), _value(world, "LocalAuthListCtrlr", "Entries")) == (1, "2")
    saved = world.storage.load()
    assert saved is not None
    assert {
        entry.id_token.value: entry.info.status.value for entry in saved.part(LocalListMemory).held.entries.values()
    } == {
        "ANNA": "Accepted",
        "EVE": "Accepted",
    }


# --- online ----------------------------------------------------------------------------------------------------------


@EITHER
@pytest.mark.req("C14.FR.04")
def test_a_listed_token_charges_without_asking(ocpp16: bool) -> None:
    """Nobody knows EVE but the list; her entry has no end, or one that is far."""
    world = _with_list(ocpp16=ocpp16, EVE=accepted())
    assert _charges(world, "EVE")
    assert _asked(world) == []
    world = _with_list(
        ocpp16=ocpp16, EVE=AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, expires_at=START + timedelta(1))
    )
    assert _charges(world, "EVE")
    assert _asked(world) == []


def test_without_pre_authorization_a_listed_token_is_asked_about() -> None:
    """LocalPreAuthorize is false as delivered."""
    world = StationWorld()
    _send(world, 1, EVE=accepted())
    assert not _charges(world, "EVE")
    assert _asked(world) == ["EVE"]


@pytest.mark.parametrize("status", OTHERS)
@pytest.mark.req("C14.FR.03")
def test_a_listed_token_that_is_not_accepted_is_asked_about(status: AuthorizationStatus) -> None:
    """The CSMS may know better."""
    world = _with_list(CARL=not_accepted(status))
    assert _charges(world, "CARL")
    assert _asked(world) == ["CARL"]


def test_unless_it_is_not_to_be_asked_about() -> None:
    """DisablePostAuthorize: what the list refuses is refused (2.x Part 2 section 2.5.7)."""
    world = StationWorld(variables=PRE | {"LocalAuthListCtrlr.DisablePostAuthorize": "true"})
    _send(world, 1, CARL=not_accepted(AuthorizationStatus.BLOCKED))
    assert not _charges(world, "CARL")
    assert _asked(world) == []
    assert "Blocked" in world.hardware.display[1]
    world.unplug()
    assert _charges(world, "ANNA")
    assert _asked(world) == ["ANNA"]


@pytest.mark.req("C14.FR.05")
def test_a_listed_token_past_its_end_is_asked_about() -> None:
    """Even if what the list refuses is not: it counts as not listed."""
    world = StationWorld(variables=PRE | {"LocalAuthListCtrlr.DisablePostAuthorize": "true"})
    _send(world, 1, CARL=AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, expires_at=START))
    assert _charges(world, "CARL")
    assert _asked(world) == ["CARL"]


@pytest.mark.req("C14.FR.01")
def test_the_list_counts_more_than_the_cache_online() -> None:
    """The cache accepts CARL, the list does not: he is asked about."""
    world = StationWorld(variables=PRE)
    assert _charges(world, "CARL")
    world.tap("CARL")
    world.unplug()
    _send(world, 1, CARL=not_accepted())
    world.csms.heard.clear()
    assert _charges(world, "CARL")
    assert _asked(world) == ["CARL"]


def test_a_listed_card_of_the_same_group_stops_without_asking() -> None:
    """The list knows the group."""
    world = _with_list(EVE=accepted(GROUP))
    assert _charges(world, "ANNA")
    world.tap("EVE")
    assert world.transaction is None
    assert _asked(world) == ["ANNA"]


# --- offline ---------------------------------------------------------------------------------------------------------


@EITHER
@pytest.mark.req("C13.FR.05", "1.6:3.5.2")
def test_without_a_line_listed_tokens_charge_and_others_do_not(ocpp16: bool) -> None:
    """Accepted and not past its end."""
    past = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, expires_at=START)
    world = _with_list(ocpp16=ocpp16, EVE=accepted(), FRED=not_accepted(), GINA=past)
    world.cut()
    for token in ("FRED", "GINA", "NOBODY"):
        assert not _charges(world, token), token
        world.unplug()
    assert _charges(world, "EVE")


@EITHER
@pytest.mark.req("C13.FR.06", "1.6:3.5.4")
def test_a_listed_token_is_not_unknown(ocpp16: bool) -> None:
    """Where unknown tokens may charge offline, refused and expired ones may not."""
    past = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, expires_at=START)
    variables = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
    world = StationWorld(ocpp16=ocpp16, variables=variables)
    _send(world, 1, EVE=accepted(), FRED=not_accepted(), GINA=past)
    world.cut()
    for token in ("FRED", "GINA"):
        assert not _charges(world, token), token
        world.unplug()
    for token in ("EVE", "NOBODY"):
        assert _charges(world, token), token
        world.tap(token)
        world.unplug()


@EITHER
@pytest.mark.req("C13.FR.01", "1.6:3.5.3")
def test_the_list_counts_more_than_the_cache_offline(ocpp16: bool) -> None:
    """The cache accepts CARL, the list does not: he gets nothing."""
    world = StationWorld(ocpp16=ocpp16, variables={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    assert _charges(world, "CARL")
    world.tap("CARL")
    world.unplug()
    _send(world, 1, CARL=not_accepted())
    world.cut()
    assert not _charges(world, "CARL")


def test_local_authorization_may_be_off() -> None:
    """LocalAuthorizeOffline false: nobody charges without a line."""
    world = StationWorld(variables={"AuthCtrlr.LocalAuthorizeOffline": "false"})
    _send(world, 1, EVE=accepted())
    world.cut()
    assert not _charges(world, "EVE")


# --- the list and the cache, the list and the CSMS -------------------------------------------------------------------


@pytest.mark.req("1.6:3.5.3")
def test_listed_tokens_are_not_cached_in_1_6() -> None:
    """In 2.x every token heard of is (C10.FR.01)."""
    for ocpp16, cached in ((True, ["anna"]), (False, ["anna", "carl"])):
        world = StationWorld(ocpp16=ocpp16)
        _send(world, 1, CARL=accepted())
        for token in ("CARL", "ANNA"):
            assert _charges(world, token)
            world.tap(token)
            world.unplug()
        saved = world.storage.load()
        assert saved is not None
        assert sorted(saved.part(CacheMemory).entries) == cached


def _station_states(world: StationWorld) -> list[ConnectorState]:
    facts = [fact for fact in world.csms.heard if isinstance(fact, ConnectorStatus)]
    return [fact.state for fact in facts if fact.address.is_station]


@pytest.mark.req("1.6:3.5.2")
def test_a_list_that_contradicts_the_csms_is_told_in_1_6() -> None:
    """StatusNotification of connector 0 with LocalListConflict, until there is another list; the station stays in use."""
    world = _with_list(ocpp16=True, ANNA=accepted(), EVE=accepted())
    assert _charges(world, "ANNA")
    assert _station_states(world)[-1].problem is None
    world.tap("ANNA")
    world.unplug()
    world.csms.tokens["EVE"] = not_accepted()
    world.plug()
    world.tap("EVE")
    world.pass_time(30)
    conflict = ConnectorState(availability=Availability.AVAILABLE, problem=Problem(code="LocalListConflict"))
    assert _station_states(world)[-1] == conflict
    _send(world, 2, UpdateType.DIFFERENTIAL, EVE=None)
    assert _station_states(world)[-1] == ConnectorState(availability=Availability.AVAILABLE)


def test_a_busy_token_is_no_conflict() -> None:
    """ConcurrentTx is as valid as Accepted (1.6:3.5.2)."""
    world = _with_list(ocpp16=True, EVE=accepted())
    world.csms.tokens["EVE"] = not_accepted(AuthorizationStatus.CONCURRENT_TX)
    world.plug()
    world.tap("EVE")
    world.pass_time(30)
    assert all(state.problem is None for state in _station_states(world))
