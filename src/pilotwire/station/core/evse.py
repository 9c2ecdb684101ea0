"""One EVSE as the core sees it: what is plugged, who is authorized, which transaction runs, what follows from that."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from pilotwire.domain.authorization import NO_LIMIT, TransactionLimit
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.reservation import Reservation
from pilotwire.domain.smart_charging import ChargingProfile, OperationMode
from pilotwire.domain.tariff import Tariff
from pilotwire.domain.transactions import ChargingState, StoppedReason, TriggerReason
from pilotwire.station.hardware.ports import ConnectorLayout, EvseLayout


@dataclass(slots=True)
class Grant:
    """Who may charge here. `remote` tells that the CSMS asked for it; `told` that the CSMS knows of it from a transaction event.

    `until` is when it ends by itself because nothing was plugged in (EVConnectionTimeOut). `reservation` is the one used by it, asked
    for at `reserved_since` in the CSMS's time; `evses` are those it is good for, if it is not for all. `charging_profile` came with a
    remote start, for the transaction to come (K05). `tariff` is the driver's own (I08); `limit` is what the driver chose, or paid for,
    before there was a transaction (C18.FR.06).
    """

    id_token: IdToken
    group: IdToken | None = None
    remote: bool = False
    remote_start_id: int | None = None
    told: bool = False
    until: datetime | None = None
    reservation: Reservation | None = None
    reserved_since: datetime | None = None
    charging_profile: ChargingProfile | None = None
    evses: tuple[int, ...] = ()
    tariff: Tariff | None = None
    limit: TransactionLimit = NO_LIMIT
    of_slot: bool = False
    """It is for the battery in a slot, not for a driver (2.1: S04)."""


@dataclass(slots=True)
class Running:
    """The transaction under way. Registers in Wh.

    `stopping` is why its authorization ended, where that did not end the transaction; `owner` the token it was authorized for, which
    stays known then (C01.FR.23). `limit` is what it may use up, `csms_limit` what of that the CSMS set (E16.FR.04), `reached` which of it
    is used up, `cost` what the CSMS said it costs. `invalid`: the CSMS did not accept the token, and energy is given up to a limit.
    `interrupted_in` is the charging state to go on with after an interruption that is under way (E17, B13). `measured_since` is when the
    values of its beginning were taken, which can be later than it started; None: not yet, as its EVSE is not known (E01.FR.17).
    """

    transaction_id: str
    started_at: datetime
    last_at: datetime
    meter_start: Decimal
    register: Decimal
    next_seq_no: int = 0
    connector: int | None = None
    owner: IdToken | None = None
    group: IdToken | None = None
    remote_start_id: int | None = None
    charging_state: ChargingState | None = None
    stopping: StoppedReason | None = None
    phases: int | None = None
    next_sample: datetime | None = None
    limit: TransactionLimit = NO_LIMIT
    csms_limit: TransactionLimit = NO_LIMIT
    reached: TriggerReason | None = None
    cost: Decimal | None = None
    invalid: bool = False
    interrupted_in: ChargingState | None = None
    measured_since: datetime | None = None

    def limited_by(self, given: Grant) -> TransactionLimit | None:
        """Count what the driver chose, or paid for, before from now on; it is told once (E16.FR.01, C18.FR.06). None: nothing."""
        chosen = {name: value for name in _LIMITS if (value := getattr(given.limit, name)) is not None}
        if not chosen:
            return None
        self.limit = changed(self.limit, **chosen)
        return given.limit


_LIMITS = ("max_cost", "max_energy", "max_time", "max_soc")


class Beside(Enum):
    """What is plugged in at a connector that is not the one in use: a vehicle whose turn is to come, one that had it, a loose cable."""

    WAITING = "waiting"
    SERVED = "served"
    CABLE = "cable"


@dataclass(slots=True)
class Evse:
    """See the module. `connector` is the one with a vehicle, `cable_in` a socket in which a loose cable was left.

    - `beside` is what is plugged in at the other connectors; see `connectors`.
    - `wants_power` is control pilot state C, `has_asked` that it ever was since plugging in, or could have been: until `ready_by` a
      vehicle that is offered energy is getting ready, from then on it is suspended.
    - `withheld`: the station gives no energy though somebody is authorized (E05.FR.02, E17.FR.12); `not_before`: it will from then on.
    - `paused`: charging profiles or limits leave it less than can be offered.
    - `by_setpoint`: its power is set, in both directions, and no current limit of a profile applies; `untold_mode` the operation
      mode of its transaction that goes with the next event.
    - `resting`: no energy is permitted, for its electronics are to sleep; `asleep`: they do (2.1: Q10).
    - `was_live`: energy was offered to this driver before; `closed_at_wh`: the register when the contactor closed, before which no
      energy can have flown.
    - `letting_go`: the driver stopped, and the contactor has yet to open: until then the charging state is what it was.
    - `locked` are connectors whose lock is closed, `lock_failed` those whose lock did not close, `lock_stuck` those whose did not open.
    - `held_for`: the plug stays locked until this token is presented (E05.FR.11, E09.FR.03).
    - `signs`: its meter signs what it measures, and is to; so once the power path is closed its signed value is there (DataSigned).
    - `finishing`: the vehicle of an ended transaction, or the loose cable it left, is still plugged in (1.6:4.9).
    - `ended`: the transaction that was here last, and when it ended, in the station's own time.
    - `settled`: the points (`points`) when last looked at.
    - `reserved`: kept free for a reservation, if nobody uses it.
    - `battery_low`: it is a slot, and the battery in it cannot be swapped yet (2.1: S03.FR.02); None: it is no slot.
    """

    layout: EvseLayout
    connector: int | None = None
    cable_in: int | None = None
    beside: dict[int, Beside] = field(default_factory=dict)
    plugged_at: datetime | None = None
    parked: bool = False
    grant: Grant | None = None
    tx: Running | None = None
    wants_power: bool = False
    has_asked: bool = False
    ready_by: datetime | None = None
    withheld: bool = False
    not_before: datetime | None = None
    paused: bool = False
    by_setpoint: bool = False
    untold_mode: OperationMode | None = None
    resting: bool = False
    asleep: bool = False
    contactor: bool = False
    was_live: bool = False
    closed_at_wh: Decimal | int | None = None
    letting_go: bool = False
    locked: set[int] = field(default_factory=set)
    lock_asked: set[tuple[int, bool]] = field(default_factory=set)
    lock_failed: set[int] = field(default_factory=set)
    lock_stuck: set[int] = field(default_factory=set)
    held_for: IdToken | None = None
    signs: bool = False
    finishing: bool = False
    ended: tuple[str, datetime] | None = None
    settled: frozenset[str] = frozenset()
    reserved: bool = False
    battery_low: bool | None = None
    unlocks: list[tuple[Hashable, int]] = field(default_factory=list)

    def try_locks_again(self) -> None:
        """The plug has moved, or somebody new is there: what a lock did not do before it may do now."""
        self.lock_failed.clear()
        self.lock_stuck.clear()

    @property
    def evse_id(self) -> int:
        """Its number."""
        return self.layout.evse_id

    @property
    def connectors(self) -> dict[int, ConnectorLayout]:
        """Its connectors by number."""
        return {connector.connector_id: connector for connector in self.layout.connectors}

    @property
    def address(self) -> EvseAddress:
        """Where its transaction takes place: with the connector once a vehicle is there (E01.FR.16)."""
        connector = self.connector or (self.tx.connector if self.tx else None)
        if connector is None and len(self.layout.connectors) == 1:
            connector = self.layout.connectors[0].connector_id
        return EvseAddress(evse=self.evse_id, connector=connector)

    @property
    def busy(self) -> bool:
        """Whether somebody uses it: a transaction, or a driver who may begin one."""
        return self.tx is not None or self.grant is not None

    @property
    def sleeps(self) -> bool:
        """Whether its electronics sleep, and nothing has happened that wakes them (Q10.FR.04)."""
        return self.asleep and self.grant is not None and self.connector is not None

    @property
    def charging_state(self) -> ChargingState:
        """The 2.x charging state."""
        if self.connector is None:
            return ChargingState.IDLE
        if self.grant is None and not self.letting_go:
            return ChargingState.EV_CONNECTED
        if self.withheld or self.paused or (self.tx is not None and self.tx.reached is not None):
            return ChargingState.SUSPENDED_EVSE
        if not self.contactor:
            return ChargingState.SUSPENDED_EVSE if self.was_live else ChargingState.EV_CONNECTED
        if self.wants_power:
            return ChargingState.CHARGING
        return ChargingState.SUSPENDED_EV if self.has_asked else ChargingState.EV_CONNECTED

    @property
    def points(self) -> frozenset[str]:
        """Which TxStartPoint values are fulfilled now (2.x Part 2, TxStartPoint values)."""
        fulfilled = {
            "ParkingBayOccupancy": self.parked,
            "EVConnected": self.connector is not None,
            "Authorized": self.grant is not None,
            "PowerPathClosed": self.grant is not None and self.connector in self.locked,
            "DataSigned": self.signs and self.grant is not None and self.connector in self.locked,
            "EnergyTransfer": self.charging_state is ChargingState.CHARGING,
        }
        return frozenset(name for name, so in fulfilled.items() if so)
