"""Conversations for the doctor: written as calls and answers, on a clock of their own; some of them healthy from boot to stop."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pilotwire.doctor.conversation.heard import Heard, Sender
from pilotwire.doctor.conversation.judge import Judge
from pilotwire.doctor.findings import Chart
from pilotwire.doctor.profiles.profile import NOTHING_MORE, PlatformProfile
from pilotwire.ocpp.version import OcppVersion

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REGISTER = "Energy.Active.Import.Register"


def stamp(moment: datetime) -> str:
    """As OCPP writes times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Talk:
    """A conversation of one station. `shift` is by how much the station's clock is ahead."""

    version: OcppVersion | None = V201
    now: datetime = START
    shift: timedelta = timedelta()
    station: str = "CS001"
    said: list[Heard] = field(default_factory=list)
    connection: int = 1
    count: int = 0

    @property
    def time(self) -> str:
        """The station's time, written."""
        return stamp(self.now + self.shift)

    def wait(self, seconds: float) -> Talk:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self

    def reconnect(self, after: float = 5) -> Talk:
        """A new connection."""
        self.connection += 1
        return self.wait(after)

    def raw(self, sender: Sender, text: str) -> Talk:
        """A message as it is."""
        place = f"line {len(self.said) + 1}"
        self.said.append(Heard(self.now, self.station, sender, text, self.version, place, self.connection))
        return self

    def call(self, sender: Sender, action: str, payload: Any, message_id: str = "") -> str:
        """A call; its message id."""
        self.count += 1
        name = message_id or f"{sender}-{self.count}"
        self.raw(sender, json.dumps([2, name, action, payload]))
        self.wait(0.2)
        return name

    def ask(self, action: str, payload: Any, answer: Any = None) -> Talk:
        """The station calls, the backend answers: with a payload, or an error code."""
        return self._exchange("station", "csms", action, payload, answer)

    def order(self, action: str, payload: Any, answer: Any = None) -> Talk:
        """The backend calls, the station answers."""
        return self._exchange("csms", "station", action, payload, answer)

    def _exchange(self, caller: Sender, other: Sender, action: str, payload: Any, answer: Any) -> Talk:
        name = self.call(caller, action, payload)
        frame = [4, name, answer, "", {}] if isinstance(answer, str) else [3, name, answer or {}]
        return self.raw(other, json.dumps(frame)).wait(0.8)

    # --- usual exchanges -------------------------------------------------------------------------------------------------------

    def boot(self, status: str = "Accepted", interval: int = 300, **more: Any) -> Talk:
        """A boot."""
        payload: dict[str, Any] = {"chargePointVendor": "Maker", "chargePointModel": "One"}
        if self.version is not V16:
            payload = {"reason": "PowerUp", "chargingStation": {"vendorName": "Maker", "model": "One"}}
        answer = {"status": status, "currentTime": stamp(self.now), "interval": interval}
        return self.ask("BootNotification", payload | more, answer)

    def status(self, status: str = "Available", connector: int = 1) -> Talk:
        """A status."""
        if self.version is V16:
            return self.ask(
                "StatusNotification",
                {"connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": self.time},
            )
        payload = {"timestamp": self.time, "connectorStatus": status, "evseId": connector, "connectorId": 1}
        return self.ask("StatusNotification", payload)

    def beat(self) -> Talk:
        """A heartbeat."""
        return self.ask("Heartbeat", {}, {"currentTime": stamp(self.now)})

    def start(self, number: int = 7, meter: int = 1000, status: str = "Accepted", connector: int = 1) -> Talk:
        """StartTransaction of 1.6."""
        return self.ask(
            "StartTransaction",
            {"connectorId": connector, "idTag": "TAG1", "meterStart": meter, "timestamp": self.time},
            {"transactionId": number, "idTagInfo": {"status": status}},
        )

    def stop(self, number: int = 7, meter: int = 9000, **more: Any) -> Talk:
        """StopTransaction of 1.6."""
        payload = {"transactionId": number, "meterStop": meter, "timestamp": self.time}
        return self.ask("StopTransaction", payload | more)

    def sample(self, value: str = "2000", connector: int = 1, at: str = "", **more: Any) -> Talk:
        """MeterValues of 1.6."""
        sampled = {"value": value, "measurand": REGISTER, "unit": "Wh", "context": "Sample.Periodic"} | more
        return self.ask(
            "MeterValues",
            {"connectorId": connector, "meterValue": [{"timestamp": at or self.time, "sampledValue": [sampled]}]},
        )

    def event(
        self, kind: str, seq: int, value: float | None = None, name: str = "T1", at: str = "", **more: Any
    ) -> Talk:
        """TransactionEvent of 2.x."""
        reason = {"Started": "Authorized", "Updated": "MeterValuePeriodic", "Ended": "StopAuthorized"}[kind]
        payload: dict[str, Any] = {
            "eventType": kind,
            "timestamp": at or self.time,
            "triggerReason": reason,
            "seqNo": seq,
            "transactionInfo": {"transactionId": name},
        }
        if kind == "Started":
            payload["evse"] = {"id": 1, "connectorId": 1}
        if value is not None:
            sampled = {"value": value, "measurand": REGISTER, "unitOfMeasure": {"unit": "Wh"}}
            payload["meterValue"] = [{"timestamp": at or self.time, "sampledValue": [sampled]}]
        return self.ask("TransactionEvent", payload | more)


