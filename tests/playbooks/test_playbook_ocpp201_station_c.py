"""Official OCPP 2.0.1 test cases of block C (authorization), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

import pytest

from pilotwire.station.core.master_pass import MasterPassChoice
from tests.support.wire_states import (
    authorized,
    booted,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    id_token_cached,
    parking_bay_occupied,
    stop_authorized,
)
from tests.support.wire_station import (
    ANNA,
    BERT,
    CARL,
    FAMILY,
    VERSIONS,
    Script,
    WireStation,
    events_of,
    info,
    named,
    statuses_of,
    told,
)

pytestmark = pytest.mark.parametrize("version", VERSIONS)

STRANGER = "STRANGER"
MASTER = "MASTER"
PRE_AUTHORIZE = {"AuthCtrlr.LocalPreAuthorize": "true", "AuthCacheCtrlr.Enabled": "true"}


def _asked(station: WireStation) -> list[str]:
    """The tokens asked about since the last look."""
    return [one.id_token.id_token for one in named(station.said(), "Authorize")]


def _turned_away(version: str, status: str) -> None:
    """A card with this status is asked about, and nothing else follows from it."""
    station = WireStation(version, script=Script(tokens={STRANGER: info(status)}))
    ev_connected_pre_session(station)
    station.said()
    station.tap(STRANGER)
    station.pass_time(30)
    (question,) = station.said()
    assert (question.id_token.id_token, question.id_token.type) == (STRANGER, "ISO14443")
    assert not station.hardware.contactor_closed(1)


def _charging_offline(version: str, **variables: str) -> WireStation:
    """A cached card charged while the line was down; the line is back, and the CSMS thinks the card invalid."""
    station = WireStation(version, variables=PRE_AUTHORIZE | {"TxCtrlr.StopTxOnInvalidId": "true"} | variables)
    id_token_cached(station)
    ev_connected_pre_session(station)
    station.script.in_transactions[ANNA] = info("Invalid")
    station.cut()
    station.said()
    station.tap(ANNA)
    station.pass_time(20)
    assert station.hardware.meter(1).power_w > 0
    assert station.said() == []
    station.connect()
    station.pass_time(5)
    return station


# --- a card the CSMS does not accept --------------------------------------------------------------------------------


@pytest.mark.req("C01.FR.02")
def test_tc_c_02_cs(version: str) -> None:
    """An Invalid card begins nothing."""
    _turned_away(version, "Invalid")


@pytest.mark.req("C01.FR.02")
def test_tc_c_06_cs(version: str) -> None:
    """A Blocked card begins nothing."""
    _turned_away(version, "Blocked")


@pytest.mark.req("C01.FR.02")
def test_tc_c_07_cs(version: str) -> None:
    """An Expired card begins nothing."""
    _turned_away(version, "Expired")


@pytest.mark.req("C01.FR.02")
def test_tc_c_56_cs(version: str) -> None:
    """An Unknown card begins nothing."""
    _turned_away(version, "Unknown")


@pytest.mark.req("C01.FR.02", "C01.FR.03")
def test_tc_c_04_cs(version: str) -> None:
    """Another driver's card is asked about and, though accepted, does not stop the transaction."""
    station = WireStation(version, variables={"SampledDataCtrlr.TxUpdatedInterval": "0"})
    energy_transfer_started(station)
    station.tap(CARL)
    assert _asked(station) == [CARL]
    station.pass_time(60)
    assert events_of(station.said()) == []
    assert station.hardware.meter(1).power_w > 0


# --- the cache ------------------------------------------------------------------------------------------------------


@pytest.mark.req("C12.FR.02", "C12.FR.04")
def test_tc_c_08_cs(version: str) -> None:
    """A card that the cache knows as accepted charges at once, without the CSMS being asked."""
    station = WireStation(version, variables=PRE_AUTHORIZE)
    id_token_cached(station)
    ev_connected_pre_session(station)
    authorized(station, asks=False)
    energy_transfer_started(station)


