"""A station as the control port has it: with the vehicles that come to it, and everything that can be done to it from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from pilotwire.dialects.ocpp16.keys import read_key
from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.certificates import EvCertificateAsked, EvCertificateVerdict
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Outcome, Verdict
from pilotwire.domain.local_list import ListEntry, SendLocalList, UpdateType
from pilotwire.domain.provisioning import BootReason
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.ocpp.net.peer import AnswerInvalid, CallRefused
from pilotwire.station.app import Station
from pilotwire.station.control.bodies import Charge, ContractWanted, Emitted, Plug, Seed, Written
from pilotwire.station.control.garage import Garage, VehicleMaker
from pilotwire.station.core.certificate_status import EvCertificateWanted
from pilotwire.station.core.contracts import ContractPresented
from pilotwire.station.core.inputs import Input
from pilotwire.station.core.maintenance import CacheSeeded, ClockAlignedNow, TransactionBroken
from pilotwire.station.core.variables import key_of
from pilotwire.station.core.vehicle_needs import ScheduleReturned
from pilotwire.station.core.vehicle_sessions import is_of_20
from pilotwire.station.hardware.ports import (
    EmergencyStopPressed,
    FaultRaised,
    HardwareError,
    PowerLost,
    VehicleInlet,
)
from pilotwire.station.hardware.simulated import SimulatedStation
from pilotwire.station.setup import Setup


class Hosted:
    """See the module. What cannot be done raises `PilotwireError` with a sentence for the person."""

    def __init__(
        self,
        station: Station,
        make_vehicle: VehicleMaker,
        *,
        renamed: Callable[[Setup], Callable[[], None]] | None = None,
    ) -> None:
        """`renamed` is asked before the station is set up anew, and may refuse; what it returns is called when that is done."""
        self.station = station
        self._renamed = renamed
        self.garage = Garage(make_vehicle)
        if isinstance(hardware := station.hardware, SimulatedStation):
            for evse in station.layout.evses:
                if (vehicle := hardware.vehicle_at(evse.evse_id)) is not None:
                    self.garage.adopt(f"evse-{evse.evse_id}", vehicle)

    # --- telling -----------------------------------------------------------------------------------------------------

    def check_alive(self) -> None:
        """Raise `HardwareError` if the station has stopped by itself."""
        if self.station.failure:
            what = f"The station has stopped: {self.station.failure}".rstrip(".")
            raise HardwareError(f"{what}.", "Mend that and start it again.")

    def done(self, events: Sequence[Input]) -> dict[str, Any]:
        """Tell the station what happened; its state after it."""
        self.station.feed(*events)
        self.check_alive()  # what was just done could perhaps not be kept
        return self.state()

    def state(self) -> dict[str, Any]:
        """The station as it is."""
        return state_of(self.station)

    # --- vehicles and drivers ----------------------------------------------------------------------------------------

    def plug(self, body: Plug) -> dict[str, Any]:
        """Plug a vehicle in."""
        vehicle = self.garage.vehicle(
            body.name, body.model, soc=body.soc, target_soc=body.target_soc, energy_wh=body.energy_wh
        )
        if not body.ready:
            vehicle.pause()
        events = self.station.simulated.plug(body.evse, body.connector, vehicle, cable_a=body.cable_a)
        self.garage.adopt(body.name, vehicle)
        return self.done(events)

    def charge(self, body: Charge) -> dict[str, Any]:
        """Plug in, unless a vehicle is there, and present a token."""
        if self.station.simulated.vehicle_at(body.evse) is None:
            self.plug(body)
        return self.done(self.station.simulated.tap(body.id_token, body.evse, body.type))

    def vehicle(self, evse: int) -> VehicleInlet:
        """The vehicle at an EVSE."""
        vehicle = self.station.simulated.vehicle_at(evse)
        if vehicle is None:
            raise HardwareError(f"There is no vehicle at EVSE {evse}.", "Plug one in first.")
        return vehicle

    def pause(self, evse: int) -> dict[str, Any]:
        """The vehicle wants no energy, whatever is offered: it suspends, or does not get ready at all."""
        self.vehicle(evse).pause()
        return self._settled()

    def resume(self, evse: int) -> dict[str, Any]:
        """The vehicle wants energy again."""
        self.vehicle(evse).resume()
        return self._settled()

    def takes_up(self, event: ScheduleReturned) -> dict[str, Any]:
        """The vehicle takes up the schedule it is offered, with its own, and is ready. The station tells none that is outside of it."""
        self.vehicle(event.evse_id).resume()
        self.station.feed(event)
        return self._settled()

    def wants_contract(self, body: ContractWanted) -> dict[str, Any]:
        """The vehicle asks for its contracts. What it gets is EXI, which is not read here: once it has all of them, it shows the chain
        that was given (M01, M02).
        """
        self.vehicle(body.evse)
        if is_of_20(body.schema_version) and body.maximum_contract_certificate_chains is None:
            what = "A vehicle that speaks ISO 15118-20 says how many contracts it takes at most."
            raise ConfigError(what, "Give maximumContractCertificateChains, from 0 to 255.")
        ref, got = ("vehicle", body.evse, "contract"), list[EvCertificateVerdict]()

        def told(verdict: Verdict) -> None:
            if not isinstance(verdict, EvCertificateVerdict):
                return
            got.append(verdict)
            if not verdict.remaining and body.chain is not None and any(each.accepted for each in got):
                self.station.feed(ContractPresented(("vehicle", body.evse), body.evse, body.chain))

        self.station.hear(ref, told)
        asked = EvCertificateAsked(
            schema_version=body.schema_version,
            action=body.action,
            exi_request=body.exi_request,
            max_chains=body.maximum_contract_certificate_chains,
            prioritized_emaids=tuple(body.prioritized_emaids),
        )
        return self.done([EvCertificateWanted(ref, asked, body.evse)])

    def _settled(self) -> dict[str, Any]:
        return self.done(self.station.simulated.advance(0.0))

    # --- from inside ---------------------------------------------------------------------------------------------------

    def broken(self, event: TransactionBroken) -> dict[str, Any]:
        """End a transaction for a reason."""
        running = {evse.evse_id: evse.transaction_id for evse in self.station.core.overview().evses}
        if running.get(event.evse_id) is None:
            raise HardwareError(f"There is no transaction on EVSE {event.evse_id}.", "Begin one first.")
        return self.done([event])

    def aligned(self) -> dict[str, Any]:
        """A clock-aligned moment is now."""
        return self.done([ClockAlignedNow()])

    def write(self, body: Written) -> dict[str, Any]:
        """Give a variable, or a 1.6 configuration key, a value; read-only ones too."""
        if (body.name is None) == (body.key is None):
            raise ConfigError(
                "Exactly one of name and key must be given.", "name is a variable of 2.x, key one of 1.6."
            )
        name = body.name if body.name is not None else key_of(read_key(body.key or ""))
        self.station.write_variable(name, body.value)
        return {"name": name, "value": self.station.core.variable(name)}

    def seed_cache(self, entries: Sequence[Seed]) -> dict[str, Any]:
        """Put verdicts into the Authorization Cache."""
        return self.done([CacheSeeded(tuple((_token(seed), _verdict(seed)) for seed in entries))])

    async def seed_list(self, version: int, entries: Sequence[Seed]) -> dict[str, Any]:
        """Replace the Local Authorization List."""
        tokens = tuple(ListEntry(id_token=_token(seed), info=_verdict(seed)) for seed in entries)
        outcome = await self.command(SendLocalList(version=version, update=UpdateType.FULL, entries=tokens))
        status = getattr(outcome, "status", None)
        if status != "Accepted":
            raise HardwareError(
                f"The station does not take the list: {status}.", "See LocalAuthListCtrlr.Enabled and its size."
            )
        return self.state()

    async def set_up(
        self, wanted: Setup, *, credentials: Mapping[str, bytes] | None = None, force: bool = False
    ) -> str:
        """Set the station up anew; what was lost by it, in words."""
        done = None if self._renamed is None else self._renamed(wanted)
        lost = await self.station.set_up(wanted, credentials=credentials, force=force)
        if done is not None:
            done()
        self.check_alive()
        return lost.words

    async def command(self, command: Command) -> Outcome:
        """Have the station do what a CSMS could ask for."""
        return await self.station.command(command)

    async def reboot(self, reason: BootReason, *, keep_transactions: bool | None, seconds: float) -> dict[str, Any]:
        """Cut the controller's power and let it start again."""
        await self.station.reboot(reason, resume=keep_transactions, seconds=seconds)
        self.check_alive()
        return self.state()

    async def emit(self, body: Emitted) -> dict[str, Any]:
        """Send a CALL as it is; what came back: `result`, or `error` with code, description and details."""
        try:
            payload = msgspec.json.encode(body.payload)
            raw = await self.station.line.call_raw(body.action, payload, force=body.force, timeout=body.timeout)
        except CallRefused as refused:
            details = msgspec.json.decode(refused.details or b"{}")
            error = {"code": refused.code, "description": refused.description, "details": details}
            return {"result": None, "error": error}
        except AnswerInvalid as invalid:
            raise PilotwireError(str(invalid), "See the log of messages for what was answered.") from invalid
        return {"result": msgspec.json.decode(raw), "error": None}


def _token(seed: Seed) -> IdToken:
    return IdToken(value=seed.id_token, type=seed.type)


def _verdict(seed: Seed) -> AuthorizationVerdict:
    group = IdToken(value=seed.group, type="Central") if seed.group is not None else None
    return AuthorizationVerdict(status=seed.status, group=group, expires_at=seed.expires_at)


def state_of(station: Station) -> dict[str, Any]:
    """What the control port shows of a station."""
    survey = station.hardware.survey()
    return {
        "station": station.identity,
        "line": {"up": station.line.is_up, "cut": station.line.is_cut, "trouble": station.line.trouble},
        "stopped": station.failure or None,
        "powered": PowerLost() not in survey,
        "emergencyStop": EmergencyStopPressed() in survey,
        "faults": [
            {"code": fault.error_code, "evse": fault.evse_id, "connector": fault.connector_id}
            for fault in survey
            if isinstance(fault, FaultRaised)
        ],
        **station.overview(),
    }
