"""Reports on the operation of ports, stations and sites: what was charged, earned and used, what failed, and how long it was down."""

from pilotwire.domain.reports.causes import CAUSES, Failure, failure_of
from pilotwire.domain.reports.figures import Figures, Known, PortFigures, figures_of
from pilotwire.domain.reports.periods import Unit, parts_of, unit_after
from pilotwire.domain.reports.rows import By, Kind, Report, asked_parts, columns_of, report_of
from pilotwire.domain.reports.sessions import Earned, Session, session_of

__all__ = [
    "CAUSES",
    "By",
    "Earned",
    "Failure",
    "Figures",
    "Kind",
    "Known",
    "PortFigures",
    "Report",
    "Session",
    "Unit",
    "asked_parts",
    "columns_of",
    "failure_of",
    "figures_of",
    "parts_of",
    "report_of",
    "session_of",
    "unit_after",
]
