"""What a simulated site is: its electricity, its vehicles, its sun and its prices; read from YAML.

Powers are in W, energies in Wh, currents in A of one phase, prices of a kWh in the site's currency. Clock times are the site's.
Whatever cannot be becomes a `ConfigError` that says where.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from pilotwire.domain.load_management import PHASES, Feeder, Outlet, SiteLayout, Strategy
from pilotwire.errors import ConfigError
from pilotwire.ev.catalogue import VEHICLES
from pilotwire.simulator.fleet.scenario import Seconds, SecondsRange

_P = TypeVar("_P", bound="Part")
Percent = Annotated[float, Field(ge=0, le=100)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Part(BaseModel):
    """A part of the settings: nothing is in it that has no meaning."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FeederPlan(Part):
    """A feeder of the tree, as `domain.load_management.Feeder`."""

    name: str = Field(min_length=1)
    fed_by: str | None = None
    amperes: NotNegative | None = None
    watts: NotNegative | None = None
    imbalance: NotNegative | None = None


class EvsePlan(Part):
    """`count` EVSEs of one kind, each of a station of its own; `station` is their name, a number follows where there are several.

    `rotated`: the first EVSE's L1 is at the grid's L1, the next one's at L2, and so on, so that vehicles on one phase spread.
    """

    station: str = Field(min_length=1)
    count: int = Field(default=1, ge=1, le=1000)
    fed_by: str
    phases: tuple[int, ...] = PHASES
    rotated: bool = True
    least: NotNegative = 6.0
    most: Positive = 32.0
    dc: bool = False
    efficiency: float = Field(default=0.95, gt=0, le=1)


class BasePlan(Part):
    """The load of everything else on a feeder: `watts` always, or at the peak of a typical `curve`, or from a CSV `file`.

    The file has the columns `time` and `watts`. `shares` is how it is spread over L1, L2 and L3.
    """

    feeder: str
    watts: float | None = Field(default=None, allow_inf_nan=False)
    curve: Literal["office", "depot", "home", "public", "flat"] = "flat"
    file: Path | None = None
    shares: tuple[NotNegative, NotNegative, NotNegative] = (1, 1, 1)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.watts is None) == (self.file is None):
            raise ValueError("give either watts (and a curve) or a file")
        if sum(self.shares) <= 0:
            raise ValueError("shares are not all of them 0")
        return self


class SunPlan(Part):
    """Panels: `watts` at their peak, a clear sky's curve by the season at this `latitude`, less `clouds` (%); or a CSV file."""

    feeder: str
    watts: Positive | None = None
    latitude: float = Field(default=50.0, ge=-65, le=65)
    clouds: Percent = 35.0
    file: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.watts is None) == (self.file is None):
            raise ValueError("give either watts or a file")
        return self


class StoragePlan(Part):
    """A stationary battery. It takes what the sun gives too much, and gives back what the site takes above `above` W.

    `efficiency` is that of a way there and back.
    """

    capacity_wh: Positive
    watts: Positive
    efficiency: float = Field(default=0.9, gt=0, le=1)
    start_percent: Percent = 50.0
    above: NotNegative = 0.0


class PricePlan(Part):
    """What a kWh costs: always `fixed`, by the 24 hours of a day (weekends `weekend_by_hour`), or from a CSV `file` (`time`, `price`).

    `feed_in` is paid for what the site gives to the grid: no more than the lowest price.
    """

    fixed: float | None = Field(default=None, allow_inf_nan=False)
    by_hour: tuple[float, ...] | None = None
    weekend_by_hour: tuple[float, ...] | None = None
    file: Path | None = None
    feed_in: float = Field(default=0.0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.fixed, self.by_hour, self.file].count(None) != 2:
            raise ValueError("give one of fixed, by_hour and file")
        for name in ("by_hour", "weekend_by_hour"):
            hours = getattr(self, name)
            if hours is not None and len(hours) != 24:
                raise ValueError(f"{name} has 24 prices, not {len(hours)}")
        told = [] if self.fixed is None else [self.fixed]
        told += [*(self.by_hour or ()), *(self.weekend_by_hour or ())]
        if told and self.feed_in > min(told):
            raise ValueError("feed_in is at most the lowest price")
        return self


