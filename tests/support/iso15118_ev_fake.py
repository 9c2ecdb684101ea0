"""A vehicle behind a session, without I/O: it does what its fields say, and remembers what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pilotwire import pki
from pilotwire.iso15118.charging import (
    PENDING,
    AcLimits,
    Control,
    DcLimits,
    Identification,
    Limits,
    Needs,
    Paused,
    Pending,
    PowerStep,
    Profile,
    Schedule,
    SessionEnd,
    Transfer,
)
from pilotwire.iso15118.emaid import same_emaid
from pilotwire.iso15118.evcc.ports import Credential, EvState, Offered, Wish

EVCC_ID = bytes.fromhex("AAE494E31FA9")
EVCC_ID_20 = "WMIV1234567890ABCDE"
MOST_CONTRACTS = 5


@dataclass
class FakeEv:
    """An `Ev`: AC at three times 230 V or DC at 400 V, satisfied after some messages of the charge loop.

    `slow`: how often `choose` and `contactor` say PENDING first. `loops`: how often the loop is heard before it is enough (or before it
    pauses or negotiates anew, if so wished); `moves`: what `contactor` says, False when the contactors do not move.
    """

    transfers: tuple[Transfer, ...] = (Transfer.AC,)
    identification: tuple[Identification, ...] = (Identification.EIM,)
    controls: tuple[Control, ...] = (Control.SCHEDULED,)
    install: bool = False
    update: bool = False
    value_added: tuple[int, ...] = ()
    ac: AcLimits = field(default_factory=lambda: AcLimits(3, 230.0, 16.0, 6.0))
    dc: DcLimits = field(default_factory=lambda: DcLimits(max_v=450.0, max_a=200.0, max_w=80_000.0))
    energy_wh: float | None = 20_000.0
    departure_s: int | None = None
    soc: int = 20
    target_v: float = 400.0
    target_a: float = 100.0
    present_v: float = 400.0
    loops: int = 3
    pauses: bool = False
    renegotiates: int = 0
    """How often it negotiates anew in this session."""
    error: str = ""
    moves: bool = True
    slow: int = 0
    watts: float | None = None
    """The highest power of its plan; None: it keeps to the schedule."""
    evcc_id: bytes = EVCC_ID
    evcc_id_20: str = EVCC_ID_20
    heard: list[Offered] = field(default_factory=list)
    schedules: list[tuple[Schedule, ...]] = field(default_factory=list)
    contactors: list[bool] = field(default_factory=list)
    ends: list[SessionEnd] = field(default_factory=list)
    more_needs: dict[str, Any] = field(default_factory=dict)
    """Fields of `Needs` beside those above."""

    def __post_init__(self) -> None:
        self.comes_back()

    def comes_back(self) -> None:
        """The next session begins: what counts messages begins anew."""
        self._waiting = self.slow
        self._rounds = 0
        self.looped = 0

    def wish(self) -> Wish:
        """See `Ev`."""
        return Wish(self.identification, self.transfers, self.controls, self.install, self.update, self.value_added)

    def needs(self, transfer: Transfer, control: Control) -> Needs:
        """See `Ev`; they are asked for again when it is negotiated anew."""
        if self._done and self.renegotiates:
            self.renegotiates -= 1
            self._rounds = 0
        limits: Limits = self.dc if transfer.dc else self.ac
        told: dict[str, Any] = {"energy_wh": self.energy_wh, "departure_s": self.departure_s, "soc": self.soc}
        return Needs(transfer, limits, control, **(told | self.more_needs))

    @property
    def _done(self) -> bool:
        return self._rounds >= self.loops

    def _slowly(self) -> bool:
        """Whether to say PENDING once more."""
        self._waiting -= 1
        if self._waiting >= 0:
            return True
        self._waiting = self.slow
        return False

    def choose(self, schedules: Sequence[Schedule]) -> Profile | Pending:
        """The first, or the cheapest it can tell: the first again."""
        if self._slowly():
            return PENDING
        self.schedules.append(tuple(schedules))
        steps = () if self.watts is None else (PowerStep(0, self.watts),)
        return Profile(schedules[0].id, steps)

    def contactor(self, closed: bool) -> bool | Pending:
        """See `Ev`."""
        if self._slowly():
            return PENDING
        if self.moves:
            self.contactors.append(closed)
        return self.moves

    def offered(self, offered: Offered) -> None:
        """Messages with a meter, or with both present values, are those of the loop."""
        self.heard.append(offered)
        if offered.meter is not None or offered.present_a is not None or offered.target_w is not None:
            self.looped += 1
            self._rounds += 1

    def state(self) -> EvState:
        """See `Ev`."""
        done, anew = self._done, self._done and self.renegotiates > 0
        return EvState(
            target_v=self.target_v,
            target_a=self.target_a,
            present_v=self.present_v,
            soc=self.soc,
            error=self.error,
            enough=done and not anew and not self.pauses,
            pause=done and not anew and self.pauses,
            renegotiate=anew,
        )

    def ended(self, end: SessionEnd) -> None:
        """See `Ev`."""
        self.ends.append(end)


@dataclass
class FakeWallet:
    """A `Wallet`. The most recently used contract is the first; the sixth drops the last."""

    own: list[Credential] = field(default_factory=list)
    oem: Credential | None = None
    v2g: tuple[pki.Certificate, ...] = ()
    mo: tuple[pki.Certificate, ...] = ()

    def contracts(self) -> Sequence[Credential]:
        """See `Wallet`."""
        return tuple(self.own)

    def provisioning(self) -> Credential | None:
        """See `Wallet`."""
        return self.oem

    def v2g_roots(self) -> Sequence[pki.Certificate]:
        """See `Wallet`."""
        return self.v2g

    def mo_roots(self) -> Sequence[pki.Certificate]:
        """See `Wallet`."""
        return self.mo

    def store(self, contract: Credential) -> None:
        """See `Wallet`."""
        name = pki.common_name(contract.certificate.subject)
        others = [one for one in self.own if not same_emaid(pki.common_name(one.certificate.subject), name)]
        self.own = [contract, *others][:MOST_CONTRACTS]


@dataclass
class FakeKeptPause:
    """A `KeptPause` in memory."""

    paused: Paused | None = None

    def recall(self) -> Paused | None:
        """See `KeptPause`."""
        return self.paused

    def keep(self, paused: Paused | None) -> None:
        """See `KeptPause`."""
        self.paused = paused
