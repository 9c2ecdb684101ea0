"""The settings of `pilotwire pki serve` where it serves contracts too."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from pilotwire.ca.settings import ServeSettings
from pilotwire.errors import ConfigError
from pilotwire.settings import setting

_LEAST = 12


class PkiSettings(ServeSettings):
    """What a person can set of the server of an authority, and of the contracts beside it."""

    contracts_token: str = setting(
        "",
        f"at least {_LEAST} characters",
        "the bearer token with which a CSMS asks for contracts of vehicles, at /contracts and by OPCP (as a CPO); nobody may without",
    )
    opcp_client_id: str = setting("", "a name", "who gets a token for OPCP at /oauth/token; nobody without one")
    opcp_client_secret: str = setting("", f"at least {_LEAST} characters", "the secret of that client")
    opcp_client_role: Literal["CPO", "PKI"] = setting(
        "CPO",
        "CPO or PKI",
        "what that client is: a charge point operator, or the operator of the PKI, who may do everything",
    )
    opcp_clients: str = setting(
        "",
        "a TOML file",
        "further clients for OPCP, each with a role: mobility operators and vehicle makers are named there",
    )
    opcp_plain_webhooks: bool = setting(
        False, "true or false", "take http addresses for webhooks of OPCP too, not only https: for test benches"
    )

    @field_validator("contracts_token", "opcp_client_secret")
    @classmethod
    def _long(cls, value: str) -> str:
        if value and len(value) < _LEAST:
            raise ValueError
        return value


def check_clients(settings: PkiSettings) -> None:
    """Raise ConfigError for an OPCP client without a secret, or a secret without a client."""
    if bool(settings.opcp_client_id) != bool(settings.opcp_client_secret):
        raise ConfigError("opcp_client_id and opcp_client_secret are given together, or neither.", "Give both.")
