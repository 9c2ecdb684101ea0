"""What the VTNs of sites have said last (OpenADR 3)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value
from pilotwire.domain.openadr import VtnEvent


class VtnRecord(Value):
    """What a VTN said last of a site, and how it stands with it.

    `trouble` since `at`: why it cannot be asked, or what was wrong with what it said; "": nothing since then. What it said before goes on
    to count meanwhile. `notes`: what it says that is not acted upon. `priced`: the prices of the plan are its.
    """

    site: str
    name: str
    at: datetime
    events: tuple[VtnEvent, ...] = ()
    trouble: str = ""
    notes: tuple[str, ...] = ()
    priced: bool = False
    callback: str = ""
    called: datetime | None = None


VTNS: Final = Register("openadr-vtns", VtnRecord)
"""By `part_key` of site and name; of no station."""
