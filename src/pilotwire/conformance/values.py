"""Values of a case that are known only when it is played: what was configured, what was said earlier, moments, fresh ids.

A case is written before anybody knows which station it will meet. Wherever a plain value may stand in a literal, one of these may stand
too; `resolve` puts the real values in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from pilotwire.conformance.settings import setting_named
from pilotwire.errors import MisuseError


class Known(Protocol):
    """What a value, check or condition may ask of the case that is being played."""

    @property
    def kept(self) -> dict[str, Any]:
        """What earlier steps kept, by name."""
        ...

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the case has brought about so far (see `conditions`)."""
        ...

    def setting(self, name: str) -> Any:
        """A setting of the plan."""
        ...

    def claims(self, feature: str) -> bool:
        """Whether the feature with this number of Part 5, or profile, is declared."""
        ...

    def implemented(self, variable: str) -> bool:
        """Whether the station under test has this variable (`Component.Variable`), as far as was found out."""
        ...

    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    def heard(self) -> list[dict[str, Any]]:
        """The well-formed requests the system under test has sent so far: `action`, `payload`, `at` (a date-time), `part`, `index`."""
        ...

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        ...

    def fresh(self, name: str) -> int:
        """A number no other request of this run used, kept under `name`."""
        ...

    def made(self, what: str, **details: Any) -> Any:
        """Something the bench makes for the occasion, a certificate for example."""
        ...


class Unresolved(Exception):
    """A value was asked for that no earlier step has kept."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Value:
    """A value that is known when the case is played."""

    def text(self) -> str:
        """How a report names it."""
        raise NotImplementedError

    def of(self, known: Known) -> Any:
        """The real value. Raises `Unresolved`."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class Configured(Value):
    """A setting of the plan; a name the settings do not have is refused when the case is loaded."""

    name: str

    def __post_init__(self) -> None:
        setting_named(self.name)

    def text(self) -> str:
        """<configured name>."""
        return f"<configured {self.name}>"

    def of(self, known: Known) -> Any:
        """The plan's value."""
        return known.setting(self.name)


class _Settings:
    """`configured.evse_id` instead of `Configured("evse_id")`."""

    def __getattr__(self, name: str) -> Configured:
        if name.startswith("_"):
            raise AttributeError(name)
        return Configured(name)


configured: Final = _Settings()
"""The settings of the plan, by name."""


@dataclass(frozen=True)
class Kept(Value):
    """What an earlier step kept under this name; `path` reaches into it."""

    name: str

    def text(self) -> str:
        """<name of an earlier step>."""
        return f"<{self.name} from before>"

    def of(self, known: Known) -> Any:
        """What was kept."""
        if self.name not in known.kept:
            raise Unresolved(f"no earlier step has kept {self.name}")
        return known.kept[self.name]


@dataclass(frozen=True)
class Fresh(Value):
    """A new number for a request (requestId, remoteStartId, id of a profile): the same in the whole case for the same name."""

    name: str

    def text(self) -> str:
        """<new name>."""
        return f"<new {self.name}>"

    def of(self, known: Known) -> Any:
        """The number."""
        return known.kept[self.name] if self.name in known.kept else known.fresh(self.name)


@dataclass(frozen=True)
class Moment(Value):
    """The present plus `seconds` (a number or a value), as a date-time text in UTC; kept under `name` if it has one."""

    seconds: Any = 0
    name: str = ""

    def text(self) -> str:
        """<now plus so many seconds>."""
        return f"<now + {shown(self.seconds)} s>" if self.seconds else "<now>"

    def of(self, known: Known) -> Any:
        """The date-time, whole seconds with `Z`."""
        moment = known.now() + timedelta(seconds=float(resolve(self.seconds, known)))
        written = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.name:
            return known.kept.setdefault(self.name, written)
        return written


