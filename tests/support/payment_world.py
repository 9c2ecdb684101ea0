"""A world with a station that has a payment terminal: the simulated one does the jobs at once, unless a test holds them back."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

from pilotwire.clock import ManualClock
from pilotwire.domain.authorization import AuthorizationAsked
from pilotwire.domain.kinds import Fact
from pilotwire.domain.tariff import EnergyPrice, EnergyPrices, PaymentSettled, SetDefaultTariff, Tariff
from pilotwire.errors import PilotwireError
from pilotwire.station.core import Action, JobDone, JobFailed, Undertake
from pilotwire.station.core.payment_jobs import AuthorizePayment, IncreasePayment, ReleasePayment, SettlePayment
from pilotwire.station.files import MemoryFiles
from pilotwire.station.jobs import WORKERS, Tools
from tests.support.station_world import START, StationWorld

JOBS = (AuthorizePayment, IncreasePayment, ReleasePayment, SettlePayment)
CARD = "Visa:4111110000001234"


class PaymentWorld(StationWorld):
    """See the module. `price` is what a kWh costs by the tariff of the station, None: the CSMS works costs out.

    `held` are kinds of jobs that are not done until `work`.
    """

    def __init__(self, *, station: str = "ac-22-pay", price: str | None = "0.50", **settings: Any) -> None:
        self.held: tuple[type, ...] = ()
        self.asked: list[object] = []
        super().__init__(station=station, **settings)
        if price is not None:
            prices = EnergyPrices(prices=(EnergyPrice(price_kwh=Decimal(price)),))
            self.command(SetDefaultTariff(evse_id=0, tariff=Tariff(tariff_id="T", currency="EUR", energy=prices)))

    def _do(self, action: Action) -> None:
        super()._do(action)
        if isinstance(action, Undertake) and isinstance(action.job, JOBS):
            self.asked.append(action.job)
            if not isinstance(action.job, self.held):
                self._work(action.ref, action.job)

    def _work(self, ref: int, job: Any) -> None:
        del self.jobs[ref]
        tools = Tools("CS001", ManualClock(START), MemoryFiles(), lambda _: "", self.hardware)
        try:
            self._inputs.append(JobDone(ref, _now(WORKERS[type(job)](job, tools, lambda _: None))))
        except PilotwireError as error:
            self._inputs.append(JobFailed(ref, str(error)))

    def work(self) -> None:
        """What was held back is done now."""
        self.held = ()
        for ref, job in list(self.jobs.items()):
            self._work(ref, job)
        self.feed()

    def pay(self, card: str = CARD, evse: int | None = 1) -> None:
        """Hold a payment card to the terminal."""
        self.does(self.hardware.payment_terminal.present(card, evse))

    @property
    def settlements(self) -> list[PaymentSettled]:
        """What the CSMS was told of payments, each time it was told."""
        return [fact for fact in self.csms.heard if isinstance(fact, PaymentSettled)]

    @property
    def questions(self) -> list[Fact]:
        """What the CSMS was asked."""
        return self.csms.of(AuthorizationAsked)


def _now(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the simulated terminal waits for something")
