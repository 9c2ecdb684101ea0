"""How long a station waits before it tries to reconnect (J2:5.3 and the variables J2:8.1 to J2:8.3). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RetryBackOff:
    """The three `RetryBackOff*` variables of `OCPPCommCtrlr`.

    `wait_minimum` (seconds) is waited before the first attempt, it is doubled after each failed attempt at most `repeat_times` times,
    and to every wait a random part of at most `random_range` seconds is added. Raises ConfigError for a negative value.
    """

    wait_minimum: float = 10.0
    repeat_times: int = 5
    random_range: float = 10.0

    def __post_init__(self) -> None:
        for name in ("wait_minimum", "repeat_times", "random_range"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}: it cannot be negative.", "Give 0 or more.")

    def delay(self, attempt: int, random: float) -> float:
        """Seconds to wait before attempt number `attempt`: 0 is the first one after a connection was lost or closed.

        `random` is in [0, 1). After a successful connection the caller counts from 0 again (errata 2025-09 of J2:5.3).
        """
        doublings = min(max(attempt, 0), self.repeat_times)
        return float(self.wait_minimum * 2**doublings + random * self.random_range)
