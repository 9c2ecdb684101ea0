"""Configuration templates: what stations are to have set, brought to many of them, and what they have instead (B02, B05)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ, WRITE
from pilotwire.csms.api.known_variables import Difference
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Positive, Resource, Time, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.variables import SetVariableData, named
from pilotwire.csms.commands.templates import begin_run
from pilotwire.csms.registers.templates import RUNS, STATION_RUNS, TEMPLATES, drift, stations_of
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.device_model import AttributeType, VariableName, VariableSetting, is_secret
from pilotwire.domain.templates import (
    ANY,
    RunCause,
    RunState,
    SettingResult,
    SettingStatus,
    StationMatch,
    StationRun,
    Template,
    TemplateRun,
)

router = APIRouter(tags=["templates"])
Name = Annotated[
    str, Path(min_length=1, max_length=100, pattern=TEXT, description="The template's name.", examples=["fleet"])
]
RunId = Annotated[str, Path(min_length=1, max_length=100, pattern=TEXT, description="The id of a run.", examples=["1"])]
Text = Annotated[str, Field(min_length=1, max_length=100, pattern=TEXT)]
Identity = Annotated[str, Field(min_length=1, max_length=48, pattern=TEXT)]
Seconds = Annotated[Positive, Field(le=86_400)]


class KeySetting(Resource):
    """A value for a 1.6 configuration key by its own name."""

    key: Annotated[str, Field(min_length=1, max_length=50, pattern=TEXT)]
    value: Annotated[str, Field(max_length=500)]


class MatchResource(Resource):
    """Which stations: those named, or if none are, those that fit all patterns (`*` and `?`, in any case) and versions (none: any)."""

    stations: list[Identity] = Field(default=[], max_length=10_000)
    vendor: Text = ANY
    model: Text = ANY
    firmware: Text = ANY
    versions: list[Annotated[str, Field(min_length=1, max_length=10, pattern=TEXT)]] = Field(
        default=[], max_length=10, examples=[["2.0.1", "2.1"]]
    )

    def match(self) -> StationMatch:
        """The stations meant."""
        return StationMatch(
            stations=tuple(self.stations),
            vendor=self.vendor,
            model=self.model,
            firmware=self.firmware,
            versions=tuple(self.versions),
        )

    @classmethod
    def of(cls, match: StationMatch) -> MatchResource:
        """The resource of a match."""
        return cls.model_construct(
            stations=list(match.stations),
            vendor=match.vendor,
            model=match.model,
            firmware=match.firmware,
            versions=list(match.versions),
        )


class TemplateRecord(Resource):
    """Settings for stations: `variables` by their 2.x names (in 1.6 the keys that mean the same), `keys` of 1.6 by their own.

    `beforeAccepted`: a station it covers is Pending until it has them. The intervals (in seconds) are what its stations are told at boot.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "match": {"vendor": "Volta*", "versions": ["1.6", "2.0.1"]},
                    "variables": [
                        {
                            "component": {"name": "OCPPCommCtrlr"},
                            "variable": {"name": "HeartbeatInterval"},
                            "attributeValue": "300",
                        }
                    ],
                    "keys": [{"key": "BlinkRepeat", "value": "3"}],
                    "beforeAccepted": False,
                }
            ]
        }
    )

    match: MatchResource = Field(default_factory=MatchResource)
    variables: list[SetVariableData] = Field(default=[], max_length=1000)
    keys: list[KeySetting] = Field(default=[], max_length=1000)
    before_accepted: bool = False
    heartbeat_interval: Seconds | None = None
    retry_interval: Seconds | None = None

    def settings(self) -> tuple[VariableSetting, ...]:
        """All settings, the variables first."""
        variables = [
            VariableSetting(name=each.variable_name(), value=each.attribute_value, attribute=each.attribute_type)
            for each in self.variables
        ]
        keys = [
            VariableSetting(name=VariableName(component="", variable=each.key), value=each.value) for each in self.keys
        ]
        return (*variables, *keys)


class SettingResource(Resource):
    """A setting; `attributeValue` is null where it is a secret. An empty component name: a 1.6 key by its own name."""

    component: dict[str, Any]
    variable: dict[str, Any]
    attribute_type: AttributeType
    attribute_value: str | None

    @classmethod
    def of(cls, setting: VariableSetting) -> SettingResource:
        """The resource of a setting."""
        value = None if is_secret(setting.name) else setting.value
        return cls(**named(setting.name), attribute_type=setting.attribute, attribute_value=value)


