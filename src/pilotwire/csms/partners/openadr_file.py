"""The file that says by which VTNs sites are limited: one table `[[ven]]` for each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from pilotwire.errors import ConfigError


class VenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table `[[ven]]` of the file: the VTN at `vtn` for a site, and which feeder what it says is for.

    `program` is the id or the name of a program; "": all that the client sees. `resources`: the feeder of a resource's name; what is for
    none of them is for `feeder`, or, without one, for the grid connection. `poll` and `report_every` are seconds (0: no reports),
    `levels_kw` to how many kW a level of SIMPLE limits. `callback` is how the VTN reaches the HTTP server of this CSMS, if it is to tell
    what has changed; else it is only asked.
    """

    site: Annotated[str, msgspec.Meta(min_length=1)]
    vtn: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s?#]+$")]
    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    client_secret: Annotated[str, msgspec.Meta(min_length=1)]
    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]+$")] = "vtn"
    program: str = ""
    ven_name: Annotated[str, msgspec.Meta(min_length=1)] = "pilotwire"
    token_url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s#]+)?$")] = ""
    scopes: tuple[str, ...] = ()
    feeder: str = ""
    resources: dict[str, str] = {}
    levels_kw: dict[str, Annotated[float, msgspec.Meta(ge=0)]] = {}
    poll: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 10.0
    callback: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s?#]+)?$")] = ""
    report_every: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ven: tuple[VenSettings, ...]


def read_vens(path: str) -> tuple[VenSettings, ...]:
    """The tables `[[ven]]` of a file. Raises ConfigError."""
    remedy = "See docs/csms/openadr.md for what such a file looks like."
    try:
        told = msgspec.convert(tomllib.loads(Path(path).read_text(encoding="utf-8")), _File)
    except (OSError, ValueError) as error:
        raise ConfigError(f"openadr: {path} cannot be used: {error}.", remedy) from None
    seen = set()
    for ven in told.ven:
        if "/" in ven.site:
            raise ConfigError(f"openadr: {path}: a site has no slash in its name, {ven.site!r} does.", remedy)
        if any(not level.isdecimal() for level in ven.levels_kw):
            raise ConfigError(f"openadr: {path}: the levels of SIMPLE are whole numbers from 0 on.", remedy)
        if (ven.site, ven.name) in seen:
            what = f"openadr: {path}: two VTNs of site {ven.site!r} have the name {ven.name!r}."
            raise ConfigError(what, "Give each a name of its own.")
        seen.add((ven.site, ven.name))
    return told.ven
