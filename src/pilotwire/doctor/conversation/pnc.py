"""Plug & Charge: whether the backend has the messages of ISO 15118, and what it says to the vehicle's contract.

"The SECC authenticates, but OCPP rejects" has two causes that look alike at the station: a backend that lacks the messages, and a
contract certificate that does not pass. Each is named.
"""

from __future__ import annotations

import json
from typing import Final

from pilotwire.doctor.conversation.context import Group
from pilotwire.doctor.conversation.said import Answered, Json, Said, inside, text_at
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.v16.plug_and_charge import VENDOR_ID

_ONLY_PNC: Final = frozenset({"Get15118EVCertificate", "GetCertificateStatus", "GetCertificateChainStatus"})
_LACKS: Final = frozenset({"NotImplemented", "NotSupported"})
_NOT_KNOWN: Final = frozenset({"UnknownVendorId", "UnknownMessageId", "UnknownVendor", "Rejected"})


def is_pnc(call: Said) -> bool:
    """Whether a call of the station is of Plug & Charge."""
    if call.sender != "station":
        return False
    if call.action == "DataTransfer":
        return text_at(call.payload, "vendorId") == VENDOR_ID
    if call.action == "Authorize":
        certified = {"certificate", "iso15118CertificateHashData"} & call.payload.keys()
        return bool(certified) or text_at(call.payload, "idToken", "type") == "eMAID"
    return call.action in _ONLY_PNC


class PlugAndCharge(Group):
    """Plug & Charge at one station."""

    def answered(self, answer: Answered) -> None:
        """What the backend answers to messages of ISO 15118."""
        call = answer.call
        if not is_pnc(call):
            return
        name, payload = _message(answer)
        if answer.code in _LACKS:
            self._lacks(answer, name, answer.code)
        elif call.action == "DataTransfer" and answer.status in _NOT_KNOWN:
            self._lacks(answer, name, answer.status)
        elif name == "Authorize":
            self._authorized(answer, payload)
        elif name == "Get15118EVCertificate" and text_at(payload, "status") == "Failed":
            self._lacks(answer, name, "status Failed")

    def _lacks(self, answer: Answered, name: str, said: str) -> None:
        what = f"The SECC authenticates but OCPP rejects: the backend answers {name} with {said}; it lacks the 15118 messages."
        remedy = ""
        if said == "status Failed":
            what = f"The SECC authenticates but OCPP rejects: the backend answers {name} with {said}."
            remedy = "Look at the backend's connection to the contract certificate pool, and whether it holds a contract for this vehicle."
        self.notes.found(rules.PNC_MISSING, what, answer.call.text, answer.text, at=answer, case=name, remedy=remedy)

    def _authorized(self, answer: Answered, payload: Json) -> None:
        verdict = text_at(payload, "certificateStatus")
        token = text_at(payload, "idTokenInfo", "status")
        if verdict and verdict != "Accepted":
            what = f"The SECC authenticates but OCPP rejects: the backend says {verdict} of the contract certificate."
            self.notes.found(rules.PNC_CERTIFICATE, what, answer.call.text, answer.text, at=answer, case=verdict)
        elif not verdict and token not in ("Accepted", "") and _has_hashes(answer.call):
            what = (
                f"The SECC authenticates but OCPP rejects: the backend answers {token} without a certificateStatus, "
                "so it has not looked at the certificate; it lacks the 15118 messages."
            )
            self.notes.found(rules.PNC_MISSING, what, answer.call.text, answer.text, at=answer, case="Authorize")


def _has_hashes(call: Said) -> bool:
    request = _data(call.payload) if call.action == "DataTransfer" else call.payload
    return bool({"certificate", "iso15118CertificateHashData"} & request.keys())


def _message(answer: Answered) -> tuple[str, Json]:
    """Name and answer of the message, also if it travels in a DataTransfer."""
    if answer.call.action != "DataTransfer":
        return answer.call.action, answer.payload
    return text_at(answer.call.payload, "messageId") or "DataTransfer", _data(answer.payload)


def _data(payload: Json) -> Json:
    data = inside(payload, "data")
    try:
        found = json.loads(data) if isinstance(data, str) else data
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
