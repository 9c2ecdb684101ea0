"""The trial of a case: played honestly first, then against saboteurs until one is noticed."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pilotwire.conformance.language import Case
from pilotwire.conformance.runner.one import Setting
from pilotwire.conformance.saboteurs.derive import sabotages_of
from pilotwire.conformance.saboteurs.taps import Saboteur
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.ocpp.version import OcppVersion

Play = Callable[[Case, Setting], Awaitable[CaseResult]]
"""Plays a case with these settings, one after another."""

MOST_TRIALS: Final = 8
"""So many sabotages are tried before a case counts as one that notices none."""


_OF_2: Final[Mapping[str, Any]] = {
    "Authorize": {"idToken": {"idToken": "SABOTAGE", "type": "ISO14443"}},
    "TransactionEvent": {
        "eventType": "Started",
        "timestamp": "2001-01-01T00:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "SABOTAGE", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": "SABOTAGE", "type": "ISO14443"},
    },
}
_OF_16: Final[Mapping[str, Any]] = {
    "Authorize": {"idTag": "SABOTAGE"},
    "StartTransaction": {
        "connectorId": 1,
        "idTag": "SABOTAGE",
        "meterStart": 0,
        "timestamp": "2001-01-01T00:00:00Z",
    },
}
MADE_UP: Final[Mapping[OcppVersion, Mapping[str, Any]]] = {
    OcppVersion.V16: _OF_16,
    OcppVersion.V201: _OF_2,
    OcppVersion.V21: _OF_2,
}
"""What is sent where nothing of the kind may be, whatever was heard: somebody charges who must not."""


@dataclass(slots=True)
class Trial:
    """What came of it: the honest result, the sabotages tried with the outcome of each, and whether one was noticed."""

    case: str
    honest: Outcome
    tried: list[tuple[str, Outcome, str]] = field(default_factory=list)

    @property
    def noticed(self) -> str:
        """The sabotage that made the case fail; "" if none did."""
        return next((name for name, outcome, _ in self.tried if outcome is Outcome.FAILED), "")


async def try_case(
    case: Case,
    run: Setting,
    play: Play,
    samples: Mapping[str, Any],
    *,
    honest: CaseResult | None = None,
    kinds: Collection[str] = (),
) -> Trial:
    """Try a case; `honest` is a result of it that is there already. A case that does not pass honestly is not tried.

    With `kinds` only sabotages of these are tried.
    """
    first = honest or await play(case, run)
    trial = Trial(case.id, first.outcome)
    if first.outcome not in (Outcome.PASSED, Outcome.WARNING):
        return trial
    for sabotage in sabotages_of(
        first, case.version, samples_in([first]) | dict(samples) | dict(MADE_UP[case.version])
    ):
        if kinds and sabotage.kind not in kinds:
            continue
        saboteur = Saboteur(sabotage)
        result = await play(case, replace(run, saboteur=saboteur))
        if not saboteur.done:
            continue
        trial.tried.append((sabotage.name, result.outcome, result.reason))
        if result.outcome is Outcome.FAILED or len(trial.tried) >= MOST_TRIALS:
            break
    return trial


def samples_in(results: list[CaseResult]) -> dict[str, Any]:
    """A payload the system under test has sent, for each action it sent."""
    samples: dict[str, Any] = {}
    for result in results:
        for entry in result.entries:
            if entry.direction == "received" and entry.kind == "call" and not entry.breach:
                samples.setdefault(entry.action, entry.payload)
    return samples


_LONGEST: Final = 160
"""So many characters of what a case said are kept in the table."""


def trial_table(trials: Iterable[Trial]) -> str:
    """Case x sabotage as CSV, a row a case: the sabotage it noticed, what it said of it, and those it let pass before."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["case", "honest", "noticed", "verdict", "let pass"])
    for trial in sorted(trials, key=lambda one: one.case):
        noticed = next(((name, reason) for name, outcome, reason in trial.tried if name == trial.noticed), ("", ""))
        passed = [f"{name} ({outcome})" for name, outcome, _ in trial.tried if outcome is not Outcome.FAILED]
        row = [trial.case, str(trial.honest), noticed[0], noticed[1], "; ".join(passed)]
        table.writerow([one if len(one) <= _LONGEST else f"{one[: _LONGEST - 4]} ..." for one in row])
    return text.getvalue()
