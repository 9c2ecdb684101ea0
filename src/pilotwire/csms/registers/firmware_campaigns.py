"""What is kept of firmware campaigns: enough to go on after a restart without asking any station twice."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.firmware_campaigns import Campaign, Member

CAMPAIGNS: Final = Register("firmware-campaigns", Campaign)
"""Of no station, by campaign id."""
MEMBERS: Final = Register("firmware-campaign-members", Member)
"""By campaign id (where other registers have the station) and station."""
