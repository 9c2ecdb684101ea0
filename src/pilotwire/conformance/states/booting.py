"""What is judged of boots in every version: what comes between two of them, how far they are apart, and the heartbeats after them."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, moment_of
from pilotwire.conformance.values import Known, resolve, shown


def beats(everything: Any, known: Known) -> Judgement:
    """The heartbeats of the main part are the interval apart, give or take what a message takes."""
    heard = [
        moment_of(one["at"]) for one in everything["messages"] if one["part"] == "main" and one["action"] == "Heartbeat"
    ]
    at = [one for one in heard if one is not None]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    wanted = float(known.setting("heartbeat_interval"))
    found = f"{len(at)} heartbeats, apart: {', '.join(f'{gap:.1f}' for gap in gaps)} s"
    return Judgement(len(gaps) >= 2 and all(abs(gap - wanted) <= wanted / 2 for gap in gaps), found)


def between_boots(everything: Any) -> list[dict[str, Any]]:
    """The messages of the main part from its first boot to its second, both with them."""
    messages = [one for one in everything["messages"] if one["part"] == "main"]
    first, second, *_ = (place for place, one in enumerate(messages) if one["action"] == "BootNotification")
    return messages[first : second + 1]


def only_between_boots(*allowed: str) -> Check:
    """Between the two boots of the main part nothing comes but these requests."""

    def judge(everything: Any, _: Known) -> Judgement:
        try:
            heard = between_boots(everything)
        except ValueError:
            return Judgement(False, "there were not two boots")
        others = [f"{one['action']}Request" for one in heard if one["action"] not in allowed]
        return Judgement(not others, ", ".join(others) or "nothing else")

    names = " and ".join(f"{name}Request" for name in allowed)
    return Check(f"between the two boots the station sends nothing but {names}", judge)


def waited_between_boots(interval: Any) -> Check:
    """The boots of the main part are not less than `interval` s apart."""

    def judge(everything: Any, known: Known) -> Judgement:
        try:
            heard = between_boots(everything)
        except ValueError:
            return Judgement(False, "there were not two boots")
        seconds = (datetime.fromisoformat(heard[-1]["at"]) - datetime.fromisoformat(heard[0]["at"])).total_seconds()
        return Judgement(seconds >= float(resolve(interval, known)), f"{seconds:.2f} s")

    return Check(f"between the two boots are at least {shown(interval)} s", judge)
