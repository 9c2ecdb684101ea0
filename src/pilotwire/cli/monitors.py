"""`pilotwire monitors`: what a station watches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table

_COLUMNS = ("id", "component", "variable", "type", "value", "severity", "kind", "set (UTC)", "reported (UTC)")


def verb(
    station: Annotated[str, typer.Argument(help="The identity of the station.")],
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the station first what monitors it has.")] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List the monitors of a station that are on record."""
    at = f"/stations/{segment(station)}"
    with Api(url, key) as api:
        if refresh:
            status = api.send("POST", f"{at}/commands/get-monitoring-report", body={}).json()["status"]
            if status != "Accepted":
                typer.echo(f"The station answered {status}.", err=True)
        monitors = list(api.pages(f"{at}/monitors", limit=1000))
    if as_json:
        show_json(monitors)
        return
    show_table(_COLUMNS, map(_row, monitors), nothing="No monitors are on record.")


def _row(monitor: Mapping[str, Any]) -> tuple[object, ...]:
    component, variable = monitor["component"], monitor["variable"]
    evse = component.get("evse")
    return (
        monitor["id"],
        component["name"] if evse is None else f"{component['name']} {evse['id']}",
        variable["name"],
        monitor["type"],
        monitor["value"],
        monitor["severity"],
        monitor["eventNotificationType"],
        moment(monitor["setAt"]),
        moment(monitor["reportedAt"]),
    )
