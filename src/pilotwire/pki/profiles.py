"""What each kind of certificate of the trade must look like: a table, one row a kind.

The hierarchies: the CSMS's own (security profiles 2 and 3), the manufacturer's (signed firmware), and those of ISO 15118: V2G with the
charge point operator (CPO) and the provisioning service (CPS) under it, mobility operator (MO), vehicle maker (OEM). Those of OCPP are two
and apart (part 2, 1.4.2); a CPO's may be the V2G one (A00.FR.602).

Sources: OCPP 2.0.1 and 2.1 part 2, 1.4 (A00.FR.5xx and 6xx); ISO 15118-2, annexes E and F; ISO 15118-20, annex B. -2 has P-256 and SHA-256,
-20 P-521 and SHA-512 (or X448 and Ed448, which are not made here) and subjectKeyIdentifiers of 8 bytes (`issuing.Order.short_key_id`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

from pilotwire.pki.keys import KeyKind


class Usage(StrEnum):
    """The bits of keyUsage (RFC 5280, 4.2.1.3) that are in use here; the values are the names of `cryptography`."""

    SIGN = "digital_signature"
    COMMIT = "content_commitment"
    ENCIPHER = "key_encipherment"
    AGREE = "key_agreement"
    CERTIFICATES = "key_cert_sign"
    CRLS = "crl_sign"


ANY_KEY: Final = tuple(KeyKind)


class Hierarchy(StrEnum):
    """To whose tree of certificates a kind belongs."""

    CSMS = "CSMS"
    MANUFACTURER = "manufacturer"
    V2G = "V2G"
    MO = "MO"
    OEM = "OEM"


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """One kind of certificate.

    `issuers` are the kinds that may sign it, the usual one first; () signs itself. `path_length` None: no limit. `domain` is the
    domainComponent of its subject ("" for none). `days` is how long it is usually valid, `most_days` at most (0: nobody limits it).
    `subject_is` says for people what its common name is.

    `usage` is keyUsage (A00.FR.512), `rsa_usage` what is added to it for an RSA key. `extended` is the extendedKeyUsage it must have;
    `usual_extended` is what others often look for, and is left out unless an order wants it: A00.FR.514 strongly advises against.
    """

    name: str
    title: str
    hierarchy: Hierarchy
    usage: frozenset[Usage]
    days: int
    issuers: tuple[str, ...] = ()
    ca: bool = False
    path_length: int | None = None
    extended: tuple[ObjectIdentifier, ...] = ()
    usual_extended: tuple[ObjectIdentifier, ...] = ()
    rsa_usage: frozenset[Usage] = frozenset()
    domain: str = ""
    most_days: int = 0
    keys: tuple[KeyKind, ...] = ANY_KEY
    subject_is: str = ""
    source: str = ""

    @property
    def is_root(self) -> bool:
        """Whether it signs itself."""
        return not self.issuers


_CA: Final = frozenset({Usage.CERTIFICATES, Usage.CRLS})
_SIGNS: Final = frozenset({Usage.SIGN})
_AGREES: Final = frozenset({Usage.SIGN, Usage.AGREE})
_CONTRACT: Final = frozenset({Usage.SIGN, Usage.COMMIT, Usage.ENCIPHER, Usage.AGREE})
_VEHICLE_KEYS: Final = (KeyKind.EC_P256, KeyKind.EC_P521)
"""ISO 15118-2 knows secp256r1 only, -20 secp521r1 (and test benches of -20 are often secp256r1)."""
_BY_RSA: Final = frozenset({Usage.ENCIPHER})
"""The TLS_RSA suites of A00.FR.318 send their secret enciphered; a key on a curve enciphers nothing (RFC 5480, 3)."""
_SERVER: Final = (ExtendedKeyUsageOID.SERVER_AUTH,)
_CLIENT: Final = (ExtendedKeyUsageOID.CLIENT_AUTH,)
_ROOT_DAYS: Final = 40 * 365
_SUB_DAYS: Final = 4 * 365
_LAST_SUB_DAYS: Final = 2 * 365
_H = Hierarchy


def _root(name: str, title: str, hierarchy: Hierarchy, domain: str = "", *, iso: bool = False) -> CertificateProfile:
    source = "ISO 15118-2, E and F" if iso else "OCPP part 2, 1.4.2; A00.FR.601"
    keys = _VEHICLE_KEYS if iso else ANY_KEY
    return CertificateProfile(name, title, hierarchy, _CA, _ROOT_DAYS, ca=True, domain=domain, keys=keys, source=source)


def _sub(
    name: str,
    title: str,
    hierarchy: Hierarchy,
    issuers: tuple[str, ...],
    path_length: int,
    domain: str,
    days: int = _SUB_DAYS,
) -> CertificateProfile:
    return CertificateProfile(
        name,
        title,
        hierarchy,
        _CA,
        days,
        issuers,
        ca=True,
        path_length=path_length,
        domain=domain,
        keys=_VEHICLE_KEYS,
        source="ISO 15118-2, E and F",
    )


_ALL: Final = (
    _root("csms-root", "Root CA of a CSMS and its stations", _H.CSMS),
    CertificateProfile(
        "csms-ca",
        "CA under it, which signs servers and stations",
        _H.CSMS,
        _CA,
        10 * 365,
        ("csms-root",),
        ca=True,
        path_length=0,
        source="A00.FR.601, A00.FR.512",
    ),
    CertificateProfile(
        "csms-server",
        "TLS server certificate of a CSMS",
        _H.CSMS,
        _SIGNS,
        397,
        ("csms-ca", "csms-root", "cpo-sub2"),
        usual_extended=_SERVER,
        rsa_usage=_BY_RSA,
        subject_is="the host name of the CSMS (A00.FR.510)",
        source="A00.FR.510, A00.FR.512, A00.FR.602; A00.FR.701 advises less than a day",
    ),
    CertificateProfile(
        "station",
        "TLS client certificate of a station (security profile 3)",
        _H.CSMS,
        _SIGNS,
        365,
        ("csms-ca", "csms-root", "cpo-sub2"),
        usual_extended=_CLIENT,
        subject_is="the serial number of the station (A00.FR.511)",
        source="A00.FR.404, A00.FR.405, A00.FR.509, A00.FR.511, A00.FR.602",
    ),
    _root("manufacturer-root", "Root CA of a station's manufacturer", _H.MANUFACTURER),
    CertificateProfile(
        "manufacturer-ca",
        "CA under it",
        _H.MANUFACTURER,
        _CA,
        10 * 365,
        ("manufacturer-root",),
        ca=True,
        path_length=0,
        source="OCPP part 2, 1.4.2; A00.FR.604",
    ),
    CertificateProfile(
        "firmware",
        "Certificate that signs firmware",
        _H.MANUFACTURER,
        _SIGNS,
        3 * 365,
        ("manufacturer-ca", "manufacturer-root"),
        usual_extended=(ExtendedKeyUsageOID.CODE_SIGNING,),
        subject_is="the name of the manufacturer",
        source="OCPP part 2, table 19; L01.FR.11, L01.FR.12",
    ),
    _root("v2g-root", "V2G root CA", _H.V2G, "V2G", iso=True),
    _sub("cpo-sub1", "CPO sub-CA 1", _H.V2G, ("v2g-root",), 1, "V2G"),
    _sub("cpo-sub2", "CPO sub-CA 2", _H.V2G, ("cpo-sub1",), 0, "V2G", _LAST_SUB_DAYS),
    CertificateProfile(
        "secc",
        "SECC certificate: the station's TLS server towards vehicles",
        _H.V2G,
        _AGREES,
        60,
        ("cpo-sub2",),
        domain="CPO",
        most_days=90,
        keys=_VEHICLE_KEYS,
        subject_is="the SECC's id: the CPO's id and a number of its own",
        source="ISO 15118-2, E and F (2 to 3 months)",
    ),
    CertificateProfile(
        "station-secc",
        "One certificate for both: the station's TLS client, and its TLS server towards vehicles",
        _H.V2G,
        _AGREES,
        60,
        ("cpo-sub2",),
        domain="CPO",
        most_days=90,
        keys=_VEHICLE_KEYS,
        subject_is="the serial number of the station (A00.FR.511)",
        source="A00.FR.511, A00.FR.513, A00.FR.602",
    ),
    _sub("cps-sub1", "Provisioning service sub-CA 1", _H.V2G, ("v2g-root",), 1, "CPS"),
    _sub("cps-sub2", "Provisioning service sub-CA 2", _H.V2G, ("cps-sub1",), 0, "CPS", _LAST_SUB_DAYS),
    CertificateProfile(
        "cps",
        "Provisioning service: signs contract data handed to vehicles",
        _H.V2G,
        _SIGNS,
        60,
        ("cps-sub2",),
        domain="CPS",
        most_days=90,
        keys=_VEHICLE_KEYS,
        subject_is="the name of the provisioning service",
        source="ISO 15118-2, E and F (2 to 3 months)",
    ),
    _root("mo-root", "Mobility operator root CA", _H.MO, "MO", iso=True),
    _sub("mo-sub1", "Mobility operator sub-CA 1", _H.MO, ("mo-root", "v2g-root"), 1, "MO"),
    _sub("mo-sub2", "Mobility operator sub-CA 2", _H.MO, ("mo-sub1",), 0, "MO"),
    CertificateProfile(
        "contract",
        "Contract certificate of a driver's eMAID",
        _H.MO,
        _CONTRACT,
        365,
        ("mo-sub2", "mo-sub1"),
        domain="MO",
        most_days=2 * 365,
        keys=_VEHICLE_KEYS,
        subject_is="the eMAID",
        source="ISO 15118-2, E and F (4 weeks to 2 years)",
    ),
    _root("oem-root", "Vehicle maker root CA", _H.OEM, "OEM", iso=True),
    _sub("oem-sub1", "Vehicle maker sub-CA 1", _H.OEM, ("oem-root", "v2g-root"), 1, "OEM"),
    _sub("oem-sub2", "Vehicle maker sub-CA 2", _H.OEM, ("oem-sub1",), 0, "OEM"),
    CertificateProfile(
        "oem-provisioning",
        "Provisioning certificate of a vehicle",
        _H.OEM,
        _AGREES,
        _ROOT_DAYS,
        ("oem-sub2", "oem-sub1"),
        domain="OEM",
        keys=_VEHICLE_KEYS,
        subject_is="the provisioning certificate id (PCID)",
        source="ISO 15118-2, E and F",
    ),
    CertificateProfile(
        "vehicle",
        "TLS client certificate of a vehicle (ISO 15118-20)",
        _H.OEM,
        _SIGNS,
        10 * 365,
        ("oem-sub2", "oem-sub1"),
        domain="OEM",
        keys=_VEHICLE_KEYS,
        subject_is="the vehicle's id",
        source="ISO 15118-20, annex B",
    ),
)

_RESPONDER: Final = CertificateProfile(
    "ocsp-responder",
    "Certificate of an OCSP responder that answers for its issuer, whichever CA that is",
    _H.CSMS,
    _SIGNS,
    90,
    tuple(each.name for each in _ALL if each.ca),
    extended=(ExtendedKeyUsageOID.OCSP_SIGNING,),
    subject_is="a name of the responder",
    source="RFC 6960, 4.2.2.2; A00.FR.702",
)

PROFILES: Final = {each.name: each for each in (*_ALL, _RESPONDER)}
