"""The shapes of load management in the API: plans, limits from outside, readings, wishes and the state of a site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Final, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from pilotwire.csms.api.charging_values import Amount, resource_of, value_of
from pilotwire.csms.api.resource import TEXT, Integer, Positive, Resource, Time
from pilotwire.csms.registers.load_management import (
    DriverWish,
    EvseState,
    FeederState,
    LoadManagement,
    Measures,
    SiteAlarm,
    SiteLimit,
    SiteMeter,
    SiteReading,
    SiteState,
    TargetPeriod,
)
from pilotwire.domain.load_management import (
    NO_AMPERES,
    PHASES,
    Amperes,
    Feeder,
    LayoutMisfit,
    Outlet,
    PricePeriod,
    SiteLayout,
    Strategy,
)

DEEPEST: Final = 30
"""How many feeders may be one below the other."""
FeederName = Annotated[str, Field(min_length=1, max_length=64, pattern=TEXT)]
_Station = Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)]


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("it is not negative")
    return value


NotNegative = Annotated[Amount, AfterValidator(_not_negative)]
"""An amount from 0."""


class AmperesResource(Resource):
    """A current on each of the grid's phases (A); negative: it flows back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"l1": 12.5, "l2": 8, "l3": -3}]})

    l1: Amount = Decimal(0)
    l2: Amount = Decimal(0)
    l3: Amount = Decimal(0)

    @classmethod
    def of(cls, amperes: Amperes) -> AmperesResource:
        """The resource of currents."""
        return resource_of(cls, amperes)

    def amperes(self) -> Amperes:
        """The currents."""
        return value_of(Amperes, self)


def _mains(value: Decimal) -> Decimal:
    if not 50 <= value <= 1000:
        raise ValueError("it is from 50 to 1000 V")
    return value


# --- the plan ---------------------------------------------------------------------------------------------------------------


class FeederResource(Resource):
    """A place in the tree: the grid connection (`fedBy` null), a panel, a circuit.

    `amperes` is the most on each phase, `watts` the most in all, `imbalance` the most by which two phases may differ (A). `assumed` is the
    base load that counts where no meter tells it.
    """

    name: FeederName
    fed_by: FeederName | None = None
    amperes: NotNegative | None = None
    watts: NotNegative | None = None
    imbalance: NotNegative | None = None
    assumed: AmperesResource = AmperesResource()

    @classmethod
    def of(cls, feeder: Feeder) -> FeederResource:
        """The resource of a feeder."""
        return resource_of(cls, feeder, assumed=AmperesResource.of(feeder.assumed))

    def feeder(self) -> Feeder:
        """The feeder meant."""
        return value_of(Feeder, self, assumed=self.assumed.amperes())


class OutletResource(Resource):
    """An EVSE and how it is connected. `phases`: which phase of the grid is at its L1, L2 and L3; `least` and `most` are A on each."""

    station: _Station
    evse_id: Positive = 1
    fed_by: FeederName
    phases: list[Annotated[int, Field(ge=1, le=3, strict=True)]] = Field(
        default=list(PHASES), min_length=1, max_length=3
    )
    least: NotNegative = Decimal(6)
    most: NotNegative = Decimal(32)
    dc: bool = False
    efficiency: Amount = Field(default=Decimal("0.95"), description="How much of its power a DC EVSE's vehicle gets.")

    @classmethod
    def of(cls, outlet: Outlet) -> OutletResource:
        """The resource of an EVSE."""
        return resource_of(cls, outlet, phases=list(outlet.phases))

    def outlet(self) -> Outlet:
        """The EVSE meant."""
        return value_of(Outlet, self, phases=tuple(self.phases))


class MeterResource(Resource):
    """A meter at a feeder: of everything that flows through it, or of its base load alone.

    After `silentAfter` seconds without a reading the feeder's `assumed` base load counts.
    """

    feeder: FeederName
    measures: Measures = Measures.TOTAL
    silent_after: Positive = 60


class _Period(Resource):
    """From `start` until `end`."""

    start: Time
    end: Time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            raise ValueError("the end is after the start")
        return self


class PriceResource(_Period):
    """What a kWh costs."""

    price: Amount


class TargetResource(_Period):
    """What the site is to stay below (W), if vehicles can help it."""

    watts: Amount


