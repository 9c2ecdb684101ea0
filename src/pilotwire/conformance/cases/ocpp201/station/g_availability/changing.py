"""What the cases of block G share: ChangeAvailability, and what the station tells of its connectors because of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pilotwire.conformance.checks import Check, Judgement, equals
from pilotwire.conformance.connectors import Place, told_by
from pilotwire.conformance.language import Judges, Sends, Step, TellsStatus
from pilotwire.conformance.values import OMITTED, Known, configured

Where = Literal["station", "evse", "connector"]
"""What is taken out of use or brought back: all, the configured EVSE, or its configured connector."""

_PLACES: Mapping[Where, Any] = {
    "station": OMITTED,
    "evse": {"id": configured.evse_id},
    "connector": {"id": configured.evse_id, "connectorId": configured.connector_id},
}
_EVERY: Mapping[Where, Literal["", "station", "evse"]] = {"station": "station", "evse": "evse", "connector": ""}
_NAMED: Mapping[Where, str] = {
    "station": "every connector",
    "evse": "every connector of the configured EVSE",
    "connector": "the configured connector",
}
_SAME: Mapping[Where, str] = {"station": "G04.FR.04", "evse": "G03.FR.03", "connector": "G03.FR.03"}


def changes(number: str, status: str, where: Where, *, answer: str = "Accepted", requirement: str = "") -> Sends:
    """ChangeAvailability, answered so; what is told because of it comes as it may."""
    return Sends(
        number=number,
        action="ChangeAvailability",
        payload={"operationalStatus": status, "evse": _PLACES[where]},
        checks=(equals("status", answer).of(requirement),),
    )


def told(number: str, status: str, where: Where) -> TellsStatus:
    """Every connector of the place is told to be so."""
    return TellsStatus(number=number, status=status, every=_EVERY[where])


def _meant(everything: Mapping[str, Any], where: Where, known: Known) -> set[Place]:
    places = {(one["evse"], one["connector"]) for one in everything["connectors"]}
    evse, connector = known.setting("evse_id"), known.setting("connector_id")
    if where == "connector":
        return {(evse, connector)}
    return places if where == "station" else {place for place in places if place[0] == evse}


def _states(everything: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """The states told in the main part."""
    for one in everything["messages"]:
        if one["part"] == "main":
            yield from ((place, state) for place, state, _ in told_by(one["action"], one["payload"]))


def _judge_told(where: Where) -> Check:
    def judge(everything: Any, known: Known) -> Judgement:
        heard = {place for place, _ in _states(everything)}
        missing = sorted(_meant(everything, where, known) - heard)
        names = ", ".join(f"connector {connector} of EVSE {evse}" for evse, connector in missing)
        return Judgement(not missing, f"nothing of {names}" if missing else f"{len(heard)} connectors")

    return Check(f"the state of {_NAMED[where]} was told", judge)


def _judge_stays(status: str, where: Where) -> Check:
    def judge(everything: Any, known: Known) -> Judgement:
        meant = _meant(everything, where, known)
        heard = sorted({state for place, state in _states(everything) if place in meant})
        return Judgement(set(heard) <= {status}, ", ".join(heard) or "nothing was told")

    return Check(f"what is told of {_NAMED[where]} is {status}", judge)


def _judge_no_more(where: Where) -> Check:
    def judge(everything: Any, known: Known) -> Judgement:
        meant = _meant(everything, where, known)
        others = sorted(
            {place for place, state in _states(everything) if state == "Unavailable" and place not in meant}
        )
        names = ", ".join(f"connector {connector} of EVSE {evse}" for evse, connector in others)
        return Judgement(not others, names or "none")

    return Check(f"nothing besides {_NAMED[where]} is told to be Unavailable", judge)


def states_told(where: Where) -> tuple[Step, ...]:
    """Post scenario validation: the state of every connector of the place was told, and nothing else went out of use."""
    no_more = () if where == "station" else (_judge_no_more(where),)
    return (Judges(checks=(_judge_told(where), *no_more)),)


def stays(number: str, status: str, state: str, where: Where) -> tuple[Step, ...]:
    """The place is asked to be what it is: accepted, and no connector of it becomes anything else."""
    return (
        changes(number, status, where, requirement=_SAME[where]),
        TellsStatus(
            status=state,
            every=_EVERY[where],
            optional=True,
            within=configured.silence,
            note="Nothing has changed; it may be told again.",
        ),
        Judges(checks=(_judge_stays(state, where),)),
    )


def told_again(where: Where) -> tuple[Step, ...]:
    """Post scenario validation where nothing has changed: no requirement has that told, so it is a matter of the letter."""
    return (Judges(checks=(_judge_told(where).softly(),)),)
