"""Data transfer plug-ins: packages that answer a vendor's DataTransfer (P02), found by their entry points.

A package declares an entry point in the group `pilotwire.data_transfer`, named after the vendor id. What it points to is one of

- a hook: a coroutine function that takes the station's identity and a `DataTransferred` and gives a `DataTransferVerdict`;
- a mapping from message ids to hooks: a message id that is not in it is answered UnknownMessageId (P02.FR.07);
- a factory: a class or a function without parameters that gives one of the two.

A plug-in that cannot be used is told in the log and in `GET /plugins`; it stops nothing unless the operator wants it to.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, cast

import structlog

from pilotwire.csms.handlers.desk import VendorHook
from pilotwire.domain.data_transfer import DataTransferred, DataTransferStatus, DataTransferVerdict
from pilotwire.errors import ConfigError

GROUP: Final = "pilotwire.data_transfer"
_log = structlog.get_logger("pilotwire.csms")


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point as it was found. `message_ids` () is any. `problem`: why it is not in use, None if it is."""

    vendor_id: str
    package: str
    package_version: str
    entry_point: str
    message_ids: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Plugins:
    """All plug-ins that were found, and the hooks of those in use, by vendor id in lower case."""

    found: tuple[Plugin, ...] = ()
    hooks: Mapping[str, VendorHook] = field(default_factory=dict)


NO_PLUGINS: Final = Plugins()


class _Unfit(Exception):
    """What an entry point gives is no plug-in."""


def load_plugins(*, must_load: bool = False, points: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load all plug-ins that are installed. Raises ConfigError if `must_load` and one of them cannot be used."""
    declared = entry_points(group=GROUP) if points is None else points
    found: list[Plugin] = []
    hooks: dict[str, VendorHook] = {}
    owners: dict[str, str] = {}
    for point in sorted(declared, key=lambda each: (each.name.lower(), _package(each))):
        vendor, package = point.name.lower(), _package(point)
        try:
            if vendor in owners:
                raise _Unfit(f"the package {owners[vendor]} already answers this vendor")
            hook, message_ids = _hook_of(point)
        except Exception as error:  # somebody else's code: whatever it does when it is loaded, it is told as its fault
            found.append(_told(point, problem=_reason(error)))
            _complain(found[-1], must_load=must_load)
            continue
        hooks[vendor], owners[vendor] = hook, package
        found.append(_told(point, message_ids))
    return Plugins(tuple(found), hooks)


def _complain(plugin: Plugin, *, must_load: bool) -> None:
    what = (
        f"the plug-in {plugin.vendor_id!r} of the package {plugin.package} ({GROUP}: {plugin.entry_point}) cannot be used: "
        f"{plugin.problem}"
    )
    if must_load:
        raise ConfigError(f"{what}.", "Mend or uninstall the package, or start without --plugins-must-load.")
    _log.error(what, package=plugin.package, entry_point=plugin.entry_point)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, _Unfit) else f"{type(error).__name__}: {error}"


def _package(point: EntryPoint) -> str:
    return "unknown" if point.dist is None else point.dist.name


def _told(point: EntryPoint, message_ids: tuple[str, ...] = (), problem: str | None = None) -> Plugin:
    return Plugin(
        vendor_id=point.name,
        package=_package(point),
        package_version="" if point.dist is None else point.dist.version,
        entry_point=point.value,
        message_ids=message_ids,
        problem=problem,
    )


def _hook_of(point: EntryPoint) -> tuple[VendorHook, tuple[str, ...]]:
    """The hook of an entry point, and the message ids it is limited to."""
    made = point.load()
    if not isinstance(made, Mapping) and not _is_hook(made) and _takes_nothing(made):
        made = made()
    if isinstance(made, Mapping):
        return _by_message(made)
    if not _is_hook(made):
        raise _Unfit(
            "it is neither a coroutine function of a station and its data, nor a mapping of them, nor a factory"
        )
    return cast(VendorHook, made), ()


def _is_hook(made: Any) -> bool:
    """Whether it is a coroutine function, or an object that is called like one."""
    called = made if inspect.isroutine(made) else None if inspect.isclass(made) else getattr(made, "__call__", None)  # noqa: B004
    if not inspect.iscoroutinefunction(called):
        return False
    try:
        inspect.signature(made).bind("station", "data")
    except (TypeError, ValueError):
        return False
    return True


def _takes_nothing(made: Any) -> bool:
    if not callable(made):
        return False
    try:
        inspect.signature(made).bind()
    except (TypeError, ValueError):
        return False
    return not inspect.iscoroutinefunction(made)


def _by_message(hooks: Mapping[Any, Any]) -> tuple[VendorHook, tuple[str, ...]]:
    """A hook that hands on to the hook of the message id."""
    for message_id, hook in hooks.items():
        if not isinstance(message_id, str) or not _is_hook(hook):
            raise _Unfit(
                f"what it has for the message id {message_id!r} is no coroutine function of a station and its data"
            )
    by_id: dict[str, Callable[..., Any]] = dict(hooks)

    async def chosen(station: str, data: DataTransferred) -> DataTransferVerdict:
        hook = by_id.get(data.message_id or "")
        if hook is None:
            return DataTransferVerdict(status=DataTransferStatus.UNKNOWN_MESSAGE_ID)
        verdict: DataTransferVerdict = await hook(station, data)
        return verdict

    return chosen, tuple(by_id)
