"""What a session asks of the station it runs in. All calls return at once; what is not known yet is `PENDING`, and is asked again.

A session speaks for one vehicle at one EVSE. It knows the protocol; what is behind this port knows energy, money and people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pilotwire.iso15118.charging import (
    Control,
    Identification,
    Isolation,
    Limits,
    Meter,
    Needs,
    Notice,
    Paused,
    Pending,
    Profile,
    Schedule,
    SessionEnd,
    Speaks,
    Transfer,
)
from pilotwire.iso15118.exi.declare import Element


class Decision(StrEnum):
    """The answer to an authorization. The session turns it into the response code of its protocol."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    """The contract's certificate is over."""
    NOT_YET_VALID = "not-yet-valid"
    REVOKED = "revoked"
    CHAIN = "chain"
    """The contract's chain does not lead to a root that is trusted here."""
    CANCELLED = "cancelled"
    """The contract is known and over."""
    UNKNOWN = "unknown"
    """Nobody knows the contract's provider."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Who came: EVCCID as it was said, the protocol, those it offered, and its TLS certificates (DER, its own first; -20)."""

    evcc_id: str
    speaks: Speaks
    offered: tuple[str, ...] = ()
    certificates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract that a vehicle shows; the session checks its signature over the challenge. DER, the contract's own first."""

    emaid: str
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CertificateAsked:
    """A vehicle wants a contract certificate (`update` False) or a new one. `exi` is its request as it came, for the backend.

    `namespace`: of the schema. `most_chains`: how many it can take; `wanted`: eMAIDs in their order (both -20).
    """

    exi: bytes
    namespace: str
    update: bool = False
    most_chains: int = 1
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateAnswer:
    """The backend's answer: the EXI document of the response, b"" if there is none, and how many contracts are left (-20).

    A document may refuse, by its ResponseCode; `reason` says why then, or why there is none.
    """

    exi: bytes
    remaining: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A value-added service (2 certificates, 3 Internet access, others by agreement), with its parameter sets as names and values."""

    id: int
    name: str = ""
    free: bool = True
    parameter_sets: tuple[tuple[int, tuple[tuple[str, bool | int | str], ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be chosen at this EVSE now. The first of each is what is liked most.

    `certificates`: whether contract certificates can be installed and updated. `receipts`: every how many charge loop messages a signed
    metering receipt is asked of a vehicle with a contract, 0: never. `renegotiation`: whether services may be chosen anew (-20).
    The last three are of -20. `standby`: whether a vehicle may stop charging without opening its contactors. `pricing`: what tariffs the
    schedules carry (0: none, 1: absolute prices, 2: price levels). `providers`: whose contracts are taken, (): it is not told.
    """

    identification: tuple[Identification, ...] = (Identification.EIM,)
    transfers: tuple[Transfer, ...] = (Transfer.AC,)
    controls: tuple[Control, ...] = (Control.SCHEDULED,)
    free: bool = False
    certificates: bool = False
    services: tuple[Service, ...] = ()
    receipts: int = 0
    renegotiation: bool = False
    pause: bool = True
    standby: bool = False
    pricing: int = 0
    providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """What a vehicle says in its charge loop. DC: target V and A; AC in -20: its present power; None: not said."""

    target_v: float | None = None
    target_a: float | None = None
    present_v: float | None = None
    present_w: float | None = None
    soc: int | None = None
    charging_complete: bool | None = None
    bulk_complete: bool | None = None
    seconds_to_full: int | None = None
    seconds_to_bulk: int | None = None
    limits: Limits | None = None
    energy_wh: float | None = None
    least_wh: float | None = None
    most_wh: float | None = None
    departure_s: int | None = None
    ready: bool = True
    error: str = ""
    """The vehicle's own error code (DC_EVErrorCode), "": none."""


@dataclass(frozen=True, slots=True)
class State:
    """How the EVSE stands at this moment.

    `limits`: what may be taken now (smart charging included). `target_w`: what a dynamic vehicle is to take (-20), negative: to give.
    `notice`: what the station asks of the vehicle, within `notice_s` seconds. `fault`: "" or what is wrong in a word
    (`malfunction`, `emergency`, `utility`). `receipt`: what the session has cost so far (ReceiptType of -20), told beside the meter.
    `tariff`: prices that are known while the schedules are still being made (-20).
    """

    limits: Limits
    present_v: float = 0.0
    present_a: float = 0.0
    present_w: float = 0.0
    target_w: float | None = None
    isolation: Isolation = Isolation.INVALID
    rcd: bool = False
    contactor_closed: bool = False
    meter: Meter | None = None
    notice: Notice = Notice.NONE
    notice_s: int = 0
    fault: str = ""
    departure_s: int | None = None
    least_soc: int | None = None
    target_soc: int | None = None
    receipt: Element | None = None
    tariff: Element | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that a vehicle signed, its signature already checked. `exi` is the signed message, to be kept as evidence."""

    meter: Meter
    schedule_id: int | None
    exi: bytes


class Evse(Protocol):
    """The EVSE behind a session."""

    @property
    def evse_id(self) -> str:
        """EVSEID as ISO 15118-2 Annex H writes it, 7 to 37 characters: DE*PWR*E000001*1."""
        ...

    def offer(self) -> Offer:
        """What may be chosen now."""
        ...

    def came(self, vehicle: Vehicle) -> None:
        """A session has been set up with this vehicle."""
        ...

    def authorize(self, contract: Contract | None) -> Decision | Pending:
        """Whether the customer may charge: by their contract, or (None) by external means. Asked again while it is pending."""
        ...

    def certificate(self, asked: CertificateAsked) -> CertificateAnswer | Pending:
        """The backend's answer to a vehicle's request for a contract certificate."""
        ...

    def selected(
        self, identification: Identification, transfer: Transfer, control: Control, services: Sequence[int]
    ) -> bool:
        """What the vehicle chose of the offer; False: it is not to be had any more."""
        ...

    def schedules(self, needs: Needs) -> tuple[Schedule, ...] | Pending:
        """Up to three schedules for these needs, the best first; empty: none is possible. Needs that changed are new needs."""
        ...

    def planned(self, profile: Profile) -> bool:
        """The vehicle's plan; False: it does not keep to its schedule."""
        ...

    def energize(self, on: bool) -> bool | Pending:
        """Contactors closed (on) or opened; False: they do not."""
        ...

    def cable_check(self) -> Isolation | Pending:
        """The isolation check before DC charging; voltage is off after it."""
        ...

    def precharge(self, volts: float, amperes: float) -> None:
        """Bring the DC output to the vehicle's voltage; `state` tells how far it is."""
        ...

    def demand(self, demand: Demand) -> None:
        """What the vehicle asks for in the loop."""
        ...

    def state(self) -> State:
        """How the EVSE stands now."""
        ...

    def receipt(self, receipt: Receipt) -> None:
        """A metering receipt that the vehicle signed."""
        ...

    def ended(self, end: SessionEnd) -> None:
        """The session is over: power is off, and what was pending is forgotten."""
        ...


class PausedSessions(Protocol):
    """Sessions that vehicles paused at this station."""

    def recall(self, session_id: bytes) -> Paused | None:
        """The paused session of this id."""
        ...

    def keep(self, paused: Paused) -> None:
        """Keep a session for the vehicle's return."""
        ...

    def forget(self, session_id: bytes) -> None:
        """It goes on, or is over."""
        ...


RandomBytes = Callable[[int], bytes]
"""Gives so many random bytes: of session ids and challenges."""
