"""What stations remember of tokens (functional block C)."""

from __future__ import annotations

from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.authorization import ClearCache, ClearCacheOutcome


async def clear_cache(commander: Commander, station: str) -> ClearCacheOutcome:
    """Make a station forget its cached authorizations (C11)."""
    return await commander.ask(station, ClearCache(), ClearCacheOutcome)