def _asked_again(version: str, status: str, now: str) -> WireStation:
    station = WireStation(version, variables=PRE_AUTHORIZE, script=Script(tokens={STRANGER: info(status)}))
    id_token_cached(station, STRANGER)
    station.script.tokens[STRANGER] = info(now)
    ev_connected_pre_session(station)
    station.said()
    station.tap(STRANGER)
    (question, *_) = said = station.said()
    assert (question.id_token.id_token, question.id_token.type) == (STRANGER, "ISO14443")
    assert bool(events_of(said)) == (now == "Accepted")
    return station


@pytest.mark.req("C12.FR.05", "C10.FR.03")
def test_tc_c_09_cs(version: str) -> None:
    """A card cached as Invalid is asked about again."""
    _asked_again(version, "Invalid", "Invalid")


@pytest.mark.req("C12.FR.05", "C10.FR.03")
def test_tc_c_10_cs(version: str) -> None:
    """A card cached as Blocked is asked about again."""
    _asked_again(version, "Blocked", "Blocked")


@pytest.mark.req("C12.FR.05", "C10.FR.03")
def test_tc_c_11_cs(version: str) -> None:
    """A card cached as Expired is asked about again."""
    _asked_again(version, "Expired", "Expired")


@pytest.mark.req("C12.FR.05", "C10.FR.03")
def test_tc_c_12_cs(version: str) -> None:
    """A card cached as Invalid that the CSMS accepts by now charges."""
    energy_transfer_started(_asked_again(version, "Invalid", "Accepted"))


@pytest.mark.req("C12.FR.02", "C12.FR.04")
def test_tc_c_13_cs(version: str) -> None:
    """A cached card begins the transaction before the cable is in; energy flows when it is."""
    station = WireStation(version, variables=PRE_AUTHORIZE)
    id_token_cached(station)
    parking_bay_occupied(station)
    authorized(station, asks=False)
    assert not station.hardware.contactor_closed(1)
    ev_connected_pre_session(station)
    energy_transfer_started(station)


@pytest.mark.req("C12.FR.09", "C16.FR.02", "C16.FR.03")
def test_tc_c_14_cs(version: str) -> None:
    """A cached card of the master pass group stops the transaction without the CSMS being asked."""
    script = Script(tokens={ANNA: info(), MASTER: info(group="MASTERS")})
    variables = PRE_AUTHORIZE | {"AuthCtrlr.MasterPassGroupId": "MASTERS"}
    station = WireStation(version, script=script, variables=variables)
    id_token_cached(station, MASTER)
    energy_transfer_started(station)
    station.tap(MASTER)
    said = station.said()
    assert not named(said, "Authorize")
    (ended,) = events_of(said)
    assert told(ended)[:2] == ("Ended", "StopAuthorized")
    assert (ended.id_token.id_token, ended.id_token.type) == (MASTER, "ISO14443")
    assert ended.transaction_info.stopped_reason == "MasterPass"


@pytest.mark.req("C12.FR.02", "C12.FR.04", "C15.FR.02", "C15.FR.04")
def test_tc_c_16_cs(version: str) -> None:
    """A cached card charges offline; back online the CSMS calls it invalid, and with StopTxOnInvalidId it is deauthorized."""
    station = _charging_offline(version)
    late, *more, last = events_of(station.said())
    assert told(late)[1] == "Authorized"
    assert (late.id_token.id_token, late.id_token.type) == (ANNA, "ISO14443")
    assert late.offline
    assert any(one.offline and one.trigger_reason == "ChargingStateChanged" for one in more)
    assert told(last)[:2] == ("Ended", "Deauthorized")
    assert last.transaction_info.stopped_reason == "DeAuthorized"
    assert not last.offline
    assert station.hardware.meter(1).power_w == 0


