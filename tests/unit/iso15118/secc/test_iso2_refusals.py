"""The station's session of ISO 15118-2: every response code it can give, and answers that take too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import PENDING, DcLimits, Ending, Isolation, Transfer
from pilotwire.iso15118.codecs import ISO2
from pilotwire.iso15118.provisioning import refuse
from pilotwire.iso15118.quantities import physical
from pilotwire.iso15118.secc.iso2 import states
from pilotwire.iso15118.secc.ports import CertificateAnswer, Decision, Service
from pilotwire.iso15118.signature import sign
from pilotwire.iso15118.signed_parts import Edition, with_signature
from tests.support import v2g_pki
from tests.support.iso15118_pair import body_of
from tests.support.iso15118_scenes import AT, Scene, credential
from tests.support.iso15118_walk import Walk, with_body

OTHER_KEY = v2g_pki.contract(Edition.ISO2, key_of="somebody else's").key


def receipts(scene: Scene) -> Scene:
    """Receipts at every second message, and a vehicle that asks for a contract."""
    scene.evse.offers(receipts=2)
    scene.wallet.oem = credential(v2g_pki.vehicle(Edition.ISO2))
    return scene


def installing(scene: Scene) -> Scene:
    """A vehicle that wants a contract certificate though it has one."""
    scene.ev.install = True
    return receipts(scene)


AC_EIM, DC_EIM = Walk(Scene), Walk(lambda: Scene(dc=True))
PNC = Walk(lambda: receipts(Scene(pnc=True)))
INSTALLS = Walk(lambda: installing(Scene(pnc=True)))
Change = Callable[[Any], Any]


def same(message: Any) -> Any:
    """Nothing is changed."""
    return message


def says(**changed: Any) -> Change:
    """The content is changed; what was signed is signed again by the right key only where a test does so."""
    return lambda message: with_body(message, **changed)


def evse(**facts: Any) -> Callable[[Scene], None]:
    """The EVSE is changed first."""

    def change(it: Any) -> None:
        for name, value in facts.items():
            setattr(it, name, value)

    return change


def shows(**facts: Any) -> Callable[[Any], None]:
    """The state of the EVSE is changed first."""
    return lambda it: it.shows(**facts)


@dataclass(frozen=True)
class Case:
    """What comes in a state, what is changed of it, and what it gets."""

    walk: Walk
    state: str
    code: str
    change: Change = same
    before: Callable[[Any], None] = lambda _: None
    kind: type[Any] | None = None
    why: str = ""


def selects(*chosen: tuple[int, int | None], option: str = "ExternalPayment") -> Change:
    """Another choice of services."""
    services = [iso2.SelectedService(service_id=number, parameter_set_id=sets) for number, sets in chosen]
    return says(
        selected_payment_option=option, selected_service_list=iso2.SelectedServiceList(selected_service=services)
    )


def profile(*steps: tuple[int, float]) -> iso2.ChargingProfile:
    """A charging profile."""
    return iso2.ChargingProfile(
        profile_entry=[
            iso2.ProfileEntry(charging_profile_entry_start=start, charging_profile_entry_max_power=physical(watts, "W"))
            for start, watts in steps
        ]
    )


def certificates(chain: tuple[bytes, ...]) -> iso2.CertificateChain:
    """A chain as a message carries it."""
    return iso2.CertificateChain(certificate=chain[0])


def of_backend(code: str, reason: str) -> CertificateAnswer:
    """What a backend answers that gives no contract certificate."""
    message: Any = refuse(INSTALLS.asked_in(states.CONTRACT), "FAILED", AT)
    return CertificateAnswer(ISO2.encode(with_body(message, response_code=code)), reason=reason)


def signed_by(key: Any) -> Change:
    """Signed by another key."""
    return lambda message: sign(with_signature(message, None), key)


def of_another_meter(message: Any) -> Any:
    """The receipt repeats another reading."""
    return with_body(message, meter_info=iso2.MeterInfo(meter_id="another", meter_reading=1))


SERVICES, POWER_AC, LOOP_DC = states.SERVICE_SELECTION, states.AC_READY, states.DC_LOOP
ENOUGH = states.PRE_CHARGE_OR_POWER
CASES = {
    "service unknown": Case(
        INSTALLS, SERVICES, "FAILED_ServiceIDInvalid", says(service_id=77), kind=iso2.ServiceDetailReq
    ),
    "payment not offered": Case(
        AC_EIM, SERVICES, "FAILED_PaymentSelectionInvalid", before=lambda it: it.offers(identification=("PnC",))
    ),
    "no charging": Case(AC_EIM, SERVICES, "FAILED_NoChargeServiceSelected", selects((2, 1))),
    "service not offered": Case(AC_EIM, SERVICES, "FAILED_ServiceSelectionInvalid", selects((1, None), (60, None))),
    "parameter set unknown": Case(AC_EIM, SERVICES, "FAILED_ServiceSelectionInvalid", selects((1, None), (2, 9))),
    "certificates not selected": Case(
        PNC, states.CONTRACT, "FAILED_NoCertificateAvailable", lambda _: INSTALLS.asked_in(states.CONTRACT),
        why="was not selected",
    ),
    "no certificate there": Case(
        INSTALLS, states.CONTRACT, "FAILED_NoCertificateAvailable", says(oem_provisioning_cert=b"none"),
        why="cannot be read",
    ),
    "answer of the backend is nothing": Case(
        INSTALLS, states.CONTRACT, "FAILED_NoCertificateAvailable", before=evse(certificates=[CertificateAnswer(b"?")]),
        why="no EXI",
    ),
    "answer of the backend is something else": Case(
        INSTALLS, states.CONTRACT, "FAILED_NoCertificateAvailable",
        before=evse(certificates=[CertificateAnswer(ISO2.encode(PNC.asked_in(states.SERVICE_DISCOVERY)))]),
        why="another message",
    ),
    "the backend refuses": Case(
        INSTALLS, states.CONTRACT, "FAILED_CertificateExpired",
        before=evse(certificates=[of_backend("FAILED_CertificateExpired", "it has ended")]),
        why="it has ended",
    ),
    "the backend failed with an answer": Case(
        INSTALLS, states.CONTRACT, "FAILED_NoCertificateAvailable",
        before=evse(certificates=[of_backend("OK", "it failed")]),
        why="it failed",
    ),
    "contract unreadable": Case(
        PNC, states.CONTRACT, "FAILED_CertChainError", says(contract_signature_cert_chain=certificates((b"no DER",)))
    ),
    "eMAID of another": Case(PNC, states.CONTRACT, "FAILED_CertChainError", says(emaid="DE8ACC12E46L80")),
    "contract expired": Case(
        PNC, states.CONTRACT, "FAILED_CertificateExpired", before=evse(decisions=[Decision.EXPIRED])
    ),
    "contract revoked": Case(
        PNC, states.CONTRACT, "FAILED_CertificateRevoked", before=evse(decisions=[Decision.REVOKED])
    ),
    "contract under no root": Case(
        PNC, states.CONTRACT, "FAILED_CertChainError", before=evse(decisions=[Decision.CHAIN])
    ),
    "contract of nobody": Case(
        PNC, states.CONTRACT, "FAILED_NoCertificateAvailable", before=evse(decisions=[Decision.UNKNOWN])
    ),
    "challenge of another": Case(
        PNC, states.AUTHORIZATION, "FAILED_ChallengeInvalid", says(gen_challenge=b"\7" * 16)
    ),
    "no challenge": Case(PNC, states.AUTHORIZATION, "FAILED_ChallengeInvalid", says(gen_challenge=None)),
    "not signed": Case(
        PNC, states.AUTHORIZATION, "FAILED_SignatureError", lambda message: with_signature(message, None)
    ),
    "signed by another": Case(PNC, states.AUTHORIZATION, "FAILED_SignatureError", signed_by(OTHER_KEY)),
    "signed something else": Case(PNC, states.AUTHORIZATION, "FAILED_SignatureError", says(id="ID2")),
    "contract cancelled": Case(
        PNC, states.AUTHORIZATION, "FAILED_ContractCanceled", before=evse(decisions=[Decision.CANCELLED])
    ),
    "customer refused": Case(
        AC_EIM, states.AUTHORIZATION, "FAILED", before=evse(decisions=[Decision.REFUSED]), why="not authorized"
    ),
    "mode not offered": Case(
        AC_EIM, states.CHARGE_PARAMETERS, "FAILED_WrongEnergyTransferMode",
        says(requested_energy_transfer_mode="DC_unique"),
    ),
    "mode not to be had any more": Case(
        AC_EIM, states.CHARGE_PARAMETERS, "FAILED_WrongEnergyTransferMode", before=evse(takes_selection=False)
    ),
    "parameters of the other current": Case(
        AC_EIM, states.CHARGE_PARAMETERS, "FAILED_WrongChargeParameter",
        lambda message: with_body(
            message, ev_charge_parameter=body_of(DC_EIM.asked_in(states.CHARGE_PARAMETERS)).ev_charge_parameter
        ),
    ),
    "battery of too few volts": Case(
        DC_EIM, states.CHARGE_PARAMETERS, "FAILED_WrongChargeParameter", before=shows(limits=DcLimits(min_v=500.0))
    ),
    "no schedule": Case(
        AC_EIM, states.CHARGE_PARAMETERS, "FAILED_WrongChargeParameter", before=evse(planned_schedules=[()])
    ),
    "isolation bad": Case(DC_EIM, states.CABLE_CHECK, "FAILED", before=evse(isolations=[Isolation.FAULT])),
    "too many volts": Case(
        DC_EIM, states.PRE_CHARGE, "FAILED", says(ev_target_voltage=physical(2_000, "V")), why="more than the EVSE has"
    ),
    "volts below zero": Case(DC_EIM, states.PRE_CHARGE, "FAILED", says(ev_target_voltage=physical(-5, "V"))),
    "amperes below zero": Case(DC_EIM, LOOP_DC, "FAILED", says(ev_target_current=physical(-5, "A"))),
    "schedule not offered": Case(
        AC_EIM, POWER_AC, "FAILED_TariffSelectionInvalid", says(sa_schedule_tuple_id=99)
    ),
    "profile above the schedule": Case(
        AC_EIM, POWER_AC, "FAILED_ChargingProfileInvalid", says(charging_profile=profile((0, 11_000), (3_600, 11_000)))
    ),
    "profile backwards": Case(
        AC_EIM, POWER_AC, "FAILED_ChargingProfileInvalid", says(charging_profile=profile((60, 1), (0, 1)))
    ),
    "plan refused": Case(AC_EIM, POWER_AC, "FAILED_ChargingProfileInvalid", before=evse(takes_plan=False)),
    "no power": Case(AC_EIM, POWER_AC, "FAILED_PowerDeliveryNotApplied", before=evse(contactors=[False])),
    "nothing to negotiate": Case(
        DC_EIM, ENOUGH, "FAILED_PowerDeliveryNotApplied", says(charge_progress="Renegotiate")
    ),
    "contactors stay closed": Case(
        AC_EIM, POWER_AC, "FAILED_ContactorError", says(charge_progress="Stop"), evse(contactors=[False])
    ),
    "receipt of another reading": Case(
        PNC, states.AC_RECEIPT, "FAILED_MeteringSignatureNotValid", of_another_meter
    ),
    "receipt of another schedule": Case(
        PNC, states.AC_RECEIPT, "FAILED_MeteringSignatureNotValid", says(sa_schedule_tuple_id=9)
    ),
    "receipt of another session": Case(
        PNC, states.AC_RECEIPT, "FAILED_MeteringSignatureNotValid", says(session_id=b"\7" * 8)
    ),
    "receipt signed by another": Case(
        PNC, states.AC_RECEIPT, "FAILED_MeteringSignatureNotValid", signed_by(OTHER_KEY)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_request_is_refused(case: Case) -> None:
    """With its own response code in a response that can be read; the session is over, and power is off."""
    session = case.walk.station_in(case.state)
    case.before(session.evse)
    reply = session.feed(case.change(case.walk.asked_in(case.state, case.kind)), AT)
    response = body_of(ISO2.decode(ISO2.encode(reply.message)))
    assert response.response_code == case.code
    assert session.over == reply.ends
    assert session.over.ending is Ending.FAILED
    assert session.over.reason.startswith(f"{case.code}: ")
    assert case.why in session.over.reason
    assert session.evse.of("ended") == [session.over]
    assert session.next_deadline() is None


def test_every_response_code_of_the_schema_is_given_or_not_ours() -> None:
    """Those of the table above, sequence and session of the walk, and some that this station never gives."""
    given = {case.code for case in CASES.values()} | {"FAILED_SequenceError", "FAILED_UnknownSession"}
    never = {"FAILED_CertificateNotAllowedAtThisEVSE"}  # every provider is asked about
    all_of_them = {one for one in iso2.ResponseCode.__args__ if one.startswith("FAILED")}  # type: ignore[attr-defined]
    assert given | never == all_of_them


# --- answers that take time ------------------------------------------------------------------------------------------------------

SLOW = {
    "certificate": (INSTALLS, states.CONTRACT, "certificates", 4.5, "FAILED_NoCertificateAvailable", same),
    "power on": (AC_EIM, POWER_AC, "contactors", 4.5, "FAILED_ContactorError", same),
    "power off": (AC_EIM, POWER_AC, "contactors", 4.5, "FAILED_ContactorError", says(charge_progress="Stop")),
}


@pytest.mark.parametrize("name", SLOW)
def test_an_answer_that_is_not_there_yet(name: str) -> None:
    """The session waits as long as the performance time allows, and refuses in the last moment."""
    walk, state, facts, patience, code, change = SLOW[name]
    session = walk.station_in(state)
    setattr(session.evse, facts, [PENDING])
    assert session.feed(change(walk.asked_in(state)), AT) is None
    assert session.next_deadline() == AT + timedelta(seconds=patience)
    assert session.again(AT + timedelta(seconds=1)) is None
    late = session.expired(AT + timedelta(seconds=patience))
    assert body_of(ISO2.decode(ISO2.encode(late.message))).response_code == code
    assert session.over.ending is Ending.FAILED
    assert session.again(AT + timedelta(seconds=9)) is None


@pytest.mark.parametrize("name", SLOW)
def test_an_answer_that_comes_in_time(name: str) -> None:
    """`again` gives it, and the plan was told once."""
    walk, state, facts, _, _, change = SLOW[name]
    session = walk.station_in(state)
    usual = list(getattr(session.evse, facts))
    setattr(session.evse, facts, [PENDING, PENDING, *usual])
    assert session.feed(change(walk.asked_in(state)), AT) is None
    assert session.again(AT + timedelta(seconds=1)) is None
    reply = session.again(AT + timedelta(seconds=2))
    assert body_of(ISO2.decode(ISO2.encode(reply.message))).response_code == "OK"
    assert len(session.evse.of("planned")) <= 1


def test_a_vehicle_that_does_not_wait_for_its_answer() -> None:
    """The second request is told as a finding, and answered by itself."""
    session = AC_EIM.station_in(POWER_AC)
    session.evse.contactors = [PENDING, True]
    message = AC_EIM.asked_in(POWER_AC)
    assert session.feed(message, AT) is None
    assert body_of(session.feed(message, AT).message).response_code == "OK"
    assert session.findings == ["PowerDeliveryReq came before the response to PowerDeliveryReq."]


ONGOING = {
    "contract": (PNC, states.AUTHORIZATION, "decisions", 55, "nobody decided"),
    "schedules": (AC_EIM, states.CHARGE_PARAMETERS, "planned_schedules", 55, "nobody made a schedule"),
    "isolation": (DC_EIM, states.CABLE_CHECK, "isolations", 38, "took too long"),
}


@pytest.mark.parametrize("name", ONGOING)
def test_ongoing_has_an_end(name: str) -> None:
    """The same request again and again gets Ongoing, until the station has taken too long."""
    walk, state, facts, most, why = ONGOING[name]
    session = walk.station_in(state)
    setattr(session.evse, facts, [PENDING])
    message = walk.asked_in(state)
    for second in range(most + 1):
        response = body_of(session.feed(message, AT + timedelta(seconds=second)).message)
        assert (response.response_code, response.evse_processing) == ("OK", "Ongoing")
    response = body_of(session.feed(message, AT + timedelta(seconds=most + 1)).message)
    assert response.response_code == "FAILED"
    assert why in session.over.reason


def test_a_person_may_take_their_time() -> None:
    """By external means there is no limit: the vehicle is told that a customer is waited for."""
    session = AC_EIM.station_in(states.AUTHORIZATION)
    session.evse.decisions = [PENDING]
    message = AC_EIM.asked_in(states.AUTHORIZATION)
    for minute in range(30):
        response = body_of(session.feed(message, AT + timedelta(minutes=minute)).message)
        assert response.evse_processing == "Ongoing_WaitingForCustomerInteraction"
    session.evse.decisions = [Decision.ACCEPTED]
    assert body_of(session.feed(message, AT + timedelta(minutes=31)).message).evse_processing == "Finished"


# --- what is offered -------------------------------------------------------------------------------------------------------------


def test_without_tls_there_are_no_contracts() -> None:
    """Neither contracts nor certificates are offered ([V2G2-825])."""
    pair = Scene(secured=False).run()
    offered = pair.of(iso2.ServiceDiscoveryRes)[0]
    assert offered.payment_option_list.payment_option == ["ExternalPayment"]
    assert offered.service_list is None


@pytest.mark.parametrize(
    ("category", "found"), [(None, [2, 3]), ("EVCharging", []), ("Internet", [3]), ("ContractCertificate", [2])]
)
def test_services_of_a_category(category: Any, found: list[int]) -> None:
    """Only those that were asked for are told."""
    session = AC_EIM.station_in(states.SERVICE_DISCOVERY)
    session.evse.offers(services=(Service(3, "Web", False, ((1, (("Port", 80), ("Free", True), ("Name", "w"))),)),))
    message = with_body(AC_EIM.asked_in(states.SERVICE_DISCOVERY), service_category=category)
    services = body_of(session.feed(message, AT).message).service_list
    assert [one.service_id for one in (services.service if services else ())] == found


def test_parameters_of_a_service() -> None:
    """Names and values, each in its own type; the charge service has none."""
    session = AC_EIM.station_in(SERVICES)
    session.evse.offers(services=(Service(3, "Web", False, ((1, (("Port", 80), ("Free", True), ("Name", "w"))),)),))
    asked = INSTALLS.asked_in(SERVICES, iso2.ServiceDetailReq)
    detail = body_of(ISO2.decode(ISO2.encode(session.feed(with_body(asked, service_id=3), AT).message)))
    (one,) = detail.service_parameter_list.parameter_set
    told = [(each.name, each.int_value, each.bool_value, each.string_value) for each in one.parameter]
    assert told == [("Port", 80, None, None), ("Free", None, True, None), ("Name", None, None, "w")]
    detail = body_of(session.feed(with_body(asked, service_id=1), AT).message)
    assert (detail.response_code, detail.service_parameter_list) == ("OK", None)


def test_a_long_schedule_is_told_as_long_as_messages_can() -> None:
    """The last interval is a day at most."""
    scene = Scene()
    schedule = scene.evse.planned_schedules[0]
    assert not isinstance(schedule, type(PENDING))
    (one,) = schedule
    scene.evse.planned_schedules = [(type(one)(1, one.steps, duration=10 * 86_400),)]
    told = scene.run().of(iso2.ChargeParameterDiscoveryRes)[-1].sa_schedules.sa_schedule_tuple[0]
    entries = told.pmax_schedule.pmax_schedule_entry
    assert [(each.time_interval.start, each.time_interval.duration) for each in entries] == [(0, None), (3_600, 86_400)]


def test_the_current_cannot_be_changed_by_negotiating_anew() -> None:
    """AC stays AC."""
    scene = Scene()
    scene.ev.renegotiates = 1
    scene.evse.offers(transfers=(Transfer.AC, Transfer.DC))

    def changes(message: Any) -> Any:
        body = body_of(message)
        if isinstance(body, iso2.ChargeParameterDiscoveryReq) and scene.evse.of("planned"):
            other = body_of(DC_EIM.asked_in(states.CHARGE_PARAMETERS))
            return with_body(
                message,
                requested_energy_transfer_mode="DC_extended",
                ev_charge_parameter=other.ev_charge_parameter,
            )
        return message

    pair = scene.run(changes=changes)
    assert pair.said[-1].response_code == "FAILED_WrongEnergyTransferMode"