class VehiclePlan(Part):
    """A kind of vehicle: a `model` of the vehicle simulator, or a battery with what it takes; `share` is its weight among all."""

    share: Positive = 1.0
    model: str | None = None
    capacity_wh: Positive | None = None
    phases: int = Field(default=3, ge=1, le=3)
    amperes: Positive = 16.0
    dc_watts: Positive | None = None
    back_amperes: NotNegative = 0.0

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.model is None) == (self.capacity_wh is None):
            raise ValueError("give either a model or capacity_wh")
        if self.model is not None and self.model not in VEHICLES:
            raise ValueError(f"there is no model {self.model!r}; there are {', '.join(VEHICLES)}")
        return self


class Group(Part):
    """Drivers who are alike: `per_day` of them on Monday to Sunday, when they come, how long they stay, what they want.

    `comes` is hours of the day, `stays` hours and `wants` kWh: each a mean and a standard deviation. Stays and energies are spread
    log-normally, for there are none below 0.
    """

    name: str = ""
    per_day: tuple[NotNegative, ...]
    comes: tuple[float, NotNegative]
    stays: tuple[Positive, NotNegative]
    wants: tuple[Positive, NotNegative]
    priority: int = 0

    @field_validator("per_day", mode="before")
    @classmethod
    def _week(cls, told: Any) -> Any:
        return (told,) * 7 if isinstance(told, int | float) else told

    @model_validator(mode="after")
    def _seven(self) -> Self:
        if len(self.per_day) != 7:
            raise ValueError(f"per_day is a number, or seven of them from Monday on, not {len(self.per_day)}")
        return self


class ArrivalPlan(Part):
    """Who comes: by a CSV `file`, by a `pattern` of so many `per_day`, by `groups`, or by a distribution that `fit`s a CSV file.

    `tells_percent` of the drivers say when they leave and how much they want; of the others nobody knows.
    """

    file: Path | None = None
    fit: Path | None = None
    pattern: Literal["office", "depot", "home", "public", "motel"] | None = None
    per_day: Positive | None = None
    groups: tuple[Group, ...] | None = Field(default=None, min_length=1)
    tells_percent: Percent = 100.0

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.file, self.fit, self.pattern, self.groups].count(None) != 3:
            raise ValueError("give one of file, fit, pattern and groups")
        if self.pattern is not None and self.per_day is None:
            raise ValueError("a pattern needs per_day")
        return self


class LinePlan(Part):
    """The way to stations: seconds until a message is answered, how many are lost, how often a station falls silent, for how long."""

    delay: Annotated[Seconds, Field(le=60)] = 1.0
    lost_percent: Percent = 0.0
    silences_per_day: NotNegative = 0.0
    silent_for: SecondsRange = (60.0, 1800.0)
    timeout: Annotated[Seconds, Field(gt=0, le=600)] = 30.0
    noticed_after: Annotated[Seconds, Field(le=3600)] = 60.0


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone like Europe/Berlin") from None
    return name


