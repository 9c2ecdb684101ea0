"""Ad hoc payments that begin here (C24, C25): the page behind a code on a display, what terminals and payment service providers tell."""

from __future__ import annotations

import secrets
from contextlib import suppress
from decimal import Decimal
from html import escape
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND
from pilotwire.csms.api.mirrored import Quantity
from pilotwire.csms.api.problems import COMMANDS, ApiError, problems, unusable
from pilotwire.csms.api.resource import TEXT, Integer, Positive, Resource, StationIdentity
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands import payment as commands
from pilotwire.csms.commands import tariff
from pilotwire.csms.registers.payment import VISITS, WEB_PAYMENT_SETUPS, PaymentVisit
from pilotwire.domain.ad_hoc_payments import LimitNotUnderstood, limit_asked, strictest
from pilotwire.domain.authorization import NO_LIMIT, TransactionLimit
from pilotwire.domain.device_model import SetVariableStatus
from pilotwire.domain.identity import AdditionalInfo
from pilotwire.domain.remote_control import RequestStatus
from pilotwire.domain.tariff.web_payments import LEAST_LENGTH, LONGEST, TOTP_V1, is_valid, template_flaw
from pilotwire.errors import PilotwireError

router = APIRouter(tags=["payment"])
page = APIRouter(include_in_schema=False)
PATH: Final = "/pay"
_NOTICE_SECONDS: Final = 3.0
"""How long a station may take to hear that somebody pays: the driver waits meanwhile."""
_Password = Annotated[str, Path(min_length=LEAST_LENGTH, max_length=LONGEST)]
_Shown = Annotated[str, Path(max_length=10)]


# --- what a station needs ---------------------------------------------------------------------------------------------


