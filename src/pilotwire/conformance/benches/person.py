"""Benches where a person does it, and benches where an HTTP hook does it and a person the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from pilotwire.conformance.benches.acts import act_named
from pilotwire.conformance.benches.desk import Desk
from pilotwire.conformance.benches.mapping import filled
from pilotwire.conformance.benches.ports import ActFailed, Endpoint, NobodyThere, StationPlayed
from pilotwire.conformance.benches.wishes import wishes_of
from pilotwire.conformance.language import Case
from pilotwire.conformance.values import shown
from pilotwire.conformance.words16 import in_words_of_16
from pilotwire.ocpp.version import OcppVersion

_TLS = 2
"""The lowest security profile with TLS."""


class StationByHand:
    """A station under test that is there already: a person does each act, `hooks` those they have a URL for.

    A hook is a URL, which may have the details in braces (`http://robot/plug?evse={evse}`), or a table of `url`, `method` (POST) and
    `body`, a template as in `benches.mapping`. Without a body of its own it is sent act, details and instruction. Any answer of 2xx
    means done. `default` in the hooks is for all acts without one of their own.
    """

    makes_stations = False

    def __init__(self, desk: Desk | None, hooks: Mapping[str, Any] | None = None, *, timeout: float = 300.0) -> None:
        self._desk = desk
        self._hooks = dict(hooks or {})
        once = httpx.Limits(max_keepalive_connections=0)  # a hook's server may close one just as it is used again
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False, limits=once)
        self._introduced: Endpoint | None = None
        self._version = OcppVersion.V201

    async def begin(self, case: Case, endpoint: Endpoint, settings: Mapping[str, Any]) -> None:
        """The first time, and where that changes, have the station told where to connect and how."""
        self._version = case.version
        if self._desk is not None:
            self._desk.case = f"{case.id}, {case.title}"
        if self._introduced is not None and _how(self._introduced) == _how(endpoint):
            return
        self._introduced = endpoint
        if self._desk is not None:
            await self._desk.ask(
                f"Have the station connect to {endpoint.url} as {endpoint.identity}{_secured(endpoint, settings)}, "
                "no EV connected and no card near."
            )

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have it done."""
        act = act_named(name, details)
        instruction = act.instruction(details, self._version)
        hook = self._hooks.get(name) or self._hooks.get("default")
        if hook is not None:
            told = {"act": name, "details": dict(details), "instruction": instruction}
            return await self._post(hook if isinstance(hook, Mapping) else {"url": hook}, told)
        if self._desk is None:
            raise NobodyThere(f"no hook does {name}, and nobody is there to do it: {instruction}")
        if name == "look":
            return {"seen": await self._desk.ask(instruction, ("yes", "no"))}
        await self._desk.ask(instruction)
        return {}

    async def _post(self, hook: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any]:
        details = told["details"]
        url, method = str(filled(hook["url"], details)), str(hook.get("method", "POST"))
        body = filled(hook["body"], details) if "body" in hook else told
        try:
            answer = await self._client.request(method, url, json=body)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ActFailed(f"the hook {url} cannot be reached: {error!r}") from None
        if not answer.is_success:
            raise ActFailed(f"the hook {url} answered {answer.status_code}: {answer.text[:300]}")
        try:
            seen = answer.json()
        except ValueError:
            return {}
        return seen if isinstance(seen, dict) else {}

    async def end(self) -> None:
        """Nothing: the next case makes its own state."""

    async def close(self) -> None:
        """Let the hooks go."""
        await self._client.aclose()


def _how(endpoint: Endpoint) -> tuple[Any, ...]:
    return endpoint.url, endpoint.identity, endpoint.password, endpoint.security_profile


def _secured(endpoint: Endpoint, settings: Mapping[str, Any]) -> str:
    """What the station needs for its security profile, in words."""
    password = f", password {endpoint.password}" if endpoint.password else ""
    told = f"{password}, security profile {endpoint.security_profile}"
    if not endpoint.csms_roots:
        return told
    folder = settings.get("certificates") or "a folder the setting certificates names"
    told += f", with csms-root.pem of {folder} as its CSMS root"
    if endpoint.certificate_chain:
        told += (
            f" and a certificate under station-root.pem there (or station-{settings['serial_number']}.pem with its key)"
        )
    return told


class CsmsByHand:
    """A CSMS under test whose operator is a person at the bench; stations connect to `url`, by TLS to `secure_url` if that is elsewhere."""

    def __init__(self, desk: Desk, url: str, secure_url: str = "") -> None:
        self._desk = desk
        self._url = url
        self._secure_url = secure_url or url
        self._known: set[str] = set()
        self._version = OcppVersion.V201

    async def begin(self, case: Case, settings: Mapping[str, Any]) -> StationPlayed:
        """The first time, have the station registered."""
        self._version = case.version
        self._desk.case = f"{case.id}, {case.title}"
        identity, profile = settings["identity"], settings["security_profile"]
        password = settings["password"] if profile in (1, 2) else None
        if identity not in self._known:
            self._known.add(identity)
            secret = f" with the password {password}" if password else ""
            tokens = f"accept the idTokens {settings['valid_token']} and {settings['valid_token2']}"
            await self._desk.ask(f"Register the station {identity}{secret} at the CSMS, and have it {tokens}.")
        for wish in wishes_of(case, settings):
            await self._desk.ask(wish.text)
        url = self._secure_url if profile >= _TLS else self._url
        return StationPlayed(url, identity, password, profile, secure_url=self._secure_url)

    async def ask(self, action: str, payload: Mapping[str, Any], *, insists: bool = True) -> None:
        """Have the operator send it."""
        with_ = f" with {shown(payload)}" if payload else ""
        said = f"Have the CSMS send {action}Request{with_}. Answer right after."
        said += "" if insists else " If it refuses to, or advises against it, leave it at that."
        await self._desk.ask(in_words_of_16(said) if self._version is OcppVersion.V16 else said)

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have it done or looked at."""
        instruction = act_named(name, details).instruction(details, self._version)
        if name == "look":
            return {"seen": await self._desk.ask(instruction, ("yes", "no"))}
        await self._desk.ask(instruction)
        return {}

    async def end(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to let go of."""
