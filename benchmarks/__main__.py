"""`python -m benchmarks [codec] [csms] [memory] [fleet] [storm] [exi] [price] [price_oracle] [site] [site_simulation]`: all or those.

Figures of one run compare; those of two runs do not.
"""

from __future__ import annotations

import importlib
import sys

NAMES = ("codec", "csms", "memory", "fleet", "storm", "exi", "price", "price_oracle", "site", "site_simulation")


def main(arguments: list[str]) -> int:
    """Run the benchmarks named, all if none is; exit code 2 for a name there is not."""
    unknown = [name for name in arguments if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    for name in arguments or NAMES:
        importlib.import_module(f"benchmarks.{name}").main()
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
