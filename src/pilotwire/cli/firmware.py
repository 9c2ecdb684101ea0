"""`pilotwire firmware`: images, updates and campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table
from pilotwire.errors import ConfigError

verb = typer.Typer(
    help="Keep firmware images, update stations, run campaigns.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
campaign = typer.Typer(help="Update many stations in waves.", no_args_is_help=True, pretty_exceptions_enable=False)
verb.add_typer(campaign, name="campaign")

_GULP: Final = 1_000_000
_IMAGES: Final = ("name", "version", "vendor", "model", "bytes", "signed", "uploaded")
_UPDATES: Final = ("request", "image or location", "asked", "answer", "status", "ended", "why")
_CAMPAIGNS: Final = ("id", "name", "state", "firmware", "waves", "begun", "ended", "why")
_MEMBERS: Final = ("station", "wave", "state", "attempts", "status", "why")
Station = Annotated[str, typer.Argument(help="The identity of a station.", metavar="STATION")]
CampaignId = Annotated[str, typer.Argument(help="The id of a campaign.", metavar="CAMPAIGN")]
Image = Annotated[str | None, typer.Option(help="The name of an uploaded image.")]
Location = Annotated[str | None, typer.Option(help="Instead of an image: any URL the station can use.")]
Signed = Annotated[
    bool | None, typer.Option("--signed/--unsigned", help="With a signature or without; else with one if there is one.")
]


@verb.command()
def upload(
    file: Annotated[Path, typer.Argument(help="The file to upload.", metavar="FILE")],
    name: Annotated[str | None, typer.Option(help="What it is called here; else as the file.")] = None,
    vendor: Annotated[str, typer.Option(help="Whose stations it is for.")] = "",
    model: Annotated[str, typer.Option(help="Which model it is for.")] = "",
    version: Annotated[str, typer.Option(help="What a station with it says it runs.")] = "",
    notes: Annotated[str, typer.Option(help="Anything worth knowing.")] = "",
    signature: Annotated[Path | None, typer.Option(help="A file with the maker's signature in base64.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="The certificate of the maker's key: a PEM file.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Upload an image. The same one may be uploaded again; another one needs another name."""
    called = name or file.name
    said = {
        "vendor": vendor,
        "model": model,
        "version": version,
        "notes": notes,
        "signature": "" if signature is None else _text(signature).strip(),
        "certificate": "" if certificate is None else _text(certificate),
    }
    given = {field: text for field, text in said.items() if text}
    with Api(url, key) as api:
        image = api.send("PUT", f"/firmware/{segment(called)}", params=given, content=_with_progress(file)).json()
    signed = image["signature"]
    typer.echo(f"Image {called} is kept: {image['size']} bytes, SHA-256 {image['sha256']}.")
    typer.echo("It is not signed." if signed is None else f"It is signed by {signed['scheme']}.")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None


def _with_progress(path: Path) -> Iterator[bytes]:
    """The bytes of a file, with a bar on the terminal that tells how far they are."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    try:
        with path.open("rb") as file, Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(path.name, total=path.stat().st_size)
            while gulp := file.read(_GULP):
                yield gulp
                progress.advance(task, len(gulp))
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> ConfigError:
    reason = error.strerror if isinstance(error, OSError) else "it is not text"
    return ConfigError(f"{path} cannot be read: {reason}.", "Check the path and who may read it.")


@verb.command("list")
def list_(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the images."""
    with Api(url, key) as api:
        images = list(api.pages("/firmware", limit=1000))
    if as_json:
        show_json(images)
        return
    show_table(_IMAGES, map(_image, images), nothing="There are no firmware images yet.")


def _image(image: Mapping[str, Any]) -> tuple[object, ...]:
    signature = image["signature"]
    return (
        image["name"],
        image["version"] or None,
        image["vendor"] or None,
        image["model"] or None,
        image["size"],
        None if signature is None else signature["scheme"],
        moment(image["uploadedAt"]),
    )


