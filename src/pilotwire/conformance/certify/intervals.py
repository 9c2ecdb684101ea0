"""The real intervals in a recorded conversation, each held against what was declared at that time.

A device may be a little off: a second too soon, two too late, or a tenth, whichever is more. What it does while a request of its own waits
for an answer, or while there is no connection, is not measured, as it cannot do otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Any, Final

from pilotwire.conformance.certify.declared_values import Declared, Names, names_of
from pilotwire.conformance.checks import moment_of
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.ocpp.version import OcppVersion


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: of which variable, what it is declared as, what was measured, and in which frames.

    `wrong` says what contradicts, after "but" ("" if nothing does), `unit` is s, "times", or "" for a mere number.
    """

    about: str
    declared: float
    seconds: float
    entries: tuple[Entry, ...]
    wrong: str = ""
    unit: str = "s"


def samples_of(entries: list[Entry], declared: Declared, version: OcppVersion) -> Iterator[Sample]:
    """All that can be measured in a conversation with a station under test."""
    names = names_of(version)
    for value, part in declared.stretches(names.heartbeat, entries):
        yield from _heartbeats(names, value, part, entries)
    for value, part in declared.stretches(names.sampled, entries):
        silent = declared.at(names.sampled_what, part[0].index) in ("", None)
        yield from _sampled(names.sampled, value, part, silent=silent, entries=entries)
    for value, part in declared.stretches(names.aligned, entries):
        yield from _aligned(names.aligned, value, part)
    yield from _attempts(names, declared, entries)
    for value, part in declared.stretches(names.connection, entries):
        yield from _connection_timeouts(names.connection, value, part, version)
    if names.wait:
        yield from _waits(names, declared, entries)


def _short(declared: float) -> float:
    return declared - max(1.0, declared / 10)


def _long(declared: float) -> float:
    return declared + max(2.0, declared / 10)


def _is_call(entry: Entry, action: str) -> bool:
    return entry.direction == "received" and entry.kind == "call" and entry.action == action


def _between(one: Entry, other: Entry) -> float:
    return (other.at - one.at).total_seconds()


# --- heartbeats --------------------------------------------------------------------------------------------------------------------


def _heartbeats(names: Names, declared: float, part: list[Entry], entries: list[Entry]) -> Iterator[Sample]:
    """Heartbeats may be left out while other messages are sent (1.6:4.6, G02.FR.05), so only silence can be too long."""
    if declared <= 0:
        return
    for chain in _undisturbed(part):
        beats = [one for one in chain if _is_call(one, "Heartbeat")]
        gaps = [(one, other) for one, other in pairwise(beats)]
        if gaps and not any(_waiting(one, other.at, entries) for one, other in gaps):
            found = median(_between(*each) for each in gaps)
            wrong = "heartbeats come each {}" if found < _short(declared) else ""
            yield Sample(names.heartbeat, declared, found, tuple(beats), wrong)
        said = [chain[0], *(one for one in chain if one.direction == "received"), chain[-1]]
        for one, other in pairwise(said):
            # a new interval may hold from the end of the old one on, which was begun before this part
            allowed = _long(declared) if any(beat.index <= one.index for beat in beats) else _long(2 * declared)
            silence = _between(one, other)
            if silence > allowed and not _waiting(one, other.at, entries):
                yield Sample(names.heartbeat, declared, silence, (one, other), "no message comes for {}")


def _undisturbed(part: list[Entry]) -> Iterator[list[Entry]]:
    """Parts in which the connection stands and no heartbeat is asked for; one that was is left out."""
    chain: list[Entry] = []
    asked = False
    for entry in part:
        triggered = entry.direction == "sent" and "TriggerMessage" in entry.action and entry.kind == "call"
        if entry.direction == "line" and entry.kind in ("connected", "closed", "replaced"):
            if entry.kind != "connected":
                chain.append(entry)
            if len(chain) > 1:
                yield chain
            chain = []
        elif triggered and entry.payload.get("requestedMessage") == "Heartbeat":
            if len(chain) > 1:
                yield chain
            chain, asked = [], True
        elif asked and _is_call(entry, "Heartbeat"):
            chain, asked = [], False
        elif entry.direction != "line":
            chain.append(entry)
    if len(chain) > 1:
        yield chain


