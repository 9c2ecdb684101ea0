"""`python -m benchmarks price`: whole sessions priced in a second, by one process.

The sessions are those of the price oracle (made-up tariffs with conditions, steps and limits, some twenty readings), and plain ones as
they are most of the time: a tariff with a price of a kWh by day and by night and an idle fee, a reading every minute for two hours.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pilotwire.domain.tariff.general import GeneralTariff, Rate, Rates
from pilotwire.domain.tariff.priced import priced
from pilotwire.domain.tariff.sessions import Session, SessionReading, TariffFrom
from pilotwire.domain.tariff.tariffs import Conditions, TaxRate
from tests.support.price_by_seconds import Case

_MADE_UP = 300
_SECONDS = 3.0


def plain_session() -> Session:
    """Two hours over 18:00, charging for one and a half."""
    begin, tax = datetime(2026, 3, 2, 16, 0, tzinfo=UTC), (TaxRate(type="VAT", tax=Decimal(21)),)
    day = Conditions(start_time_of_day="08:00", end_time_of_day="18:00")
    tariff = GeneralTariff(
        tariff_id="plain",
        currency="EUR",
        energy=Rates(
            prices=(
                Rate(price=Decimal("0.49"), conditions=day, tax_rates=tax),
                Rate(price=Decimal("0.39"), tax_rates=tax),
            )
        ),
        idle_time=Rates(
            prices=(Rate(price=Decimal(6), conditions=Conditions(min_idle_time=600), tax_rates=tax, step=60),)
        ),
    )
    readings = tuple(
        SessionReading(at=begin + timedelta(minutes=n), register=Decimal(180 * min(n, 90))) for n in range(121)
    )
    return Session(
        begin=begin,
        end=begin + timedelta(hours=2),
        tariffs=(TariffFrom(at=begin, tariff=tariff),),
        readings=readings,
        time_zone="Europe/Amsterdam",
    )


def _rate(sessions: list[Session]) -> float:
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        for session in sessions:
            priced(session)
        done += len(sessions)
    return done / (time.perf_counter() - began)


def main() -> int:
    """Measure; see the module."""
    plain = _rate([plain_session()] * 20)
    made_up = _rate([Case.random(seed).session for seed in range(_MADE_UP)])
    print(f"price: {plain:.0f} plain sessions a second (121 readings), {made_up:.0f} of the oracle's")
    return 0


if __name__ == "__main__":
    sys.exit(main())
