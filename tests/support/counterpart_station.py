# mypy: disable-error-code="untyped-decorator, import-untyped"
"""Stations nobody here wrote: charge points of the PyPI package `ocpp`, in 1.6, 2.0.1 and 2.1, over the plain `websockets` client.

What they say and hear passes that package's own JSON Schema validation. They behave as simple stations do: what a CSMS asks for is
answered, and what follows from it (a transaction after a remote start, a status after a trigger) is said afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote

import ocpp.v16
import ocpp.v21
import ocpp.v201
from ocpp.routing import after, on
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pilotwire.csms.app import Csms

PATIENCE = 10.0
CARD = "04A2B3C4"
START = "2026-03-01T10:00:00Z"
MIDDLE = "2026-03-01T10:15:00Z"
END = "2026-03-01T10:30:00Z"
_REGISTER = "Energy.Active.Import.Register"


class Counterpart:
    """What the stations of all versions have in common; a mixin over the package's `ChargePoint`.

    `asked` are the calls of the CSMS as handled, by action. `variables` are what it has to configure, by name.
    """

    _call: Any
    _call_result: Any
    subprotocol = ""

    def __init__(self, identity: str, line: ClientConnection) -> None:
        super().__init__(identity, line, response_timeout=PATIENCE)  # type: ignore[call-arg]
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.variables = {"HeartbeatInterval": "300", "ClockAlignedDataInterval": "0"}
        self.transaction: Any = None
        self._results: asyncio.Queue[Any] = asyncio.Queue()

    async def say(self, action: str, /, **payload: Any) -> Any:
        """A CALL and its answer; a CALLERROR is raised as the package's exception."""
        return await self.call(getattr(self._call, action)(**payload), suppress=False)  # type: ignore[attr-defined]

    async def followed(self) -> Any:
        """What came of the next thing said because the CSMS asked for something; raises what went wrong with it."""
        result = await asyncio.wait_for(self._results.get(), PATIENCE)
        if isinstance(result, Exception):
            raise result
        return result

    async def _follow(self, work: Awaitable[Any]) -> None:
        try:
            self._results.put_nowait(await work)
        except Exception as error:
            self._results.put_nowait(error)

    def _heard(self, action: str, payload: dict[str, Any]) -> None:
        self.asked.append((action, payload))

    def _answer(self, action: str, **payload: Any) -> Any:
        return getattr(self._call_result, action)(**payload)

    def heartbeat(self) -> Awaitable[Any]:
        """Say that it is alive."""
        return self.say("Heartbeat")

    # --- what every version is asked in the same words ---------------------------------------------------------------------------

    @on("Reset")
    def on_reset(self, **payload: Any) -> Any:
        self._heard("Reset", payload)
        return self._answer("Reset", status="Accepted")

    @on("UnlockConnector")
    def on_unlock(self, **payload: Any) -> Any:
        self._heard("UnlockConnector", payload)
        return self._answer("UnlockConnector", status="Unlocked")

    @on("DataTransfer")
    def on_data_transfer(self, **payload: Any) -> Any:
        self._heard("DataTransfer", payload)
        if payload["vendor_id"] != "com.example":
            return self._answer("DataTransfer", status="UnknownVendorId")
        return self._answer("DataTransfer", status="Accepted", data=f"{payload['data']} to you too")