def _waiting(since: Entry, until: datetime, entries: list[Entry]) -> bool:
    """Whether a request of the device had no answer for more than a second of that time: it must not send another."""
    answered = {
        one.message_id: one.at for one in entries if one.direction == "sent" and one.kind in ("result", "error")
    }
    for one in entries:
        if one.direction == "received" and one.kind == "call" and one.at < until:
            end = answered.get(one.message_id, until)
            if (min(end, until) - max(one.at, since.at)).total_seconds() > 1.0:
                return True
    return False


# --- meter values ------------------------------------------------------------------------------------------------------------------

_PERIODIC: Final = "Sample.Periodic"
_CLOCK: Final = "Sample.Clock"
Taken = tuple[datetime, Entry]


def _series(part: list[Entry], context: str, trigger: str) -> dict[tuple[Any, ...], list[Taken]]:
    """When values of this context were taken, by the device's own clock, for each connector, EVSE or transaction."""
    found: dict[tuple[Any, ...], list[Taken]] = {}
    for entry in part:
        payload = entry.payload
        if entry.direction != "received" or entry.breach or not isinstance(payload, dict):
            continue
        if _is_call(entry, "MeterValues"):
            key: tuple[Any, ...] = (payload.get("connectorId"), payload.get("evseId"), payload.get("transactionId"))
            if context == _CLOCK:
                key = key[:2]  # whether somebody charges does not matter to the clock
        elif _event(entry).get("triggerReason") == trigger and not payload.get("offline"):
            key = ("transaction", payload.get("transactionInfo", {}).get("transactionId"))
        else:
            continue
        for value in payload.get("meterValue") or ():
            contexts = {one.get("context", _PERIODIC) for one in value.get("sampledValue") or ()}
            taken = moment_of(value.get("timestamp"))
            series = found.setdefault(key, [])
            if context in contexts and taken is not None and taken not in [one for one, _ in series]:
                series.append((taken, entry))
    return found


def _gaps(series: list[Taken], part: list[Entry]) -> list[float]:
    """The times between values, but for those in which there was no connection: what is kept then may be thinned out (J02.FR.12).

    Clock-aligned values of 2.x are told elsewhere while there is a transaction (J01.FR.14), so between those of MeterValues none may be.
    """
    line = [
        one for one in part if one.direction == "line" and one.kind in ("closed", "replaced", "refused", "connected")
    ]
    if any(_is_call(entry, "MeterValues") for _, entry in series):
        line += [one for one in part if _event(one)]
    ordered = sorted(series, key=lambda one: one[0])
    return [
        (later[0] - sooner[0]).total_seconds()
        for sooner, later in pairwise(ordered)
        if not any(sooner[1].index < one.index < later[1].index or sooner[0] < one.at < later[0] for one in line)
    ]


def _spaced(about: str, declared: float, part: list[Entry], series: list[Taken], what: str) -> Iterator[Sample]:
    entries = tuple(dict.fromkeys(entry.index for _, entry in series))
    frames = tuple(one for one in part if one.index in entries)
    if declared <= 0:
        if series:
            yield Sample(about, declared, float(len(series)), frames, f"{{}} {what} come", unit="")
        return
    gaps = _gaps(series, part)
    if gaps:
        found = median(gaps)
        off = found < _short(declared) or found > _long(declared)
        yield Sample(about, declared, found, frames, f"{what} come each {{}}" if off else "")


def _sampled(about: str, declared: float, part: list[Entry], *, silent: bool, entries: list[Entry]) -> Iterator[Sample]:
    """Values of a transaction (J02.FR.11; 1.6: MeterValues with a transactionId)."""
    found = _series(part, _PERIODIC, "MeterValuePeriodic")
    for key, series in found.items():
        if key[0] == "transaction" or key[2] is not None:
            yield from _spaced(about, declared, part, series, "sampled meter values")
    if declared <= 0 or silent or any(found.values()):
        return
    for began, ended in _transactions(part):
        lasted = _between(began, ended)
        lost = any(one.direction == "line" and began.index < one.index <= ended.index for one in part)
        if lasted > _long(2 * declared) and not lost and not _waiting(began, ended.at, entries):
            yield Sample(about, declared, lasted, (began, ended), "no sampled meter value comes in {} of a transaction")


