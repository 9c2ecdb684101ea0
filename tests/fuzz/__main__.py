"""`make fuzz`: feed every parser with bad input for some time; what breaks one is kept in build/fuzz."""

from __future__ import annotations

import argparse
import time
import traceback
from hashlib import sha256
from pathlib import Path
from random import Random

from tests.fuzz.mutations import bad_input
from tests.fuzz.targets import TARGETS, Target

FOLDER = Path("build/fuzz")
SLOW = 5.0
"""Seconds one input may take."""


def main() -> int:
    """Fuzz; the exit code is 1 if something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="for all parsers together")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run")
    parser.add_argument("only", nargs="*", help="names of parsers")
    said = parser.parse_args()
    wrong = [name for name in said.only if name not in TARGETS]
    if wrong:
        print(f"There is no parser {wrong[0]!r}. There are: {', '.join(TARGETS)}.")
        return 2
    seed = said.seed if said.seed is not None else time.time_ns()
    targets = [TARGETS[name] for name in said.only or TARGETS]
    print(f"seed {seed}, {said.seconds / len(targets):.0f} s for each of {len(targets)} parsers")
    broken = [_fuzz(each, Random(f"{seed}{each.name}"), said.seconds / len(targets)) for each in targets]
    return int(any(broken))


def _fuzz(target: Target, chance: Random, seconds: float) -> int:
    end, seen, found = time.monotonic() + seconds, 0, set[str]()
    while time.monotonic() < end:
        seen += 1
        data = bad_input(target.seeds(), chance)
        began = time.monotonic()
        try:
            target.feed(data)
        except target.errors:
            pass
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            _keep(target, data, f"{type(error).__name__} at {where.name}:{where.lineno}: {error}", found)
        if time.monotonic() - began > SLOW:
            _keep(target, data, f"took more than {SLOW:g} s", found)
    print(f"{target.name}: {seen} inputs, {len(found)} faults", flush=True)
    return len(found)


def _keep(target: Target, data: bytes, what: str, found: set[str]) -> None:
    if (short := what[:80]) in found:
        return
    found.add(short)
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{target.name.replace(' ', '-')}-{sha256(data).hexdigest()[:12]}"
    file.write_bytes(data)
    print(f"{target.name}: {what}\n  input kept in {file}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
