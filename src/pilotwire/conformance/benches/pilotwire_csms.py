"""Pilotwire's own CSMS as the CSMS under test, by its REST API.

Every case plays a station of its own, registered for it: so cases can run side by side, and none inherits anything.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from pilotwire.conformance.benches.own_pki import answer_of_pool
from pilotwire.conformance.benches.pilotwire_csms16 import command16
from pilotwire.conformance.benches.ports import ActFailed, StationPlayed
from pilotwire.conformance.language import Case
from pilotwire.ocpp.version import OcppVersion

_SOON: Final = 0.3
"""A command that is refused is refused within so many seconds; one that is under way waits for the station's answer."""

_TLS: Final = 2
"""The lowest security profile with TLS."""
_LOOKS: Final = 10
"""So often it is looked, so far apart."""
_ADVISED_AGAINST: Final = 422
_STATION_SAID_NO: Final = 502
"""The HTTP status of a command the station answered with an error: it was sent."""
_NUMBERS: Final = itertools.count(1)
_TOKENS: Final[Mapping[str, str]] = {
    "valid_token": "Accepted",
    "valid_token2": "Accepted",
    "master_token": "Accepted",
    "invalid_token": "Invalid",
    "blocked_token": "Blocked",
    "expired_token": "Expired",
}

_GROUPS: Final = ("group_id", "master_group_id")
_OF_GROUP: Final = {"valid_token": "group_id", "valid_token2": "group_id"}
"""What the trait `grouped` makes."""

_OF_DRIVER: Final = {"speaks": "language1", "told": "personalMessage"}
"""Traits about the driver with the valid token, and where the record of a token has them."""
_OTHER_TYPES: Final = ("cChaoJi", "cTesla")
"""Of these at least one is not the type of the station's connectors."""

