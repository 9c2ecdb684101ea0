"""What the cases of block J share: how meter values are set, and what must hold of all that were told.

Values of one moment may come in several messages, so whether they are complete, and how far they are apart, is judged over all that was
heard and not message by message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from pilotwire.conformance.checks import Check, Judgement, absent_or, equals, every, moment_of
from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.language import Configures, Judges, Step
from pilotwire.conformance.values import Known, configured, resolve, shown

Steps = tuple[Step, ...]

PATIENCE: Final = 1200.0
"""How many s a case may last: an interval may be a minute or more."""
CLOCK, PERIODIC, BEGIN, END = "Sample.Clock", "Sample.Periodic", "Transaction.Begin", "Transaction.End"
_REGISTER: Final = "Energy.Active.Import.Register"
_ROUNDING: Final = 1.0
"""How many s an interval may be off: each timestamp may be rounded to whole seconds."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One MeterValueType that was told: in which message (`index` in the transcript), about what (EVSE or transaction), taken when."""

    index: int | None
    action: str
    message: dict[str, Any]
    part: str
    about: str
    at: datetime | None
    samples: list[dict[str, Any]]

    @property
    def context(self) -> str:
        """Why it was read, as its first sample says (Sample.Periodic where that is left out)."""
        return str(self.samples[0].get("context", PERIODIC))

    @property
    def measurands(self) -> set[str]:
        """What was measured; a sample that does not say is of the energy register."""
        return {str(one.get("measurand", _REGISTER)) for one in self.samples}


Which = Callable[[Reading, Known], bool]


def readings(messages: list[dict[str, Any]]) -> Iterator[Reading]:
    """All that was measured and told, in the order it came."""
    for one in messages:
        payload = one["payload"]
        if one["action"] not in ("MeterValues", "TransactionEvent") or not isinstance(payload, dict):
            continue
        about = payload.get("transactionInfo", {}).get("transactionId", f"EVSE {payload.get('evseId')}")
        for value in payload.get("meterValue", []):
            samples = value.get("sampledValue") or [{}]
            at = moment_of(value.get("timestamp"))
            yield Reading(one.get("index"), one["action"], payload, one["part"], about, at, samples)


# --- how it is set -------------------------------------------------------------------------------------------------------------


def measuring(*lists: str) -> Steps:
    """These lists have the configured measurands."""
    return tuple(Configures(variable=name, value=configured.measurands) for name in lists)


def aligned(*, only_idle: bool = False) -> Steps:
    """Clock-aligned values are told at the configured interval; `only_idle`: not while a transaction goes on."""
    return (
        *measuring("AlignedDataCtrlr.Measurands"),
        Configures(variable="AlignedDataCtrlr.SendDuringIdle", value=only_idle, if_implemented=not only_idle),
        Configures(variable="AlignedDataCtrlr.Interval", value=configured.aligned_interval),
    )


# --- which of them -------------------------------------------------------------------------------------------------------------


def in_meter_values(reading: Reading, _: Known) -> bool:
    """Told by MeterValues."""
    return reading.action == "MeterValues"


def in_events(trigger: str) -> Which:
    """Told by a TransactionEvent with this triggerReason."""
    return lambda reading, _: reading.action == "TransactionEvent" and reading.message.get("triggerReason") == trigger


def in_the(event_type: str) -> Which:
    """Told by the TransactionEvent with this eventType."""
    return lambda reading, _: reading.message.get("eventType") == event_type


def of_the_transaction(reading: Reading, known: Known) -> bool:
    """Told of the EVSE with the transaction, by either message (J01.FR.22)."""
    return in_events("MeterValueClock")(reading, known) or (
        reading.action == "MeterValues" and reading.message.get("evseId") == known.setting("evse_id")
    )


def read_for(which: Which, *contexts: str) -> Which:
    """Of these, those that were read for one of these reasons."""
    return lambda reading, known: which(reading, known) and reading.context in contexts


def in_main(which: Which) -> Which:
    """Of these, those that came after the preparations."""
    return lambda reading, known: which(reading, known) and reading.part != "before"


def moments(messages: list[dict[str, Any]], known: Known, which: Which) -> list[datetime]:
    """The moments of these readings, each once."""
    return sorted({one.at for one in readings(messages) if one.at is not None and which(one, known)})


