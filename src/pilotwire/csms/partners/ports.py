"""What the decisions of the CSMS ask of others. Every partner may be absent (None): then the CSMS decides alone, or says that it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import Address
from pilotwire.errors import PilotwireError


class PartnerFailed(PilotwireError):
    """A partner did not answer in time, or not in a way that can be understood."""


class VatFinding(Value):
    """What is found of a VAT number: whether it is valid, and whose it is if that is told."""

    valid: bool
    company: Address | None = None


class VatChecker(Protocol):
    """Knows VAT numbers (C18.FR.09)."""

    async def check(self, vat_number: str) -> VatFinding:
        """Whether a number is valid, and whose. Raises PartnerFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners of a CSMS."""

    vat: VatChecker | None = None


ALONE = Partners()
"""No partner at all."""
