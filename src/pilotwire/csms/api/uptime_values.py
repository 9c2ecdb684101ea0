"""What is shown and taken of uptime: reports, exclusions, and the terms a station's uptime is counted by."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from pilotwire.csms.api.problems import unusable
from pilotwire.csms.api.resource import TEXT, Integer, Positive, Resource, Time, whole
from pilotwire.csms.registers.uptime import Exclusion
from pilotwire.domain.uptime import Cause, ExclusionReason, InService, StationUptime, Terms
from pilotwire.domain.uptime_periods import TWELVE_MONTHS, Opening, Period, period_between, period_of
from pilotwire.domain.uptime_tables import outage_records, station_record

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_DAYS: Final = 3660
_HOUR: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
_WEEK: Final = 7
_DAY: Final = 1440


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("there is no time zone of this name: it looks like America/New_York") from None
    return name


def _this_age(moment: datetime) -> datetime:
    if moment < EARLIEST:
        raise ValueError("this is before 1970")
    return moment


Zone = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"), AfterValidator(_zone)]
Recent = Annotated[Time, AfterValidator(_this_age)]


# --- reports ---------------------------------------------------------------------------------------------------------


class PortUptimeResource(Resource):
    """A charging port (an EVSE) in a period, by the formula of 23 CFR 680.116(b)(3). Minutes to a thousandth."""

    station: str
    evse_id: int
    since: Time
    until: Time
    in_service_since: Time = Field(description="The part of the period in which the port was in service.")
    in_service_until: Time
    minutes: float = Field(description="525,600 for twelve months in service throughout; else those in service.")
    outage_minutes: float = Field(description="T_outage: all outages.")
    excluded_minutes: float = Field(description="T_excluded: the part of them that does not count.")
    uptime_percent: float = Field(description="Rounded down to four digits.")
    meets: bool = Field(description="Whether it is more than 97 %, before rounding.")
    faulted_minutes: float
    unavailable_minutes: float
    connection_lost_minutes: float
    backend_down_minutes: float = Field(description="This CSMS did not run.")
    untold_minutes: float = Field(description="In service by the operator's word, and nothing told of it yet.")
    utility_interruption_minutes: float
    vehicle_fault_minutes: float
    scheduled_maintenance_minutes: float
    vandalism_minutes: float
    natural_disaster_minutes: float
    closed_minutes: float = Field(description="Outside of the hours of operation.")


class OutageResource(Resource):
    """An outage that lies in the period, or a part of it does."""

    station: str
    evse_id: int
    since: Time
    until: Time | None = Field(description="null: it is going on.")
    ongoing: bool
    minutes: float = Field(description="From its beginning to its end, or until now.")
    minutes_in_period: float
    excluded_minutes: float = Field(description="Of those in the period.")
    causes: list[Cause]
    error_codes: list[str]
    corrective_maintenance_due: Time = Field(description="The end of the fifth business day after it began.")
    late: bool = Field(description="Whether it lasted longer, and that time is not excluded.")


class StationUptimeResource(Resource):
    """A station's ports in a period. `meets`: whether each of them has more than 97 %; null: none was in service."""

    station: str
    since: Time
    until: Time = Field(description="Never later than now.")
    uptime_percent: float | None = Field(description="Of all ports together; the rule is about each port.")
    meets: bool | None
    late_outages: int
    ports: list[PortUptimeResource]

    @classmethod
    def of(cls, report: StationUptime) -> StationUptimeResource:
        """The resource of a report."""
        return cls.model_validate(station_record(report))


class StationUptimeDetail(StationUptimeResource):
    """The same with the outages."""

    outages: list[OutageResource]

    @classmethod
    def of(cls, report: StationUptime) -> StationUptimeDetail:
        """The resource of a report."""
        outages: list[Any] = list(outage_records(report))
        return cls.model_validate({**station_record(report), "outages": outages})


# --- periods ---------------------------------------------------------------------------------------------------------


class Asked(Period):
    """The period somebody asks about, and in which time zone its months are."""

    zone_name: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.zone_name)


PeriodName = Annotated[
    str | None,
    Query(
        max_length=20,
        pattern=TEXT,
        description=f"A year (2026), a quarter (2026-Q3), a month (2026-10), or `{TWELVE_MONTHS}`: the twelve calendar months before "
        "this one, which is what is meant without any.",
        examples=["2026-Q3"],
    ),
]
Since = Annotated[Recent | None, Query(description="From this time on, instead of a named period.")]
Until = Annotated[Recent | None, Query(description="Before this time; without it: until now.")]
ZoneName = Annotated[Zone, Query(alias="timeZone", description="Whose days and months these are (IANA).")]


def asked_period(
    now: datetime, name: str | None, since: datetime | None, until: datetime | None, zone_name: str
) -> Asked:
    """The period asked for. Raises ApiError."""
    zone = ZoneInfo(zone_name)
    if name is not None and (since is not None or until is not None):
        raise unusable("query.period", "a named period has its own beginning and end: leave out since and until")
    if since is None and until is not None:
        raise unusable("query.since", "it is missing: until when is given, but not since when")
    try:
        named = None if since is not None else period_of(name or TWELVE_MONTHS, zone, now)
        period = named or period_between(since or now, until or now, zone)
    except ValueError as error:
        raise unusable("query.period" if since is None else "query.until", str(error)) from None
    if period.since >= now:
        raise unusable("query.period" if since is None else "query.since", "this period has not begun yet")
    if period.length.days > _LONGEST_DAYS:
        raise unusable("query.since", "a period is of ten years at most")
    return Asked(since=period.since, until=period.until, is_year=period.is_year, zone_name=zone_name)