class SetUpWebPaymentRequest(Resource):
    """What the codes on the displays of a station are made of (C25)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"validityTime": 30, "length": 8}]})

    url_template: str | None = Field(
        default=None,
        max_length=1000,
        pattern=TEXT,
        description="The address of the page here, if not at public_url; with {chargingstationid}, {evse}, {totp} and {version}.",
    )
    validity_time: Annotated[int, Field(ge=6, le=3600, description="Seconds.")] = 30
    length: Annotated[int, Field(ge=LEAST_LENGTH, le=LONGEST, description="Characters of the password.")] = 8


class VariableOutcomeResource(Resource):
    """What became of one variable of WebPaymentsCtrlr."""

    variable: str
    status: SetVariableStatus


class SetUpWebPaymentResponse(Resource):
    """Where its codes lead, and whether the station took it all: only then passwords are taken."""

    url_template: str
    complete: bool
    results: list[VariableOutcomeResource]


@router.post(
    "/stations/{station}/commands/set-up-web-payment",
    summary="Let a station show codes to pay by",
    dependencies=[COMMAND],
    responses=COMMANDS,
)
async def set_up(desk: TheDesk, station: StationIdentity, wanted: SetUpWebPaymentRequest) -> SetUpWebPaymentResponse:
    """Give a station (2.1) a new secret and all else WebPaymentsCtrlr needs, and switch it on."""
    template = wanted.url_template or _own_template(desk)
    if (flaw := template_flaw(template)) is not None:
        raise unusable("body.urlTemplate", f"No address can be made of it: {flaw}")
    results = await commands.set_up_codes(
        desk.commander,
        _books(desk),
        station,
        template,
        secrets.token_urlsafe(24),
        validity=wanted.validity_time,
        length=wanted.length,
    )
    kept = await desk.store.record(WEB_PAYMENT_SETUPS, station, "")
    told = [VariableOutcomeResource(variable=each.name.variable, status=each.status) for each in results]
    good = (SetVariableStatus.ACCEPTED, SetVariableStatus.REBOOT_REQUIRED)
    complete = kept is not None and all(each.status in good for each in results)
    return SetUpWebPaymentResponse(url_template=template, complete=complete, results=told)


def _own_template(desk: Desk) -> str:
    if not desk.rooms.settings.public_url:
        raise unusable("body.urlTemplate", "It is needed, because no public_url is set")
    return f"{desk.rooms.settings.public_url.rstrip('/')}{PATH}/{{chargingstationid}}/{{evse}}/{{totp}}/{{version}}"


# --- a driver comes by a code -----------------------------------------------------------------------------------------


@page.get(PATH + "/{station}/{evse}/{password}/{shown}", response_class=Response)
async def at_evse(
    desk: TheDesk, request: Request, station: str, evse: int, password: _Password, shown: _Shown
) -> Response:
    """The address of a code that names an EVSE."""
    return await _visited(desk, request, station, evse, password, shown)


@page.get(PATH + "/{station}/{password}/{shown}", response_class=Response)
async def at_station(desk: TheDesk, request: Request, station: str, password: _Password, shown: _Shown) -> Response:
    """The address of a code that names a station."""
    return await _visited(desk, request, station, None, password, shown)


async def _visited(desk: Desk, request: Request, station: str, evse: int | None, password: str, shown: str) -> Response:
    """On to where to pay, if the password is good (C25.FR.07, C25.FR.08, C25.FR.20); all bad ones are answered alike."""
    rooms = desk.rooms
    setup, now = await desk.store.record(WEB_PAYMENT_SETUPS, station, ""), rooms.clock.now()
    known = setup is not None and shown == TOTP_V1 and (evse is None or 0 < evse < 2**31)
    if (
        setup is None
        or not known
        or len(password) != setup.length
        or not is_valid(password, setup.secret, now, validity=setup.validity, length=setup.length)
    ):
        return _refusal(HTTPStatus.FORBIDDEN, "This code is not valid any more.", "Scan the code on the display again.")
    if not rooms.settings.psp_page:
        what = "Nobody takes payments here."
        return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, what, "Use another way to pay at this charging station.")
    try:
        limit = limit_asked(dict(request.query_params))
    except LimitNotUnderstood as error:
        return _refusal(HTTPStatus.BAD_REQUEST, error.what, error.remedy)
    payment = secrets.token_urlsafe(18)
    visit = PaymentVisit(payment=payment, station=station, at=now, evse_id=evse, limit=limit)
    await desk.write(VISITS.put("", payment, visit))
    await _notify(desk, station, evse)
    return RedirectResponse(_psp_page(rooms.settings.psp_page, visit), HTTPStatus.SEE_OTHER)


async def _notify(desk: Desk, station: str, evse: int | None) -> None:
    """Let the EVSE wait (C25.FR.21), if the station hears it: it is not needed to pay."""
    seconds = desk.rooms.settings.web_payment_seconds
    if evse is not None and seconds and await desk.commander.unsolicited(station):
        with suppress(PilotwireError):
            await tariff.web_payment_started(desk.commander, station, evse, seconds, patience=_NOTICE_SECONDS)


def _psp_page(template: str, visit: PaymentVisit) -> str:
    """The provider's page, told what it may use: the payment's id, the place, and the limits the driver asked for."""
    limit = visit.limit
    values = {
        "payment": visit.payment,
        "station": visit.station,
        "evse": "" if visit.evse_id is None else str(visit.evse_id),
        "maxcost": _plain(limit.max_cost),
        "maxenergy": _plain(limit.max_energy),
        "maxtime": "" if limit.max_time is None else str(limit.max_time),
    }
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"


def _refusal(status: HTTPStatus, what: str, remedy: str) -> Response:
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(what)}</title><body><h1>{escape(what)}</h1><p>{escape(remedy)}</p></body></html>"
    )
    return HTMLResponse(text, status)


# --- a payment is authorized ------------------------------------------------------------------------------------------


class PaymentLimitResource(Resource):
    """What a transaction may use up (TransactionLimitType): money of the tariff, Wh, seconds, percent."""

    max_cost: Annotated[Quantity, Field(gt=0)] | None = None
    max_energy: Annotated[Quantity, Field(gt=0)] | None = None
    max_time: Positive | None = None
    max_so_c: Annotated[Integer, Field(le=100)] | None = Field(default=None, alias="maxSoC")

    def limit(self) -> TransactionLimit:
        """The limit meant."""
        return TransactionLimit(
            max_cost=self.max_cost, max_energy=self.max_energy, max_time=self.max_time, max_soc=self.max_so_c
        )


class PaymentDetailResource(Resource):
    """A detail of the payment that goes to the station (AdditionalInfoType)."""

    additional_id_token: str = Field(min_length=1, max_length=255, pattern=TEXT)
    type: str = Field(min_length=1, max_length=50, pattern=TEXT, description="As `cardBin` or `cardLast4Digits`.")


class AuthorizedRequest(Resource):
    """A payment is authorized."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"pspRef": "PSP-4711", "limit": {"maxCost": 40}, "additionalInfo": []}]}
    )

    psp_ref: str = Field(min_length=1, max_length=255, pattern=TEXT, description="The reference of the provider.")
    limit: PaymentLimitResource = Field(
        default_factory=PaymentLimitResource, description="What may be used up; `maxCost` is what is reserved."
    )
    additional_info: Annotated[list[PaymentDetailResource], Field(max_length=20)] = []


