"""The station without I/O: events and answers in, actions out; one core for all protocol versions.

`StationCore.feed(input, now)` and `.tick(now)` give the actions to be done, in order; `.next_deadline()` says when to tick next.
"""

from __future__ import annotations

from pilotwire.station.core.actions import (
    DURABLE,
    Abandon,
    Action,
    Answer,
    Forget,
    Keep,
    Note,
    RefuseCommand,
    RestartStation,
    Save,
    Say,
    SendKept,
    SetContactor,
    SetCurrentLimit,
    SetLock,
    SetPhases,
    SetPowerSetpoint,
    Show,
    Undertake,
    VariableChanged,
)
from pilotwire.station.core.core import StationCore
from pilotwire.station.core.inputs import (
    Answered,
    CommandReceived,
    Input,
    JobDone,
    JobFailed,
    JobNews,
    LinkDown,
    LinkUp,
    LockMoved,
    NotAnswered,
    Refused,
    Started,
    Unreadable,
    Unsaid,
)
from pilotwire.station.core.jobs import Job, News, Result
from pilotwire.station.core.memory import Entry, Part, SavedState, saved_state
from pilotwire.station.core.overview import EvseOverview, Overview
from pilotwire.station.core.settings import Family, StationSettings

__all__ = [
    "DURABLE",
    "Abandon",
    "Action",
    "Answer",
    "Answered",
    "CommandReceived",
    "Entry",
    "EvseOverview",
    "Family",
    "Forget",
    "Input",
    "Job",
    "JobDone",
    "JobFailed",
    "JobNews",
    "Keep",
    "LinkDown",
    "LinkUp",
    "LockMoved",
    "News",
    "NotAnswered",
    "Note",
    "Overview",
    "Part",
    "RefuseCommand",
    "Refused",
    "RestartStation",
    "Result",
    "Save",
    "SavedState",
    "Say",
    "SendKept",
    "SetContactor",
    "SetCurrentLimit",
    "SetLock",
    "SetPhases",
    "SetPowerSetpoint",
    "Show",
    "Started",
    "StationCore",
    "StationSettings",
    "Undertake",
    "Unreadable",
    "Unsaid",
    "VariableChanged",
    "saved_state",
]
