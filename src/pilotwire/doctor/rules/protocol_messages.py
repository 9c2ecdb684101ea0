"""What is held against messages as such: version, frame, payload, error."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.rules.protocol_rule import BREACH, FATAL, LINE, NOTE, TALK, UPGRADE, rule

# --- versions --------------------------------------------------------------------------------------------------------------------

VERSION_MIXED: Final = rule(
    "version.mixed",
    UPGRADE,
    FATAL,
    "Messages are of the OCPP version that was agreed on in the handshake.",
    "Let the sender speak the version of the subprotocol that was chosen, or offer the subprotocol of the version it speaks.",
    "J2:3.1.2, J16:3.1.2",
)
VERSION_NEWER: Final = rule(
    "schema.newer-version",
    TALK,
    BREACH,
    "Messages and fields of 2.1 are not used on a line of 2.0.1, nor the reverse.",
    "Agree on the newer version in the handshake, or leave out what it brought.",
    "J2:3.1.2",
)
VERSION_DEMANDED: Final = rule(
    "version.not-taken",
    UPGRADE,
    BREACH,
    "The version spoken is one the platform takes.",
    "Offer a subprotocol of a version that the platform takes.",
)

# --- frames ----------------------------------------------------------------------------------------------------------------------

NOT_JSON: Final = rule(
    "rpc.not-json",
    TALK,
    BREACH,
    "Every message is valid JSON in UTF-8.",
    "Write messages with a JSON library; do not build them from pieces of text, and do not cut them.",
    "J16:4.1.2, J2:4.1.2",
)
NOT_A_FRAME: Final = rule(
    "rpc.not-a-frame",
    TALK,
    BREACH,
    "Every message is a JSON array that begins with type and message id.",
    "Wrap the payload: [2, messageId, action, payload] for a call, [3, messageId, payload] for its answer.",
    "J16:4.2, J2:4.2",
)
MESSAGE_TYPE: Final = rule(
    "rpc.message-type",
    TALK,
    BREACH,
    "The message type is a number the version knows: 2, 3, 4; in 2.1 also 5 and 6.",
    "Write 2 for a CALL, 3 for a CALLRESULT, 4 for a CALLERROR, as numbers without quotes.",
    "J16:4.1.3, J2:4.1.3",
)
FIELD_COUNT: Final = rule(
    "rpc.field-count",
    TALK,
    BREACH,
    "A frame has as many elements as its type: CALL 4, CALLRESULT 3, CALLERROR 5.",
    "Write all elements, an empty payload as {}, and none more.",
    "J16:4.2, J2:4.2",
)
FIELD_TYPE: Final = rule(
    "rpc.field-type",
    TALK,
    BREACH,
    "Action and error code are texts, payload and error details are JSON objects.",
    "Write the payload as a JSON object, not as a text that holds JSON, nor as an array.",
    "J16:4.2, J2:4.2",
)
ID_FORM: Final = rule(
    "rpc.message-id-form",
    TALK,
    BREACH,
    "The message id is a text.",
    "Write the message id in quotes, and give it back exactly as it came.",
    "J16:4.1.4, J2:4.1.4",
)
ID_TOO_LONG: Final = rule(
    "rpc.message-id-too-long",
    TALK,
    BREACH,
    "A message id has at most 36 characters.",
    "Use a UUID without anything before or behind it, or a counter.",
    "J16:4.1.4, J2:4.1.4",
)
ID_REUSED: Final = rule(
    "rpc.message-id-reused",
    TALK,
    BREACH,
    "Every call has a message id of its own.",
    "Make a new message id for every call (a UUID, or a counter that is not set back).",
    "J16:4.1.4, J2:4.1.4",
)
ANSWERED_TWICE: Final = rule(
    "rpc.answered-twice",
    TALK,
    BREACH,
    "A call is answered once.",
    "Answer each message id once; look for a second handler of the same action.",
    "J16:4.1.1, J2:4.1.1",
)
STRAY_ANSWER: Final = rule(
    "rpc.answer-without-call",
    TALK,
    BREACH,
    "An answer has the message id of a call of the other side.",
    "Copy the message id of the call into the answer, on the connection on which the call came.",
    "J16:4.2.2, J2:4.2.2",
)
UNANSWERED: Final = rule(
    "rpc.unanswered",
    TALK,
    BREACH,
    "Every call is answered, by a CALLRESULT or a CALLERROR.",
    "Answer what is not known with CALLERROR NotImplemented. Look in the log of the silent side for a crash of its handler.",
    "J16:4.1.1, J2:4.1.1",
)
ANSWERED_LATE: Final = rule(
    "rpc.unanswered-in-time",
    TALK,
    BREACH,
    "A call is answered before the caller gives up, usually within 30 seconds.",
    "Answer at once and do the work afterwards; on mobile lines look at the latency first.",
    "J16:4.1.1, J2:4.1.1",
)
SLOW: Final = rule(
    "rpc.answer-slow",
    LINE,
    BREACH,
    "A call is answered within the time the platform demands.",
    "Answer first and act afterwards; look at the latency of the line.",
)
TWO_OPEN: Final = rule(
    "rpc.two-open",
    TALK,
    BREACH,
    "A side sends no call while an earlier call of its own has no answer.",
    "Queue calls and send the next one when the answer has come or the call has timed out.",
    "J2:4.1.1",
)

# --- payloads --------------------------------------------------------------------------------------------------------------------

INTEGER_AS_TEXT: Final = rule(
    "schema.number-as-text",
    TALK,
    BREACH,
    "Numbers are written as numbers.",
    "Write the number without quotes.",
    "J16:4.1.2, J2:4.1.2",
)
WRONG_TYPE: Final = rule(
    "schema.type",
    TALK,
    BREACH,
    "Every field has the JSON type of its schema.",
    "Write the field with the type of the schema; leave an absent field out instead of sending null.",
    "J2:4.1.2",
)
MISSING_FIELD: Final = rule(
    "schema.missing",
    TALK,
    BREACH,
    "Every required field is there.",
    "Add the field.",
    "J2:4.1.2",
)
FIELD_CASE: Final = rule(
    "schema.field-case",
    TALK,
    BREACH,
    "Fields are named exactly, upper and lower case included.",
    "Write the name as the schema has it: lowerCamelCase.",
    "J2:4.1.2",
)
UNKNOWN_FIELD: Final = rule(
    "schema.unknown-field",
    TALK,
    BREACH,
    "Messages have no fields the schema does not know.",
    "Leave the field out; in 2.x own data goes into customData, in 1.6 into DataTransfer.",
    "J2:4.1.2",
)
ENUM_CASE: Final = rule(
    "schema.enum-case",
    TALK,
    BREACH,
    "Enumerated values are written exactly, upper and lower case included.",
    "Write the value as the enumeration has it.",
    "J2:4.1.2",
)
ENUM_VALUE: Final = rule(
    "schema.enum",
    TALK,
    BREACH,
    "Enumerated fields have one of the values of their enumeration.",
    "Use one of the values of the enumeration of this version.",
    "J2:4.1.2",
)
TOO_LONG: Final = rule(
    "schema.too-long",
    TALK,
    BREACH,
    "Texts are no longer than the schema allows.",
    "Shorten the text.",
    "J2:4.1.2",
)
OUT_OF_RANGE: Final = rule(
    "schema.range",
    TALK,
    BREACH,
    "Numbers and the number of items keep to the bounds of the schema.",
    "Send a value within the bounds.",
    "J2:4.1.2",
)
FORMAT: Final = rule(
    "schema.format",
    TALK,
    BREACH,
    "Times are written as RFC 3339 says, URIs with their scheme.",
    "Write times like 2026-01-31T12:00:00Z.",
    "J2:4.1.2, 1.6:3.15",
)
UNKNOWN_ACTION: Final = rule(
    "schema.unknown-action",
    TALK,
    BREACH,
    "Actions are those of the version.",
    "Write the action exactly as the version has it; own messages travel in DataTransfer.",
    "J16:4.1.5, J2:4.1.6",
)
WRONG_DIRECTION: Final = rule(
    "schema.wrong-direction",
    TALK,
    BREACH,
    "Each side sends the actions that are its own.",
    "The action is the other side's: check which part of the software sends it.",
    "J16:4.2.1, J2:4.2.1",
)

# --- errors ----------------------------------------------------------------------------------------------------------------------

CODE_UNKNOWN: Final = rule(
    "verdict.code-unknown",
    TALK,
    BREACH,
    "The error code of a CALLERROR is one the version has.",
    "Use a code of the table of the version, exactly spelled.",
    "J16:4.2.3, J2:4.3",
)
CODE_SPELLING: Final = rule(
    "verdict.code-spelling",
    TALK,
    BREACH,
    "Error codes are spelled as the version spells them: 1.6 has FormationViolation and OccurenceConstraintViolation.",
    "Spell the code as the version has it.",
    "J16:4.2.3, J2:4.3",
)
CODE_WRONG: Final = rule(
    "verdict.code-wrong",
    TALK,
    BREACH,
    "The error code says what was wrong with the call.",
    "Unknown action: NotImplemented. Known but not supported: NotSupported. Wrong type: TypeConstraintViolation. Missing field: "
    "OccurrenceConstraintViolation (1.6: Occurence...). Wrong value: PropertyConstraintViolation.",
    "J16:4.2.3, J2:4.3",
)
REFUSED_VALID: Final = rule(
    "verdict.refuses-valid",
    TALK,
    BREACH,
    "A payload that fits its schema is not refused as malformed.",
    "Check the schemas of the side that refuses: version, optional fields, longest texts.",
    "J16:4.2.3, J2:4.3",
)
BROKEN_TAKEN: Final = rule(
    "verdict.unknown-taken",
    TALK,
    BREACH,
    "An action nobody knows is answered with CALLERROR NotImplemented.",
    "Answer unknown actions with CALLERROR NotImplemented.",
    "J16:4.2.3, J2:4.3",
)
BROKEN_PAYLOAD_TAKEN: Final = rule(
    "verdict.broken-payload-taken",
    TALK,
    NOTE,
    "A payload that breaks its schema is refused with a CALLERROR.",
    "Validate payloads by the schemas of the version and answer with the error code for what is wrong.",
    "J16:4.2.3, J2:4.1.2",
)
NOT_IMPLEMENTED: Final = rule(
    "verdict.not-implemented",
    TALK,
    NOTE,
    "Actions that a platform needs are implemented.",
    "Implement the action, or do not send it to this peer.",
    "J16:4.2.3, J2:4.3",
)
ERROR_REPEATED: Final = rule(
    "verdict.repeated",
    TALK,
    BREACH,
    "A call that is refused is not sent again and again unchanged.",
    "Mend what the error tells, then send the call again; give up after the number of attempts that is configured.",
    "J2:4.3, 1.6:3.7.1",
)
ANSWER_REFUSED: Final = rule(
    "verdict.answer-refused",
    TALK,
    BREACH,
    "Answers can be used by the side that asked (2.1: no CALLRESULTERROR).",
    "Read the description: the answer breaks its schema, or the side that asked checks it wrongly.",
    "J2:4.2.3",
)
ERROR_SEEN: Final = rule(
    "verdict.seen",
    TALK,
    NOTE,
    "Calls are answered without errors.",
    "Read the description, and the log of the side that answered.",
    "J16:4.2.3, J2:4.3",
)
