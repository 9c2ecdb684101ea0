"""Who plays which step: the messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pilotwire.conformance.benches.acts import act_named
from pilotwire.conformance.benches.ports import ActFailed, NobodyThere
from pilotwire.conformance.checks import found_text
from pilotwire.conformance.language import (
    Acts,
    Answers,
    Asks,
    AtEvse,
    Complains,
    Configures,
    Disconnects,
    ForEach,
    Happened,
    InAnyOrder,
    Judges,
    Keeps,
    Learns,
    NotReceives,
    Offers,
    OnlyIf,
    Reached,
    Receives,
    Reconnects,
    Refuses,
    Repeats,
    Sends,
    State,
    Step,
    Tells,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.runner.play import Player, Playing, StepFault, limit_of
from pilotwire.conformance.runner.remembering import forget_refused, remember
from pilotwire.conformance.runner.status import every_connector, tells, tells_status
from pilotwire.conformance.runner.ways import configures, learns
from pilotwire.conformance.values import MISSING, look
from pilotwire.conformance.verdict import CheckResult, StepResult
from pilotwire.conformance.wire.counterpart import LineDown
from pilotwire.conformance.wire.transcript import Entry

_IDLE_TALK: Final = ("Heartbeat",)
"""Requests that say nothing and may always come."""


async def sends(playing: Playing, step: Sends, result: StepResult) -> None:
    """Send, wait for the answer, judge it."""
    payload = playing.value(step.payload)
    counterpart = playing.scene.counterpart
    remembered = await remember(playing, step.action, payload)
    if not step.answered:
        entry, _ = counterpart.send(step.action, payload)
        result.entries.append(entry.index)
        return
    within = float(playing.value(step.within))
    entry = await counterpart.call(step.action, payload, within)
    forget_refused(playing, remembered, entry)
    result.limit = limit_of(step.within, within)
    if entry.request is not None:
        result.entries.append(entry.request)
    if step.any_answer:
        result.entries.append(entry.index)
        _keep(playing, step.keep, entry.payload if entry.kind == "result" else None)
        return
    if step.refused and (entry.kind != "result" or not step.checks):
        _judge_refusal(step, entry, result)
        return
    if entry.kind != "result":
        playing.judge(result, (), entry)
        why = found_text(entry.payload.get("errorDescription"))
        raise StepFault(f"{step.action}Request was answered with CALLERROR {entry.payload.get('errorCode')}: {why}")
    _judge_form(entry, result)
    playing.judge(result, step.checks, entry)
    _keep(playing, step.keep, entry.payload)
    if step.marks:
        playing.scene.stimulus = entry.index + 1


def _judge_refusal(step: Sends, entry: Entry, result: StepResult) -> None:
    code = entry.payload.get("errorCode", "") if entry.kind == "error" else ""
    what = f"the answer is a CALLERROR {' or '.join(step.refused)}"
    result.entries.append(entry.index)
    found = f"CALLERROR {code}" if code else f"CALLRESULT {found_text(entry.payload)}"
    result.checks.append(CheckResult(what, code in step.refused, found, entry=entry.index))


def _judge_form(entry: Entry, result: StepResult) -> None:
    if entry.breach:
        what = f"{entry.name} complies with its schema"
        result.checks.append(CheckResult(what, False, entry.breach, entry=entry.index))


def _keep(playing: Playing, names: Mapping[str, str], message: Any) -> None:
    for name, path in names.items():
        found = look(message, path)
        if found is not MISSING:
            playing.scene.kept[name] = found


# --- what comes ----------------------------------------------------------------------------------------------------------------


async def receives(playing: Playing, step: Receives, result: StepResult) -> None:
    """Wait for the message, judge it."""
    within = float(playing.value(step.within))
    entry = _meant(playing, step) or await playing.until(lambda: _first(playing, step), within)
    # What came while it waited is this very message: it is not met again where the step is repeated.
    playing.meant_for(step)
    if entry is None:
        if step.optional:
            result.skipped = True
            return
        _explain_absence(playing, step, result, within)
        return
    entry.taken = True
    result.limit = limit_of(step.within, within)
    _judge_form(entry, result)
    playing.judge(result, (*step.where, *step.checks), entry)
    _keep(playing, step.keep, entry.payload)
    if step.marks:
        playing.scene.stimulus = entry.index + 1


def _meant(playing: Playing, step: Receives) -> Entry | None:
    """The message answered as this step says, unless a landmark came after it."""
    entry = playing.meant_for(step)
    too_soon = entry is not None and not step.early and entry.index < playing.scene.stimulus
    return None if too_soon else entry


def _candidates(playing: Playing, step: Receives | NotReceives) -> Iterator[Entry]:
    scene = playing.scene
    requests = scene.counterpart.transcript.requests(0 if step.early else scene.stimulus)
    shared = isinstance(step, Receives) and step.shared
    return (one for one in requests if (shared or not one.taken) and one.action == step.action)


def _first(playing: Playing, step: Receives) -> Entry | None:
    for entry in _candidates(playing, step):
        if all(check.on(entry.payload, playing.scene).passed for check in step.where):
            return entry
    return None


def _explain_absence(playing: Playing, step: Receives, result: StepResult, within: float) -> None:
    """The message did not come: judge the nearest one, so that the report shows what was wrong with it."""
    others = list(_candidates(playing, step))
    result.fault = f"no such {step.action}Request came within {within:g} s"
    if not others:
        heard = [one.name for one in playing.scene.counterpart.transcript.requests(playing.scene.stimulus)]
        came = f"; what came: {', '.join(heard)}" if heard else "; nothing came"
        result.checks.append(CheckResult(f"{step.action}Request comes", False, f"none{came}"))
        return
    nearest = max(others, key=lambda one: _agreement(playing, step, one))
    playing.judge(result, (*step.where, *step.checks), nearest)


def _agreement(playing: Playing, step: Receives, entry: Entry) -> int:
    return sum(check.on(entry.payload, playing.scene).passed for check in (*step.where, *step.checks))


async def complains(playing: Playing, step: Complains, result: StepResult) -> None:
    """Wait for the CALLRESULTERROR."""
    transcript, since = playing.scene.counterpart.transcript, playing.scene.stimulus

    def complained() -> Entry | None:
        return next(
            (
                one
                for one in transcript.entries[since:]
                if one.kind == "resulterror" and one.action == step.action and not one.taken
            ),
            None,
        )

    entry = await playing.until(complained, float(playing.value(step.within)))
    what = f"{step.action}Response is answered with CALLRESULTERROR"
    if entry is None:
        result.checks.append(CheckResult(what, False, "nothing came"))
        return
    entry.taken = True
    result.entries.append(entry.index)
    result.checks.append(CheckResult(what, True, entry.text, entry=entry.index))
    if step.codes:
        code = entry.payload.get("errorCode", "")
        said = f"its errorCode is {' or '.join(step.codes)}"
        result.checks.append(CheckResult(said, code in step.codes, code, entry=entry.index, path="errorCode"))


async def not_receives(playing: Playing, step: NotReceives, result: StepResult) -> None:
    """Wait, and see that nothing of the kind comes."""
    seconds = float(playing.value(step.seconds))
    playing.scene.counterpart.silence_begins()
    found = await playing.until(lambda: _unwanted(playing, step), seconds)
    what = f"no {step.action or 'request'} comes for {seconds:g} s"
    entry = found.index if found is not None else None
    if found is not None:
        result.entries.append(found.index)
    seen = found.name if found is not None else "none"
    result.checks.append(CheckResult(what, found is None, seen, entry=entry, unwanted=step.action or "*"))


def _unwanted(playing: Playing, step: NotReceives) -> Entry | None:
    scene = playing.scene
    for entry in scene.counterpart.transcript.requests(0 if step.early else scene.stimulus):
        right = entry.action == step.action if step.action else entry.action not in _IDLE_TALK
        if right and not entry.taken and all(check.on(entry.payload, scene).passed for check in step.where):
            return entry
    return None


# --- people, lines, time ---------------------------------------------------------------------------------------------------------


async def acts(playing: Playing, step: Acts, result: StepResult) -> None:
    """Have something done at the system under test."""
    defaults = {"evse": playing.scene.setting("evse_id"), "connector": playing.scene.setting("connector_id")}
    details = defaults | playing.value(step.details)
    result.text = act_named(step.act, details).instruction(details).rstrip(".")
    try:
        seen = await playing.bench.act(step.act, details)
    except NobodyThere as error:
        if step.act != "look":
            raise
        result.checks.append(CheckResult(result.text, False, str(error), soft=True))
        return
    if step.act == "look":
        expected, found = str(playing.value(step.details.get("expected", "yes"))), str(seen.get("seen", ""))
        result.checks.append(CheckResult(result.text, found == expected, found))


async def asks(playing: Playing, step: Asks, result: StepResult) -> None:
    """Have the CSMS under test send something; or see it refuse to, which does not end the case if it may."""
    payload = playing.value(step.payload)
    result.asked = {"action": step.action, "payload": payload}
    if not step.refusable:
        await playing.bench.ask(step.action, payload)
        return
    with contextlib.suppress(ActFailed):
        await playing.bench.ask(step.action, payload, insists=False)


async def waits(playing: Playing, step: Waits, _: StepResult) -> None:
    """Let time pass."""
    await asyncio.sleep(float(playing.value(step.seconds)))


async def disconnects(playing: Playing, step: Disconnects, _: StepResult) -> None:
    """End the connection."""
    if step.stay_away:
        await playing.scene.end.stay_away()
    await playing.scene.counterpart.close(abruptly=step.abruptly)


async def reconnects(playing: Playing, step: Reconnects, result: StepResult) -> None:
    """Be connected again, or see it refused."""
    within = float(playing.value(step.within))
    facts: dict[str, Any] = {}
    if step.leaves_within is not None:
        facts["left"] = await _leaves(playing, float(playing.value(step.leaves_within)))
    try:
        entry = await playing.scene.end.endpoint(step.endpoint).reconnect(within)
    except LineDown as error:
        if not step.refused:
            raise
        result.checks.append(CheckResult("the connection is refused", True, str(error)))
        refusals = [one for one in playing.scene.counterpart.transcript if one.kind == "refused"]
        if step.checks and refusals:
            playing.judge(result, step.checks, refusals[-1], refusals[-1].facts)
        return
    if step.refused:
        result.checks.append(CheckResult("the connection is refused", False, entry.text, entry=entry.index))
        return
    result.limit = limit_of(step.within, within)
    playing.scene.stimulus = min(playing.scene.stimulus, entry.index + 1)  # it may have been quicker than this step
    facts |= entry.facts
    playing.judge(result, step.checks, entry, facts)
    _keep(playing, step.keep, facts)


async def _leaves(playing: Playing, within: float) -> bool:
    """Whether the system under test leaves the connection, or has since the stimulus before this step; after that time it is ended."""
    counterpart, since = playing.scene.counterpart, playing.scene.stimulus_before

    def left() -> bool:
        return any(one.kind in ("closed", "replaced") for one in counterpart.transcript.entries[since:])

    if await playing.until(left, within):
        return True
    await counterpart.close()
    return False


async def refuses(playing: Playing, step: Refuses, result: StepResult) -> None:
    """Turn the station away, and wait for its attempts."""
    scene = playing.scene
    attempts, within = int(playing.value(step.attempts)), float(playing.value(step.within))
    entry = await scene.end.endpoint(step.endpoint).turn_away(attempts, scene.stimulus, within)
    playing.judge(result, step.checks, entry, entry.facts)
    _keep(playing, step.keep, entry.facts)


async def offers(playing: Playing, step: Offers, _: StepResult) -> None:
    """Change this side of the line."""
    await playing.scene.end.endpoint(step.endpoint).offer(playing.value(step.how))


async def answers(playing: Playing, step: Answers, _: StepResult) -> None:
    """Answer otherwise from now on."""
    scene = playing.scene
    if step.held:
        scene.holding.add(step.action)
        return
    scene.holding.discard(step.action)
    if step.payload is None and not step.error and not step.unanswered:
        scene.answers.pop(step.action, None)
    else:
        scene.answers[step.action] = (step.payload, step.error, step.unanswered)
    waiting, scene.held = scene.held, [one for one in scene.held if one.action != step.action]
    for entry in waiting:
        if entry.action == step.action:
            scene.counterpart.answer(entry, playing.answering(entry))


async def happened(playing: Playing, step: Happened, _: StepResult) -> None:
    """Record facts."""
    playing.scene.happened(playing.value(step.facts))


async def reached(playing: Playing, step: Reached, _: StepResult) -> None:
    """Record a state."""
    playing.scene.story.reach(step.state)


async def keeps(playing: Playing, step: Keeps, _: StepResult) -> None:
    """Keep values."""
    for name, value in step.values.items():
        playing.scene.kept[name] = playing.value(value)


async def judges(playing: Playing, step: Judges, result: StepResult) -> None:
    """Judge all that was heard."""
    heard = playing.scene.heard()
    told = [{"evse": evse, "connector": number} for evse, number in every_connector(playing.scene)]
    everything = {"messages": heard, "connectors": told, "kept": dict(playing.scene.kept)}
    playing.judge(result, step.checks, None, everything)


# --- steps made of steps -------------------------------------------------------------------------------------------------------


async def in_any_order(playing: Playing, step: InAnyOrder, _: StepResult) -> None:
    """Each finds its own message among those that came, so one after another will do."""
    playing.then(step.steps)


async def only_if(playing: Playing, step: OnlyIf, result: StepResult) -> None:
    """Play one branch or the other."""
    holds = step.condition.holds(playing.scene)
    result.skipped = not holds and not step.otherwise
    playing.then(step.steps if holds else step.otherwise)


async def for_each(playing: Playing, step: ForEach, _: StepResult) -> None:
    """Play the steps for each value."""
    values = playing.value(step.values)
    if not isinstance(values, list):
        raise StepFault(f"{found_text(values)} is not a list")
    rounds: list[Step] = []
    for value in values:
        rounds += [Keeps(values={step.name: value}), *step.steps]
    playing.then(rounds)


async def repeats(playing: Playing, step: Repeats, result: StepResult) -> None:
    """Play the steps, then ask whether that was enough."""
    left = int(playing.value(step.most))
    if left <= 0:
        if step.until is not None:
            raise StepFault(f"it was repeated without {step.until.what}")
        return
    again = Repeats(number=step.number, steps=step.steps, until=step.until, most=left - 1)
    following: tuple[Step, ...] = (again,)
    if step.until is not None:
        following = (OnlyIf(condition=step.until, steps=(), otherwise=(again,)),)
    elif left == 1:
        following = ()
    playing.then((*step.steps, *following))


async def state(playing: Playing, step: State, _: StepResult) -> None:
    """Play a reusable state."""
    playing.then(step.steps, step.name)


async def at_evse(playing: Playing, step: AtEvse, _: StepResult) -> None:
    """Play the steps there, then go back."""
    before = playing.scene.go_to(playing.value(step.evse), playing.value(step.connector))
    playing.then(step.steps, back=lambda: playing.scene.go_to(*before))


PLAYERS: Final[Mapping[type[Step], Player]] = {
    Sends: sends,
    Receives: receives,
    TellsStatus: tells_status,
    Tells: tells,
    Complains: complains,
    NotReceives: not_receives,
    Acts: acts,
    Asks: asks,
    Configures: configures,
    Learns: learns,
    Waits: waits,
    Disconnects: disconnects,
    Reconnects: reconnects,
    Refuses: refuses,
    Offers: offers,
    Answers: answers,
    Happened: happened,
    Reached: reached,
    Keeps: keeps,
    Judges: judges,
    InAnyOrder: in_any_order,
    OnlyIf: only_if,
    ForEach: for_each,
    Repeats: repeats,
    AtEvse: at_evse,
    State: state,
}
