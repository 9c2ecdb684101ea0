"""What was asked of `pilotwire ev charge`, looked at and made into a vehicle and its plan."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv6Address
from pathlib import Path
from typing import Final

from pilotwire.clock import Clock
from pilotwire.errors import ConfigError
from pilotwire.ev import VEHICLES, Vehicle, VehicleSpec
from pilotwire.ev import Wish as DriverWish
from pilotwire.ev.app import Address, EvApp, Listener, Plan, Report, Safety
from pilotwire.ev.iso15118 import FolderWallet, Intent, PauseBook, SpeakingVehicle, speaking_vehicle, spoken
from pilotwire.ev.iso15118.wallet import AnyWallet, EmptyWallet
from pilotwire.iso15118.charging import Control, Identification, Speaks, Transfer
from pilotwire.iso15118.evcc.ports import Wish
from pilotwire.iso15118.net.interfaces import scope_of

_PROTOCOLS: Final = {
    "din": (Speaks.DIN,),
    "iso2": (Speaks.ISO2,),
    "iso20": (Speaks.ISO20_DC, Speaks.ISO20_AC),
}
_IDENTIFICATION: Final = {"pnc": Identification.PNC, "eim": Identification.EIM}
_TRANSFERS: Final = {
    ("ac", False): Transfer.AC,
    ("dc", False): Transfer.DC,
    ("ac", True): Transfer.AC_BPT,
    ("dc", True): Transfer.DC_BPT,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of the command line. `said`: which of those about the vehicle were given."""

    interface: str
    to: str
    protocols: tuple[str, ...]
    identification: tuple[str, ...]
    transfers: tuple[str, ...]
    bpt: bool
    dynamic: bool
    vehicle: str
    soc: float
    target: float
    energy: float | None
    departure: float | None
    evccid: str
    speed: float
    wallet: Path | None
    password: str
    contract: str
    install: bool
    update: bool
    tls: bool | None
    lab: bool
    stop_after: float | None
    pause_after: float | None
    wake_after: float | None
    pause_file: Path | None
    resume: bool
    renegotiate_after: float | None
    drop_after: float | None
    return_after: float
    returns: int
    interval: float | None
    keylog: Path | None
    sdp_port: int
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """A vehicle that can go. `remarks`: what should be mended, though it works."""

    ev: SpeakingVehicle
    plan: Plan
    wallet: AnyWallet
    pauses: PauseBook
    clock: Clock
    remarks: list[str] = field(default_factory=list)

    async def run(self, listener: Listener) -> Report:
        """Charge. A signal ends a session in order; a second one, or one outside of a session, at once."""
        app = EvApp(self.plan, self.ev, self.wallet, self.pauses, clock=self.clock, listener=listener)
        task = asyncio.ensure_future(app.run())
        stopped = False

        def interrupted() -> None:
            nonlocal stopped
            if stopped or not app.in_session:
                task.cancel()
            stopped = True
            self.ev.stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(number, interrupted)
        return await task


def prepare(wanted: Wanted, clock: Clock) -> Ready:
    """Look at everything before a byte is sent. Raises ConfigError."""
    _check_places(wanted)
    wallet = _wallet(wanted)
    pauses = PauseBook(wanted.pause_file)
    intent = _intent(wanted, _spec(wanted, pauses), wallet)
    ev = _vehicle(wanted, intent, pauses, clock)
    plan = _plan(wanted)
    return Ready(ev, plan, wallet, pauses, clock, wallet.remarks() if isinstance(wallet, FolderWallet) else [])


def address_of(text: str) -> Address:
    """`[fe80::1%eth0]:61851` or `[2001:db8::1]:61851`. Raises ConfigError."""
    host, _, port = text.rpartition(":")
    host, _, interface = host.removeprefix("[").removesuffix("]").partition("%")
    try:
        return Address(str(IPv6Address(host)), _port(port), interface)
    except (AddressValueError, ValueError):
        what = f"--to {text} is no IPv6 address with a port."
        raise ConfigError(what, "Write it as [fe80::1%eth0]:61851; ISO 15118 knows IPv6 only.") from None


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65_536:
        raise ValueError(text)
    return int(text)


# --- checks ----------------------------------------------------------------------------------------------------------------------


def _check_places(wanted: Wanted) -> None:
    if bool(wanted.to) == bool(wanted.interface):
        what = "The vehicle needs to know where to go." if not wanted.to else "Both an interface and --to were given."
        raise ConfigError(what, "Name the interface to look for a station on, or give --to [address]:port.")
    if wanted.interface:
        scope_of(wanted.interface)
    if wanted.pause_after is not None and wanted.pause_file is None and wanted.wake_after is None:
        what = "A paused session would be lost with this process."
        raise ConfigError(what, "Add --pause-file to keep it, or --wake-after to come back from here.")
    if wanted.wake_after is not None and wanted.pause_after is None:
        raise ConfigError("--wake-after needs a pause.", "Add --pause-after.")
    if wanted.resume and wanted.pause_file is None:
        raise ConfigError("--resume needs a paused session.", "Add --pause-file with the file that keeps it.")
    if wanted.resume and wanted.said:
        what = f"{wanted.said[0]} cannot be given with --resume: the paused session has its own vehicle."
        raise ConfigError(what, "Leave it out.")


