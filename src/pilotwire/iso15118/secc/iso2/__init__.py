"""The station's session of ISO 15118-2."""

from __future__ import annotations

from pilotwire.iso15118.secc.iso2.session import Iso2Session

__all__ = ["Iso2Session"]
