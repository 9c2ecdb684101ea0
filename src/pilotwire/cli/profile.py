"""`pilotwire profile`: charging profiles of stations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import Failed, moment, show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Say what stations may draw: set, clear and list charging profiles.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_COLUMNS = ("id", "EVSE", "purpose", "kind", "level", "unit", "source", "known", "since")
_PERIODS = ("from second", "limit", "set point", "phases")
Station = Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")]
Evse = Annotated[int | None, typer.Option(help="The EVSE (1.6: connector); 0: the station as a whole.")]


@verb.command("set")
def set_(
    station: Station,
    file: Annotated[Path, typer.Argument(help="A JSON file with the profile (ChargingProfileType of OCPP 2.1).")],
    evse: Annotated[int, typer.Option(help="The EVSE (1.6: connector); 0: the station as a whole.")] = 0,
    force: Annotated[bool, typer.Option(help="Send it even if the station is expected to reject it.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Install the charging profile of a file at a station; one with the same id is replaced."""
    body = {"evseId": evse, "chargingProfile": _profile(file)}
    with Api(url, key) as api:
        answer = api.send("POST", _command(station, "set-charging-profile"), params={"force": force}, body=body).json()
    for remark in answer["remarks"]:
        typer.echo(f"{remark['where']}: {remark['what']} ({remark['requirement']})", err=True)
    if answer["status"] != "Accepted":
        _said_no(station, answer)
    typer.echo(f"Station {station} has accepted the charging profile.")


def _profile(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.", "Name a JSON file.") from None
    except ValueError as error:
        raise ConfigError(f"{file} is no JSON: {error}.", "Mend the file.") from None


def _command(station: str, action: str) -> str:
    return f"/stations/{segment(station)}/commands/{action}"


def _said_no(station: str, answer: Mapping[str, Any]) -> NoReturn:
    info = answer["statusInfo"] or {}
    why = ", ".join(text for text in (info.get("reasonCode"), info.get("additionalInfo")) if text)
    raise Failed(f"station {station} answered {answer['status']}{f' ({why})' if why else ''}.")


@verb.command()
def clear(
    station: Station,
    id_: Annotated[int | None, typer.Option("--id", help="The id of the profile.")] = None,
    evse: Evse = None,
    purpose: Annotated[str | None, typer.Option(help="TxDefaultProfile, ChargingStationMaxProfile, ...")] = None,
    level: Annotated[int | None, typer.Option(help="The stack level.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Remove the profile with an id, or all that fit what is said; without anything said all of them (1.6 only)."""
    said = {
        "chargingProfileId": id_,
        "evseId": evse,
        "chargingProfilePurpose": purpose,
        "stackLevel": level,
    }
    body = {name: value for name, value in said.items() if value is not None}
    with Api(url, key) as api:
        answer = api.send("POST", _command(station, "clear-charging-profile"), body=body).json()
    if answer["status"] != "Accepted":
        _said_no(station, answer)
    typer.echo(f"Station {station} has cleared the profiles.")


@verb.command("list")
def list_(station: Station, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the profiles a station is known to have."""
    with Api(url, key) as api:
        known = api.get(f"/stations/{segment(station)}/charging-profiles")
    if as_json:
        show_json(known)
        return
    show_table(_COLUMNS, map(_row, known), nothing="No charging profile is known of this station.")


def _row(known: Mapping[str, Any]) -> tuple[object, ...]:
    profile = known["chargingProfile"]
    units = {schedule["chargingRateUnit"] for schedule in profile["chargingSchedule"]}
    return (
        profile["id"],
        known["evseId"],
        profile["chargingProfilePurpose"],
        profile["chargingProfileKind"],
        profile["stackLevel"],
        "/".join(sorted(units)),
        known["chargingLimitSource"],
        "reported" if known["isReported"] else "accepted",
        moment(known["timestamp"]),
    )


@verb.command()
def composite(
    station: Station,
    evse: Annotated[int, typer.Option(help="The EVSE (1.6: connector); 0: the station as a whole.")] = 0,
    duration: Annotated[int, typer.Option(help="For how many seconds from now.")] = 86_400,
    unit: Annotated[str | None, typer.Option(help="W or A; without one the station chooses.")] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Ask a station what results from all its profiles together."""
    body: dict[str, object] = {"evseId": evse, "duration": duration}
    if unit is not None:
        body["chargingRateUnit"] = unit
    with Api(url, key) as api:
        answer = api.send("POST", _command(station, "get-composite-schedule"), body=body).json()
    if answer["status"] != "Accepted":
        _said_no(station, answer)
    schedule = answer["schedule"]
    if as_json:
        show_json(schedule)
        return
    periods = () if schedule is None else schedule["chargingSchedulePeriod"]
    if schedule is not None:
        typer.echo(f"From {moment(schedule['scheduleStart']) or 'now'} on, in {schedule['chargingRateUnit']}:")
    show_table(_PERIODS, map(_period, periods), nothing="The station told no schedule.")


def _period(period: Mapping[str, Any]) -> tuple[object, ...]:
    return (period["startPeriod"], period["limit"], period["setpoint"], period["numberPhases"])
