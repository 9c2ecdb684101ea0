"""What a session of ISO 15118-20 has in mind at the station, and what its handlers may answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from pilotwire.iso15118.charging import Control, Identification, Limits, SessionEnd, Speaks, Transfer
from pilotwire.iso15118.codecs import ISO20_AC, ISO20_COMMON, ISO20_DC
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20.common_types import MessageHeader, MeterInfo, ResponseCode, V2GMessage, V2GResponse
from pilotwire.iso15118.secc.iso20 import states
from pilotwire.iso15118.secc.iso20.plan import Plan
from pilotwire.iso15118.secc.ports import Contract, Evse, Offer, PausedSessions, RandomBytes, State, Vehicle
from pilotwire.iso15118.signature_suites import ISO20_SUITES, Suite, VerifyingKey
from pilotwire.iso15118.timing import ISO20

SESSION_ID_BYTES: Final = 8
NO_SESSION: Final = bytes(SESSION_ID_BYTES)
R = TypeVar("R", bound=V2GResponse)


@dataclass(frozen=True, slots=True)
class Options:
    """What a station's owner decides about ISO 15118-20.

    `suites`: with which algorithms contracts may sign. `mobility_by_station`: whether vehicles may leave departure and state of charge to
    the station (MobilityNeedsMode 2, dynamic control only). `tolerance_w`: by how much a vehicle that confirms it may depart from its
    schedule; `tolerance_needed`: it must confirm. `dc_connector`: 1 core, 2 extended, 3 and 4 dual. `island_detection`: 1 active, 2
    passive.
    """

    suites: tuple[Suite, ...] = ISO20_SUITES
    mobility_by_station: bool = True
    tolerance_w: float | None = None
    tolerance_needed: bool = False
    frequency_hz: float = 50.0
    dc_connector: int = 2
    bpt_channel: int = 1
    generator_mode: int = 1
    island_detection: int = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, the state after it, and whether the session is over with it."""

    message: V2GResponse
    state: str
    ends: SessionEnd | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The request is refused for good: the response has the least content, and the session is over (FAILED_…)."""

    code: ResponseCode
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The answer needs somebody else first. `late`: the response code if nobody answers in time."""

    late: ResponseCode = "FAILED"


Outcome = Answer | Refusal | Wait


@dataclass(slots=True)
class Authorizing:
    """What was offered for authorization, and by what the customer was recognised.

    `checked`: the request whose signature and certificate were found good; its repetition needs no second look.
    """

    offered: tuple[Identification, ...] = ()
    challenge: bytes = b""
    certificates: bool = False
    identification: Identification = Identification.EIM
    contract: Contract | None = None
    key: VerifyingKey | None = None
    ends_soon: bool = False
    checked: Any = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The energy transfer service with its parameter set, and the added services, by the port's ids.

    `mobility`: 1 the vehicle says what it needs, 2 the station (MobilityNeedsMode). `pricing` as in `Offer`.
    """

    transfer: Transfer
    control: Control
    parameter_set: int
    mobility: int = 1
    pricing: int = 0
    services: tuple[int, ...] = ()


@dataclass(slots=True)
class Metering:
    """What the vehicle was told of the meter: what it confirms must be among it.

    `loops` since a confirmation was asked, `due` while it has not come.
    """

    told: list[MeterInfo] = field(default_factory=list)
    loops: int = 0
    due: bool = False


@dataclass(slots=True, kw_only=True)
class Talk:
    """One vehicle's session: whom it speaks with, and all it has heard and agreed on. Changed by the handlers of its requests alone."""

    evse: Evse
    paused: PausedSessions
    fresh: RandomBytes
    vehicle: Vehicle
    options: Options
    secured: bool = True
    state: str = states.SESSION_SETUP
    session_id: bytes = NO_SESSION
    offer: Offer = field(default_factory=Offer)
    authorizing: Authorizing = field(default_factory=Authorizing)
    services: tuple[int, ...] = ()
    """The services of ISO 15118-20 that were offered, by its ids."""
    chosen: Chosen | None = None
    limits: Limits | None = None
    """The vehicle's."""
    target_soc: int | None = None
    plan: Plan = field(default_factory=Plan)
    metering: Metering = field(default_factory=Metering)
    side_stream: bool = False
    """Whether the request that is being answered came beside the main stream (payload types 0x8101 and 0x8102)."""
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _found: set[str] = field(default_factory=set)
    _since: dict[str, datetime] = field(default_factory=dict)

    @property
    def dc(self) -> bool:
        """Whether it is a session of direct current."""
        return self.vehicle.speaks is Speaks.ISO20_DC

    @property
    def agreed(self) -> Chosen:
        """What was chosen; there is no way past ServiceSelection without."""
        assert self.chosen is not None
        return self.chosen

    @property
    def known_limits(self) -> Limits:
        """The vehicle's limits; there is no way past ChargeParameterDiscovery without."""
        assert self.limits is not None
        return self.limits

    @property
    def binding(self) -> bytes:
        """What a paused session is bound to: the hash of the vehicle's TLS certificate, or its EVCCID where it has none."""
        told = self.vehicle.certificates[0] if self.vehicle.certificates else self.vehicle.evcc_id.encode()
        return hashlib.sha512(told).digest()

    def header(self, now: datetime) -> MessageHeader:
        """The header of a response."""
        return MessageHeader(session_id=self.session_id, time_stamp=int(now.timestamp()))

    def least(self, cls: type[R], code: ResponseCode, now: datetime, **given: Any) -> R:
        """The least valid response of a class."""
        return minimal(schemas_of_message(cls), cls, header=self.header(now), response_code=code, **given)

    def due(self, request: str, now: datetime) -> datetime:
        """Until when the response to a request is due."""
        return now + timedelta(seconds=ISO20.performance(request))

    def stands(self) -> State:
        """How the EVSE stands."""
        return self.evse.state()

    def find(self, what: str, once: str = "") -> None:
        """Keep what the vehicle did wrong, once however often it does; `once` names it where the sentence differs each time."""
        if (once or what) not in self._found:
            self._found.add(once or what)
            self.findings.append(what)

    def remark(self, what: str) -> None:
        """Keep what went wrong on our own side."""
        if what not in self.remarks:
            self.remarks.append(what)

    def waited(self, what: str, now: datetime) -> float:
        """For how many seconds something has been ongoing."""
        return (now - self._since.setdefault(what, now)).total_seconds()

    def done(self, what: str) -> None:
        """It is not ongoing any more."""
        self._since.pop(what, None)


def schemas_of_message(cls: type[V2GMessage]) -> SchemaSet:
    """The schema set that a message is encoded by."""
    if cls.xsd.namespace is ac.AC:
        return ISO20_AC
    return ISO20_DC if cls.xsd.namespace is dc.DC else ISO20_COMMON