class ChargePoint16(Counterpart, ocpp.v16.ChargePoint):  # type: ignore[misc]
    """OCPP 1.6: connectors, idTags, and the CSMS names the transaction."""

    subprotocol = "ocpp1.6"

    def boot(self, reason: str = "PowerUp") -> Awaitable[Any]:
        """1.6 does not tell a reason."""
        return self.say(
            "BootNotification", charge_point_vendor="Volta", charge_point_model="One", firmware_version="9.1"
        )

    def status(self, status: str, at: str = START) -> Awaitable[Any]:
        """The status of connector 1."""
        return self.say("StatusNotification", connector_id=1, error_code="NoError", status=status, timestamp=at)

    async def authorize(self, card: str) -> str:
        """What the CSMS says of a card."""
        answer = await self.say("Authorize", id_tag=card)
        return str(answer.id_tag_info["status"])

    async def begin(self, card: str, wh: int, at: str = START, trigger: str = "Authorized", **_: Any) -> str:
        """StartTransaction; gives the status of the token and remembers the number."""
        answer = await self.say("StartTransaction", connector_id=1, id_tag=card, meter_start=wh, timestamp=at)
        self.transaction = answer.transaction_id
        return str(answer.id_tag_info["status"])

    async def sample(self, wh: int, at: str = MIDDLE) -> None:
        """MeterValues: the register in kWh, and the voltage of a phase."""
        register = {"value": f"{wh / 1000}", "unit": "kWh", "measurand": _REGISTER, "context": "Sample.Periodic"}
        voltage = {"value": "229.8", "unit": "V", "measurand": "Voltage", "phase": "L1-N"}
        values = [{"timestamp": at, "sampledValue": [register, voltage]}]
        await self.say("MeterValues", connector_id=1, transaction_id=self.transaction, meter_value=values)

    async def end(self, card: str, wh: int, at: str = END, reason: str = "Local", trigger: str = "") -> str | None:
        """StopTransaction; gives the status of the token."""
        answer = await self.say(
            "StopTransaction", transaction_id=self.transaction, id_tag=card, meter_stop=wh, timestamp=at, reason=reason
        )
        return None if answer.id_tag_info is None else str(answer.id_tag_info["status"])

    @on("RemoteStartTransaction")
    def on_remote_start(self, **payload: Any) -> Any:
        self._heard("RequestStart", payload)
        return self._answer("RemoteStartTransaction", status="Accepted")

    @after("RemoteStartTransaction")
    async def after_remote_start(self, id_tag: str, **_: Any) -> None:
        await self._follow(self.begin(id_tag, 500))

    @on("RemoteStopTransaction")
    def on_remote_stop(self, transaction_id: int) -> Any:
        known = transaction_id == self.transaction
        self._heard("RequestStop", {"transaction_id": transaction_id})
        return self._answer("RemoteStopTransaction", status="Accepted" if known else "Rejected")

    @after("RemoteStopTransaction")
    async def after_remote_stop(self, transaction_id: int) -> None:
        if transaction_id == self.transaction:
            await self._follow(self.end(CARD, 700, reason="Remote"))

    @on("GetConfiguration")
    def on_get_configuration(self, key: list[str] | None = None) -> Any:
        known = [name for name in self.variables if not key or name in key]
        pairs = [{"key": name, "readonly": False, "value": self.variables[name]} for name in known]
        unknown = [name for name in key or () if name not in self.variables]
        return self._answer("GetConfiguration", configuration_key=pairs, unknown_key=unknown)

    @on("ChangeConfiguration")
    def on_change_configuration(self, key: str, value: str) -> Any:
        if key not in self.variables:
            return self._answer("ChangeConfiguration", status="NotSupported")
        self.variables[key] = value
        return self._answer("ChangeConfiguration", status="Accepted")

    @on("TriggerMessage")
    def on_trigger(self, requested_message: str, **_: Any) -> Any:
        known = requested_message in ("Heartbeat", "StatusNotification")
        return self._answer("TriggerMessage", status="Accepted" if known else "NotImplemented")

    @after("TriggerMessage")
    async def after_trigger(self, requested_message: str, **_: Any) -> None:
        if requested_message == "Heartbeat":
            await self._follow(self.heartbeat())
        if requested_message == "StatusNotification":
            await self._follow(self.status("Faulted", MIDDLE))

    @on("ChangeAvailability")
    def on_change_availability(self, **payload: Any) -> Any:
        self._heard("ChangeAvailability", payload)
        return self._answer("ChangeAvailability", status="Accepted")

    @after("ChangeAvailability")
    async def after_change_availability(self, **payload: Any) -> None:
        await self._follow(self.status("Available" if payload["type"] == "Operative" else "Unavailable", END))

    @on("GetLocalListVersion")
    def on_local_list_version(self) -> Any:
        return self._answer("GetLocalListVersion", list_version=7)


