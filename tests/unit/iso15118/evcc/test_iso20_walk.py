"""Every state of a vehicle's session of ISO 15118-20 with every response; its timeouts, refusals, and the line that goes away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.errors import MisuseError
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import Control, Ending, Identification, Speaks, Transfer
from pilotwire.iso15118.evcc.iso20 import Iso20Session
from pilotwire.iso15118.evcc.iso20.table import TABLE, main_stream
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import V2GRequest, V2GResponse
from pilotwire.iso15118.timing import ISO20
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_ev_fake import FakeKeptPause, FakeWallet
from tests.support.iso15118_evse_fake import START, numbered
from tests.support.iso15118_station20 import Ev20, Station20, ac_or_dc, notifies, offers, paused
from tests.support.pki_forge import DAY, NOW
from tests.support.v2g_credentials import contract_credential, oem_credential, v2g_root

PNC, EIM = Identification.PNC, Identification.EIM


def at(transfer: Transfer, goal: type[V2GResponse]) -> Station20:
    """A vehicle that waits for a response."""
    station = Station20(transfer, now=NOW + DAY)
    if goal in (cm.CertificateInstallationRes, cm.MeteringConfirmationRes):
        station.ev.identification, station.ev.install = (PNC, EIM), goal is cm.CertificateInstallationRes
        station.wallet.own, station.wallet.oem, station.wallet.v2g = (
            [contract_credential()],
            oem_credential(),
            (v2g_root(),),
        )
        station.answers[cm.AuthorizationSetupRes] = [offers("PnC", "EIM", certificates=True)]
    if goal is cm.MeteringConfirmationRes:
        station.answers[ac_or_dc(transfer)] = [notifies("MeteringConfirmation")]
    station.until(goal)
    return station


def own(transfer: Transfer, cls: type[V2GResponse]) -> bool:
    return cls.xsd.namespace.uri in (cm.COMMON_MESSAGES.uri, (dc.DC if transfer.dc else ac.AC).uri)


PLACES = [(transfer, cls) for transfer in (Transfer.AC, Transfer.DC) for cls in TABLE if own(transfer, cls)]
RESPONSES = sorted(
    (
        cls
        for module in (cm, ac, dc)
        for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, V2GResponse) and cls.xsd.element
    ),
    key=lambda cls: cls.__name__,
)


def over(station: Station20, ending: Ending) -> str:
    """How it ended, told to the vehicle once."""
    end = station.session.over
    assert end is not None
    assert end.ending is ending
    assert station.ev.ends == [end]
    assert station.session.state == "over"
    assert station.session.next_deadline() is None
    assert station.session.again(station.now) is None
    return end.reason


def test_the_table_knows_every_response_that_a_conductive_vehicle_can_get() -> None:
    assert {cls.__name__ for cls in set(RESPONSES) - TABLE.keys()} == {"VehicleCheckInRes", "VehicleCheckOutRes"}


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_each_state_takes_its_own_response_and_none_else(transfer: Transfer, state: type[V2GResponse]) -> None:
    for cls in RESPONSES:
        if cls is state:
            continue
        station = at(transfer, state)
        assert station.session.feed(station.least(cls), station.now) is None
        why = over(station, Ending.FAILED)
        assert why == f"The station sent {cls.__name__}; {state.__name__} was due."
        assert station.session.findings == [why]
        assert station.session.feed(station.least(state), station.now) is None
    station = at(transfer, state)
    station.answer()
    assert station.session.findings == [] or state is cm.CertificateInstallationRes
    assert (station.session.over is not None) is (state is cm.SessionStopRes)


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_a_refusal_is_the_end_in_every_state(transfer: Transfer, state: type[V2GResponse]) -> None:
    station = at(transfer, state)
    request = type(station.last).__name__
    assert station.says(station.least(state, response_code="FAILED")) is None
    assert over(station, Ending.FAILED) == f"The station refused {request}: FAILED."
    assert station.session.findings == []


@pytest.mark.parametrize(("transfer", "state"), [each for each in PLACES if each[1] is not cm.SessionSetupRes])
def test_another_session_id_is_the_end_in_every_state(transfer: Transfer, state: type[V2GResponse]) -> None:
    station = at(transfer, state)
    assert station.says(station.least(state, header=station.header(b"\xff" * 8))) is None
    assert over(station, Ending.FAILED) == f"The station changed the session id to {'FF' * 8}."


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_a_station_that_says_nothing_is_left_in_every_state(transfer: Transfer, state: type[V2GResponse]) -> None:
    station = at(transfer, state)
    wanted = ISO20.message_timeout(state.__name__)
    assert station.asks[-1].timeout == wanted
    assert station.session.next_deadline() == station.now + timedelta(seconds=wanted)
    assert station.waits() is None
    assert over(station, Ending.TIMEOUT) == f"The station did not send {state.__name__} in time."


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_the_line_may_go_away_in_every_state(transfer: Transfer, state: type[V2GResponse]) -> None:
    station = at(transfer, state)
    station.session.dropped(station.now)
    assert over(station, Ending.DROPPED) == f"The line went away while {state.__name__} was waited for."
    station.session.dropped(station.now, "again")
    assert len(station.ev.ends) == 1


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_requests_are_on_the_stream_of_their_schema(transfer: Transfer, state: type[V2GResponse]) -> None:
    station = at(transfer, state)
    schemas, stream = main_stream(state)
    assert station.asks[-1].payload_type is stream
    assert station.session.schemas_of(stream) is schemas


# --- what does not belong ------------------------------------------------------------------------------------------------------------


def test_a_message_that_is_no_response_is_the_end() -> None:
    station = at(Transfer.AC, cm.AuthorizationRes)
    assert station.session.feed(iso2.ServiceDiscoveryReq(), station.now) is None
    assert over(station, Ending.FAILED) == "The station sent ServiceDiscoveryReq; AuthorizationRes was due."


def test_what_nobody_asked_for_is_a_finding() -> None:
    station = Station20()
    assert station.session.state == "beginning"
    assert station.session.feed(station.least(cm.SessionSetupRes), START) is None
    assert station.session.findings == ["The station sent SessionSetupRes without being asked."]
    assert station.starts().evcc_id == station.ev.evcc_id_20


def test_streams_of_other_sessions_are_not_taken() -> None:
    station = at(Transfer.AC, cm.AuthorizationRes)
    assert station.session.schemas_of(PayloadType.DC) is None
    assert station.session.findings == [
        "A message of payload type 0x8004 came, which this session does not have.",
    ]


def test_the_stream_of_the_older_protocols_is_taken_and_told() -> None:
    station = at(Transfer.AC, cm.AuthorizationRes)
    assert station.says(station.good(), PayloadType.EXI) is not None
    assert station.session.findings == [
        "AuthorizationRes came with payload type 0x8001, and belongs into 0x8002.",
    ]


def test_another_protocol_is_misuse() -> None:
    with pytest.raises(MisuseError, match="cannot speak ISO2"):
        Iso20Session(Ev20(), FakeWallet(), FakeKeptPause(), numbered(), START, speaks=Speaks.ISO2)


def test_limits_of_the_other_current_are_misuse() -> None:
    ev = Ev20()
    ev.ac = ev.dc  # type: ignore[assignment]
    with pytest.raises(MisuseError, match="told DC limits"):
        Station20(ev=ev).until(ac.AC_ChargeParameterDiscoveryRes)
    other = Ev20()
    other.dc = other.ac  # type: ignore[assignment]
    with pytest.raises(MisuseError, match="told AC limits"):
        Station20(Transfer.DC, ev=other).until(dc.DC_ChargeParameterDiscoveryRes)


# --- time ----------------------------------------------------------------------------------------------------------------------------


def test_the_session_is_set_up_within_twenty_seconds_of_the_connection() -> None:
    station = Station20()
    station.now += timedelta(seconds=19)
    station.starts()
    assert station.session.next_deadline() == START + timedelta(seconds=ISO20.ev_communication_setup)
    assert station.waits() is None
    over(station, Ending.TIMEOUT)


def test_nothing_expires_before_its_time_nor_after_the_end() -> None:
    station = Station20()
    assert station.session.next_deadline() is None
    assert station.session.expired(START) is None
    station.runs()
    assert over(station, Ending.TERMINATED) == ""
    assert station.session.expired(station.now + DAY) is None


ONGOING: list[tuple[Transfer, type[V2GResponse], dict[str, Any], float, str]] = [
    (Transfer.AC, cm.CertificateInstallationRes, {"evse_processing": "Ongoing"}, 60, "the contract certificate"),
    (Transfer.AC, cm.AuthorizationRes, {"evse_processing": "Ongoing"}, 60, "authorization"),
    (Transfer.AC, cm.ScheduleExchangeRes, {"evse_processing": "Ongoing"}, 60, "the schedules"),
    (Transfer.DC, dc.DC_CableCheckRes, {"evse_processing": "Ongoing"}, 40, "the cable check"),
    (Transfer.DC, dc.DC_PreChargeRes, {"evse_present_voltage": None}, 10, "precharge"),
]


@pytest.mark.parametrize(("transfer", "state", "fields", "seconds", "what"), ONGOING)
def test_what_never_gets_done_is_given_up(
    transfer: Transfer, state: type[V2GResponse], fields: dict[str, Any], seconds: float, what: str
) -> None:
    station = at(transfer, state)
    begun, asked = station.now, type(station.last)
    ongoing = {} if None in fields.values() else fields
    while station.session.over is None:
        assert type(station.last) is asked
        station.says(station.least(state, **ongoing))
    assert seconds < (station.now - begun).total_seconds() < seconds + 2
    assert over(station, Ending.TIMEOUT) == f"The station was not done with {what} within {seconds:g} s."
    assert all(each.not_before is not None for each in station.asks[-5:])


def test_a_vehicle_that_never_gets_ready_ends_its_session() -> None:
    station = Station20(ev=Ev20(slow=10_000))
    station.until(cm.ScheduleExchangeRes)
    assert station.answer() is None
    assert station.session.state == "ScheduleExchangeRes"
    assert station.session.next_deadline() == station.now + timedelta(seconds=ISO20.ev_sequence_performance)
    assert station.looks_again() is None
    assert station.session.feed(station.good(), station.now) is None
    assert station.session.findings == ["The station sent ScheduleExchangeRes without being asked."]
    station.waits()
    assert over(station, Ending.TIMEOUT).startswith("The vehicle was not ready for its next request after Schedule")


@pytest.mark.parametrize("transfer", list(Transfer))
@pytest.mark.parametrize("control", list(Control))
def test_a_slow_vehicle_charges_all_the_same(transfer: Transfer, control: Control) -> None:
    station = Station20(transfer, control, ev=Ev20(slow=2)).runs()
    assert over(station, Ending.TERMINATED) == ""
    assert station.session.findings == station.session.remarks == []
    assert all(issubclass(type(each), V2GRequest) for each in station.asked)


def test_a_pause_is_not_lost_with_a_line_that_drops_before_the_station_answers() -> None:
    kept = FakeKeptPause(paused())
    station = Station20(kept=kept)
    station.starts()
    station.session.dropped(station.now)
    assert kept.paused is not None
    later = Station20(kept=kept)
    later.starts()
    later.answers[cm.SessionSetupRes] = [{"response_code": "OK_OldSessionJoined"}]
    later.answer()
    later.session.dropped(later.now)
    assert kept.paused is None