@pytest.mark.req("C12.FR.02", "C15.FR.02", "C15.FR.06")
def test_tc_c_17_cs(version: str) -> None:
    """Without StopTxOnInvalidId the transaction goes on with the energy suspended by the station."""
    station = _charging_offline(version, **{"TxCtrlr.StopTxOnInvalidId": "false"})
    late, *_, last = events_of(station.said())
    assert (told(late)[1], late.id_token.id_token, late.offline) == ("Authorized", ANNA, True)
    assert told(last) == ("Updated", "ChargingStateChanged", "SuspendedEVSE")
    assert station.hardware.meter(1).power_w == 0


@pytest.mark.req("C15.FR.02", "C15.FR.06", "C15.FR.08")
def test_tc_c_26_cs(version: str) -> None:
    """An unknown card charges offline if so configured; judged invalid afterwards, energy is suspended, and its driver ends it."""
    variables = {
        "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
        "AuthCtrlr.LocalPreAuthorize": "true",
        "TxCtrlr.StopTxOnInvalidId": "false",
    }
    script = Script(tokens={ANNA: info()}, in_transactions={ANNA: info("Invalid")})
    station = WireStation(version, variables=variables, script=script)
    station.cut()
    station.tap(ANNA)
    station.plug()
    station.pass_time(20)
    station.said()
    station.connect()
    said = station.said()
    assert statuses_of(said) == {(1, 1): "Occupied"}
    *late, last = events_of(said)
    assert late
    assert all(event.offline for event in late)
    assert told(last) == ("Updated", "ChargingStateChanged", "SuspendedEVSE")
    station.tap(ANNA)
    (stopped,) = events_of(station.said())
    assert told(stopped) == ("Ended", "StopAuthorized", "EVConnected")
    ev_disconnected(station)


@pytest.mark.req("C10.FR.02")
@pytest.mark.parametrize("reset", [None, "Immediate"])
def test_tc_c_32_cs(version: str, reset: str | None) -> None:
    """The cache outlives a restart: the card charges without the CSMS being asked."""
    station = WireStation(version, variables=PRE_AUTHORIZE)
    id_token_cached(station)
    booted(station, reset=reset)
    authorized(station, asks=False)
    ev_connected_pre_session(station)
    energy_transfer_started(station)


@pytest.mark.req("C10.FR.04", "C12.FR.06")
def test_tc_c_33_cs(version: str) -> None:
    """What the CSMS says of a card when asked is in the cache: the next time it is not asked."""
    station = WireStation(version, variables=PRE_AUTHORIZE)
    ev_connected_pre_session(station)
    authorized(station)
    energy_transfer_started(station)
    stop_authorized(station)
    ev_disconnected(station)
    ev_connected_pre_session(station)
    station.script.in_transactions[ANNA] = info("Invalid")
    authorized(station, asks=False)


@pytest.mark.req("C10.FR.05", "C12.FR.06")
def test_tc_c_34_cs(version: str) -> None:
    """What the CSMS says of a card in answer to an event replaces what the cache knew: the next time it is asked about."""
    station = WireStation(version, variables=PRE_AUTHORIZE | {"TxCtrlr.StopTxOnInvalidId": "true"})
    id_token_cached(station)
    station.script.in_transactions[ANNA] = info("Invalid")
    ev_connected_pre_session(station)
    station.tap(ANNA)
    said = station.said()
    assert not named(said, "Authorize")
    first, last = events_of(said)
    assert told(first)[:2] == ("Updated", "Authorized")
    assert (first.id_token.id_token, first.id_token.type) == (ANNA, "ISO14443")
    assert told(last)[:2] == ("Ended", "Deauthorized")
    assert last.transaction_info.charging_state in {"EVConnected", "SuspendedEVSE"}
    assert last.transaction_info.stopped_reason == "DeAuthorized"
    station.ask("UnlockConnector", evseId=1, connectorId=1)
    ev_disconnected(station)
    station.script.tokens[ANNA] = info("Invalid")
    ev_connected_pre_session(station)
    station.said()
    station.tap(ANNA)
    assert _asked(station) == [ANNA]


