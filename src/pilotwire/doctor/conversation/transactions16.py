"""Transactions of 1.6: started and stopped once, with the right id, in the right order, with meters that do not run backwards."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.said import Answered, Said, text_at, time_of, whole_at
from pilotwire.doctor.findings import Severity
from pilotwire.doctor.rules import protocol as rules

_K = TypeVar("_K")
_V = TypeVar("_V")
_MOST: Final = 512
_AFTER_RESTART: Final = frozenset({"PowerLoss", "Reboot", "HardReset", "SoftReset"})


@dataclass(slots=True)
class _Transaction:
    """A transaction that the backend knows of."""

    number: int
    connector: int | None
    meter: int | None
    began: datetime | None
    said: Said


class Transactions16(Group):
    """The transactions of one station that speaks 1.6."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._open: OrderedDict[int, _Transaction] = OrderedDict()
        self._ended: OrderedDict[int, str] = OrderedDict()
        self._accepted: OrderedDict[str, None] = OrderedDict()
        self._free: set[int] = set()
        self._booted = False

    # --- calls ---------------------------------------------------------------------------------------------------------------

    def asked(self, said: Said) -> None:
        """A start, a stop, or a status that tells what became of a transaction."""
        if said.sender != "station" or not said.is_16:
            return
        if said.action == "BootNotification":
            self._booted = True
        elif said.action == "StartTransaction":
            self._second(said)
        elif said.action == "StopTransaction":
            self._stopped(said)
        elif said.action == "StatusNotification":
            self._status(said)

    def _second(self, said: Said) -> None:
        connector = whole_at(said.payload, "connectorId")
        began = time_of(said.payload.get("timestamp"))
        for each in self._open.values():
            if each.connector == connector and connector is not None and each.began != began:
                what = f"A transaction starts on connector {connector}, where transaction {each.number} has not ended."
                self.notes.found(rules.TX_SECOND, what, each.said.text, said.text, at=said)
                return

    def _stopped(self, said: Said) -> None:
        number = whole_at(said.payload, "transactionId")
        if number is None:
            return
        known = self._open.get(number)
        if known is not None:
            self._compare(said, known)
        elif number <= 0:
            what = f"StopTransaction has the transaction id {number}: the station has no id of its StartTransaction."
            self.notes.found(rules.TX_STOP_WITHOUT_ID, what, said.text, at=said)
        elif number in self._ended:
            if self._ended[number] != said.message_id:
                what = f"Transaction {number} is stopped a second time."
                self.notes.found(rules.TX_STOPPED_TWICE, what, said.text, at=said)
        else:
            self._unknown(said, number)

    def _unknown(self, said: Said, number: int) -> None:
        certain = self._booted and text_at(said.payload, "reason") not in _AFTER_RESTART
        more = "" if certain else "; it may have started before the record"
        what = f"Transaction {number} is stopped, but no StartTransaction was answered with this id{more}."
        weight = None if certain else Severity.NOTE
        self.notes.found(rules.TX_STOP_WITHOUT_START, what, said.text, at=said, severity=weight, case=str(certain))

    def _compare(self, said: Said, known: _Transaction) -> None:
        stop, ended = whole_at(said.payload, "meterStop"), time_of(said.payload.get("timestamp"))
        if stop is not None and known.meter is not None and stop < known.meter:
            what = f"Transaction {known.number} stops at {stop} Wh, below its start at {known.meter} Wh."
            self.notes.found(rules.TX_METER_BELOW, what, known.said.text, said.text, at=said)
        if ended is not None and known.began is not None and ended < known.began:
            what = f"Transaction {known.number} ends at {ended:%H:%M:%S}, before its start at {known.began:%H:%M:%S} (UTC)."
            self.notes.found(rules.TX_TIME, what, known.said.text, said.text, at=said)

    def _status(self, said: Said) -> None:
        connector = whole_at(said.payload, "connectorId")
        if connector is None:
            return
        if text_at(said.payload, "status") == "Available":
            self._free.add(connector)
        else:
            self._free.discard(connector)

    # --- answers -------------------------------------------------------------------------------------------------------------

    def answered(self, answer: Answered) -> None:
        """What the backend said to a start, a stop or an idTag."""
        call = answer.call
        if call.sender != "station" or not call.is_16 or answer.code:
            return
        if call.action == "Authorize":
            if text_at(answer.payload, "idTagInfo", "status") == "Accepted":
                _remember(self._accepted, text_at(call.payload, "idTag").lower(), None)
        elif call.action == "StartTransaction":
            self._started(answer)
        elif call.action == "StopTransaction":
            number = whole_at(call.payload, "transactionId")
            if number is not None:
                self._open.pop(number, None)
                _remember(self._ended, number, call.message_id)

    def _started(self, answer: Answered) -> None:
        number = whole_at(answer.payload, "transactionId")
        status = text_at(answer.payload, "idTagInfo", "status")
        if status != "Accepted":
            self._refused(answer, status)
        if number is None:
            return
        if number <= 0 and status == "Accepted":
            what = f"The backend gives the transaction id {number}, which some stations take for none."
            self.notes.found(rules.TX_ID_ODD, what, answer.text, at=answer)
        call = answer.call
        new = _Transaction(
            number,
            whole_at(call.payload, "connectorId"),
            whole_at(call.payload, "meterStart"),
            time_of(call.payload.get("timestamp")),
            call,
        )
        self._once(answer, new)
        _remember(self._open, number, new)
        if new.connector is not None:
            self._free.discard(new.connector)

    def _once(self, answer: Answered, new: _Transaction) -> None:
        known = self._open.get(new.number)
        again = known is not None and (known.connector, known.began) == (new.connector, new.began)
        if (known is not None and not again) or new.number in self._ended:
            what = f"The backend gives the transaction id {new.number} a second time."
            self.notes.found(rules.TX_ID_REUSED, what, answer.call.text, answer.text, at=answer)

    def _refused(self, answer: Answered, status: str) -> None:
        tag = text_at(answer.call.payload, "idTag")
        contradicts = tag.lower() in self._accepted
        told = f"{status or 'no status'} for the idTag"
        what = f"StartTransaction is answered with {told}: the transaction may not charge."
        if contradicts:
            what = f"StartTransaction is answered with {told}, although Authorize was answered with Accepted for the same idTag."
        weight = Severity.BREACH if contradicts or not status else None
        self.notes.found(rules.TX_REFUSED, what, answer.call.text, answer.text, at=answer, case=status, severity=weight)

    def finish(self, now: datetime) -> None:
        """What has not ended."""
        for each in self._open.values():
            free = each.connector in self._free
            more = (
                f", but connector {each.connector} became Available" if free else "; the record ends while it goes on"
            )
            what = f"Transaction {each.number} is not ended{more}."
            weight = None if free else Severity.NOTE
            self.notes.found(rules.TX_NEVER_ENDED, what, each.said.text, at=each.said, severity=weight, case=str(free))
        self._open.clear()


def _remember(memory: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _MOST:
        memory.popitem(last=False)
