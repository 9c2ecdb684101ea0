"""OCPI: the objects of roaming that concern money (Tariff, CDR), as 2.2.1 and 2.3 have them. Shapes only: nothing is decided here."""

from pilotwire.ocpi import parts, v23, v221
from pilotwire.ocpi.types import Shape, encoded

__all__ = ["Shape", "encoded", "parts", "v23", "v221"]
