"""The vehicle's session of DIN SPEC 70121: direct current, paid by external means, without TLS."""

from __future__ import annotations

from pilotwire.iso15118.evcc.din.session import DinSession

__all__ = ["DinSession"]
