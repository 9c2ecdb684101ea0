"""`pilotwire bill`: bills of sessions, their receipts and corrections, exports; and which tariff counts for whom."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Bills: list and show them, get receipts, correct and export them, say which tariff counts for whom.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Number = Annotated[int, typer.Argument(help="The number of the bill.", metavar="NUMBER")]
Station = Annotated[str | None, typer.Option(help="Only of this station.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; without one it is printed.")]
_ENTRIES = ("number", "kind", "corrects", "made", "station", "session", "energy kWh", "amount", "total", "currency")
_PERIODS = ("from", "to", "what", "quantity", "price", "amount")
_RULES = ("rule", "tariff", "token", "group", "station", "EVSE", "site", "connector", "time zone")


@verb.command("list")
def list_(
    station: Station = None,
    transaction: Annotated[str | None, typer.Option(help="Only of this transaction; needs --station.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the newest.")] = 50,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List bills and what corrects them, newest first."""
    with Api(url, key) as api:
        pages = api.pages("/bills", station=station, transactionId=transaction, limit=min(limit, 1000))
        bills = list(islice(pages, limit))
    if as_json:
        show_json(bills)
    else:
        show_table(_ENTRIES, map(_entry, bills), nothing="There are no bills.")


def _entry(bill: Mapping[str, Any]) -> tuple[object, ...]:
    energy = None if bill["energy"] is None else f"{bill['energy'] / 1000:.3f}"
    return (
        bill["number"],
        bill["kind"],
        bill["corrects"],
        bill["madeAt"],
        bill["station"],
        bill["transactionId"],
        energy,
        bill["inclTax"],
        bill["total"],
        bill["currency"],
    )


@verb.command()
def show(number: Number, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Show a bill with its periods and all that corrects it."""
    with Api(url, key) as api:
        whole = api.get(f"/bills/{number}")
    if as_json:
        show_json(whole)
        return
    bill = whole["bill"]
    show_table(_ENTRIES, map(_entry, [bill, *whole["corrections"]]), nothing="")
    lines = [("", "", each) for each in bill["fees"]]
    lines += [(period["begin"], period["end"], line) for period in bill["periods"] for line in period["lines"]]
    rows = ((a, b, one["part"], one["quantity"], one["price"], one["amount"]) for a, b, one in lines)
    show_table(_PERIODS, rows, nothing="Nothing was used.")
    for failure in bill["failures"]:
        typer.echo(failure)
    typer.echo(f"Total: {whole['total']} {bill['currency']}")


class ReceiptFormat(StrEnum):
    """As what a receipt is got."""

    HTML = "html"
    PDF = "pdf"
    JSON = "json"


@verb.command()
def receipt(
    number: Number,
    output: Output = None,
    format: Annotated[ReceiptFormat, typer.Option(help="html, pdf or json.")] = ReceiptFormat.HTML,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Get the receipt of a bill."""
    if format is ReceiptFormat.PDF and output is None:
        raise ConfigError("a PDF is nothing for a terminal.", "Name a file with --output.")
    with Api(url, key) as api:
        content = api.send("GET", f"/bills/{number}/receipt", params={"format": format.value}).content
    _put(content, output)


def _put(content: bytes, output: Path | None) -> None:
    if output is None:
        typer.echo(content.decode(), nl=not content.endswith(b"\n"))
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror}.", "Name another file.") from None
    typer.echo(f"{output} is written.")


