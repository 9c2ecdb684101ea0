"""What may be sent to the control port. Names are those of OCPP's JSON; what is left out is the usual."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from pilotwire.domain.authorization import AuthorizationStatus
from pilotwire.domain.certificates import CertificateAction
from pilotwire.domain.der_control import DerControlType, GridEventFault
from pilotwire.domain.provisioning import BootReason
from pilotwire.domain.smart_charging import ChargingRateUnit
from pilotwire.domain.tariff import PaymentStatus
from pilotwire.domain.transactions import StoppedReason
from pilotwire.station.habits import AS_THE_VERSION_HAS_IT, Habits
from pilotwire.station.hardware.ports import ErrorCode, SettledAs


class ControlBody(BaseModel):
    """The base: names in camel case, nothing beside them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Refusal(BaseModel):
    """Why something was not done, and how to get it done."""

    what: str
    remedy: str


class Place(ControlBody):
    """An EVSE."""

    evse: int = 1


class Socket(Place):
    """A connector of an EVSE."""

    connector: int = 1


class Plug(Socket):
    """Plug a vehicle in. A vehicle that was here before is known by its `name`; a new one is made of `model` and `soc` (percent).

    `ready` False: it does not get ready for energy (state B) until it is resumed.
    """

    name: str = Field(default="car", min_length=1, max_length=64)
    model: str | None = None
    soc: float | None = Field(default=None, ge=0, le=100)
    target_soc: float | None = Field(default=None, ge=0, le=100)
    energy_wh: int | None = Field(default=None, gt=0)
    cable_a: Decimal | None = None
    ready: bool = True


class VehicleNeeds(Place):
    """What a vehicle that speaks ISO 15118 needs: Wh, and the A a phase (DC: the A) and V it takes at most.

    `requested_energy_transfer` as in EnergyTransferModeEnumType, None: DC at a DC EVSE, else AC with all its phases. `max_schedule_tuples`
    is how many periods it can take in a schedule. `max_discharge_power` are the W it gives back, `der_controls` the DER controls its
    inverter has (AC_BPT_DER and AC_DER of 2.1).
    """

    requested_energy_transfer: str | None = Field(default=None, min_length=1, max_length=40)
    energy_amount: Decimal = Field(default=Decimal(20_000), gt=0)
    ev_min_current: Decimal = Field(default=Decimal(6), ge=0)
    ev_max_current: Decimal = Field(default=Decimal(32), gt=0)
    ev_max_voltage: Decimal = Field(default=Decimal(400), gt=0)
    departure_time: AwareDatetime | None = None
    max_schedule_tuples: int | None = Field(default=12, ge=1)
    max_discharge_power: Decimal | None = Field(default=None, ge=0)
    der_controls: list[DerControlType] | None = Field(default=None, alias="evSupportedDERControl")


class VehicleSchedule(Place):
    """The schedule a vehicle makes of what it was offered: so much from now on, in A a phase or W, and for `duration` s if it says so."""

    limit: Decimal = Field(ge=0)
    unit: ChargingRateUnit = ChargingRateUnit.AMPERE
    duration: int | None = Field(default=None, gt=0)


class Priority(Place):
    """Priority charging for the transaction there, or no longer (`activate` false)."""

    activate: bool = True


class Unplug(Socket):
    """Unplug, at the station's end or the vehicle's (`side`)."""

    side: Literal["station", "vehicle"] = "station"


class Tap(ControlBody):
    """Hold a card to the reader, of one EVSE or of the station. `type` as in IdTokenEnumType."""

    id_token: str = Field(min_length=1, max_length=255)
    type: str = "ISO14443"
    evse: int | None = None


class Contract(Place):
    """The contract a vehicle shows for Plug & Charge: its certificate chain as PEM, the contract's own certificate first."""

    chain: str = Field(min_length=1)


class ContractWanted(Place):
    """A vehicle asks for its contract: what is passed on, and the chain (as in `Contract`) it shows if it gets one.

    The last two are of ISO 15118-20, which needs the first of them: how many contracts it takes, and which it would have first.
    """

    action: CertificateAction = CertificateAction.INSTALL
    schema_version: str = Field(default="urn:iso:15118:2:2013:MsgDef", max_length=50)
    exi_request: str = Field(default="gA==", min_length=1, max_length=5600)
    chain: str | None = None
    maximum_contract_certificate_chains: int | None = Field(default=None, ge=0, le=255)
    prioritized_emaids: list[Annotated[str, Field(min_length=1, max_length=255)]] = Field(
        default_factory=list, max_length=8, alias="prioritizedEMAIDs"
    )


