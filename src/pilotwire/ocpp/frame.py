"""The five frames of OCPP-J: the JSON arrays that carry every message.

`read_frame` takes whatever arrived and never raises: it gives a frame, or a `BrokenFrame` that says what is wrong with it, what could
still be read, and how the specification wants it answered. `write_frame` is its inverse. A frame's payload stays raw JSON: what it
means is the business of `registry`.

Sources: OCPP-J 1.6 sections 4.1 and 4.2 with its errata (`J16:...`), Part 4 of 2.0.1 and 2.1 sections 4.1 to 4.4 (`J2:...`).
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Raw

from pilotwire.errors import MisuseError
from pilotwire.ocpp.version import OcppVersion

MAX_MESSAGE_ID: Final = 36
"""Longest message id, in characters (J16:4.1.4, J2:4.1.4)."""
MAX_DESCRIPTION: Final = 255
"""Longest errorDescription, in characters (J2:4.2.3)."""
UNREADABLE_ID: Final = "-1"
"""The message id of a CALLERROR whose cause had no readable id (J2:4.2.3)."""
EMPTY_OBJECT: Final = Raw(b"{}")

MessageId = Annotated[str, msgspec.Meta(max_length=MAX_MESSAGE_ID)]

_ECHOED_ID = 255  # a longer id is not worth sending back: it is treated as unreadable
_EXCERPT = 40


class MessageType(IntEnum):
    """The message type numbers (J16:4.1.3, J2:4.1.3)."""

    CALL = 2
    CALLRESULT = 3
    CALLERROR = 4
    CALLRESULTERROR = 5
    SEND = 6


class Call(msgspec.Struct, frozen=True, array_like=True, tag=2, forbid_unknown_fields=True):
    """A request (J16:4.2.1, J2:4.2.1); `payload` is the JSON object as sent, or null."""

    message_id: MessageId
    action: str
    payload: Raw


class CallResult(msgspec.Struct, frozen=True, array_like=True, tag=3, forbid_unknown_fields=True):
    """The answer to a CALL (J16:4.2.2, J2:4.2.2); `payload` is the JSON object as sent, or null."""

    message_id: MessageId
    payload: Raw


class CallError(msgspec.Struct, frozen=True, array_like=True, tag=4, forbid_unknown_fields=True):
    """Why a CALL was not handled (J16:4.2.3, J2:4.2.3); `details` is a JSON object."""

    message_id: MessageId
    code: str
    description: str
    details: Raw = EMPTY_OBJECT


class CallResultError(msgspec.Struct, frozen=True, array_like=True, tag=5, forbid_unknown_fields=True):
    """Why a CALLRESULT could not be used (2.1 only, J2:4.2.3); `details` is a JSON object."""

    message_id: MessageId
    code: str
    description: str
    details: Raw = EMPTY_OBJECT


class Send(msgspec.Struct, frozen=True, array_like=True, tag=6, forbid_unknown_fields=True):
    """An unconfirmed message (2.1 only, J2:4.2.4); never answered."""

    message_id: MessageId
    action: str
    payload: Raw


Frame = Call | CallResult | CallError | CallResultError | Send


class BrokenFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived is not a frame.

    `what` is a sentence for a person, `rule` the section it breaks. `message_type`, `message_id` and `action` hold what could be
    read. `answer` is the type of frame the peer is owed (CALLERROR, CALLRESULTERROR or nothing) and `code` the error code to put in
    it. `salvage` is the frame a tolerant reader may take it for (only for errors, which are worth more than their form).
    """

    what: str
    rule: str
    message_type: int | None = None
    message_id: str | None = None
    action: str | None = None
    answer: Literal[MessageType.CALLERROR, MessageType.CALLRESULTERROR] | None = None
    code: str = ""
    salvage: CallError | CallResultError | None = None

    def reply(self) -> CallError | CallResultError | None:
        """The frame to send back, or None where the peer is owed none."""
        if self.answer is None:
            return None
        kind = CallError if self.answer is MessageType.CALLERROR else CallResultError
        return kind(UNREADABLE_ID if self.message_id is None else self.message_id, self.code, cut(self.what))


