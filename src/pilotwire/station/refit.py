"""A station that is set up anew: what it becomes, what that costs, and the credentials that come with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pilotwire.dialects import Dialect
from pilotwire.dialects.every import DIALECTS
from pilotwire.errors import ConfigError
from pilotwire.station.client_context import DELETED, OWN, ROOTS, client_context
from pilotwire.station.core import StationCore
from pilotwire.station.core.actions import Action
from pilotwire.station.core.device_model_declared import catalogue_of
from pilotwire.station.core.memory import SavedState
from pilotwire.station.core.moving import Move, lost_by, moved
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.core.setup_memory import SetupMemory
from pilotwire.station.core.variables import Variables
from pilotwire.station.endpoints import Endpoint
from pilotwire.station.files import Files, MemoryFiles
from pilotwire.station.hardware.ports import StationLayout
from pilotwire.station.setup import Change, Setup, endpoint_of, move_of, needs_restart, normal, settings_of, version_of

CHAIN: Final = OWN[-1][0]
KEY: Final = OWN[-1][1]
ROOT: Final = ROOTS[-1]
"""Where an installer's certificates are."""


def change_of(before: Setup, wanted: Setup, endpoint: Endpoint) -> Change:
    """From the setup and endpoint there are to what is wanted. Raises ConfigError."""
    after = normal(wanted)
    return Change(before=before, after=after, left=endpoint, taken=endpoint_of(after, endpoint))


@dataclass(frozen=True, slots=True)
class Lost:
    """What was, or would be, lost: transactions under way, messages of transactions, other messages. True if it matters for a bill."""

    transactions: int = 0
    messages: int = 0
    others: int = 0

    def __bool__(self) -> bool:
        return self.transactions > 0 or self.messages > 0

    @property
    def words(self) -> str:
        """In words; empty if nothing is."""
        counted = (
            (self.transactions, "transaction under way", "transactions under way"),
            (self.messages, "transaction message", "transaction messages"),
            (self.others, "other message", "other messages"),
        )
        return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counted if count)

    def refusal(self, change: Change) -> ConfigError:
        """Why that is not done unasked."""
        before, after = change.before, change.after
        by = (
            f"by the identity {before.identity}"
            if before.identity != after.identity
            else f"as OCPP {before.ocpp} names them, which OCPP {after.ocpp} cannot"
        )
        return ConfigError(
            f"The CSMS has not heard the end of everything: {self.words}. It knows them {by}.",
            "Stop charging and wait until nothing waits any more; or say force: these records are lost then.",
        )


@dataclass(frozen=True, slots=True)
class Refit:
    """What a station becomes."""

    change: Change
    endpoint: Endpoint
    dialect: Dialect
    settings: StationSettings
    layout: StationLayout
    kept: SetupMemory
    move: Move

    @classmethod
    def of(cls, change: Change, settings: StationSettings, layout: StationLayout, kept: SetupMemory) -> Refit:
        """Make it out; raises ConfigError for first values of variables that the other version does not have."""
        becomes = settings_of(change.after, settings, change.taken)
        check_first_values(becomes, layout, change.after)
        dialect = DIALECTS[version_of(change.after)]
        move = move_of(change.before, change.after)
        return cls(change, change.taken, dialect, becomes, layout, kept, move)

    @property
    def needs_restart(self) -> bool:
        """Whether the station has to be made anew."""
        return needs_restart(self.change.before, self.change.after)

    @property
    def changes(self) -> bool:
        """Whether anything changes."""
        return self.change.before != self.change.after

    def lost(self, core: StationCore) -> Lost:
        """What it would cost now."""
        running = sum(evse.transaction_id is not None for evse in core.overview().evses)
        return Lost(*lost_by(self.move, core.waiting(), running))

    def kept_of_the_rest(self, saved: SavedState | None) -> Sequence[Action]:
        """What is to be kept and forgotten of all that was saved."""
        catalogue = catalogue_of(self.settings.family, self.layout, self.settings.built)
        return moved(saved or SavedState(), self.move, self.kept, catalogue)


def check_first_values(settings: StationSettings, layout: StationLayout, setup: Setup) -> None:
    """Whether the version a station is set up with has the variables it was started with; raises ConfigError."""
    try:
        Variables(catalogue_of(settings.family, layout, settings.built), settings.variables, {})
    except ConfigError as error:
        what = f"A station that is set up to speak OCPP {setup.ocpp} cannot be as it was started: {error.what}"
        remedy = "Start it without that variable, or with another version than before: that goes before what was set."
        raise ConfigError(what, remedy) from None


# --- credentials ----------------------------------------------------------------------------------------------------


def with_credentials(files: Files, given: Mapping[str, bytes]) -> Files:
    """The files of TLS as they would be with others, by name; raises ConfigError for those that cannot be used."""
    if not given:
        return files
    if (CHAIN in given) is not (KEY in given):
        raise ConfigError("A certificate goes with its key.", "Give both certificateChain and privateKey.")
    after = MemoryFiles()
    for name in (*ROOTS, DELETED, *(name for pair in OWN for name in pair)):
        content = given.get(name, None if name == DELETED and ROOT in given else files.read(name))
        if content is not None:
            after.write(name, content)
    only = MemoryFiles()  # the chain that is given, not one the CSMS has installed, which goes before it
    for name, content in given.items():
        only.write(name, content)
    client_context(only, shows_certificate=CHAIN in given)
    return after


def write_credentials(files: Files, given: Mapping[str, bytes]) -> None:
    """Keep them; raises StoreError if the disk will not."""
    for name, content in given.items():
        files.write(name, content)
    if ROOT in given:  # who gives a root again wants it
        files.delete(DELETED)