class Charge(Plug):
    """Plug in (unless a vehicle is there) and present a token: energy flows as soon as the CSMS agrees."""

    id_token: str = Field(min_length=1, max_length=255)
    type: str = "ISO14443"


class Stop(Place):
    """End the transaction of an EVSE for a reason, as in ReasonEnumType."""

    reason: StoppedReason = StoppedReason.LOCAL


class Fault(ControlBody):
    """Cause a fault, or clear it, at the station, an EVSE or a connector."""

    code: ErrorCode
    evse: int | None = None
    connector: int | None = None
    info: str = ""
    vendor_error_code: str = ""


class Reboot(ControlBody):
    """Cut the controller's power and let it start again. `keep_transactions`: what ran goes on, else it is ended with PowerLoss.

    None: as the station is set up. `seconds` is how long the power is gone, by the station's clock.
    """

    reason: BootReason = BootReason.POWER_UP
    keep_transactions: bool | None = None
    seconds: float = Field(default=0, ge=0, le=3600)


class GridState(ControlBody):
    """The grid as it is measured: Hz, per cent of the nominal voltage; what is left out stays as it was."""

    frequency_hz: Decimal | None = Field(default=None, ge=0, le=100)
    voltage_percent: Decimal | None = Field(default=None, ge=0, le=200)


class GridTrouble(ControlBody):
    """A fault of the grid at which the inverters cease to give energy, by which DER control; or its end (`present` false)."""

    control_type: DerControlType
    fault: GridEventFault
    present: bool = True
    extra_info: str | None = Field(default=None, max_length=200)


class VehicleTrouble(Place):
    """The inverter in a vehicle does something else than asked because of a DER control it was handed; or no longer (`present` false)."""

    control_type: DerControlType
    fault: GridEventFault | None = None
    present: bool = True


class Token(ControlBody):
    """A token; `type` as in IdTokenEnumType."""

    id_token: str = Field(min_length=1, max_length=255)
    type: str = "ISO14443"


class SlotBattery(Place):
    """A battery that is put into a slot; states of charge and health in percent."""

    serial_number: str = Field(min_length=1, max_length=50)
    soc: Decimal = Field(default=Decimal(10), ge=0, le=100, alias="soC")
    soh: Decimal = Field(default=Decimal(100), ge=0, le=100, alias="soH")


class SlotCharge(Place):
    """How far the battery in a slot is charged, in percent."""

    soc: Decimal = Field(ge=0, le=100, alias="soC")


class Load(ControlBody):
    """W at the meter upstream of the station, its own included; negative: fed into the grid."""

    watts: Decimal


class OutsidePower(ControlBody):
    """What an external system sets from now on, in W: a setpoint (negative: discharge), or limits; none of them releases it.

    `evse` 0: the station as a whole. `source` as in ChargingLimitSourceEnumType.
    """

    source: str = Field(default="EMS", min_length=1, max_length=20)
    evse: int = 0
    setpoint: Decimal | None = None
    limit: Decimal | None = Field(default=None, ge=0)
    discharge_limit: Decimal | None = Field(default=None, le=0)


class OutsideLimit(ControlBody):
    """A limit of charging from outside, one value in A a phase or W; without a `limit` it is released. `evse` 0: the station."""

    source: str = Field(default="EMS", min_length=1, max_length=20)
    evse: int = 0
    limit: Decimal | None = Field(default=None, ge=0)
    unit: ChargingRateUnit = ChargingRateUnit.AMPERE
    grid_critical: bool | None = None
    local_generation: bool = False


class Written(ControlBody):
    """Write a variable (`name` as `TxCtrlr.TxStartPoint`, `EVSE@1.Power`, `OCPPCommCtrlr.MessageTimeout[Default]`) or 1.6 `key`."""

    name: str | None = None
    key: str | None = None
    value: str


