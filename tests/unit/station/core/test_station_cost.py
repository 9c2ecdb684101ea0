"""What a driver reads of prices and costs: told by the CSMS, or said instead where it cannot tell (I01 to I06)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, TransactionLimit
from pilotwire.domain.data_transfer import DataTransferStatus
from pilotwire.domain.display import DisplayMessage, DisplayText, MessagePriority, SetDisplayMessage
from pilotwire.domain.tariff import CostShownOutcome, CostUpdated, TariffText
from pilotwire.domain.transactions import EventKind, TransactionEvent, TransactionVerdict
from pilotwire.errors import ConfigError
from tests.support.station_world import Csms, StationWorld

FALLBACK = {"TariffCostCtrlr.TariffFallbackMessage": "0.49 EUR a kWh"}


@dataclass
class _Pricing(Csms):
    """A CSMS that knows what things cost: `total` at the end, `so_far` on the way."""

    total: Decimal | None = None
    so_far: Decimal | None = None
    limit: TransactionLimit | None = None
    message: str | None = None
    extra: tuple[TariffText, ...] = ()

    def _transaction(self, fact: TransactionEvent) -> TransactionVerdict:
        usual = super()._transaction(fact)
        cost = self.total if fact.kind is EventKind.ENDED else self.so_far
        limit = self.limit if fact.kind is EventKind.STARTED else None
        return TransactionVerdict(
            authorization=usual.authorization,
            total_cost=cost,
            limit=limit,
            message=self.message,
            message_extra=self.extra,
        )


def _world(**settings: object) -> StationWorld:
    world = StationWorld(online=False, **settings)  # type: ignore[arg-type]
    world.csms = _Pricing()
    world.connect()
    return world


def _pricing(world: StationWorld) -> _Pricing:
    assert isinstance(world.csms, _Pricing)
    return world.csms


def _charge(world: StationWorld, token: str = "ANNA") -> None:
    world.plug()
    world.tap(token)
    world.pass_time(60)


def _stop(world: StationWorld, token: str = "ANNA") -> None:
    world.tap(token)


# --- tariffs --------------------------------------------------------------------------------------------------------


@pytest.mark.req("I01.FR.03")
def test_a_driver_reads_the_price_the_csms_has_for_them() -> None:
    world = _world(variables=FALLBACK)
    message = "For you: 0.35 EUR a kWh"
    world.csms.tokens["ANNA"] = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, message=message)
    world.plug()
    world.tap("ANNA")
    assert world.hardware.display[1] == message


@pytest.mark.req("I04.FR.01")
@pytest.mark.parametrize("at_station", [False, True], ids=["card", "reader of the station"])
def test_a_driver_without_a_price_of_their_own_reads_the_usual_one(at_station: bool) -> None:
    world = _world(variables=FALLBACK, station="ac-22-dual")
    if not at_station:
        world.plug()
    world.tap("ANNA", None if at_station else 1)
    assert world.hardware.display[None if at_station else 1] == "0.49 EUR a kWh"


@pytest.mark.req("I04.FR.01")
@pytest.mark.parametrize(
    ("offline_text", "seen"),
    [("", "0.49 EUR a kWh"), ("Price on your bill", "Price on your bill")],
    ids=["usual", "own"],
)
def test_offline_there_may_be_a_text_of_its_own(offline_text: str, seen: str) -> None:
    own = {"TariffCostCtrlr.OfflineTariffFallbackMessage": offline_text}
    world = _world(variables=FALLBACK | own | {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    world.cut()
    world.plug()
    world.tap("ANNA")
    assert world.hardware.display[1] == seen


GERMAN = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, language="de-AT")


@pytest.mark.req("I04.FR.01")
@pytest.mark.parametrize(
    ("texts", "seen"),
    [
        ({"de": "0,49 EUR je kWh", "en": "English"}, "0,49 EUR je kWh"),
        ({"en": "English", "nl": "Nederlands"}, "English"),
        ({"nl": "Nederlands"}, "Nederlands"),
        ({"fr": "Français"}, "0.49 EUR a kWh"),
    ],
    ids=["the driver's", "English", "the display's", "of no language"],
)
def test_the_usual_price_is_read_in_the_drivers_language_if_there_is_one(texts: dict[str, str], seen: str) -> None:
    """A region does not matter (2.1 2.12.3)."""
    own = {f"TariffCostCtrlr.TariffFallbackMessage[{language}]": text for language, text in texts.items()}
    world = _world(variables=FALLBACK | own | {"DisplayMessageCtrlr.Language": "nl"})
    world.csms.tokens["ANNA"] = GERMAN
    world.plug()
    world.tap("ANNA")
    assert world.hardware.display[1] == seen


@pytest.mark.req("I05.FR.02")
def test_at_the_end_too_whoever_comes_next() -> None:
    """Offline nobody can be asked; the driver's language is known from the beginning. The next driver's is not known."""
    name = "TariffCostCtrlr.TotalCostFallbackMessage"
    world = _world(variables={f"{name}[de]": "Siehe Rechnung", name: "See your bill"})
    world.csms.tokens["ANNA"] = GERMAN
    _charge(world)
    world.cut()
    _stop(world)
    assert world.hardware.display[1] == "Siehe Rechnung"
    world.unplug()
    world.connect()
    _charge(world, "CARL")
    world.cut()
    _stop(world, "CARL")
    assert world.hardware.display[1] == "See your bill"


def test_where_tariffs_are_switched_off_there_is_no_usual_price() -> None:
    world = _world(variables=FALLBACK | {"TariffCostCtrlr.Enabled[Tariff]": "false"})
    world.plug()
    world.tap("ANNA")
    assert world.hardware.display[1] == "Accepted."


def test_a_currency_is_a_code_of_three_letters() -> None:
    world = _world()
    world.core.write("TariffCostCtrlr.Currency", "NOK", world.now)
    with pytest.raises(ConfigError):
        world.core.write("TariffCostCtrlr.Currency", "€uro", world.now)


# --- the running cost -----------------------------------------------------------------------------------------------


@pytest.mark.req("I02.FR.02", "I02.FR.03")
def test_the_running_cost_is_shown_and_stays_in_the_cycle() -> None:
    world = _world(variables={"TariffCostCtrlr.Currency": "NOK"})
    _charge(world)
    told = CostUpdated(transaction_id=world.transaction or "", total_cost=Decimal("3.2"))
    assert world.command(told) == CostShownOutcome()
    assert world.hardware.display[1] == "Cost so far: 3.20 NOK"
    text = DisplayText(content="Try our coffee")
    coffee = DisplayMessage(message_id=1, priority=MessagePriority.NORMAL_CYCLE, text=text)
    world.command(SetDisplayMessage(message=coffee))
    seen = set()
    for _ in range(30):
        world.pass_time(1)
        seen.add(world.hardware.display[1])
    assert seen == {"Cost so far: 3.20 NOK", "Try our coffee"}
    _stop(world)
    world.unplug()
    world.pass_time(30)
    assert world.hardware.display[1] == "Try our coffee"


@pytest.mark.req("I02.FR.04")
def test_a_running_cost_in_the_answer_to_an_event_is_shown() -> None:
    world = _world()
    _pricing(world).so_far = Decimal("0.75")
    _charge(world)
    world.pass_time(60)
    assert world.hardware.display[1] == "Cost so far: 0.75 EUR"


@pytest.mark.req("I06.FR.03")
@pytest.mark.parametrize(
    ("language", "seen"), [("de", "Ab jetzt 0,40 EUR"), ("fr", "From now on 0.40 EUR"), (None, "From now on 0.40 EUR")]
)
def test_a_price_that_has_changed_is_read_in_the_drivers_language(language: str | None, seen: str) -> None:
    world = _world()
    told = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, language=language)
    world.csms.tokens["ANNA"] = told
    _charge(world)
    _pricing(world).message = "Nu 0,40 EUR"
    _pricing(world).extra = (
        TariffText(content="Ab jetzt 0,40 EUR", language="de"),
        TariffText(content="From now on 0.40 EUR", language="en-GB"),
    )
    world.pass_time(60)
    assert world.hardware.display[1] == seen


def test_the_cost_of_a_transaction_that_does_not_run_here_is_not_shown() -> None:
    world = _world()
    outcome = world.command(CostUpdated(transaction_id="gone", total_cost=Decimal(9)))
    assert outcome == CostShownOutcome(status=DataTransferStatus.REJECTED)
    assert world.hardware.display == {}
    assert "gone" in world.notes[-1]


@pytest.mark.req("E16.FR.05")
def test_a_running_cost_can_be_the_most_there_may_be() -> None:
    world = _world()
    _pricing(world).limit = TransactionLimit(max_cost=Decimal(5))
    _charge(world)
    assert world.hardware.meter(1).power_w > 0
    world.command(CostUpdated(transaction_id=world.transaction or "", total_cost=Decimal(5)))
    world.pass_time(5)
    assert world.hardware.meter(1).power_w == 0


# --- the total ------------------------------------------------------------------------------------------------------


@pytest.mark.req("I03.FR.01", "I03.FR.03")
@pytest.mark.parametrize(
    ("total", "seen"),
    [("12.345", "Total cost: 12.35 EUR"), ("0", "This charge was free."), (None, "Charging stopped.")],
    ids=["a total", "free", "not told"],
)
def test_the_total_is_shown_at_the_end(total: str | None, seen: str) -> None:
    world = _world()
    _pricing(world).total = None if total is None else Decimal(total)
    _charge(world)
    _stop(world)
    assert world.csms.events[-1].kind is EventKind.ENDED
    assert world.hardware.display[1] == seen


@pytest.mark.req("I03.FR.05")
def test_a_driver_who_has_left_reads_no_total() -> None:
    only = {"TxCtrlr.TxStartPoint": "ParkingBayOccupancy", "TxCtrlr.TxStopPoint": "ParkingBayOccupancy"}
    world = _world(variables=only)
    _pricing(world).total = Decimal(7)
    world.does(world.hardware.park(1))
    _charge(world)
    _stop(world)
    world.unplug()
    world.does(world.hardware.leave(1))
    assert world.csms.events[-1].kind is EventKind.ENDED
    assert world.hardware.display[1] == "Charging stopped."


@pytest.mark.req("I05.FR.02")
def test_offline_the_driver_reads_what_is_said_instead_of_a_total() -> None:
    world = _world(variables={"TariffCostCtrlr.TotalCostFallbackMessage": "See your bill"})
    _pricing(world).total = Decimal(7)
    _charge(world)
    world.cut()
    _stop(world)
    assert world.hardware.display[1] == "See your bill"
    world.connect()
    world.pass_time(30)
    assert world.hardware.display[1] == "See your bill", "what comes later is for nobody"


def test_online_nothing_is_said_instead() -> None:
    world = _world(variables={"TariffCostCtrlr.TotalCostFallbackMessage": "See your bill"})
    _charge(world)
    _stop(world)
    assert world.hardware.display[1] == "Charging stopped."
