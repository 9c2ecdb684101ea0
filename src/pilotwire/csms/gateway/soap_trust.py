"""Whom the CSMS trusts when it calls stations of OCPP-S by HTTPS: the CAs it knows, besides the public ones (S16:6).

A station's certificate is for its address, as that of any web server, or for its identity, as the one a station shows at security
profile 3 (A00.FR.404, A00.FR.511): `soap_station_names` says which.
"""

from __future__ import annotations

import ssl
from typing import Final

import httpx

from pilotwire.csms.settings import CsmsSettings
from pilotwire.errors import ConfigError

_KNOWN: Final = ("tls_client_ca", "lab_ca_certificate", "soap_station_ca")


def client_for(settings: CsmsSettings) -> httpx.AsyncClient:
    """The client that posts to stations. Raises ConfigError for a bundle that cannot be used."""
    return httpx.AsyncClient(verify=station_context(settings), follow_redirects=False, timeout=None, trust_env=False)


def station_context(settings: CsmsSettings) -> ssl.SSLContext:
    """Trusts the public CAs and those of the settings; raises ConfigError if these cannot be used."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= (
        ssl.VERIFY_X509_PARTIAL_CHAIN
    )  # a bundle may hold the CA that signs stations, and not its root
    for name in _KNOWN:
        bundle = getattr(settings, name)
        if not bundle:
            continue
        try:
            context.load_verify_locations(bundle)
        except (OSError, ValueError) as error:
            what = f"the CA certificates of {name} in {bundle} cannot be used: {error}."
            raise ConfigError(what, "Give a PEM file with the certificates of the CAs.") from None
    return context


def name_expected(settings: CsmsSettings, station: str) -> str | None:
    """The name a station's certificate must have, None for that of its address."""
    return station if settings.soap_station_names == "identity" else None


__all__ = ["client_for", "name_expected", "station_context"]
