"""What the cases of block B share: variables asked for and set, and what is told of them."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, absent, count, either, equals, some
from pilotwire.conformance.variables import component_variable

THRESHOLD = "OCPPCommCtrlr.OfflineThreshold"
LOCAL_OFFLINE = "AuthCtrlr.LocalAuthorizeOffline"


def variable(name: str, **more: Any) -> dict[str, Any]:
    """A member of getVariableData or setVariableData; `more` are its further fields."""
    return component_variable(name) | more


def _named(name: str, before: str = "") -> tuple[Check, ...]:
    names = component_variable(name)
    return tuple(
        equals(f"{before}{part}.{field}", value) for part, about in names.items() for field, value in about.items()
    )


def no_trouble(before: str = "", *reasons: str) -> Check:
    """attributeStatusInfo is left out, or its reason is one of these (NoError if none is given)."""
    info = f"{before}attributeStatusInfo"
    return either(absent(info), *(equals(f"{info}.reasonCode", reason) for reason in reasons or ("NoError",)))


def only_result(results: str, name: str, **fields: Any) -> tuple[Check, ...]:
    """The list `results` has one member, which is about this variable and has these fields."""
    before = f"{results}[0]."
    told = tuple(equals(f"{before}{field}", value) for field, value in fields.items())
    return (count(results, 1), *told, *_named(name, before))


def some_result(results: str, name: str, **fields: Any) -> Check:
    """Some member of the list `results` is about this variable, has these fields, and tells of no trouble."""
    told = tuple(equals(field, value) for field, value in fields.items())
    return some(results, *_named(name), *told, no_trouble())
