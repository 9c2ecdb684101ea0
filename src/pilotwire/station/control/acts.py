"""Everything that can be done to a station from outside, by the path it is done with: one table for ports and scripts alike."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from pydantic import ValidationError

from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.battery_swap import Battery
from pilotwire.domain.identity import IdToken
from pilotwire.errors import ConfigError
from pilotwire.station.control.bodies import (
    Carriers,
    Charge,
    Contract,
    ContractWanted,
    ControlBody,
    Emitted,
    Fault,
    GridState,
    GridTrouble,
    Incident,
    Limit,
    Load,
    MasterChoice,
    OutsideLimit,
    OutsidePower,
    Place,
    Plug,
    Priority,
    Reboot,
    SeededCache,
    SeededList,
    SlotBattery,
    SlotCharge,
    Socket,
    Stop,
    Tap,
    Token,
    Unplug,
    VehicleNeeds,
    VehicleSchedule,
    VehicleTrouble,
    Written,
)
from pilotwire.station.control.hosted import Hosted
from pilotwire.station.control.needs import returned_by, told_by
from pilotwire.station.control.payment_acts import PAYMENT
from pilotwire.station.core.battery_swap import BatteryInserted, BatteryMeasured, BatteryRemoved, SwapWanted
from pilotwire.station.core.charging_dynamic import PriorityWanted
from pilotwire.station.core.charging_limits import ExternalLimit
from pilotwire.station.core.contracts import ContractPresented, SessionTerminated
from pilotwire.station.core.der_vehicle import InverterAlarm
from pilotwire.station.core.external_power import ExternalPower
from pilotwire.station.core.grid import GridFault, GridMeasured, UpstreamLoad
from pilotwire.station.core.limits import DriverLimit
from pilotwire.station.core.maintenance import TransactionBroken
from pilotwire.station.core.master_pass import MasterPassChoice
from pilotwire.station.core.network_ways import CarriersSeen
from pilotwire.station.core.security_log import ClearSecurityLog, SecurityIncident
from pilotwire.station.hardware.ports import ErrorCode

State = dict[str, Any]
"""What an act answers with: mostly the station's state after it."""
Doing = Callable[[Hosted, Any], State] | Callable[[Hosted, Any], Awaitable[State]]


class Nothing(ControlBody):
    """No body is needed."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is done with a path: the body it takes, and who does it. `what` is a sentence for the description of the port."""

    path: str
    body: type[ControlBody]
    do: Doing
    what: str
    group: str

    def read(self, given: Mapping[str, Any]) -> ControlBody:
        """The body in what somebody gave; raises `ConfigError` with what is wrong."""
        try:
            return self.body.model_validate(dict(given))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"]) or "it"
            what = f"{self.path} cannot be done with {dict(given)}: {where}: {first['msg']}."
            raise ConfigError(what, "GET /openapi.json of a control port tells what may be given.") from None

    async def on(self, hosted: Hosted, body: ControlBody) -> State:
        """Do it; raises `PilotwireError` with a sentence if it cannot be done."""
        done = self.do(hosted, body)
        return await done if inspect.isawaitable(done) else done


def _fault(hosted: Hosted, body: Fault) -> State:
    what = {"info": body.info, "vendor_error_code": body.vendor_error_code}
    return hosted.done(hosted.station.simulated.raise_fault(body.code, body.evse, body.connector, **what))


def _mended(hosted: Hosted, body: Fault) -> State:
    return hosted.done(hosted.station.simulated.clear_fault(body.code, body.evse, body.connector))


def _jam(hosted: Hosted, body: Socket) -> State:
    code = ErrorCode.CONNECTOR_LOCK_FAILURE
    return hosted.done(hosted.station.simulated.raise_fault(code, body.evse, body.connector))


def _unjam(hosted: Hosted, body: Socket) -> State:
    code = ErrorCode.CONNECTOR_LOCK_FAILURE
    return hosted.done(hosted.station.simulated.clear_fault(code, body.evse, body.connector))


def _cut(hosted: Hosted, _: Nothing) -> State:
    hosted.station.line.cut()
    return hosted.state()


