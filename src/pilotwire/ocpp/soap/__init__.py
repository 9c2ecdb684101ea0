"""OCPP-S: the messages of OCPP 1.6, and those of 1.5, in SOAP 1.2 envelopes (OCPP-S 1.6; the WSDLs of 1.5 and 1.6). No I/O.

Requirement marks: `S16:3.3` is section 3.3 of OCPP-S 1.6.
"""

from pilotwire.ocpp.soap.codec import Call, read_answer, read_call, write_answer, write_call, write_fault
from pilotwire.ocpp.soap.envelope import ANONYMOUS, Envelope, Fault, Header, Unreadable
from pilotwire.ocpp.soap.names import ACTIONS, NAMESPACES, Side, SoapVersion
from pilotwire.ocpp.soap.payload import Departures

__all__ = [
    "ACTIONS",
    "ANONYMOUS",
    "NAMESPACES",
    "Call",
    "Departures",
    "Envelope",
    "Fault",
    "Header",
    "Side",
    "SoapVersion",
    "Unreadable",
    "read_answer",
    "read_call",
    "write_answer",
    "write_call",
    "write_fault",
]