# --- error codes -------------------------------------------------------------------------------------------------------------

_COMMON_CODES = {
    "GenericError",
    "InternalError",
    "NotImplemented",
    "NotSupported",
    "PropertyConstraintViolation",
    "ProtocolError",
    "SecurityError",
    "TypeConstraintViolation",
}
_CODES_16 = frozenset(_COMMON_CODES | {"FormationViolation", "OccurenceConstraintViolation"})
_CODES_2 = frozenset(
    _COMMON_CODES | {"FormatViolation", "MessageTypeNotSupported", "OccurrenceConstraintViolation", "RpcFrameworkError"}
)
ERROR_CODES: Final = {OcppVersion.V16: _CODES_16, OcppVersion.V201: _CODES_2, OcppVersion.V21: _CODES_2}
"""The error codes each version knows, in its own spelling (J16:4.2.3 table 7, J2:4.3)."""

_TO_16 = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
    "MessageTypeNotSupported": "GenericError",
    "RpcFrameworkError": "GenericError",
}
_TO_2 = {"FormationViolation": "FormatViolation", "OccurenceConstraintViolation": "OccurrenceConstraintViolation"}


def error_code_for(code: str, version: OcppVersion) -> str:
    """The name `version` has for an error code that may be spelled as in another version.

    Raises MisuseError for a code no version knows.
    """
    if code in ERROR_CODES[version]:
        return code
    other = (_TO_16 if version is OcppVersion.V16 else _TO_2).get(code)
    if other is None:
        raise MisuseError(f"{code!r} is no RPC error code of OCPP {version}", f"Use one of {_listed(version)}.")
    return other


def read_error_code(code: str, version: OcppVersion) -> tuple[str, str]:
    """A peer's error code in this version's spelling, and what is wrong with the code as sent ("" when nothing is).

    The spelling of another version is understood; a code nobody knows is kept as it is.
    """
    if code in ERROR_CODES[version]:
        return code, ""
    other = (_TO_16 if version is OcppVersion.V16 else _TO_2).get(code)
    if other is None:
        return code, f"error code {_excerpt(code)} is not one of {_listed(version)}"
    return other, f"error code {code} is another version's name; OCPP {version} has {other}"


def _listed(version: OcppVersion) -> str:
    return ", ".join(sorted(ERROR_CODES[version]))


# --- writing -----------------------------------------------------------------------------------------------------------------

_encode = msgspec.json.Encoder().encode


def write_frame(frame: Frame) -> bytes:
    """The frame as UTF-8 JSON; a description longer than 255 characters is cut.

    The payload goes out as it is: it must be the JSON of one object.
    """
    if (type(frame) is CallError or type(frame) is CallResultError) and len(frame.description) > MAX_DESCRIPTION:
        frame = type(frame)(frame.message_id, frame.code, cut(frame.description), frame.details)
    return _encode(frame)


def cut(description: str) -> str:
    """`description` in at most 255 characters."""
    return description if len(description) <= MAX_DESCRIPTION else description[: MAX_DESCRIPTION - 3] + "..."


# --- reading -----------------------------------------------------------------------------------------------------------------

_three: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Call | CallResult | CallError)
_five: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)
_NOT_READABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)


