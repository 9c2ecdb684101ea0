"""Thousands of stations in one process: what is to happen there is a scenario in YAML."""

from pilotwire.simulator.fleet.running import Fleet
from pilotwire.simulator.fleet.scenario import Scenario, read_scenario

__all__ = ["Fleet", "Scenario", "read_scenario"]
