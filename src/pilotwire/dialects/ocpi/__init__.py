"""OCPI 2.2.1 and 2.3: general tariffs and priced sessions as their objects. Pure, without memory; what cannot be said is told by name."""

from pilotwire.dialects.ocpi.cdrs import CdrFacts, write_cdr, write_credit
from pilotwire.dialects.ocpi.editions import Edition, Party
from pilotwire.dialects.ocpi.reading import ReadTariff, read_tariff
from pilotwire.dialects.ocpi.writing import WrittenTariff, write_tariff

__all__ = [
    "CdrFacts",
    "Edition",
    "Party",
    "ReadTariff",
    "WrittenTariff",
    "read_tariff",
    "write_cdr",
    "write_credit",
    "write_tariff",
]
