"""Settings from three places: the command line, else the environment (`PILOTWIRE_...`), else one TOML file (a section for each program).

Whatever is wrong with one of them becomes a `ConfigError` that says where it was said, what was said, and what is allowed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from pilotwire.errors import ConfigError

ENV_PREFIX: Final = "PILOTWIRE_"


def setting(default: Any, allowed: str, description: str, **limits: Any) -> Any:
    """A field of a `Settings` class: `allowed` says in words what it may be, `description` what it is for."""
    return Field(default, description=description, json_schema_extra={"allowed": allowed}, **limits)


class Settings(BaseSettings):
    """Base of a program's settings. Built directly it takes only what it is given; see `load`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, extra="forbid", frozen=True, validate_default=True, coerce_numbers_to_str=True
    )

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed over; `load` decides what that is and knows where each value came from."""
        return (init_settings,)


S = TypeVar("S", bound=Settings)


class Sources:
    """The three places for one program, and where in them each setting was said."""

    def __init__(
        self, kind: type[Settings], section: str, given: Mapping[str, Any] | None, config: Path | str | None
    ) -> None:
        self._options = {name: value for name, value in (given or {}).items() if value is not None}
        self._variables = _environment(kind)
        path = config if config is not None else os.environ.get(f"{ENV_PREFIX}CONFIG")
        self._file = _File(Path(path), section) if path else None

    @property
    def values(self) -> dict[str, Any]:
        """Everything that was said, the nearer place over the farther."""
        table = self._file.table if self._file is not None else {}
        return {**table, **self._variables, **self._options}

    def place(self, name: str) -> str:
        """Where a setting was said, for a person."""
        if name in self._options:
            return f"the option --{name.replace('_', '-')}"
        if name in self._variables:
            return f"the environment variable {ENV_PREFIX}{name.upper()}"
        if self._file is not None and name in self._file.table:
            return self._file.place(name)
        return f"the setting {name}"


def load(
    kind: type[S], section: str, given: Mapping[str, Any] | None = None, *, config: Path | str | None = None
) -> tuple[S, Sources]:
    """The settings of one program, and where they came from; `given` are the options of the command line (None: not given).

    `config` is the TOML file, by default the one named by PILOTWIRE_CONFIG; without either there is none. Raises ConfigError.
    """
    sources = Sources(kind, section, given, config)
    try:
        return kind(**sources.values), sources
    except ValidationError as error:
        what = "; ".join(_complaint(kind, sources, detail) for detail in error.errors())
        raise ConfigError(f"{what}.", "Mend that and start again.") from None


def _environment(kind: type[Settings]) -> dict[str, Any]:
    """What the environment says. Tables are written as JSON there."""
    try:
        return dict(EnvSettingsSource(kind, env_prefix=ENV_PREFIX, env_ignore_empty=True)())
    except SettingsError as error:
        names = [name for name in kind.model_fields if f'"{name}"' in str(error)]
        where = f"The environment variable {ENV_PREFIX}{names[0].upper()}" if names else "An environment variable"
        raise ConfigError(f"{where} is not JSON.", 'Write a table as {"name": "value"}.') from None


class _File:
    """One TOML file and where in it things are said."""

    def __init__(self, path: Path, section: str) -> None:
        self._path = path
        self._section = section
        self._text = self._read()
        self.table = self._parse()

    def place(self, name: str) -> str:
        """The line that says something, for a person."""
        in_section = False
        for number, line in enumerate(self._text.splitlines(), start=1):
            if re.match(r"\s*\[", line):
                in_section = re.match(rf"\s*\[\s*{self._section}\s*\]", line) is not None
            elif in_section and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line):
                return f"{self._path}, line {number} ({name})"
        return f"{self._path} ({name})"

    def _read(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(f"The configuration file {self._path} cannot be read: {reason}.") from None
        except UnicodeDecodeError:
            raise ConfigError(f"The configuration file {self._path} is not UTF-8 text.") from None

    def _parse(self) -> dict[str, Any]:
        try:
            section = tomllib.loads(self._text).get(self._section, {})
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"The configuration file {self._path} is not TOML: {error}.") from None
        if not isinstance(section, dict):
            raise ConfigError(
                f"In {self._path}, {self._section} is not a section.",
                f"Write [{self._section}] on a line of its own.",
            )
        return section


def _complaint(kind: type[Settings], sources: Sources, detail: ErrorDetails) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    where = sources.place(name)
    field = kind.model_fields.get(name)
    if field is None:
        return f"{where}: there is no setting of this name (there are {', '.join(sorted(kind.model_fields))})"
    extra = field.json_schema_extra
    allowed = extra.get("allowed") if isinstance(extra, dict) else None
    if detail["type"] == "missing":
        return f"{where} is missing: allowed is {allowed}"
    inner = ".".join(str(step) for step in detail["loc"][1:])
    return f"{where} is {detail['input']!r}{f' at {inner}' if inner else ''}: allowed is {allowed}"