@pytest.mark.req("C01.FR.02")
def test_tc_c_36_cs(version: str) -> None:
    """Without LocalPreAuthorize a cached card is asked about like any other."""
    station = WireStation(version, variables={"AuthCtrlr.LocalPreAuthorize": "false"})
    id_token_cached(station)
    station.script.tokens[ANNA] = info("Invalid")
    station.tap(ANNA)
    (question,) = station.said()
    assert (question.id_token.id_token, question.id_token.type) == (ANNA, "ISO14443")


@pytest.mark.req("C11.FR.01", "C11.FR.02", "C11.FR.03")
def test_tc_c_37_cs(version: str) -> None:
    """A cleared cache knows nobody: the card is asked about again, and charges."""
    station = WireStation(version, variables=PRE_AUTHORIZE)
    id_token_cached(station)
    assert station.ask("ClearCache").status == "Accepted"
    parking_bay_occupied(station)
    ev_connected_pre_session(station)
    authorized(station, asks=True)
    energy_transfer_started(station)


@pytest.mark.req("C11.FR.01", "C11.FR.04")
def test_tc_c_38_cs(version: str) -> None:
    """A cache that is switched off cannot be cleared."""
    station = WireStation(version)
    id_token_cached(station)
    station.set("AuthCacheCtrlr.Enabled", "false")
    assert station.ask("ClearCache").status == "Rejected"


@pytest.mark.req("C10.FR.08")
def test_tc_c_46_cs(version: str) -> None:
    """A cached card that was not used for the cache's life time is asked about again."""
    station = WireStation(version, variables=PRE_AUTHORIZE | {"AuthCacheCtrlr.LifeTime": "300"})
    id_token_cached(station)
    ev_connected_pre_session(station)
    station.pass_time(301)
    authorized(station, asks=True)


# --- groups ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("C09.FR.03", "C09.FR.05")
def test_tc_c_39_cs(version: str) -> None:
    """A second card of the same group is asked about, and stops the transaction."""
    station = WireStation(version)
    ev_connected_pre_session(station)
    authorized(station)
    energy_transfer_started(station)
    stop_authorized(station, token=BERT, asks=True)
    ev_disconnected(station)


@pytest.mark.req("C09.FR.03", "C09.FR.07")
def test_tc_c_41_cs(version: str) -> None:
    """A second card of the group that the cache knows stops the transaction without the CSMS being asked."""
    station = WireStation(version, variables=PRE_AUTHORIZE)
    id_token_cached(station, ANNA)
    id_token_cached(station, BERT)
    ev_connected_pre_session(station)
    authorized(station, asks=False)
    energy_transfer_started(station)
    stop_authorized(station, token=BERT, asks=False)
    ev_disconnected(station)


def _not_stopped_by(station: WireStation, token: str) -> None:
    station.said()
    station.tap(token)
    assert _asked(station) == [token]
    station.pass_time(60)
    assert not [event for event in events_of(station.said()) if event.trigger_reason != "MeterValuePeriodic"]
    assert station.hardware.meter(1).power_w > 0


@pytest.mark.req("C09.FR.11")
def test_tc_c_42_cs(version: str) -> None:
    """A card of the group that is not valid itself does not stop the transaction."""
    script = Script(tokens={ANNA: info(group=FAMILY), STRANGER: info("Invalid", FAMILY)})
    station = WireStation(version, script=script)
    ev_connected_pre_session(station)
    authorized(station)
    energy_transfer_started(station)
    _not_stopped_by(station, STRANGER)


