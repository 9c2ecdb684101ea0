"""What the doctor asks a station as a backend: its configuration, profiles at each stack level, what it does with what it cannot know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pilotwire.clock import Clock
from pilotwire.conformance.wire.counterpart import Counterpart, LineDown, NoAnswer
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.doctor.findings import Chart, Layer, Severity
from pilotwire.doctor.listening.configuration import (
    judge_configuration,
    keys_16,
    name_of,
    variables_2,
    wanted_variables,
)
from pilotwire.doctor.profiles.profile import PlatformProfile
from pilotwire.doctor.rules import listening as rules
from pilotwire.ocpp.version import OcppVersion

_ALLOWED: Final = 3.0
"""Seconds a command may take (what operators expect), unless the platform says otherwise."""
_TRIED: Final = 9
"""The highest stack level that is tried."""
_PROFILE: Final = 990_001
"""The first id of the profiles that are set, and removed again."""
_UNKNOWN: Final = "DoctorsQuestion"
_GENERAL: Final = ("InternalError", "GenericError")


@dataclass(slots=True)
class Interview:
    """The questions to one station over one connection. Each is asked once; a line that breaks ends them."""

    peer: Counterpart
    chart: Chart
    clock: Clock
    profile: PlatformProfile
    timeout: float
    provoked: set[str]
    """Ids of calls that are wrong on purpose, for who judges the conversation."""
    longest: float = 0.0
    slowest: str = ""
    configuration: dict[str, str] = field(default_factory=dict)

    async def hold(self) -> None:
        """Ask everything."""
        try:
            await self._configuration()
            await self._triggers()
            await self._unknown_action()
            await self._broken_call()
            await self._stack_levels()
        except LineDown as error:
            self.chart.skip("What does the station answer to the rest of the questions?", f"The line is gone: {error}.")
        self._round_trip()

    @property
    def old(self) -> bool:
        """Whether 1.6 is spoken."""
        return self.peer.version is OcppVersion.V16

    async def _provoke(self, action: str, payload: Mapping[str, Any]) -> Entry | None:
        """Ask what no backend should: the judge of the conversation does not hear of it."""
        self.peer.told_of_request = lambda message_id, _: self.provoked.add(message_id)
        try:
            return await self._ask(action, payload)
        finally:
            self.peer.told_of_request = lambda *_: None

    async def _ask(self, action: str, payload: Mapping[str, Any]) -> Entry | None:
        """The answer, or None if there was none, which is a finding."""
        began = self.clock.monotonic()
        try:
            answer = await self.peer.call(action, payload, self.timeout)
        except NoAnswer:
            what = f"The station did not answer {action} within {self.timeout:g} s."
            self.chart.find(rules.NO_ANSWER, what, json.dumps(payload)[:300])
            return None
        took = self.clock.monotonic() - began
        if took > self.longest:
            self.longest, self.slowest = took, action
        if answer.kind == "error" and action in self.profile.protocol.actions:
            self._not_done(action, answer)
        return answer

    def _not_done(self, action: str, answer: Entry) -> None:
        code = (answer.payload or {}).get("errorCode", "an error")
        what = f"The platform demands {action}, and the station answers it with {code}."
        self.chart.find(rules.NOT_DONE, what, answer.text[:300], source=self.profile.title)

    def _round_trip(self) -> None:
        if not self.slowest:
            return
        self.chart.note(Layer.LINE, "slowest answer", f"{self.longest:.2f} s ({self.slowest})")
        allowed = self.profile.protocol.answer_within or _ALLOWED
        if self.longest > allowed:
            what = f"{self.slowest} was answered after {self.longest:.1f} s; {allowed:g} s are allowed."
            severity = Severity.BREACH if self.profile.protocol.answer_within else None
            self.chart.find(rules.SLOW, what, severity=severity)

    # --- configuration -----------------------------------------------------------------------------------------------------------

    async def _configuration(self) -> None:
        if self.old:
            answer = await self._ask("GetConfiguration", {})
            self.configuration = keys_16(_payload(answer))
        else:
            for part in wanted_variables():
                answer = await self._ask("GetVariables", {"getVariableData": part})
                self.configuration |= variables_2(_payload(answer))
        if self.configuration:
            judge_configuration(self.chart, self.peer.version, self.configuration, self.profile)

    def _known(self, what: str) -> str:
        return self.configuration.get(name_of(what, self.peer.version), "")

    async def _triggers(self) -> None:
        """Have it send what is judged when it comes: heartbeat, status, meter values."""
        for message in ("Heartbeat", "StatusNotification", "MeterValues"):
            request: dict[str, Any] = {"requestedMessage": message}
            if message == "StatusNotification":
                request |= {"connectorId": 1} if self.old else {"evse": {"id": 1, "connectorId": 1}}
            if message == "MeterValues":
                request |= {"connectorId": 1} if self.old else {"evse": {"id": 1}}
            answer = await self._ask("TriggerMessage", request)
            status = _payload(answer).get("status")
            self.chart.note(Layer.CONVERSATION, f"TriggerMessage {message}", status or _error_of(answer))

    # --- what it cannot know -----------------------------------------------------------------------------------------------------

    async def _unknown_action(self) -> None:
        answer = await self._provoke(_UNKNOWN, {})
        if answer is None:
            return
        if answer.kind != "error":
            what = "The station answers an action that does not exist as if it knew it."
            self.chart.find(rules.UNKNOWN_ACTION, what, answer.text[:300])
        elif (code := _error_of(answer)) not in ("NotImplemented", "NotSupported"):
            what = f"The station answers an action that does not exist with {code}."
            self.chart.find(rules.UNKNOWN_ACTION, what, answer.text[:300])

    async def _broken_call(self) -> None:
        request = {"type": 1} if self.old else {"operationalStatus": 1}
        answer = await self._provoke("ChangeAvailability", request | ({"connectorId": "one"} if self.old else {}))
        if answer is None:
            return
        if answer.kind != "error":
            what = "The station answers a call with a number where a word belongs as if it were good."
            self.chart.find(rules.BROKEN_CALL, what, answer.text[:300])
        elif (code := _error_of(answer)) in _GENERAL:
            what = f"The station says {code} to a call with a number where a word belongs: that tells nobody what is wrong."
            self.chart.find(rules.BROKEN_CALL, what, answer.text[:300], severity=Severity.NOTE)

    # --- charging profiles -------------------------------------------------------------------------------------------------------

    async def _stack_levels(self) -> None:
        told = self._known("stack levels")
        demanded = self.profile.protocol.stack_levels
        highest = max(demanded, int(told) if told.isdigit() else 0, 1)
        tried = range(min(highest, _TRIED) + 1)
        refused: dict[int, str] = {}
        taken: list[int] = []
        for level in tried:
            answer = await self._ask("SetChargingProfile", self._profile(level))
            status = _payload(answer).get("status") or _error_of(answer)
            if status == "Accepted":
                taken.append(level)
            else:
                refused[level] = str(status)
            if level == 0 and status != "Accepted":
                break
        for level in taken:
            await self._ask("ClearChargingProfile", self._clear(level))
        self.chart.note(Layer.CONVERSATION, "stack levels taken", ", ".join(map(str, taken)) or "none")
        self._judge_levels(taken, refused, int(told) if told.isdigit() else None)

    def _judge_levels(self, taken: list[int], refused: Mapping[int, str], told: int | None) -> None:
        if not refused:
            return
        demanded = self.profile.protocol.stack_levels
        seen = [f"stack level {level}: {status}" for level, status in refused.items()]
        if not taken:
            what = f"The station does not take a charging profile at stack level 0: {refused[0]}."
            severity = None if demanded >= 0 or told is not None else Severity.NOTE
            self.chart.find(rules.STACK_LEVELS, what, *seen, severity=severity)
        elif taken == [0]:
            self.chart.find(rules.STACK_LEVELS, "The station takes charging profiles at stack level 0 only.", *seen)
        elif told is not None and min(refused) <= told:
            what = f"The station refuses stack level {min(refused)}, and says that it takes up to {told}."
            self.chart.find(rules.STACK_LEVELS, what, *seen)
        elif min(refused) <= demanded:
            what = f"The station refuses stack level {min(refused)}; the platform uses up to {demanded}."
            self.chart.find(rules.STACK_LEVELS, what, *seen, source=self.profile.title)

    def _profile(self, level: int) -> dict[str, Any]:
        """A default profile that limits nothing: its limit is higher than any station's."""
        units = self._known("rate units")
        unit = "W" if units and not {"A", "Current"} & set(units.replace(" ", "").split(",")) else "A"
        schedule = {
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1000.0 if unit == "A" else 900_000.0}],
        }
        common = {"stackLevel": level, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}
        now = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.old:
            made = {"chargingProfileId": _PROFILE + level, "chargingSchedule": schedule | {"startSchedule": now}}
            return {"connectorId": 0, "csChargingProfiles": common | made}
        made = {"id": _PROFILE + level, "chargingSchedule": [{"id": 1, "startSchedule": now} | schedule]}
        return {"evseId": 0, "chargingProfile": common | made}

    def _clear(self, level: int) -> dict[str, Any]:
        return {"id": _PROFILE + level} if self.old else {"chargingProfileId": _PROFILE + level}


def _payload(answer: Entry | None) -> dict[str, Any]:
    good = answer is not None and answer.kind == "result" and isinstance(answer.payload, dict)
    return answer.payload if good and answer is not None else {}


def _error_of(answer: Entry | None) -> str:
    if answer is None:
        return "no answer"
    payload = answer.payload if isinstance(answer.payload, dict) else {}
    return str(payload.get("errorCode") or payload.get("code") or "an error")
