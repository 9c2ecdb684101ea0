"""The V2G world of today for tests over real sockets: hierarchies by our issuing room, a vehicle and what it carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pilotwire import pki
from pilotwire.iso15118.charging import (
    AcLimits,
    Control,
    DcLimits,
    Identification,
    Needs,
    Paused,
    PowerStep,
    Profile,
    Schedule,
    SessionEnd,
    Transfer,
)
from pilotwire.iso15118.evcc.ports import Credential, EvState, Offered, Wish
from pilotwire.iso15118.net.credentials import Credentials
from pilotwire.pki import PROFILES, Authority, KeyKind, Order, Subject, issue, new_key, self_signed

EMAID = "DE8ACC12E46L89"
PCID = "WMIV1234567890ABCD"
MAC = bytes.fromhex("AAE494E31FA9")


class V2gPki:
    """Hierarchies on one kind of key, valid since yesterday."""

    def __init__(self, kind: KeyKind = KeyKind.EC_P256) -> None:
        self.kind = kind
        self.since = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self._authorities: dict[str, Authority] = {}

    def authority(self, name: str) -> Authority:
        """A CA, under the usual ones."""
        if name not in self._authorities:
            profile, own = PROFILES[name], new_key(self.kind)
            wanted = self._order(name, profile.title[:60], own)
            if profile.is_root:
                self._authorities[name] = Authority(self_signed(wanted, own), own)
            else:
                above = self.authority(profile.issuers[0])
                self._authorities[name] = Authority(issue(above, wanted), own, above.chain)
        return self._authorities[name]

    def root(self, name: str) -> pki.Certificate:
        """A root's certificate."""
        return self.authority(name).certificate

    def credential(self, name: str, common: str, **how: Any) -> Credential:
        """A certificate of a kind with its key, without its root."""
        own = new_key(self.kind)
        wanted = replace(self._order(name, common, own), **how)
        above = self.authority(PROFILES[name].issuers[0])
        return Credential((issue(above, wanted), *above.chain[:-1]), own)

    def secc(self, common: str = "SECC1") -> Credentials:
        """What a station shows."""
        made = self.credential("secc", common)
        return Credentials(made.chain, made.key, root=self.root("v2g-root"))  # type: ignore[arg-type]

    def _order(self, name: str, common: str, own: Any) -> Order:
        profile = PROFILES[name]
        subject = Subject(common, "Volta", "DE", profile.domain).name()
        return Order(profile, subject, own.public_key(), self.since, self.since + timedelta(days=profile.days))


@dataclass
class Car:
    """An `Ev` that wants so many readings of the station's meter, then has enough. `pauses`: it wants to pause then."""

    dc: bool = False
    readings: int = 5
    identification: tuple[Identification, ...] = (Identification.EIM,)
    install: bool = False
    pauses: bool = False
    transfers: tuple[Transfer, ...] = ()
    controls: tuple[Control, ...] = (Control.SCHEDULED,)
    evcc_id: bytes = MAC
    evcc_id_20: str = "WMIV1234567890ABCDE"
    heard: list[Offered] = field(default_factory=list)
    schedules: Sequence[Schedule] = ()
    end: SessionEnd | None = None
    closed: bool = False

    @property
    def meter_wh(self) -> list[int]:
        """What the station's meter showed."""
        return [one.meter.energy_wh for one in self.heard if one.meter is not None]

    def wish(self) -> Wish:
        """See `Ev`."""
        usual = (Transfer.DC,) if self.dc else (Transfer.AC,)
        return Wish(self.identification, self.transfers or usual, self.controls, self.install)

    def needs(self, transfer: Transfer, control: Control) -> Needs:
        """See `Ev`."""
        back = 5_000.0 if transfer.bidirectional else 0.0
        dc = DcLimits(max_v=450, max_a=200, max_discharge_w=back, max_discharge_a=back / 400)
        limits = dc if transfer.dc else AcLimits(3, 230, 16, 6, max_discharge_w=back)
        return Needs(transfer, limits, control, energy_wh=20_000, least_wh=0, most_wh=40_000, soc=20)

    def choose(self, schedules: Sequence[Schedule]) -> Profile:
        """See `Ev`."""
        self.schedules = schedules
        first = schedules[0]
        return Profile(first.id, (PowerStep(0, min(11_000.0, first.steps[0].watts)),) if first.steps else ())

    def contactor(self, closed: bool) -> bool:
        """See `Ev`."""
        self.closed = closed
        return True

    def offered(self, offered: Offered) -> None:
        """See `Ev`."""
        self.heard.append(offered)

    def state(self) -> EvState:
        """See `Ev`."""
        readings = self.meter_wh or [one for one in self.heard if one.present_a is not None]  # DIN tells no meter
        enough = len(readings) >= self.readings
        return EvState(
            target_v=400,
            target_a=25,
            present_v=400,
            present_w=5_000 if self.closed else 0,
            soc=20,
            enough=enough and not self.pauses,
            pause=enough and self.pauses,
        )

    def ended(self, end: SessionEnd) -> None:
        """See `Ev`."""
        self.end = end


@dataclass
class Purse:
    """A `Wallet` in memory."""

    owned: list[Credential] = field(default_factory=list)
    oem: Credential | None = None
    roots: tuple[pki.Certificate, ...] = ()
    operators: tuple[pki.Certificate, ...] = ()

    def contracts(self) -> Sequence[Credential]:
        """See `Wallet`."""
        return self.owned

    def provisioning(self) -> Credential | None:
        """See `Wallet`."""
        return self.oem

    def v2g_roots(self) -> Sequence[pki.Certificate]:
        """See `Wallet`."""
        return self.roots

    def mo_roots(self) -> Sequence[pki.Certificate]:
        """See `Wallet`."""
        return self.operators

    def store(self, contract: Credential) -> None:
        """See `Wallet`."""
        self.owned.insert(0, contract)


@dataclass
class Sleep:
    """A `KeptPause` in memory."""

    paused: Paused | None = None

    def recall(self) -> Paused | None:
        """See `KeptPause`."""
        return self.paused

    def keep(self, paused: Paused | None) -> None:
        """See `KeptPause`."""
        self.paused = paused
