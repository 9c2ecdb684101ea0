"""A scripted station of ISO 15118-20 and a vehicle for it, without I/O, in virtual time. Every message goes through EXI both ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from pilotwire.iso15118.charging import Control, DcLimits, Ending, Identification, Needs, Paused, Speaks, Transfer
from pilotwire.iso15118.evcc.iso20 import Iso20Session, Options
from pilotwire.iso15118.evcc.iso20.loop import WANTED
from pilotwire.iso15118.evcc.iso20.table import main_stream, response_to
from pilotwire.iso15118.evcc.ports import EvState, Wish
from pilotwire.iso15118.evcc.session import Ask
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import EVSEStatus, MessageHeader, MeterInfo, V2GResponse
from pilotwire.iso15118.quantities import rational
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_ev_fake import FakeEv, FakeKeptPause, FakeWallet
from tests.support.iso15118_evse_fake import START, numbered
from tests.support.pki_forge import DAY, NOW
from tests.support.v2g_credentials import contract_credential

SESSION_ID = bytes.fromhex("6ACE0BF7BB1DB8D1")
CHALLENGE = bytes(range(16))
METER = MeterInfo(meter_id="VOLTA-1", charged_energy_reading_wh=12_345, meter_timestamp=1_780_000_000)
BOTH_WAYS = DcLimits(450.0, 200.0, 150.0, 1.0, 60_000.0, 500.0, 40.0, 1.0, 15_000.0, 100.0)
IDS = {Transfer.AC: 1, Transfer.DC: 2, Transfer.AC_BPT: 5, Transfer.DC_BPT: 6}
Answer = Callable[[Any], V2GResponse] | dict[str, Any]


@dataclass
class Ev20(FakeEv):
    """A vehicle that also has the wishes of -20. `moods`: fields of EvState from so many loops on."""

    emaids: tuple[str, ...] = ()
    moods: dict[int, dict[str, Any]] = field(default_factory=dict)

    def wish(self) -> Wish:
        """See `Ev`."""
        return replace(super().wish(), emaids=self.emaids)

    def needs(self, transfer: Transfer, control: Control) -> Needs:
        """See `Ev`."""
        needs = super().needs(transfer, control)
        return replace(needs, limits=BOTH_WAYS) if transfer is Transfer.DC_BPT else needs

    def state(self) -> EvState:
        """See `Ev`."""
        mood = max((each for each in self.moods if each <= self.looped), default=None)
        return super().state() if mood is None else replace(super().state(), **self.moods[mood])


@dataclass
class Station20:
    """A station that gives its vehicle good answers, unless a test gives others.

    `answers`: by response, what is to be said: fields, or a function of the request; each is said once, the last one stays.
    `asked` is what the vehicle sent, `asks` how.
    """

    transfer: Transfer = Transfer.AC
    control: Control = Control.SCHEDULED
    ev: Ev20 = field(default_factory=Ev20)
    wallet: FakeWallet = field(default_factory=FakeWallet)
    kept: FakeKeptPause = field(default_factory=FakeKeptPause)
    options: Options = field(default_factory=Options)
    secured: bool = True
    now: datetime = START
    answers: dict[type[V2GResponse], Sequence[Answer]] = field(default_factory=dict)
    session_id: bytes = SESSION_ID
    asked: list[Any] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.transfer not in self.ev.transfers:
            self.ev.transfers = (self.transfer,)
        self.ev.controls = (self.control,)
        self.speaks = Speaks.ISO20_DC if self.transfer.dc else Speaks.ISO20_AC
        self.session = Iso20Session(
            self.ev,
            self.wallet,
            self.kept,
            numbered(),
            self.now,
            speaks=self.speaks,
            options=self.options,
            secured=self.secured,
        )

    # --- what comes from the vehicle -----------------------------------------------------------------------------------------------

    @property
    def last(self) -> Any:
        """The vehicle's last request."""
        return self.asked[-1]

    @property
    def names(self) -> list[str]:
        """Its requests, by name and in order; repeated ones once."""
        found: list[str] = []
        for each in self.asked:
            if found[-1:] != [type(each).__name__]:
                found.append(type(each).__name__)
        return found

    def of(self, kind: type[Any]) -> list[Any]:
        """All its requests of a kind."""
        return [each for each in self.asked if type(each) is kind]

    def takes(self, ask: Ask | None) -> Any:
        """A request as it comes over the wire: None if there is none."""
        if ask is None:
            return None
        schemas, own = main_stream(type(ask.message))  # type: ignore[arg-type]
        assert ask.schemas is schemas
        assert ask.payload_type in (own, PayloadType.SCHEDULE_RENEGOTIATION, PayloadType.METERING_CONFIRMATION)
        request = schemas.decode(schemas.encode(ask.message))
        assert request == ask.message
        self.now = max(self.now, ask.not_before or self.now)
        assert request.header.time_stamp == int(self.now.timestamp())  # type: ignore[attr-defined]
        self.asks.append(ask)
        self.asked.append(request)
        return request

    # --- what is said to it --------------------------------------------------------------------------------------------------------

    def starts(self) -> Any:
        """The vehicle begins."""
        return self.takes(self.session.start(self.now))

    def says(self, response: V2GResponse, payload_type: PayloadType | None = None) -> Any:
        """Send a response; gives the next request."""
        schemas, own = main_stream(type(response))
        self.now += timedelta(milliseconds=20)
        assert self.session.schemas_of(payload_type or self.asks[-1].payload_type or own) is schemas
        return self.takes(self.session.feed(schemas.decode(schemas.encode(response)), self.now))

    def least(self, cls: type[V2GResponse], **fields: Any) -> V2GResponse:
        """The least response of a class."""
        told = {"header": self.header(), "response_code": "OK"} | fields
        return minimal(main_stream(cls)[0], cls, **told)

    def header(self, session_id: bytes | None = None) -> MessageHeader:
        """Of a response."""
        told = self.session_id if session_id is None else session_id
        return MessageHeader(session_id=told, time_stamp=int(self.now.timestamp()))

    def answer(self) -> Any:
        """Answer the last request; gives the next one."""
        cls = response_to(type(self.last))
        scripted = self.answers.get(cls)
        if not scripted:
            return self.says(self.good())
        said = scripted[0]
        if len(scripted) > 1:
            self.answers[cls] = scripted[1:]
        if callable(said):
            return self.says(said(self.last))
        return self.says(msgspec.structs.replace(self.good(), **said))

    def until(self, goal: type[V2GResponse], most: int = 60) -> Any:
        """Answer until a response is waited for; gives its request."""
        request = self.starts() if not self.asked else self.last
        for _ in range(most):
            if response_to(type(request)) is goal:
                return request
            request = self.answer()
            assert request is not None, (self.session.state, self.session.over, self.session.findings)
        raise AssertionError(f"{goal.__name__} is never waited for: {self.names}")

    def runs(self, most: int = 300) -> Station20:
        """Until the session is over; the vehicle is looked at again while it is not ready."""
        request = self.starts() if not self.asked else self.last
        for _ in range(most):
            request = self.answer() if request is not None else self.looks_again()
            if self.session.over is not None:
                return self
        raise AssertionError(f"it never ends: {self.names}")

    def looks_again(self) -> Any:
        """The vehicle is asked again whether it is ready."""
        self.now += timedelta(milliseconds=50)
        return self.takes(self.session.again(self.now))

    def waits(self) -> Any:
        """Until the session's deadline; gives what follows."""
        deadline = self.session.next_deadline()
        assert deadline is not None
        assert self.session.expired(deadline - timedelta(milliseconds=1)) is None
        assert self.session.over is None
        self.now = deadline
        return self.session.expired(self.now)

    # --- good answers --------------------------------------------------------------------------------------------------------------

    def good(self) -> V2GResponse:
        """What a station with nothing special says to the last request."""
        cls = response_to(type(self.last))
        return self.least(cls, **self._fields().get(cls, {}))

    def _fields(self) -> dict[type[V2GResponse], dict[str, Any]]:
        return {
            cm.SessionSetupRes: {"response_code": "OK_NewSessionEstablished", "evse_id": "DE*VOL*E000001*1"},
            cm.AuthorizationSetupRes: offers(),
            cm.AuthorizationRes: {"evse_processing": "Finished"},
            cm.ServiceDiscoveryRes: serves(*self.ev.transfers),
            cm.ServiceDetailRes: self._details(),
            ac.AC_ChargeParameterDiscoveryRes: {"ac_cpd_res_energy_transfer_mode": ac_limits(self.transfer)},
            dc.DC_ChargeParameterDiscoveryRes: {"dc_cpd_res_energy_transfer_mode": dc_limits(self.transfer)},
            cm.ScheduleExchangeRes: plans(self.control, int(self.now.timestamp())),
            dc.DC_PreChargeRes: {"evse_present_voltage": rational(400.0)},
            dc.DC_WeldingDetectionRes: {"evse_present_voltage": rational(0.0)},
            ac.AC_ChargeLoopRes: {"cl_res_control_mode": self.loop_mode(), "meter_info": METER},
            dc.DC_ChargeLoopRes: {
                "cl_res_control_mode": self.loop_mode(),
                "meter_info": METER,
                "evse_present_voltage": rational(400.0),
                "evse_present_current": rational(100.0),
            },
        }

    def _details(self) -> dict[str, Any]:
        if not isinstance(self.last, cm.ServiceDetailReq):
            return {}
        if self.last.service_id not in IDS.values():
            return details(self.last.service_id, {"Name": "Internet"})
        return details(self.last.service_id, a_set(), a_set(ControlMode=2))

    def loop_mode(self, **fields: Any) -> Any:
        """What the charge loop has of the service and the control mode that were chosen."""
        return minimal(main_stream(ac_or_dc(self.transfer))[0], WANTED[self.transfer, self.control], **fields)


