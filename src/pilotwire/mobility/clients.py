"""Who may ask a pool for what by OPCP: its clients, their roles, and what is theirs.

The rights are those of OPCP 1.0.0 (docs/04_authentication, Roles & Rights). An MO has to do with the contracts of its providers (the first
five characters of an eMAID), an OEM with the vehicles of its makers (the first three of a PCID, the WMI). The operator of the PKI may do
everything.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from pilotwire.ca.server.limits import Refused
from pilotwire.errors import ConfigError
from pilotwire.iso15118.emaid import normalised

LEAST_SECRET: Final = 12
"""Characters of a secret."""
_PROVIDER, _WMI = 5, 3


class Role(StrEnum):
    """What a client is in the ecosystem."""

    CPO = "CPO"
    MO = "MO"
    OEM = "OEM"
    PKI = "PKI"

    @property
    def words(self) -> str:
        """With its article, for sentences."""
        return _WORDS[self]


_WORDS: Final = {
    Role.CPO: "a charge point operator (CPO)",
    Role.MO: "a mobility operator (MO)",
    Role.OEM: "a vehicle maker (OEM)",
    Role.PKI: "the operator of the PKI",
}


class Right(Enum):
    """Something to be done by OPCP: the name of the operation, and who may beside the operator of the PKI."""

    ROOTS = "getRootCert", (Role.CPO, Role.MO, Role.OEM)
    ASK = "getSignedContractData", (Role.CPO,)
    CONTRACTS_OF_VEHICLE = "getContracts", (Role.OEM,)
    LOOK_UP_CONTRACT = "lookupContract", (Role.MO,)
    PROVIDE = "provideSignedContractData", (Role.OEM,)
    GENERATE = "generateSignedContractData", (Role.MO,)
    DELETE_CONTRACT = "deleteSignedContractData", (Role.MO,)
    VEHICLE = "getOEMProvCert", (Role.OEM, Role.MO)
    ADD_VEHICLE = "addOEMProvCert", (Role.OEM,)
    DELETE_VEHICLE = "deleteOEMProvCert", (Role.OEM,)
    WEBHOOKS = "webhook endpoints", (Role.CPO, Role.MO, Role.OEM)

    @property
    def operation(self) -> str:
        """What OPCP calls it."""
        operation: str = self.value[0]
        return operation

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who may."""
        roles: tuple[Role, ...] = self.value[1]
        return roles


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who asks. `providers` of an MO, `wmis` of an OEM, in capitals; what they do not name is not theirs."""

    name: str
    role: Role
    secret: str = field(default="", repr=False)
    providers: tuple[str, ...] = ()
    wmis: tuple[str, ...] = ()

    def check(self, right: Right) -> None:
        """Raise Refused (403) where the role does not have the right."""
        if self.role is not Role.PKI and self.role not in right.roles:
            may = " or ".join(each.words for each in (*right.roles, Role.PKI))
            what = f"{self.name or 'This client'} is {self.role.words}; {right.operation} is for {may}."
            raise Refused(HTTPStatus.FORBIDDEN, what)

    def check_contract(self, emaid: str) -> None:
        """Raise Refused (403) for the contract of another mobility operator."""
        if not self.has_contract(emaid):
            what = f"The contract {emaid} is not of a provider of {self.name} ({', '.join(self.providers)})."
            raise Refused(HTTPStatus.FORBIDDEN, what)

    def check_vehicle(self, pcid: str) -> None:
        """Raise Refused (403) for the vehicle of another maker."""
        if not self.has_vehicle(pcid):
            what = f"The vehicle {pcid} is not of a maker that {self.name} stands for ({', '.join(self.wmis)})."
            raise Refused(HTTPStatus.FORBIDDEN, what)

    def has_contract(self, emaid: str) -> bool:
        """Whether a contract concerns it: only an MO has contracts of its own, and no others."""
        return self.role is not Role.MO or normalised(emaid)[:_PROVIDER] in self.providers

    def has_vehicle(self, pcid: str) -> bool:
        """The same of an OEM and a vehicle."""
        return self.role is not Role.OEM or normalised(pcid)[:_WMI] in self.wmis

    def hears_of(self, emaid: str, pcid: str) -> bool:
        """Whether it is told what becomes of a contract: a CPO is told of none."""
        return self.role is not Role.CPO and self.has_contract(emaid) and self.has_vehicle(pcid)


def read_clients(path: Path) -> tuple[Client, ...]:
    """The clients of a TOML file: a table each, named as the client, with `role`, `secret`, and `providers` or `wmis`.

    Raises ConfigError that says what is wrong and where.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The file of clients {path} cannot be read: {error.strerror}.", "Give another file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The file of clients {path} is no TOML: {error}.", "Write a table for each client."
        ) from None
    found = tuple(_client(path, name, table) for name, table in tables.items())
    if not found:
        raise ConfigError(f"The file of clients {path} names none.", 'Write a table for each: [name], role = "MO" ...')
    return found


def _client(path: Path, name: str, table: Any) -> Client:
    def wrong(what: str) -> ConfigError:
        return ConfigError(
            f"The client {name} in {path}: {what}.",
            'It has role (CPO, MO, OEM or PKI), secret, and as an MO providers = ["DE8AC"], as an OEM wmis = ["WVW"].',
        )

    if not isinstance(table, Mapping):
        raise wrong("it is no table")
    unknown = set(table) - {"role", "secret", "providers", "wmis"}
    if unknown:
        raise wrong(f"there is no {', '.join(sorted(unknown))}")
    role, secret = table.get("role"), table.get("secret")
    if role not in tuple(Role):
        raise wrong(f"{role!r} is no role")
    if not isinstance(secret, str) or len(secret) < LEAST_SECRET:
        raise wrong(f"its secret has less than {LEAST_SECRET} characters")
    providers, wmis = _codes(table, "providers"), _codes(table, "wmis")
    for needed, codes, characters in ((Role.MO, providers, _PROVIDER), (Role.OEM, wmis, _WMI)):
        if codes is None or any(len(each) != characters for each in codes):
            raise wrong(f"each code of {needed} has {characters} characters")
        if bool(codes) is not (role == needed):
            raise wrong("an MO has providers, an OEM has wmis, and nobody else has them")
    return Client(name, Role(role), secret, providers or (), wmis or ())


def _codes(table: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    told = table.get(name, [])
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        return None
    return tuple(normalised(each) for each in told)
