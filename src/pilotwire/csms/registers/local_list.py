"""What is believed of the local lists of stations, and what they are to hold (functional block D)."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.store.ports import Store
from pilotwire.csms.store.registers import Register
from pilotwire.domain.local_list import KnownList, ListPolicy

LISTS: Final = Register("local-lists", KnownList)
"""By station; the key is always empty."""
LIST_POLICIES: Final = Register("local-list-policies", ListPolicy)
"""By station; that of no station is for all that have none of their own. The key is always empty."""


async def policy_of(store: Store, station: str) -> ListPolicy:
    """What a station's list is to hold."""
    own = await store.record(LIST_POLICIES, station, "")
    return own or await store.record(LIST_POLICIES, "", "") or ListPolicy()
