"""What others of the station read of certificates: files of chains, keys and roots, written anew whenever they change.

The station's memory is the truth; the files are made from it, at every start too. OCPP's lie in `tls/`, those of ISO 15118 in `v2g/`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.domain.certificates import CertificateKind, SigningUse
from pilotwire.station.core.actions import ConnectAnew
from pilotwire.station.core.certificates_memory import CertificatesMemory, OwnCertificate
from pilotwire.station.core.jobs import Job
from pilotwire.station.core.station import Station

ROOT_FILES: dict[CertificateKind, str] = {
    CertificateKind.CSMS_ROOT: "tls/csms-roots.pem",
    CertificateKind.MANUFACTURER_ROOT: "tls/manufacturer-roots.pem",
    CertificateKind.V2G_ROOT: "v2g/v2g-roots.pem",
    CertificateKind.MO_ROOT: "v2g/mo-roots.pem",
    CertificateKind.OEM_ROOT: "v2g/oem-roots.pem",
}
_STATION = "tls/station"
CHAIN_FILES: dict[SigningUse, str] = {
    SigningUse.CHARGING_STATION: _STATION,
    SigningUse.V2G: "v2g/iso2",
    SigningUse.V2G_20: "v2g/iso20",
}
"""Where the chain of a use is: `<name>-chain.pem`, and its key `<name>-key.pem` where the key store gives it."""


@dataclass(frozen=True, slots=True)
class ChainFile:
    """A chain in PEM and the id of its key; "" for both: there is none, and the files go."""

    name: str
    chain: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class WriteCertificates(Job):
    """Make the files as they should be. `roots` are names and PEM texts, "" for a file that goes."""

    roots: tuple[tuple[str, str], ...]
    chains: tuple[ChainFile, ...]


@dataclass(frozen=True, slots=True)
class DropKey(Job):
    """Destroy a key that nothing is signed with any more."""

    key: str


class Writing:
    """Which writing is under way, and why to connect anew when it is done."""

    def __init__(self) -> None:
        self.job: int | None = None
        self.reason = ""
        self.on_fallback = False
        """Whether the old CSMS root is the one tried at the moment (M05.FR.14)."""
        self.from_new = False
        """Whether the files are as the memory has them, so that a connection made now was made with them."""


def write(station: Station, *, then_connect: str = "") -> None:
    """Write the files as things are now; `then_connect`: why the connection must be made anew with them, if it must."""
    writing = station.moment(Writing)
    if writing.job is not None:
        station.abandon(writing.job)
    writing.reason = then_connect or writing.reason
    writing.from_new = False
    writing.job = station.undertake(
        _job(station),
        done=lambda _: _written(station, writing),
        failed=lambda why: _not_written(station, writing, why),
    )


def _written(station: Station, writing: Writing) -> None:
    reason, writing.reason, writing.job = writing.reason, "", None
    writing.from_new = True
    if reason:
        station.do(ConnectAnew(reason))


def _not_written(station: Station, writing: Writing, why: str) -> None:
    writing.job, writing.reason = None, ""
    station.note(f"The certificates could not be put where they are used. {why}")


def _job(station: Station) -> WriteCertificates:
    memory = station.kept(CertificatesMemory)
    chains = tuple(_chain(name, own_for(memory, use)) for use, name in CHAIN_FILES.items())
    on_fallback = station.moment(Writing).on_fallback
    roots = tuple(
        (
            name,
            "".join(
                root.pem
                for root in memory.roots
                if root.kind is kind and (root.fallback is on_fallback or kind is not CertificateKind.CSMS_ROOT)
            ),
        )
        for kind, name in ROOT_FILES.items()
    )
    return WriteCertificates(roots, chains)


def _chain(name: str, own: OwnCertificate | None) -> ChainFile:
    """An installer's certificate has no key of ours: it stays in the files it came in."""
    return ChainFile(name) if own is None or not own.key else ChainFile(name, own.chain, own.key)


def own_for(memory: CertificatesMemory, use: SigningUse) -> OwnCertificate | None:
    """The station's certificate for a use: its own, or the one for all purposes."""
    exact = next((own for own in memory.own if own.use is use), None)
    if exact is not None or use is SigningUse.V2G_20:
        return exact
    return next((own for own in memory.own if own.use is None), None)


def drop_key(station: Station, key: str) -> None:
    """Have a key destroyed, if it has not been already."""
    memory = station.kept(CertificatesMemory)
    used = {own.key for own in memory.own} | {request.key for request in memory.requests}
    if memory.replaced is not None:
        used.add(memory.replaced.key)
    if key and key not in used:
        station.undertake(DropKey(key), failed=lambda why: station.note(f"A key is not destroyed. {why}"))