def _wallet(wanted: Wanted) -> AnyWallet:
    pnc = wanted.identification == ("pnc",)
    if wanted.wallet is None:
        needs = (
            "--contract" if wanted.contract else "--install" if wanted.install else "--update" if wanted.update else ""
        )
        needs = needs or ("--pnc" if pnc else "--tls" if wanted.tls else "")
        if needs:
            raise ConfigError(f"{needs} needs certificates.", "Give the folder that has them as --wallet.")
        return EmptyWallet()
    wallet = FolderWallet(wanted.wallet, wanted.password.encode() or None)
    if wanted.contract and (not wanted.install or wallet.has(wanted.contract)):
        wallet.prefer(wanted.contract)
    provisioning = wallet.provisioning_20()
    if wanted.install and provisioning is None:
        what = f"The wallet {wanted.wallet} has no OEM provisioning certificate, so no contract can be installed."
        raise ConfigError(what, "Put provisioning.pem into it.")
    if pnc and not wallet.contracts() and provisioning is None:
        what = f"The wallet {wanted.wallet} has neither a contract nor a provisioning certificate."
        raise ConfigError(what, "Put one into it, or charge by external means (--eim).")
    return wallet


def _spec(wanted: Wanted, pauses: PauseBook) -> VehicleSpec:
    if wanted.resume and pauses.vehicle is not None:
        return Vehicle.restore(pauses.vehicle).spec
    if wanted.vehicle not in VEHICLES:
        what = f"There is no vehicle model {wanted.vehicle!r}."
        raise ConfigError(what, "`pilotwire ev vehicles` lists those there are.")
    return VEHICLES[wanted.vehicle]


def _intent(wanted: Wanted, spec: VehicleSpec, wallet: AnyWallet) -> Intent:
    kinds = wanted.transfers or tuple(kind for kind, one in (("dc", spec.dc), ("ac", spec.ac)) if one is not None)
    for kind, one in (("ac", spec.ac), ("dc", spec.dc)):
        if kind in kinds and one is None:
            raise ConfigError(f"The vehicle {spec.name} cannot charge {kind.upper()}.", "Take another --vehicle.")
    if wanted.bpt:
        able = tuple(k for k in kinds if (spec.feedback if k == "dc" else spec.ac_feedback) is not None)
        if not able:
            what = f"The vehicle {spec.name} gives nothing back by {' or '.join(kinds).upper()}."
            raise ConfigError(what, "`pilotwire ev vehicles` tells which ones do.")
        kinds = able
    names = wanted.identification or ("pnc", "eim")
    wish = Wish(
        tuple(_IDENTIFICATION[one] for one in names),
        tuple(_TRANSFERS[kind, wanted.bpt] for kind in kinds),
        (Control.DYNAMIC, Control.SCHEDULED) if wanted.dynamic else (Control.SCHEDULED, Control.DYNAMIC),
        install=wanted.install,
        update=wanted.update,
        emaids=(wanted.contract,) if wanted.contract else (),
    )
    return Intent(wish, wanted.stop_after, wanted.pause_after, wanted.renegotiate_after)


def _vehicle(wanted: Wanted, intent: Intent, pauses: PauseBook, clock: Clock) -> SpeakingVehicle:
    evcc_id = _evcc_id(wanted.evccid)
    if wanted.resume and pauses.vehicle is not None:
        same = Vehicle.restore(pauses.vehicle)
        return SpeakingVehicle(same, clock, intent, speed=wanted.speed, evcc_id=evcc_id or pauses.evcc_id)
    wish = DriverWish(
        wanted.target,
        None if wanted.energy is None else wanted.energy * 1000,
        None if wanted.departure is None else wanted.departure * 60 * wanted.speed,
    )
    return speaking_vehicle(
        wanted.vehicle, clock, intent, soc=wanted.soc, wish=wish, speed=wanted.speed, evcc_id=evcc_id
    )


def _evcc_id(text: str) -> bytes | None:
    if not text:
        return None
    try:
        return bytes.fromhex(text.replace(":", "").replace("-", ""))
    except ValueError:
        raise ConfigError(f"--evccid {text} is no MAC address.", "Write it as 02:00:00:00:00:01.") from None


def _plan(wanted: Wanted) -> Plan:
    speaks = tuple(one for name in wanted.protocols for one in _PROTOCOLS[name])
    if wanted.bpt or wanted.dynamic:
        speaks = tuple(one for one in speaks or spoken() if one.is_of_20)
        if not speaks:
            option = "--bpt" if wanted.bpt else "--dynamic"
            raise ConfigError(f"{option} is only in ISO 15118-20.", "Add --iso20, or name no protocol.")
    safety = {None: Safety.AUTO, True: Safety.TLS, False: Safety.NONE}[wanted.tls]
    return Plan(
        wanted.interface,
        address_of(wanted.to) if wanted.to else None,
        speaks,
        safety,
        wanted.lab,
        wanted.resume,
        wanted.wake_after,
        wanted.drop_after,
        wanted.return_after,
        wanted.returns,
        wanted.interval,
        wanted.keylog,
        wanted.sdp_port,
    )
