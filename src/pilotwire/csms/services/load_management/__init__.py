"""Load management of sites: what is known of one (`book`), and the service that keeps it below its limits."""

from pilotwire.csms.services.load_management.book import Decision, SiteBook, Slot, Telling
from pilotwire.csms.services.load_management.service import LoadManager

__all__ = ["Decision", "LoadManager", "SiteBook", "Slot", "Telling"]
