"""The stage with TLS: a CSMS that has the station on record with a security profile, and the station on its TLS port."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from pilotwire.csms.app import Csms
from tests.support.csms_stage import STATION, backend
from tests.support.lab_pki import Pki
from tests.support.raw_station import RawStation

PASSWORD = "the-password-of-today"
BASIC = {"Authorization": "Basic " + base64.b64encode(f"{STATION}:{PASSWORD}".encode()).decode()}
UP_TO_1_2: dict[str, Any] = {"maximum_version": ssl.TLSVersion.TLSv1_2}
UP_TO_1_1: dict[str, Any] = {
    "ciphers": "ALL:@SECLEVEL=0",
    "minimum_version": ssl.TLSVersion.TLSv1_1,
    "maximum_version": ssl.TLSVersion.TLSv1_1,
}
SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
"""The four that every CSMS must have, as OpenSSL names them: TLS_ECDHE_ECDSA and TLS_RSA, with AES 128 and AES 256."""


@asynccontextmanager
async def secured(pki: Pki, profile: int, **more: Any) -> AsyncIterator[tuple[Csms, httpx.AsyncClient]]:
    """A CSMS with TLS; the station is accepted when it boots, and has a password unless its profile is 3."""
    async with backend(**pki.settings(no_auth=False, **more)) as (csms, operator):
        known: dict[str, Any] = {"registration": "Accepted", "securityProfile": profile}
        known |= {} if profile == 3 else {"password": PASSWORD}
        assert (await operator.put(f"/stations/{STATION}", json=known)).is_success
        yield csms, operator


@asynccontextmanager
async def secured_line(
    csms: Csms, context: ssl.SSLContext, headers: dict[str, str] | None = None, version: str = "ocpp2.0.1"
) -> AsyncIterator[RawStation]:
    """The station on the TLS port."""
    async with connect(
        f"{csms.urls.ocpp_tls}/{STATION}",
        ssl=context,
        subprotocols=[Subprotocol(version)],
        additional_headers=headers or {},
        proxy=None,
        compression=None,
    ) as line:
        yield RawStation(line)
