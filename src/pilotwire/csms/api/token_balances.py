"""Balances of prepaid tokens, where no partner keeps them."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BeforeValidator, ConfigDict, Field

from pilotwire.csms.api.access import READ, WRITE
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems
from pilotwire.csms.api.resource import Number, Resource
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.tokens import Type, Value, missing_token
from pilotwire.csms.registers.authorization import BALANCES
from pilotwire.domain.authorization import Balance
from pilotwire.domain.identity import IdToken
from pilotwire.domain.local_list import key_of

router = APIRouter(prefix="/token-balances", tags=["tokens"])


def _decimal(value: object) -> object:
    """A JSON number as the digits it was written with."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("give a number")
    return Decimal(str(value))


class BalanceResource(Resource):
    """What is left on a prepaid token; with nothing left it gets NoCredit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 25.5, "currency": "EUR"}]})

    amount: Annotated[Number, BeforeValidator(_decimal), Field(ge=-(10**9), le=10**9)]
    currency: str = Field(pattern=r"^[A-Z]{3}$", min_length=3, max_length=3, description="As in ISO 4217.")


async def _key(desk: Desk, value: str, type_: str | None) -> str:
    """Where the balance of a token on record is kept."""
    token = await desk.store.token(IdToken(value=value, type=type_))
    if token is None:
        raise missing_token(value, type_)
    return key_of(token.id_token)


@router.get("/{value:path}", dependencies=[READ], responses=READS | problems(404), summary="Get a token's balance")
async def get_balance(desk: TheDesk, value: Value, type: Type = None) -> BalanceResource:  # the standard's name
    """What is left on a token; 404 if it is not prepaid."""
    balance = await desk.store.record(BALANCES, "", await _key(desk, value, type))
    if balance is None:
        raise not_found(f"The token {value!r} is not prepaid.", "PUT /api/v1/token-balances/{value} makes it so.")
    return BalanceResource.model_construct(amount=balance.amount, currency=balance.currency)


@router.put("/{value:path}", dependencies=[WRITE], responses=WRITES | problems(404), summary="Set a token's balance")
async def put_balance(desk: TheDesk, value: Value, wanted: BalanceResource, type: Type = None) -> BalanceResource:
    """Make a token prepaid, or say what is left on it."""
    key = await _key(desk, value, type)
    await desk.write(BALANCES.put("", key, Balance(amount=wanted.amount, currency=wanted.currency)))
    return wanted


@router.delete(
    "/{value:path}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS | problems(404),
    summary="Make a token not prepaid",
)
async def delete_balance(desk: TheDesk, value: Value, type: Type = None) -> None:
    """Forget a balance: the token is not prepaid any more."""
    gone = await desk.write(BALANCES.remove("", await _key(desk, value, type)))
    if gone.before is None:
        raise not_found(f"The token {value!r} is not prepaid.")
