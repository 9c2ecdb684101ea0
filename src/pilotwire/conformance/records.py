"""Results of a run in a folder: one file a case, written as it is over, so that a run can go on where it was broken off."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.errors import ConfigError

_FOLDER: Final = "cases"


class Records:
    """The results in `folder` (made if it is not there). Raises ConfigError where it cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            (folder / _FOLDER).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"Results cannot be kept in {folder}: {error.strerror}.", "Choose a folder that can be written."
            ) from None

    def keep(self, result: CaseResult) -> None:
        """Keep a result, in place of an earlier one of the same case."""
        place = self.folder / _FOLDER / f"{result.id}.json"
        part = place.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(result))
        part.replace(place)

    def load(self) -> dict[str, CaseResult]:
        """All results, by case id. Raises ConfigError for a file that is none."""
        found = {}
        for place in sorted((self.folder / _FOLDER).glob("*.json")):
            try:
                result = msgspec.json.decode(place.read_bytes(), type=CaseResult)
            except (OSError, msgspec.MsgspecError) as error:
                raise ConfigError(f"{place} is not a result: {error}.", "Remove it and play the case again.") from None
            found[result.id] = result
        return found

    def forget(self, ids: Iterable[str]) -> None:
        """Remove the results of these cases."""
        for case_id in ids:
            (self.folder / _FOLDER / f"{case_id}.json").unlink(missing_ok=True)


def existing(folder: Path) -> dict[str, CaseResult]:
    """The results in a folder that must be there. Raises ConfigError if it has none."""
    found = Records(folder).load() if (folder / _FOLDER).is_dir() else {}
    if not found:
        raise ConfigError(f"There are no results in {folder}.", "Name a folder that was given as --results.")
    return found


def counted(results: Iterable[CaseResult]) -> dict[Outcome, int]:
    """How many of each outcome."""
    counts = dict.fromkeys(Outcome, 0)
    for result in results:
        counts[result.outcome] += 1
    return counts
