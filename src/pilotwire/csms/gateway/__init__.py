"""Where stations connect: admit, authenticate, choose the dialect, own the connection.

A message comes in: frame log -> session -> typed message -> dialect -> handlers -> dialect -> answer. A command goes out the other way.
"""

from pilotwire.csms.gateway.gateway import Gateway

__all__ = ["Gateway"]
