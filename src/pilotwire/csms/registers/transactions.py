"""What is kept of transactions besides themselves: which of them have had a gap in their sequence numbers, and since when."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value


class SequenceGap(Value):
    """Sequence numbers are missing since `since`; `told`: there is a finding about it."""

    station: str
    transaction_id: str
    since: datetime
    told: bool = False


GAPS: Final = Register("transaction-gaps", SequenceGap)
"""By station and transaction id."""
