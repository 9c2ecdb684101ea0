"""What may be sent to the control port. Names are those of OCPP's JSON; what is left out is the usual."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from pilotwire.domain.authorization import AuthorizationStatus
from pilotwire.domain.der_control import DerControlType, GridEventFault
from pilotwire.domain.provisioning import BootReason
from pilotwire.domain.smart_charging import ChargingRateUnit
from pilotwire.domain.tariff import PaymentStatus
from pilotwire.domain.transactions import StoppedReason
from pilotwire.station.habits import AS_THE_VERSION_HAS_IT, Habits
from pilotwire.station.hardware.ports import ErrorCode


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
    """Plug a vehicle in. A vehicle that was here before is known by its `name`; a new one is made of `model` and `soc` (percent)."""

    name: str = Field(default="car", min_length=1, max_length=64)
    model: str | None = None
    soc: float | None = Field(default=None, ge=0, le=100)
    target_soc: float | None = Field(default=None, ge=0, le=100)
    energy_wh: int | None = Field(default=None, gt=0)
    cable_a: Decimal | None = None


class Unplug(Socket):
    """Unplug, at the station's end or the vehicle's (`side`)."""

    side: Literal["station", "vehicle"] = "station"


class Tap(ControlBody):
    """Hold a card to the reader, of one EVSE or of the station. `type` as in IdTokenEnumType."""

    id_token: str = Field(min_length=1, max_length=255)
    type: str = "ISO14443"
    evse: int | None = None


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
    """The password of the control port."""

    password: str = Field(max_length=200)


class Setting(ControlBody):
    """A parameter and its new value."""

    name: str
    value: str


# --- stations made at run time --------------------------------------------------------------------------------------


class ConnectorPlan(ControlBody):
    """A connector; `type` as in ConnectorEnumType, `cable_max_current` in A of an attached cable."""

    type: str = Field(default="cType2", min_length=1, max_length=20)
    cable_max_current: Decimal | None = Field(default=None, gt=0)


class EvsePlan(ControlBody):
    """An EVSE: AC with `phases`, `voltage` (to neutral) and the power of all phases together, or DC, which may take power back."""

    connectors: list[ConnectorPlan] = Field(default_factory=lambda: [ConnectorPlan()], min_length=1)
    supply: Literal["AC", "DC"] = "AC"
    phases: int = Field(default=3, ge=1, le=3)
    voltage: Decimal = Field(default=Decimal(230), gt=0)
    power_w: Decimal = Field(default=Decimal(22_080), gt=0)
    max_current: Decimal | None = Field(default=None, gt=0)
    discharge_power_w: Decimal = Field(default=Decimal(0), ge=0)


class StationPlan(ControlBody):
    """A station to be made. Give a `layout` by name or its `evses`; certificates and key as PEM text.

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
    variables: dict[str, str] = {}
    habits: Habits = AS_THE_VERSION_HAS_IT
    speed: float = Field(default=1.0, gt=0, le=3600)
    started: bool = True


class Start(ControlBody):
    """Switch a station on; `empty`: as delivered, with nothing of what it kept."""

    empty: bool = False