class TemplateResource(Resource):
    """A template on record; `revision` rises with each change of its settings."""

    name: str
    revision: int
    match: MatchResource
    settings: list[SettingResource]
    before_accepted: bool
    heartbeat_interval: int | None
    retry_interval: int | None
    changed_at: Time | None

    @classmethod
    def of(cls, template: Template) -> TemplateResource:
        """The resource of a template."""
        return cls(
            name=template.name,
            revision=template.revision,
            match=MatchResource.of(template.match),
            settings=[SettingResource.of(each) for each in template.settings],
            before_accepted=template.before_accepted,
            heartbeat_interval=template.heartbeat_interval,
            retry_interval=template.retry_interval,
            changed_at=template.changed_at,
        )


async def known_template(desk: Desk, name: str) -> Template:
    """A template. Raises ApiError (404) if there is none."""
    template = await desk.store.record(TEMPLATES, "", name)
    if template is None:
        raise not_found(f"There is no template {name!r}.", "GET /api/v1/templates lists them.")
    return template


@router.get("/templates", dependencies=[READ], responses=READS, summary="List templates")
async def list_templates(
    desk: TheDesk,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=100, description="A cursor: the last name had.")] = None,
) -> PageOf[TemplateResource]:
    """Templates, by name."""
    cursor = cursor_of("", after) if after is not None else None
    found = await desk.store.records(TEMPLATES, "", Page(limit=limit, after=cursor))
    items = [TemplateResource.of(each) for each in found]
    return PageOf[TemplateResource](**page_of(items, limit, found[-1].name if found else ""))


@router.get("/templates/{name}", dependencies=[READ], responses=READS | problems(404), summary="Get a template")
async def get_template(desk: TheDesk, name: Name) -> TemplateResource:
    """One template."""
    return TemplateResource.of(await known_template(desk, name))


@router.put(
    "/templates/{name}", dependencies=[WRITE], responses=WRITES, summary="Put a template on record, or change it"
)
async def put_template(desk: TheDesk, name: Name, wanted: TemplateRecord) -> TemplateResource:
    """Put a template on record, whole. Nothing is sent to stations: that is done by `apply`, or when one boots (`beforeAccepted`)."""
    settings = wanted.settings()
    if not settings and wanted.heartbeat_interval is None and wanted.retry_interval is None:
        raise unusable("body", "a template has at least one setting or interval")
    now = desk.rooms.clock.now()

    def put(before: Template | None) -> Template:
        revision = 1 if before is None else before.revision + (before.settings != settings)
        return Template(
            name=name,
            settings=settings,
            match=wanted.match.match(),
            before_accepted=wanted.before_accepted,
            heartbeat_interval=wanted.heartbeat_interval,
            retry_interval=wanted.retry_interval,
            revision=revision,
            changed_at=now,
        )

    amended = await desk.write(TEMPLATES.amend("", name, put))
    return TemplateResource.of(amended.after)


@router.delete(
    "/templates/{name}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS | problems(404),
    summary="Take a template off record",
)
async def delete_template(desk: TheDesk, name: Name) -> None:
    """Take a template off record; stations keep what they have, and runs under way go on."""
    if (await desk.write(TEMPLATES.remove("", name))).before is None:
        raise not_found(f"There is no template {name!r}.", "GET /api/v1/templates lists them.")


# --- applying -------------------------------------------------------------------------------------------------------------


class ApplyRequest(Resource):
    """To which stations; null: all on record that the template covers. `waitSeconds`: how long those not connected are waited for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stations": ["CS-0001"], "concurrency": 10}]})

    stations: list[Identity] | None = Field(default=None, min_length=1, max_length=10_000)
    concurrency: Annotated[Positive, Field(le=1000)] = 10
    wait_seconds: Annotated[int, Field(strict=True, ge=0, le=2_592_000)] = 0


class RunResource(Resource):
    """A template on its way: how many stations are in which state. `finishedAt` null: it goes on."""

    id: str
    template: str
    revision: int
    cause: RunCause
    concurrency: int
    created_at: Time
    finished_at: Time | None
    stations: int
    states: dict[RunState, int]


class SettingResultResource(SettingResource):
    """A setting and what became of it; `RebootRequired`: the station uses it after its next reboot."""

    status: SettingStatus
    what: str

    @classmethod
    def of_result(cls, result: SettingResult) -> SettingResultResource:
        """The resource of a result."""
        setting = SettingResource.of(result.setting)
        return cls(**setting.model_dump(), status=result.status, what=result.what)


class StationRunResource(Resource):
    """What became of a run at one station."""

    station: str
    state: RunState
    timestamp: Time
    what: str
    results: list[SettingResultResource]

    @classmethod
    def of(cls, run: StationRun) -> StationRunResource:
        """The resource of a station's part."""
        return cls(
            station=run.station,
            state=run.state,
            timestamp=run.at,
            what=run.what,
            results=[SettingResultResource.of_result(each) for each in run.results],
        )