def _restore(hosted: Hosted, _: Nothing) -> State:
    hosted.station.line.restore()
    return hosted.state()


def _limit(body: Limit) -> TransactionLimit:
    return TransactionLimit(
        max_cost=body.max_cost, max_energy=body.max_energy, max_time=body.max_time, max_soc=body.max_soc
    )


def _battery(body: SlotBattery) -> Battery:
    return Battery(evse_id=body.evse, serial_number=body.serial_number, soc=body.soc, soh=body.soh)


def _reboot(hosted: Hosted, body: Reboot) -> Awaitable[State]:
    return hosted.reboot(body.reason, keep_transactions=body.keep_transactions, seconds=body.seconds)


_DRIVER: tuple[tuple[str, type[ControlBody], Doing, str], ...] = (
    ("plug", Plug, lambda hosted, body: hosted.plug(body), "Plug a vehicle in."),
    (
        "unplug",
        Unplug,
        lambda hosted, body: hosted.done(hosted.station.simulated.unplug(body.evse, body.connector, side=body.side)),
        "Pull the cable.",
    ),
    (
        "tap",
        Tap,
        lambda hosted, body: hosted.done(hosted.station.simulated.tap(body.id_token, body.evse, body.type)),
        "Hold a card to the reader.",
    ),
    (
        "charge",
        Charge,
        lambda hosted, body: hosted.charge(body),
        "Plug a vehicle in, unless one is there, and hold a card to the reader.",
    ),
    (
        "transaction/stop",
        Stop,
        lambda hosted, body: hosted.broken(TransactionBroken(body.evse, body.reason)),
        "End the transaction on an EVSE for a reason.",
    ),
    (
        "limit",
        Limit,
        lambda hosted, body: hosted.done([DriverLimit(body.evse, _limit(body))]),
        "The driver says how much the transaction may use up (2.1).",
    ),
    (
        "priority",
        Priority,
        lambda hosted, body: hosted.done([PriorityWanted(body.evse, body.activate)]),
        "The driver asks at the station for priority charging, or for its end (2.1).",
    ),
    ("park", Place, lambda hosted, body: hosted.done(hosted.station.simulated.park(body.evse)), "A vehicle drives in."),
    ("leave", Place, lambda hosted, body: hosted.done(hosted.station.simulated.leave(body.evse)), "It drives away."),
    (
        "stop-button",
        Place,
        lambda hosted, body: hosted.done(hosted.station.simulated.press_stop_button(body.evse)),
        "Press the EVSE's stop button.",
    ),
    (
        "master-pass",
        MasterChoice,
        lambda hosted, body: hosted.done([MasterPassChoice(body.evse)]),
        "Choose at the screen what a master pass stops (`master_pass_screen`).",
    ),
)
_VEHICLE: tuple[tuple[str, type[ControlBody], Doing, str], ...] = (
    (
        "vehicle/suspend",
        Place,
        lambda hosted, body: hosted.pause(body.evse),
        "The vehicle stops taking energy (state B).",
    ),
    (
        "vehicle/not-ready",
        Place,
        lambda hosted, body: hosted.pause(body.evse),
        "The vehicle that was plugged in does not get ready: it stays in state B whatever is offered.",
    ),
    (
        "vehicle/resume",
        Place,
        lambda hosted, body: hosted.resume(body.evse),
        "The vehicle is ready, and takes energy again.",
    ),
    (
        "vehicle/contract",
        Contract,
        lambda hosted, body: hosted.done([ContractPresented(("vehicle", body.evse), body.evse, body.chain)]),
        "The vehicle shows its contract (PaymentDetailsReq), to charge by it.",
    ),
    (
        "vehicle/needs",
        VehicleNeeds,
        lambda hosted, body: hosted.done([told_by(body, hosted.station.layout)]),
        "The vehicle tells what it needs (ISO 15118 ChargeParameterDiscoveryReq), or needs now.",
    ),
    (
        "vehicle/schedule",
        VehicleSchedule,
        lambda hosted, body: hosted.takes_up(returned_by(body)),
        "The vehicle takes up the schedule it is offered, with its own inside of it, and is ready (PowerDeliveryReq).",
    ),
    (
        "vehicle/der-alarm",
        VehicleTrouble,
        lambda hosted, body: hosted.done([InverterAlarm(body.evse, body.control_type, body.present, body.fault)]),
        "The vehicle's inverter departs from what it was asked, by a DER control of its own, or no longer (ChargeLoopReq, 2.1).",
    ),
    (
        "vehicle/certificate",
        ContractWanted,
        Hosted.wants_contract,
        "The vehicle asks for its contract (CertificateInstallationReq, CertificateUpdateReq), and shows `chain` if it gets one.",
    ),
    (
        "vehicle/terminate",
        Place,
        lambda hosted, body: hosted.done([SessionTerminated(body.evse)]),
        "The vehicle ends its ISO 15118 session for good (SessionStopReq with Terminate).",
    ),
)
_SLOTS: tuple[tuple[str, type[ControlBody], Doing, str], ...] = (
    (
        "battery/swap",
        Token,
        lambda hosted, body: hosted.done([SwapWanted(IdToken(value=body.id_token, type=body.type))]),
        "A driver presents a token to swap batteries (2.1).",
    ),
    (
        "battery/in",
        SlotBattery,
        lambda hosted, body: hosted.done([BatteryInserted(_battery(body))]),
        "A battery is put into a slot (2.1).",
    ),
    (
        "battery/out",
        Place,
        lambda hosted, body: hosted.done([BatteryRemoved(body.evse)]),
        "The battery in a slot is taken (2.1).",
    ),
    (
        "battery/charge",
        SlotCharge,
        lambda hosted, body: hosted.done([BatteryMeasured(body.evse, body.soc)]),
        "The battery in a slot is charged so far (2.1).",
    ),
)
_TROUBLE: tuple[tuple[str, type[ControlBody], Doing, str], ...] = (
    (
        "emergency-stop/press",
        Nothing,
        lambda hosted, _: hosted.done(hosted.station.simulated.press_emergency_stop()),
        "Press the emergency stop.",
    ),
    (
        "emergency-stop/release",
        Nothing,
        lambda hosted, _: hosted.done(hosted.station.simulated.release_emergency_stop()),
        "Release the emergency stop.",
    ),
    ("fault/raise", Fault, _fault, "Cause a fault."),
    ("fault/clear", Fault, _mended, "Mend a fault."),
    ("lock/fail", Socket, _jam, "The lock of a connector jams."),
    ("lock/mend", Socket, _unjam, "The lock of a connector moves again."),
)
_POWER: tuple[tuple[str, type[ControlBody], Doing, str], ...] = (
    (
        "power/cut",
        Nothing,
        lambda hosted, _: hosted.done(hosted.station.simulated.lose_power()),
        "The mains fails; the controller runs on its reserve.",
    ),
    (
        "power/restore",
        Nothing,
        lambda hosted, _: hosted.done(hosted.station.simulated.restore_power()),
        "The mains is back.",
    ),
    ("reboot", Reboot, _reboot, "Cut the controller's power, and let it start again from what it kept."),
    ("line/cut", Nothing, _cut, "Break the line to the CSMS without a word of goodbye: the station is offline."),
    (
        "line/carriers",
        Carriers,
        lambda hosted, body: hosted.done([CarriersSeen(body.ethernet, body.cellular)]),
        "A cable is pulled or plugged, the mobile network comes or goes.",
    ),
    ("line/restore", Nothing, _restore, "Mend the line; the station connects again at once."),
)
_ENERGY: tuple[tuple[str, type[ControlBody], Doing, str], ...] = (
    (
        "grid",
        GridState,
        lambda hosted, body: hosted.done([GridMeasured(body.frequency_hz, body.voltage_percent)]),
        "Measure the grid: frequency and voltage.",
    ),
    (
        "grid/fault",
        GridTrouble,
        lambda hosted, body: hosted.done([GridFault(body.control_type, body.fault, body.present, body.extra_info)]),
        "A fault of the grid stops what is given back, or is over (NotifyDERAlarm).",
    ),
    (
        "upstream-meter",
        Load,
        lambda hosted, body: hosted.done([UpstreamLoad(body.watts)]),
        "Read the meter upstream of the station (LocalLoadBalancing).",
    ),
    (
        "external/power",
        OutsidePower,
        lambda hosted, body: hosted.done(
            [ExternalPower(body.source, body.evse, body.setpoint, body.limit, body.discharge_limit)]
        ),
        "An external system sets a setpoint or limits in both directions, or releases them.",
    ),
    (
        "external/limit",
        OutsideLimit,
        lambda hosted, body: hosted.done(
            [ExternalLimit(body.source, body.limit, body.evse, body.unit, body.grid_critical, body.local_generation)]
        ),
        "An external system limits the charging, or releases the limit.",
    ),
)
_INSIDE: tuple[tuple[str, type[ControlBody], Doing, str], ...] = (
    (
        "clock-aligned",
        Nothing,
        lambda hosted, _: hosted.aligned(),
        "A clock-aligned moment is now: meter values are taken and told as at any other.",
    ),
    (
        "security/incident",
        Incident,
        lambda hosted, body: hosted.done([SecurityIncident(body.type, body.info)]),
        "Something happened that is a security event, for example TamperDetectionActivated.",
    ),
    (
        "security/clear-log",
        Nothing,
        lambda hosted, _: hosted.done([ClearSecurityLog()]),
        "The owner clears the security log.",
    ),
    ("cache", SeededCache, lambda hosted, body: hosted.seed_cache(body.entries), "Put tokens into the cache."),
    (
        "local-list",
        SeededList,
        lambda hosted, body: hosted.seed_list(body.version, body.entries),
        "Replace the Local Authorization List.",
    ),
    (
        "variable",
        Written,
        lambda hosted, body: hosted.write(body),
        "Give a variable or a 1.6 key a value from inside, read-only ones too; it is in force when this is answered.",
    ),
    ("call", Emitted, lambda hosted, body: hosted.emit(body), "Send any CALL to the CSMS: its `result` or `error`."),
)
ACTS: dict[str, Act] = {
    path: Act(path, body, do, what, group)
    for group, rows in (
        ("driver", _DRIVER),
        ("payment", PAYMENT),
        ("vehicle", _VEHICLE),
        ("battery swap", _SLOTS),
        ("trouble", _TROUBLE),
        ("power and line", _POWER),
        ("grid and energy management", _ENERGY),
        ("inside", _INSIDE),
    )
    for path, body, do, what in rows
}
"""All of them, by path."""


