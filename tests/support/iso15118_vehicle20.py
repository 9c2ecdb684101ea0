"""A scripted vehicle of ISO 15118-20 without I/O, in virtual time. Every message goes through EXI in both directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import msgspec

from pilotwire.iso15118.charging import Control, Speaks, Transfer
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import MessageHeader, V2GRequest, V2GResponse
from pilotwire.iso15118.quantities import rational
from pilotwire.iso15118.secc.iso20 import Iso20Session, Options, states
from pilotwire.iso15118.secc.iso20.services import IDS
from pilotwire.iso15118.secc.iso20.table import main_stream
from pilotwire.iso15118.secc.iso20.talk import NO_SESSION
from pilotwire.iso15118.secc.ports import PausedSessions, RandomBytes, Vehicle
from pilotwire.iso15118.secc.session import Reply
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_evse_fake import AC, DC, START, FakeEvse, PausedBook, numbered

EVCC_ID = "WVOLTA12345ABCDEF"
CERTIFICATE = b"the vehicle's certificate of TLS"
R = TypeVar("R", bound=V2GRequest)


@dataclass
class Vehicle20:
    """A vehicle that has chosen a service and a control mode, and says what a test wants it to say.

    `signs`: puts a signature on requests before they are sent.
    """

    transfer: Transfer = Transfer.AC
    control: Control = Control.SCHEDULED
    evse: FakeEvse = field(default_factory=FakeEvse)
    paused: PausedSessions = field(default_factory=PausedBook)
    options: Options = field(default_factory=Options)
    secured: bool = True
    certificates: tuple[bytes, ...] = (CERTIFICATE,)
    session_id: bytes = NO_SESSION
    signs: Callable[[Any], Any] | None = None
    now: datetime = START
    random: RandomBytes = field(default_factory=numbered)
    reply: Reply | None = None

    def __post_init__(self) -> None:
        self.evse.shows(limits=DC if self.transfer.dc else AC)
        speaks = Speaks.ISO20_DC if self.transfer.dc else Speaks.ISO20_AC
        self.session = Iso20Session(
            self.evse,
            self.paused,
            Vehicle("", speaks, (speaks,), self.certificates),
            self.random,
            self.now,
            options=self.options,
            secured=self.secured,
        )

    @property
    def state(self) -> str:
        """The state of the session."""
        return self.session.state

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        self.now += timedelta(seconds=seconds)

    # --- said --------------------------------------------------------------------------------------------------------------------

    def says(self, cls: type[V2GRequest], payload_type: PayloadType | None = None, **fields: Any) -> Any:
        """Send a request, and give the response; None: there is none yet."""
        header = MessageHeader(session_id=self.session_id, time_stamp=int(self.now.timestamp()))
        return self.sends(cls(header=header, **fields), payload_type)

    def sends(self, message: V2GRequest, payload_type: PayloadType | None = None) -> Any:
        """The same with a message that is made already."""
        if self.signs is not None:
            message = self.signs(message)
        schemas, own = main_stream(type(message))
        self.passes(0.1)
        assert self.session.schemas_of(payload_type or own) is schemas
        return self.takes(self.session.feed(schemas.decode(schemas.encode(message)), self.now))

    def again(self) -> Any:
        """Whether the answer is there now."""
        return self.takes(self.session.again(self.now))

    def waits(self) -> Any:
        """Until the session's deadline."""
        deadline = self.session.next_deadline()
        assert deadline is not None
        self.now = deadline
        return self.takes(self.session.expired(self.now))

    def takes(self, reply: Reply | None) -> Any:
        """A response as it comes over the wire."""
        self.reply = reply
        if reply is None:
            return None
        schemas, own = main_stream(cast(type[V2GResponse], type(reply.message)))
        assert reply.schemas is schemas
        assert reply.payload_type in (own, PayloadType.SCHEDULE_RENEGOTIATION, PayloadType.METERING_CONFIRMATION)
        message = cast(V2GResponse, schemas.decode(schemas.encode(reply.message)))
        assert message == reply.message
        if isinstance(message, cm.SessionSetupRes):
            self.session_id = message.header.session_id
        assert message.header.session_id == self.session_id
        return message

    # --- a usual session, step by step ---------------------------------------------------------------------------------------------

    def sets_up(self) -> cm.SessionSetupRes:
        """SessionSetup."""
        return cast(cm.SessionSetupRes, self.says(cm.SessionSetupReq, evcc_id=EVCC_ID))

    def authorizes(self) -> cm.AuthorizationRes:
        """By external means."""
        self.says(cm.AuthorizationSetupReq)
        return cast(cm.AuthorizationRes, self.by_card())

    def by_card(self) -> Any:
        """AuthorizationReq by external means."""
        return self.says(
            cm.AuthorizationReq,
            selected_authorization_service="EIM",
            eim_areq_authorization_mode=cm.EIM_AReqAuthorizationMode(),
        )

    def selects(self, parameter_set: int | None = None, added: tuple[tuple[int, int], ...] = ()) -> Any:
        """Look at the service, and select it; of its parameter sets the first of the control mode."""
        id_ = IDS[self.transfer]
        self.says(cm.ServiceDiscoveryReq)
        details = self.says(cm.ServiceDetailReq, service_id=id_)
        if parameter_set is None:
            wanted = 1 if self.control is Control.SCHEDULED else 2
            parameter_set = next(
                each.parameter_set_id
                for each in details.service_parameter_list.parameter_set
                if parameters(each)["ControlMode"] == wanted
            )
        chosen = [cm.SelectedService(service_id=one, parameter_set_id=other) for one, other in added]
        return self.says(
            cm.ServiceSelectionReq,
            selected_energy_transfer_service=cm.SelectedService(service_id=id_, parameter_set_id=parameter_set),
            selected_vas_list=cm.SelectedServiceList(selected_service=chosen) if chosen else None,
        )

    def tells_limits(self, **changed: float) -> Any:
        """ChargeParameterDiscovery."""
        return self.sends(self.limits(**changed))

    def limits(self, **changed: float) -> V2GRequest:
        """Its limits as a request."""
        header = MessageHeader(session_id=self.session_id, time_stamp=int(self.now.timestamp()))
        both_ways = self.transfer.bidirectional
        if self.transfer.dc:
            dc_mode = dc.BPT_DC_CPDReqEnergyTransferMode if both_ways else dc.DC_CPDReqEnergyTransferMode
            told = DC_LIMITS | (DC_BACK if both_ways else {}) | changed
            return dc.DC_ChargeParameterDiscoveryReq(
                header=header, dc_cpd_req_energy_transfer_mode=dc_mode(**_rational(told), target_soc=80)
            )
        ac_mode = ac.BPT_AC_CPDReqEnergyTransferMode if both_ways else ac.AC_CPDReqEnergyTransferMode
        told = AC_LIMITS | (AC_BACK if both_ways else {}) | changed
        return ac.AC_ChargeParameterDiscoveryReq(
            header=header, ac_cpd_req_energy_transfer_mode=ac_mode(**_rational(told))
        )

    def asks_schedules(self, payload_type: PayloadType | None = None, points: int = 12) -> Any:
        """ScheduleExchange."""
        dynamic = self.control is Control.DYNAMIC
        energy = _rational(
            {
                "ev_target_energy_request": 40_000,
                "ev_maximum_energy_request": 60_000,
                "ev_minimum_energy_request": 10_000,
            }
        )
        return self.says(
            cm.ScheduleExchangeReq,
            payload_type,
            maximum_supporting_points=points,
            dynamic_se_req_control_mode=cm.Dynamic_SEReqControlMode(departure_time=7_200, target_soc=70, **energy)
            if dynamic
            else None,
            scheduled_se_req_control_mode=None
            if dynamic
            else cm.Scheduled_SEReqControlMode(departure_time=7_200, **energy),
        )

    def checks_cable(self) -> Any:
        """CableCheck."""
        return self.says(dc.DC_CableCheckReq)

    def precharges(self, volts: float = 400.0, processing: str = "Finished") -> Any:
        """PreCharge."""
        return self.says(
            dc.DC_PreChargeReq,
            ev_processing=processing,
            ev_present_voltage=rational(volts),
            ev_target_voltage=rational(volts),
        )

    def power(self, progress: str, payload_type: PayloadType | None = None, **fields: Any) -> Any:
        """PowerDelivery, by default Finished and without a profile."""
        return self.says(
            cm.PowerDeliveryReq, payload_type, **({"ev_processing": "Finished", "charge_progress": progress} | fields)
        )

    def starts(self, **fields: Any) -> Any:
        """PowerDelivery Start with a profile for its control mode."""
        return self.power("Start", **({"ev_power_profile": self.profile()} | fields))

    def profile(
        self, *entries: tuple[int, float], schedule: int = 1, accepts: Any = None, anchor: int | None = None
    ) -> cm.EVPowerProfile:
        """A power profile: seconds and watts."""
        listed = [
            cm.PowerScheduleEntry(duration=duration, power=rational(watts))
            for duration, watts in entries or ((3_600, 11_000.0),)
        ]
        dynamic = self.control is Control.DYNAMIC
        return cm.EVPowerProfile(
            time_anchor=int(self.now.timestamp()) if anchor is None else anchor,
            dynamic_ev_ppt_control_mode=cm.Dynamic_EVPPTControlMode() if dynamic else None,
            scheduled_ev_ppt_control_mode=None
            if dynamic
            else cm.Scheduled_EVPPTControlMode(selected_schedule_tuple_id=schedule, power_tolerance_acceptance=accepts),
            ev_power_profile_entries=cm.EVPowerProfileEntryList(ev_power_profile_entry=listed),
        )

    def loops(self, *, meter: bool = False, mode: Any = None, **changed: Any) -> Any:
        """One message of the charge loop."""
        if self.transfer.dc:
            return self.says(
                dc.DC_ChargeLoopReq,
                meter_info_requested=meter,
                ev_present_voltage=rational(400.0),
                cl_req_control_mode=mode or loop_mode(self.transfer, self.control),
                **changed,
            )
        return self.says(
            ac.AC_ChargeLoopReq,
            meter_info_requested=meter,
            cl_req_control_mode=mode or loop_mode(self.transfer, self.control),
            **changed,
        )

    def stops(self, how: str = "Terminate", **fields: Any) -> Any:
        """SessionStop."""
        return self.says(cm.SessionStopReq, charging_session=how, **fields)

    def reaches(self, state: str) -> Vehicle20:
        """Go the usual way to a state."""
        goal = states.CHARGE_LOOP if state == states.STANDBY else state
        for step in self._steps():
            if self.state == goal:
                break
            response = step()
            assert response.response_code.startswith("OK"), (self.state, response)
        if state == states.STANDBY:
            self.power("Standby")
        assert self.state == state, (self.state, self.session.over)
        return self

    def reaches_from_limits(self) -> Vehicle20:
        """From ChargeParameterDiscovery to the charge loop."""
        self.tells_limits()
        self.asks_schedules()
        if self.transfer.dc:
            self.checks_cable()
            self.precharges()
        self.starts()
        assert self.state == states.CHARGE_LOOP, self.session.over
        return self

    def _steps(self) -> list[Callable[[], Any]]:
        before = [
            self.sets_up,
            lambda: self.says(cm.AuthorizationSetupReq),
            self.by_card,
            lambda: self.says(cm.ServiceDiscoveryReq),
            lambda: self.says(cm.ServiceDetailReq, service_id=IDS[self.transfer]),
            self._selects_first,
            self.tells_limits,
            self.asks_schedules,
        ]
        within = [self.checks_cable, self.precharges] if self.transfer.dc else []
        return [*before, *within, self.starts, lambda: self.power("Stop")]

    def _selects_first(self) -> Any:
        set_ = 1 if self.control is Control.SCHEDULED else 2
        return self.says(
            cm.ServiceSelectionReq,
            selected_energy_transfer_service=cm.SelectedService(service_id=IDS[self.transfer], parameter_set_id=set_),
        )


