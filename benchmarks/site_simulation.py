"""`python -m benchmarks site_simulation`: the shipped sites, 30 days each, against the offline optimum.

`python -m benchmarks.site_simulation --days 7 --seeds 3 --strategies`: other days, more seeds, every strategy. Exit code 1 where a site's
own strategy delivers less than 95 % of the optimum, or a limit is exceeded.
"""

from __future__ import annotations

import argparse
import sys
import time

from pilotwire.domain.load_management import Strategy
from pilotwire.simulator.site import load_site, shipped, simulate
from pilotwire.simulator.site.figures import Figures, figures
from pilotwire.simulator.site.optimum import optimum

_AIM = 95.0
_HEAD = (
    "site",
    "seed",
    "strategy",
    "s",
    "LP s",
    "kWh",
    "of optimum",
    "unmet",
    "Jain",
    "pauses",
    "cost",
    "optimal",
    "limits",
)
_WIDTHS = (10, 4, 14, 5, 5, 9, 10, 5, 5, 6, 9, 9, 8)


def _line(cells: tuple[object, ...]) -> str:
    return "  ".join(f"{cell!s:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


def _run(name: str, days: int, seed: int | None, strategy: Strategy | None) -> tuple[Figures, float, float]:
    site = load_site(name)
    if seed is not None:
        site = site.model_copy(update={"seed": seed})
    began = time.perf_counter()
    record = simulate(site, days, strategy)
    simulated = time.perf_counter()
    best = optimum(record)
    solved = time.perf_counter()
    return figures(record, best), simulated - began, solved - simulated


def _told(told: Figures, seconds: float, solving: float) -> str:
    best = told.optimum
    assert best is not None
    return _line(
        (
            told.site, told.seed, told.strategy, f"{seconds:.1f}", f"{solving:.1f}", f"{told.delivered_wh / 1000:,.0f}",
            f"{best.share_percent:.1f} %", told.unmet_sessions, f"{told.fairness:.3f}", f"{told.pauses:.2f}",
            f"{told.cost:,.0f}", f"{best.cost:,.0f}", "held" if told.kept else "EXCEEDED",
        )
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Simulate and compare; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.site_simulation")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds of each site")
    parser.add_argument("--strategies", action="store_true", help="every strategy, not the site's own alone")
    options = parser.parse_args(arguments if arguments is not None else [])
    print(
        f"Shipped sites, {options.days} days; at least {_AIM:g} % of the optimum's energy with a site's own strategy."
    )
    print(_line(_HEAD))
    missed = 0
    for name in shipped():
        own = load_site(name).strategy
        for seed in range(1, options.seeds + 1):
            for strategy in Strategy if options.strategies else (own,):
                told, seconds, solving = _run(name, options.days, seed, strategy)
                print(_told(told, seconds, solving), flush=True)
                short = told.optimum is None or told.optimum.share_percent < _AIM
                missed += not told.kept or (strategy is own and short)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
