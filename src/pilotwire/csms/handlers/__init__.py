"""A station said something: one module a street, and a table from the type of a fact to its handler."""

from pilotwire.csms.handlers.desk import Policy, VendorHook
from pilotwire.csms.handlers.reception import HANDLERS, Handlers

__all__ = ["HANDLERS", "Handlers", "Policy", "VendorHook"]
