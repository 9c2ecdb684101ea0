"""A charge point of 1.6 on a virtual clock (`world16`), a central system that takes its requests for certificates, and an operator's CA."""

from __future__ import annotations

from typing import Any

from pilotwire.domain.certificates import CertificateStatusAsked, CertificateStatusVerdict, SigningAsked, SigningVerdict
from pilotwire.domain.kinds import Fact
from pilotwire.ocpp import v16
from tests.support.station_pki import Signer, Workshop, pem
from tests.support.station_world import Csms
from tests.support.world16 import World16

CSMS, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"


class TakingCsms(Csms):
    """A central system that takes every request for a certificate."""

    def verdict(self, fact: Fact, now: Any) -> Any:
        """What it thinks."""
        if isinstance(fact, CertificateStatusAsked):
            return CertificateStatusVerdict(reason="there is none")
        return SigningVerdict(accepted=True) if isinstance(fact, SigningAsked) else super().verdict(fact, now)


class CertificateWorld16(World16):
    """See the module. `root` is the operator's CA; `shop` does the certificate jobs of the charge point, with real keys."""

    def __init__(self, **options: Any) -> None:
        super().__init__(online=False, **options)
        self.csms = TakingCsms(names=True)
        self.connect()
        self.shop = Workshop(self)
        self.root = Signer.root("Operator")

    def install(self, use: Any, signer: Signer) -> str:
        """Install a root; the status."""
        status: str = self.asks(
            v16.InstallCertificateRequest(certificate_type=use, certificate=pem(signer.certificate))
        ).status
        self.shop.work()
        return status

    def csr(self) -> str:
        """Triggered: the request."""
        trigger = v16.ExtendedTriggerMessageRequest(requested_message="SignChargePointCertificate")
        assert self.asks(trigger).status == "Accepted"
        self.shop.work()
        return self.requests()[-1]

    def requests(self) -> list[str]:
        """The requests for certificates that the charge point has sent."""
        return [one.csr for one in self.said(v16.SignCertificateRequest)]

    def hand_over(self, chain: str) -> str:
        """CertificateSigned; the status."""
        status: str = self.asks(v16.CertificateSignedRequest(certificate_chain=chain)).status
        self.shop.work()
        return status
