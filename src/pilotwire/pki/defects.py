"""The kinds of faults a chain can have, and what its first certificate may be for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pilotwire.pki.certificates import Certificate


class Purpose(StrEnum):
    """What the first certificate of a chain is to be used for."""

    ANY = "any"
    SERVER = "server"
    """A TLS server: a CSMS."""
    CLIENT = "client"
    """A TLS client: a station (security profile 3), a vehicle (ISO 15118-20)."""
    V2G = "v2g"
    """A TLS server towards vehicles: an SECC (ISO 15118-2)."""
    CONTRACT = "contract"
    """A contract certificate of a driver."""
    PROVISIONING = "provisioning"
    """A vehicle's OEM provisioning certificate."""
    CPS = "cps"
    """The provisioning service, which signs contract data."""
    FIRMWARE = "firmware"
    OCSP = "ocsp"
    CA = "ca"


class Flaw(StrEnum):
    """The kinds of faults."""

    EMPTY = "empty"
    UNREADABLE = "unreadable"
    """Its key, names or extensions are no X.509; it is left out of the path."""
    MISSING_INTERMEDIATE = "missing-intermediate"
    INCOMPLETE = "incomplete"
    """The chain as it was sent lacks an intermediate that was found elsewhere: here it works, for others it does not."""
    ROOT_NOT_TRUSTED = "root-not-trusted"
    WRONG_ORDER = "wrong-order"
    STRANGER = "stranger"
    DUPLICATE = "duplicate"
    SELF_SIGNED = "self-signed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    OUTLIVES_ISSUER = "outlives-issuer"
    WEAK_KEY = "weak-key"
    WEAK_HASH = "weak-hash"
    PATH_LENGTH = "path-length"
    NOT_A_CA = "not-a-ca"
    KEY_USAGE = "key-usage"
    EXTENDED_KEY_USAGE = "extended-key-usage"
    HOST = "host"
    COMMON_NAME_ONLY = "common-name-only"
    DOMAIN = "domain"
    """ISO 15118: the domainComponent is missing or another one."""
    KEY_KIND = "key-kind"
    """ISO 15118: the key is on another curve."""
    KEY_CHANGED = "key-changed"
    """The issuer is there by name, with another key than the one that signed."""
    BAD_SIGNATURE = "bad-signature"
    """The issuer is there with the key that should have signed, and the signature is wrong."""
    UNKNOWN_CRITICAL = "unknown-critical"
    REVOKED = "revoked"
    REVOCATION_UNKNOWN = "revocation-unknown"
    TOO_LONG = "too-long"


@dataclass(frozen=True, slots=True)
class Defect:
    """One fault. `certificate` None: of the chain as a whole. `fatal` false: it works all the same, but not everywhere or not for long."""

    kind: Flaw
    what: str
    remedy: str
    certificate: Certificate | None = None
    fatal: bool = True
