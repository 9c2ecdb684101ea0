"""Which session speaks which protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from pilotwire.errors import ConfigError
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.contracts import TEST_KEYS
from pilotwire.iso15118.evcc.conversation import Conversation
from pilotwire.iso15118.evcc.din import DinSession
from pilotwire.iso15118.evcc.iso2 import Iso2Session
from pilotwire.iso15118.evcc.iso20 import Iso20Session
from pilotwire.iso15118.evcc.iso20.talk import Options
from pilotwire.iso15118.evcc.ports import Ev, KeptPause, RandomBytes, Wallet
from pilotwire.iso15118.evcc.session import EvccSession
from pilotwire.iso15118.signature_suites import ISO20_TEST_SUITES


@dataclass(frozen=True, slots=True)
class Making:
    """What a session is made of.

    `secured`: the connection is TLS. `interval` None: the session's own pause between two messages of the charge loop. `lab`: contracts
    and signatures of ISO 15118-20 on any curve, as test benches have them.
    """

    ev: Ev
    wallet: Wallet
    kept: KeptPause
    random: RandomBytes
    now: datetime
    secured: bool = False
    interval: float | None = None
    lab: bool = False


Make = Callable[[Speaks, Making], EvccSession]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A protocol: its name for people, and who makes its session."""

    name: str
    make: Make


def _conversation(session: type[Conversation]) -> Make:
    def make(_: Speaks, m: Making) -> EvccSession:
        pause: dict[str, Any] = {} if m.interval is None else {"interval": m.interval}
        return session(m.ev, m.wallet, m.kept, m.random, m.now, secured=m.secured, **pause)

    return make


def _iso20(speaks: Speaks, m: Making) -> EvccSession:
    how: dict[str, Any] = {} if m.interval is None else {"interval": m.interval, "loop_interval": m.interval}
    if m.lab:
        how |= {"suites": ISO20_TEST_SUITES, "keys": TEST_KEYS}
    return Iso20Session(
        m.ev, m.wallet, m.kept, m.random, m.now, speaks=speaks, options=Options(**how), secured=m.secured
    )


SPOKEN: Final[Mapping[Speaks, Spoken]] = MappingProxyType(
    {
        Speaks.ISO20_DC: Spoken("ISO 15118-20 DC", _iso20),
        Speaks.ISO20_AC: Spoken("ISO 15118-20 AC", _iso20),
        Speaks.ISO2: Spoken("ISO 15118-2", _conversation(Iso2Session)),
        Speaks.DIN: Spoken("DIN SPEC 70121", _conversation(DinSession)),
    }
)
"""All protocols of which there is a session, the one wanted most first."""


def spoken() -> tuple[Speaks, ...]:
    """The protocols the vehicle speaks, the one wanted most first."""
    return tuple(SPOKEN)


def name_of(speaks: Speaks) -> str:
    """A protocol's name for people."""
    return SPOKEN[speaks].name if speaks in SPOKEN else speaks.value


def make_session(speaks: Speaks, making: Making) -> EvccSession:
    """The vehicle's session of a protocol. Raises ConfigError if there is none."""
    if speaks not in SPOKEN:
        names = ", ".join(one.name for one in SPOKEN.values())
        raise ConfigError(f"The vehicle does not speak {name_of(speaks)}.", f"It speaks: {names}.")
    return SPOKEN[speaks].make(speaks, making)
