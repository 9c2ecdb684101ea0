"""A station of `wire_station` with certificates around it: a CSMS that signs and knows contracts, the roots, and a vehicle with one."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from pilotwire.station.core.contracts import ContractPresented
from tests.support.station_pki import Signer, Workshop, key, pem
from tests.support.wire_station import Script, WireStation, info

EMAID = "DEVOLC12345678"
PNC = {"ISO15118Ctrlr.PnCEnabled": "true"}
CENTRAL = PNC | {"ISO15118Ctrlr.CentralContractValidationAllowed": "true"}
CHECKED = {"SecurityCtrlr.AdditionalRootCertificateCheck": "true", "SecurityCtrlr.SecurityProfile": "2"}
SERVED = ("SignCertificate", "GetCertificateStatus", "Get15118EVCertificate")


class Cpo(Script):
    """A CSMS that signs, knows OCSP responses and has contracts; `says` is what differs, by action."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens[EMAID] = info()
        self.says: dict[str, dict[str, Any]] = {}

    def usual(self, action: str, request: Any, now: Any) -> dict[str, Any]:
        """The payload of the answer."""
        if action in self.says:
            return self.says[action]
        if action == "Get15118EVCertificate":
            return {"status": "Accepted", "exiResponse": "Ag=="}
        return {"status": "Accepted"} if action in SERVED else super().usual(action, request, now)


class Cased(WireStation):
    """A station with a CPO's certificates around it."""

    def __init__(self, version: str, **variables: str) -> None:
        self.cpo = Cpo()
        super().__init__(version, script=self.cpo, variables=variables)
        self.shop = Workshop(self)
        self.csms_root, self.v2g_root, self.mo_root = (Signer.root(each) for each in ("CSMS", "V2G", "MO"))
        self.v2g_sub, self.mo_sub = self.v2g_root.under("V2G sub"), self.mo_root.under("MO sub")
        self.said()

    def install(self, kind: str, signer: Signer) -> str:
        """InstallCertificate, and the files follow."""
        status: str = self.ask("InstallCertificate", certificateType=kind, certificate=pem(signer.certificate)).status
        self.shop.work()
        return status

    def ids(self, *kinds: str) -> tuple[str, list[tuple[str, str]]]:
        """GetInstalledCertificateIds: its status, and kind and serial number of each."""
        asked = {"certificateType": list(kinds)} if kinds else {}
        response = self.ask("GetInstalledCertificateIds", **asked)
        chains = response.certificate_hash_data_chain or []
        return response.status, [(one.certificate_type, one.certificate_hash_data.serial_number) for one in chains]

    def request(self, message: str) -> Any:
        """TriggerMessage; the request that follows, with a key that is long enough."""
        assert self.ask("TriggerMessage", requestedMessage=message).status == "Accepted"
        self.shop.work()
        asked = self.all("SignCertificate")[-1]
        public = x509.load_pem_x509_csr(asked.csr.encode()).public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        assert public.key_size >= 224
        return asked

    def hand_over(self, chain: str, **how: str) -> str:
        """CertificateSigned, and the files follow."""
        status: str = self.ask("CertificateSigned", certificateChain=chain, **how).status
        self.shop.work()
        self.tick()
        return status

    def renew(self) -> str:
        """State RenewChargingStationCertificate; the chain."""
        chain = self.csms_root.sign(self.request("SignChargingStationCertificate").csr)
        assert self.hand_over(chain, certificateType="ChargingStationCertificate") == "Accepted"
        return chain

    def renew_v2g(self) -> str:
        """State RenewV2GChargingStationCertificate; the chain."""
        asked = self.request("SignV2GCertificate")
        assert asked.certificate_type == "V2GCertificate"
        chain = self.v2g_sub.sign(asked.csr) + pem(self.v2g_sub.certificate)
        assert self.hand_over(chain, certificateType="V2GCertificate") == "Accepted"
        return chain

    def with_roots(self) -> None:
        """V2G and MO roots are installed."""
        self.install("V2GRootCertificate", self.v2g_root)
        self.install("MORootCertificate", self.mo_root)

    def contract(self) -> None:
        """A vehicle is plugged in and shows its contract, which is then `shown`."""
        self.plug()
        self.shown = self.mo_sub.issue(EMAID, key("car").public_key())
        self.feed(ContractPresented("car", 1, pem(self.shown, self.mo_sub.certificate)))

    @property
    def charges(self) -> bool:
        """Whether energy flows a while later."""
        self.pass_time(30)
        return self.hardware.meter(1).power_w > 0