@verb.command(context_settings={"ignore_unknown_options": True})
def correct(
    number: Number,
    amount: Annotated[str, typer.Argument(help="With tax: how much more, or less (negative).", metavar="AMOUNT")],
    reason: Annotated[str, typer.Option(help="Why; it is on the receipt.")],
    refund: Annotated[bool, typer.Option("--refund", help="Give so much back instead.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Correct a bill by an entry of its own; the bill stays as it is."""
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise ConfigError(f"{amount!r} is no amount.", "Give a number such as -2.50.") from None
    if not value.is_finite():
        raise ConfigError(f"{amount!r} is no amount.", "Give a number such as -2.50.")
    body = {"kind": "Refund" if refund else "Correction", "inclTax": float(value), "reason": reason}
    with Api(url, key) as api:
        entry = api.send("POST", f"/bills/{number}/corrections", body=body).json()
    typer.echo(
        f"Bill {number} is corrected by entry {entry['number']}; it now comes to {entry['total']} {entry['currency']}."
    )


class ExportFormat(StrEnum):
    """As what bills are exported."""

    CSV = "csv"
    JSON = "json"
    OCPI = "ocpi"


@verb.command()
def export(
    output: Output = None,
    format: Annotated[ExportFormat, typer.Option(help="csv, json, or ocpi for CDRs.")] = ExportFormat.CSV,
    edition: Annotated[str, typer.Option(help="Of OCPI: 2.2.1 or 2.3.")] = "2.2.1",
    station: Station = None,
    since: Annotated[int, typer.Option(min=0, help="Only entries with a number behind this one.")] = 0,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Export bills and what corrects them, the oldest first."""
    query = {"format": format.value, "edition": edition, "since": since} | (
        {} if station is None else {"station": station}
    )
    with Api(url, key) as api:
        content = b"".join(api.download("/bills/export", query))
    _put(content, output)


# --- which tariff counts ---------------------------------------------------------------------------------------------

rules = typer.Typer(help="Say which tariff counts for whom and where.", no_args_is_help=True)
verb.add_typer(rules, name="rule")
Rule = Annotated[str, typer.Argument(help="The name of the rule.", metavar="RULE")]


@rules.command("list")
def list_rules(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the rules."""
    with Api(url, key) as api:
        found = list(api.pages("/tariff-rules", limit=1000))
    if as_json:
        show_json(found)
        return
    rows = (
        (
            each["name"],
            each["tariffId"],
            None if each["idToken"] is None else each["idToken"]["idToken"],
            *(each[name] for name in ("group", "station", "evseId", "site", "connectorType", "timeZone")),
        )
        for each in found
    )
    show_table(_RULES, rows, nothing="There are no tariff rules: no session is billed.")


@rules.command("put")
def put_rule(
    rule: Rule,
    tariff: Annotated[str, typer.Argument(help="The id of a tariff on record.", metavar="TARIFF")],
    token: Annotated[str | None, typer.Option(help="Only for this id token.")] = None,
    token_type: Annotated[str | None, typer.Option(help="The type of the token, for example ISO14443.")] = None,
    group: Annotated[str | None, typer.Option(help="Only for this group of tokens.")] = None,
    station: Annotated[str | None, typer.Option(help="Only at this station.")] = None,
    evse: Annotated[int | None, typer.Option(min=1, help="Only at this EVSE.")] = None,
    site: Annotated[str | None, typer.Option(help="Only at this site.")] = None,
    connector: Annotated[str | None, typer.Option(help="Only at connectors of this type, for example cCCS2.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="In which the tariff's times of day are.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Let a tariff count; without options for everybody everywhere."""
    given = {
        "tariffId": tariff,
        "idToken": None if token is None else {"idToken": token, "type": token_type},
        "group": group,
        "station": station,
        "evseId": evse,
        "site": site,
        "connectorType": connector,
        "timeZone": time_zone,
    }
    body = {name: value for name, value in given.items() if value is not None}
    with Api(url, key) as api:
        api.send("PUT", f"/tariff-rules/{segment(rule)}", body=body)
    typer.echo(f"Rule {rule} is on record: it counts for sessions that begin from now on.")


@rules.command("remove")
def remove_rule(rule: Rule, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a rule off record."""
    with Api(url, key) as api:
        api.send("DELETE", f"/tariff-rules/{segment(rule)}")
    typer.echo(f"Rule {rule} is off record.")
