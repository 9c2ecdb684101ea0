"""The HTTP API, uploads and firmware by TLS, with the certificates of the stations' port."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.errors import ConfigError
from tests.support.lab_pki import Pki
from tests.support.raw_station import settings


async def test_the_api_is_spoken_by_tls(tmp_path: Path) -> None:
    """Only by TLS, with a certificate the lab's CA has signed; and its URL says so."""
    pki = Pki.made_in(tmp_path, "CS001")
    async with Csms(settings(**pki.settings(no_auth=True, http_tls=True)), http=create_api) as csms:
        url = csms.urls.http
        assert url is not None
        assert url.startswith("https://")
        async with httpx.AsyncClient(verify=pki.client(), trust_env=False) as client:
            assert (await client.get(f"{url}/health")).json()["status"] == "ok"
            with pytest.raises(httpx.HTTPError):
                await client.get(f"{url.replace('https', 'http')}/health")
        async with httpx.AsyncClient(trust_env=False) as stranger:
            with pytest.raises(httpx.ConnectError):
                await stranger.get(f"{url}/health")


async def test_tls_without_a_certificate_is_told() -> None:
    """Before anybody connects."""
    with pytest.raises(ConfigError, match="no certificate"):
        async with Csms(settings(no_auth=True, http_tls=True), http=create_api):
            pass