def read_frame(data: str | bytes, version: OcppVersion) -> Frame | BrokenFrame:
    """Read one WebSocket message; never raises, whatever `data` holds.

    One decode in C reads a good frame. Only a bad one is looked at again, to say what is wrong with it.
    A null payload is as good as an empty object (J16:4.2.1, J2:4.1.5).
    """
    try:
        if isinstance(data, str):
            data = data.encode()
        elif not data.isascii():
            data.decode()  # the payload is skipped over, not read: its encoding must be checked here (J16:4.1.2, J2:4.1.2)
        frame = _five.decode(data) if version is OcppVersion.V21 else _three.decode(data)
    except _NOT_READABLE:
        return _diagnose(data, version)
    # `type(...) is`, not isinstance: for these classes it saves a third of a microsecond a frame
    good = False
    if type(frame) is Call or type(frame) is CallResult or type(frame) is Send:
        body = bytes(frame.payload)
        good = body[:1] == b"{" or body == b"null"
    elif type(frame) is CallError or type(frame) is CallResultError:
        good = bytes(frame.details)[:1] == b"{"
    return frame if good else _diagnose(data, version)


def oversized_frame(start: bytes, size: int, limit: int, version: OcppVersion) -> BrokenFrame:
    """The reading of a message of `size` bytes of which only the first ones (`start`) are looked at."""
    broken = _with_what(
        _header(start, version), f"the message has {size} bytes, {limit} are accepted", "limit:message-size"
    )
    code = "GenericError" if version is OcppVersion.V16 else "RpcFrameworkError"
    return msgspec.structs.replace(broken, code=code if broken.answer else "")


def _header(data: bytes, version: OcppVersion) -> BrokenFrame:
    """Type, id and action, as far as the first bytes of a message that cannot be read as a whole tell them."""
    found = _HEADER.match(data[:600])
    if found is None:
        return _unreadable(version, "", None)
    number, identifier, action = found.groups()
    message_id = _text(identifier)
    if message_id is None:
        return _unreadable(version, "", int(number))
    return _broken(version, "", int(number), message_id, action=_text(action) if action else None)


def _with_what(broken: BrokenFrame, what: str, rule: str) -> BrokenFrame:
    return msgspec.structs.replace(broken, what=what, rule=rule)


_HEADER = re.compile(rb'\s*\[\s*(\d{1,3})\s*,\s*("(?:[^"\\]|\\.){0,255}")\s*(?:,\s*("(?:[^"\\]|\\.){0,120}")\s*,)?')
_ELEMENTS = msgspec.json.Decoder(list[Raw])
_STRING = msgspec.json.Decoder(str)
_INTEGER = msgspec.json.Decoder(int)
_LAYOUT = {
    MessageType.CALL: (4, "[2, messageId, action, payload]"),
    MessageType.CALLRESULT: (3, "[3, messageId, payload]"),
    MessageType.CALLERROR: (5, "[4, messageId, errorCode, errorDescription, errorDetails]"),
    MessageType.CALLRESULTERROR: (5, "[5, messageId, errorCode, errorDescription, errorDetails]"),
    MessageType.SEND: (4, "[6, messageId, action, payload]"),
}


def section(version: OcppVersion, j16: str, j2: str | None = None) -> str:
    """The id of a section of the OCPP-J document of `version`; `j2` where the numbers differ."""
    return f"J16:{j16}" if version is OcppVersion.V16 else f"J2:{j2 or j16}"


def message_types(version: OcppVersion) -> tuple[MessageType, ...]:
    """The message types `version` knows (J16:4.1.3, J2:4.1.3)."""
    return tuple(MessageType) if version is OcppVersion.V21 else tuple(MessageType)[:3]


def _diagnose(data: str | bytes, version: OcppVersion) -> BrokenFrame:
    """Say why the one-step decode refused `data`."""
    if isinstance(data, str):
        return _with_what(
            _unreadable(version, "", None),
            "the text holds lone surrogates, which UTF-8 cannot carry",
            section(version, "4.1.2"),
        )
    try:
        data.decode()
        elements = _ELEMENTS.decode(data)
    except UnicodeDecodeError as error:
        what = f"not UTF-8: byte {error.start} cannot be decoded"
        return _with_what(_header(data, version), what, section(version, "4.1.2"))
    except msgspec.ValidationError:
        return _unreadable(version, f"a frame is a JSON array, this is {_excerpt(data.decode())}", None)
    except RecursionError:
        return _with_what(_header(data, version), "nested too deeply to be read", section(version, "4.1.2"))
    except msgspec.MsgspecError as error:
        what = f"not JSON: {str(error).removeprefix('JSON is malformed: ')}"
        return _with_what(_header(data, version), what, section(version, "4.1.2"))
    return _diagnose_elements([bytes(element) for element in elements], version)