def _transactions(part: list[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Where transactions begin in this part, and where they, or the part, end."""
    for began in part:
        if _is_call(began, "StartTransaction") or _event(began).get("eventType") == "Started":
            mine = _event(began).get("transactionInfo", {}).get("transactionId")
            yield (
                began,
                next(
                    (
                        one
                        for one in part
                        if one.index > began.index and (_is_call(one, "StopTransaction") or _ends(one, mine))
                    ),
                    part[-1],
                ),
            )


def _event(entry: Entry) -> dict[str, Any]:
    return entry.payload if _is_call(entry, "TransactionEvent") and isinstance(entry.payload, dict) else {}


def _ends(entry: Entry, transaction: Any) -> bool:
    event = _event(entry)
    return event.get("eventType") == "Ended" and event.get("transactionInfo", {}).get("transactionId") == transaction


_DAY: Final = 86400
_ZONE: Final = 900
"""Time zones differ by quarters of an hour."""


def _aligned(about: str, declared: float, part: list[Entry]) -> Iterator[Sample]:
    """Values by the clock: evenly spaced, and counted from midnight (J01.FR.14; 1.6:9.1.5)."""
    everything = _series(part, _CLOCK, "MeterValueClock").values()
    for series in everything:
        yield from _spaced(about, declared, part, series, "clock-aligned meter values")
        if declared <= 0 or _DAY % declared:
            continue
        step = min(declared, _ZONE)
        for taken, entry in series:
            midnight = taken.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            over = (taken - midnight).total_seconds() % step
            if min(over, step - over) > min(1.0, step / 4):
                wrong = "a clock-aligned meter value is {} off the clock"
                yield Sample(about, declared, min(over, step - over), (entry,), wrong)
                break


# --- attempts ----------------------------------------------------------------------------------------------------------------------


def _attempts(names: Names, declared: Declared, entries: list[Entry]) -> Iterator[Sample]:
    """Messages of transactions that are answered with CALLERROR are sent again after growing waits (E13.FR.02, E13.FR.03; 1.6:3.7.1)."""
    answers = {one.message_id: one for one in entries if one.direction == "sent" and one.kind in ("result", "error")}
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.direction == "received" and entry.kind == "call" and _of_transaction(entry):
            groups.setdefault(_identity(entry), []).append(entry)
    lost = [one.index for one in entries if one.direction == "line" and one.kind in ("closed", "replaced")]
    for sent in groups.values():
        failed = [one for one in sent if one.message_id in answers and answers[one.message_id].kind == "error"]
        until = max(one.index for one in sent)
        if not failed or len(failed) < len(sent) - 1 or any(failed[0].index < place < until for place in lost):
            continue
        most = declared.number(names.attempts, failed[0].index)
        wait = declared.number(names.attempt_interval, failed[0].index)
        if most and len(sent) > most:
            wrong = "a message is sent {}"
            yield Sample(names.attempts, most, float(len(sent)), tuple(sent), wrong, unit="times")
        elif most and len(failed) == most:
            yield Sample(names.attempts, most, most, tuple(sent), unit="times")
        for number, (one, other) in enumerate(pairwise(sent), 1):
            if wait:
                waited, wanted = _between(answers[one.message_id], other), wait * number
                off = waited < _short(wanted) or waited > _long(wanted)
                wrong = f"attempt {number + 1} comes {{}} after the one before, not {wanted:g} s" if off else ""
                yield Sample(names.attempt_interval, wait, waited, (one, other), wrong)


def _of_transaction(entry: Entry) -> bool:
    return entry.action in ("TransactionEvent", "StartTransaction", "StopTransaction")


def _identity(entry: Entry) -> str:
    event = _event(entry)
    if event:
        return json.dumps([event.get("transactionInfo", {}).get("transactionId"), event.get("seqNo")], default=str)
    return json.dumps([entry.action, entry.payload], sort_keys=True, default=str)


# --- somebody was authorized, and no EV came -----------------------------------------------------------------------------------------


def _connection_timeouts(about: str, declared: float, part: list[Entry], version: OcppVersion) -> Iterator[Sample]:
    yield from (_timeouts16 if version is OcppVersion.V16 else _timeouts2)(about, declared, part)


def _timeouts2(about: str, declared: float, part: list[Entry]) -> Iterator[Sample]:
    """From the authorization, or the EV's leaving, to the event with EVConnectTimeout (E03.FR.05), by the device's own clock."""
    begun: dict[Any, Entry] = {}
    for entry in part:
        event = _event(entry)
        transaction = event.get("transactionInfo", {}).get("transactionId")
        if event.get("triggerReason") in ("Authorized", "RemoteStart", "EVCommunicationLost"):
            begun[transaction] = entry
        elif event.get("triggerReason") == "EVConnectTimeout" and transaction in begun:
            yield from _timed(about, declared, begun.pop(transaction), entry, lambda one: _event(one)["timestamp"])


def _timeouts16(about: str, declared: float, part: list[Entry]) -> Iterator[Sample]:
    """From Preparing after an authorization to Available without a transaction; sooner may be for another reason."""
    authorized: Entry | None = None
    begun: dict[Any, Entry] = {}
    for entry in part:
        payload = entry.payload if isinstance(entry.payload, dict) else {}
        if _is_call(entry, "Authorize") or (entry.direction == "sent" and entry.action == "RemoteStartTransaction"):
            authorized = entry
        elif _is_call(entry, "StartTransaction"):
            begun.pop(payload.get("connectorId"), None)
        elif _is_call(entry, "StatusNotification"):
            connector, status = payload.get("connectorId"), payload.get("status")
            if status == "Preparing" and authorized is not None and _between(authorized, entry) < 1.0:
                begun[connector] = entry
            elif (first := begun.pop(connector, None)) is not None and status == "Available":
                for one in _timed(about, declared, first, entry, lambda one: one.payload.get("timestamp")):
                    if one.seconds >= _short(declared):
                        yield one


def _timed(about: str, declared: float, first: Entry, last: Entry, clock: Callable[[Entry], Any]) -> Iterator[Sample]:
    began, ended = moment_of(clock(first)), moment_of(clock(last))
    if began is None or ended is None or declared <= 0:
        return
    found = (ended - began).total_seconds()
    off = found < _short(declared) or found > _long(declared)
    yield Sample(about, declared, found, (first, last), "the EV is waited for {}" if off else "")


# --- waits before connecting again -----------------------------------------------------------------------------------------------------

_OWN_REASONS: Final = ("Reset", "SetNetworkProfile", "CertificateSigned", "UpdateFirmware", "DeleteCertificate")
_OWN_VARIABLES: Final = ("BasicAuthPassword", "NetworkConfigurationPriority", "SecurityProfile", "Identity")


def _waits(names: Names, declared: Declared, entries: list[Entry]) -> Iterator[Sample]:
    """A device that lost the connection waits before it tries again (2.0.1 Part 4, 5.3); one that left it, or boots, need not."""
    if any(one.facts.get("endpoint") == "other" for one in entries):
        return
    tries, lost = 0, False
    for place, entry in enumerate(entries):
        if entry.direction != "line":
            lost = lost or _reason_of_its_own(entry)
        elif entry.kind in ("refused", "connected"):
            waited = entry.facts.get("waited")
            booted = entry.kind == "connected" and _boots_next(entries[place + 1 :])
            if isinstance(waited, (int, float)) and not lost and not booted:
                yield from _wait(names, declared, entry, float(waited), tries)
            tries = tries + 1 if entry.kind == "refused" else 0
            lost = lost if entry.kind == "refused" else False


def _wait(names: Names, declared: Declared, entry: Entry, waited: float, tries: int) -> Iterator[Sample]:
    least = declared.number(names.wait, entry.index)
    spread = declared.number(names.wait_range, entry.index)
    repeats = declared.number(names.wait_repeats, entry.index)
    if least is None or repeats is None:
        return
    doubled = 2.0 ** min(tries, repeats)
    if waited < _short(least * doubled):
        wrong = f"attempt {tries + 1} to connect comes after {{}}, not {least * doubled:g} s or more"
    elif (
        entry.kind == "refused" and tries and spread is not None and waited > _long((least + spread) * doubled + spread)
    ):
        wrong = (
            f"attempt {tries + 1} to connect comes after {{}}, not {least * doubled:g} s and up to {spread:g} s more"
        )
    else:
        wrong = ""
    yield Sample(names.wait, least, waited, (entry,), wrong)


def _reason_of_its_own(entry: Entry) -> bool:
    if entry.direction != "sent" or entry.kind != "call":
        return False
    told = json.dumps(entry.payload, default=str) if entry.action == "SetVariables" else ""
    return entry.action in _OWN_REASONS or any(f'"{name}"' in told for name in _OWN_VARIABLES)


def _boots_next(following: list[Entry]) -> bool:
    for entry in following:
        if entry.direction == "line":
            return False
        if _is_call(entry, "BootNotification"):
            return True
    return False