class PlanRequest(Resource):
    """How a site is built, and how its power is shared.

    `idle` is what a vehicle may take (A on each phase) before its transaction has a share, and while its station is out of reach: it is
    kept free for every EVSE. While `enabled` is false nothing is managed.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "feeders": [{"name": "grid", "amperes": 63}, {"name": "garage", "fedBy": "grid", "amperes": 50}],
                    "evses": [{"station": "CS-0001", "evseId": 1, "fedBy": "garage"}],
                    "meters": [{"feeder": "grid", "measures": "total", "silentAfter": 60}],
                    "strategy": "equal-share",
                }
            ]
        }
    )

    feeders: list[FeederResource] = Field(min_length=1, max_length=1000)
    evses: list[OutletResource] = Field(default=[], max_length=5000)
    voltage: Annotated[Amount, AfterValidator(_mains)] = Field(
        default=Decimal(230), description="V between a phase and neutral."
    )
    time_zone: str = Field(default="UTC", max_length=64, pattern=TEXT, description="Like Europe/Berlin.")
    strategy: Strategy = Strategy.EQUAL_SHARE
    meters: list[MeterResource] = Field(default=[], max_length=1000)
    prices: list[PriceResource] = Field(default=[], max_length=5000)
    targets: list[TargetResource] = Field(default=[], max_length=5000)
    idle: NotNegative = Decimal(0)
    enabled: bool = True

    def plan(self, site: str) -> LoadManagement:
        """The plan of a site, as it was asked for."""
        layout = SiteLayout(
            name=site,
            feeders=tuple(each.feeder() for each in self.feeders),
            outlets=tuple(each.outlet() for each in self.evses),
            voltage=self.voltage,
            time_zone=self.time_zone,
        )
        return LoadManagement(
            layout=layout,
            strategy=self.strategy,
            meters=tuple(value_of(SiteMeter, each) for each in self.meters),
            prices=tuple(value_of(PricePeriod, each) for each in self.prices),
            targets=tuple(value_of(TargetPeriod, each) for each in self.targets),
            idle=self.idle,
            enabled=self.enabled,
        )


class PlanResource(PlanRequest):
    """The plan of a site."""

    site: str

    @classmethod
    def of(cls, plan: LoadManagement) -> PlanResource:
        """The resource of a plan."""
        layout = plan.layout
        return resource_of(
            cls,
            plan,
            site=layout.name,
            feeders=[FeederResource.of(each) for each in layout.feeders],
            evses=[OutletResource.of(each) for each in layout.outlets],
            voltage=layout.voltage,
            time_zone=layout.time_zone,
            meters=[resource_of(MeterResource, each) for each in plan.meters],
            prices=[resource_of(PriceResource, each) for each in plan.prices],
            targets=[resource_of(TargetResource, each) for each in plan.targets],
        )


Flaw = tuple[str, str]
"""A place in the request, and what is wrong there."""


def flaws_of(plan: LoadManagement, misfits: Iterable[LayoutMisfit]) -> list[Flaw]:
    """All that is wrong with a plan, each at its place in the request; `misfits` are those of its layout."""
    layout = plan.layout
    places = {f"feeder {each.name}": f"body.feeders.{n}" for n, each in enumerate(layout.feeders)}
    places |= {f"EVSE {each.evse_id} of {each.station}": f"body.evses.{n}" for n, each in enumerate(layout.outlets)}
    places |= {"time_zone": "body.timeZone"}
    found = [(places.get(each.where, f"body.{each.where}"), f"{each.where}: {each.what}") for each in misfits]
    names = {each.name for each in layout.feeders}
    seen: set[str] = set()
    for number, meter in enumerate(plan.meters):
        where = f"body.meters.{number}.feeder"
        if meter.feeder not in names:
            found.append((where, f"there is no feeder {meter.feeder!r}"))
        if meter.feeder in seen:
            found.append((where, f"the feeder {meter.feeder!r} has a meter already"))
        seen.add(meter.feeder)
    if any(plan.idle > outlet.most for outlet in layout.outlets):
        found.append(("body.idle", "it is more than one of the EVSEs can take (`most`)"))
    if not found and (deepest := max(map(len, _ways(layout)))) > DEEPEST:
        found.append(("body.feeders", f"{deepest} of them are one below the other; there may be {DEEPEST}"))
    return found


def _ways(layout: SiteLayout) -> Iterable[Sequence[str]]:
    """From each feeder up to the grid; only of a layout in which none feeds itself."""
    parents = {each.name: each.fed_by for each in layout.feeders}
    for name in parents:
        way, at = [name], parents[name]
        while at is not None and len(way) <= DEEPEST:
            way.append(at)
            at = parents[at]
        yield way


# --- what comes from outside ------------------------------------------------------------------------------------------------


class LimitRequest(Resource):
    """A limit for a feeder, beside its own: the lowest counts. `amperes` on each phase, `watts` in all.

    `since` null: at once; `until` null: until taken back.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"feeder": "grid", "watts": 4200, "until": "2100-01-31T18:00:00Z"}]}
    )

    feeder: FeederName
    amperes: NotNegative | None = None
    watts: NotNegative | None = None
    since: Time | None = None
    until: Time | None = None

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.amperes is None and self.watts is None:
            raise ValueError("give amperes, watts or both")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("until is after since")
        return self


