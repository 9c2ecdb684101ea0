"""`pilotwire transactions`: list the transactions of a CSMS."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, show_json
from pilotwire.cli.terminal import moment, show_table

_COLUMNS = ("station", "transaction", "EVSE", "token", "started (UTC)", "ended (UTC)", "energy (Wh)", "stopped", "late")


def verb(
    station: Annotated[str | None, typer.Option(help="Only of this station.")] = None,
    is_open: Annotated[
        bool | None, typer.Option("--open/--ended", help="Only those that are open, or have ended.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List transactions, newest first. Energy is from meter register to meter register."""
    with Api(url, key) as api:
        found = api.pages("/transactions", station=station, isOpen=is_open, limit=min(limit, 1000))
        transactions = list(islice(found, limit))
    if as_json:
        show_json(transactions)
        return
    show_table(_COLUMNS, map(_row, transactions), nothing="There are no such transactions.")


def _row(tx: Mapping[str, Any]) -> tuple[object, ...]:
    token, evse, closing = tx["idToken"], tx["evse"], tx["closing"]
    return (
        tx["station"],
        tx["transactionId"],
        None if evse is None else evse["id"],
        None if token is None else token["idToken"],
        moment(tx["startedAt"]),
        moment(tx["endedAt"]),
        None if tx["energyWh"] is None else f"{tx['energyWh']:.15g}",
        tx["stoppedReason"] if closing is None else f"closed here: {closing['reason']}",
        tx["late"],
    )