def _diagnose_elements(elements: list[bytes], version: OcppVersion) -> BrokenFrame:
    """Say which element of a JSON array is not what a frame has in that place."""
    if not elements:
        return _unreadable(version, "the array is empty", None)
    number = _whole(elements[0])
    if number is None:
        what = f"the message type is not an integer but {_excerpt(elements[0].decode())}"
        return _broken(version, what, None, _id_of(elements))
    if number not in message_types(version):
        return _unknown_type(version, number, _id_of(elements))
    kind = MessageType(number)
    message_id = _id_of(elements)
    if message_id is None:
        found = _excerpt(elements[1].decode()) if len(elements) > 1 else "missing"
        return _unreadable(version, f"the message id is not a readable string: {found}", kind)
    what = _fault(kind, elements, message_id)
    rule = _rule_of(what, kind, version)
    broken = _broken(version, what, kind, message_id, action=_action_of(kind, elements), rule=rule)
    code = _code(version, payload_only=what.startswith("the payload")) if broken.answer else ""
    return msgspec.structs.replace(broken, code=code, salvage=_salvage(kind, message_id, elements))


def _fault(kind: MessageType, elements: list[bytes], message_id: str) -> str:
    """The first fault of an array whose type and id are readable."""
    count, layout = _LAYOUT[kind]
    if len(message_id) > MAX_MESSAGE_ID:
        return f"the message id has {len(message_id)} characters, {MAX_MESSAGE_ID} are allowed"
    if len(elements) != count:
        return f"a {kind.name} has {count} elements, {layout}; this one has {len(elements)}"
    if kind in (MessageType.CALL, MessageType.SEND) and _text(elements[2]) is None:
        return f"the action is not a string but {_excerpt(elements[2].decode())}"
    if kind in (MessageType.CALLERROR, MessageType.CALLRESULTERROR):
        return _error_fault(elements)
    return f"the payload is not a JSON object but {_excerpt(elements[-1].decode())}"


def _error_fault(elements: list[bytes]) -> str:
    names = ("errorCode", "errorDescription")
    for name, element in zip(names, elements[2:4], strict=True):
        if _text(element) is None:
            return f"the {name} is not a string but {_excerpt(element.decode())}"
    return f"the errorDetails are not a JSON object but {_excerpt(elements[4].decode())}"


def _rule_of(what: str, kind: MessageType, version: OcppVersion) -> str:
    if what.startswith("the message id"):
        return section(version, "4.1.4")
    if what.startswith("the payload"):
        return section(version, "4.2.2" if kind is MessageType.CALLRESULT else "4.2.1", "4.1.5")
    return section(version, _SECTIONS[kind])


_SECTIONS = {
    MessageType.CALL: "4.2.1",
    MessageType.CALLRESULT: "4.2.2",
    MessageType.CALLERROR: "4.2.3",
    MessageType.CALLRESULTERROR: "4.2.3",
    MessageType.SEND: "4.2.4",
}


def _salvage(kind: MessageType, message_id: str, elements: list[bytes]) -> CallError | CallResultError | None:
    """A CALLERROR with parts missing or of the wrong type still says that the call failed."""
    if kind not in (MessageType.CALLERROR, MessageType.CALLRESULTERROR):
        return None
    code = _text(elements[2]) if len(elements) > 2 else None
    description = _text(elements[3]) if len(elements) > 3 else None
    details = Raw(elements[4]) if len(elements) > 4 and elements[4][:1] == b"{" else EMPTY_OBJECT
    frame = CallError if kind is MessageType.CALLERROR else CallResultError
    return frame(message_id, "GenericError" if code is None else code, description or "", details)


