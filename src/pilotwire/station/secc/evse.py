"""An EVSE of our station behind a session: questions of the protocol become inputs of the core, its verdicts answers."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count
from ssl import DER_cert_to_PEM_cert
from typing import Any, Final

import structlog

from pilotwire.domain.authorization import AuthorizationVerdict, CertificateStatus
from pilotwire.domain.certificates import CertificateAction, EvCertificateAsked, EvCertificateVerdict
from pilotwire.domain.kinds import Verdict
from pilotwire.domain.smart_charging import (
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
)
from pilotwire.iso15118.charging import (
    PENDING,
    AcLimits,
    Control,
    DcLimits,
    Ending,
    Identification,
    Isolation,
    Meter,
    Needs,
    Notice,
    Pending,
    Profile,
    Schedule,
    SessionEnd,
    Speaks,
    Transfer,
)
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.negotiation import VERSIONS
from pilotwire.iso15118.secc.ports import (
    CertificateAnswer,
    CertificateAsked,
    Contract,
    Decision,
    Demand,
    Offer,
    Receipt,
    State,
    Vehicle,
)
from pilotwire.station.app import Station
from pilotwire.station.core.certificate_status import EvCertificateWanted
from pilotwire.station.core.connected_ev import VehicleAsks, VehicleIdentified
from pilotwire.station.core.contracts import ContractPresented, SessionTerminated
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleOffer, ScheduleReturned
from pilotwire.station.core.vehicle_sessions import ServiceRenegotiation
from pilotwire.station.hardware.ports import AcSupply, DcOutput, DcSupply, HardwareError
from pilotwire.station.hardware.simulated.station import SimulatedStation
from pilotwire.station.secc.needs import charging_needs, offered_schedule, same
from pilotwire.station.secc.prices import Listener, Prices, Pricing
from pilotwire.station.secc.settings import SeccSettings
from pilotwire.station.secc.spoken import SpokenVehicle

_log = structlog.get_logger("pilotwire.station.secc")
_DECISIONS: Final[dict[CertificateStatus, Decision]] = {
    CertificateStatus.CERTIFICATE_EXPIRED: Decision.EXPIRED,
    CertificateStatus.CERTIFICATE_REVOKED: Decision.REVOKED,
    CertificateStatus.CERT_CHAIN_ERROR: Decision.CHAIN,
    CertificateStatus.SIGNATURE_ERROR: Decision.CHAIN,
    CertificateStatus.NO_CERTIFICATE_AVAILABLE: Decision.CHAIN,
    CertificateStatus.CONTRACT_CANCELLED: Decision.CANCELLED,
}
_UNPLUGS: Final = frozenset({Ending.TERMINATED, Ending.FAILED, Ending.TIMEOUT})
"""After these the vehicle of a simulated EVSE is taken for gone; a paused one, and one whose line dropped, stay plugged in."""
_MOST_SCHEDULES: Final = 3
_FAILED: Final = "the CSMS answered Failed"
_NO_REASON: Final = f"{_FAILED} without a reason: it has none, or one that is longer than this version of OCPP carries"
_numbers = count(1)


class StationEvse:
    """An `Evse` port on one EVSE of a station."""

    def __init__(self, station: Station, settings: SeccSettings) -> None:
        self._station = station
        self._settings = settings
        self._number = settings.evse_id
        self._layout = next(one for one in station.layout.evses if one.evse_id == settings.evse_id)
        self._ref: dict[str, Hashable] = {}
        self._told: dict[str, Verdict] = {}
        self._vehicle: Vehicle | None = None
        self._spoken: SpokenVehicle | None = None
        self._authorized = False
        self._shown: Contract | None = None
        self._asked: CertificateAsked | None = None
        self._certificates: deque[EvCertificateVerdict] = deque()
        self._needs: Needs | None = None
        self._offered: dict[int, tuple[Schedule, int | None]] = {}
        self._target_v = 0.0
        self._prices = Prices(
            station, settings.evse_id, None if settings.pricing is None else Pricing(settings.pricing)
        )
        self._early: Element | None = None
        self._contract = False
        self._notice = Notice.NONE
        self._isolation = Isolation.INVALID
        self.last: SessionEnd | None = None
        """How the session ended; None: it goes on."""
        self.receipts: list[Receipt] = []
        """Metering receipts of this session, signed by the vehicle."""

    # --- questions and answers of the core ---------------------------------------------------------------------------------------

    def _ask(self, what: str, make: Any) -> None:
        """Feed an input made with a new reference; what the core says of it is kept as `what`."""
        ref = (what, self._number, next(_numbers))
        self._ref[what] = ref
        self._told.pop(what, None)

        def heard(verdict: Verdict) -> None:
            if self._ref.get(what) == ref:
                self._heard(what, verdict)

        self._station.hear(ref, heard)
        self._station.feed(make(ref))

    def _heard(self, what: str, verdict: Verdict) -> None:
        if what == "needs" and what in self._told and isinstance(verdict, ScheduleOffer):
            self._notice = Notice.RENEGOTIATE
        if isinstance(verdict, ServiceRenegotiation):
            self._notice = Notice.SERVICE_RENEGOTIATION
            return
        if what == "certificate" and isinstance(verdict, EvCertificateVerdict):
            self._certificates.append(verdict)
        self._told[what] = verdict

    # --- Evse --------------------------------------------------------------------------------------------------------------------

    @property
    def evse_id(self) -> str:
        """From the identity of the station, if nothing else is set: ISO 15118-2 Annex H."""
        letters = "".join(one for one in self._station.identity.upper() if one.isascii() and one.isalnum())
        return f"DE*PWR*E{letters[:20]}*{self._number}"

    def offer(self) -> Offer:
        """By what the station is built of, and whether Plug & Charge is on."""
        dc = isinstance(self._layout.supply, DcSupply)
        back = self._layout.max_discharge_w > 0
        plain, both = (Transfer.DC, Transfer.DC_BPT) if dc else (Transfer.AC, Transfer.AC_BPT)
        pnc = self._settings.plug_and_charge and self._on("ISO15118Ctrlr.PnCEnabled")
        ways = (Identification.EIM, Identification.PNC) if pnc else (Identification.EIM,)
        install = pnc and self._settings.certificates
        return Offer(
            identification=ways,
            transfers=(both, plain) if back else (plain,),
            controls=(Control.SCHEDULED, Control.DYNAMIC),
            certificates=install,
            receipts=self._settings.receipts,
            renegotiation=True,
            pricing=self._prices.pricing() if self._vehicle is None or self._vehicle.speaks.is_of_20 else 0,
        )

    def _on(self, variable: str) -> bool:
        try:
            return self._station.core.variable(variable).lower() == "true"
        except KeyError:
            return False

    def came(self, vehicle: Vehicle) -> None:
        """The vehicle is known now; at simulated hardware it is plugged in, if nobody has done so."""
        self._vehicle = vehicle
        hardware = self._station.hardware
        if isinstance(hardware, SimulatedStation):
            there = hardware.vehicle_at(self._number)
            if isinstance(there, SpokenVehicle) and there.name == vehicle.evcc_id:
                self._spoken = there
            else:
                self._plug(hardware, vehicle, there is not None)
        major, minor = VERSIONS[vehicle.speaks]
        chain = tuple(DER_cert_to_PEM_cert(one) for one in vehicle.certificates)
        self._station.feed(
            VehicleIdentified(
                self._number, vehicle.evcc_id, f"{vehicle.speaks},{major},{minor}", vehicle.offered, chain
            )
        )

    def _plug(self, hardware: SimulatedStation, vehicle: Vehicle, taken: bool) -> None:
        connector = self._layout.connectors[0].connector_id
        if taken and not isinstance(hardware.vehicle_at(self._number), SpokenVehicle):
            return  # a person plugged a simulated vehicle in: the session speaks for that one
        if taken and not self._unplug(hardware):
            return  # the cable of another one is held: there is no place for this one
        self._spoken = SpokenVehicle(vehicle.evcc_id, dc=isinstance(self._layout.supply, DcSupply))
        self._station.happened(hardware.plug(self._number, connector, self._spoken))

    def authorize(self, contract: Contract | None) -> Decision | Pending:
        """A contract is shown to the core; by external means the EVSE must have been granted to somebody."""
        if contract is None:
            return Decision.ACCEPTED if self._granted() else PENDING
        if self._authorized and self._granted():
            return Decision.ACCEPTED
        if "contract" not in self._ref or contract != self._shown:  # of -20: after a refusal the next one is shown
            self._shown = contract
            chain = "".join(DER_cert_to_PEM_cert(one) for one in contract.chain)
            self._ask("contract", lambda ref: ContractPresented(ref, self._number, chain))
        verdict = self._told.get("contract")
        if not isinstance(verdict, AuthorizationVerdict):
            return PENDING
        if verdict.accepted:
            self._authorized = True
            return Decision.ACCEPTED
        status = verdict.certificate_status
        return _DECISIONS.get(status, Decision.REFUSED) if status is not None else Decision.REFUSED

    def _granted(self) -> bool:
        return self._overview().id_token is not None

    def _overview(self) -> Any:
        return next(one for one in self._station.core.overview().evses if one.evse_id == self._number)

    def certificate(self, asked: CertificateAsked) -> CertificateAnswer | Pending:
        """The CSMS is asked (M01, M02).

        A vehicle of -20 that can take several contracts is answered with one at each request; the core asks the CSMS for all of them by
        the first (M01.FR.06), and what has come waits for the vehicle here.
        """
        same = self._asked is not None and replace(asked, exi=b"") == replace(self._asked, exi=b"")
        if "certificate" not in self._ref or not same:
            self._asked = asked
            self._certificates.clear()
            fact = EvCertificateAsked(
                schema_version=asked.namespace,
                action=CertificateAction.UPDATE if asked.update else CertificateAction.INSTALL,
                exi_request=b64encode(asked.exi).decode(),
                max_chains=asked.most_chains if "-20" in asked.namespace else None,
                prioritized_emaids=asked.wanted,
            )
            self._ask("certificate", lambda ref: EvCertificateWanted(ref, fact, self._number))
        if not self._certificates:
            return PENDING
        verdict = self._certificates.popleft()
        remaining = verdict.remaining or 0
        if not verdict.accepted or not remaining:
            del self._ref["certificate"]
        try:
            exi = b64decode(verdict.exi_response)
        except ValueError:
            return CertificateAnswer(b"", reason="the CSMS's exiResponse is no Base64")
        if not verdict.accepted:
            return CertificateAnswer(exi, reason=verdict.reason or (_FAILED if exi else _NO_REASON))
        return CertificateAnswer(exi, remaining)

    def selected(
        self, identification: Identification, transfer: Transfer, control: Control, services: Sequence[int]
    ) -> bool:
        """Every combination that was offered can be had."""
        self._contract = identification is Identification.PNC
        return transfer in self.offer().transfers

    def schedules(self, needs: Needs) -> tuple[Schedule, ...] | Pending:
        """The core tells the CSMS what the vehicle needs, and makes schedules of its profiles (K15)."""
        if not same(self._needs, needs) or "needs" not in self._ref:
            self._needs = needs
            if self._spoken is not None:
                self._spoken.needs = needs
            told = charging_needs(needs, self._station.now())
            self._ask("needs", lambda ref: NeedsTold(ref, self._number, told, most_periods=needs.most_steps))
        self._notice = Notice.NONE
        verdict = self._told.get("needs")
        speaks = self._vehicle.speaks if self._vehicle else Speaks.ISO2
        listener = Listener(speaks, needs.most_steps, self._contract, needs.transfer.bidirectional)
        if not isinstance(verdict, ScheduleOffer):
            self._early = self._early or self._prices.early(listener)
            return PENDING
        self._early = None
        if verdict.schedule is None:
            return ()
        every = dict(enumerate((verdict.schedule, *verdict.others)[:_MOST_SCHEDULES], 1))
        prices = self._prices.of(every, listener, verdict.price_schedule_signature)
        self._offered = {
            number: (offered_schedule(number, one, self._layout.supply, prices), one.id)
            for number, one in every.items()
        }
        return tuple(schedule for schedule, _ in self._offered.values())

    def planned(self, profile: Profile) -> bool:
        """The vehicle's choice and plan are told to the CSMS (K15.FR.10, K15.FR.21); without a plan it keeps to what it chose."""
        chosen, own_id = self._offered.get(profile.schedule_id, (None, None))
        steps = profile.steps or (chosen.steps if chosen is not None else ())
        if not steps:
            return True
        periods = tuple(
            ChargingSchedulePeriod(start_period=step.start, limit=Decimal(str(round(step.watts, 1)))) for step in steps
        )
        schedule = ChargingSchedule(charging_rate_unit=ChargingRateUnit.WATT, charging_schedule_period=periods)
        self._ask(
            "plan",
            lambda ref: ScheduleReturned(
                ref, self._number, schedule, chosen_id=own_id, power_tolerance_accepted=profile.keeps_tolerance
            ),
        )
        return True

    def energize(self, on: bool) -> bool | Pending:
        """The vehicle's control pilot and the core close the contactor together; the session waits for it."""
        if self._spoken is not None:
            self._spoken.wants = on
        if not on:
            self._set_target(0.0, 0.0)
        closed = self._station.core.gives_power(self._number)
        return True if closed or not on else PENDING

    @property
    def _output(self) -> DcOutput | None:
        """The output of a DC outlet."""
        hardware = self._station.hardware
        return hardware if isinstance(self._layout.supply, DcSupply) and isinstance(hardware, DcOutput) else None

    def cable_check(self) -> Isolation | Pending:
        """By the driver's isolation monitor; without one nothing is good."""
        good = self._output.check_isolation(self._number) if self._output is not None else False
        if good is None:
            return PENDING
        self._isolation = Isolation.VALID if good else Isolation.FAULT
        return self._isolation

    def precharge(self, volts: float, amperes: float) -> None:
        """The output is to come near the battery's voltage, before the vehicle closes its contactors."""
        self._set_target(volts, amperes)

    def _set_target(self, volts: float, amperes: float) -> None:
        if self._output is not None:
            self._output.set_dc_target(self._number, volts, amperes)

    def demand(self, demand: Demand) -> None:
        """What it wants goes to the hardware, and what it says of itself to the core."""
        if self._spoken is not None:
            self._spoken.asks = demand
        if demand.target_v is not None:
            self._set_target(demand.target_v, demand.target_a or 0.0)
        self._station.feed(
            VehicleAsks(
                self._number,
                current=_decimal(demand.target_a),
                voltage=_decimal(demand.target_v),
                seconds_to_full=demand.seconds_to_full,
                complete=demand.charging_complete,
            )
        )

    def state(self) -> State:
        """From the meter, the layout, and what the core allows."""
        reading = self._station.hardware.meter(self._number)
        meter = Meter(f"meter-{self._number}", int(reading.energy_import_register), self._station.now())
        closed = self._station.core.gives_power(self._number)
        volts, now_a = self._output.dc_output(self._number) if self._output is not None else (0.0, 0.0)
        if closed and self._output is None:
            volts = float(reading.voltage_v[0])
        watts = float(reading.power_w)
        supply = self._layout.supply
        amperes = float(reading.current_offered_a) if closed else float(supply.max_current_a)
        power = float(reading.power_offered_w) if closed else float(supply.max_power_w)
        limits: AcLimits | DcLimits
        back = float(self._layout.max_discharge_w)
        if isinstance(supply, AcSupply):
            limits = AcLimits(supply.phases, float(supply.voltage_v), amperes, 6.0, max_discharge_w=back)
        else:
            limits = DcLimits(
                max_v=float(supply.max_voltage_v), min_v=50.0, max_a=amperes, max_w=power, max_discharge_w=back,
                max_discharge_a=min(float(supply.max_current_a), back / 200.0) if back else 0.0,
            )  # fmt: skip
        return State(
            limits,
            present_v=volts,
            present_a=now_a,
            present_w=watts,
            target_w=power,
            isolation=self._isolation,
            contactor_closed=closed,
            meter=meter,
            notice=self._asks_for(),
            tariff=self._early,
        )

    def _asks_for(self) -> Notice:
        """The grant was taken back, or there is something to negotiate."""
        if self._authorized_once() and not self._granted():
            return Notice.STOP
        if self._notice is Notice.NONE and self._prices.changed():
            return Notice.RENEGOTIATE
        return self._notice

    def _authorized_once(self) -> bool:
        if self._granted():
            self._authorized = True
        return self._authorized

    def receipt(self, receipt: Receipt) -> None:
        """Kept with the session, and in the log."""
        self.receipts.append(receipt)
        _log.info("the vehicle signed a metering receipt", station=self._station.identity, wh=receipt.meter.energy_wh)

    def ended(self, end: SessionEnd) -> None:
        """What the vehicle ended for good ends its authorization (E15); what was pending is forgotten."""
        _log.info("a session ended", station=self._station.identity, how=end.ending.value, why=end.reason)
        self.last = end
        self._ref.clear()
        self._told.clear()
        self._certificates.clear()
        self._set_target(0.0, 0.0)
        if self._spoken is not None:
            self._spoken.wants = False
        if end.ending is Ending.TERMINATED:
            self._station.feed(SessionTerminated(self._number))
        hardware, spoken = self._station.hardware, self._spoken
        if isinstance(hardware, SimulatedStation) and spoken is not None and end.ending in _UNPLUGS:
            self._leave(hardware, spoken)
        self._spoken = None

    def _leave(self, hardware: SimulatedStation, spoken: SpokenVehicle) -> None:
        if hardware.vehicle_at(self._number) is spoken:
            self._unplug(hardware)

    def _unplug(self, hardware: SimulatedStation) -> bool:
        """Whether the simulated vehicle could leave: in a transaction that goes on its cable is held."""
        try:
            self._station.happened(hardware.unplug(self._number, self._layout.connectors[0].connector_id))
        except HardwareError as error:
            _log.info("the vehicle stays plugged in", station=self._station.identity, why=error.what)
            return False
        return True


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(round(value, 3)))
