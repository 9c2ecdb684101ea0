"""Boot: what it was answered with, who speaks before it was accepted, and how often it comes (B01 to B03, 1.6:4.2)."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.refusals import is_malformed
from pilotwire.doctor.conversation.said import Answered, Said, flaw_case, inside, span, text_at, whole_at
from pilotwire.doctor.findings import Severity
from pilotwire.doctor.rules import protocol as rules

_BOOT: Final = "BootNotification"
_OWN_INTERVAL: Final = 10.0
"""Seconds that must lie between two boots at least where the backend left the interval to the station."""
_SOON: Final = timedelta(minutes=5)
_OFTEN: Final = 4
_STARTS: Final = frozenset(
    {"RemoteStartTransaction", "RemoteStopTransaction", "RequestStartTransaction", "RequestStopTransaction"}
)
_FIELDS_16: Final = {
    "chargingStation.vendorName": "chargePointVendor",
    "chargingStation.model": "chargePointModel",
    "chargingStation.serialNumber": "chargePointSerialNumber",
    "chargingStation.firmwareVersion": "firmwareVersion",
    "chargingStation.modem.iccid": "iccid",
    "chargingStation.modem.imsi": "imsi",
}
_SHORTEST, _LONGEST = 10, 86_400
_MANY: Final = 100
_SEVERAL: Final = frozenset({"StatusNotification", "MeterValues", "TransactionEvent"})
"""One trigger may have several of these sent."""
_REPORTS: Final = {"GetBaseReport": "NotifyReport", "GetReport": "NotifyReport"}


class Booting(Group):
    """The boot of one station."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._last_answer: Answered | None = None
        self._said_before = 0
        self._errors: set[str] = set()
        self._boots: deque[datetime] = deque(maxlen=_OFTEN)

    def connected(self, at: datetime) -> None:
        """A station that connects again keeps its standing; it need not boot (B01.FR.03 is for starts)."""
        self._said_before = 0
        if self.context.standing == "asked":
            self.context.standing = "unknown"

    # --- calls ---------------------------------------------------------------------------------------------------------------

    def asked(self, said: Said) -> None:
        """A boot, what comes without one, or what the backend says to a station it has not accepted."""
        if said.sender == "csms":
            self._csms_asked(said)
        elif said.action == _BOOT:
            self._booted(said)
        else:
            self._talked(said)

    def _csms_asked(self, said: Said) -> None:
        context = self.context
        if said.action in ("TriggerMessage", "ExtendedTriggerMessage"):
            self._triggered(text_at(said.payload, "requestedMessage"))
        elif said.action in _REPORTS:
            context.wanted[_REPORTS[said.action]] += _MANY
        elif said.action in ("Reset", "UpdateFirmware", "SignedUpdateFirmware"):
            context.restart_due = True
        if context.standing == "Rejected":
            self.notes.found(
                rules.BOOT_CSMS_TALKS,
                f"The backend sends {said.action} to a station it has rejected.",
                said.text,
                at=said,
                severity=Severity.NOTE if said.is_16 else None,
            )
        elif context.standing == "Pending" and said.action in _STARTS:
            self.notes.found(
                rules.BOOT_CSMS_TALKS,
                f"The backend sends {said.action} while the station is pending.",
                said.text,
                at=said,
            )

    def _triggered(self, message: str) -> None:
        action = "SignCertificate" if message.startswith("Sign") else message
        self.context.wanted[action] += _MANY if action in _SEVERAL else 1

    def _talked(self, said: Said) -> None:
        self._said_before += 1
        if self.context.may_talk or said.triggered:
            return
        why = {
            "asked": "while BootNotification has no answer yet",
            "Pending": "although the backend answered BootNotification with Pending and did not ask for it",
            "Rejected": "although the backend has rejected it",
        }[self.context.standing]
        self.notes.found(
            rules.BOOT_EARLY_TALK,
            f"The station sends {said.action} {why}.",
            said.text,
            at=said,
            case=self.context.standing,
            source=_source(said),
        )

    def _booted(self, said: Said) -> None:
        self._check_timing(said)
        self._check_fields(said)
        if self._said_before and self.context.standing == "unknown" and not said.triggered:
            what = f"The station sent {self._said_before} other calls on this connection before its BootNotification."
            self.notes.found(rules.BOOT_EARLY_TALK, what, said.text, at=said, case="before", source=_source(said))
        self.context.restart_due = False
        if not (said.triggered and self.context.standing == "Accepted"):
            self.context.standing = "asked"

    def _check_timing(self, said: Said) -> None:
        if said.triggered or self.context.restart_due:
            return
        last = self._last_answer
        if last is not None and last.status in ("Pending", "Rejected"):
            self._check_interval(said, last)
        elif self.context.standing == "Accepted" and self._said_before and self._since_accepted(said) < _SOON:
            what = (
                "The station sends BootNotification again on the same connection although it was accepted, untriggered."
            )
            self.notes.found(rules.BOOT_REPEATED, what, said.text, at=said)
        self._boots.append(said.at)
        if len(self._boots) == _OFTEN and said.at - self._boots[0] < timedelta(hours=1):
            what = f"The station sent {_OFTEN} BootNotifications within {span((said.at - self._boots[0]).total_seconds())}."
            self.notes.found(rules.BOOT_OFTEN, what, at=said)

    def _since_accepted(self, said: Said) -> timedelta:
        return said.at - (self.context.accepted_at or said.at)

    def _check_interval(self, said: Said, last: Answered) -> None:
        interval = whole_at(last.payload, "interval") or 0
        waited = (said.at - last.at).total_seconds()
        least = interval * 0.95 - 1 if interval > 0 else _OWN_INTERVAL
        if waited >= least:
            return
        told = f"the interval of the answer is {interval} s" if interval > 0 else "the backend left the interval to it"
        what = f"The station repeats BootNotification {span(waited)} after {last.status}; {told}."
        self.notes.found(rules.BOOT_TOO_EARLY, what, said.text, at=said, source=_source(said, "B02.FR.04, B02.FR.07"))

    def _check_fields(self, said: Said) -> None:
        for path in self.profile.protocol.boot_fields:
            own = _FIELDS_16.get(path) if said.is_16 else path
            if own is None or inside(said.payload, *own.split(".")) not in (None, ""):
                continue
            what = f"BootNotification does not tell {own}, which the profile {self.profile.name} demands."
            self.notes.found(rules.BOOT_FIELD, what, said.text, at=said, case=path, source=self.profile.source)

    # --- answers -------------------------------------------------------------------------------------------------------------

    def answered(self, answer: Answered) -> None:
        """The answer to a boot, or the refusal of something that came without one."""
        if answer.call.sender != "station":
            return
        if answer.call.action == _BOOT:
            self._boot_answered(answer)
        elif answer.code == "SecurityError" and self.context.standing == "unknown" and not answer.call.is_16:
            what = f"The backend refuses {answer.call.action} with SecurityError; no BootNotification of the station was heard."
            self.notes.found(rules.BOOT_MISSING, what, answer.text, at=answer)

    def _boot_answered(self, answer: Answered) -> None:
        if answer.code:
            self._boot_refused(answer)
            return
        self._last_answer = answer
        status = answer.status.strip().capitalize()
        for flaw in answer.flaws:
            self.notes.weigh(flaw.rule, flaw_case(answer.call, "answer", flaw.path), Severity.FATAL)
        interval = whole_at(answer.payload, "interval")
        if status == "Accepted":
            self._accepted(answer, interval)
        elif status == "Pending":
            self.context.standing = "Pending"
            what = f"The backend answers BootNotification with Pending{_reason(answer)}: the station may not charge until it is accepted."
            self.notes.found(rules.BOOT_PENDING, what, answer.text, at=answer)
        elif status == "Rejected":
            self.context.standing = "Rejected"
            what = (
                f"The backend rejects the station{_reason(answer)}: that is why nothing else works. "
                f"It may try again in {span(interval or 0)}."
            )
            self.notes.found(rules.BOOT_REJECTED, what, answer.text, at=answer)
        else:
            self.context.standing = "unknown"

    def _accepted(self, answer: Answered, interval: int | None) -> None:
        self.context.standing = "Accepted"
        self.context.accepted_at = answer.at
        was = "The backend first answered with {}, and accepted the station later."
        self.notes.weigh(rules.BOOT_PENDING, "", Severity.NOTE, was.format("Pending"))
        self.notes.weigh(rules.BOOT_REJECTED, "", Severity.NOTE, was.format("Rejected"))
        self.notes.weigh(rules.BOOT_UNANSWERED, "", Severity.BREACH)
        for code in self._errors:
            self.notes.weigh(rules.BOOT_ERROR, code, Severity.BREACH)
        if interval is None:
            return
        if interval < 0:
            self._interval(answer, f"The interval of the boot answer is {interval} s, below 0.", Severity.BREACH)
        elif interval == 0:
            self._interval(
                answer, "The interval of the boot answer is 0: the station has to choose its heartbeat itself."
            )
        elif not _SHORTEST <= interval <= _LONGEST:
            self._interval(answer, f"The interval of the boot answer is {span(interval)}, which is unusual.")
        demands = self.profile.protocol
        least, most = demands.least_heartbeat, demands.most_heartbeat
        if interval > 0 and (interval < least or (most and interval > most)):
            taken = f"{least} s to {most or 'any number of'} s"
            what = f"The heartbeat interval is {interval} s; the profile {self.profile.name} takes {taken}."
            self.notes.found(rules.BEATS_DEMANDED, what, answer.text, at=answer, source=self.profile.source)

    def _interval(self, answer: Answered, what: str, severity: Severity | None = None) -> None:
        self.notes.found(rules.BOOT_INTERVAL, what, answer.text, at=answer, severity=severity)

    def _boot_refused(self, answer: Answered) -> None:
        self.context.standing = "Rejected" if answer.code == "SecurityError" else "unknown"
        flaws = answer.call.flaws
        if flaws:
            for flaw in flaws:
                self.notes.weigh(flaw.rule, flaw_case(answer.call, "call", flaw.path), Severity.FATAL)
            return
        if len(self._errors) < _MANY:
            self._errors.add(answer.code)
        said = f": {answer.description}" if answer.description else ""
        fits = (
            f", although its payload fits the schema of OCPP {answer.call.version}" if is_malformed(answer.code) else ""
        )
        what = f"The backend answers BootNotification with the error {answer.code}{fits}{said}."
        self.notes.found(rules.BOOT_ERROR, what, answer.text, at=answer, case=answer.code)


def _reason(answer: Answered) -> str:
    reason = text_at(answer.payload, "statusInfo", "reasonCode")
    more = text_at(answer.payload, "statusInfo", "additionalInfo")
    told = ": ".join(each for each in (reason, more) if each)
    return f" ({told})" if told else ""


def _source(said: Said, newer: str = "B01.FR.08, B02.FR.02, B03.FR.02") -> str:
    return "1.6:4.2" if said.is_16 else newer
