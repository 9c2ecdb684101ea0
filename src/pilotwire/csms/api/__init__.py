"""The HTTP API of the CSMS: one module a resource, `create_api` puts them together.

The resources are shapes of their own (`resource.Resource`), with the standards' names in camelCase: what is stored may change without
the API changing. The API decides nothing; it asks the store, writes through the journal and gives commands through the commander.
"""

from pilotwire.csms.api.app import create_api, end_streams
from pilotwire.csms.api.keys import ensure_admin_key
from pilotwire.csms.api.rooms import Rooms

__all__ = ["Rooms", "create_api", "end_streams", "ensure_admin_key"]
