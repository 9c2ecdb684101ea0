"""The demands of a platform: what it asks of TLS, of certificates, of messages. Whatever is not said is not asked for.

The standards hold in any case; a profile only asks for more. The YAML files have the same names; unknown ones are refused.
"""

from __future__ import annotations

from typing import Literal

import msgspec

TlsVersion = Literal["TLSv1.2", "TLSv1.3"]


class TlsDemands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the TLS of a station. `versions` must each be offered; of `suites` (names of IANA) at least one."""

    versions: tuple[TlsVersion, ...] = ()
    suites: tuple[str, ...] = ()
    sni: bool = True
    client_certificate: bool | None = None
    """True: security profile 3 is demanded; False: it is not taken; None: either."""


class SubjectDemand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attribute that the subject of a station's certificate must have.

    `attribute` is a short name (CN, O, OU, C, DC, serialNumber) or an OID; `matches` a regular expression its whole value must match;
    `equals` what it says of itself, exactly, case and spaces included: a text with `{identity}`, `{serial}`, `{vendor}` or `{model}`
    in it (`{vendor} {model}`).
    """

    attribute: str
    matches: str = ""
    equals: str = ""


class CertificateDemands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a station's client certificate and its chain.

    `authorities`: PEM files (beside the profile) or SHA-256 fingerprints (hex) of roots that are accredited; `keys` kinds of keys that are
    taken (`EC-P256`, `RSA-3072`, ...); `most_days` how long it may be valid in all, `least_days_left` when it must be renewed.
    """

    authorities: tuple[str, ...] = ()
    subject: tuple[SubjectDemand, ...] = ()
    keys: tuple[str, ...] = ()
    most_days: int = 0
    least_days_left: int = 30
    secure_element: bool = False
    """Whether the private key must lie in an HSM, TPM or secure element."""


class MeterDemands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of meter values: `measurands` that must come, the unit and form of the energy register, seconds between two samples at most."""

    measurands: tuple[str, ...] = ()
    energy_unit: Literal["", "Wh", "kWh"] = ""
    integers: bool = False
    most_interval: int = 0


class ProtocolDemands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of messages. `boot_fields` are paths in BootNotification that must not be missing (`chargingStation.serialNumber`), as in 2.x;
    `stack_levels` all levels up to this one must be taken (-1: not asked); seconds for heartbeats and calls, 0: not asked.
    """

    versions: tuple[Literal["1.6", "2.0.1", "2.1"], ...] = ()
    boot_fields: tuple[str, ...] = ()
    meter: MeterDemands = MeterDemands()
    stack_levels: int = -1
    least_heartbeat: int = 0
    most_heartbeat: int = 0
    answer_within: float = 0
    actions: tuple[str, ...] = ()
    """Actions that must not be answered NotImplemented or NotSupported."""


class NetworkDemands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the line: ports that are used, how often at most a ping must come, how long an idle line must last (seconds; 0: not asked)."""

    ports: tuple[int, ...] = ()
    most_ping_interval: int = 0
    idle_lasts: int = 0
    address: Literal["any", "public", "private"] = "any"


class PlatformProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A platform's demands. `source` says where they are published, and when that was looked up."""

    name: str
    title: str
    source: str
    tls: TlsDemands = TlsDemands()
    certificates: CertificateDemands = CertificateDemands()
    protocol: ProtocolDemands = ProtocolDemands()
    network: NetworkDemands = NetworkDemands()


NOTHING_MORE = PlatformProfile("standard", "The standards alone", "OCPP 1.6, 2.0.1, 2.1")
"""What holds where no platform is named."""