# --- as paths of a port ---------------------------------------------------------------------------------------------


def _here(request: Request) -> Hosted:
    """The station that whoever included the router has found for this request, and put into its state."""
    hosted: Hosted = request.state.hosted
    return hosted


def _working(request: Request) -> Hosted:
    hosted = _here(request)
    hosted.check_alive()
    return hosted


Here = Annotated[Hosted, Depends(_here)]
Working = Annotated[Hosted, Depends(_working)]


def looking() -> APIRouter:
    """What can be seen of a station, one that has failed too. Needs `request.state.hosted`."""
    router = APIRouter(tags=["looking"])

    @router.get("/status")
    async def status(hosted: Here) -> State:
        """The station as it is: line, registration, EVSEs, transactions, queued facts."""
        return hosted.state()

    @router.get("/vehicles")
    async def vehicles(hosted: Here) -> State:
        """Every vehicle that was ever here: state of charge and what its own meter counted."""
        return hosted.garage.overview()

    return router


def acting() -> APIRouter:
    """All acts on a station that works, as POSTs. Needs `request.state.hosted`."""
    router = APIRouter()
    for act in ACTS.values():
        router.add_api_route(
            f"/{act.path}", _endpoint(act), methods=["POST"], tags=[act.group], description=act.what, name=act.path
        )
    return router


def _endpoint(act: Act) -> Callable[..., Awaitable[State]]:
    async def endpoint(hosted: Hosted, body: ControlBody | None = None) -> State:
        return await act.on(hosted, body if body is not None else act.body())

    fields = act.body.model_fields.values()
    needed = any(field.is_required() for field in fields)
    body = act.body if needed else Annotated[act.body, Body(default_factory=act.body)]
    parameters = [("hosted", Working)] + ([("body", body)] if fields else [])
    endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in parameters]
    )
    return endpoint
