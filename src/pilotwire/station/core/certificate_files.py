"""What others of the station read of certificates: files of chains, keys and roots, written anew whenever they change.

The station's memory is the truth; the files are made from it, at every start too. OCPP's lie in `tls/`, those of ISO 15118 in `v2g/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pilotwire.domain.certificates import CertificateKind, SigningUse
from pilotwire.station.core.actions import ConnectAnew
from pilotwire.station.core.certificates_memory import CertificatesMemory, OwnCertificate
from pilotwire.station.core.jobs import Job, Result
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

_NOT_THERE = "The certificates could not be put where they are used. {}"


@dataclass(frozen=True, slots=True)
class ChainFile:
    """A chain in PEM and the id of its key; "" for both: there is none, and the files go."""

    name: str
    chain: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class WriteCertificates(Job):
    """Make the files as they should be. `roots` are names and PEM texts, "" for a file that goes.

    `gone` are CSMS roots that do not count any more, PEM, also if the station was set up with them.
    """

    roots: tuple[tuple[str, str], ...]
    chains: tuple[ChainFile, ...]
    gone: str = ""


@dataclass(frozen=True, slots=True)
class CertificatesWritten(Result):
    """The files are as they should be: whoever shows certificates reads them anew."""


@dataclass(frozen=True, slots=True)
class AllButKey(CertificatesWritten):
    """The files are as they should be, but for a key that TLS needs and that cannot leave its store: `why` in a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class DropKey(Job):
    """Destroy a key that nothing is signed with any more."""

    key: str


class Writing:
    """Which writing is under way, and why to connect anew when it is done."""

    def __init__(self) -> None:
        self.job: int | None = None
        self.reason = ""
        self.gone = ""
        """CSMS roots that were deleted, and may still count where the installer has put them, PEM."""
        self.settled: list[Callable[[bool], None]] = []
        """Who waits for the end of it, and is told whether the files are as they should be."""
        self.on_fallback = False
        """Whether the old CSMS root is the one tried at the moment (M05.FR.14)."""
        self.from_new = False
        """Whether the files are as the memory has them, so that a connection made now was made with them."""


@dataclass(slots=True)
class CsmsAnchor:
    """The root, in PEM, by which the CSMS was found good when the present connection was made; "" without TLS, or if that is not known."""

    pem: str = ""


def write(station: Station, *, then_connect: str = "", settled: Callable[[bool], None] | None = None) -> None:
    """Write the files as things are now; `then_connect`: why the connection must be made anew with them, if it must.

    `settled` is told whether that went well. If not, it takes back what it had changed, and the files are written once more without it.
    """
    writing = station.moment(Writing)
    if settled is not None:
        writing.settled.append(settled)
    if writing.job is not None:
        station.abandon(writing.job)
    writing.reason = then_connect or writing.reason
    writing.from_new = False
    writing.job = station.undertake(
        _job(station),
        done=lambda result: _written(station, writing, result),
        failed=lambda why: _not_written(station, writing, why),
    )


def _written(station: Station, writing: Writing, result: Result) -> None:
    reason, writing.reason, writing.gone, writing.job = writing.reason, "", "", None
    _settle(writing, well=True)
    if isinstance(result, AllButKey):
        station.note(_NOT_THERE.format(result.why))
        return
    writing.from_new = True
    if reason:
        station.do(ConnectAnew(reason))


def _not_written(station: Station, writing: Writing, why: str) -> None:
    writing.job, writing.reason, writing.gone = None, "", ""
    station.note(_NOT_THERE.format(why))
    if _settle(writing, well=False):
        write(station)


def _settle(writing: Writing, *, well: bool) -> bool:
    """Tell those who wait, the latest first if they have something to take back; whether there were any."""
    waiting, writing.settled = writing.settled, []
    for settled in waiting if well else reversed(waiting):
        settled(well)
    return bool(waiting)


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
    return WriteCertificates(roots, chains, station.moment(Writing).gone)


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
