"""What of ended sessions is kept until the CSMS was told their total usage."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Value


class Usage(Value):
    """A session that ended: where, whose, from when to when, from which register to which in Wh, and what the CSMS said it costs."""

    evse: int
    started_at: datetime
    ended_at: datetime
    meter_start: Decimal
    meter_stop: Decimal
    connector: int | None = None
    id_token: IdToken | None = None
    cost: Decimal | None = None


class UsageMemory(Value, tag="usage", tag_field="part"):
    """The sessions of which the CSMS has not yet taken the end, by the station's own id of the transaction."""

    name: ClassVar[str] = "usage"
    ended: dict[str, Usage] = {}
