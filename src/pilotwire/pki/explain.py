"""Why a chain is not good: every fault of it at once, each with the certificate, a sentence and a remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pilotwire.pki.certificates import Certificate
from pilotwire.pki.revocation import Crl


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
    KEY_CHANGED = "key-changed"
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


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is known of revoked certificates: CRLs and OCSP responses (DER), in any order.

    `needed`: a certificate of which neither says anything is a fault (`Flaw.REVOCATION_UNKNOWN`).
    """

    crls: Sequence[Crl] = ()
    responses: Sequence[bytes] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was found: the best path from the first certificate up, and all defects of it, the gravest first.

    `root` is the trusted root the path ends in, None if there is none. `from_pool` are certificates of the path that had to be taken from
    the pool because the chain does not hold them. `others` are further paths that are as good (cross-signed), each up to its root.
    """

    path: tuple[Certificate, ...]
    root: Certificate | None
    defects: tuple[Defect, ...]
    from_pool: tuple[Certificate, ...] = ()
    others: tuple[tuple[Certificate, ...], ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing fatal was found."""
        return not any(each.fatal for each in self.defects)


def explain(
    certificates: Sequence[Certificate],
    pool: Sequence[Certificate],
    roots: Sequence[Certificate],
    now: datetime,
    *,
    purpose: Purpose = Purpose.ANY,
    host: str = "",
    revocation: Revocation | None = None,
) -> Explanation:
    """Every fault of a chain: its own certificate first, as it was sent or lies in a file.

    `pool` are further certificates that may complete it. `host` (name or address) is looked for in a server's certificate, "" is not.
    """
    raise NotImplementedError