class LimitResource(Resource):
    """A limit from outside: who set it, and when."""

    site: str
    source: str
    feeder: str
    amperes: Amount | None
    watts: Amount | None
    since: Time | None
    until: Time | None
    at: Time

    @classmethod
    def of(cls, limit: SiteLimit) -> LimitResource:
        """The resource of a limit."""
        return resource_of(cls, limit)


class ReadingRequest(Resource):
    """What a meter says: `amperes` on L1 to L3, or `watts` in all, which count as spread evenly. `at` null: now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amperes": {"l1": 12.5, "l2": 8, "l3": 9.2}}]})

    amperes: AmperesResource | None = None
    watts: Amount | None = None
    at: Time | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.amperes is None) is (self.watts is None):
            raise ValueError("give either amperes or watts")
        return self

    def currents(self, voltage: Decimal) -> Amperes:
        """The current on each phase (A), to the hundredth where it was told in watts."""
        if self.amperes is not None:
            return self.amperes.amperes()
        if self.watts is None:
            return NO_AMPERES
        each = (self.watts / (voltage * len(PHASES))).quantize(Decimal("0.01"))
        return Amperes(l1=each, l2=each, l3=each)


class FeederReading(ReadingRequest):
    """What the meter of a feeder says."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"feeder": "grid", "watts": 8200}]})

    feeder: FeederName


class ReadingsRequest(Resource):
    """What several meters say."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"readings": [{"feeder": "grid", "watts": 8200}, {"feeder": "garage", "watts": 3100}]}]
        }
    )

    readings: list[FeederReading] = Field(min_length=1, max_length=1000)


class ReadingResource(Resource):
    """What the meter of a feeder said last."""

    site: str
    feeder: str
    at: Time
    amperes: AmperesResource

    @classmethod
    def of(cls, reading: SiteReading) -> ReadingResource:
        """The resource of a reading."""
        return resource_of(cls, reading, amperes=AmperesResource.of(reading.amperes))


class WishRequest(Resource):
    """What the driver of a transaction wants: `energyWh` in all, by `departure`; the higher `priority` goes first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"energyWh": 20000, "departure": "2100-01-31T17:00:00Z", "priority": 0}]}
    )

    energy_wh: NotNegative | None = None
    departure: Time | None = None
    priority: Integer = 0

    def wish(self) -> DriverWish:
        """The wish."""
        return DriverWish(energy=self.energy_wh, departure=self.departure, priority=self.priority)


class WishResource(WishRequest):
    """What the driver of a transaction wants."""

    @classmethod
    def of(cls, wish: DriverWish) -> WishResource:
        """The resource of a wish."""
        return cls.model_construct(energy_wh=wish.energy, departure=wish.departure, priority=wish.priority)


# --- the state --------------------------------------------------------------------------------------------------------------


class FeederStateResource(Resource):
    """What flows through a feeder as far as is known, and the base load of it that counted. `silent`: its meter has not been heard of."""

    feeder: str
    flow: AmperesResource
    base: AmperesResource
    silent: bool

    @classmethod
    def of(cls, state: FeederState) -> FeederStateResource:
        """The resource of a feeder's state."""
        return resource_of(cls, state, flow=AmperesResource.of(state.flow), base=AmperesResource.of(state.base))


class EvseStateResource(Resource):
    """An EVSE, in A on each phase: the `share` it is to take, the `limit` it may take until its station has confirmed that, and what it was
    measured `taking` last. `why` it gets less than it wants, or cannot be told."""

    station: str
    evse_id: int
    share: Amount
    limit: Amount
    taking: Amount | None
    transaction_id: str | None
    why: str

    @classmethod
    def of(cls, state: EvseState) -> EvseStateResource:
        """The resource of an EVSE's state."""
        return resource_of(cls, state)


class StateResource(Resource):
    """How a site stood when its shares were decided last.

    `broken`: limits that no share can keep, for base load and the most that EVSEs out of reach may take exceed them, since `brokenSince`.
    """

    site: str
    at: Time
    flows: list[FeederStateResource]
    evses: list[EvseStateResource]
    broken: list[str]
    broken_since: Time | None

    @classmethod
    def of(cls, state: SiteState, alarm: SiteAlarm | None) -> StateResource:
        """The resource of a site's state."""
        return cls.model_construct(
            site=state.site,
            at=state.at,
            flows=[FeederStateResource.of(each) for each in state.flows],
            evses=[EvseStateResource.of(each) for each in state.evses],
            broken=list(state.broken),
            broken_since=alarm.at if alarm is not None and alarm.limits and state.broken else None,
        )