@dataclass(frozen=True)
class Computed(Value):
    """Worked out from what is known, by a function; `what` names it in the report."""

    what: str
    work: Callable[[Known], Any]

    def text(self) -> str:
        """<what it is>."""
        return f"<{self.what}>"

    def of(self, known: Known) -> Any:
        """The result."""
        return self.work(known)


@dataclass(frozen=True)
class Made(Value):
    """Something the bench makes for the occasion, by name and details (`Known.made`)."""

    what: str
    details: tuple[tuple[str, Any], ...] = ()

    def text(self) -> str:
        """<what it is>."""
        more = ", ".join(f"{key} {shown(value)}" for key, value in self.details)
        return f"<{self.what}{': ' + more if more else ''}>"

    def of(self, known: Known) -> Any:
        """The thing."""
        return known.made(self.what, **{key: resolve(value, known) for key, value in self.details})


def made(what: str, **details: Any) -> Made:
    """Something the bench makes for the occasion."""
    return Made(what, tuple(sorted(details.items())))


def plus(first: Any, *others: Any) -> Computed:
    """The sum of numbers and values."""
    parts = (first, *others)
    what = " + ".join(shown(part) for part in parts)
    return Computed(what, lambda known: sum(resolve(part, known) for part in parts))


def times(first: Any, *others: Any) -> Computed:
    """The product of numbers and values."""
    parts = (first, *others)
    what = " x ".join(shown(part) for part in parts)

    def work(known: Known) -> Any:
        product = 1
        for part in parts:
            product *= resolve(part, known)
        return product

    return Computed(what, work)


def written(value: Any) -> Computed:
    """A number, truth value or list as a variable's text: `true`, `10`, `1,2`."""
    return Computed(shown(value), lambda known: text_of(resolve(value, known)))


def text_of(value: Any) -> str:
    """The value as the device model writes it (2.0.1 Part 2, 2.1.5 and the data types)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(text_of(one) for one in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class _Omitted:
    def __repr__(self) -> str:
        return "<omitted>"


OMITTED: Final = _Omitted()
"""A field with this value is left out."""


def resolve(thing: Any, known: Known) -> Any:
    """`thing` with every value in it replaced by the real one, and omitted fields gone. Raises `Unresolved`."""
    if isinstance(thing, Value):
        return resolve(thing.of(known), known)
    if isinstance(thing, Mapping):
        items = ((key, resolve(value, known)) for key, value in thing.items())
        return {key: value for key, value in items if value is not OMITTED}
    if isinstance(thing, (list, tuple)):
        return [one for one in (resolve(part, known) for part in thing) if one is not OMITTED]
    return thing


def shown(thing: Any) -> str:
    """How a report names a value or a plain thing."""
    if isinstance(thing, Value):
        return thing.text()
    if isinstance(thing, bool):
        return "true" if thing else "false"
    if isinstance(thing, (list, tuple)):
        return ", ".join(shown(one) for one in thing)
    if isinstance(thing, Mapping):
        return "{" + ", ".join(f"{key}: {shown(value)}" for key, value in thing.items()) + "}"
    return str(thing)


def look(message: Any, path: str) -> Any:
    """What stands at `path` (`idTokenInfo.status`, `eventData[0].component.name`) in a payload; `MISSING` if nothing does."""
    found = message
    for step in steps_of(path):
        if isinstance(step, int):
            if not isinstance(found, list) or step >= len(found):
                return MISSING
            found = found[step]
        elif not isinstance(found, Mapping) or step not in found:
            return MISSING
        else:
            found = found[step]
    return found


class _Missing:
    def __repr__(self) -> str:
        return "nothing"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
"""What `look` finds where nothing is."""


def steps_of(path: str) -> Iterable[str | int]:
    """The steps of a path. Raises MisuseError for one that cannot be read."""
    if not path:
        return
    for part in path.split("."):
        name, *places = part.split("[")
        if name:
            yield name
        for place in places:
            if not place.endswith("]") or not place[:-1].isdigit():
                raise MisuseError(f"{path!r} is no path", "Write names with dots and [numbers].")
            yield int(place[:-1])
