"""Webhooks: what is stored is told to others by HTTP, signed, in order per station, and again until they have it.

An event is put into the outbox in the same database transaction as what it tells of, so nothing is told that did not happen, and nothing
that happened is forgotten, whatever is killed. Something may be told twice: `webhook-id` is then the same.
"""

from pilotwire.csms.webhooks.deliveries import Deliveries
from pilotwire.csms.webhooks.outbox import Outbox
from pilotwire.csms.webhooks.signature import new_secret, signature

__all__ = ["Deliveries", "Outbox", "new_secret", "signature"]
