"""What is held against boot, clocks and heartbeats, and what only a probe of the messages finds out."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.rules.protocol_rule import BOOT, BREACH, FATAL, NOTE, TALK, rule

# --- boot ------------------------------------------------------------------------------------------------------------------------

BOOT_REJECTED: Final = rule(
    "boot.rejected",
    BOOT,
    FATAL,
    "The backend accepts the station.",
    "Enter the station at the backend under exactly this identity (and serial number, if it checks that), and enable it.",
    "B03, 1.6:4.2",
)
BOOT_PENDING: Final = rule(
    "boot.pending",
    BOOT,
    FATAL,
    "The backend accepts the station; Pending is only for the time it needs to configure it.",
    "Release the station at the backend: it is known there, but nobody has approved or finished its configuration.",
    "B02, 1.6:4.2",
)
BOOT_UNANSWERED: Final = rule(
    "boot.unanswered",
    BOOT,
    FATAL,
    "BootNotification is answered.",
    "Look in the log of the backend: the station is connected, but its first message is not handled.",
    "B01.FR.02, 1.6:4.2",
)
BOOT_ERROR: Final = rule(
    "boot.error",
    BOOT,
    FATAL,
    "BootNotification is answered with a status, not with an error.",
    "Read the error: a malformed payload is mended at the station, InternalError at the backend.",
    "B01.FR.02, 1.6:4.2",
)
BOOT_EARLY_TALK: Final = rule(
    "boot.before-accepted",
    BOOT,
    BREACH,
    "Before it is accepted, the station sends nothing but BootNotification and what it was asked for.",
    "Queue everything until a BootNotification was answered with Accepted.",
    "B01.FR.08, B02.FR.02, B03.FR.02, 1.6:4.2",
)
BOOT_MISSING: Final = rule(
    "boot.missing",
    BOOT,
    BREACH,
    "The station sends BootNotification after each start, before anything else.",
    "Send BootNotification first; after a restart also if the backend knew the station before.",
    "B01.FR.01, B01.FR.10, 1.6:4.2",
)
BOOT_TOO_EARLY: Final = rule(
    "boot.too-early",
    BOOT,
    BREACH,
    "After Pending or Rejected, BootNotification is repeated only when the interval is over.",
    "Wait for the interval of the answer; if it is 0, choose one that does not flood the backend.",
    "B02.FR.04, B02.FR.07, B03.FR.05, 1.6:4.2",
)
BOOT_REPEATED: Final = rule(
    "boot.repeated",
    BOOT,
    BREACH,
    "An accepted station sends BootNotification again only after a restart, or when triggered.",
    "Send BootNotification once a start; a reconnect needs none. If the station does restart, look for the cause.",
    "B01.FR.03, 1.6:4.2",
)
BOOT_OFTEN: Final = rule(
    "boot.often",
    BOOT,
    NOTE,
    "A station starts rarely.",
    "See whether the station restarts (watchdog, power) or sends BootNotification at each reconnect, which is not needed.",
    "B01.FR.03",
)
BOOT_INTERVAL: Final = rule(
    "boot.interval",
    BOOT,
    NOTE,
    "The interval of the boot answer is a sensible heartbeat interval.",
    "Set an interval between 30 seconds and one hour at the backend.",
    "B01.FR.04, G02.FR.01, 1.6:4.2",
)
BOOT_FIELD: Final = rule(
    "boot.field-demanded",
    BOOT,
    BREACH,
    "BootNotification tells what the platform demands.",
    "Fill the field in BootNotification.",
)
BOOT_CSMS_TALKS: Final = rule(
    "boot.backend-talks",
    BOOT,
    BREACH,
    "A backend that has rejected a station, or keeps it pending, sends it only what is allowed then.",
    "Accept the station before transactions are started or stopped at it; send a rejected one nothing.",
    "B02.FR.05, B03.FR.03, 1.6:4.2",
)

# --- clocks and heartbeats -------------------------------------------------------------------------------------------------------

TIME_ZONE: Final = rule(
    "clock.time-zone",
    TALK,
    BREACH,
    "Timestamps are in UTC, or tell their offset rightly.",
    "Set the station's clock to UTC, and do not write local time with a Z behind it.",
    "1.6:3.14, J2:4.1.2",
)
NO_ZONE: Final = rule(
    "clock.no-zone",
    TALK,
    BREACH,
    "Timestamps end with Z or an offset.",
    "Write times in UTC with a Z: 2026-01-31T12:00:00Z.",
    "1.6:3.15, J2:4.1.2",
)
DRIFT: Final = rule(
    "clock.drift",
    TALK,
    BREACH,
    "The clock of the station agrees with the backend's.",
    "Set the clock from currentTime of BootNotification and Heartbeat, or by NTP; check the battery of the clock.",
    "B01.FR.06, G02.FR.06, 1.6:4.2",
)
CSMS_CLOCK: Final = rule(
    "clock.backend",
    TALK,
    BREACH,
    "The backend tells the right time.",
    "Set the clock of the backend by NTP; check that currentTime is in UTC.",
    "G02.FR.03, 1.6:4.6",
)
BEATS_SELDOM: Final = rule(
    "heartbeat.seldom",
    TALK,
    BREACH,
    "A station is heard at least once in the heartbeat interval.",
    "Use the interval of the boot answer; see whether the line is dead meanwhile.",
    "G02.FR.01, G02.FR.02, 1.6:4.6",
)
BEATS_OFTEN: Final = rule(
    "heartbeat.often",
    TALK,
    BREACH,
    "Heartbeats come in the interval the backend gave.",
    "Use the interval of the boot answer; WebSocket pings keep a line open at less cost.",
    "B01.FR.04, G02.FR.01, 1.6:4.6",
)
BEATS_DEMANDED: Final = rule(
    "heartbeat.interval-demanded",
    BOOT,
    BREACH,
    "The heartbeat interval is within the platform's bounds.",
    "Set the heartbeat interval to one that the platform takes.",
)

# --- what only a probe finds out -----------------------------------------------------------------------------------------------

NOT_CONNECTED: Final = rule(
    "boot.not-connected",
    BOOT,
    FATAL,
    "The station gets a connection for its messages.",
    "See what was found of network and certificates; if nothing was, try again: the backend may limit connections.",
    "J16:3.1, J2:3.1",
)
BOOT_CLOSED: Final = rule(
    "boot.closed",
    BOOT,
    FATAL,
    "The backend answers BootNotification instead of closing the connection.",
    "Look in the log of the backend. With security profile 3 it may close because the serial number is not the certificate's (B01.FR.12).",
    "B01.FR.02, B01.FR.12",
)
CLOSED: Final = rule(
    "rpc.closed",
    TALK,
    BREACH,
    "The backend keeps the connection, whatever a message holds.",
    "Answer with a CALLERROR; closing makes the station connect again and again.",
    "J16:4.2.3, J2:4.3",
)
NO_ERROR_BUT_SILENCE: Final = rule(
    "verdict.silence",
    TALK,
    BREACH,
    "What cannot be handled is answered with a CALLERROR, not with silence.",
    "Answer unknown actions with NotImplemented and broken payloads with the code for what is wrong.",
    "J16:4.2.3, J2:4.3",
)
TOKEN_TAKEN: Final = rule(
    "backend.unknown-token-accepted",
    TALK,
    NOTE,
    "A token nobody knows is not accepted.",
    "Right at a test system; elsewhere see why the backend lets everybody charge.",
    "C01.FR.07, 1.6:4.1",
)
VENDOR_TAKEN: Final = rule(
    "backend.unknown-vendor-accepted",
    TALK,
    NOTE,
    "DataTransfer of a vendor nobody knows is answered with UnknownVendorId.",
    "Answer UnknownVendorId, so that a station can tell what the backend understands.",
    "1.6:4.3, P02.FR.06",
)