class Station2(Counterpart):
    """OCPP 2.0.1 and 2.1: EVSEs, id tokens, and transactions the station names and whose events it numbers."""

    seq_no = -1

    def boot(self, reason: str = "PowerUp") -> Awaitable[Any]:
        """Boot, with a reason."""
        station = {"vendor_name": "Volta", "model": "One", "firmware_version": "9.1"}
        return self.say("BootNotification", reason=reason, charging_station=station)

    def status(self, status: str, at: str = START) -> Awaitable[Any]:
        """The status of connector 1 of EVSE 1."""
        return self.say("StatusNotification", timestamp=at, connector_status=status, evse_id=1, connector_id=1)

    async def authorize(self, card: str) -> str:
        """What the CSMS says of a card."""
        answer = await self.say("Authorize", id_token=_token(card))
        return str(answer.id_token_info["status"])

    async def event(self, kind: str, trigger: str, wh: int, at: str, seq_no: int | None = None, **more: Any) -> Any:
        """A TransactionEvent; the next number unless one is given."""
        self.seq_no = self.seq_no + 1 if seq_no is None else seq_no
        info = {"transaction_id": self.transaction} | more.pop("info", {})
        register = {"value": wh / 1000, "unit_of_measure": {"unit": "kWh"}, "measurand": _REGISTER}
        voltage = {"value": 229.8, "unit_of_measure": {"unit": "V"}, "measurand": "Voltage", "phase": "L1-N"}
        return await self.say(
            "TransactionEvent",
            event_type=kind,
            timestamp=at,
            trigger_reason=trigger,
            seq_no=self.seq_no,
            transaction_info=info,
            evse={"id": 1, "connector_id": 1},
            meter_value=[{"timestamp": at, "sampled_value": [register, voltage]}],
            **more,
        )

    async def begin(
        self,
        card: str,
        wh: int,
        at: str = START,
        trigger: str = "Authorized",
        seq_no: int | None = None,
        remote_start_id: int | None = None,
    ) -> str:
        """The Started event; gives the status of the token."""
        self.transaction = "tx-of-the-station"
        info = {} if remote_start_id is None else {"remote_start_id": remote_start_id}
        answer = await self.event("Started", trigger, wh, at, seq_no, id_token=_token(card), info=info)
        return str(answer.id_token_info["status"])

    async def sample(self, wh: int, at: str = MIDDLE) -> None:
        """An Updated event."""
        await self.event("Updated", "MeterValuePeriodic", wh, at, info={"charging_state": "Charging"})

    async def end(
        self, card: str, wh: int, at: str = END, reason: str = "Local", trigger: str = "StopAuthorized"
    ) -> str | None:
        """The Ended event; gives the status of the token."""
        answer = await self.event("Ended", trigger, wh, at, id_token=_token(card), info={"stopped_reason": reason})
        return None if answer.id_token_info is None else str(answer.id_token_info["status"])

    @on("RequestStartTransaction")
    def on_request_start(self, **payload: Any) -> Any:
        self._heard("RequestStart", payload)
        return self._answer("RequestStartTransaction", status="Accepted")

    @after("RequestStartTransaction")
    async def after_request_start(self, id_token: dict[str, Any], remote_start_id: int, **_: Any) -> None:
        card = id_token["id_token"]
        await self._follow(self.begin(card, 500, trigger="RemoteStart", remote_start_id=remote_start_id))

    @on("RequestStopTransaction")
    def on_request_stop(self, transaction_id: str) -> Any:
        known = transaction_id == self.transaction
        self._heard("RequestStop", {"transaction_id": transaction_id})
        return self._answer("RequestStopTransaction", status="Accepted" if known else "Rejected")

    @after("RequestStopTransaction")
    async def after_request_stop(self, transaction_id: str) -> None:
        if transaction_id == self.transaction:
            await self._follow(self.end(CARD, 700, reason="Remote", trigger="RemoteStop"))

    @on("GetVariables")
    def on_get_variables(self, get_variable_data: list[dict[str, Any]]) -> Any:
        return self._answer("GetVariables", get_variable_result=[self._got(asked) for asked in get_variable_data])

    def _got(self, asked: dict[str, Any]) -> dict[str, Any]:
        place = {"component": asked["component"], "variable": asked["variable"]}
        value = self.variables.get(asked["variable"]["name"])
        if value is None:
            return {"attribute_status": "UnknownVariable", **place}
        return {"attribute_status": "Accepted", "attribute_value": value, **place}

    @on("SetVariables")
    def on_set_variables(self, set_variable_data: list[dict[str, Any]]) -> Any:
        return self._answer("SetVariables", set_variable_result=[self._set(told) for told in set_variable_data])

    def _set(self, told: dict[str, Any]) -> dict[str, Any]:
        name = told["variable"]["name"]
        known = name in self.variables
        if known:
            self.variables[name] = told["attribute_value"]
        status = "Accepted" if known else "UnknownVariable"
        return {"attribute_status": status, "component": told["component"], "variable": told["variable"]}

    @on("TriggerMessage")
    def on_trigger(self, requested_message: str, **_: Any) -> Any:
        known = requested_message in ("Heartbeat", "StatusNotification")
        return self._answer("TriggerMessage", status="Accepted" if known else "NotImplemented")

    @after("TriggerMessage")
    async def after_trigger(self, requested_message: str, **_: Any) -> None:
        if requested_message == "Heartbeat":
            await self._follow(self.heartbeat())
        if requested_message == "StatusNotification":
            await self._follow(self.status("Faulted", MIDDLE))

    @on("ChangeAvailability")
    def on_change_availability(self, **payload: Any) -> Any:
        self._heard("ChangeAvailability", payload)
        return self._answer("ChangeAvailability", status="Accepted")

    @after("ChangeAvailability")
    async def after_change_availability(self, operational_status: str, **_: Any) -> None:
        await self._follow(self.status("Available" if operational_status == "Operative" else "Unavailable", END))

    @on("GetLocalListVersion")
    def on_local_list_version(self) -> Any:
        return self._answer("GetLocalListVersion", version_number=7)