def ac_or_dc(transfer: Transfer) -> type[V2GResponse]:
    """The loop's response."""
    return dc.DC_ChargeLoopRes if transfer.dc else ac.AC_ChargeLoopRes


def offers(*ways: str, certificates: bool = False, providers: Sequence[str] = ()) -> dict[str, Any]:
    """Fields of AuthorizationSetupRes."""
    contracts = "PnC" in ways
    taken = cm.SupportedProvidersList(provider_id=list(providers)) if providers else None
    return {
        "authorization_services": list(ways or ("EIM",)),
        "certificate_installation_service": certificates,
        "eim_asres_authorization_mode": None if contracts else cm.EIM_ASResAuthorizationMode(),
        "pnc_asres_authorization_mode": cm.PnC_ASResAuthorizationMode(
            gen_challenge=CHALLENGE, supported_providers=taken
        )
        if contracts
        else None,
    }


def serves(*transfers: Transfer, added: Sequence[int] = (), renegotiable: bool = False) -> dict[str, Any]:
    """Fields of ServiceDiscoveryRes."""

    def listed(ids: Sequence[int]) -> cm.ServiceList:
        return cm.ServiceList(service=[cm.Service(service_id=each, free_service=False) for each in ids])

    return {
        "service_renegotiation_supported": renegotiable,
        "energy_transfer_service_list": listed([IDS[each] for each in transfers]),
        "vas_list": listed(added) if added else None,
    }


