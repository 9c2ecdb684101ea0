"""Credentials of a vehicle of ISO 15118-20, from the test houses."""

from __future__ import annotations

from typing import Any

from pilotwire import pki
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.signed_parts import Edition
from tests.support import v2g_pki


def credential(holder: v2g_pki.Holder) -> Credential:
    """Of a holder: chain and key."""
    return Credential((holder.certificate, *holder.subs), holder.key)


def contract_credential(emaid: str = v2g_pki.EMAID, **how: Any) -> Credential:
    """A contract."""
    return credential(v2g_pki.contract(Edition.ISO20, emaid, **how))


def oem_credential(**how: Any) -> Credential:
    """The OEM provisioning certificate."""
    return credential(v2g_pki.vehicle(Edition.ISO20, **how))


def v2g_root() -> pki.Certificate:
    """The root above the provisioning service."""
    return v2g_pki.service(Edition.ISO20).root
