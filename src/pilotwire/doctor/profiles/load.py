"""Reading platform profiles: those that are shipped, by name, and those of makers and operators, by file."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from pilotwire.doctor.profiles.profile import NOTHING_MORE, PlatformProfile
from pilotwire.errors import ConfigError

_SHIPPED: Final = files("pilotwire.doctor.profiles")


def shipped() -> tuple[str, ...]:
    """The names of the profiles that come with Pilotwire."""
    names = (Path(each.name) for each in _SHIPPED.iterdir())
    return (NOTHING_MORE.name, *sorted(each.stem for each in names if each.suffix == ".yaml"))


def load_profile(which: str) -> PlatformProfile:
    """A shipped profile by its name, or one in a YAML file. Raises ConfigError with the place of what is wrong."""
    if which == NOTHING_MORE.name:
        return NOTHING_MORE
    if which in shipped():
        return read_profile((_SHIPPED / f"{which}.yaml").read_text(encoding="utf-8"), which)
    path = Path(which)
    if path.suffix not in (".yaml", ".yml") and not path.exists():
        names = ", ".join(shipped())
        raise ConfigError(f"There is no platform profile {which!r}.", f"Take one of {names}, or give a YAML file.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigError(f"The platform profile {path} cannot be read: {why}.", "Give a YAML file.") from None
    return read_profile(text, str(path), path.parent)


def read_profile(text: str, where: str, folder: Path = Path()) -> PlatformProfile:
    """A profile from YAML text; files it names are beside it. Raises ConfigError."""
    try:
        raw: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"The platform profile {where} is no YAML: {_one_line(error)}.") from None
    try:
        profile = msgspec.convert(raw, PlatformProfile)
    except msgspec.ValidationError as error:
        names = ", ".join(PlatformProfile.__struct_fields__)
        raise ConfigError(f"The platform profile {where} cannot be used: {error}.", f"Its parts are {names}.") from None
    for demand in profile.certificates.subject:
        _check_pattern(demand.matches, where)
    return _with_files(profile, folder)


def _check_pattern(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        what = f"The platform profile {where} has the regular expression {pattern!r}, which is none: {error}."
        raise ConfigError(what) from None


def _with_files(profile: PlatformProfile, folder: Path) -> PlatformProfile:
    demands = profile.certificates
    named = tuple(each if _is_fingerprint(each) else str(folder / each) for each in demands.authorities)
    return msgspec.structs.replace(profile, certificates=msgspec.structs.replace(demands, authorities=named))


def _is_fingerprint(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{64}", text.replace(":", "")) is not None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