def _unreadable(version: OcppVersion, what: str, number: int | None) -> BrokenFrame:
    """No readable message id: 2.x answers with the id "-1" (J2:4.2.3), 1.6 has no way to answer."""
    rule = section(version, "4.2", "4.2.3") if number is None else section(version, "4.1.4")
    return _broken(version, what, number, None, rule=rule)


def _unknown_type(version: OcppVersion, number: int, message_id: str | None) -> BrokenFrame:
    """J16:4.1.3 ignores a type it does not know; 2.x says MessageTypeNotSupported (J2:4.3, J2:4.4)."""
    known = ", ".join(f"{kind.value} {kind.name}" for kind in message_types(version))
    what = f"message type {_excerpt(str(number))} is none of OCPP {version}: {known}"
    ignored = version is OcppVersion.V16
    return BrokenFrame(
        what=what,
        rule=section(version, "4.1.3", "4.4"),
        message_type=number,
        message_id=message_id,
        answer=None if ignored else MessageType.CALLERROR,
        code="" if ignored else "MessageTypeNotSupported",
    )


def _broken(
    version: OcppVersion,
    what: str,
    number: int | None,
    message_id: str | None,
    *,
    action: str | None = None,
    rule: str | None = None,
) -> BrokenFrame:
    """A BrokenFrame with the answer the specification wants for it."""
    if number is not None and number not in message_types(version):
        return _unknown_type(version, number, message_id)
    answer = _answer_type(version, number, message_id)
    return BrokenFrame(
        what=what,
        rule=rule or section(version, "4.1.3"),
        message_type=number,
        message_id=message_id,
        action=action,
        answer=answer,
        code=_code(version, payload_only=action is not None) if answer else "",
    )


def _answer_type(
    version: OcppVersion, number: int | None, message_id: str | None
) -> Literal[MessageType.CALLERROR, MessageType.CALLRESULTERROR] | None:
    """Errors are answers to a CALL, in 2.1 also to a CALLRESULT; an error or a SEND is never answered (J2:4.2.3, J2:4.2.4)."""
    if number == MessageType.CALLRESULT and version is OcppVersion.V21 and message_id is not None:
        return MessageType.CALLRESULTERROR
    if number is None:  # it may have been a CALL; where the id "-1" exists there is a way to say so
        return None if version is OcppVersion.V16 else MessageType.CALLERROR
    if number != MessageType.CALL or (version is OcppVersion.V16 and message_id is None):
        return None
    return MessageType.CALLERROR


def _code(version: OcppVersion, *, payload_only: bool) -> str:
    """2.x tells a bad payload in a good wrapper from what is no frame at all (J2:4.3); 1.6 has one word for both."""
    if version is OcppVersion.V16:
        return "FormationViolation"
    return "FormatViolation" if payload_only else "RpcFrameworkError"


def _id_of(elements: list[bytes]) -> str | None:
    text = _text(elements[1]) if len(elements) > 1 else None
    return text if text is not None and len(text) <= _ECHOED_ID else None


def _action_of(kind: MessageType, elements: list[bytes]) -> str | None:
    return _text(elements[2]) if kind in (MessageType.CALL, MessageType.SEND) and len(elements) > 2 else None


def _text(element: bytes) -> str | None:
    try:
        return _STRING.decode(element)
    except _NOT_READABLE:
        return None


def _whole(element: bytes) -> int | None:
    """A JSON integer of at most 19 digits; JSON allows more, no message type needs them."""
    try:
        return _INTEGER.decode(element) if len(element) <= 19 and element.lstrip(b"-").isdigit() else None
    except _NOT_READABLE:
        return None


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "..."
