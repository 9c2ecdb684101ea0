"""`pilotwire variables`: the variables of a station, or its 1.6 configuration keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Get, set and report the variables of a station (1.6: its configuration keys).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Station = Annotated[str, typer.Argument(help="The station's identity.", metavar="STATION")]
_HOW = "Write it like OCPPCommCtrlr.HeartbeatInterval, DeviceDataCtrlr.ItemsPerMessage[GetReport], EVSE:1.Power, or as a 1.6 key."


@verb.command()
def get(
    station: Station,
    names: Annotated[list[str] | None, typer.Argument(help=f"Variables; none: all (1.6 only). {_HOW}")] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Ask a station for the values of variables."""
    wanted = {"getVariableData": [named(name) for name in names or ()]}
    with Api(url, key) as api:
        found = api.send("POST", f"/stations/{segment(station)}/commands/get-variables", body=wanted).json()
    if as_json:
        show_json(found)
        return
    results = found["getVariableResult"]
    rows = [(label(each), each["attributeValue"], each["attributeStatus"]) for each in results]
    show_table(("variable", "value", "status"), rows, nothing="The station told nothing.")


@verb.command("set")
def set_(
    station: Station,
    settings: Annotated[list[str], typer.Argument(help=f"NAME=VALUE. {_HOW}", metavar="NAME=VALUE")],
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Set variables of a station; RebootRequired: the value counts from the next reboot on."""
    wanted = {"setVariableData": [_setting(each) for each in settings]}
    with Api(url, key) as api:
        found = api.send("POST", f"/stations/{segment(station)}/commands/set-variables", body=wanted).json()
    if as_json:
        show_json(found)
        return
    rows = [(label(each), each["attributeStatus"]) for each in found["setVariableResult"]]
    show_table(("variable", "status"), rows, nothing="The station told nothing.")


@verb.command()
def report(
    station: Station,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the station for a full inventory first (2.x).")] = False,
    component: Annotated[str | None, typer.Option(help="Only of this component.")] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Show what is known of a station's variables."""
    where = f"/stations/{segment(station)}"
    with Api(url, key) as api:
        if ask:
            api.send("POST", f"{where}/commands/get-base-report", body={"reportBase": "FullInventory"})
        known = list(api.pages(f"{where}/device-model", limit=1000, component=component))
    if as_json:
        show_json(known)
        return
    nothing = "Nothing is known of its variables yet: ask with --ask, or `pilotwire variables get`."
    show_table(("variable", "attribute", "value", "mutability"), _rows(known), nothing=nothing)


def _rows(known: list[Mapping[str, Any]]) -> Iterator[tuple[object, ...]]:
    for each in known:
        for attribute in each["variableAttribute"]:
            yield label(each), attribute["type"], attribute["value"], attribute["mutability"]


def label(found: Mapping[str, Any]) -> str:
    """The name of a variable as people write it."""
    component, variable = found["component"], found["variable"]
    evse = component.get("evse") or {}
    place = "".join(f":{evse[part]}" for part in ("id", "connectorId") if evse.get(part) is not None)
    said = f"{component['name']}{_instance(component)}{place}"
    return f"{said}.{variable['name']}{_instance(variable)}" if said else str(variable["name"])


def _instance(part: Mapping[str, Any]) -> str:
    return f"[{part['instance']}]" if part.get("instance") else ""


def _setting(text: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"{text!r} sets nothing: there is no `=`.", "Write NAME=VALUE.")
    return named(name) | {"attributeValue": value}


def named(text: str) -> dict[str, Any]:
    """Component and variable of a name as people write it. Raises ConfigError for one that has no variable."""
    said, dot, variable = text.partition(".")
    if not dot:
        said, variable = "", text
    name, *place = said.split(":")
    if not variable or len(place) > 2 or not all(each.isascii() and each.isdigit() for each in place):
        raise ConfigError(f"{text!r} names no variable.", _HOW)
    component = _part(name)
    if place:
        component["evse"] = {"id": int(place[0])} | ({"connectorId": int(place[1])} if len(place) == 2 else {})
    return {"component": component, "variable": _part(variable)}


def _part(text: str) -> dict[str, Any]:
    name, bracket, rest = text.partition("[")
    return {"name": name, "instance": rest.rstrip("]")} if bracket else {"name": name}
