"""ISO 15118-20 at the station: AC and DC, both also bidirectional."""

from pilotwire.iso15118.secc.iso20.session import Iso20Session
from pilotwire.iso15118.secc.iso20.talk import Options

__all__ = ["Iso20Session", "Options"]