def a_set(**changed: Any) -> dict[str, Any]:
    """A parameter set of an energy transfer service, by names."""
    return {"Connector": 2, "ControlMode": 1, "MobilityNeedsMode": 1, "Pricing": 0} | changed


def details(service_id: int, *sets: dict[str, Any]) -> dict[str, Any]:
    """Fields of ServiceDetailRes; the parameter sets are numbered from 1 on."""

    def parameter(name: str, value: Any) -> cm.Parameter:
        kind = {bool: "bool_value", int: "int_value", str: "finite_string"}.get(type(value), "rational_number")
        return cm.Parameter(name=name, **{kind: value})

    listed = [
        cm.ParameterSet(parameter_set_id=place, parameter=[parameter(*each) for each in one.items()])
        for place, one in enumerate(sets, 1)
    ]
    return {"service_id": service_id, "service_parameter_list": cm.ServiceParameterList(parameter_set=listed)}


def ac_limits(transfer: Transfer, **changed: float) -> Any:
    """The station's limits of AC."""
    told = {"evse_maximum_charge_power": 22_000.0, "evse_minimum_charge_power": 1_400.0, "evse_nominal_frequency": 50.0}
    if not transfer.bidirectional:
        return ac.AC_CPDResEnergyTransferMode(**rationals(told | changed))
    told |= {"evse_maximum_discharge_power": -9_000.0, "evse_minimum_discharge_power": -500.0}
    return ac.BPT_AC_CPDResEnergyTransferMode(**rationals(told | changed))


def dc_limits(transfer: Transfer, **changed: float) -> Any:
    """The station's limits of DC."""
    told = {
        "evse_maximum_charge_power": 150_000.0,
        "evse_minimum_charge_power": 1_000.0,
        "evse_maximum_charge_current": 200.0,
        "evse_minimum_charge_current": 1.0,
        "evse_maximum_voltage": 920.0,
        "evse_minimum_voltage": 150.0,
    }
    if not transfer.bidirectional:
        return dc.DC_CPDResEnergyTransferMode(**rationals(told | changed))
    told |= {
        "evse_maximum_discharge_power": 20_000.0,
        "evse_minimum_discharge_power": 1_000.0,
        "evse_maximum_discharge_current": 50.0,
        "evse_minimum_discharge_current": 1.0,
    }
    return dc.BPT_DC_CPDResEnergyTransferMode(**rationals(told | changed))


