"""Pilotwire's own station as the station under test, by the control port of `pilotwire station --host-many`.

Every case gets a station of its own, just made: so cases can run side by side, and none inherits anything.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, Final

import httpx

from pilotwire.conformance.benches.acts import act_named
from pilotwire.conformance.benches.ports import ActFailed, Endpoint
from pilotwire.conformance.language import Case
from pilotwire.ocpp.version import OcppVersion

_PATHS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "drive_in": ("park", ("evse",)),
    "drive_out": ("leave", ("evse",)),
    "plug_in": ("plug", ("evse", "connector", "soc", "ready")),
    "unplug": ("unplug", ("evse", "connector", "side")),
    "replug": ("plug", ("evse", "connector")),
    "present": ("tap", ("evse", "token", "type")),
    "present_at_station": ("tap", ("token", "type")),
    "tell_needs": ("vehicle/needs", ("evse",)),
    "take_up_schedule": ("vehicle/schedule", ("evse", "limit", "unit")),
    "press_stop": ("stop-button", ("evse",)),
    "choose": ("master-pass", ("evse",)),
    "suspend": ("vehicle/suspend", ("evse",)),
    "resume": ("vehicle/resume", ("evse",)),
    "present_contract": ("vehicle/contract", ("evse", "chain")),
    "wants_contract": ("vehicle/certificate", ("evse", "action", "chain")),
    "end_session": ("vehicle/terminate", ("evse",)),
    "end_by_ev": ("vehicle/suspend", ("evse",)),
    "power_cycle": ("reboot", ()),
    "cut_power": ("power/cut", ()),
    "fault": ("fault/raise", ("evse", "connector", "code")),
    "clear_fault": ("fault/clear", ("evse", "connector", "code")),
    "block_lock": ("lock/fail", ("evse", "connector")),
    "free_lock": ("lock/mend", ("evse", "connector")),
    "set_inside": ("variable", ("variable", "value")),
    "limit_outside": ("external/limit", ("source", "evse", "limit", "unit")),
    "unlimit_outside": ("external/limit", ("source", "evse")),
    "incident": ("security/incident", ("type",)),
    "send": ("call", ("action", "payload")),
    "hard_wired": ("fault/raise", ("evse", "connector", "code")),
    "pay_by_card": ("payment/card", ("evse", "card")),
    "enter_vat_number": ("vat-number", ("evse", "vat_number")),
    "swap_batteries": ("battery/swap", ("token", "type")),
    "battery_in": ("battery/in", ("evse", "serial", "charge")),
    "battery_out": ("battery/out", ("evse",)),
    "store_customer": ("cache", ("entries",)),
}
_NAMES: Final = {
    "token": "idToken",
    "variable": "name",
    "vat_number": "vatNumber",
    "serial": "serialNumber",
    "charge": "soC",
}
_NAMES16: Final = {"token": "idToken", "variable": "key"}
_ALL: Final = "stop all transactions"
_FAULT: Final = {"code": "GROUND_FAILURE"}
_GLANCE: Final = 0.25
"""How long between two looks at a display, in s."""


class PilotwireStation:
    """A station made for the case by a control port at `url`. `traits` go into the plan of each, and those of the case over them."""

    makes_stations = True

    def __init__(self, url: str, *, speed: float = 1.0, traits: Mapping[str, Any] | None = None) -> None:
        # no connection is kept: the port may close it just as it is used
        once = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(base_url=url, timeout=60.0, trust_env=False, limits=once)
        self._speed = speed
        self._traits = dict(traits or {})
        self._identity = ""
        self._version = OcppVersion.V201
        self._not_ready: set[int] = set()

    async def begin(self, case: Case, endpoint: Endpoint, settings: Mapping[str, Any]) -> None:
        """Make the station."""
        self._identity = endpoint.identity
        self._version = case.version
        self._not_ready.clear()
        plan: dict[str, Any] = {
            "identity": endpoint.identity,
            "version": case.version.value,
            "url": endpoint.url,
            "securityProfile": endpoint.security_profile,
            "vendor": settings["vendor"],
            "model": settings["model"],
            "serialNumber": settings["serial_number"],
            "speed": self._speed,
            "evses": [
                {"connectors": [{"type": settings["connector_type"]}] * count, "phases": 3, "powerW": 22080}
                for count in settings["connectors"]
            ],
            "variables": {},
        }
        if case.version is not OcppVersion.V16:
            plan["variables"] = {
                "TxCtrlr.TxStartPoint": ",".join(settings["tx_start_points"]),
                "TxCtrlr.TxStopPoint": ",".join(settings["tx_stop_points"]),
            }
        if endpoint.password is not None:
            plan["password"] = endpoint.password
        if endpoint.csms_roots:
            plan["csmsRoots"] = "".join(endpoint.csms_roots)
        if endpoint.certificate_chain:
            plan |= {"certificateChain": endpoint.certificate_chain, "privateKey": endpoint.private_key}
        for made in (self._traits, case.traits):
            traits = dict(made)
            own = traits.pop("evse", {})
            for evse in plan["evses"]:
                evse.update(own)
            plan["variables"] |= traits.pop("variables", {})
            plan |= traits
        await self._post("/stations", plan)

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do it over the control port."""
        if name == "look":
            return await self._look(details)
        if name == "not_ready":
            self._not_ready.add(details["evse"])  # the EV to be plugged in; or, if there is one, that one
            with contextlib.suppress(ActFailed):
                await self._post(f"/stations/{self._identity}/vehicle/not-ready", {"evse": details["evse"]})
            return {}
        if name == "speaks_15118":
            self._not_ready.add(details["evse"])  # until it takes up a schedule
            return {}
        if name == "plug_in" and details["evse"] in self._not_ready:
            details = {**details, "ready": False}
        if name == "try_plug_in":
            with contextlib.suppress(ActFailed):
                await self._post(
                    f"/stations/{self._identity}/plug", {**details, "name": f"second car {details['evse']}"}
                )
            return {}
        if name == "made_so":
            return {}  # by the traits it was made with
        if name == "give_power":
            await self._post(f"/stations/{self._identity}/power/restore", {})
            name = "power_cycle"  # the reserve was used up meanwhile
        if name == "store_customer":
            details = {"entries": [{"idToken": details["identifier"], "status": "Accepted"}]}
        if name == "choose" and details["option"] == _ALL:
            details = {}
        if name not in _PATHS:
            raise ActFailed(
                f"this cannot be done at Pilotwire's station: {act_named(name, details).instruction(details)}"
            )
        path, wanted = _PATHS[name]
        given = (_FAULT if "code" in wanted else {}) | dict(details)
        names = _NAMES16 if self._version is OcppVersion.V16 else _NAMES
        body = {names.get(field, field): given[field] for field in wanted if field in given}
        if path == "plug":
            body["name"] = f"car {details['evse']}"
        return await self._post(f"/stations/{self._identity}/{path}", body)

    async def _look(self, details: Mapping[str, Any]) -> Mapping[str, Any]:
        if "display" in details or "holds" in details:
            return {"seen": "yes" if await self._comes_to_be_read(details) else "no"}
        answer = await self._client.get(f"/stations/{self._identity}/status")
        found: Any = answer.json()
        for step in str(details.get("status", "")).split("."):
            found = (
                found[int(step)] if isinstance(found, list) else found.get(step) if isinstance(found, dict) else None
            )
        return {"seen": {True: "yes", False: "no"}[found] if isinstance(found, bool) else str(found)}

    async def _comes_to_be_read(self, details: Mapping[str, Any]) -> bool:
        """Whether a text is on the display of an EVSE (`display`), or part of what is (`holds`), at once or within so many seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + float(details.get("within", 0))
        while True:
            answer = await self._client.get(f"/stations/{self._identity}/status")
            evses = answer.json()["evses"]
            if any(one["evseId"] == details["evse"] and _reads(one["display"], details) for one in evses):
                return True
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(_GLANCE)

    async def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = await self._client.post(path, json=dict(body))
        except httpx.HTTPError as error:
            raise ActFailed(f"the control port of the station cannot be reached: {error!r}") from None
        if answer.status_code >= 400:
            raise ActFailed(f"the station's control port refused {path}: {_why(answer)}")
        seen: Mapping[str, Any] = answer.json() if answer.content else {}
        return seen

    async def end(self) -> None:
        """Remove the station."""
        if not self._identity:
            return
        try:
            await self._client.delete(f"/stations/{self._identity}")
        except httpx.HTTPError as error:
            raise ActFailed(f"the control port of the station cannot be reached: {error!r}") from None

    async def reachable(self) -> bool:
        """Whether the control port answers."""
        try:
            return (await self._client.get("/stations")).is_success
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        """Let the control port go."""
        await self._client.aclose()


def _reads(shown: str, details: Mapping[str, Any]) -> bool:
    return str(details["holds"]) in shown if "holds" in details else shown == details["display"]


def _why(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return answer.text[:300]
    return f"{told.get('what', told)} {told.get('remedy', '')}".strip() if isinstance(told, dict) else str(told)