_COMMANDS: Final[Mapping[str, str]] = {
    "RequestStartTransaction": "request-start",
    "RequestStopTransaction": "request-stop",
    "UnlockConnector": "unlock",
}
"""Commands whose name is not that of the action in lower case with hyphens."""
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a word of an action ends: SetDERControl is set-der-control."""


def _without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda payload: {key: value for key, value in payload.items() if key not in names}


_BODIES: Final[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "ClearChargingProfile": lambda payload: payload | payload.pop("chargingProfileCriteria", {}),
    "GetChargingProfiles": lambda payload: payload | payload.pop("chargingProfile", {}),
    "UpdateFirmware": lambda payload: payload | payload.pop("firmware"),
    "SetDisplayMessage": lambda payload: {"id": 1} | payload["message"],
}
"""What has to be changed in a payload to be the body of the command."""


class PilotwireCsms:
    """The CSMS at `api` (as in http://127.0.0.1:8080) where stations connect to `ocpp`, by TLS to `secure`.

    `certificates` is the folder with those it shares with the tester.
    """

    def __init__(self, api: str, ocpp: str, key: str | None, secure: str = "", certificates: str = "") -> None:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        once = httpx.Limits(max_keepalive_connections=0)  # the API may close one just as it is used again
        self._client = httpx.AsyncClient(
            base_url=f"{api.rstrip('/')}/api/v1", headers=headers, timeout=60.0, trust_env=False, limits=once
        )
        self._ocpp = ocpp
        self._secure = secure or ocpp
        self._certificates = certificates
        self._identity = ""
        self._token_type = ""
        self._version = OcppVersion.V201
        self._under_way: set[asyncio.Task[httpx.Response]] = set()

    async def begin(self, case: Case, settings: Mapping[str, Any]) -> StationPlayed:
        """Register a station of its own for the case, and the tokens."""
        self._identity = case.id.replace("_", "-")
        self._token_type = settings["valid_token_type"]
        self._version = case.version
        profile = settings["security_profile"]
        password = settings["password"] if profile in (1, 2) else None
        await self._client.delete(f"/stations/{self._identity}")
        body: dict[str, Any] = {"registration": "Accepted", "securityProfile": profile}
        body["bootAnswers"] = list(case.traits.get("boot_answers", ()))
        await self._done("PUT", f"/stations/{self._identity}", body | ({"password": password} if password else {}))
        details = await self._tokens(case, settings) | {"serial_number": self._identity}
        if self._certificates:
            details["certificates"] = self._certificates
            details["expected_exi_response"] = answer_of_pool(settings["exi_request"])
        url = self._secure if profile >= _TLS else self._ocpp
        return StationPlayed(url, self._identity, password, profile, details=details, secure_url=self._secure)

    async def _tokens(self, case: Case, settings: Mapping[str, Any]) -> dict[str, str]:
        """Tokens of its own for the case: another case that charges with the same one would be a concurrent transaction."""
        number = next(_NUMBERS)
        most = 20 if case.version is OcppVersion.V16 else 36
        own = {name: f"{settings[name][: most - 6]}-{number}" for name in (*_TOKENS, *_GROUPS)}
        own["emaid"] = f"{settings['emaid'][:6]}{number:08d}"
        await self._done("PUT", f"/token-groups/{quote(own['master_group_id'], safe='')}", {"masterPass": True})
        groups = {"master_token": "master_group_id"} | (_OF_GROUP if case.traits.get("grouped") else {})
        for name, status in _TOKENS.items():
            body: dict[str, Any] = {"status": status}
            if name in groups:
                body["groupIdToken"] = {"idToken": own[groups[name]], "type": "Central"}
            if name == "valid_token2" and "good_at" in case.traits:
                body |= _good_at(case.traits["good_at"], settings)
            if name == "valid_token":
                body |= {field: case.traits[trait] for trait, field in _OF_DRIVER.items() if trait in case.traits}
            await self._token(own[name], settings[f"{name}_type"], body)
        await self._token(own["emaid"], "eMAID", {"status": "Accepted"})
        return own

    async def _token(self, token: str, kind: str, body: Mapping[str, Any]) -> None:
        await self._done("PUT", f"/tokens/{quote(token, safe='')}?type={kind}", body)

    async def ask(self, action: str, payload: Mapping[str, Any], *, insists: bool = True) -> None:
        """Give the command; a refusal shows at once, the rest goes on while the station answers."""
        name, body = _command(action, payload) if self._version is not OcppVersion.V16 else command16(action, payload)
        path = f"/stations/{self._identity}/commands/{name}"
        task = asyncio.create_task(self._insisted(path, body) if insists else self._send("POST", path, body))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        done, _ = await asyncio.wait({task}, timeout=_SOON)
        if done:
            answer = task.result()
            if answer.status_code >= 400 and answer.status_code != _STATION_SAID_NO:
                raise ActFailed(f"the CSMS refused to send {action}: {answer.status_code} {_why(answer)}")

    async def _insisted(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """The answer to a command; one that the CSMS advises against is given all the same, as an operator would for a test."""
        answer = await self._send("POST", path, body)
        if answer.status_code == _ADVISED_AGAINST and "force=true" in answer.text:
            answer = await self._send("POST", f"{path}?force=true", body)
        return answer

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask the REST API: `look` with `get` (a path, {station} in it) and `value` (dots and numbers) tells what is there.

        With `wanted` it looks until that is there, and tells yes, or what is there after a while instead.
        """
        if name == "tell_anew":
            await self._token(details["token"], self._token_type, {"personalMessage": details["text"]})
            return {}
        if name != "look":
            raise ActFailed(f"nobody can do {name} at a CSMS")
        path = str(details["get"]).replace("{station}", self._identity)
        if "wanted" not in details:
            return {"seen": await self._seen(path, details)}
        found: Any = None
        for _ in range(_LOOKS):
            found = await self._seen(path, details)
            if str(found) == str(details["wanted"]):
                return {"seen": "yes"}
            await asyncio.sleep(_SOON)
        return {"seen": f"no, {found}"}

    async def _seen(self, path: str, details: Mapping[str, Any]) -> Any:
        found: Any = (await self._done("GET", path, None)).json()
        for step in filter(None, str(details.get("value", "")).split(".")):
            found = _member(found, step)
        return found

    async def _done(self, method: str, path: str, body: Any) -> httpx.Response:
        answer = await self._send(method, path, body)
        if answer.status_code >= 400:
            raise ActFailed(f"the CSMS refused {method} {path}: {answer.status_code} {_why(answer)}")
        return answer

    async def _send(self, method: str, path: str, body: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise ActFailed(f"the HTTP API of the CSMS cannot be reached: {error!r}") from None

    async def end(self) -> None:
        """Wait no longer for what is under way."""
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def close(self) -> None:
        """Let the API go."""
        await self._client.aclose()


def _command(action: str, payload: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    hyphened = _WORD.sub("-", action).lower()
    return _COMMANDS.get(action, hyphened), _BODIES.get(action, dict)(dict(payload))


def _member(found: Any, step: str) -> Any:
    if isinstance(found, list):
        return found[int(step)] if int(step) < len(found) else None
    return found.get(step) if isinstance(found, dict) else None


def _good_at(place: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The rule of a token that is good at the second EVSE, at other stations, or at another type of EVSE only (trait `good_at`)."""
    if place == "other_type":
        return {"connectorTypes": [next(one for one in _OTHER_TYPES if one != settings["connector_type"])]}
    return {"evseId": [settings["evse2_id"]]} if place == "evse2" else {"stations": ["ANOTHER-SITE-*"]}


def _why(answer: httpx.Response) -> str:
    return answer.text[:400]
