"""Reports of the CSMS: gathered from what is stored, and written as JSON, CSV, a page, or PDF."""

from pilotwire.csms.reporting.gathering import sites_of_stations, told_report
from pilotwire.csms.reporting.writing import Format, written

__all__ = ["Format", "sites_of_stations", "told_report", "written"]
