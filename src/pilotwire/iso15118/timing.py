"""How long who waits for what: timeouts and performance times of DIN SPEC 70121, ISO 15118-2 and ISO 15118-20, in seconds.

Tables, no timers. "Message timeout" is what a vehicle (EVCC) waits for the response to a request; "performance time" is within what a
station (SECC) answers it. Sources: DIN SPEC 70121, 9.6; ISO 15118-2, 8.7; ISO 15118-20, 8.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pilotwire.errors import MisuseError


class Protocol(StrEnum):
    """The protocols that have times of their own."""

    DIN = "din-70121"
    ISO2 = "iso-15118-2"
    ISO20 = "iso-15118-20"


CHARGE_LOOPS: Final = frozenset({"AC_ChargeLoop", "DC_ChargeLoop", "WPT_ChargeLoop"})
"""The messages of ISO 15118-20 that are repeated while power flows and have a sequence time of their own."""
_PERFORMANCE_OF: Final = MappingProxyType({0.25: 0.025, 0.5: 0.25, 2.0: 1.5, 5.0: 4.5})
"""What a station has where the vehicle waits that long."""
_SUFFIXES: Final = ("Req", "Res")


def _table(**seconds: float) -> Mapping[str, float]:
    return MappingProxyType(seconds)


@dataclass(frozen=True, slots=True)
class Timing:
    """All times of one protocol, in seconds.

    `message`: per message pair, without Req and Res, how long a vehicle waits for the response; all others `message_default`.
    `ready_to_charge` None: the protocol has none.
    """

    protocol: Protocol
    message: Mapping[str, float] = field(default_factory=_table)
    message_default: float = 2.0
    sequence: float = 60.0
    """A station waits for the next request of the vehicle (V2G_SECC_Sequence_Timeout)."""
    sequence_in_loop: float = 60.0
    """The same while a charge loop runs."""
    ev_sequence_performance: float = 40.0
    """Within what a vehicle sends its next request after a response."""
    ev_ongoing: float = 60.0
    """A vehicle repeats a request that is answered with EVSEProcessing Ongoing (V2G_EVCC_Ongoing_Timeout)."""
    secc_ongoing: float = 55.0
    """Within what a station is done with it."""
    ev_communication_setup: float = 20.0
    """From the connection to SessionSetupRes (V2G_EVCC_CommunicationSetup_Timeout)."""
    secc_communication_setup: float = 18.0
    ev_cable_check: float = 40.0
    secc_cable_check: float = 38.0
    ev_pre_charge: float = 7.0
    ready_to_charge: float | None = None
    """From SessionSetupRes until charging begins."""
    secc_keeps_open: float = 5.0
    """After SessionStop the vehicle closes the connection; that long the station leaves it open for it."""

    def message_timeout(self, message: str) -> float:
        """How long a vehicle waits for the response of a pair, named as "CurrentDemand", "CurrentDemandReq" or "CurrentDemandRes"."""
        return self.message.get(_pair(message), self.message_default)

    def performance(self, message: str) -> float:
        """Within what a station sends the response of a pair, named as above."""
        return _PERFORMANCE_OF[self.message_timeout(message)]

    def sequence_timeout(self, last: str) -> float:
        """How long a station waits for the next request after the one named `last`, "" at the beginning."""
        return self.sequence_in_loop if last and _pair(last) in CHARGE_LOOPS else self.sequence


def _pair(message: str) -> str:
    for suffix in _SUFFIXES:
        if message.endswith(suffix) and message != suffix:
            return message.removesuffix(suffix)
    if not message:
        raise MisuseError("A message needs a name to have a time.")
    return message


DIN: Final = Timing(
    Protocol.DIN,
    message=_table(CurrentDemand=0.25),
    ready_to_charge=150.0,
)
ISO2: Final = Timing(
    Protocol.ISO2,
    message=_table(
        ServiceDetail=5.0,
        PaymentDetails=5.0,
        CertificateInstallation=5.0,
        CertificateUpdate=5.0,
        PowerDelivery=5.0,
        CurrentDemand=0.25,
    ),
)
ISO20: Final = Timing(
    Protocol.ISO20,
    message=_table(
        ServiceDetail=5.0,
        CertificateInstallation=5.0,
        AC_ChargeLoop=0.5,
        DC_ChargeLoop=0.5,
        WPT_ChargeLoop=0.5,
    ),
    sequence_in_loop=0.5,
    ev_pre_charge=10.0,
)
TIMINGS: Final[Mapping[Protocol, Timing]] = MappingProxyType({each.protocol: each for each in (DIN, ISO2, ISO20)})
"""The times of every protocol."""