async def _run_resource(desk: Desk, run: TemplateRun) -> RunResource:
    states: dict[RunState, int] = {}
    for station in run.stations:
        told = await desk.store.record(STATION_RUNS, station, run.id)
        state = told.state if told is not None else RunState.WAITING
        states[state] = states.get(state, 0) + 1
    return RunResource(
        id=run.id,
        template=run.template.name,
        revision=run.template.revision,
        cause=run.cause,
        concurrency=run.concurrency,
        created_at=run.created_at,
        finished_at=run.finished_at,
        stations=len(run.stations),
        states=states,
    )


@router.post(
    "/templates/{name}/apply",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[COMMAND],
    responses=WRITES | problems(404),
    summary="Bring a template to stations",
)
async def apply_template(desk: TheDesk, name: Name, wanted: ApplyRequest) -> RunResource:
    """Begin a run: the settings go to the stations one after the other, at most `concurrency` at a time, also over a restart of the
    CSMS. `GET /template-runs/{id}` tells how far it is."""
    template = await known_template(desk, name)
    stations = wanted.stations
    if stations is None:
        stations = [each.station async for each in stations_of(desk.store, template)]
    run, operations = begin_run(
        template,
        stations,
        desk.rooms.clock.now(),
        cause=RunCause.ASKED,
        concurrency=wanted.concurrency,
        wait=wanted.wait_seconds,
    )
    await desk.rooms.journal.append(*operations)
    return await _run_resource(desk, run)


@router.get("/template-runs", dependencies=[READ], responses=READS, summary="List runs of templates")
async def list_runs(
    desk: TheDesk,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=100, description="A cursor: the last id had.")] = None,
) -> PageOf[RunResource]:
    """Runs, the oldest first."""
    cursor = cursor_of("", after) if after is not None else None
    found = await desk.store.records(RUNS, "", Page(limit=limit, after=cursor))
    items = [await _run_resource(desk, each) for each in found]
    return PageOf[RunResource](**page_of(items, limit, found[-1].id if found else ""))


async def _known_run(desk: Desk, run_id: str) -> TemplateRun:
    run = await desk.store.record(RUNS, "", run_id)
    if run is None:
        raise not_found(f"There is no run {run_id!r}.", "GET /api/v1/template-runs lists them.")
    return run


@router.get("/template-runs/{run_id}", dependencies=[READ], responses=READS | problems(404), summary="How far a run is")
async def get_run(desk: TheDesk, run_id: RunId) -> RunResource:
    """A run of a template."""
    return await _run_resource(desk, await _known_run(desk, run_id))


@router.get(
    "/template-runs/{run_id}/stations",
    dependencies=[READ],
    responses=READS | problems(404),
    summary="What became of a run at each station",
)
async def list_run_stations(
    desk: TheDesk,
    run_id: RunId,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=48, description="A cursor: the last station had.")] = None,
) -> PageOf[StationRunResource]:
    """The stations of a run with the result of every setting, by identity."""
    run = await _known_run(desk, run_id)
    names = [station for station in sorted(run.stations) if after is None or station > after][:limit]
    told = [await desk.store.record(STATION_RUNS, station, run.id) for station in names]
    items = [
        StationRunResource.of(each or StationRun(station=name, state=RunState.WAITING, at=run.created_at))
        for name, each in zip(names, told, strict=True)
    ]
    return PageOf[StationRunResource](**page_of(items, limit, names[-1] if names else ""))


# --- drift ----------------------------------------------------------------------------------------------------------------


class StationDrift(Resource):
    """A station that is not known to have all settings of the template."""

    station: str
    differences: list[Difference]


@router.get(
    "/templates/{name}/drift", dependencies=[READ], responses=READS | problems(404), summary="Which stations drifted"
)
async def get_drift(
    desk: TheDesk,
    name: Name,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=48, description="A cursor: the last station had.")] = None,
) -> PageOf[StationDrift]:
    """The stations the template covers that are not known to have what it says, as far as the device model knows; nothing is asked."""
    template = await known_template(desk, name)
    found: list[StationDrift] = []
    async for record in stations_of(desk.store, template, after=after):
        drifts = await drift(desk.store, record.station, template.settings)
        if drifts:
            differences = [Difference.of_drift(each, template.name) for each in drifts]
            found.append(StationDrift(station=record.station, differences=differences))
        if len(found) >= limit:
            break
    return PageOf[StationDrift](**page_of(found, limit, found[-1].station if found else ""))