@pytest.mark.req("C09.FR.11", "C10.FR.03")
def test_tc_c_44_cs(version: str) -> None:
    """A card of the group that the cache knows as invalid is asked about, and does not stop the transaction."""
    script = Script(tokens={ANNA: info(group=FAMILY), STRANGER: info("Invalid", FAMILY)})
    station = WireStation(version, script=script, variables=PRE_AUTHORIZE)
    id_token_cached(station, ANNA)
    id_token_cached(station, STRANGER)
    ev_connected_pre_session(station)
    authorized(station, asks=False)
    energy_transfer_started(station)
    _not_stopped_by(station, STRANGER)


@pytest.mark.req("C16.FR.03")
@pytest.mark.parametrize("start_point", ["Authorized", "PowerPathClosed"])
def test_tc_c_45_cs(version: str, start_point: str) -> None:
    """A card of the master pass group is accepted by the CSMS and yet begins nothing."""
    script = Script(tokens={MASTER: info(group="MASTERS")})
    variables = {"AuthCtrlr.MasterPassGroupId": "MASTERS", "TxCtrlr.TxStartPoint": start_point}
    station = WireStation(version, script=script, variables=variables)
    station.said()
    station.tap(MASTER)
    (question,) = station.said()
    assert (question.id_token.id_token, question.id_token.type) == (MASTER, "ISO14443")
    ev_connected_pre_session(station)
    station.pass_time(30)
    assert station.events == []
    assert not station.hardware.contactor_closed(1)


def _chooses(version: str, chosen: int | None, stopped: list[int]) -> WireStation:
    """Two drivers charge, and who shows a master pass chooses at the screen what is stopped."""
    script = Script(tokens={ANNA: info(), CARL: info(), MASTER: info(group="MASTERS")})
    variables = {"AuthCtrlr.MasterPassGroupId": "MASTERS"}
    station = WireStation(version, script=script, station="ac-22-dual", variables=variables, master_pass_screen=True)
    energy_transfer_started(station, 1)
    energy_transfer_started(station, 2, token=CARL)
    station.said()
    station.tap(MASTER)
    said = station.said()
    (question,) = named(said, "Authorize")
    assert (question.id_token.id_token, question.id_token.type) == (MASTER, "ISO14443")
    assert events_of(said) == []
    station.feed(MasterPassChoice(chosen))
    ended = events_of(station.said())
    assert [(event.evse.id, *told(event)[:2]) for event in ended] == [(n, "Ended", "StopAuthorized") for n in stopped]
    assert {event.transaction_info.stopped_reason for event in ended} == {"MasterPass"}
    assert {event.id_token.id_token for event in ended} == {MASTER}
    for evse in stopped:
        ev_disconnected(station, evse)
    return station


@pytest.mark.req("C16.FR.01", "C16.FR.07")
def test_tc_c_47_cs(version: str) -> None:
    """All of them."""
    _chooses(version, None, [1, 2])


@pytest.mark.req("C16.FR.01", "C16.FR.07")
def test_tc_c_48_cs(version: str) -> None:
    """That of EVSE 1; the other goes on."""
    station = _chooses(version, 1, [1])
    station.pass_time(60)
    assert station.hardware.contactor_closed(2)
    assert station.hardware.meter(2).power_w > 0


@pytest.mark.req("C16.FR.02", "C16.FR.07")
def test_tc_c_49_cs(version: str) -> None:
    """A card of the master pass group, held to a station without a screen, ends every transaction with the reason MasterPass."""
    script = Script(tokens={ANNA: info(), CARL: info(), MASTER: info(group="MASTERS")})
    station = WireStation(
        version, script=script, station="ac-22-dual", variables={"AuthCtrlr.MasterPassGroupId": "MASTERS"}
    )
    energy_transfer_started(station, 1)
    energy_transfer_started(station, 2, token=CARL)
    station.said()
    station.tap(MASTER)
    said = station.said()
    (question,) = named(said, "Authorize")
    assert (question.id_token.id_token, question.id_token.type) == (MASTER, "ISO14443")
    ended = events_of(said)
    assert [event.evse.id for event in ended] == [1, 2]
    for event in ended:
        assert told(event) == ("Ended", "StopAuthorized", "EVConnected")
        assert event.transaction_info.stopped_reason == "MasterPass"
        assert event.id_token is None or (event.id_token.id_token, event.id_token.type) == (MASTER, "ISO14443")
    ev_disconnected(station, 1)
    ev_disconnected(station, 2)