class Seed(ControlBody):
    """What is known of a token."""

    id_token: str = Field(min_length=1, max_length=255)
    type: str = "ISO14443"
    status: AuthorizationStatus = AuthorizationStatus.ACCEPTED
    group: str | None = None
    expires_at: datetime | None = None


class SeededCache(ControlBody):
    """Verdicts for the Authorization Cache."""

    entries: list[Seed] = Field(min_length=1)


class SeededList(ControlBody):
    """A Local Authorization List that replaces the one there is."""

    version: int = Field(default=1, ge=1)
    entries: list[Seed] = []


class Limit(Place):
    """What the driver wants the transaction to use up at most: Wh, seconds, percent, and cost in the tariff's currency."""

    max_energy: Decimal | None = Field(default=None, gt=0)
    max_time: int | None = Field(default=None, gt=0)
    max_soc: int | None = Field(default=None, ge=0, le=100, alias="maxSoC")
    max_cost: Decimal | None = Field(default=None, gt=0)


class Carriers(ControlBody):
    """Which carriers of the connection have a link now."""

    ethernet: bool = True
    cellular: bool = False


class Incident(ControlBody):
    """A security event of the standards' list that happened at the station."""

    type: str = Field(min_length=1, max_length=50)
    info: str | None = Field(default=None, max_length=255)


class Payment(ControlBody):
    """How a payment at the terminal ended; `at` None: now."""

    psp_ref: str = Field(min_length=1, max_length=255)
    status: PaymentStatus = PaymentStatus.SETTLED
    amount: Decimal = Field(ge=0)
    at: AwareDatetime | None = None
    transaction_id: str | None = Field(default=None, max_length=36)
    receipt_id: str | None = Field(default=None, max_length=50)


class PaymentCard(ControlBody):
    """Hold a payment card to the terminal, for one EVSE or for the station (`evse` None); a brand may stand before it: `Visa:4111...`."""

    card: str = Field(default="Visa:4111110000001234", min_length=1, max_length=64)
    evse: int | None = 1


class TerminalState(ControlBody):
    """How the simulated payment terminal is from now on, and what its provider does; what is left out stays as it was."""

    connected: bool | None = None
    problem: str | None = Field(default=None, max_length=200)
    declines: bool | None = None
    increases: bool | None = None
    settles_as: SettledAs | None = None


class OfferedEvse(ControlBody):
    """An EVSE, or the station where somebody was authorized who has not plugged in yet (`evse` None)."""

    evse: int | None = 1


class MasterChoice(ControlBody):
    """The EVSE whose transaction the holder of a master pass wants stopped; None: every transaction."""

    evse: int | None = None


class WebPaymentChoice(Place):
    """What a driver chooses before the code for the web payment is made: the most s, Wh and cost of the transaction; all None: nothing."""

    max_time: int | None = Field(default=None, gt=0)
    max_energy: Decimal | None = Field(default=None, gt=0)
    max_cost: Decimal | None = Field(default=None, gt=0)


class VatNumber(ControlBody):
    """A VAT number somebody entered, at an EVSE or at the station."""

    vat_number: str = Field(min_length=1, max_length=20)
    evse: int | None = None


class Emitted(ControlBody):
    """A CALL to the CSMS as it is; `force` sends what does not fit the schema too. `timeout` in seconds."""

    action: str = Field(min_length=1, max_length=60)
    payload: dict[str, Any] = {}
    force: bool = False
    timeout: float | None = Field(default=None, gt=0, le=600)


class Login(ControlBody):
    """The password of the control port, or its token."""

    password: str = Field(max_length=200)


class Setting(ControlBody):
    """A parameter and its new value."""

    name: str
    value: str


class AsStarted(ControlBody):
    """Go back to what the station was started with; `force` as in `SetupChange`."""

    force: bool = False


class SetupChange(AsStarted):
    """Who the station is and where its CSMS is; what is left out stays. Certificates and key as PEM text.

    `security_profile` None: 2 for a URL with TLS, 1 with a password, else 0. `force`: even if records are lost.
    """

    identity: str = ""
    ocpp: str = ""
    transport: str = ""
    url: str = ""
    security_profile: int | None = None
    older_ocpp: bool = False
    compression: bool = False
    soap_host: str = ""
    soap_port: int = 0
    soap_url: str = ""
    soap_tls: bool = False
    csms_roots: str | None = None
    certificate_chain: str | None = None
    private_key: str | None = None


