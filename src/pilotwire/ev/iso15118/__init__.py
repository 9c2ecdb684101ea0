"""The vehicle at the digital line: our battery model behind the sessions of DIN SPEC 70121, ISO 15118-2 and ISO 15118-20."""

from __future__ import annotations

from pilotwire.ev.iso15118.pauses import PauseBook
from pilotwire.ev.iso15118.sessions import SPOKEN, Making, make_session, spoken
from pilotwire.ev.iso15118.speaking import Intent, SpeakingVehicle, speaking_vehicle
from pilotwire.ev.iso15118.wallet import FolderWallet

__all__ = [
    "SPOKEN",
    "FolderWallet",
    "Intent",
    "Making",
    "PauseBook",
    "SpeakingVehicle",
    "make_session",
    "speaking_vehicle",
    "spoken",
]