# --- the local list -------------------------------------------------------------------------------------------------

LISTED = PRE_AUTHORIZE | {"LocalAuthListCtrlr.Enabled": "true", "AuthCtrlr.OfflineTxForUnknownIdEnabled": "false"}


def _listed(station: WireStation, **tokens: dict[str, object]) -> None:
    """Memory state IdTokenLocalAuthList: these tokens and no others."""
    entries = [{"idToken": {"idToken": one, "type": "ISO14443"}, "idTokenInfo": known} for one, known in tokens.items()]
    response = station.ask("SendLocalList", versionNumber=1, updateType="Full", localAuthorizationList=entries)
    assert response.status == "Accepted"
    station.said()


@pytest.mark.req("C13.FR.02")
def test_tc_c_21_cs(version: str) -> None:
    """A listed card charges and stops while the line is down; all of it is delivered afterwards."""
    station = WireStation(version, variables=LISTED)
    _listed(station, ANNA=info())
    station.cut()
    station.drive()
    station.tap(ANNA)
    station.plug()
    station.pass_time(20)
    assert station.hardware.meter(1).power_w > 0
    station.tap(ANNA)
    station.unplug()
    station.drive(away=True)
    assert station.said() == []
    station.connect()
    late = events_of(station.said())
    assert all(event.offline for event in late)
    assert "StopAuthorized" in {event.trigger_reason for event in late}
    assert late[-1].event_type == "Ended"


def _refused_offline(version: str, status: str) -> None:
    station = WireStation(version, variables=LISTED | {"TxCtrlr.TxStartPoint": "ParkingBayOccupancy"})
    _listed(station, STRANGER=info(status))
    station.cut()
    station.drive()
    station.tap(STRANGER)
    station.pass_time(20)
    station.connect()
    late = events_of(station.said())
    assert [(event.trigger_reason, event.offline) for event in late] == [("EVDetected", True)]


@pytest.mark.req("C13.FR.02")
def test_tc_c_22_cs(version: str) -> None:
    """A card listed as Invalid begins nothing while the line is down."""
    _refused_offline(version, "Invalid")


@pytest.mark.req("C13.FR.02")
def test_tc_c_23_cs(version: str) -> None:
    """A card listed as Blocked begins nothing while the line is down."""
    _refused_offline(version, "Blocked")


@pytest.mark.req("C13.FR.02")
def test_tc_c_24_cs(version: str) -> None:
    """A card listed as Expired begins nothing while the line is down."""
    _refused_offline(version, "Expired")