def rationals(numbers: dict[str, float]) -> dict[str, Any]:
    """As messages write them."""
    return {name: rational(value) for name, value in numbers.items()}


def power(*entries: tuple[int, float], anchor: int, tolerance_w: float | None = None) -> cm.PowerSchedule:
    """A schedule: seconds and watts."""
    listed = [cm.PowerScheduleEntry(duration=duration, power=rational(watts)) for duration, watts in entries]
    return cm.PowerSchedule(
        time_anchor=anchor,
        power_tolerance=None if tolerance_w is None else rational(tolerance_w),
        power_schedule_entries=cm.PowerScheduleEntryList(power_schedule_entry=listed),
    )


def plans(
    control: Control,
    anchor: int,
    *entries: tuple[int, float],
    back: Sequence[tuple[int, float]] = (),
    tolerance_w: float | None = None,
    prices: cm.AbsolutePriceSchedule | None = None,
    id_: int = 1,
) -> dict[str, Any]:
    """Fields of ScheduleExchangeRes; by default 11 kW for an hour, then 7 kW for another."""
    if control is Control.DYNAMIC:
        mode = cm.Dynamic_SEResControlMode(absolute_price_schedule=prices)
        return {
            "evse_processing": "Finished",
            "dynamic_se_res_control_mode": mode,
            "scheduled_se_res_control_mode": None,
        }
    charging = power(*(entries or ((3_600, 11_000.0), (3_600, 7_000.0))), anchor=anchor, tolerance_w=tolerance_w)
    one = cm.ScheduleTuple(
        schedule_tuple_id=id_,
        charging_schedule=cm.ChargingSchedule(power_schedule=charging, absolute_price_schedule=prices),
        discharging_schedule=cm.ChargingSchedule(power_schedule=power(*back, anchor=anchor)) if back else None,
    )
    return {
        "evse_processing": "Finished",
        "scheduled_se_res_control_mode": cm.Scheduled_SEResControlMode(schedule_tuple=[one]),
        "dynamic_se_res_control_mode": None,
    }


def notifies(notification: Any, delay: int = 0) -> dict[str, Any]:
    """Fields of a response with a notification."""
    return {"evse_status": EVSEStatus(notification_max_delay=delay, evse_notification=notification)}


def paused(transfer: Transfer = Transfer.AC, **changed: Any) -> Paused:
    """A session that the fake vehicle has paused."""
    given: dict[str, Any] = {
        "session_id": SESSION_ID,
        "speaks": Speaks.ISO20_DC if transfer.dc else Speaks.ISO20_AC,
        "vehicle": Ev20().evcc_id_20.encode(),
        "identification": "EIM",
        "transfer": transfer,
        "parameter_set": 1,
        "schedule_id": 1,
    }
    return Paused(**(given | changed))


# --- in the charge loop ----------------------------------------------------------------------------------------------------


def charging(transfer: Transfer = Transfer.AC, control: Control = Control.SCHEDULED, **given: Any) -> Station20:
    """A vehicle in the charge loop that has not got enough for long."""
    ev = given.pop("ev", None) or Ev20(loops=given.pop("loops", 1_000))
    station = Station20(transfer, control, ev=ev, **given)
    station.until(ac_or_dc(transfer))
    return station


def with_contract(**given: Any) -> Station20:
    """The same with a contract that pays."""
    ev = Ev20(identification=(Identification.PNC,), loops=1_000)
    station = Station20(ev=ev, wallet=FakeWallet([contract_credential()]), now=NOW + DAY, **given)
    station.answers[cm.AuthorizationSetupRes] = [offers("PnC")]
    station.until(ac.AC_ChargeLoopRes)
    return station


def says(station: Station20, *fields: dict[str, Any]) -> Any:
    """The station answers the loop with these fields, one after the other; gives the last request."""
    for each in fields:
        station.answers[ac_or_dc(station.transfer)] = [each, {}]
        station.answer()
    return station.last


def ended(station: Station20, ending: Ending = Ending.TERMINATED) -> str:
    """To the end, and why it came."""
    station.runs()
    assert station.session.over is not None
    assert station.session.over.ending is ending
    return station.session.over.reason
