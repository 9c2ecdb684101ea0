"""`pilotwire alerts`: what somebody should look at."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table

verb = typer.Typer(
    help="List alerts, the open ones unless told otherwise; acknowledge them.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)
_COLUMNS = ("id", "station", "severity", "state", "where", "value", "raised (UTC)", "times", "note")
_NAMES = {
    0: "danger",
    1: "hardware failure",
    2: "system failure",
    3: "critical",
    4: "error",
    5: "alert",
    6: "warning",
    7: "notice",
    8: "informational",
    9: "debug",
}


@verb.callback()
def list_(
    ctx: typer.Context,
    station: Annotated[str | None, typer.Option(help="Only of this station.")] = None,
    state: Annotated[
        str, typer.Option(help="open, acknowledged or cleared; several with commas, or `all`.")
    ] = "open,acknowledged",
    severity: Annotated[
        int | None, typer.Option(min=0, max=9, help="Only this severe or more: 0 is danger, 9 is debug.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List alerts, by station."""
    if ctx.invoked_subcommand is not None:
        return
    states = None if state == "all" else [each.strip() for each in state.split(",")]
    with Api(url, key) as api:
        found = api.pages("/alerts", station=station, state=states, severity=severity, limit=min(limit, 1000))
        alerts = list(islice(found, limit))
    if as_json:
        show_json(alerts)
        return
    show_table(_COLUMNS, map(_row, alerts), nothing="There are no such alerts.")


@verb.command()
def acknowledge(
    alert: Annotated[str, typer.Argument(help="The id of the alert, as the list shows it.")],
    by: Annotated[str, typer.Option(help="Who has taken note.")],
    note: Annotated[str | None, typer.Option(help="What is being done about it.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Take note of an alert."""
    said = {"acknowledgedBy": by} | ({} if note is None else {"note": note})
    with Api(url, key) as api:
        known = api.send("POST", f"/alerts/{segment(alert)}/acknowledge", body=said).json()
    typer.echo(f"Alert {known['id']} of {known['station']} is {known['state']}.")


def _row(alert: Mapping[str, Any]) -> tuple[object, ...]:
    component, variable = alert["component"], alert["variable"]
    evse = component.get("evse")
    place = component["name"] if evse is None else f"{component['name']} {evse['id']}"
    severity = alert["severity"]
    return (
        alert["id"],
        alert["station"],
        f"{severity} {_NAMES.get(severity, '')}".rstrip(),
        alert["state"],
        f"{place}.{variable['name']}",
        alert["value"],
        moment(alert["raisedAt"]),
        alert["occurrences"],
        alert["note"],
    )
