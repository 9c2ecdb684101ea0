"""`pilotwire site load`, `limit` and `meter`: load management of a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table
from pilotwire.errors import ConfigError, PilotwireError

Name = Annotated[str, typer.Argument(help="What the site is called.", metavar="NAME")]
_COLUMNS: Final = ("feeder, EVSE", "limit", "flow", "base", "share", "may take", "takes", "remarks")
_TIMES: Final = (("from", "since"), ("until", "until"))
_LINES: Final = ("l1", "l2", "l3")

load = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@load.callback()
def _site(context: typer.Context, name: Name) -> None:
    """Manage the load of a site: put its plan on record, see how it stands, remove it."""
    context.obj = name


def add_to(verb: typer.Typer) -> None:
    """Add these commands to `pilotwire site`."""
    verb.add_typer(load, name="load")
    verb.command()(limit)
    verb.command()(meter)


def _at(name: str, *more: str) -> str:
    return "/".join((f"/sites/{segment(name)}/load-management", *map(segment, more)))


# --- the plan ---------------------------------------------------------------------------------------------------------------


@load.command()
def put(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A YAML or JSON file with the plan.", metavar="FILE")],
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put the plan of a site on record, or another one in the place of the one there. It holds at once."""
    plan = _read(file)
    with Api(url, key) as api:
        kept = api.send("PUT", _at(context.obj), body=plan).json()
    state = "managed" if kept["enabled"] else "not managed: its plan is not enabled"
    typer.echo(f"The plan of site {context.obj!r} is on record; its {len(kept['evses'])} EVSEs are {state}.")


