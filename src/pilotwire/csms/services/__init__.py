"""What the CSMS does by itself, without being asked: one module a service, each a task that runs as long as the CSMS does."""

from pilotwire.csms.services.service import Parts, Service, Services, pause

__all__ = ["Parts", "Service", "Services", "pause"]
