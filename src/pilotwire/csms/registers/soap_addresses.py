"""Where stations of OCPP-S listen themselves: their wsa:From (S16:3.7), the only way to send them anything, also after a restart."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value


class SoapAddress(Value):
    """The address a station told last, and the version it speaks there ("1.5", "1.6")."""

    station: str
    address: str
    version: str
    told_at: datetime


SOAP_ADDRESSES: Final = Register("soap-addresses", SoapAddress)
"""By station; the key is always empty."""
