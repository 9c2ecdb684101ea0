"""The station's session of DIN SPEC 70121: every state meets every request; every response code; what takes time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.iso15118 import din
from pilotwire.iso15118.charging import (
    PENDING,
    Control,
    DcLimits,
    Ending,
    Identification,
    Isolation,
    Notice,
    PowerStep,
    Schedule,
    Speaks,
    Transfer,
)
from pilotwire.iso15118.codecs import DIN
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.quantities import physical_din
from pilotwire.iso15118.secc.din import states
from pilotwire.iso15118.secc.din.session import TABLE
from pilotwire.iso15118.secc.ports import Decision
from tests.support.iso15118_evse_fake import SCHEDULE
from tests.support.iso15118_pair import body_of
from tests.support.iso15118_scenes import AT, Scene
from tests.support.iso15118_walk import Walk, first_that_leads, kinds_of, said_by, with_body

REQUESTS = kinds_of(din, "Req")


def scene() -> Scene:
    """A session in which everything takes a while."""
    return Scene(dc=True, din=True).slow_station


class Renegotiating(Scene):
    """A station that asks for a negotiation at the first message of the loop."""

    def run(self, **how: Any) -> Any:
        """The whole session."""

        def hears(body: Any) -> None:
            if isinstance(body, din.CurrentDemandReq) and self.ev.looped == 0:
                self.evse.shows(notice=Notice.RENEGOTIATE)
            elif isinstance(body, din.ChargeParameterDiscoveryReq):
                self.evse.shows(notice=Notice.NONE)

        return super().run(heard=hears, **how)

    def secc(self) -> Any:
        """The session; when it is walked by hand, the wish stands from the beginning."""
        self.evse.shows(notice=Notice.RENEGOTIATE)
        return super().secc()


WALKS = (Walk(scene), Walk(lambda: Renegotiating(dc=True, din=True)))


def in_state(state: str) -> Any:
    """A session in a state."""
    return first_that_leads(WALKS, lambda walk: walk.station_in(state))


def request_in(state: str, kind: type[Any] | None = None) -> Any:
    """The request that came in a state."""
    walk = next(one for one in WALKS if state in {before for before, _ in one.run().asked})
    return walk.asked_in(state, kind)


def answered(session: Any, message: Any) -> Any:
    """The response, through EXI."""
    reply = session.feed(message, AT)
    while reply is None:
        reply = session.again(AT)
    return body_of(DIN.decode(DIN.encode(reply.message)))


def test_the_scenes_walk_all_of_the_table() -> None:
    """Ending early, precharging once more, and welding detection instead of a negotiation are tried below."""
    table = {(state, kind.__name__) for state, row in TABLE.items() for kind in row}
    below = {one for one in table if one[1] == "SessionStop"} | {
        (states.PRE_CHARGE_OR_POWER, "PreChargeReq"),
        (states.END_OR_ANEW, "WeldingDetectionReq"),
    }
    walked = set().union(*(walk.steps() for walk in WALKS))
    assert table - below <= walked
    assert walked <= table


@pytest.mark.parametrize("state", TABLE)
def test_only_what_the_table_has_may_come(state: str) -> None:
    """All others get the response of their own kind, also those that the schema has and the standard does not use."""
    for kind in REQUESTS:
        session = in_state(state)
        if kind in TABLE[state]:
            response = answered(session, said_by(din, DIN, kind, session.session_id))
            assert response.response_code != "FAILED_SequenceError"
            continue
        response = answered(session, said_by(din, DIN, kind, session.session_id))
        assert type(response).__name__ == kind.__name__.removesuffix("Req") + "Res"
        assert response.response_code == "FAILED_SequenceError"
        assert session.over.ending is Ending.FAILED
        assert session.evse.of("ended") == [session.over]


@pytest.mark.parametrize("state", [state for state in TABLE if state != states.SESSION_SETUP])
def test_another_session_is_unknown(state: str) -> None:
    """Whatever comes with another session id."""
    for kind in REQUESTS:
        session = in_state(state)
        assert answered(session, said_by(din, DIN, kind, b"\xff" * 8)).response_code == "FAILED_UnknownSession"
        assert session.over.ending is Ending.FAILED


@pytest.mark.parametrize("state", [state for state in TABLE if state != states.SESSION_SETUP])
def test_a_vehicle_may_leave_in_every_state(state: str) -> None:
    """Power goes off; there are no pauses."""
    session = in_state(state)
    response = answered(session, said_by(din, DIN, din.SessionStop, session.session_id))
    assert response == din.SessionStopRes(response_code="OK")
    assert session.over.ending is Ending.TERMINATED
    assert session.evse.of("energize")[-1] is False
    assert session.paused.kept == {}


@pytest.mark.parametrize("state", TABLE)
def test_the_line_drops_and_silence(state: str) -> None:
    """Both are the end in every state: 18 s before SessionSetup, 60 s after any other message."""
    session = in_state(state)
    session.dropped(AT)
    assert session.over.ending is Ending.DROPPED
    session = in_state(state)
    deadline = session.next_deadline()
    assert (deadline - AT).total_seconds() == (18 if state == states.SESSION_SETUP else 60)
    assert session.expired(deadline) is None
    assert session.over.ending is Ending.TIMEOUT
    assert session.evse.of("ended") == [session.over]


Change = Callable[[Any], Any]


def says(**changed: Any) -> Change:
    """The content is changed."""
    return lambda message: with_body(message, **changed)


def sets(**facts: Any) -> Callable[[Any], None]:
    """The EVSE is changed first."""

    def change(evse: Any) -> None:
        for name, value in facts.items():
            setattr(evse, name, value)

    return change


def services(*numbers: int) -> din.SelectedServiceList:
    """A choice of services."""
    return din.SelectedServiceList(selected_service=[din.SelectedService(service_id=one) for one in numbers])


def profile(number: int, *steps: tuple[int, int]) -> din.ChargingProfile:
    """A charging profile."""
    entries = [
        din.ProfileEntry(charging_profile_entry_start=start, charging_profile_entry_max_power=watts)
        for start, watts in steps
    ]
    return din.ChargingProfile(sa_schedule_tuple_id=number, profile_entry=entries)


AC_PARAMETERS = minimal(DIN, din.AC_EVChargeParameter)
POWER, PARAMETERS = states.PRE_CHARGE_OR_POWER, states.CHARGE_PARAMETERS
REFUSED: dict[str, tuple[str, str, Change, Callable[[Any], None]]] = {
    "no direct current": (
        states.SERVICE_DISCOVERY, "FAILED", says(), lambda evse: evse.offers(transfers=(Transfer.AC,))
    ),
    "contract": (
        states.SERVICE_SELECTION, "FAILED_PaymentSelectionInvalid", says(selected_payment_option="Contract"), sets()
    ),
    "another service": (
        states.SERVICE_SELECTION, "FAILED_ServiceSelectionInvalid", says(selected_service_list=services(1, 2)), sets()
    ),
    "no charge service": (
        states.SERVICE_SELECTION, "FAILED_ServiceSelectionInvalid", says(selected_service_list=services(2)), sets()
    ),
    "customer refused": (states.AUTHENTICATION, "FAILED", says(), sets(decisions=[Decision.REFUSED])),
    "another kind of current": (
        PARAMETERS, "FAILED_WrongEnergyTransferType", says(ev_requested_energy_transfer_type="DC_core"), sets()
    ),
    "AC parameters": (
        PARAMETERS, "FAILED_WrongChargeParameter", says(ev_charge_parameter=AC_PARAMETERS), sets()
    ),
    "too few volts": (
        PARAMETERS, "FAILED_WrongChargeParameter", says(), lambda evse: evse.shows(limits=DcLimits(min_v=500.0))
    ),
    "no schedule": (PARAMETERS, "FAILED_WrongChargeParameter", says(), sets(planned_schedules=[()])),
    "not to be had any more": (PARAMETERS, "FAILED_WrongEnergyTransferType", says(), sets(takes_selection=False)),
    "isolation": (states.CABLE_CHECK, "FAILED", says(), sets(isolations=[Isolation.FAULT])),
    "too many volts": (
        states.PRE_CHARGE, "FAILED", says(ev_target_voltage=physical_din(2_000, "V")), sets()
    ),
    "schedule not offered": (POWER, "FAILED_TariffSelectionInvalid", says(charging_profile=profile(9, (0, 1))), sets()),
    "above the schedule": (
        POWER, "FAILED_ChargingProfileInvalid", says(charging_profile=profile(1, (0, 20_000))), sets()
    ),
    "plan refused": (POWER, "FAILED_ChargingProfileInvalid", says(), sets(takes_plan=False)),
    "no power": (POWER, "FAILED_PowerDeliveryNotApplied", says(), sets(contactors=[False])),
    "contactors stay closed": (
        POWER, "FAILED_PowerDeliveryNotApplied", says(ready_to_charge_state=False), sets(contactors=[False])
    ),
    "amperes below zero": (states.LOOP, "FAILED", says(ev_target_current=physical_din(-1, "A")), sets()),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_is_refused(name: str) -> None:
    """With its own code in a response that can be read; the session is over."""
    state, code, change, before = REFUSED[name]
    session = in_state(state)
    session.evse.decisions = [Decision.ACCEPTED]
    session.evse.planned_schedules = [(SCHEDULE,)]
    session.evse.isolations = [Isolation.VALID]
    before(session.evse)
    assert answered(session, change(request_in(state))).response_code == code
    assert session.over.ending is Ending.FAILED
    assert session.over.reason.startswith(f"{code}: ")


@pytest.mark.parametrize("on", [True, False])
def test_power_that_takes_its_time(on: bool) -> None:
    """1.5 s at most; the plan is told once."""
    session = in_state(POWER)
    session.evse.contactors = [PENDING]
    message = with_body(request_in(POWER, din.PowerDeliveryReq), ready_to_charge_state=on)
    assert session.feed(message, AT) is None
    assert session.next_deadline() == AT + timedelta(seconds=1.5)
    assert session.again(AT + timedelta(seconds=1)) is None
    assert len(session.evse.of("planned")) == on
    late = session.expired(AT + timedelta(seconds=1.5))
    assert body_of(late.message).response_code == "FAILED_PowerDeliveryNotApplied"


ONGOING = {
    states.AUTHENTICATION: ("decisions", 55),
    states.CHARGE_PARAMETERS: ("planned_schedules", 55),
    states.CABLE_CHECK: ("isolations", 38),
}


@pytest.mark.parametrize("state", ONGOING)
def test_ongoing_has_an_end(state: str) -> None:
    """Also for a customer with a card: there is no word for waiting for them here."""
    facts, most = ONGOING[state]
    session = in_state(state)
    setattr(session.evse, facts, [PENDING])
    message = request_in(state)
    for second in range(most + 1):
        response = body_of(session.feed(message, AT + timedelta(seconds=second)).message)
        assert (response.response_code, response.evse_processing) == ("OK", "Ongoing")
        DIN.encode(session._message)
    response = body_of(session.feed(message, AT + timedelta(seconds=most + 1)).message)
    assert response.response_code == "FAILED"


# --- what is told ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begins_with", [b"\0", bytes(8), b"\7" * 8])
def test_every_session_is_new(begins_with: bytes) -> None:
    """One byte or eight of zero, or the id of whatever was before."""
    session = Scene(dc=True, din=True).secc()
    response = answered(
        session, said_by(din, DIN, din.SessionSetupReq, begins_with, evcc_id=b"\0\0\xaa\xe4\x94\xe3\x1f\xa9")
    )
    assert response.response_code == "OK_NewSessionEstablished"
    assert response.evse_id == b"DE*VOL*E000001*1"
    assert response.date_time_now == int(AT.timestamp())
    assert session.session_id == b"\0\0\0\0\0\0\0\1"
    (came,) = session.evse.of("came")
    assert (came.evcc_id, came.speaks) == ("0000AAE494E31FA9", Speaks.DIN)


def test_an_evse_id_without_room() -> None:
    """32 bytes are the most; else a station tells none."""
    made = Scene(dc=True, din=True)
    made.evse.evse_id = "DE*VOL*E" + "0" * 29
    assert made.run().of(din.SessionSetupRes)[0].evse_id == b"\0"


def test_what_is_offered_and_chosen() -> None:
    """Direct current, paid by external means, and nothing else; contracts of the station are not told."""
    made = scene()
    pair = made.run()
    offered = pair.of(din.ServiceDiscoveryRes)[0]
    assert offered.payment_options.payment_option == ["ExternalPayment"]
    assert offered.charge_service.energy_transfer_type == "DC_extended"
    assert offered.service_list is None
    assert made.evse.of("selected") == [(Identification.EIM, Transfer.DC, Control.SCHEDULED, ())]
    assert set(made.evse.of("authorize")) == {None}


def test_powers_of_16_bits() -> None:
    """PMax has no multiplier: more than 32 767 W are told as that; a schedule is there even while it is being made."""
    made = scene()
    made.evse.planned_schedules[-1] = (Schedule(1, (PowerStep(0, 150_000.0), PowerStep(60, 20_000.0)), 3_600),)
    told = made.run().of(din.ChargeParameterDiscoveryRes)
    powers = [
        [entry.pmax for entry in one.sa_schedules.sa_schedule_tuple[0].pmax_schedule.pmax_schedule_entry]
        for one in told
    ]
    assert powers == [[32_767], [32_767, 20_000]]
    (plan,) = made.evse.of("planned")
    assert plan.steps == (PowerStep(0, 32_767), PowerStep(60, 20_000))
    assert told[0].evse_charge_parameter.evse_maximum_power_limit == physical_din(150_000, "W")


@pytest.mark.parametrize(
    ("isolation", "told"), [(Isolation.VALID, "Valid"), (Isolation.WARNING, "Warning"), (Isolation.NO_IMD, None)]
)
def test_isolation(isolation: Isolation, told: str | None) -> None:
    """There is no word for a station without a monitor."""
    made = scene()
    made.evse.shows(isolation=isolation)
    assert made.run().of(din.CurrentDemandRes)[0].dc_evse_status.evse_isolation_status == told


def test_a_vehicle_without_a_plan_takes_the_first_schedule() -> None:
    """ChargingProfile may be left out."""
    session = in_state(POWER)
    assert answered(session, with_body(request_in(POWER), charging_profile=None)).response_code == "OK"
    assert session.agreed.schedule_id == 1


def test_a_vehicle_that_does_not_negotiate_though_it_could() -> None:
    """After power is off for a negotiation it may look for welded contactors and go."""
    session = in_state(states.END_OR_ANEW)
    assert answered(session, said_by(din, DIN, din.WeldingDetectionReq, session.session_id)).response_code == "OK"
    assert session.state == states.END


def test_no_negotiation_that_the_station_did_not_ask_for() -> None:
    """After power is off there is only the end."""
    session = in_state(states.END)
    response = answered(session, said_by(din, DIN, din.ChargeParameterDiscoveryReq, session.session_id))
    assert response.response_code == "FAILED_SequenceError"
