"""The sites that come with Pilotwire, by name, and those of others, by file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from pilotwire.errors import ConfigError
from pilotwire.simulator.site.settings import Site, site_of

_SHIPPED: Final = files("pilotwire.simulator.site") / "scenarios"


def shipped() -> tuple[str, ...]:
    """The names of the sites that come with Pilotwire."""
    names = (Path(each.name) for each in _SHIPPED.iterdir())
    return tuple(sorted(each.stem for each in names if each.suffix == ".yaml"))


def load_site(which: str) -> Site:
    """A shipped site by its name, or one in a YAML file. Raises `ConfigError`."""
    if which in shipped():
        return site_of((_SHIPPED / f"{which}.yaml").read_text(encoding="utf-8"), which)
    path = Path(which)
    if path.suffix not in (".yaml", ".yml") and not path.exists():
        raise ConfigError(
            f"There is no site {which!r}.", f"Take one of {', '.join(shipped())}, or give the name of a YAML file."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"The site {path} cannot be read: {error.strerror}.", "Give a YAML file.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"The site {path} cannot be read: it is no UTF-8 text.", "Give a YAML file.") from None
    return site_of(text, str(path), path.parent)
