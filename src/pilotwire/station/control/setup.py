"""Identity, version, transport and place of the CSMS on the control port: shown, set, put in force at once, kept over restarts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from fastapi import APIRouter
from pydantic.alias_generators import to_camel

from pilotwire.station.app import Station
from pilotwire.station.client_context import own_in, roots_in
from pilotwire.station.control.acts import Here, Working
from pilotwire.station.control.bodies import AsStarted, SetupChange
from pilotwire.station.core.network_ways import LEVEL
from pilotwire.station.refit import CHAIN, KEY, ROOT
from pilotwire.station.setup import NAMES, TRANSPORTS, VERSIONS, Setup


@dataclass(frozen=True, slots=True)
class Field:
    """What a person sets: its label, what it means; `values` are the choices, a `switch` is on or off. `soap`: of OCPP-S only."""

    name: str
    label: str
    what: str
    values: tuple[str, ...] = ()
    switch: bool = False
    number: bool = False
    soap: bool = False


FIELDS: Final = (
    Field(
        "identity",
        "Station identity",
        "The station appends it to the URL itself. 1.6: up to 60 characters, 2.x: 48; no colon.",
    ),
    Field("ocpp", "OCPP version", "The version spoken.", values=VERSIONS),
    Field("transport", "Transport", "OCPP-J over WebSocket, or OCPP-S (1.5 and 1.6).", values=TRANSPORTS),
    Field("url", "Backend URL", "ws://host:port/path or wss://..., without the identity. OCPP-S: http:// or https://."),
    Field(
        "security_profile",
        "Security profile",
        "0 to 3; empty: 2 for a URL with TLS, else 1 with a password, else 0.",
        values=("", "0", "1", "2", "3"),
        number=True,
    ),
    Field("older_ocpp", "Offer 2.0.1 too", "With 2.1: speak what the CSMS chooses.", switch=True),
    Field("compression", "Compression", "Offer permessage-deflate.", switch=True),
    Field("soap_host", "Listen at", "The address of this machine that the CSMS calls.", soap=True),
    Field("soap_port", "Listen at port", "0: any free one.", number=True, soap=True),
    Field("soap_url", "Address told to the CSMS", "Where it finds the station, if not at host and port.", soap=True),
    Field("soap_tls", "Listen with TLS", "With the station's certificate.", switch=True, soap=True),
)
"""All of them, in the order they are shown."""


def setup_seen(station: Station) -> dict[str, Any]:
    """The setup that counts, what the station was started with, and what is in force of it now."""
    now, start = asdict(station.setup), asdict(station.start_setup)
    way = station.core.way()
    return {
        "fields": [
            {
                "name": to_camel(field.name),
                "label": field.label,
                "what": field.what,
                "values": list(field.values),
                "switch": field.switch,
                "number": field.number,
                "soap": field.soap,
                "value": now[field.name],
                "atStart": start[field.name],
                "kept": now[field.name] != start[field.name],
            }
            for field in FIELDS
        ],
        "inForce": {
            "url": None if way is None else way.url,
            "identity": station.identity if way is None else way.identity or station.identity,
            "securityProfile": int(station.core.variable(LEVEL)),
            "slot": None if way is None else way.slot,
        },
        "csmsRoots": bool(roots_in(station.files)),
        "certificate": own_in(station.files) is not None,
    }


def wanted_of(station: Station, body: SetupChange) -> Setup:
    """The setup there is, with what was sent."""
    said = {name: getattr(body, name) for name in body.model_fields_set if name in NAMES}
    return replace(station.setup, **said)


def credentials_of(body: SetupChange) -> dict[str, bytes]:
    """The certificates and the key that were sent, by the names of the station's files."""
    given = ((ROOT, body.csms_roots), (CHAIN, body.certificate_chain), (KEY, body.private_key))
    return {name: pem.encode() for name, pem in given if pem is not None}


def setup_page() -> APIRouter:
    """What is shown and set. Needs `request.state.hosted`."""
    router = APIRouter(tags=["page"])

    @router.get("/setup")
    async def setup(hosted: Here) -> dict[str, Any]:
        """Identity, version, transport, place of the CSMS: what counts, and what the station was started with."""
        return setup_seen(hosted.station)

    @router.post("/setup")
    async def change(hosted: Working, body: SetupChange) -> dict[str, Any]:
        """Set some of it; it is in force and kept when this is answered. `lost` says what will never be told any more."""
        station = hosted.station
        lost = await hosted.set_up(wanted_of(station, body), credentials=credentials_of(body), force=body.force)
        return {**setup_seen(station), "lost": lost}

    @router.post("/setup/as-started")
    async def as_started(hosted: Working, body: AsStarted | None = None) -> dict[str, Any]:
        """Forget what was set: the station is as it was started."""
        station = hosted.station
        lost = await hosted.set_up(station.start_setup, force=body is not None and body.force)
        return {**setup_seen(station), "lost": lost}

    return router
