"""`pilotwire tariff`: tariffs on record and at stations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.der import read_json
from pilotwire.cli.terminal import show_table

verb = typer.Typer(
    help="Tariffs: put them on record, set them at stations, list and clear them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
TariffId = Annotated[str, typer.Argument(help="The id of the tariff.", metavar="TARIFF")]
Station = Annotated[str, typer.Argument(help="The identity of the station.")]
_RECORD = ("tariff", "currency", "valid from", "changed", "sent")
_AT_STATION = ("tariff", "kind", "EVSEs", "valid from", "set", "reported")


@verb.command()
def put(
    tariff: TariffId,
    file: Annotated[Path, typer.Argument(help="A JSON file with the tariff, without its id.", metavar="FILE")],
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Put a tariff on record."""
    content = read_json(file)
    with Api(url, key) as api:
        api.send("PUT", f"/tariffs/{segment(tariff)}", body=content)
    typer.echo(f"Tariff {tariff} is on record.")


@verb.command("list")
def list_(
    station: Annotated[str | None, typer.Option(help="Those at this station, not those on record.")] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List the tariffs on record, or at a station."""
    path = "/tariffs" if station is None else f"/stations/{segment(station)}/tariffs"
    with Api(url, key) as api:
        tariffs = list(api.pages(path, limit=1000))
    if as_json:
        show_json(tariffs)
    elif station is None:
        show_table(_RECORD, map(_recorded, tariffs), nothing="There are no tariffs on record.")
    else:
        show_table(_AT_STATION, map(_at_station, tariffs), nothing=f"No tariffs at {station} are known.")


def _recorded(record: Mapping[str, Any]) -> tuple[object, ...]:
    tariff = record["tariff"]
    return tariff["tariffId"], tariff["currency"], tariff["validFrom"], record["changedAt"], record["sentAt"]


def _at_station(record: Mapping[str, Any]) -> tuple[object, ...]:
    evses = ", ".join("all" if each == 0 else str(each) for each in record["evseIds"])
    return (
        record["tariffId"],
        record["tariffKind"],
        evses,
        record["validFrom"],
        record["setAt"],
        record["reportedAt"],
    )


@verb.command("set")
def set_(
    station: Station,
    tariff: TariffId,
    evse: Annotated[int, typer.Option(help="Only at this EVSE; 0: at all.")] = 0,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Make a tariff on record the default tariff of a station."""
    body = {"tariffId": tariff, "evseId": evse}
    with Api(url, key) as api:
        answer = api.send("POST", f"/stations/{segment(station)}/commands/set-default-tariff", body=body).json()
    typer.echo(f"{station} answered {answer['status']}.")


@verb.command()
def clear(
    station: Station,
    tariff: Annotated[list[str] | None, typer.Option(help="Only the tariff of this id; may be repeated.")] = None,
    evse: Annotated[int | None, typer.Option(help="Only at this EVSE.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Remove tariffs from a station: without options all."""
    body: dict[str, object] = {} if not tariff else {"tariffIds": tariff}
    body |= {} if evse is None else {"evseId": evse}
    with Api(url, key) as api:
        answer = api.send("POST", f"/stations/{segment(station)}/commands/clear-tariffs", body=body).json()
    for each in answer["clearTariffsResult"]:
        typer.echo(f"{each['tariffId'] or station}: {each['status']}")


@verb.command()
def remove(tariff: TariffId, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Take a tariff off record; stations that have it keep it."""
    with Api(url, key) as api:
        api.send("DELETE", f"/tariffs/{segment(tariff)}")
    typer.echo(f"Tariff {tariff} is off record.")
