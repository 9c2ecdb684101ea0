"""Command line options made from a program's settings: whatever can be set is an option, with the words of the setting."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pilotwire.settings import Settings

_PANELS: Final[Mapping[str, str]] = {
    "tls": "TLS",
    "soap": "OCPP-S",
    "plain": "TLS",
    "http_tls": "TLS",
    "upload": "Uploads",
    "uploads": "Uploads",
    "max_upload": "Uploads",
    "ftp": "Uploads",
    "sftp": "Uploads",
    "firmware": "Firmware",
    "keep": "Retention",
    "oidc": "Access",
    "authorization": "Authorization",
    "signer": "Certificates",
    "contracts": "Certificates",
    "ocsp": "Certificates",
    "lab": "Certificates",
    "vat": "Tariffs and payment",
    "receipt": "Tariffs and payment",
}
"""Under which heading options are listed, by how the setting's name begins; the others come first."""


def with_options(kind: type[Settings]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator that gives a verb, which takes them as keywords, an option for each setting; None stands for one not given.

    A setting that is a list is an option that may be repeated. An option said twice in the decorated function's own parameters is left
    to it.
    """

    def decorate(verb: Callable[..., None]) -> Callable[..., None]:
        own = [
            each
            for each in inspect.signature(verb, eval_str=True).parameters.values()
            if each.kind is not each.VAR_KEYWORD
        ]
        taken = {each.name for each in own}
        made = [each for each in _parameters(kind) if each.name not in taken]
        verb.__signature__ = inspect.Signature([*own, *made])  # type: ignore[attr-defined]
        verb.__annotations__ = {each.name: each.annotation for each in (*own, *made)} | {"return": None}
        return verb

    return decorate


def _parameters(kind: type[Settings]) -> Iterator[inspect.Parameter]:
    for name, field in kind.model_fields.items():
        if _is_table(field.annotation):
            continue  # a table is said in the file
        shape, repeated = _shape(field.annotation)
        option = typer.Option(*_names(name, shape), help=_help(field), rich_help_panel=_panel(name), show_default=False)
        annotation: Any = Annotated[list[shape] | None if repeated else shape | None, option]  # type: ignore[valid-type]
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _is_table(annotation: Any) -> bool:
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return any(get_origin(one) is dict or (isinstance(one, type) and issubclass(one, BaseModel)) for one in kinds)


def _shape(annotation: Any) -> tuple[Any, bool]:
    """The type an option has on the command line, and whether it may be repeated: what is more particular is checked with the settings."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        kinds = [each for each in get_args(annotation) if each is not NoneType]
        return _shape(kinds[0]) if len(kinds) == 1 else (str, False)
    if origin in (tuple, list, frozenset):
        return str, True
    if isinstance(annotation, type) and annotation in (bool, int, float) and not issubclass(annotation, Enum):
        return annotation, False
    return str, False


def _names(name: str, shape: Any) -> tuple[str, ...]:
    """How an option is written: `--tls-port`, `--quiet/--no-quiet`; `no_...` has its own opposite."""
    option = f"--{name.replace('_', '-')}"
    if shape is not bool:
        return (option,)
    return (f"{option}/--{name.removeprefix('no_')}",) if name.startswith("no_") else (f"{option}/--no-{option[2:]}",)


def _help(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    allowed = extra.get("allowed") if isinstance(extra, dict) else None
    what = field.description or ""
    what = what[:1].upper() + what[1:]
    said = f"{what}: {allowed}." if allowed and allowed != "true or false" else f"{what}."
    default = field.default
    if field.is_required() or default is None or default in ((), ""):
        return said
    return f"{said} Default: {default.value if isinstance(default, Enum) else default}"


def _panel(name: str) -> str | None:
    found = [prefix for prefix in _PANELS if name == prefix or name.startswith(f"{prefix}_")]
    return _PANELS[max(found, key=len)] if found else None
