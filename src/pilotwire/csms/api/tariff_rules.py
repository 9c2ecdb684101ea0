"""Which tariff on record counts for whom and where, and letting a session go on by another one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import READ, WRITE
from pilotwire.csms.api.problems import READS, WRITES, conflict, not_found, problems, unusable
from pilotwire.csms.api.resource import (
    TEXT,
    IdTokenResource,
    Limit,
    PageOf,
    Positive,
    Resource,
    StationIdentity,
    Time,
    page_of,
)
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.tariff_values import TariffId
from pilotwire.csms.api.transactions import TransactionId
from pilotwire.csms.billing.ledger import Ledger, ledger_of
from pilotwire.csms.registers.billing import TARIFF_RULES, account_of
from pilotwire.csms.registers.tariff import TARIFFS
from pilotwire.csms.store.ports import Amended, Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.billing import TariffRule
from pilotwire.domain.tariff.general import general_of

router = APIRouter()
_READ: dict[str, Any] = {"tags": ["tariffs"], "dependencies": [READ]}
_WRITE: dict[str, Any] = {"tags": ["tariffs"], "dependencies": [WRITE]}
_Word = Annotated[str, Field(min_length=1, max_length=64, pattern=TEXT)]
RuleName = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]*$",
        description="The name of the rule.",
        examples=["everybody"],
    ),
]


class TariffRuleRequest(Resource):
    """For whom and where a tariff on record counts; all that is given must hold."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tariffId": "day-1", "site": "harbour"}]})

    tariff_id: TariffId
    id_token: IdTokenResource | None = None
    group: _Word | None = Field(default=None, description="A group of tokens.")
    station: Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)] | None = None
    evse_id: Positive | None = None
    site: _Word | None = None
    connector_type: _Word | None = Field(default=None, description="As in ConnectorEnumType: cType2, cCCS2, ...")
    time_zone: _Word | None = Field(
        default=None, description="In which the tariff's times of day are, for example Europe/Amsterdam."
    )


class TariffRuleResource(TariffRuleRequest):
    """A rule."""

    name: str

    @classmethod
    def of(cls, rule: TariffRule) -> TariffRuleResource:
        """The resource of a rule."""
        return cls.model_construct(
            name=rule.name,
            tariff_id=rule.tariff_id,
            id_token=IdTokenResource.of(rule.id_token),
            group=rule.group,
            station=rule.station,
            evse_id=rule.evse,
            site=rule.site,
            connector_type=rule.connector_type,
            time_zone=rule.time_zone,
        )


def _ledger(request: Request) -> Ledger:
    rooms = request.app.state.desk.rooms
    return ledger_of(rooms.journal, rooms.store, rooms.clock)


@router.get("/tariff-rules", responses=READS, summary="List tariff rules", **_READ)
async def list_tariff_rules(
    desk: TheDesk,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=255, description="A cursor: the last one had.")] = None,
) -> PageOf[TariffRuleResource]:
    """Rules by name. The most exact one that holds counts: of the token, its group, the EVSE, station, site, connector type, any."""
    rules = await desk.store.records(TARIFF_RULES, "", Page(limit=limit, after=after))
    items = [TariffRuleResource.of(each) for each in rules]
    return PageOf[TariffRuleResource](**page_of(items, limit, cursor_of("", rules[-1].name) if rules else ""))


@router.put("/tariff-rules/{name}", responses=WRITES, summary="Put a tariff rule on record", **_WRITE)
async def put_tariff_rule(
    request: Request, desk: TheDesk, name: RuleName, wanted: TariffRuleRequest
) -> TariffRuleResource:
    """Say for whom and where a tariff counts, from the next session on: sessions that run keep theirs."""
    if await desk.store.record(TARIFFS, "", wanted.tariff_id) is None:
        raise unusable("body.tariffId", f"there is no tariff {wanted.tariff_id!r} on record")
    if wanted.time_zone is not None:
        try:
            ZoneInfo(wanted.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise unusable("body.timeZone", f"{wanted.time_zone!r} is no time zone") from None
    rule = TariffRule(
        name=name,
        tariff_id=wanted.tariff_id,
        id_token=None if wanted.id_token is None else wanted.id_token.token(),
        group=wanted.group,
        station=wanted.station,
        evse=wanted.evse_id,
        site=wanted.site,
        connector_type=wanted.connector_type,
        time_zone=wanted.time_zone,
    )
    await desk.write(TARIFF_RULES.put("", name, rule))
    _ledger(request).forget_rules()
    return TariffRuleResource.of(rule)


@router.delete(
    "/tariff-rules/{name}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=READS | problems(404),
    summary="Take a tariff rule off record",
    **_WRITE,
)
async def delete_tariff_rule(request: Request, desk: TheDesk, name: RuleName) -> None:
    """Take a rule off record; sessions that run keep the tariff they were given by it."""
    amended = await desk.write(TARIFF_RULES.remove("", name))
    if not isinstance(amended, Amended) or amended.before is None:
        raise not_found(f"There is no tariff rule {name!r}.", "GET /api/v1/tariff-rules lists them.")
    _ledger(request).forget_rules()


# --- a session's tariff ----------------------------------------------------------------------------------------------


class SessionTariffRequest(Resource):
    """Another tariff for a session that runs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tariffId": "night-1"}]})

    tariff_id: TariffId


class TariffSinceResource(Resource):
    """By which tariff a session goes from a moment on."""

    tariff_id: str
    since: Time


class SessionTariffResource(Resource):
    """By which tariffs a session goes, and how it came by the first."""

    currency: str
    chosen_by: str
    time_zone: str
    tariffs: list[TariffSinceResource]


@router.put(
    "/stations/{station}/transactions/{transactionId}/tariff",
    responses=WRITES | problems(404, 409),
    summary="Change a session's tariff",
    **_WRITE,
)
async def change_session_tariff(
    request: Request,
    desk: TheDesk,
    station: StationIdentity,
    transaction_id: Annotated[TransactionId, Path(alias="transactionId")],
    wanted: SessionTariffRequest,
) -> SessionTariffResource:
    """Let a session go on by another tariff on record from now on. A station of 2.1 is told by change-transaction-tariff, not by this."""
    record = await desk.store.record(TARIFFS, "", wanted.tariff_id)
    if record is None:
        raise unusable("body.tariffId", f"there is no tariff {wanted.tariff_id!r} on record")
    transaction = await desk.store.transaction(station, transaction_id)
    account = await account_of(desk.store, station, transaction_id)
    if transaction is None or account is None:
        what = f"There is no transaction {transaction_id!r} with a tariff at {station!r}."
        raise not_found(what, "Sessions get a tariff when they begin, by the rules there are then.")
    if not transaction.is_open:
        raise conflict(f"Transaction {transaction_id!r} has ended.", "Correct its bill.")
    if account.terms.currency != record.tariff.currency:
        raise conflict(f"The session is in {account.terms.currency}, not {record.tariff.currency}.")
    changed = await _ledger(request).change_tariff(account, general_of(record.tariff), desk.rooms.clock.now())
    terms = changed.terms
    return SessionTariffResource.model_construct(
        currency=terms.currency,
        chosen_by=terms.chosen_by,
        time_zone=terms.time_zone,
        tariffs=[
            TariffSinceResource.model_construct(tariff_id=each.tariff.tariff_id, since=each.at)
            for each in terms.tariffs
        ],
    )
