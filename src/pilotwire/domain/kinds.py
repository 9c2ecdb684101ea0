"""The four kinds of things that are said between a station and its backend, in neutral words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform

import msgspec

if TYPE_CHECKING:

    @dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
    class _Frozen:
        """What a type checker sees of the base below: keyword-only, never changed."""

        def __init_subclass__(cls, **options: Any) -> None: ...

else:

    class _KeywordOnly(msgspec.StructMeta):
        """msgspec does not inherit `kw_only`; here every struct has it."""

        def __new__(mcls, name, bases, namespace, **options):
            return super().__new__(mcls, name, bases, namespace, **({"kw_only": True} | options))

    class _Frozen(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, metaclass=_KeywordOnly):
        """Never changed, compared by content; defaults are left out when encoded. No cycles, so no work for the garbage collector."""


class Value(_Frozen):
    """A part of something said: compared by content, never changed."""


class Reason(Value):
    """Why, in the words of the standard: `code` of its appendix of reason codes, `info` for people (2.x StatusInfoType); 1.6 has none."""

    code: str
    info: str | None = None


class Fact(_Frozen, tag=True, tag_field="fact"):
    """Something a station states. The tag lets facts be kept on disk and read back (the station's outbox)."""


class Verdict(_Frozen):
    """What the backend answers to a fact."""


class Command(_Frozen, tag=True, tag_field="command"):
    """Something the backend wants of a station."""


class Outcome(_Frozen):
    """What a station answers to a command. `why` it is not as wished, where the station says and its version can (statusInfo)."""

    why: Reason | None = None


class Noted(Verdict):
    """The verdict on a fact that needs no answer but that it has been stored."""


_V = TypeVar("_V", bound=_Frozen)


def changed(value: _V, /, **changes: object) -> _V:
    """A copy of `value` with some fields changed."""
    return cast(_V, msgspec.structs.replace(cast(Any, value), **changes))
