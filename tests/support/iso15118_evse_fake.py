"""An EVSE that is no more than its facts: what it offers, decides and measures stands in fields that a test sets.

What takes time in a real station is a list of answers: each call takes the next one, the last one stays. `PENDING` in it is "ask again".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from pilotwire.iso15118.charging import (
    AcLimits,
    Control,
    DcLimits,
    Identification,
    Isolation,
    Meter,
    Needs,
    Paused,
    Pending,
    PowerStep,
    Profile,
    Schedule,
    SessionEnd,
    Transfer,
)
from pilotwire.iso15118.secc.ports import (
    CertificateAnswer,
    CertificateAsked,
    Contract,
    Decision,
    Demand,
    Offer,
    RandomBytes,
    Receipt,
    State,
    Vehicle,
)

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AC = AcLimits(phases=3, nominal_v=230.0, max_a=32.0, min_a=6.0, max_discharge_w=11_000.0, min_discharge_w=500.0)
DC = DcLimits(
    max_v=920.0,
    min_v=150.0,
    max_a=200.0,
    max_w=150_000.0,
    max_discharge_a=50.0,
    max_discharge_w=20_000.0,
    min_discharge_w=1_000.0,
)
METER = Meter("VOLTA-1", 12_345, START, signature=b"\x5a" * 64, discharged_wh=67)
SCHEDULE = Schedule(1, (PowerStep(0, 11_000.0), PowerStep(3_600, 7_000.0)))
OFFER = Offer(
    identification=(Identification.EIM,),
    transfers=tuple(Transfer),
    controls=(Control.SCHEDULED, Control.DYNAMIC),
)
T = TypeVar("T")


@dataclass
class FakeEvse:
    """An EVSE that closes contactors at once and says yes to everything, unless a test sets another answer.

    `heard` is what the session asked of it, by the name of the port's call. `state_now` is told as it stands; `follows`: voltage and
    current follow what the vehicle wants, as those of a good supply.
    """

    offered: Offer = OFFER
    state_now: State = field(default_factory=lambda: State(AC, meter=METER))
    decisions: list[Decision | Pending] = field(default_factory=lambda: [Decision.ACCEPTED])
    certificates: list[CertificateAnswer | Pending] = field(default_factory=lambda: [CertificateAnswer(b"")])
    planned_schedules: list[tuple[Schedule, ...] | Pending] = field(default_factory=lambda: [(SCHEDULE,)])
    contactors: list[bool | Pending] = field(default_factory=lambda: [True])
    isolations: list[Isolation | Pending] = field(default_factory=lambda: [Isolation.VALID])
    takes_selection: bool = True
    takes_plan: bool = True
    follows: bool = True
    evse_id: str = "DE*VOL*E000001*1"
    heard: list[tuple[str, Any]] = field(default_factory=list)

    def of(self, name: str) -> list[Any]:
        """What was said in calls of a name."""
        return [what for each, what in self.heard if each == name]

    def shows(self, **facts: Any) -> None:
        """Change how it stands."""
        self.state_now = replace(self.state_now, **facts)

    def offers(self, **facts: Any) -> None:
        """Change what may be chosen."""
        self.offered = replace(self.offered, **facts)

    def _asked(self, name: str, what: Any = None) -> None:
        self.heard.append((name, what))

    # --- the port ----------------------------------------------------------------------------------------------------------------

    def offer(self) -> Offer:
        return self.offered

    def came(self, vehicle: Vehicle) -> None:
        self._asked("came", vehicle)

    def authorize(self, contract: Contract | None) -> Decision | Pending:
        self._asked("authorize", contract)
        return _next(self.decisions)

    def certificate(self, asked: CertificateAsked) -> CertificateAnswer | Pending:
        self._asked("certificate", asked)
        return _next(self.certificates)

    def selected(
        self, identification: Identification, transfer: Transfer, control: Control, services: Sequence[int]
    ) -> bool:
        self._asked("selected", (identification, transfer, control, tuple(services)))
        return self.takes_selection

    def schedules(self, needs: Needs) -> tuple[Schedule, ...] | Pending:
        self._asked("schedules", needs)
        return _next(self.planned_schedules)

    def planned(self, profile: Profile) -> bool:
        self._asked("planned", profile)
        return self.takes_plan

    def energize(self, on: bool) -> bool | Pending:
        self._asked("energize", on)
        moved = _next(self.contactors)
        if moved is True:
            self.shows(contactor_closed=on)
            if self.follows and not on:
                self.shows(present_v=0.0, present_a=0.0, present_w=0.0)
        return moved

    def cable_check(self) -> Isolation | Pending:
        self._asked("cable_check")
        return _next(self.isolations)

    def precharge(self, volts: float, amperes: float) -> None:
        self._asked("precharge", (volts, amperes))
        if self.follows:
            self.shows(present_v=volts)

    def demand(self, demand: Demand) -> None:
        self._asked("demand", demand)
        if self.follows and demand.target_v is not None and demand.target_a is not None:
            watts = demand.target_v * demand.target_a
            self.shows(present_v=demand.target_v, present_a=demand.target_a, present_w=watts)

    def state(self) -> State:
        return self.state_now

    def receipt(self, receipt: Receipt) -> None:
        self._asked("receipt", receipt)

    def ended(self, end: SessionEnd) -> None:
        self._asked("ended", end)


def _next(answers: list[T]) -> T:
    return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass
class PausedBook:
    """Paused sessions, in memory."""

    kept: dict[bytes, Paused] = field(default_factory=dict)

    def recall(self, session_id: bytes) -> Paused | None:
        return self.kept.get(session_id)

    def keep(self, paused: Paused) -> None:
        self.kept[paused.session_id] = paused

    def forget(self, session_id: bytes) -> None:
        self.kept.pop(session_id, None)


def numbered() -> RandomBytes:
    """Random bytes that are none: each call gives the next number, so a test can tell them apart."""
    numbers = count(1)
    return lambda length: next(numbers).to_bytes(length, "big")
