"""The local control port (HTTP): what a person does at a station, and what a digger does to its line."""

from pilotwire.station.control.api import control_api

__all__ = ["control_api"]
