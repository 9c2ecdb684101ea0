"""The words of a PKI kit: its chapters, what can be wrong with a certificate, what is asked for, and one certificate as it is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Group(StrEnum):
    """A chapter of the kit."""

    CSMS = "The CSMS: security profiles 2 and 3"
    SERVERS_REFUSED = "Server certificates that a station has to refuse"
    STATIONS = "Stations: security profile 3"
    STATIONS_REFUSED = "Station certificates that a CSMS has to refuse"
    OTHER_ROOTS = "Further roots: to be installed, refused, or unknown"
    FIRMWARE = "The manufacturer: firmware"
    PNC = "Plug & Charge: V2G, CPO, eMSP (MO), OEM, provisioning service"
    PNC_REFUSED = "Plug & Charge certificates that are to be refused"


class Fault(StrEnum):
    """What is wrong with a certificate."""

    NONE = ""
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    REVOKED = "revoked"
    WRONG_NAME = "wrong name"
    WILDCARD = "wildcard"
    WRONG_OWNER = "wrong owner"
    WRONG_DOMAIN = "wrong domain"
    UNKNOWN_ISSUER = "unknown issuer"
    SELF_SIGNED = "self-signed"
    MISSING_INTERMEDIATE = "missing intermediate"
    ISSUER_IS_NO_CA = "issuer is no CA"
    BROKEN_SIGNATURE = "broken signature"
    WRONG_USAGE = "wrong usage"
    WRONG_EXTENDED_USAGE = "wrong extended usage"
    WEAK = "weak"
    WRONG_CURVE = "wrong curve"


REASONS: Final[Mapping[Fault, str]] = {
    Fault.EXPIRED: "its time is over",
    Fault.NOT_YET_VALID: "its time has not begun",
    Fault.REVOKED: "CRL and OCSP responder say it is revoked; else it is good",
    Fault.WRONG_NAME: "its commonName is somebody else's (A00.FR.309, A00.FR.405)",
    Fault.WILDCARD: "its name is a wildcard, which is no FQDN (A00.FR.510)",
    Fault.WRONG_OWNER: "its organizationName is not the CSO (A00.FR.404)",
    Fault.WRONG_DOMAIN: "its domainComponent is that of another role",
    Fault.UNKNOWN_ISSUER: "its root is one that nobody trusts",
    Fault.SELF_SIGNED: "nobody but itself has signed it",
    Fault.MISSING_INTERMEDIATE: "its file lacks the sub-CA, so that no path leads to the root",
    Fault.ISSUER_IS_NO_CA: "it is signed by a certificate that may not sign (RFC 5280, 4.2.1.9)",
    Fault.BROKEN_SIGNATURE: "its signature has a bit flipped",
    Fault.WRONG_USAGE: "its keyUsage is nonRepudiation only (A00.FR.512)",
    Fault.WRONG_EXTENDED_USAGE: "its extendedKeyUsage is codeSigning only",
    Fault.WEAK: "its key is shorter than A00.FR.502 and A00.FR.503 ask (RSA 1024, ECDSA 192)",
    Fault.WRONG_CURVE: "its key is on P-384, where ISO 15118-2 wants P-256",
}
"""Why who verifies a certificate has to refuse it."""


class Key(StrEnum):
    """Kinds of keys in a kit; RSA keys that are not weak are of the size that is asked for."""

    EC = "EC P-256"
    EC_P384 = "EC P-384"
    EC_WEAK = "EC P-192"
    RSA = "RSA"
    RSA_WEAK = "RSA 1024"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a kit is asked to be. `hosts`: names of the CSMS, the first becomes the commonName; `stations`: serial numbers.

    Certificates are good for `days` from `day`, their CAs longer. `url` is where the responder will answer. `owner` is the CSO,
    `maker` the manufacturer. `pss`: RSA CAs sign by RSA-PSS.
    """

    day: date
    hosts: tuple[str, ...]
    stations: tuple[str, ...]
    url: str
    owner: str = "Pilotwire lab CSO"
    maker: str = "Pilotwire lab manufacturer"
    emaid: str = "NLTNMC0000001X1"
    secc: str = "SECC-01"
    pcid: str = "PWLABPCID00000001"
    plug_and_charge: bool = True
    days: int = 365
    rsa_bits: int = 2048
    pss: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate of the kit. `by` names who signs it, "" itself; `key_of` whose key it has, "" one of its own.

    `since` and `until` are days from the day of the kit. `hosts` are subjectAltNames, `domain` a domainComponent, `depth` how many CAs
    may be under a `ca`. `anchor`: it is trusted by itself.
    """

    name: str
    group: Group
    what: str
    cases: tuple[str, ...]
    common_name: str
    owner: str
    since: int
    until: int
    by: str = ""
    domain: str = ""
    key: Key = Key.EC
    key_of: str = ""
    ca: bool = False
    depth: int | None = None
    anchor: bool = False
    hosts: tuple[str, ...] = ()
    fault: Fault = Fault.NONE
