"""What is held against the messages of a conversation: frames, versions, payloads, boot, clocks, meters, transactions, statuses."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer, Rule, Severity, Step

_FATAL, _BREACH, _NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE
_UPGRADE, _BOOT, _TALK, _LINE = Layer.UPGRADE, Layer.BOOT, Layer.CONVERSATION, Layer.LINE


def _rule(name: str, layer: Layer, severity: Severity, what: str, remedy: str, source: str = "") -> Rule:
    return Rule(name, Step.PROTOCOL, layer, severity, what, remedy, source)


# --- versions --------------------------------------------------------------------------------------------------------------------

VERSION_MIXED: Final = _rule(
    "version.mixed",
    _UPGRADE,
    _FATAL,
    "Messages are of the OCPP version that was agreed on in the handshake.",
    "Let the sender speak the version of the subprotocol that was chosen, or offer the subprotocol of the version it speaks.",
    "J2:3.1.2, J16:3.1.2",
)
VERSION_NEWER: Final = _rule(
    "version.newer",
    _TALK,
    _BREACH,
    "Messages and fields of 2.1 are not used on a line of 2.0.1, nor the reverse.",
    "Agree on the newer version in the handshake, or leave out what it brought.",
    "J2:3.1.2",
)
VERSION_DEMANDED: Final = _rule(
    "version.not-taken",
    _UPGRADE,
    _BREACH,
    "The version spoken is one the platform takes.",
    "Offer a subprotocol of a version that the platform takes.",
)

# --- frames ----------------------------------------------------------------------------------------------------------------------

NOT_JSON: Final = _rule(
    "rpc.not-json",
    _TALK,
    _BREACH,
    "Every message is valid JSON in UTF-8.",
    "Write messages with a JSON library; do not build them from pieces of text, and do not cut them.",
    "J16:4.1.2, J2:4.1.2",
)
NOT_A_FRAME: Final = _rule(
    "rpc.not-a-frame",
    _TALK,
    _BREACH,
    "Every message is a JSON array that begins with type and message id.",
    "Wrap the payload: [2, messageId, action, payload] for a call, [3, messageId, payload] for its answer.",
    "J16:4.2, J2:4.2",
)
MESSAGE_TYPE: Final = _rule(
    "rpc.message-type",
    _TALK,
    _BREACH,
    "The message type is a number the version knows: 2, 3, 4; in 2.1 also 5 and 6.",
    "Write 2 for a CALL, 3 for a CALLRESULT, 4 for a CALLERROR, as numbers without quotes.",
    "J16:4.1.3, J2:4.1.3",
)
FIELD_COUNT: Final = _rule(
    "rpc.field-count",
    _TALK,
    _BREACH,
    "A frame has as many elements as its type: CALL 4, CALLRESULT 3, CALLERROR 5.",
    "Write all elements, an empty payload as {}, and none more.",
    "J16:4.2, J2:4.2",
)
FIELD_TYPE: Final = _rule(
    "rpc.field-type",
    _TALK,
    _BREACH,
    "Action and error code are texts, payload and error details are JSON objects.",
    "Write the payload as a JSON object, not as a text that holds JSON, nor as an array.",
    "J16:4.2, J2:4.2",
)
ID_FORM: Final = _rule(
    "rpc.message-id-form",
    _TALK,
    _BREACH,
    "The message id is a text.",
    "Write the message id in quotes, and give it back exactly as it came.",
    "J16:4.1.4, J2:4.1.4",
)
ID_TOO_LONG: Final = _rule(
    "rpc.message-id-too-long",
    _TALK,
    _BREACH,
    "A message id has at most 36 characters.",
    "Use a UUID without anything before or behind it, or a counter.",
    "J16:4.1.4, J2:4.1.4",
)
ID_REUSED: Final = _rule(
    "rpc.message-id-reused",
    _TALK,
    _BREACH,
    "Every call has a message id of its own.",
    "Make a new message id for every call (a UUID, or a counter that is not set back).",
    "J16:4.1.4, J2:4.1.4",
)
ANSWERED_TWICE: Final = _rule(
    "rpc.answered-twice",
    _TALK,
    _BREACH,
    "A call is answered once.",
    "Answer each message id once; look for a second handler of the same action.",
    "J16:4.1.1, J2:4.1.1",
)
STRAY_ANSWER: Final = _rule(
    "rpc.answer-without-call",
    _TALK,
    _BREACH,
    "An answer has the message id of a call of the other side.",
    "Copy the message id of the call into the answer, on the connection on which the call came.",
    "J16:4.2.2, J2:4.2.2",
)
UNANSWERED: Final = _rule(
    "rpc.unanswered",
    _TALK,
    _BREACH,
    "Every call is answered, by a CALLRESULT or a CALLERROR.",
    "Answer what is not known with CALLERROR NotImplemented. Look in the log of the silent side for a crash of its handler.",
    "J16:4.1.1, J2:4.1.1",
)
ANSWERED_LATE: Final = _rule(
    "rpc.unanswered-in-time",
    _TALK,
    _BREACH,
    "A call is answered before the caller gives up, usually within 30 seconds.",
    "Answer at once and do the work afterwards; on mobile lines look at the latency first.",
    "J16:4.1.1, J2:4.1.1",
)
SLOW: Final = _rule(
    "rpc.answer-slow",
    _LINE,
    _BREACH,
    "A call is answered within the time the platform demands.",
    "Answer first and act afterwards; look at the latency of the line.",
)
TWO_OPEN: Final = _rule(
    "rpc.two-open",
    _TALK,
    _BREACH,
    "A side sends no call while an earlier call of its own has no answer.",
    "Queue calls and send the next one when the answer has come or the call has timed out.",
    "J2:4.1.1",
)

# --- payloads --------------------------------------------------------------------------------------------------------------------

INTEGER_AS_TEXT: Final = _rule(
    "schema.number-as-text",
    _TALK,
    _BREACH,
    "Numbers are written as numbers.",
    "Write the number without quotes.",
    "J16:4.1.2, J2:4.1.2",
)
WRONG_TYPE: Final = _rule(
    "schema.type",
    _TALK,
    _BREACH,
    "Every field has the JSON type of its schema.",
    "Write the field with the type of the schema; leave an absent field out instead of sending null.",
    "J2:4.1.2",
)
MISSING_FIELD: Final = _rule(
    "schema.missing",
    _TALK,
    _BREACH,
    "Every required field is there.",
    "Add the field.",
    "J2:4.1.2",
)
FIELD_CASE: Final = _rule(
    "schema.field-case",
    _TALK,
    _BREACH,
    "Fields are named exactly, upper and lower case included.",
    "Write the name as the schema has it: lowerCamelCase.",
    "J2:4.1.2",
)
UNKNOWN_FIELD: Final = _rule(
    "schema.unknown-field",
    _TALK,
    _BREACH,
    "Messages have no fields the schema does not know.",
    "Leave the field out; in 2.x own data goes into customData, in 1.6 into DataTransfer.",
    "J2:4.1.2",
)
ENUM_CASE: Final = _rule(
    "schema.enum-case",
    _TALK,
    _BREACH,
    "Enumerated values are written exactly, upper and lower case included.",
    "Write the value as the enumeration has it.",
    "J2:4.1.2",
)
ENUM_VALUE: Final = _rule(
    "schema.enum",
    _TALK,
    _BREACH,
    "Enumerated fields have one of the values of their enumeration.",
    "Use one of the values of the enumeration of this version.",
    "J2:4.1.2",
)
TOO_LONG: Final = _rule(
    "schema.too-long",
    _TALK,
    _BREACH,
    "Texts are no longer than the schema allows.",
    "Shorten the text.",
    "J2:4.1.2",
)
OUT_OF_RANGE: Final = _rule(
    "schema.range",
    _TALK,
    _BREACH,
    "Numbers and the number of items keep to the bounds of the schema.",
    "Send a value within the bounds.",
    "J2:4.1.2",
)
FORMAT: Final = _rule(
    "schema.format",
    _TALK,
    _BREACH,
    "Times are written as RFC 3339 says, URIs with their scheme.",
    "Write times like 2026-01-31T12:00:00Z.",
    "J2:4.1.2, 1.6:3.15",
)
UNKNOWN_ACTION: Final = _rule(
    "schema.unknown-action",
    _TALK,
    _BREACH,
    "Actions are those of the version.",
    "Write the action exactly as the version has it; own messages travel in DataTransfer.",
    "J16:4.1.5, J2:4.1.6",
)
WRONG_DIRECTION: Final = _rule(
    "schema.wrong-direction",
    _TALK,
    _BREACH,
    "Each side sends the actions that are its own.",
    "The action is the other side's: check which part of the software sends it.",
    "J16:4.2.1, J2:4.2.1",
)

# --- errors ----------------------------------------------------------------------------------------------------------------------

CODE_UNKNOWN: Final = _rule(
    "error.code-unknown",
    _TALK,
    _BREACH,
    "The error code of a CALLERROR is one the version has.",
    "Use a code of the table of the version, exactly spelled.",
    "J16:4.2.3, J2:4.3",
)
CODE_SPELLING: Final = _rule(
    "error.code-spelling",
    _TALK,
    _BREACH,
    "Error codes are spelled as the version spells them: 1.6 has FormationViolation and OccurenceConstraintViolation.",
    "Spell the code as the version has it.",
    "J16:4.2.3, J2:4.3",
)
CODE_WRONG: Final = _rule(
    "error.code-wrong",
    _TALK,
    _BREACH,
    "The error code says what was wrong with the call.",
    "Unknown action: NotImplemented. Known but not supported: NotSupported. Wrong type: TypeConstraintViolation. Missing field: "
    "OccurrenceConstraintViolation (1.6: Occurence...). Wrong value: PropertyConstraintViolation.",
    "J16:4.2.3, J2:4.3",
)
REFUSED_VALID: Final = _rule(
    "error.refuses-valid",
    _TALK,
    _BREACH,
    "A payload that fits its schema is not refused as malformed.",
    "Check the schemas of the side that refuses: version, optional fields, longest texts.",
    "J16:4.2.3, J2:4.3",
)
BROKEN_TAKEN: Final = _rule(
    "error.unknown-taken",
    _TALK,
    _BREACH,
    "An action nobody knows is answered with CALLERROR NotImplemented.",
    "Answer unknown actions with CALLERROR NotImplemented.",
    "J16:4.2.3, J2:4.3",
)
BROKEN_PAYLOAD_TAKEN: Final = _rule(
    "error.broken-payload-taken",
    _TALK,
    _NOTE,
    "A payload that breaks its schema is refused with a CALLERROR.",
    "Validate payloads by the schemas of the version and answer with the error code for what is wrong.",
    "J16:4.2.3, J2:4.1.2",
)
NOT_IMPLEMENTED: Final = _rule(
    "error.not-implemented",
    _TALK,
    _NOTE,
    "Actions that a platform needs are implemented.",
    "Implement the action, or do not send it to this peer.",
    "J16:4.2.3, J2:4.3",
)
ERROR_REPEATED: Final = _rule(
    "error.repeated",
    _TALK,
    _BREACH,
    "A call that is refused is not sent again and again unchanged.",
    "Mend what the error tells, then send the call again; give up after the number of attempts that is configured.",
    "J2:4.3, 1.6:3.7.1",
)
ERROR_SEEN: Final = _rule(
    "error.seen",
    _TALK,
    _NOTE,
    "Calls are answered without errors.",
    "Read the description, and the log of the side that answered.",
    "J16:4.2.3, J2:4.3",
)

# --- boot ------------------------------------------------------------------------------------------------------------------------

BOOT_REJECTED: Final = _rule(
    "boot.rejected",
    _BOOT,
    _FATAL,
    "The backend accepts the station.",
    "Enter the station at the backend under exactly this identity (and serial number, if it checks that), and enable it.",
    "B03, 1.6:4.2",
)
BOOT_PENDING: Final = _rule(
    "boot.pending",
    _BOOT,
    _FATAL,
    "The backend accepts the station; Pending is only for the time it needs to configure it.",
    "Release the station at the backend: it is known there, but nobody has approved or finished its configuration.",
    "B02, 1.6:4.2",
)
BOOT_UNANSWERED: Final = _rule(
    "boot.unanswered",
    _BOOT,
    _FATAL,
    "BootNotification is answered.",
    "Look in the log of the backend: the station is connected, but its first message is not handled.",
    "B01.FR.02, 1.6:4.2",
)
BOOT_ERROR: Final = _rule(
    "boot.error",
    _BOOT,
    _FATAL,
    "BootNotification is answered with a status, not with an error.",
    "Read the error: a malformed payload is mended at the station, InternalError at the backend.",
    "B01.FR.02, 1.6:4.2",
)
BOOT_EARLY_TALK: Final = _rule(
    "boot.before-accepted",
    _BOOT,
    _BREACH,
    "Before it is accepted, the station sends nothing but BootNotification and what it was asked for.",
    "Queue everything until a BootNotification was answered with Accepted.",
    "B01.FR.08, B02.FR.02, B03.FR.02, 1.6:4.2",
)
BOOT_MISSING: Final = _rule(
    "boot.missing",
    _BOOT,
    _BREACH,
    "The station sends BootNotification after each start, before anything else.",
    "Send BootNotification first; after a restart also if the backend knew the station before.",
    "B01.FR.01, B01.FR.10, 1.6:4.2",
)
BOOT_TOO_EARLY: Final = _rule(
    "boot.too-early",
    _BOOT,
    _BREACH,
    "After Pending or Rejected, BootNotification is repeated only when the interval is over.",
    "Wait for the interval of the answer; if it is 0, choose one that does not flood the backend.",
    "B02.FR.04, B02.FR.07, B03.FR.05, 1.6:4.2",
)
BOOT_REPEATED: Final = _rule(
    "boot.repeated",
    _BOOT,
    _BREACH,
    "An accepted station sends BootNotification again only after a restart, or when triggered.",
    "Send BootNotification once a start; a reconnect needs none. If the station does restart, look for the cause.",
    "B01.FR.03, 1.6:4.2",
)
BOOT_OFTEN: Final = _rule(
    "boot.often",
    _BOOT,
    _NOTE,
    "A station starts rarely.",
    "See whether the station restarts (watchdog, power) or sends BootNotification at each reconnect, which is not needed.",
    "B01.FR.03",
)
BOOT_INTERVAL: Final = _rule(
    "boot.interval",
    _BOOT,
    _NOTE,
    "The interval of the boot answer is a sensible heartbeat interval.",
    "Set an interval between 30 seconds and one hour at the backend.",
    "B01.FR.04, G02.FR.01, 1.6:4.2",
)
BOOT_FIELD: Final = _rule(
    "boot.field-demanded",
    _BOOT,
    _BREACH,
    "BootNotification tells what the platform demands.",
    "Fill the field in BootNotification.",
)
BOOT_CSMS_TALKS: Final = _rule(
    "boot.backend-talks",
    _BOOT,
    _BREACH,
    "A backend that has rejected a station, or keeps it pending, sends it only what is allowed then.",
    "Accept the station before transactions are started or stopped at it; send a rejected one nothing.",
    "B02.FR.05, B03.FR.03, 1.6:4.2",
)

# --- clocks and heartbeats -------------------------------------------------------------------------------------------------------

TIME_ZONE: Final = _rule(
    "clock.time-zone",
    _TALK,
    _BREACH,
    "Timestamps are in UTC, or tell their offset rightly.",
    "Set the station's clock to UTC, and do not write local time with a Z behind it.",
    "1.6:3.14, J2:4.1.2",
)
NO_ZONE: Final = _rule(
    "clock.no-zone",
    _TALK,
    _BREACH,
    "Timestamps end with Z or an offset.",
    "Write times in UTC with a Z: 2026-01-31T12:00:00Z.",
    "1.6:3.15, J2:4.1.2",
)
DRIFT: Final = _rule(
    "clock.drift",
    _TALK,
    _BREACH,
    "The clock of the station agrees with the backend's.",
    "Set the clock from currentTime of BootNotification and Heartbeat, or by NTP; check the battery of the clock.",
    "B01.FR.06, G02.FR.06, 1.6:4.2",
)
CSMS_CLOCK: Final = _rule(
    "clock.backend",
    _TALK,
    _BREACH,
    "The backend tells the right time.",
    "Set the clock of the backend by NTP; check that currentTime is in UTC.",
    "G02.FR.03, 1.6:4.6",
)
BEATS_SELDOM: Final = _rule(
    "heartbeat.seldom",
    _TALK,
    _BREACH,
    "A station is heard at least once in the heartbeat interval.",
    "Use the interval of the boot answer; see whether the line is dead meanwhile.",
    "G02.FR.01, G02.FR.02, 1.6:4.6",
)
BEATS_OFTEN: Final = _rule(
    "heartbeat.often",
    _TALK,
    _BREACH,
    "Heartbeats come in the interval the backend gave.",
    "Use the interval of the boot answer; WebSocket pings keep a line open at less cost.",
    "B01.FR.04, G02.FR.01, 1.6:4.6",
)
BEATS_DEMANDED: Final = _rule(
    "heartbeat.interval-demanded",
    _BOOT,
    _BREACH,
    "The heartbeat interval is within the platform's bounds.",
    "Set the heartbeat interval to one that the platform takes.",
)

# --- meters ----------------------------------------------------------------------------------------------------------------------

MEASURAND: Final = _rule(
    "meter.measurand",
    _TALK,
    _BREACH,
    "Measurands are named exactly, such as Energy.Active.Import.Register.",
    "Write the measurand as the enumeration has it, case and dots included.",
    "1.6:7.31, J02.FR.03",
)
METER_UNIT: Final = _rule(
    "meter.unit",
    _TALK,
    _BREACH,
    "The unit is one of the measurand's: Wh or kWh for active energy.",
    "Write the unit that belongs to the measurand.",
    "1.6:7.45",
)
METER_UNIT_DEMANDED: Final = _rule(
    "meter.unit-demanded",
    _TALK,
    _BREACH,
    "The energy register comes in the unit the platform demands.",
    "Send the energy register in the unit that is demanded; some platforms drop other ones without a word.",
)
METER_INTEGER: Final = _rule(
    "meter.not-integer",
    _TALK,
    _BREACH,
    "The energy register is a whole number where the platform demands it.",
    "Round to whole Wh.",
)
METER_NUMBER: Final = _rule(
    "meter.not-a-number",
    _TALK,
    _BREACH,
    "A raw meter value is a number, with a point and no unit in it.",
    "Write the number alone, with a point for the fraction; the unit has its own field.",
    "1.6:3.16.1",
)
METER_FALLS: Final = _rule(
    "meter.falls",
    _TALK,
    _BREACH,
    "Energy registers never fall.",
    "Report the register as read from the meter; do not mix meters or set it to zero.",
    "J02.FR.16, 1.6:7.31",
)
METER_REBASED: Final = _rule(
    "meter.rebased",
    _TALK,
    _NOTE,
    "Energy registers are not set to zero at the start of a transaction.",
    "Report the register of the meter itself, so that energy between transactions can be seen.",
    "J02.FR.17",
)
METER_SCALE: Final = _rule(
    "meter.scale",
    _TALK,
    _BREACH,
    "A register keeps its unit: it does not become a thousand times as large or small.",
    "Mixed Wh and kWh: write each value in the unit that stands beside it.",
    "1.6:7.45",
)
METER_JUMPS: Final = _rule(
    "meter.jumps",
    _TALK,
    _BREACH,
    "Energy registers rise no faster than a charger can deliver.",
    "Look at the unit, at the meter's address and at its byte order.",
    "J02.FR.16",
)
METER_MISSING: Final = _rule(
    "meter.missing",
    _TALK,
    _BREACH,
    "While charging, meter values come.",
    "Configure the sampled measurands and their interval (1.6: MeterValuesSampledData, MeterValueSampleInterval; 2.x: SampledDataCtrlr).",
    "J02.FR.11, 1.6:3.16.2",
)
METER_INTERVAL: Final = _rule(
    "meter.interval",
    _TALK,
    _BREACH,
    "Samples come in the interval that is configured or demanded.",
    "Set MeterValueSampleInterval (1.6) or SampledDataCtrlr.TxUpdatedInterval (2.x), and see that no sample is lost.",
    "J02.FR.11, 1.6:3.16.2",
)
METER_DEMANDED: Final = _rule(
    "meter.measurand-demanded",
    _TALK,
    _BREACH,
    "The measurands that the platform demands come.",
    "Add the measurand to MeterValuesSampledData (1.6) or SampledDataCtrlr.TxUpdatedMeasurands (2.x).",
)

# --- transactions ----------------------------------------------------------------------------------------------------------------

TX_REFUSED: Final = _rule(
    "tx.start-refused",
    _TALK,
    _NOTE,
    "A transaction is started with an id token the backend accepts.",
    "See at the backend why the token is not accepted; let the station authorize before it starts.",
    "1.6:4.8, E05",
)
TX_ID_ODD: Final = _rule(
    "tx.id-odd",
    _TALK,
    _NOTE,
    "Backends give transaction ids above 0: some stations take 0 and -1 as none.",
    "Let the backend count transaction ids from 1.",
    "1.6:4.8",
)
TX_ID_REUSED: Final = _rule(
    "tx.id-reused",
    _TALK,
    _BREACH,
    "Every transaction has an id of its own.",
    "Give every transaction a new id.",
    "1.6:4.8, E01.FR.08",
)
TX_STOP_WITHOUT_ID: Final = _rule(
    "tx.stop-without-id",
    _TALK,
    _BREACH,
    "StopTransaction has the id that StartTransaction was answered with.",
    "Keep the id of the answer, also over a restart; send StopTransaction after StartTransaction was answered. "
    "-1 is right only where StartTransaction was given up.",
    "1.6:4.10",
)
TX_STOP_WITHOUT_START: Final = _rule(
    "tx.stop-without-start",
    _TALK,
    _BREACH,
    "A transaction that is stopped was started.",
    "Queue transaction messages while offline, and send them in their order.",
    "1.6:4.10, E04.FR.01",
)
TX_STOPPED_TWICE: Final = _rule(
    "tx.stopped-twice",
    _TALK,
    _BREACH,
    "A transaction ends once.",
    "Drop a message from the queue when it was answered.",
    "1.6:4.10, 1.6:3.7.1",
)
TX_METER_BELOW: Final = _rule(
    "tx.meter-stop-below-start",
    _TALK,
    _BREACH,
    "meterStop is not below meterStart.",
    "Send the register of the same meter at start and stop, in Wh, not the energy of the transaction.",
    "1.6:4.10",
)
TX_TIME: Final = _rule(
    "tx.ends-before-start",
    _TALK,
    _BREACH,
    "A transaction ends after it has started.",
    "Do not set the clock while charging, or correct the timestamps in the queue with it.",
    "1.6:4.10, E01",
)
TX_NEVER_ENDED: Final = _rule(
    "tx.never-ended",
    _TALK,
    _BREACH,
    "Every transaction is ended.",
    "Send StopTransaction (1.6) or TransactionEvent Ended (2.x), after a loss of power too.",
    "1.6:4.10, E06.FR.01",
)
TX_SECOND: Final = _rule(
    "tx.second-start",
    _TALK,
    _BREACH,
    "A transaction starts once, and no other one on the same EVSE or connector before it has ended.",
    "End the transaction first; retry a start with the message as it was.",
    "E01.FR.14, 1.6:4.8",
)
TX_GAP: Final = _rule(
    "tx.seq-gap",
    _TALK,
    _BREACH,
    "The seqNo of a transaction's events rises by one.",
    "Count one further with each event, and queue events that could not be delivered.",
    "E01.FR.07",
)
TX_SEQ_REPEATED: Final = _rule(
    "tx.seq-repeated",
    _TALK,
    _BREACH,
    "No seqNo is used twice in a transaction.",
    "Count one further with each event.",
    "E01.FR.07",
)
TX_WITHOUT_STARTED: Final = _rule(
    "tx.without-started",
    _TALK,
    _BREACH,
    "The first event of a transaction is Started.",
    "Send TransactionEvent Started first; queue it while offline.",
    "E04.FR.02, E01.FR.07",
)
TX_AFTER_ENDED: Final = _rule(
    "tx.after-ended",
    _TALK,
    _BREACH,
    "After Ended, a transaction has no further events.",
    "Send Ended last, with all samples in it.",
    "E06.FR.01",
)
TX_OFFLINE: Final = _rule(
    "tx.offline-missing",
    _TALK,
    _BREACH,
    "Events that happened while the station was offline say so.",
    "Set offline to true in queued TransactionEvents.",
    "E04.FR.03, E11.FR.02, E12.FR.02",
)
TX_OFFLINE_WRONG: Final = _rule(
    "tx.offline-wrong",
    _TALK,
    _NOTE,
    "Events that happen while the station is online do not say offline.",
    "Set offline only in events that happened without a connection.",
    "E04.FR.03",
)

# --- statuses, security, charging profiles, ISO 15118 -----------------------------------------------------------------------------

STATUS_MISSING: Final = _rule(
    "status.missing-after-boot",
    _TALK,
    _BREACH,
    "After it was accepted, the station tells the status of each connector.",
    "Send StatusNotification for each connector after BootNotification was accepted.",
    "B01.FR.05, 1.6:4.9",
)
STATUS_IMPOSSIBLE: Final = _rule(
    "status.impossible",
    _TALK,
    _BREACH,
    "Statuses follow each other as the table of the standard allows.",
    "Send each change of the status; a status between may only be left out if it lasted less than MinimumStatusDuration.",
    "1.6:4.9",
)
STATUS_ZERO: Final = _rule(
    "status.connector-zero",
    _TALK,
    _BREACH,
    "Connector 0, the station itself, is only Available, Unavailable or Faulted.",
    "Send the other statuses for the connector they belong to.",
    "1.6:4.9",
)
STATUS_FAULTED: Final = _rule(
    "status.faulted",
    _TALK,
    _NOTE,
    "Connectors are without fault.",
    "Look at the error code, and at the vendor's own.",
    "1.6:4.9, G01",
)
STATUS_ERROR_CODE: Final = _rule(
    "status.error-code",
    _TALK,
    _BREACH,
    "EVCommunicationError comes only with Preparing, SuspendedEV, SuspendedEVSE and Finishing.",
    "Send another error code, or the status that belongs to it.",
    "1.6:4.9",
)
SECURITY_ALARM: Final = _rule(
    "security.alarm",
    _TALK,
    _BREACH,
    "The station reports no security event that keeps it from working or tells of an attack.",
    "Look after what the event tells.",
    "A04.FR.01",
)
SECURITY_EVENT: Final = _rule(
    "security.event",
    _TALK,
    _NOTE,
    "Security events are worth knowing.",
    "Nothing is to be done if the event was expected.",
    "A04.FR.01",
)
SECURITY_NAME: Final = _rule(
    "security.event-name",
    _TALK,
    _BREACH,
    "Standard security events are named exactly.",
    "Write the event as the list of security events has it.",
    "A04.FR.01",
)
STACK_LEVEL: Final = _rule(
    "profile.stack-level",
    _TALK,
    _BREACH,
    "Charging profiles are stacked: levels above 0 are taken too.",
    "Implement stacking up to ChargeProfileMaxStackLevel; taking only level 0 counts as a missing function.",
    "1.6:3.13.2, K01.FR.05",
)
PNC_MISSING: Final = _rule(
    "pnc.backend-lacks",
    _TALK,
    _BREACH,
    "A backend of Plug & Charge takes the messages of ISO 15118.",
    "Switch the ISO 15118 messages on at the backend, or use one that has them: vehicle and station are not at fault.",
    "C07, M01, PNC16:2.2",
)
PNC_CERTIFICATE: Final = _rule(
    "pnc.certificate-refused",
    _TALK,
    _BREACH,
    "The contract certificate of the vehicle is accepted.",
    "CertChainError, NoCertificateAvailable: install the root of the mobility operator (InstallCertificate). "
    "CertificateExpired, CertificateRevoked, ContractCancelled: the contract must be renewed in the vehicle.",
    "C07, M01",
)

PROTOCOL_RULES: Final[tuple[Rule, ...]] = tuple(each for each in tuple(globals().values()) if isinstance(each, Rule))
"""All of them."""