def judged(talk: Talk | Iterable[Heard], profile: PlatformProfile = NOTHING_MORE, **options: Any) -> Chart:
    """What the judge finds in a whole record."""
    judge = Judge(profile, **options)
    for heard in talk.said if isinstance(talk, Talk) else talk:
        judge.hear(heard)
    return judge.finish()


def healthy_16() -> Talk:
    """1.6 from boot over charging to the stop, with commands between."""
    talk = Talk(V16).boot().status("Available", 0).status()
    talk.order(
        "GetConfiguration", {}, {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]}
    )
    talk.order("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}, {"status": "Accepted"})
    talk.wait(60).ask("Authorize", {"idTag": "TAG1"}, {"idTagInfo": {"status": "Accepted"}}).status("Preparing")
    talk.start().status("Charging")
    for value in (1200, 1400, 1600):
        talk.wait(58).sample(str(value))
    talk.order("SetChargingProfile", _profile_16(0), {"status": "Accepted"})
    talk.order("SetChargingProfile", _profile_16(3), {"status": "Accepted"})
    talk.wait(30).stop(meter=1700, idTag="TAG1", reason="Local").status("Finishing").status("Available")
    for _ in range(4):
        talk.wait(299).beat()
    return talk


def offline_16() -> Talk:
    """1.6: a transaction goes on without a connection; its messages come later from the queue."""
    talk = Talk(V16).boot().status().start().status("Charging")
    began = talk.now
    talk.reconnect(1800)
    for minute in (5, 10, 15):
        talk.sample(str(1000 + minute * 100), at=stamp(began + timedelta(minutes=minute)))
    talk.ask(
        "StopTransaction",
        {
            "transactionId": 7,
            "meterStop": 4000,
            "timestamp": stamp(began + timedelta(minutes=20)),
            "reason": "EVDisconnected",
        },
    )
    return talk.status("Available").wait(60).beat()


def healthy_2(version: OcppVersion = V201) -> Talk:
    """2.x from boot over charging to the end."""
    talk = Talk(version).boot().status()
    talk.order(
        "GetVariables",
        {"getVariableData": [{"component": {"name": "ClockCtrlr"}, "variable": {"name": "DateTime"}}]},
        {
            "getVariableResult": [
                {
                    "component": {"name": "ClockCtrlr"},
                    "variable": {"name": "DateTime"},
                    "attributeStatus": "Accepted",
                    "attributeValue": talk.time,
                }
            ]
        },
    )
    talk.order("GetBaseReport", {"requestId": 1, "reportBase": "SummaryInventory"}, {"status": "Accepted"})
    talk.ask("NotifyReport", {"requestId": 1, "generatedAt": talk.time, "seqNo": 0})
    token = {"idToken": "TAG1", "type": "ISO14443"}
    talk.wait(20).ask("Authorize", {"idToken": token}, {"idTokenInfo": {"status": "Accepted"}}).status("Occupied")
    talk.event("Started", 0, 1000, idToken=token)
    for seq, value in enumerate((1200, 1400, 1600), 1):
        talk.wait(58).event("Updated", seq, value)
    talk.wait(10).event("Ended", 4, 1700).status("Available")
    for _ in range(4):
        talk.wait(299).beat()
    return talk


def offline_2(version: OcppVersion = V201) -> Talk:
    """2.x: the station loses its connection while charging, and delivers its events afterwards with the flag."""
    talk = Talk(version).boot().status().event("Started", 0, 1000)
    began = talk.now
    talk.reconnect(1800)
    for seq, minute in enumerate((5, 10, 15), 1):
        talk.event("Updated", seq, 1000 + minute * 100, offline=True, at=stamp(began + timedelta(minutes=minute)))
    talk.event("Ended", 4, 4200, offline=True, at=stamp(began + timedelta(minutes=20)))
    return talk.status().wait(60).beat()


def _profile_16(level: int) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1 + level,
            "stackLevel": level,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        },
    }


profile_16 = _profile_16
