"""The cases: one package a document, role and block, one module a use case, one literal a case.

Every `Case` at the top of a module here is a case; `all_cases` finds them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from pilotwire.conformance.language import Case
from pilotwire.errors import MisuseError


@cache
def all_cases() -> Mapping[str, Case]:
    """All cases, by id. Raises MisuseError where two have the same."""
    found: dict[str, Case] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        for thing in vars(importlib.import_module(module.name)).values():
            if not isinstance(thing, Case):
                continue
            if thing.id in found and found[thing.id] is not thing:
                raise MisuseError(f"There are two cases {thing.id}.")
            found[thing.id] = thing
    return dict(sorted(found.items()))
