"""What the checks of hardware drivers work with: the workbench its author makes, the driver on trial, and how a breach is said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar, runtime_checkable

from pilotwire.errors import MisuseError, PilotwireError
from pilotwire.station.hardware.ports import CablePlugged, Happened, HardwareDriver, HardwareEvent, StationLayout

_E = TypeVar("_E", bound=HardwareEvent)


class ContractBroken(PilotwireError):
    """The driver does not do what the protocol demands."""


class Workbench(Protocol):
    """The driver with its hardware, or an emulation of it, and the hands to act on that, all at EVSE 1, connector 1.

    What a hand does, the driver must report by itself, or return from `advance`: `pass_time` calls that.
    """

    @property
    def layout(self) -> StationLayout:
        """How the hardware is laid out."""
        ...

    async def make(self, happened: Happened) -> HardwareDriver:
        """Switch the hardware on, with no vehicle, and make a driver of it, not opened yet; what it returns from `advance` goes to
        `happened`.
        """
        ...

    async def clear(self) -> None:
        """Switch the hardware off; the driver is closed."""
        ...

    async def pass_time(self, seconds: float) -> None:
        """Let time pass for the hardware, and for the driver to hear of it."""
        ...

    async def plug(self) -> None:
        """Plug in a vehicle that wants no energy yet (state B)."""
        ...

    async def unplug(self) -> None:
        """Pull the plug; the lock is open."""
        ...

    async def want_energy(self, wants: bool) -> None:
        """The vehicle asks for energy (state C), or does so no more (B)."""
        ...

    async def present_card(self, id_token: str) -> None:
        """Hold a card with that UID (hexadecimal) to the reader of EVSE 1."""
        ...

    async def ground_fault(self, there: bool) -> None:
        """Let current leak to ground at EVSE 1, or mend that."""
        ...

    def energy_flows(self) -> bool:
        """What a voltmeter at the vehicle would say: whether the contactor of EVSE 1 is really closed."""
        ...


@runtime_checkable
class DcWorkbench(Workbench, Protocol):
    """The same, of hardware whose DC outlets can be worked (`DcOutput`)."""

    def output_volts(self) -> float:
        """What a voltmeter says at the outlet of EVSE 1."""
        ...


class Trial:
    """An open driver on its workbench, and what it has told."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.told: list[HardwareEvent] = []
        self.driver: HardwareDriver

    async def begin(self) -> None:
        """Make the driver and open it."""
        self.driver = await self.bench.make(self.told.extend)
        await done(self.driver.open(self.told.extend))

    async def end(self) -> None:
        """Close the driver and clear the bench."""
        await done(self.driver.close())
        await self.bench.clear()

    async def until(self, so: Callable[[], bool], what: str, *, seconds: float = 5.0) -> None:
        """Let time pass until something is so; breaks the contract if it never is."""
        passed = 0.0
        while not so():
            demand(passed < seconds, f"{what} did not come about within {seconds:g} s")
            await self.bench.pass_time(0.1)
            passed += 0.1

    async def until_told(self, event: HardwareEvent) -> None:
        """Wait for an event of the driver."""
        await self.until(lambda: event in self.told, f"the event {event}")

    def count(self, kind: type[_E]) -> int:
        """How often an event of a kind was told."""
        return sum(isinstance(event, kind) for event in self.told)

    async def charge(self) -> None:
        """Bring it so far that energy flows."""
        await self.bench.plug()
        await self.until_told(CablePlugged(1, 1))
        await done_bool(self.driver.set_lock(1, 1, True))
        self.driver.set_contactor(1, True)
        await self.bench.want_energy(True)
        await self.until(self.bench.energy_flows, "energy after set_contactor and state C")


Check = Callable[[Trial], Awaitable[None]]
"""Looks whether a driver keeps one part of the contract; raises `ContractBroken`."""


async def run(check: Check, bench: Workbench) -> None:
    """Make a driver, look, and clear up."""
    trial = Trial(bench)
    await trial.begin()
    try:
        await check(trial)
    finally:
        await trial.end()


def demand(so: bool, what: str) -> None:
    """Raise `ContractBroken` unless it is so; `what` is what is wrong then."""
    if not so:
        raise ContractBroken(f"The driver does not keep its contract: {what}.", "See docs/station/hardware.md.")


async def done(result: Awaitable[None] | None) -> None:
    """Wait for a call that may give an awaitable."""
    if result is not None:
        await result


async def done_bool(result: bool | Awaitable[bool]) -> bool:
    """The same, of a call with an answer."""
    return await result if not isinstance(result, bool) else result


def misused(call: Callable[[], object], what: str) -> None:
    """The call must raise `MisuseError`."""
    try:
        call()
    except MisuseError:
        return
    raise ContractBroken(f"The driver does not keep its contract: {what} is no MisuseError.", "Raise one.")