AC_LIMITS = {"ev_maximum_charge_power": 11_000.0, "ev_minimum_charge_power": 1_400.0}
AC_BACK = {"ev_maximum_discharge_power": 9_000.0, "ev_minimum_discharge_power": 500.0}
DC_LIMITS = {
    "ev_maximum_charge_power": 120_000.0,
    "ev_minimum_charge_power": 1_000.0,
    "ev_maximum_charge_current": 300.0,
    "ev_minimum_charge_current": 1.0,
    "ev_maximum_voltage": 450.0,
    "ev_minimum_voltage": 200.0,
}
DC_BACK = {
    "ev_maximum_discharge_power": 15_000.0,
    "ev_minimum_discharge_power": 100.0,
    "ev_maximum_discharge_current": 40.0,
    "ev_minimum_discharge_current": 1.0,
}
_ENERGY = {
    "ev_target_energy_request": 30_000.0,
    "ev_maximum_energy_request": 50_000.0,
    "ev_minimum_energy_request": 5_000.0,
}
_AC_PRESENT = {"ev_present_active_power": 10_500.0}
_DC_DYNAMIC = {
    name: DC_LIMITS[name]
    for name in (
        "ev_maximum_charge_power",
        "ev_minimum_charge_power",
        "ev_maximum_charge_current",
        "ev_maximum_voltage",
        "ev_minimum_voltage",
    )
}
_DC_BACK_LOOP = {name: value for name, value in DC_BACK.items() if name != "ev_minimum_discharge_current"}
_DC_TARGET = {"ev_target_current": 100.0, "ev_target_voltage": 400.0}
_AC_DYNAMIC = _ENERGY | AC_LIMITS | _AC_PRESENT | {"ev_present_reactive_power": 0.0}
LOOP_MODES: dict[tuple[Transfer, Control], tuple[type[Any], dict[str, float]]] = {
    (Transfer.AC, Control.SCHEDULED): (ac.Scheduled_AC_CLReqControlMode, _AC_PRESENT),
    (Transfer.AC, Control.DYNAMIC): (ac.Dynamic_AC_CLReqControlMode, _AC_DYNAMIC),
    (Transfer.AC_BPT, Control.SCHEDULED): (ac.BPT_Scheduled_AC_CLReqControlMode, _AC_PRESENT | AC_BACK),
    (Transfer.AC_BPT, Control.DYNAMIC): (ac.BPT_Dynamic_AC_CLReqControlMode, _AC_DYNAMIC | AC_BACK),
    (Transfer.DC, Control.SCHEDULED): (dc.Scheduled_DC_CLReqControlMode, _DC_TARGET),
    (Transfer.DC, Control.DYNAMIC): (dc.Dynamic_DC_CLReqControlMode, _ENERGY | _DC_DYNAMIC),
    (Transfer.DC_BPT, Control.SCHEDULED): (dc.BPT_Scheduled_DC_CLReqControlMode, _DC_TARGET | _DC_BACK_LOOP),
    (Transfer.DC_BPT, Control.DYNAMIC): (dc.BPT_Dynamic_DC_CLReqControlMode, _ENERGY | _DC_DYNAMIC | _DC_BACK_LOOP),
}


def loop_mode(transfer: Transfer, control: Control, **changed: float) -> Any:
    """The vehicle's element in the charge loop."""
    cls, values = LOOP_MODES[transfer, control]
    return cls(**_rational(values | changed))


def parameters(parameter_set: cm.ParameterSet) -> dict[str, Any]:
    """A parameter set as names and values."""
    return {
        each.name: next(
            value
            for value in (each.bool_value, each.int_value, each.finite_string, each.byte_value, each.short_value)
            if value is not None
        )
        for each in parameter_set.parameter
    }


def with_header(message: R, **fields: Any) -> R:
    """The same message with another header."""
    header = msgspec.structs.replace(message.header, **fields)
    return msgspec.structs.replace(message, header=header)


def _rational(values: dict[str, float]) -> dict[str, Any]:
    return {name: rational(value) for name, value in values.items()}
