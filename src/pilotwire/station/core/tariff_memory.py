"""The tariffs a CSMS installed, and the bills of transactions under way: both survive a failure of power (I07.FR.13)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import Tariff
from pilotwire.domain.tariff.bills import Bill


class InstalledTariff(Value):
    """A default tariff of one EVSE, to be gone by from `since` on: its own moment, or when it was installed."""

    evse_id: int
    tariff: Tariff
    since: datetime


class KeptBill(Value):
    """The bill of a transaction; `told`: the CSMS knows which tariff it goes by (I07.FR.32), `driver`: the token whose own tariff it is."""

    bill: Bill
    told: bool = False
    driver: str | None = None


class TariffMemory(Value, tag="tariffs", tag_field="part"):
    """See the module; bills by the station's own id of their transaction."""

    name: ClassVar[str] = "tariffs"
    installed: tuple[InstalledTariff, ...] = ()
    bills: dict[str, KeptBill] = {}
