"""What a session of ISO 15118-20 has in mind at the vehicle, and what its handlers may say next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pilotwire.iso15118.charging import (
    Control,
    Ending,
    Identification,
    Limits,
    Needs,
    Paused,
    Profile,
    SessionEnd,
    Speaks,
    Transfer,
)
from pilotwire.iso15118.evcc.conversation import Hold, Over
from pilotwire.iso15118.evcc.ports import Credential, Ev, KeptPause, Wallet
from pilotwire.iso15118.iso20.common_messages import ScheduleExchangeRes, ScheduleTuple
from pilotwire.iso15118.iso20.common_types import MessageHeader, V2GRequest
from pilotwire.iso15118.signature_suites import ISO20_SUITES, Suite
from pilotwire.iso15118.v2gtp import PayloadType

SESSION_ID_BYTES: Final = 8
NO_SESSION: Final = bytes(SESSION_ID_BYTES)
MOST_CONTRACTS: Final = 5
A_DAY: Final = 86_400
"""Until the departure (s), where it must be told and is not known."""
BY_VEHICLE, BY_STATION = 1, 2
"""MobilityNeedsMode: who says when the vehicle leaves and with what."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a vehicle's owner decides about ISO 15118-20. Lists have the most liked first; what is not in them is not taken.

    `suites`: with which algorithms the vehicle signs and lets others sign; `keys`: kinds of keys in certificates that are installed, ()
    for those of the standard (test benches: `signature_suites.ISO20_TEST_SUITES`, `contracts.TEST_KEYS`). `mobility`: MobilityNeedsMode.
    `pricing`: 0 none, 1 absolute, 2 levels. `dc_connectors`: 1 core, 2 extended, 3 and 4 dual. `channels`: BPTChannel, 1 unified, 2
    separated. `generator_modes`: 1 grid following, 2 grid forming. `interval`: seconds before a repeated request; `loop_interval`: between
    two of the charge loop, for which a station waits no longer than 0.5 s. `meter`: ask for the meter in the loop. `side_streams`:
    renegotiate schedules and confirm the meter beside the charge loop (payload types 0x8101 and 0x8102); many stations have the main
    stream alone.
    """

    suites: tuple[Suite, ...] = ISO20_SUITES
    keys: tuple[str, ...] = ()
    mobility: tuple[int, ...] = (BY_VEHICLE, BY_STATION)
    pricing: tuple[int, ...] = (1, 2, 0)
    dc_connectors: tuple[int, ...] = (2, 1, 4, 3)
    channels: tuple[int, ...] = (1, 2)
    generator_modes: tuple[int, ...] = (1,)
    most_contracts: int = MOST_CONTRACTS
    interval: float = 0.5
    loop_interval: float = 0.25
    meter: bool = True
    side_streams: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """The next request. `pause`: how many seconds to wait before it. `signer`: whose signature it needs.

    `side`: the multiplexed payload type it goes beside the main stream with.
    """

    message: V2GRequest
    pause: float = 0.0
    signer: Credential | None = None
    side: PayloadType | None = None


Step = Next | Hold | Over
Handler = Callable[["Talk", Any, datetime], Step]


@dataclass(slots=True)
class Authorizing:
    """What the station offers for authorization, and what is still to be tried.

    `providers`: whose contracts it takes, (): it does not tell. `candidates`: contracts, or None for external means; the first is being
    tried. `installed`: how many answers to CertificateInstallationReq have come; `first`: the first contract of them that is good.
    """

    offered: tuple[Identification, ...] = ()
    challenge: bytes = b""
    providers: tuple[str, ...] = ()
    candidates: list[Credential | None] = field(default_factory=list)
    installed: int = 0
    first: Credential | None = None


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """A parameter set of an energy transfer service, as far as the session needs it. `phases`, `nominal_v`: of AC."""

    id: int
    control: Control = Control.SCHEDULED
    mobility: int = BY_VEHICLE
    pricing: int = 0
    phases: int = 3
    channel: int = 1


@dataclass(slots=True)
class Choosing:
    """Services: what is left to be asked about, and what has been chosen.

    `transfers`: energy transfer services that may still do. `added`: value-added services whose details are to be asked for; `chosen`:
    those with their parameter sets.
    """

    renegotiable: bool = False
    transfers: list[Transfer] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    chosen: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Charging:
    """How far charging is. `on`: the loop has begun; `standby`: without power; `stay`: do not ask for standby again for now.

    `schedule`, `profile`: what is in force. `exchanging`: schedules are being negotiated anew; `held`: those that the vehicle thinks about
    while the charge loop goes on. `confirm`: the station wants the meter confirmed, and has not shown it. `looks`: after welded contactors.
    """

    on: bool = False
    standby: bool = False
    stay: bool = False
    schedule: ScheduleTuple | None = None
    profile: Profile | None = None
    exchanging: bool = False
    held: ScheduleExchangeRes | None = None
    confirm: bool = False
    looks: int = 0


@dataclass(slots=True, kw_only=True)
class Talk:
    """One session: whom it speaks for, and all that was said and agreed on. Changed by the handlers of responses alone."""

    ev: Ev
    wallet: Wallet
    kept: KeptPause
    speaks: Speaks
    options: Options
    secured: bool
    session_id: bytes = NO_SESSION
    joined: Paused | None = None
    identification: Identification = Identification.EIM
    contract: Credential | None = None
    authorizing: Authorizing = field(default_factory=Authorizing)
    choosing: Choosing = field(default_factory=Choosing)
    transfer: Transfer = Transfer.AC
    chosen: ParameterSet = field(default_factory=lambda: ParameterSet(1))
    station: Limits | None = None
    """The station's limits, as it told them last."""
    charging: Charging = field(default_factory=Charging)
    stopping: str = ""
    """How it is to end once power is off: a ChargingSession; "": it is not."""
    why: str = ""
    """Why it failed, where that was not a response."""
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    message: V2GRequest | None = None
    """The request whose response is looked at."""
    _since: dict[str, datetime] = field(default_factory=dict)

    @property
    def dc(self) -> bool:
        """Whether it is a session of direct current."""
        return self.speaks is Speaks.ISO20_DC

    @property
    def control(self) -> Control:
        """The control mode that was chosen."""
        return self.chosen.control

    def header(self, now: datetime) -> MessageHeader:
        """The header of a request."""
        return MessageHeader(session_id=self.session_id, time_stamp=int(now.timestamp()))

    def needs(self) -> Needs:
        """What the vehicle needs now, by the service and the control mode that were chosen."""
        return self.ev.needs(self.transfer, self.control)

    def find(self, what: str) -> None:
        """Keep what the station did wrong, once however often it does."""
        if what not in self.findings:
            self.findings.append(what)

    def remark(self, what: str) -> None:
        """Keep what did not go as wished, and is no breach of the standard."""
        if what not in self.remarks:
            self.remarks.append(what)

    def waited(self, what: str, now: datetime) -> float:
        """For how many seconds something has been ongoing."""
        return (now - self._since.setdefault(what, now)).total_seconds()

    def done(self, what: str) -> None:
        """It is not ongoing any more."""
        self._since.pop(what, None)

    def repeat(self, what: str, step: Next, most: float, now: datetime) -> Step:
        """Ask again in a while; beyond `most` seconds the session has failed."""
        if self.waited(what, now) > most:
            return Over(SessionEnd(Ending.TIMEOUT, f"The station was not done with {what} within {most:g} s."))
        return Next(step.message, self.options.interval, step.signer, step.side)
