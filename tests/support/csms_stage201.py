"""The station's half of the 2.0.1 cases for a CSMS: its reusable states, event by event, each answered as the case wants."""

from __future__ import annotations

from typing import Any

from tests.support.csms_stage import VALID, Stage, at

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


def token(id_token: str = VALID) -> dict[str, str]:
    """An id token as on the wire."""
    return {"idToken": id_token, "type": "ISO14443"}


async def status(on: Stage, state: str, evse: int = 1, connector: int = 1) -> None:
    """Tell a connector's state; the CSMS shows it from then on."""
    said = {"timestamp": at(on.ticks()), "connectorStatus": state, "evseId": evse, "connectorId": connector}
    assert await on.cs.ask("StatusNotification", said) == {}
    assert await on.shown(evse) == state


async def authorize(on: Stage, id_token: str = VALID) -> Any:
    """Ask for an id token; its idTokenInfo."""
    return (await on.cs.ask("Authorize", {"idToken": token(id_token)}))["idTokenInfo"]


async def booted(on: Stage, reason: str = "PowerUp", **states: str) -> None:
    """Boot and tell all connectors (two EVSEs); `evse_1="Occupied"` for one that is not Available."""
    said = {"reason": reason, "chargingStation": {"vendorName": "Volta", "model": "One"}}
    assert (await on.cs.ask("BootNotification", said))["status"] == "Accepted"
    for evse in (1, 2):
        await status(on, states.get(f"evse_{evse}", "Available"), evse)


def metered(seconds: float, value: float, context: str, **more: Any) -> list[Any]:
    """One meter value of the energy register in Wh."""
    return [{"timestamp": at(seconds), "sampledValue": [{"value": value, "context": context} | more]}]


class Charge:
    """One transaction, told event by event; sequence numbers count from 0."""

    def __init__(self, on: Stage, name: str = "tx-1", *, evse: int = 1, id_token: str = VALID) -> None:
        self.on = on
        self.name = name
        self.evse = evse
        self.id_token = id_token
        self.next = 0

    async def event(
        self, kind: str, trigger: str, state: str | None = None, *, info: dict[str, Any] | None = None, **more: Any
    ) -> Any:
        """Tell an event; the answer. Each is a second after the last; the first that has a place names it."""
        seconds = self.on.ticks()
        told: dict[str, Any] = {"transactionId": self.name} | ({"chargingState": state} if state else {})
        payload: dict[str, Any] = {
            "eventType": kind,
            "timestamp": at(seconds),
            "triggerReason": trigger,
            "seqNo": self.next,
            "transactionInfo": told | (info or {}),
        }
        self.next += 1
        return await self.on.cs.ask("TransactionEvent", payload | more)

    @property
    def kind(self) -> str:
        """Started for the first event, Updated for the next."""
        return "Updated" if self.next else "Started"

    @property
    def place(self) -> dict[str, int]:
        """Where it is."""
        return {"id": self.evse, "connectorId": 1}

    async def connected(self, **more: Any) -> None:
        """EVConnectedPreSession, or the first half of EnergyTransferStarted."""
        await status(self.on, "Occupied", self.evse)
        assert await self.event(self.kind, "CablePluggedIn", "EVConnected", evse=self.place, **more) == {}

    async def authorized(self) -> None:
        """Authorized: asked about, accepted, and told."""
        assert (await authorize(self.on, self.id_token))["status"] == "Accepted"
        answer = await self.event(self.kind, "Authorized", idToken=token(self.id_token))
        assert answer["idTokenInfo"]["status"] == "Accepted"

    async def charging(self) -> None:
        """The second half of EnergyTransferStarted."""
        assert await self.event("Updated", "ChargingStateChanged", "Charging") == {}

    async def started(self) -> None:
        """EnergyTransferStarted from nothing."""
        await self.connected()
        await self.authorized()
        await self.charging()

    async def suspended(self) -> None:
        """EnergyTransferSuspended."""
        assert await self.event("Updated", "ChargingStateChanged", "SuspendedEV") == {}

    async def stop_authorized(self) -> None:
        """StopAuthorized."""
        answer = await self.event("Updated", "StopAuthorized", idToken=token(self.id_token))
        assert answer["idTokenInfo"]["status"] == "Accepted"

    async def still_connected(self) -> None:
        """EVConnectedPostSession."""
        assert await self.event("Updated", "ChargingStateChanged", "EVConnected") == {}

    async def disconnected(self, **more: Any) -> None:
        """EVDisconnected; the transaction ends with it."""
        await status(self.on, "Available", self.evse)
        assert await self.ended("EVCommunicationLost", "EVDisconnected", "Idle", **more) == {}

    async def ended(self, trigger: str, reason: str, state: str | None = None, **more: Any) -> Any:
        """The last event; the CSMS knows all of them, the reason too, and that nothing is open."""
        answer = await self.event("Ended", trigger, state, info={"stoppedReason": reason}, **more)
        booked = await self.on.csms.store.transaction("CS001", self.name)
        assert booked is not None
        assert (booked.is_open, booked.stopped_reason, booked.missing_seq_nos) == (False, reason, ())
        assert booked.events == self.next
        return answer
