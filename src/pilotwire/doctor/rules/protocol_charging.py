"""What is held against meters, transactions, statuses, charging profiles, security events and Plug & Charge."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.rules.protocol_rule import BREACH, NOTE, TALK, rule

# --- meters ----------------------------------------------------------------------------------------------------------------------

MEASURAND: Final = rule(
    "meter.measurand",
    TALK,
    BREACH,
    "Measurands are named exactly, such as Energy.Active.Import.Register.",
    "Write the measurand as the enumeration has it, case and dots included.",
    "1.6:7.31, J02.FR.03",
)
METER_UNIT: Final = rule(
    "meter.unit",
    TALK,
    BREACH,
    "The unit is one of the measurand's: Wh or kWh for active energy.",
    "Write the unit that belongs to the measurand.",
    "1.6:7.45",
)
METER_UNIT_DEMANDED: Final = rule(
    "meter.unit-demanded",
    TALK,
    BREACH,
    "The energy register comes in the unit the platform demands.",
    "Send the energy register in the unit that is demanded; some platforms drop other ones without a word.",
)
METER_INTEGER: Final = rule(
    "meter.not-integer",
    TALK,
    BREACH,
    "The energy register is a whole number where the platform demands it.",
    "Round to whole Wh.",
)
METER_NUMBER: Final = rule(
    "meter.not-a-number",
    TALK,
    BREACH,
    "A raw meter value is a number, with a point and no unit in it.",
    "Write the number alone, with a point for the fraction; the unit has its own field.",
    "1.6:3.16.1",
)
METER_FALLS: Final = rule(
    "meter.falls",
    TALK,
    BREACH,
    "Energy registers never fall.",
    "Report the register as read from the meter; do not mix meters or set it to zero.",
    "J02.FR.16, 1.6:7.31",
)
METER_REBASED: Final = rule(
    "meter.rebased",
    TALK,
    NOTE,
    "Energy registers are not set to zero at the start of a transaction.",
    "Report the register of the meter itself, so that energy between transactions can be seen.",
    "J02.FR.17",
)
METER_SCALE: Final = rule(
    "meter.scale",
    TALK,
    BREACH,
    "A register keeps its unit: it does not become a thousand times as large or small.",
    "Mixed Wh and kWh: write each value in the unit that stands beside it.",
    "1.6:7.45",
)
METER_JUMPS: Final = rule(
    "meter.jumps",
    TALK,
    BREACH,
    "Energy registers rise no faster than a charger can deliver.",
    "Look at the unit, at the meter's address and at its byte order.",
    "J02.FR.16",
)
METER_MISSING: Final = rule(
    "meter.missing",
    TALK,
    BREACH,
    "While charging, meter values come.",
    "Configure the sampled measurands and their interval (1.6: MeterValuesSampledData, MeterValueSampleInterval; 2.x: SampledDataCtrlr).",
    "J02.FR.11, 1.6:3.16.2",
)
METER_INTERVAL: Final = rule(
    "meter.interval",
    TALK,
    BREACH,
    "Samples come in the interval that is configured or demanded.",
    "Set MeterValueSampleInterval (1.6) or SampledDataCtrlr.TxUpdatedInterval (2.x), and see that no sample is lost.",
    "J02.FR.11, 1.6:3.16.2",
)
METER_DEMANDED: Final = rule(
    "meter.measurand-demanded",
    TALK,
    BREACH,
    "The measurands that the platform demands come.",
    "Add the measurand to MeterValuesSampledData (1.6) or SampledDataCtrlr.TxUpdatedMeasurands (2.x).",
)

# --- transactions ----------------------------------------------------------------------------------------------------------------

TX_REFUSED: Final = rule(
    "tx.start-refused",
    TALK,
    NOTE,
    "A transaction is started with an id token the backend accepts.",
    "See at the backend why the token is not accepted; let the station authorize before it starts.",
    "1.6:4.8, E05",
)
TX_ID_ODD: Final = rule(
    "tx.id-odd",
    TALK,
    NOTE,
    "Backends give transaction ids above 0: some stations take 0 and -1 as none.",
    "Let the backend count transaction ids from 1.",
    "1.6:4.8",
)
TX_ID_REUSED: Final = rule(
    "tx.id-reused",
    TALK,
    BREACH,
    "Every transaction has an id of its own.",
    "Give every transaction a new id.",
    "1.6:4.8, E01.FR.08",
)
TX_STOP_WITHOUT_ID: Final = rule(
    "tx.stop-without-id",
    TALK,
    BREACH,
    "StopTransaction has the id that StartTransaction was answered with.",
    "Keep the id of the answer, also over a restart; send StopTransaction after StartTransaction was answered. "
    "-1 is right only where StartTransaction was given up.",
    "1.6:4.10",
)
TX_STOP_WITHOUT_START: Final = rule(
    "tx.stop-without-start",
    TALK,
    BREACH,
    "A transaction that is stopped was started.",
    "Queue transaction messages while offline, and send them in their order.",
    "1.6:4.10, E04.FR.01",
)
TX_STOPPED_TWICE: Final = rule(
    "tx.stopped-twice",
    TALK,
    BREACH,
    "A transaction ends once.",
    "Drop a message from the queue when it was answered.",
    "1.6:4.10, 1.6:3.7.1",
)
TX_METER_BELOW: Final = rule(
    "tx.meter-stop-below-start",
    TALK,
    BREACH,
    "meterStop is not below meterStart.",
    "Send the register of the same meter at start and stop, in Wh, not the energy of the transaction.",
    "1.6:4.10",
)
TX_TIME: Final = rule(
    "tx.ends-before-start",
    TALK,
    BREACH,
    "A transaction ends after it has started.",
    "Do not set the clock while charging, or correct the timestamps in the queue with it.",
    "1.6:4.10, E01",
)
TX_NEVER_ENDED: Final = rule(
    "tx.never-ended",
    TALK,
    BREACH,
    "Every transaction is ended.",
    "Send StopTransaction (1.6) or TransactionEvent Ended (2.x), after a loss of power too.",
    "1.6:4.10, E06.FR.01",
)
TX_SECOND: Final = rule(
    "tx.second-start",
    TALK,
    BREACH,
    "A transaction starts once, and no other one on the same EVSE or connector before it has ended.",
    "End the transaction first; retry a start with the message as it was.",
    "E01.FR.14, 1.6:4.8",
)
TX_GAP: Final = rule(
    "tx.seq-gap",
    TALK,
    BREACH,
    "The seqNo of a transaction's events rises by one.",
    "Count one further with each event, and queue events that could not be delivered.",
    "E01.FR.07",
)
TX_SEQ_REPEATED: Final = rule(
    "tx.seq-repeated",
    TALK,
    BREACH,
    "No seqNo is used twice in a transaction.",
    "Count one further with each event.",
    "E01.FR.07",
)
TX_WITHOUT_STARTED: Final = rule(
    "tx.without-started",
    TALK,
    BREACH,
    "The first event of a transaction is Started.",
    "Send TransactionEvent Started first; queue it while offline.",
    "E04.FR.02, E01.FR.07",
)
TX_AFTER_ENDED: Final = rule(
    "tx.after-ended",
    TALK,
    BREACH,
    "After Ended, a transaction has no further events.",
    "Send Ended last, with all samples in it.",
    "E06.FR.01",
)
TX_OFFLINE: Final = rule(
    "tx.offline-missing",
    TALK,
    BREACH,
    "Events that happened while the station was offline say so.",
    "Set offline to true in queued TransactionEvents.",
    "E04.FR.03, E11.FR.02, E12.FR.02",
)
TX_OFFLINE_WRONG: Final = rule(
    "tx.offline-wrong",
    TALK,
    NOTE,
    "Events that happen while the station is online do not say offline.",
    "Set offline only in events that happened without a connection.",
    "E04.FR.03",
)

# --- statuses, security, charging profiles, ISO 15118 -----------------------------------------------------------------------------

STATUS_MISSING: Final = rule(
    "status.missing-after-boot",
    TALK,
    BREACH,
    "After it was accepted, the station tells the status of each connector.",
    "Send StatusNotification for each connector after BootNotification was accepted.",
    "B01.FR.05, 1.6:4.9",
)
STATUS_IMPOSSIBLE: Final = rule(
    "status.impossible",
    TALK,
    BREACH,
    "Statuses follow each other as the table of the standard allows.",
    "Send each change of the status; a status between may only be left out if it lasted less than MinimumStatusDuration.",
    "1.6:4.9",
)
STATUS_ZERO: Final = rule(
    "status.connector-zero",
    TALK,
    BREACH,
    "Connector 0, the station itself, is only Available, Unavailable or Faulted.",
    "Send the other statuses for the connector they belong to.",
    "1.6:4.9",
)
STATUS_FAULTED: Final = rule(
    "status.faulted",
    TALK,
    NOTE,
    "Connectors are without fault.",
    "Look at the error code, and at the vendor's own.",
    "1.6:4.9, G01",
)
STATUS_ERROR_CODE: Final = rule(
    "status.error-code",
    TALK,
    BREACH,
    "EVCommunicationError comes only with Preparing, SuspendedEV, SuspendedEVSE and Finishing.",
    "Send another error code, or the status that belongs to it.",
    "1.6:4.9",
)
SECURITY_ALARM: Final = rule(
    "security.alarm",
    TALK,
    BREACH,
    "The station reports no security event that keeps it from working or tells of an attack.",
    "Look after what the event tells.",
    "A04.FR.01",
)
SECURITY_EVENT: Final = rule(
    "security.event",
    TALK,
    NOTE,
    "Security events are worth knowing.",
    "Nothing is to be done if the event was expected.",
    "A04.FR.01",
)
SECURITY_NAME: Final = rule(
    "security.event-name",
    TALK,
    BREACH,
    "Standard security events are named exactly.",
    "Write the event as the list of security events has it.",
    "A04.FR.01",
)
STACK_LEVEL: Final = rule(
    "profile.stack-level",
    TALK,
    BREACH,
    "Charging profiles are stacked: levels above 0 are taken too.",
    "Implement stacking up to ChargeProfileMaxStackLevel; taking only level 0 counts as a missing function.",
    "1.6:3.13.2, K01.FR.05",
)
PNC_MISSING: Final = rule(
    "pnc.backend-lacks",
    TALK,
    BREACH,
    "A backend of Plug & Charge takes the messages of ISO 15118.",
    "Switch the ISO 15118 messages on at the backend, or use one that has them: vehicle and station are not at fault.",
    "C07, M01, PNC16:2.2",
)
PNC_CERTIFICATE: Final = rule(
    "pnc.certificate-refused",
    TALK,
    BREACH,
    "The contract certificate of the vehicle is accepted.",
    "CertChainError, NoCertificateAvailable: install the root of the mobility operator (InstallCertificate). "
    "CertificateExpired, CertificateRevoked, ContractCancelled: the contract must be renewed in the vehicle.",
    "C07, M01",
)
