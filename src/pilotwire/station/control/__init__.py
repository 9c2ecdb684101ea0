"""The local control port (HTTP): what a person does at a station, and what a digger does to its line; of one station or of many."""

from pilotwire.station.control.api import control_api
from pilotwire.station.control.bodies import StationPlan
from pilotwire.station.control.guard import token_for
from pilotwire.station.control.hosting import Host, host_api

__all__ = ["Host", "StationPlan", "control_api", "host_api", "token_for"]