@verb.command()
def remove(
    name: Annotated[str, typer.Argument(help="The name of an image.", metavar="NAME")],
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Remove an image."""
    with Api(url, key) as api:
        api.send("DELETE", f"/firmware/{segment(name)}")
    typer.echo(f"Image {name} is gone.")


@verb.command()
def update(
    station: Station,
    image: Image = None,
    location: Location = None,
    retrieve: Annotated[str | None, typer.Option(help="When to fetch it, like 2027-01-31T02:00:00Z; else now.")] = None,
    install: Annotated[str | None, typer.Option(help="When to install it; else at once.")] = None,
    signed: Signed = None,
    retries: Annotated[int | None, typer.Option(help="How often the station tries again to fetch it.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Tell a station to update its firmware."""
    said: dict[str, object] = {
        "image": image,
        "location": location,
        "retrieveDateTime": retrieve,
        "installDateTime": install,
        "signed": signed,
        "retries": retries,
    }
    with Api(url, key) as api:
        done = api.send("POST", f"/stations/{segment(station)}/commands/update-firmware", body=_given(said)).json()
    typer.echo(f"{station} answered {done['status']}; the request id is {done['requestId']}.")


def _given(said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if value is not None}


@verb.command()
def updates(station: Station, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List what a station was told to update, and how far it is."""
    with Api(url, key) as api:
        found = list(api.pages(f"/stations/{segment(station)}/firmware-updates", limit=1000))
    if as_json:
        show_json(found)
        return
    show_table(_UPDATES, map(_update, found), nothing="This station was never told to update.")


def _update(found: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        found["requestId"],
        found["image"] or found["location"],
        moment(found["askedAt"]),
        found["answer"],
        found["status"],
        moment(found["endedAt"]),
        found["what"] or None,
    )


# --- campaigns ------------------------------------------------------------------------------------------------------


@campaign.command()
def start(
    image: Image = None,
    location: Location = None,
    version: Annotated[str | None, typer.Option(help="What an updated station says it runs.")] = None,
    station: Annotated[list[str] | None, typer.Option(help="A station; may be said again and again.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Stations of this vendor; * and ? as in file names.")] = None,
    model: Annotated[str | None, typer.Option(help="Stations of this model.")] = None,
    firmware: Annotated[str | None, typer.Option(help="Stations that run this version, for example `2.3.*`.")] = None,
    wave: Annotated[
        list[str] | None,
        typer.Option(help="The size of a wave, `5` or `20%`; the last one counts for all that follow."),
    ] = None,
    concurrency: Annotated[int, typer.Option(help="How many stations at a time.")] = 10,
    window: Annotated[list[str] | None, typer.Option(help="When, like 22:00-05:00; may be said again.")] = None,
    time_zone: Annotated[str, typer.Option(help="Whose clock the windows go by.")] = "UTC",
    failure_percent: Annotated[
        int | None, typer.Option(help="Stop if more of a wave than this fail, in percent.")
    ] = None,
    retries: Annotated[int, typer.Option(help="How often a station that failed is asked again.")] = 0,
    signed: Signed = None,
    name: Annotated[str, typer.Option(help="What the campaign is called.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Start a campaign."""
    patterns = _given({"vendor": vendor, "model": model, "firmwareVersion": firmware})
    body = _given({"image": image, "location": location, "version": version, "signed": signed}) | {
        "name": name,
        "waves": [_wave(each) for each in wave or ()],
        "concurrency": concurrency,
        "windows": [_window(each) for each in window or ()],
        "timeZone": time_zone,
        "failurePercent": failure_percent,
        "retries": retries,
        **({"stations": station} if station else {}),
        **({"matching": patterns} if patterns or not station else {}),
    }
    with Api(url, key) as api:
        made = api.send("POST", "/firmware-campaigns", body=body).json()
    typer.echo(f"Campaign {made['id']} has begun: {len(made['stations'])} stations in waves of {_sizes(made)}.")


def _wave(text: str) -> dict[str, int]:
    number = text.removesuffix("%")
    if not number.isdecimal():
        raise ConfigError(f"--wave is {text!r}.", "Give a number of stations, or percent like 20%.")
    return {"percent" if text.endswith("%") else "stations": int(number)}


def _window(text: str) -> dict[str, str]:
    begins, dash, ends = text.partition("-")
    if not dash:
        raise ConfigError(f"--window is {text!r}.", "Say from when to when, like 22:00-05:00.")
    return {"begins": begins.strip(), "ends": ends.strip()}


def _sizes(made: Mapping[str, Any]) -> str:
    return ", ".join(map(str, made["waves"]))


@campaign.command("list")
def list_campaigns(as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """List the campaigns."""
    with Api(url, key) as api:
        found = list(api.pages("/firmware-campaigns", limit=1000))
    if as_json:
        show_json(found)
        return
    show_table(_CAMPAIGNS, map(_campaign, found), nothing="There are no campaigns yet.")


def _campaign(found: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        found["id"],
        found["name"] or None,
        found["state"],
        found["image"] or found["location"],
        _sizes(found),
        moment(found["createdAt"]),
        moment(found["endedAt"]),
        found["reason"] or None,
    )


@campaign.command()
def show(name: CampaignId, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Show how far a campaign is, station by station."""
    with Api(url, key) as api:
        found = api.get(f"/firmware-campaigns/{segment(name)}")
    if as_json:
        show_json(found)
        return
    typer.echo(f"{_said(found)}{' ' + found['reason'] if found['reason'] else ''}")
    rows = (
        (one["station"], one["wave"], one["state"], one["attempts"], one["status"], one["what"] or None)
        for one in found["stations"]
    )
    show_table(_MEMBERS, rows, nothing="It has no stations.")


def _said(found: Mapping[str, Any]) -> str:
    totals = found["totals"]
    return (
        f"Campaign {found['id']} is {found['state']}: {totals['succeeded']} succeeded, {totals['failed']} failed, "
        f"{totals['asked']} at it, {totals['waiting']} waiting."
    )


def _change(name: str, what: str, url: str, key: str) -> None:
    with Api(url, key) as api:
        typer.echo(_said(api.send("POST", f"/firmware-campaigns/{segment(name)}/{what}").json()))


@campaign.command()
def pause(name: CampaignId, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Ask no more stations for now."""
    _change(name, "pause", url, key)


@campaign.command()
def resume(name: CampaignId, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Go on asking."""
    _change(name, "resume", url, key)


@campaign.command()
def cancel(name: CampaignId, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Ask no more stations, for good."""
    _change(name, "cancel", url, key)
