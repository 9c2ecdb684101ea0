"""What is done otherwise in each version: the known state before a case, what is put back after it, and how variables are set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pilotwire.conformance.benches.ports import StationBench
from pilotwire.conformance.language import Configures, Learns, Step
from pilotwire.conformance.runner import configuring, configuring16, known_state, known_state16
from pilotwire.conformance.runner.general import general_validations
from pilotwire.conformance.runner.general16 import general_validations16
from pilotwire.conformance.runner.play import Playing
from pilotwire.conformance.runner.scene import Scene
from pilotwire.conformance.states import csms16, csms201
from pilotwire.conformance.verdict import StepResult
from pilotwire.conformance.wire.transcript import Transcript
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, slots=True)
class Ways:
    """`made` and `found` bring a station that was made for the case, or was there, into the known state; `put_back` is done after it.

    `idle` has the station the tester plays booted; `validations` hold in every case.
    """

    made: tuple[Step, ...]
    found: tuple[Step, ...]
    put_back: Callable[[Scene, StationBench], Awaitable[None]]
    idle: tuple[Step, ...]
    configures: Callable[[Playing, Configures, StepResult], Awaitable[None]]
    learns: Callable[[Playing, Learns, StepResult], Awaitable[None]]
    validations: Callable[[Transcript, str], StepResult]


_OF_2: Final = Ways(
    known_state.MADE,
    known_state.FOUND,
    known_state.put_back,
    csms201.booted(),
    configuring.configures,
    configuring.learns,
    general_validations,
)
_OF_16: Final = Ways(
    known_state16.MADE,
    known_state16.FOUND,
    known_state16.put_back,
    csms16.booted(),
    configuring16.configures16,
    configuring16.learns16,
    general_validations16,
)
WAYS: Final[Mapping[OcppVersion, Ways]] = {OcppVersion.V16: _OF_16, OcppVersion.V201: _OF_2, OcppVersion.V21: _OF_2}
"""By version."""


async def configures(playing: Playing, step: Configures, result: StepResult) -> None:
    """Set a variable, or configuration key, as the version does it."""
    await WAYS[playing.scene.version].configures(playing, step, result)


async def learns(playing: Playing, step: Learns, result: StepResult) -> None:
    """Read a variable, or configuration key, as the version does it."""
    await WAYS[playing.scene.version].learns(playing, step, result)