class Site(Part):
    """See the module. `margin` (A) is kept free where a base load flows, for how far that may change before stations have heard.

    `target_watts`, or 24 of them, is what the whole site is to stay below where vehicles can help it. `look_every`: how often a decision is
    made where nothing happens.
    """

    name: str = Field(default="site", min_length=1)
    about: str = ""
    time_zone: Annotated[str, BeforeValidator(_zone)] = "UTC"
    begins: date = date(2030, 3, 4)
    seed: int = 1
    voltage: Positive = 230.0
    currency: str = Field(default="EUR", min_length=1, max_length=8)
    strategy: Strategy = Strategy.EQUAL_SHARE
    look_every: Annotated[Seconds, Field(ge=10, le=900)] = 300.0
    margin: NotNegative = 1.0
    feeders: tuple[FeederPlan, ...] = Field(min_length=1)
    evses: tuple[EvsePlan, ...] = Field(min_length=1)
    base: tuple[BasePlan, ...] = ()
    sun: tuple[SunPlan, ...] = ()
    storage: StoragePlan | None = None
    prices: PricePlan = PricePlan(fixed=0.3)
    target_watts: float | tuple[float, ...] | None = None
    vehicles: tuple[VehiclePlan, ...] = Field(default=(VehiclePlan(model="compact-58"),), min_length=1)
    arrivals: ArrivalPlan
    line: LinePlan = LinePlan()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = {feeder.name for feeder in self.feeders}
        for what in ("base", "sun"):
            for number, each in enumerate(getattr(self, what)):
                if each.feeder not in names:
                    raise ValueError(f"{what}.{number}.feeder: {each.feeder!r} is none of the feeders")
        if isinstance(self.target_watts, tuple) and len(self.target_watts) != 24:
            raise ValueError(f"target_watts: one number, or 24 of them, not {len(self.target_watts)}")
        return self

    @property
    def start(self) -> datetime:
        """Midnight of the first day, in UTC."""
        return datetime.combine(self.begins, time(), ZoneInfo(self.time_zone)).astimezone(UTC)

    def layout(self) -> SiteLayout:
        """The tree as load management knows it."""
        return SiteLayout(
            name=self.name,
            feeders=tuple(_feeder(plan) for plan in self.feeders),
            outlets=tuple(outlet for plan in self.evses for outlet in _outlets(plan)),
            voltage=_decimal(self.voltage),
            time_zone=self.time_zone,
        )


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.10g}")


def _feeder(plan: FeederPlan) -> Feeder:
    amperes, watts, imbalance = (
        None if value is None else _decimal(value) for value in (plan.amperes, plan.watts, plan.imbalance)
    )
    return Feeder(name=plan.name, fed_by=plan.fed_by, amperes=amperes, watts=watts, imbalance=imbalance)


def _outlets(plan: EvsePlan) -> list[Outlet]:
    found = []
    for number in range(plan.count):
        turn = number % len(plan.phases) if plan.rotated and not plan.dc and plan.phases else 0
        found.append(
            Outlet(
                station=plan.station if plan.count == 1 else f"{plan.station}{number + 1:02}",
                evse_id=1,
                fed_by=plan.fed_by,
                phases=plan.phases[turn:] + plan.phases[:turn],
                least=_decimal(plan.least),
                most=_decimal(plan.most),
                dc=plan.dc,
                efficiency=_decimal(plan.efficiency),
            )
        )
    return found


# --- reading ------------------------------------------------------------------------------------------------------------------------


def site_of(text: str, name: str = "the site", folder: Path = Path()) -> Site:
    """The site that a YAML text describes; files it names are beside it. Raises `ConfigError`; `name` is for what is said of mistakes."""
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name} is no YAML: {' '.join(str(error).split())}.", "Mend the file.") from None
    if not isinstance(told, dict):
        raise ConfigError(f"{name} is no table of settings.", "Begin with lines such as `time_zone: Europe/Berlin`.")
    try:
        site = Site.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        what = f"{where}: {message}" if where else message
        remedy = "docs/sites/simulation.md tells what may be said."
        raise ConfigError(f"{name} cannot be used: {what}.", remedy) from None
    return _with_files(site, folder)


def _with_files(site: Site, folder: Path) -> Site:
    def beside(part: _P) -> _P:
        files = {key: folder / path for key in ("file", "fit") if (path := getattr(part, key, None)) is not None}
        return part.model_copy(update=files)

    return site.model_copy(
        update={
            "base": tuple(beside(part) for part in site.base),
            "sun": tuple(beside(part) for part in site.sun),
            "prices": beside(site.prices),
            "arrivals": beside(site.arrivals),
        }
    )
