"""A site with vehicles on virtual time: what a strategy of load management makes of it, against the best that could be."""

from pilotwire.simulator.site.running import Record, simulate
from pilotwire.simulator.site.settings import Site, site_of
from pilotwire.simulator.site.shipped import load_site, shipped

__all__ = ["Record", "Site", "load_site", "shipped", "simulate", "site_of"]
