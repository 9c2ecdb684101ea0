"""What a session asks of the vehicle it runs in. All calls return at once; what is not ready yet is `PENDING` and asked again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pilotwire import pki
from pilotwire.iso15118.charging import (
    Control,
    Identification,
    Limits,
    Meter,
    Needs,
    Notice,
    Paused,
    Pending,
    Profile,
    Schedule,
    SessionEnd,
    Transfer,
)
from pilotwire.iso15118.contract_keys import PrivateKey
from pilotwire.iso15118.exi.declare import Element


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate with its key: a contract, or the OEM provisioning certificate. `chain`: its own first, then sub-CAs, no root."""

    chain: tuple[pki.Certificate, ...]
    key: PrivateKey

    @property
    def certificate(self) -> pki.Certificate:
        """Its own certificate."""
        return self.chain[0]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the driver and the vehicle want of this session, the most wanted first.

    `install`: ask for a contract certificate though one is there; `value_added`: services to be chosen if they are offered. `emaids`:
    contracts that are wanted first of the provisioning service (-20).
    """

    identification: tuple[Identification, ...] = (Identification.PNC, Identification.EIM)
    transfers: tuple[Transfer, ...] = (Transfer.AC,)
    controls: tuple[Control, ...] = (Control.SCHEDULED,)
    install: bool = False
    update: bool = False
    value_added: tuple[int, ...] = ()
    emaids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvState:
    """How the vehicle stands: what it wants of the loop now. `enough`: it has what it wanted. `pause`: it wants to pause, not to end.

    Of -20: `target_a` and `present_w` below 0 give energy back; `standby`: it wants no power for a while, with contactors closed;
    `other_services`: it wants to choose another service.
    """

    target_v: float = 0.0
    target_a: float = 0.0
    present_v: float = 0.0
    present_w: float = 0.0
    soc: int = 0
    ready: bool = True
    error: str = ""
    enough: bool = False
    pause: bool = False
    renegotiate: bool = False
    bulk_complete: bool = False
    seconds_to_full: int | None = None
    seconds_to_bulk: int | None = None
    standby: bool = False
    other_services: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """What the station offers of energy at this moment: its limits, present values, what a dynamic vehicle is to take.

    Of -20: `departure_s`, `least_soc`, `target_soc`: what the station wants reached, where the vehicle left that to it; `tariff`: prices of
    dynamic control; `receipt`: what the session has cost so far (ReceiptType).
    """

    limits: Limits | None = None
    present_v: float | None = None
    present_a: float | None = None
    present_w: float | None = None
    target_w: float | None = None
    meter: Meter | None = None
    notice: Notice = Notice.NONE
    notice_s: int = 0
    departure_s: int | None = None
    least_soc: int | None = None
    target_soc: int | None = None
    tariff: Element | None = None
    receipt: Element | None = None


class Ev(Protocol):
    """The vehicle behind a session."""

    @property
    def evcc_id(self) -> bytes:
        """Its MAC address, six bytes. -20 writes an EVCCID of its own."""
        ...

    @property
    def evcc_id_20(self) -> str:
        """EVCCID of ISO 15118-20: the VIN-like name, WMI first."""
        ...

    def wish(self) -> Wish:
        """What is wanted of this session."""
        ...

    def needs(self, transfer: Transfer, control: Control) -> Needs:
        """What it needs now, by this energy transfer service."""
        ...

    def choose(self, schedules: Sequence[Schedule]) -> Profile | Pending:
        """The schedule it takes, and its plan."""
        ...

    def contactor(self, closed: bool) -> bool | Pending:
        """Its own contactors (DC), or whether it is ready for power (AC); False: they do not move."""
        ...

    def offered(self, offered: Offered) -> None:
        """What the station offers now."""
        ...

    def state(self) -> EvState:
        """How it stands now."""
        ...

    def ended(self, end: SessionEnd) -> None:
        """The session is over."""
        ...


class Wallet(Protocol):
    """The vehicle's certificates: up to five contracts, the provisioning certificate, and what it trusts."""

    def contracts(self) -> Sequence[Credential]:
        """Its contracts, the one to be used first."""
        ...

    def provisioning(self) -> Credential | None:
        """The OEM provisioning certificate."""
        ...

    def v2g_roots(self) -> Sequence[pki.Certificate]:
        """The roots of stations and of provisioning services that it trusts."""
        ...

    def mo_roots(self) -> Sequence[pki.Certificate]:
        """The roots of mobility operators that it trusts: whose tariffs it believes."""
        ...

    def store(self, contract: Credential) -> None:
        """Keep a new contract; one of the same eMAID is replaced, the sixth drops the one used least."""
        ...


class KeptPause(Protocol):
    """The session that the vehicle paused, over its sleep."""

    def recall(self) -> Paused | None:
        """It, if there is one."""
        ...

    def keep(self, paused: Paused | None) -> None:
        """Keep it; None: it is over."""
        ...


RandomBytes = Callable[[int], bytes]
"""Gives so many random bytes."""