# --- exclusions ------------------------------------------------------------------------------------------------------


class ExclusionRequest(Resource):
    """Time in which outages do not count. `note`: what shows that the ports would have worked otherwise, as the rule asks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-01-31T10:00:00Z",
                    "until": "2026-01-31T11:30:00Z",
                    "reason": "utility-interruption",
                    "note": "Feeder 12 was off, utility ticket 4711; station worked before and after.",
                    "evseIds": [1],
                }
            ]
        }
    )

    since: Recent
    until: Recent = Field(description="May be in the future: maintenance that is planned.")
    reason: ExclusionReason
    note: str = Field(min_length=1, max_length=2000)
    evse_ids: list[Positive] = Field(default=[], max_length=100, description="Only these ports; none: all.")


class ExclusionResource(ExclusionRequest):
    """An exclusion on record. One that was withdrawn counts no more, and is kept."""

    id: str
    station: str
    recorded_at: Time
    recorded_by: str = Field(description="`key:NAME`, `user:NAME`, `oidc:SUBJECT`, or `lab`.")
    withdrawn_at: Time | None
    withdrawn_by: str | None

    @classmethod
    def of(cls, exclusion: Exclusion) -> ExclusionResource:
        """The resource of an exclusion."""
        return cls(
            id=exclusion.exclusion_id,
            station=exclusion.station,
            since=exclusion.since,
            until=exclusion.until,
            reason=exclusion.reason,
            note=exclusion.note,
            evse_ids=list(exclusion.evses),
            recorded_at=exclusion.recorded_at,
            recorded_by=exclusion.recorded_by,
            withdrawn_at=exclusion.withdrawn_at,
            withdrawn_by=exclusion.withdrawn_by,
        )


# --- terms -----------------------------------------------------------------------------------------------------------


class OpeningResource(Resource):
    """Hours of operation on days of the week; `to` at or before `from` is on the next day."""

    days: list[Annotated[int, Field(strict=True, ge=1, le=_WEEK), BeforeValidator(whole)]] = Field(
        default_factory=list, max_length=_WEEK, description="1: Monday to 7: Sunday; none: every day."
    )
    from_: str = Field(default="00:00", alias="from", pattern=_HOUR)
    to: str = Field(default="24:00", pattern=_HOUR)

    def openings(self) -> list[Opening]:
        """What is meant, day by day."""
        since, until = (int(text[:2]) * 60 + int(text[3:]) for text in (self.from_, self.to))
        days = [day - 1 for day in self.days or range(1, _WEEK + 1)]
        if since < until:
            return [Opening(weekday=day, since=since, until=until) for day in days]
        late = [Opening(weekday=day, since=since, until=_DAY) for day in days if since < _DAY]
        return late + [Opening(weekday=(day + 1) % _WEEK, since=0, until=until) for day in days if until]


class InServiceResource(Resource):
    """Since when and until when a port is in service. `since` null: from its first status on."""

    evse_id: Positive | None = Field(default=None, description="null: each port that is not named.")
    since: Recent | None = None
    until: Recent | None = Field(default=None, description="When it was taken out of service for good.")


class TermsResource(Resource):
    """How a station's uptime is counted. What is left out is as usual: always open, UTC, no holidays, no grace."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "timeZone": "America/New_York",
                    "hours": [{"days": [1, 2, 3, 4, 5], "from": "06:00", "to": "22:00"}],
                    "holidays": ["2026-12-25"],
                    "inService": [{"since": "2026-01-01T05:00:00Z"}],
                }
            ]
        }
    )

    time_zone: Zone = Field(default="UTC", description="Of its hours and business days (IANA).")
    hours: list[OpeningResource] = Field(default=[], max_length=100, description="None: it is always open.")
    holidays: list[date] = Field(default=[], max_length=1000, description="No business days.")
    grace_seconds: Integer = Field(
        default=0, le=3600, description="How long a connection may be lost before that is an outage."
    )
    in_service: list[InServiceResource] = Field(default=[], max_length=1000)

    def terms(self) -> Terms:
        """The terms meant. Raises ApiError."""
        named = [each.evse_id for each in self.in_service]
        if len(set(named)) < len(named):
            raise unusable("body.inService", "a port is named more than once")
        for index, each in enumerate(self.in_service):
            if each.since is not None and each.until is not None and each.until <= each.since:
                raise unusable(f"body.inService.{index}.until", "it is not after since")
        return Terms(
            in_service=tuple(
                InService(evse=each.evse_id or 0, since=each.since, until=each.until) for each in self.in_service
            ),
            hours=tuple(dict.fromkeys(opening for each in self.hours for opening in each.openings())),
            time_zone=self.time_zone,
            holidays=tuple(sorted(set(self.holidays))),
            grace=self.grace_seconds,
        )

    @classmethod
    def of(cls, terms: Terms) -> TermsResource:
        """The resource of terms: days with the same hours together."""
        days: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for each in terms.hours:
            days[each.since, each.until].append(each.weekday + 1)
        return cls(
            time_zone=terms.time_zone,
            hours=[
                OpeningResource(days=sorted(which), **{"from": _clock(since), "to": _clock(until)})
                for (since, until), which in days.items()
            ],
            holidays=list(terms.holidays),
            grace_seconds=terms.grace,
            in_service=[
                InServiceResource(evse_id=each.evse or None, since=each.since, until=each.until)
                for each in terms.in_service
            ],
        )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
