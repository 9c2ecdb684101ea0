"""Certificates of stations: installed, removed, asked for; and the chains made from their requests (A02, M03 to M05)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from pilotwire.clock import Clock
from pilotwire.csms.commands import remote_control
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.registers.certificates import (
    CERTIFICATES,
    OPEN_REQUESTS,
    REQUESTS,
    TRIGGERS,
    KnownCertificate,
    RequestState,
    SigningRequest,
    SigningTrigger,
    key_of,
    state_after,
)
from pilotwire.csms.registers.held_certificates import Known, held
from pilotwire.csms.signing import check_chain
from pilotwire.csms.store.ports import Amend, Journal, Page, Store
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.certificates import (
    CertificateHash,
    CertificateKind,
    CertificateSigned,
    CertificateSignedOutcome,
    DeleteCertificate,
    DeleteCertificateOutcome,
    DeleteCertificateStatus,
    GetInstalledCertificates,
    GetInstalledOutcome,
    InstallCertificate,
    InstallCertificateOutcome,
    InstalledCertificate,
    SigningUse,
)
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import TriggerOutcome, TriggerStatus
from pilotwire.errors import PilotwireError
from pilotwire.pki import read_certificates

_AT_ONCE: Final = 500
SIGNING_TRIGGERS: Final[Mapping[str, tuple[SigningUse, ...]]] = {
    "SignChargingStationCertificate": (SigningUse.CHARGING_STATION,),
    "SignV2GCertificate": (SigningUse.V2G,),
    "SignV2G20Certificate": (SigningUse.V2G_20,),
    "SignCombinedCertificate": (SigningUse.CHARGING_STATION, SigningUse.V2G),
}
"""What messages that are triggered ask a certificate for."""
_BY_1_6_DEFAULT: Final = frozenset({CertificateKind.CSMS_ROOT, CertificateKind.MANUFACTURER_ROOT})


def _number(certificate: CertificateHash) -> str:
    """The serial number: the one part of a name that no hash algorithm changes. Some write leading zeros."""
    return certificate.serial_number.casefold().lstrip("0")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where commands about certificates go, and where what becomes of them is kept."""

    commander: Commander
    journal: Journal
    store: Store
    clock: Clock

    async def install(self, station: str, kind: CertificateKind, certificate: str) -> InstallCertificateOutcome:
        """Install a root certificate (M05); it is on record when the station reports it."""
        command = InstallCertificate(kind=kind, certificate=certificate)
        return await self.commander.ask(station, command, InstallCertificateOutcome)

    async def delete(
        self, station: str, certificate: CertificateHash, *, plug_and_charge: bool = False
    ) -> DeleteCertificateOutcome:
        """Remove a certificate (M04). NotFound is also a station without it, so it goes from the record.

        Raises PilotwireError if the station has reported it by another hash algorithm (M04.FR.07); then nothing is sent.
        """
        await self._check_algorithm(station, certificate)
        command = DeleteCertificate(certificate=certificate, plug_and_charge=plug_and_charge)
        outcome = await self.commander.ask(station, command, DeleteCertificateOutcome)
        if outcome.status is not DeleteCertificateStatus.FAILED:
            await self.journal.append(
                *(CERTIFICATES.remove(station, key_of(kind, certificate)) for kind in CertificateKind)
            )
        return outcome

    async def _check_algorithm(self, station: str, certificate: CertificateHash) -> None:
        number = _number(certificate)
        by = {
            each.certificate.hash_algorithm async for each in self.known(station) if _number(each.certificate) == number
        }
        if by and certificate.hash_algorithm not in by:
            names = " or ".join(sorted(by))
            what = f"station {station!r} has reported this certificate by {names}, not by {certificate.hash_algorithm}."
            raise PilotwireError(what, "Name it as it is on record; nothing was sent.")

    async def installed(self, station: str, kinds: tuple[CertificateKind, ...] = ()) -> GetInstalledOutcome:
        """Ask which certificates there are (M03); what was asked for and is not reported goes from the record.

        1.6 cannot be asked for all: without kinds it tells those of the security extension, and the others stay on record.
        """
        outcome = await self.commander.ask(station, GetInstalledCertificates(kinds=kinds), GetInstalledOutcome)
        told = {key_of(each.kind, each.certificate): each for each in outcome.certificates}
        asked = frozenset(kinds) or await self._all_kinds(station)
        gone = [
            CERTIFICATES.remove(station, key_of(known.kind, known.certificate))
            async for known in self.known(station)
            if known.kind in asked and key_of(known.kind, known.certificate) not in told
        ]
        kept = [CERTIFICATES.put(station, key, self._record(station, each)) for key, each in told.items()]
        if gone or kept:
            await self.journal.append(*gone, *kept)
        return outcome

    async def _all_kinds(self, station: str) -> frozenset[CertificateKind]:
        known = await self.store.station(station)
        is_old = known is not None and known.version == "1.6"
        return _BY_1_6_DEFAULT if is_old else frozenset(CertificateKind)

    def _record(self, station: str, told: InstalledCertificate) -> KnownCertificate:
        return KnownCertificate(
            station=station,
            kind=told.kind,
            certificate=told.certificate,
            children=told.children,
            reported_at=self.clock.now(),
        )

    async def known(self, station: str) -> AsyncIterator[KnownCertificate]:
        """All certificates on record for a station."""
        page = Page(limit=_AT_ONCE)
        while True:
            found = await self.store.records(CERTIFICATES, station, page)
            for each in found:
                yield each
            if len(found) < _AT_ONCE:
                return
            page = Page(limit=_AT_ONCE, after=cursor_of(station, key_of(found[-1].kind, found[-1].certificate)))

    async def sign(
        self, station: str, chain: str, use: SigningUse | None, request_id: int | None = None
    ) -> CertificateSignedOutcome:
        """Hand over a chain, whether or not there is a request for it (A02)."""
        command = CertificateSigned(chain=chain, use=use, request_id=request_id)
        return await self.commander.ask(station, command, CertificateSignedOutcome)

    async def answer(self, station: str, request: SigningRequest, chain: str) -> SigningRequest:
        """Hand over the chain made from a request, with the type and id it was asked with (A02.FR.14, A02.FR.25).

        Gives the request as it is then; one that was answered is no longer in the queue of those to be signed. Raises also UnfitChain if
        it was not made from this request; then nothing is sent.
        """
        check_chain(chain, request.csr)
        sent = changed(request, state=RequestState.SENT, chain=chain, sent_at=self.clock.now())
        await self.journal.append(REQUESTS.put(station, request.key, sent))
        outcome = await self.sign(station, chain, request.use, request.request_id)
        after = changed(sent, state=state_after(outcome.status), problem=None)
        taken = self._held(station, request.use, chain) if after.state is RequestState.ACCEPTED else ()
        await self.journal.append(
            REQUESTS.put(station, request.key, after), OPEN_REQUESTS.remove(station, request.key), *taken
        )
        return after

    def _held(self, station: str, use: SigningUse | None, chain: str) -> tuple[Amend, ...]:
        """What a station uses from now on. 1.6 and 2.0 have certificates for the connection only, and so need no use."""
        made = read_certificates(chain)[0]
        return (held(station, use or SigningUse.CHARGING_STATION, made, Known.ACCEPTED, self.clock.now()),)

    async def trigger(
        self, station: str, message: str, address: EvseAddress | None = None, *, by: str | None = None
    ) -> TriggerOutcome:
        """Ask for a message as `remote_control.trigger` does; of one that asks for a CSR it is kept who wants it (A02)."""
        uses = SIGNING_TRIGGERS.get(message, ())
        trigger = SigningTrigger(at=self.clock.now(), message=message, by=by)
        if uses:
            await self.journal.append(*(TRIGGERS.put(station, use, trigger) for use in uses))
        accepted = False
        try:
            outcome = await remote_control.trigger(self.commander, station, message, address)
            accepted = outcome.status is TriggerStatus.ACCEPTED
        finally:
            if uses and not accepted:
                await self.journal.append(*(TRIGGERS.remove(station, use) for use in uses))
        return outcome