class Station201(Station2, ocpp.v201.ChargePoint):  # type: ignore[misc]
    """OCPP 2.0.1."""

    subprotocol = "ocpp2.0.1"


class Station21(Station2, ocpp.v21.ChargePoint):  # type: ignore[misc]
    """OCPP 2.1."""

    subprotocol = "ocpp2.1"


STATIONS: dict[str, type[ChargePoint16] | type[Station201] | type[Station21]] = {
    "1.6": ChargePoint16,
    "2.0.1": Station201,
    "2.1": Station21,
}
"""The stations by version."""


def _token(card: str) -> dict[str, str]:
    return {"id_token": card, "type": "ISO14443"}


@asynccontextmanager
async def counterpart(csms: Csms, version: str, identity: str = "CS001") -> AsyncIterator[Any]:
    """A connected counterpart; its line is closed at the end."""
    kind = STATIONS[version]
    url = f"{csms.urls.ocpp}/{quote(identity, safe='')}"
    async with connect(url, subprotocols=[kind.subprotocol], proxy=None) as line:  # type: ignore[list-item]
        station = kind(identity, line)
        listening = asyncio.get_running_loop().create_task(_listen(station))
        try:
            yield station
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _listen(station: Any) -> None:
    with suppress(ConnectionClosed):
        await station.start()