def _read(file: Path) -> object:
    """What a YAML file holds, as JSON has it. Raises ConfigError if it cannot be read."""
    import yaml

    try:
        return _plain(yaml.safe_load(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.", "Name a YAML or JSON file.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is no YAML: {' '.join(str(error).split())}.", "Mend the file.") from None
    except RecursionError:
        raise ConfigError(f"{file} holds something that is a part of itself.", "Mend the file.") from None


def _plain(value: object) -> object:
    """YAML has times and numbers as keys, JSON has not."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


@load.command()
def show(context: typer.Context, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Show the tree of a site: what flows where, who has which share, and why no more. Currents are A on each phase."""
    name = context.obj
    with Api(url, key) as api:
        plan = api.get(_at(name))
        state, why = _state(api, name)
        limits = api.get(_at(name, "limits"))
    if as_json:
        show_json({"plan": plan, "state": state, "limits": limits})
        return
    when = f"at {moment(state['at'])} UTC" if state else why
    typer.echo(f"Site {name}, {plan['strategy']}, {when}")
    show_table(_COLUMNS, _tree(plan, state, limits), nothing="The plan has no feeders.")
    for each in limits:
        times = [f" {word} {moment(each[name])}" for word, name in _TIMES if each[name]]
        typer.echo(f"{each['source']} limits {each['feeder']} to {_most(each)}{''.join(times)}.")
    for each in state["broken"] if state else ():
        typer.echo(f"No share can keep a limit: {each}.", err=True)


def _state(api: Api, name: str) -> tuple[Any, str]:
    """The state of a site; None, and the sentence why, where there is none."""
    try:
        return api.get(_at(name, "state")), ""
    except PilotwireError as error:
        return None, error.what


def _tree(plan: Mapping[str, Any], state: Any, limits: list[Any]) -> Iterator[tuple[object, ...]]:
    """The feeders, each with what hangs on it below it."""
    flows = {each["feeder"]: each for each in state["flows"]} if state else {}
    evses = {(each["station"], each["evseId"]): each for each in state["evses"]} if state else {}

    def below(fed_by: str | None, depth: int) -> Iterator[tuple[object, ...]]:
        for feeder in plan["feeders"]:
            if feeder["fedBy"] == fed_by:
                yield _feeder_row("  " * depth, feeder, flows.get(feeder["name"]), limits)
                yield from below(feeder["name"], depth + 1)
        for outlet in plan["evses"]:
            if outlet["fedBy"] == fed_by:
                yield _evse_row("  " * depth, outlet, evses.get((outlet["station"], outlet["evseId"])))

    return below(None, 0)


def _feeder_row(indent: str, feeder: Mapping[str, Any], state: Any, limits: list[Any]) -> tuple[object, ...]:
    remarks = ["its meter is silent"] if state and state["silent"] else []
    remarks += [f"limited by {each['source']}" for each in limits if each["feeder"] == feeder["name"]]
    flow, base = (_currents(state["flow"]), _currents(state["base"])) if state else ("", "")
    return f"{indent}{feeder['name']}", _most(feeder), flow, base, "", "", "", ", ".join(remarks)


def _evse_row(indent: str, outlet: Mapping[str, Any], state: Any) -> tuple[object, ...]:
    name = f"{indent}{outlet['station']}/{outlet['evseId']}"
    most = f"{outlet['most']} A"
    if state is None:
        return name, most, "", "", "", "", "", ""
    taking = "" if state["taking"] is None else state["taking"]
    remark = state["why"] or ("" if state["transactionId"] else "free")
    return name, most, "", "", state["share"], state["limit"], taking, remark


def _most(limits: Mapping[str, Any]) -> str:
    said = [f"{limits[name]} {unit}" for name, unit in (("amperes", "A"), ("watts", "W")) if limits[name] is not None]
    return " and ".join(said)


def _currents(amperes: Mapping[str, Any]) -> str:
    return " ".join(str(round(amperes[line], 1)) for line in _LINES)


@load.command()
def remove(context: typer.Context, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take the plan of a site off record. Its stations clear what they were told: vehicles then take what they can."""
    with Api(url, key) as api:
        api.send("DELETE", _at(context.obj))
    typer.echo(f"The load of site {context.obj!r} is managed no more.")


# --- from outside -----------------------------------------------------------------------------------------------------------


def limit(
    name: Name,
    source: Annotated[str, typer.Argument(help="Who sets the limit, for example operator.", metavar="SOURCE")],
    watts: Annotated[float | None, typer.Option(help="The most in all.")] = None,
    amperes: Annotated[float | None, typer.Option(help="The most on each phase.")] = None,
    feeder: Annotated[str | None, typer.Option(help="For this feeder; without one the grid connection.")] = None,
    since: Annotated[str | None, typer.Option(help="Like 2026-01-31T17:00:00Z; without one at once.")] = None,
    until: Annotated[str | None, typer.Option(help="Like 2026-01-31T18:00:00Z; without one until taken back.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the limit of this source back.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Limit a managed site from outside, or take such a limit back."""
    if clear is not (watts is None and amperes is None):
        raise ConfigError("this needs either a limit or --clear.", "Give --watts, --amperes or both; or --clear alone.")
    with Api(url, key) as api:
        if clear:
            api.send("DELETE", _at(name, "limits", source))
            typer.echo(f"{source} limits site {name!r} no more.")
            return
        where = feeder if feeder is not None else _grid(api, name)
        said = {"watts": _short(watts), "amperes": _short(amperes), "since": since, "until": until}
        body = {"feeder": where} | {what: value for what, value in said.items() if value is not None}
        kept = api.send("PUT", _at(name, "limits", source), body=body).json()
    typer.echo(f"{source} limits {where} of site {name!r} to {_most(kept)}.")


def _short(value: float | None) -> float | None:
    """Whole numbers as such, so that they are shown as they were written."""
    return int(value) if value is not None and value.is_integer() else value


def _grid(api: Api, name: str) -> str:
    feeders = api.get(_at(name))["feeders"]
    return next(str(each["name"]) for each in feeders if each["fedBy"] is None)


def meter(
    name: Name,
    feeder: Annotated[str, typer.Argument(help="The feeder with the meter.", metavar="FEEDER")],
    amperes: Annotated[
        str | None, typer.Option(help="The currents of L1, L2 and L3, like 12.5,8,-3; below 0 it flows back.")
    ] = None,
    watts: Annotated[float | None, typer.Option(help="The power in all, which counts as spread evenly.")] = None,
    at: Annotated[str | None, typer.Option(help="When, like 2026-01-31T12:00:00Z; without one now.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Tell what a meter of a managed site says."""
    if (amperes is None) is (watts is None):
        raise ConfigError("this needs what the meter says.", "Give either --amperes or --watts.")
    said: dict[str, object] = {"watts": watts} if amperes is None else {"amperes": _three(amperes)}
    body = said | ({} if at is None else {"at": at})
    with Api(url, key) as api:
        kept = api.send("PUT", _at(name, "meters", feeder), body=body).json()
    typer.echo(f"{feeder} of site {name!r}: {_currents(kept['amperes'])} A at {moment(kept['at'])}.")


def _three(text: str) -> dict[str, float]:
    try:
        currents = [float(each) for each in text.split(",")]
    except ValueError:
        currents = []
    if len(currents) != len(_LINES):
        raise ConfigError(f"--amperes {text!r} is no three currents.", "Write them like 12.5,8,-3.")
    return dict(zip(_LINES, currents, strict=True))