class KioskRequest(AuthorizedRequest):
    """A payment terminal beside the station has one authorized (C24)."""

    evse_id: Positive | None = None


class PaidStartResponse(Resource):
    """What the station makes of it: only with Accepted the payment is used, else release it."""

    status: RequestStatus
    remote_start_id: int | None
    transaction_id: str | None = None


@router.post(
    "/stations/{station}/payments",
    summary="Start a transaction that a payment terminal has authorized",
    dependencies=[COMMAND],
    responses=COMMANDS,
)
async def at_kiosk(desk: TheDesk, station: StationIdentity, told: KioskRequest) -> PaidStartResponse:
    """Start a transaction for a payment authorized elsewhere (C24.FR.01); the station is told its limit when it begins (C24.FR.02)."""
    return await _start(desk, station, told, told.evse_id, NO_LIMIT)


@router.post(
    "/payments/{payment}/authorized",
    summary="Start the transaction of a driver who came by a code",
    dependencies=[COMMAND],
    responses=COMMANDS | problems(404),
)
async def at_page(
    desk: TheDesk,
    payment: Annotated[
        str, Path(min_length=1, max_length=64, description="The payment's id, as the provider was sent it.")
    ],
    told: AuthorizedRequest,
) -> PaidStartResponse:
    """The provider says that a driver has paid on its page (C25.FR.23). Once: a payment that has led to a transaction is 404 then."""
    visit = await desk.store.record(VISITS, "", payment)
    if visit is None:
        what = f"There is no payment {payment!r} that waits."
        raise ApiError(HTTPStatus.NOT_FOUND, "not-found", what, "Release it: it was used, or nobody came back for it.")
    answer = await _start(desk, visit.station, told, visit.evse_id, visit.limit)
    if answer.status is RequestStatus.ACCEPTED:
        await desk.write(VISITS.remove("", payment))
    return answer


async def _start(
    desk: Desk, station: str, told: AuthorizedRequest, evse: int | None, asked: TransactionLimit
) -> PaidStartResponse:
    """With the strictest of what was authorized and what the driver asked for."""
    command, outcome = await commands.start_paid(
        desk.commander,
        _books(desk),
        station,
        told.psp_ref,
        evse_id=evse,
        limit=strictest(told.limit.limit(), asked),
        details=[AdditionalInfo(value=each.additional_id_token, type=each.type) for each in told.additional_info],
    )
    return PaidStartResponse(
        status=outcome.status, remote_start_id=command.remote_start_id, transaction_id=outcome.transaction_id
    )


def _books(desk: Desk) -> commands.PaymentBooks:
    return commands.PaymentBooks(desk.rooms.journal, desk.store, desk.rooms.clock)
