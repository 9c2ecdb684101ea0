"""How things stand, as plain JSON values with the names of the standard's JSON: evseId, not evse_id."""

from __future__ import annotations

from typing import Any

import msgspec


def plain(seen: Any) -> dict[str, Any]:
    """A dataclass, with what is in it, as a JSON object."""
    told: dict[str, Any] = _camel(msgspec.to_builtins(seen, str_keys=True))
    return told


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel_name(name): _camel(inner) for name, inner in value.items()}
    return [_camel(inner) for inner in value] if isinstance(value, list | tuple) else value


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