# --- stations made at run time --------------------------------------------------------------------------------------


class ConnectorPlan(ControlBody):
    """A connector; `type` as in ConnectorEnumType, `cable_max_current` in A of an attached cable.

    `closed`: its lock keeps plugs out until somebody is authorized.
    """

    type: str = Field(default="cType2", min_length=1, max_length=20)
    cable_max_current: Decimal | None = Field(default=None, gt=0)
    closed: bool = False


class EvsePlan(ControlBody):
    """An EVSE: AC with `phases`, `voltage` (to neutral) and the power of all phases together, or DC, which may take power back.

    `can_choose_phase`: of an AC EVSE that uses one phase alone that may be any (ACPhaseSwitchingSupported), else it is L1. `signing_meter`:
    its meter can sign what it measured. `can_sleep`: it turns its power electronics off where a profile lets it (2.1: evseSleep).
    """

    connectors: list[ConnectorPlan] = Field(default_factory=lambda: [ConnectorPlan()], min_length=1)
    supply: Literal["AC", "DC"] = "AC"
    phases: int = Field(default=3, ge=1, le=3)
    voltage: Decimal = Field(default=Decimal(230), gt=0)
    power_w: Decimal = Field(default=Decimal(22_080), gt=0)
    max_current: Decimal | None = Field(default=None, gt=0)
    discharge_power_w: Decimal = Field(default=Decimal(0), ge=0)
    can_choose_phase: bool = False
    signing_meter: bool = False
    can_sleep: bool = False


class ScriptLine(ControlBody):
    """What happens at a station by itself: `at` so many seconds after its start, a path of its port without the slash, and its body."""

    at: float = Field(ge=0)
    do: str = Field(min_length=1)
    give: dict[str, Any] = {}


class StationPlan(ControlBody):
    """A station to be made. Give a `layout` by name or its `evses`; certificates and key as PEM text.

    `driver` is `simulated`, `scripted` (simulated hardware to which `script` happens), `modbus` (simulated hardware with the meters of
    `meter`, a table as `[station.meter]`), one that an installed package brings, or the one the host was started with; None: that one.

    `payment_terminal`: it has one, simulated (2.1: C18). `message_timeout` is how long an answer of the CSMS may take, in s.
    `security_profile` None: 2 for a wss:// or https:// URL, 1 with a password, else 0. With OCPP-S (`transport` soap, version 1.6; version
    1.5) the CSMS finds the station at `soap_host` and `soap_port`, or is told `soap_url`.
    """

    identity: str = Field(min_length=1, max_length=60)
    version: Literal["1.5", "1.6", "2.0.1", "2.1"] = "2.0.1"
    transport: Literal["json", "soap"] = "json"
    url: str = Field(pattern=r"^(ws|http)s?://[^\s/]+(/\S*)?$")
    soap_host: str = Field(default="127.0.0.1", min_length=1)
    soap_port: int = Field(default=0, ge=0, le=65535)
    soap_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+(/\S*)?$")
    soap_tls: bool = False
    security_profile: int | None = Field(default=None, ge=0, le=3)
    message_timeout: int = Field(default=30, ge=1, le=3600)
    password: str | None = Field(default=None, min_length=1, max_length=64)
    csms_roots: str | None = None
    certificate_chain: str | None = None
    private_key: str | None = None
    vendor: str = Field(default="Pilotwire", min_length=1, max_length=50)
    model: str = Field(default="simulated", min_length=1, max_length=50)
    serial_number: str | None = Field(default=None, max_length=25)
    firmware_version: str | None = Field(default=None, max_length=50)
    layout: str | None = None
    evses: list[EvsePlan] | None = None
    payment_terminal: bool = False
    driver: str | None = Field(default=None, min_length=1)
    driver_options: dict[str, Any] = {}
    meter: dict[str, Any] = {}
    script: list[ScriptLine] = []
    variables: dict[str, str] = {}
    habits: Habits = AS_THE_VERSION_HAS_IT
    speed: float = Field(default=1.0, gt=0, le=3600)
    started: bool = True


class Start(ControlBody):
    """Switch a station on; `empty`: as delivered, with nothing of what it kept."""

    empty: bool = False
