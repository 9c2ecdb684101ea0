"""The station's own web page: how it stands, what waits, and everything an installer sets."""

from __future__ import annotations

from importlib import resources
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from pilotwire.station.control.acts import Here, Working
from pilotwire.station.control.bodies import Login, Setting
from pilotwire.station.control.login import Door
from pilotwire.station.control.parameters import put, shown

_MOST_SHOWN = 200
"""Facts of the outbox that are shown at once."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"


def doorway(door: Door) -> APIRouter:
    """What everybody may see: the page without content, and the way in."""
    router = APIRouter(tags=["page"])
    page = resources.files("pilotwire.station.control").joinpath("page.html").read_text(encoding="utf-8")

    @router.get("/", response_class=HTMLResponse, response_model=None, include_in_schema=False)
    async def home(token: str | None = None) -> Response:
        if token is not None and door.has_token:
            alone = RedirectResponse("/", status_code=303)  # the token does not stay in the address
            door.take_token(token, alone)
            return alone
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "X-Frame-Options": "DENY"})

    @router.post("/login", status_code=204)
    async def login(body: Login, response: Response) -> None:
        """Log in; the answer carries a cookie that counts for eight hours."""
        door.login(body.password, response)

    @router.post("/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        """Log out."""
        door.logout(request, response)

    return router


def settings_page() -> APIRouter:
    """What the page shows and sets. Needs `request.state.hosted`."""
    router = APIRouter(tags=["page"])

    @router.get("/parameters")
    async def parameters(hosted: Here) -> dict[str, Any]:
        """What an installer sets, by group, and every other variable; a secret is never shown."""
        return shown(hosted.station)

    @router.post("/parameters")
    async def change(hosted: Working, body: Setting) -> dict[str, Any]:
        """Set a parameter; it counts at once unless it says that a reboot is needed."""
        put(hosted.station, body.name, body.value)
        return shown(hosted.station)

    @router.get("/outbox")
    async def outbox(hosted: Here) -> dict[str, Any]:
        """What waits to be sent, in its order, the first ones whole."""
        facts = list(hosted.station.core.waiting())
        return {
            "waiting": len(facts),
            "facts": [msgspec.to_builtins(fact, str_keys=True) for fact in facts[:_MOST_SHOWN]],
        }

    @router.get("/about")
    async def about(hosted: Here) -> dict[str, Any]:
        """Who the station is and whom it talks to."""
        station = hosted.station
        who = station.settings.identity
        return {
            "identity": station.identity,
            "ocpp": station.line.version.value,
            "transport": station.line.transport,
            "url": station.line.endpoint.url,
            "vendor": who.vendor,
            "model": who.model,
            "serialNumber": who.serial_number,
            "firmwareVersion": who.firmware_version,
        }

    return router
