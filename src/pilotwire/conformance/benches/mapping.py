"""A foreign CSMS by its own HTTP API: a table says which request each OCPP command is, with the command's fields in templates.

```toml
[bench]
kind = "mapping"
api = "https://backend.example/api"
headers = { Authorization = "Bearer ${BACKEND_TOKEN}" }

[bench.register]                    # once a station; may be left out
method = "PUT"
path = "/chargers/{identity}"
body = { password = "{password}" }

[bench.commands.ReserveNow]
path = "/chargers/{identity}/reservations"
body = { tag = "{idToken.idToken}", evse = "{evseId}", until = "{expiryDateTime}" }
```

A template that is one field and nothing else keeps the field's type; one whose field the command does not have is left out. `${NAME}` is a
variable of the environment. What no template can say a Python function does: `plugin = "module:function"`, called as
`await function(identity, action, payload)`.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx

from pilotwire.conformance.benches.acts import act_named
from pilotwire.conformance.benches.desk import Desk
from pilotwire.conformance.benches.ports import ActFailed, NobodyThere, StationPlayed
from pilotwire.conformance.benches.wishes import Wish, wishes_of
from pilotwire.conformance.language import Case
from pilotwire.conformance.values import MISSING, look
from pilotwire.errors import ConfigError, MisuseError

Plugin = Callable[[str, str, Mapping[str, Any]], Awaitable[None]]
_FIELD: Final = re.compile(r"\{([^{}]+)\}")
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_TLS: Final = 2
"""The lowest security profile with TLS."""
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class CsmsByMapping:
    """The CSMS at `ocpp`, driven by the section `bench` of the plan. What is not in it is asked of a person, if one is there."""

    def __init__(self, section: Mapping[str, Any], ocpp: str, desk: Desk | None = None) -> None:
        self._ocpp = ocpp
        self._secure = str(section.get("ocpp_tls", ocpp))
        self._desk = desk
        self._commands: Mapping[str, Any] = section.get("commands", {})
        self._register = section.get("register")
        self._prepared: Mapping[str, Any] = section.get("prepare", {})
        self._plugin = _plugin(section.get("plugin"))
        register = {"register": self._register} if self._register else {}
        for name, entry in {**self._commands, **self._prepared, **register}.items():
            _check(name, entry)
        headers = {name: _environment(value) for name, value in section.get("headers", {}).items()}
        once = httpx.Limits(max_keepalive_connections=0)  # the server may close one just as it is used again
        self._client = httpx.AsyncClient(
            base_url=_environment(str(section.get("api", ""))),
            headers=headers,
            timeout=60.0,
            trust_env=False,
            limits=once,
        )
        self._played: StationPlayed | None = None
        self._registered: set[str] = set()

    async def begin(self, case: Case, settings: Mapping[str, Any]) -> StationPlayed:
        """Register the station the tester plays, if the table says how."""
        profile = settings["security_profile"]
        password = settings["password"] if profile in (1, 2) else None
        url = self._secure if profile >= _TLS else self._ocpp
        self._played = StationPlayed(url, settings["identity"], password, profile, secure_url=self._secure)
        if self._desk is not None:
            self._desk.case = f"{case.id}, {case.title}"
        if self._register is not None and self._played.identity not in self._registered:
            self._registered.add(self._played.identity)
            await self._request(self._register, dict(settings) | {"password": password})
        for wish in wishes_of(case, settings):
            await self._prepare(wish, settings)
        return self._played

    async def _prepare(self, wish: Wish, settings: Mapping[str, Any]) -> None:
        if wish.name in self._prepared:
            await self._request(self._prepared[wish.name], dict(settings) | dict(wish.fields))
        elif self._desk is not None:
            await self._desk.ask(wish.text)
        elif not wish.lasting:
            raise ActFailed(f"the mapping cannot prepare {wish.name}, and nobody is there to do it: {wish.text}")

    async def ask(self, action: str, payload: Mapping[str, Any], *, insists: bool = True) -> None:
        """Send what the table has for this action; else have the plug-in, or a person, do it."""
        identity = self._played.identity if self._played is not None else ""
        if action in self._commands:
            await self._request(self._commands[action], dict(payload) | {"identity": identity})
        elif self._plugin is not None:
            await self._plugin(identity, action, payload)
        elif self._desk is not None:
            unless = "" if insists else " If it refuses to, or advises against it, leave it at that."
            await self._desk.ask(f"Have the CSMS send {action}Request with {payload}. Answer right after.{unless}")
        else:
            raise ActFailed(f"the mapping has no {action}, and nobody is there to do it")

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """A person looks; what else can be done is in the table, or done by a person."""
        if name != "look" and name in self._prepared:
            await self._request(self._prepared[name], dict(details))
            return {}
        if self._desk is None:
            raise NobodyThere(f"nobody is there to {name}")
        if name != "look":
            await self._desk.ask(act_named(name, details).instruction(details))
            return {}
        return {"seen": await self._desk.ask(str(details.get("question", name)), ("yes", "no"))}

    async def _request(self, entry: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        method = entry.get("method", "POST")
        path = filled(entry["path"], fields)
        body = filled(entry["body"], fields) if "body" in entry else None
        try:
            answer = await self._client.request(method, str(path), json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ActFailed(f"the CSMS's API cannot be reached for {method} {path}: {error!r}") from None
        if not answer.is_success:
            raise ActFailed(f"the CSMS's API answered {method} {path} with {answer.status_code}: {answer.text[:300]}")

    async def end(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Let the API go."""
        await self._client.aclose()


def filled(template: Any, fields: Mapping[str, Any]) -> Any:
    """The template with its fields; members whose only field is not there are left out."""
    if isinstance(template, Mapping):
        members = {name: filled(value, fields) for name, value in template.items()}
        return {name: value for name, value in members.items() if value is not MISSING}
    if isinstance(template, list):
        return [value for value in (filled(one, fields) for one in template) if value is not MISSING]
    if not isinstance(template, str):
        return template
    alone = _FIELD.fullmatch(template)
    if alone:
        return look(fields, alone[1])
    return _FIELD.sub(lambda one: _text(look(fields, one[1])), template)


def _text(found: Any) -> str:
    return "" if found is MISSING else str(found)


def _environment(text: str) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise ConfigError(
                f"The plan wants the variable {found[1]} of the environment.", "Set it, or write the value."
            )
        return os.environ[found[1]]

    return _VARIABLE.sub(value, text)


def _check(name: str, entry: Any) -> None:
    if not isinstance(entry, Mapping) or "path" not in entry:
        raise ConfigError(f"The mapping of {name} has no path.", 'Write path = "/...", and method and body if needed.')
    if entry.get("method", "POST") not in _METHODS:
        raise ConfigError(
            f"The mapping of {name} has the method {entry['method']!r}.", f"It is one of {', '.join(_METHODS)}."
        )
    try:
        filled(entry, {})
    except MisuseError as error:
        raise ConfigError(f"The mapping of {name} cannot be read: {error.what}", error.remedy) from None


def _plugin(name: Any) -> Plugin | None:
    if name is None:
        return None
    module, _, function = str(name).partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"The plug-in {name} cannot be loaded: {error}.", "Write module:function.") from None
    if not inspect.iscoroutinefunction(found):
        raise ConfigError(f"The plug-in {name} is no async function.", "Define it with `async def`.")
    plugin: Plugin = found
    return plugin
