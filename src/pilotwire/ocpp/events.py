"""What a `Session` tells its owner: calls and answers that arrived, outcomes of our own calls, and breaches by the peer.

All events are frozen. `raw` of a message event is the JSON of its payload as the peer sent it; `tag` is whatever the owner handed to
`Session.call`; `elapsed` is in seconds since the CALL was handed to the transport.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from pilotwire.ocpp.types import Message

Severity = Literal["note", "warning", "error"]
"""`note`: worth knowing, nothing was lost. `warning`: against a recommendation, or understood all the same. `error`: refused."""

EVIDENCE: Final = 4096
"""Bytes of a message kept in a `Breach`."""
SHOWN_NAME: Final = 64
"""Characters kept of an action name nobody knows."""


class CallReceived(msgspec.Struct, frozen=True):
    """The peer calls us: exactly one `Session.answer` or `Session.refuse` is due.

    `mended` tells that the payload broke the schema and a declared tolerance repaired it; `raw` is then still what was sent.
    """

    message_id: str
    action: str
    message: Message
    raw: bytes
    mended: bool = False


class SendReceived(msgspec.Struct, frozen=True):
    """An unconfirmed message (2.1, J2:4.2.4); there is nothing to answer."""

    message_id: str
    action: str
    message: Message
    raw: bytes
    mended: bool = False


class ResultReceived(msgspec.Struct, frozen=True):
    """Outcome of a call of ours: its CALLRESULT. `message` is None only for a forced call of an action without known shapes."""

    message_id: str
    action: str
    message: Message | None
    raw: bytes
    tag: object
    elapsed: float
    mended: bool = False


class ErrorReceived(msgspec.Struct, frozen=True):
    """Outcome of a call of ours: a CALLERROR. `code` is in this version's spelling, `details` is the JSON of an object."""

    message_id: str
    action: str
    code: str
    description: str
    details: bytes
    tag: object
    elapsed: float


class ResultInvalid(msgspec.Struct, frozen=True):
    """Outcome of a call of ours: the peer answered, but the answer cannot be used. A `Breach` with the details came before it.

    `processed`: it was a CALLRESULT, by which a peer says that it has processed the call (J2:4.2.2; failures are CALLERRORs).
    """

    message_id: str
    action: str
    reason: str
    raw: bytes
    tag: object
    elapsed: float
    processed: bool = True


class CallTimedOut(msgspec.Struct, frozen=True):
    """Outcome of a call of ours: no answer within its timeout (J16:4.1.1, J2:4.1.1)."""

    message_id: str
    action: str
    tag: object
    elapsed: float


class CallFailed(msgspec.Struct, frozen=True):
    """Outcome of a call of ours: it cannot be answered any more. `sent` is False when it never left the queue."""

    message_id: str
    action: str
    reason: str
    tag: object
    sent: bool


class ResultRefused(msgspec.Struct, frozen=True):
    """The peer could not use an answer of ours and said so with a CALLRESULTERROR (2.1, J2:4.2.3)."""

    message_id: str
    action: str
    code: str
    description: str
    details: bytes


class Breach(msgspec.Struct, frozen=True):
    """The peer departed from the protocol: the raw material of a finding.

    `rule` is the broken section (`J2:4.1.4`), the kind of schema rule (`schema:missing`) or a limit of ours (`limit:message-size`),
    `what` a sentence, `path` the place in the payload ("" for the frame itself), `raw` the beginning of the message as it arrived.
    """

    rule: str
    severity: Severity
    what: str
    path: str = ""
    message_id: str = ""
    action: str = ""
    raw: bytes = b""


Outcome = ResultReceived | ErrorReceived | ResultInvalid | CallTimedOut | CallFailed
"""Every call of ours ends with exactly one of these."""

Event = CallReceived | SendReceived | Outcome | ResultRefused | Breach