def measured(times: int, which: Which, what: str) -> Condition:
    """Values of so many moments have come."""
    return Condition(
        f"{what} of {times} moments have come", lambda known: len(moments(known.heard(), known, which)) >= times
    )


# --- what must hold of them ----------------------------------------------------------------------------------------------------


def of_readings(
    what: str,
    which: Which,
    judged: Callable[[list[Reading], Known], tuple[bool, str]],
    *,
    path: str = "",
    none: bool = False,
) -> Check:
    """A check of these readings, in `Judges`; without any of them it passes only if there may be `none`.

    `path` is where in a meter value it looks. It shows the first message that has such readings.
    """

    def judge(everything: Any, known: Known) -> Judgement:
        found = [one for one in readings(everything["messages"]) if which(one, known)]
        if not found:
            return Judgement(none, "no such meter values were told")
        passed, seen = judged(found, known)
        return Judgement(passed, seen, entry=found[0].index)

    return Check(what, judge, f"meterValue[0].{path}" if path else "meterValue")


def contexts(what: str, which: Which, *wanted: str, each: bool = True, none: bool = False) -> Check:
    """The first sample of each is of one of these contexts; not `each`: at least one is."""

    def judged(found: list[Reading], _: Known) -> tuple[bool, str]:
        seen = [one.context for one in found]
        test = all if each else any
        return test(one in wanted for one in seen), ", ".join(dict.fromkeys(seen))

    how = "of every meter value" if each else "of a meter value"
    return of_readings(
        f"{what}: sampledValue[0].context {how} is {' or '.join(wanted)}",
        which,
        judged,
        path="sampledValue[0].context",
        none=none,
    )


def complete(what: str, which: Which, *, none: bool = False) -> Check:
    """Every moment has every configured measurand, perhaps in several messages."""

    def judged(found: list[Reading], known: Known) -> tuple[bool, str]:
        wanted = {one.strip() for one in str(known.setting("measurands")).split(",")}
        seen: dict[tuple[str, datetime | None], set[str]] = defaultdict(set)
        for one in found:
            seen[one.about, one.at] |= one.measurands
        lacking = {name for measurands in seen.values() for name in wanted - measurands}
        return not lacking, f"without {', '.join(sorted(lacking))}" if lacking else ", ".join(sorted(wanted))

    return of_readings(
        f"{what}: there is an element for each configured measurand",
        which,
        judged,
        path="sampledValue[0].measurand",
        none=none,
    )


def apart(what: str, which: Which, interval: Any, *, least: int = 2, none: bool = False) -> Check:
    """The moments are `interval` s apart; values that belong together have the very same timestamp. At least so many moments, or `none`."""

    def judged(found: list[Reading], known: Known) -> tuple[bool, str]:
        at = sorted({one.at for one in found if one.at is not None})
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
        right = all(abs(gap - float(resolve(interval, known))) <= _ROUNDING for gap in gaps)
        timed = all(one.at is not None for one in found)
        return timed and right and len(
            at
        ) >= least, f"{len(at)} moments, apart: {', '.join(f'{gap:g}' for gap in gaps)}"

    return of_readings(
        f"{what}: the timestamps are {shown(interval)} s apart", which, judged, path="timestamp", none=none
    )


def _located(found: list[Reading], _: Known) -> tuple[bool, str]:
    wrong = {
        str(one.get("measurand", _REGISTER))
        for reading in found
        for one in reading.samples
        if one.get("location") == "EV" and one.get("measurand") != "SoC"
    }
    return not wrong, f"located in the EV: {', '.join(sorted(wrong))}" if wrong else "none but SoC is"


NOT_IN_THE_EV = of_readings(
    "no value but SoC is located in the EV", lambda _, __: True, _located, path="sampledValue[0].location"
)
"""Errata 2025-09, 6.2.58, for every case of the block."""


def judged(*checks: Check) -> Steps:
    """The post scenario validations of a case of this block."""
    return (Judges(checks=(*checks, NOT_IN_THE_EV)),)


def read_at(context: str) -> tuple[Check, ...]:
    """Checks of a message: every meter value in it was read for this reason."""
    first = "sampledValue[0].context"
    usual = absent_or(first, PERIODIC) if context == PERIODIC else equals(first, context)
    return (every("meterValue", usual),)