@pytest.mark.req("C13.FR.01", "C14.FR.01")
def test_tc_c_25_cs(version: str) -> None:
    """What the list says of a card counts, though the cache accepts it and unknown cards may charge offline."""
    variables = LISTED | {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true", "TxCtrlr.TxStartPoint": "PowerPathClosed"}
    station = WireStation(version, variables=variables)
    id_token_cached(station)
    _listed(station, ANNA=info("Invalid"))
    ev_connected_pre_session(station)
    before = len(station.events)
    station.cut()
    station.tap(ANNA)
    station.pass_time(60)
    assert not station.hardware.contactor_closed(1)
    station.connect()
    assert len(station.events) == before


@pytest.mark.req("C14.FR.02")
def test_tc_c_27_cs(version: str) -> None:
    """A listed card charges without the CSMS being asked."""
    station = WireStation(version, variables=LISTED)
    _listed(station, ANNA=info())
    authorized(station, asks=False)
    ev_connected_pre_session(station)
    energy_transfer_started(station)


def _listed_and_asked(version: str, status: str, now: str) -> WireStation:
    station = WireStation(version, variables=LISTED, script=Script(tokens={STRANGER: info(now)}))
    _listed(station, STRANGER=info(status))
    station.tap(STRANGER)
    (question, *_) = said = station.said()
    assert (question.id_token.id_token, question.id_token.type) == (STRANGER, "ISO14443")
    assert bool(events_of(said)) == (now == "Accepted")
    return station


@pytest.mark.req("C14.FR.03")
def test_tc_c_28_cs(version: str) -> None:
    """A card listed as Invalid is asked about."""
    _listed_and_asked(version, "Invalid", "Invalid")


@pytest.mark.req("C14.FR.03")
def test_tc_c_29_cs(version: str) -> None:
    """A card listed as Blocked is asked about."""
    _listed_and_asked(version, "Blocked", "Blocked")


@pytest.mark.req("C14.FR.03")
def test_tc_c_30_cs(version: str) -> None:
    """A card listed as Expired is asked about."""
    _listed_and_asked(version, "Expired", "Expired")


@pytest.mark.req("C14.FR.03")
def test_tc_c_31_cs(version: str) -> None:
    """A card listed as Invalid that the CSMS accepts by now charges."""
    station = _listed_and_asked(version, "Invalid", "Accepted")
    ev_connected_pre_session(station)
    energy_transfer_started(station)


@pytest.mark.req("C09.FR.03", "C09.FR.07")
def test_tc_c_40_cs(version: str) -> None:
    """A second listed card of the same group stops the transaction without the CSMS being asked."""
    station = WireStation(version, variables=LISTED | {"AuthCacheCtrlr.Enabled": "false"})
    _listed(station, ANNA=info(group=FAMILY), BERT=info(group=FAMILY))
    ev_connected_pre_session(station)
    authorized(station, asks=False)
    energy_transfer_started(station)
    stop_authorized(station, token=BERT, asks=False)
    ev_disconnected(station)


@pytest.mark.req("C09.FR.11", "C14.FR.03")
def test_tc_c_43_cs(version: str) -> None:
    """A card of the group that is listed as invalid is asked about, and does not stop the transaction."""
    script = Script(tokens={ANNA: info(group=FAMILY), STRANGER: info("Invalid", FAMILY)})
    station = WireStation(version, variables=LISTED, script=script)
    _listed(station, ANNA=info(group=FAMILY), STRANGER=info("Invalid", FAMILY))
    ev_connected_pre_session(station)
    authorized(station, asks=False)
    energy_transfer_started(station)
    _not_stopped_by(station, STRANGER)


def _refused_without_a_question(station: WireStation) -> None:
    ev_connected_pre_session(station)
    station.said()
    station.tap(STRANGER)
    station.pass_time(30)
    assert station.said() == []
    assert not station.hardware.contactor_closed(1)


@pytest.mark.req("C14.FR.03")
def test_tc_c_58_cs(version: str) -> None:
    """With the list's DisablePostAuthorize a card listed as Invalid is refused without the CSMS being asked."""
    station = WireStation(version, variables=LISTED | {"LocalAuthListCtrlr.DisablePostAuthorize": "true"})
    _listed(station, STRANGER=info("Invalid"))
    _refused_without_a_question(station)


@pytest.mark.req("C10.FR.03", "C12.FR.05")
def test_tc_c_57_cs(version: str) -> None:
    """With the cache's DisablePostAuthorize a card cached as Invalid is refused without the CSMS being asked."""
    variables = PRE_AUTHORIZE | {"AuthCacheCtrlr.DisablePostAuthorize": "true"}
    station = WireStation(version, variables=variables, script=Script(tokens={STRANGER: info("Invalid")}))
    id_token_cached(station, STRANGER)
    _refused_without_a_question(station)


# --- cable lock, and energy for a card that is not accepted -----------------------------------------------------------


@pytest.mark.req("C01.FR.02")
def test_tc_c_05_cs(version: str) -> None:
    """An Invalid card held to a station at which nobody plugged in yet begins nothing."""
    station = WireStation(version, script=Script(tokens={STRANGER: info("Invalid")}))
    station.said()
    station.tap(STRANGER)
    station.pass_time(30)
    assert _asked(station) == [STRANGER]
    assert station.events == []


@pytest.mark.req("E05.FR.03", "E05.FR.02")
def test_tc_c_15_cs(version: str) -> None:
    """With MaxEnergyOnInvalidId energy goes on for a card judged invalid, up to that much."""
    station = _charging_offline(
        version, **{"TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.MaxEnergyOnInvalidId": "10000"}
    )
    late, *more = events_of(station.said())
    assert (told(late)[1], late.id_token.id_token, late.offline) == ("Authorized", ANNA, True)
    assert any(one.offline and one.trigger_reason == "ChargingStateChanged" for one in more)
    assert not any(one.trigger_reason == "Deauthorized" for one in more)
    assert not any(one.transaction_info.charging_state == "SuspendedEVSE" for one in more)
    assert station.hardware.meter(1).power_w > 0
    station.pass_time(7200)
    (start,) = [
        one
        for one in station.events
        if one.event_type == "Started" and one.transaction_info.transaction_id == late.transaction_info.transaction_id
    ]
    begun = start.meter_value[0].sampled_value[0].value
    assert 10_000 <= station.hardware.meter(1).energy_import_register - begun <= 10_010
    changes = [one for one in station.events if one.trigger_reason != "MeterValuePeriodic"]
    assert told(changes[-1]) == ("Updated", "ChargingStateChanged", "SuspendedEVSE")


@pytest.mark.req("C15.FR.04")
def test_tc_c_18_cs(version: str) -> None:
    """StopTxOnInvalidId goes before MaxEnergyOnInvalidId: the transaction is deauthorized at once."""
    station = _charging_offline(version, **{"TxCtrlr.MaxEnergyOnInvalidId": "500"})
    late, *_, last = events_of(station.said())
    assert (told(late)[1], late.id_token.id_token, late.offline) == ("Authorized", ANNA, True)
    assert told(last)[:2] == ("Ended", "Deauthorized")
    assert not last.offline
    assert station.hardware.meter(1).power_w == 0


# --- where a card is good -------------------------------------------------------------------------------------------


@pytest.mark.req("C01.FR.21")
def test_a_card_for_other_evses_begins_nothing_here(version: str) -> None:
    """An accepted card that names the EVSEs it is good for charges there, by whatever reader."""
    script = Script(tokens={ANNA: info(evseId=[2])})
    station = WireStation(version, script=script, station="ac-22-dual")
    station.plug(1)
    station.tap(ANNA, 1)
    assert station.core.overview().evses[0].id_token is None
    station.tap(ANNA, 2)
    assert station.core.overview().evses[1].id_token == ANNA


@pytest.mark.req("C01.FR.21")
def test_a_card_at_the_station_s_reader_waits_for_its_evse(version: str) -> None:
    script = Script(tokens={ANNA: info(evseId=[2])})
    station = WireStation(version, script=script, station="ac-22-dual")
    station.tap(ANNA, None)
    station.plug(1)
    assert station.core.overview().evses[0].id_token is None
    station.plug(2)
    assert station.core.overview().evses[1].id_token == ANNA


def test_online_and_not_to_ask_a_stranger_is_nobody(version: str) -> None:
    """OfflineTxForUnknownIdEnabled is for when the line is down, not for when the CSMS is not to be asked."""
    variables = {"AuthCtrlr.DisableRemoteAuthorization": "true", "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
    station = WireStation(version, variables=variables)
    station.plug()
    station.tap(STRANGER)
    assert station.core.overview().evses[0].id_token is None
    station.cut()
    station.tap(STRANGER)
    assert station.core.overview().evses[0].id_token == STRANGER
