"""From SessionSetup to authorization (ISO 15118-2, 8.4.3.1 to 8.4.3.8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire import pki
from pilotwire.iso15118 import iso2
from pilotwire.iso15118.charging import AcLimits, Control, Ending, Identification, SessionEnd, Transfer
from pilotwire.iso15118.emaid import normalised
from pilotwire.iso15118.evcc.conversation import Conversation, Next, Over, Step
from pilotwire.iso15118.evcc.iso2 import parameters
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.provisioned import install
from pilotwire.iso15118.xmldsig import X509IssuerSerial

CHARGING: Final = 1
CERTIFICATES: Final = 2
INSTALLATION, UPDATE = 1, 2
_MOST_ROOTS: Final = 5
"""The schema allows 20; deployed stations take five."""
_DC: Final = frozenset({"DC_core", "DC_extended", "DC_combo_core", "DC_unique"})


def session_setup(s: Conversation, response: iso2.SessionSetupRes, now: datetime) -> Step:
    """Whatever the session is, services are asked for next."""
    if response.response_code == "OK_OldSessionJoined" and s.chosen.joined is None:
        return Over(SessionEnd(Ending.FAILED, "The station joins a session that the vehicle had not paused."))
    if response.response_code != "OK_OldSessionJoined":
        s.chosen.joined = None
    return Next(iso2.ServiceDiscoveryReq())


def service_discovery(s: Conversation, response: iso2.ServiceDiscoveryRes, now: datetime) -> Step:
    """Choose the energy transfer and how to pay."""
    s.chosen.facts["mode"] = _mode(s, response.charge_service.supported_energy_transfer_mode.energy_transfer_mode)
    if s.chosen.facts["mode"] is None:
        return s.stop("The station has no energy transfer mode that the vehicle can use.")
    services = {one.service_id: one for one in (response.service_list.service if response.service_list else ())}
    s.chosen.facts["services"] = services
    identification = _identification(s, response.payment_option_list.payment_option, CERTIFICATES in services)
    if identification is None:
        return s.stop("The station offers no way of payment that the vehicle has.")
    s.chosen.identification = identification
    s.chosen.facts["certificates"] = _certificates(s, CERTIFICATES in services)
    if s.chosen.facts["certificates"] is not None:
        return Next(iso2.ServiceDetailReq(service_id=CERTIFICATES))
    return _select(s, None)


def _mode(s: Conversation, offered: Iterable[iso2.EnergyTransferMode]) -> iso2.EnergyTransferMode | None:
    """The first of the vehicle's wishes that the station has; a joined session keeps to its own."""
    wanted = (s.chosen.joined.transfer,) if s.chosen.joined else s.ev.wish().transfers
    for transfer in wanted:
        for mode in _modes_of(s, transfer):
            if mode in offered:
                s.chosen.transfer = Transfer.DC if mode in _DC else Transfer.AC
                return mode
    return None


def _modes_of(s: Conversation, transfer: Transfer) -> tuple[iso2.EnergyTransferMode, ...]:
    if transfer.dc:
        return "DC_extended", "DC_combo_core", "DC_core", "DC_unique"
    limits = s.ev.needs(Transfer.AC, Control.SCHEDULED).limits
    if isinstance(limits, AcLimits) and limits.phases == 3:
        return "AC_three_phase_core", "AC_single_phase_core"
    return ("AC_single_phase_core",)


def _identification(s: Conversation, offered: Iterable[iso2.PaymentOption], can_install: bool) -> Identification | None:
    joined = s.chosen.joined
    for wanted in s.ev.wish().identification if joined is None else (joined.identification,):
        if wanted is Identification.EIM and "ExternalPayment" in offered:
            return wanted
        can_install = can_install and s.wallet.provisioning() is not None and bool(s.wallet.v2g_roots())
        has = s.wallet.contracts() or can_install
        if wanted is Identification.PNC and "Contract" in offered and s.secured and has:
            return wanted
    return None


def _certificates(s: Conversation, offered: bool) -> int | None:
    """Whether a contract certificate is to be installed or updated; the service must know what the vehicle trusts."""
    wish = s.ev.wish()
    if not offered or s.chosen.identification is not Identification.PNC or not s.wallet.v2g_roots():
        return None
    if (wish.install or not s.wallet.contracts()) and s.wallet.provisioning() is not None:
        return INSTALLATION
    return UPDATE if wish.update and s.wallet.contracts() else None


def service_detail(s: Conversation, response: iso2.ServiceDetailRes, now: datetime) -> Step:
    """The parameter set that names what is wanted of the certificate service."""
    wanted = s.chosen.facts["certificates"]
    sets = response.service_parameter_list.parameter_set if response.service_parameter_list else []
    named = {
        one.parameter_set_id
        for one in sets
        for parameter in one.parameter
        if parameter.string_value == ("Installation" if wanted == INSTALLATION else "Update")
    }
    if sets and wanted not in {one.parameter_set_id for one in sets} and not named:
        s.find("The station's certificate service has no parameter set for what the vehicle wants.")
        s.chosen.facts["certificates"] = None
        if not s.wallet.contracts():
            return s.stop("The vehicle has no contract, and the station cannot give it one.")
        return _select(s, None)
    return _select(s, next(iter(named), wanted))


def _select(s: Conversation, parameter_set: int | None) -> Next:
    selected = [iso2.SelectedService(service_id=CHARGING)]
    if parameter_set is not None:
        selected.append(iso2.SelectedService(service_id=CERTIFICATES, parameter_set_id=parameter_set))
    services = s.chosen.facts["services"]
    selected += [iso2.SelectedService(service_id=one) for one in s.ev.wish().value_added if one in services]
    option: iso2.PaymentOption = "Contract" if s.chosen.identification is Identification.PNC else "ExternalPayment"
    return Next(
        iso2.PaymentServiceSelectionReq(
            selected_payment_option=option, selected_service_list=iso2.SelectedServiceList(selected_service=selected)
        )
    )


def payment_service_selection(s: Conversation, response: iso2.PaymentServiceSelectionRes, now: datetime) -> Step:
    """By external means: authorization; by contract: a certificate first if it is needed."""
    if s.chosen.identification is Identification.EIM:
        return Next(iso2.AuthorizationReq())
    wanted = s.chosen.facts["certificates"]
    provisioning = s.wallet.provisioning()
    if wanted == INSTALLATION and provisioning is not None:
        body = iso2.CertificateInstallationReq(
            id="ID1",
            oem_provisioning_cert=_der(provisioning.certificate),
            list_of_root_certificate_ids=_roots(s),
        )
        return Next(body, signer=provisioning)
    if wanted == UPDATE:
        own = s.wallet.contracts()[0]
        update = iso2.CertificateUpdateReq(
            id="ID1",
            contract_signature_cert_chain=chain(own, None),
            emaid=emaid_of(own),
            list_of_root_certificate_ids=_roots(s),
        )
        return Next(update, signer=own)
    return _details(s)


def _der(certificate: pki.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _roots(s: Conversation) -> iso2.ListOfRootCertificateIDs:
    """Which roots the vehicle has, so that the provisioning service knows what it will believe."""
    names = [
        X509IssuerSerial(x509_issuer_name=one.issuer.rfc4514_string(), x509_serial_number=one.serial_number)
        for one in s.wallet.v2g_roots()
    ]
    return iso2.ListOfRootCertificateIDs(root_certificate_id=names[:_MOST_ROOTS])


def chain(credential: Credential, id_: str | None) -> iso2.CertificateChain:
    """A chain as -2 writes it."""
    own, *subs = (_der(one) for one in credential.chain)
    below = iso2.SubCertificates(certificate=subs) if subs else None
    return iso2.CertificateChain(id=id_, certificate=own, sub_certificates=below)


def emaid_of(credential: Credential) -> str:
    """The eMAID of a contract, from its certificate: without separators it has 14 or 15 characters."""
    return normalised(pki.common_name(credential.certificate.subject))


def certificate_installation(
    s: Conversation, response: iso2.CertificateInstallationRes | iso2.CertificateUpdateRes, now: datetime
) -> Step:
    """Take a new contract: the provisioning service's chain and signature, then the key."""
    receiver = (
        s.wallet.provisioning() if isinstance(response, iso2.CertificateInstallationRes) else s.wallet.contracts()[0]
    )
    assert receiver is not None
    assert isinstance(s.message, iso2.V2G_Message)
    got = install(s.message, receiver.key, s.wallet.v2g_roots(), now)
    if got.failed is not None or got.key is None:
        s.find(f"The contract certificate was not taken: {got.what}")
        if not s.wallet.contracts():
            return s.stop(f"The contract certificate was not taken: {got.what}")
        return _details(s)
    new = Credential(got.certificates, got.key)
    s.wallet.store(new)
    return _details(s, new)


def _details(s: Conversation, contract: Credential | None = None) -> Next:
    contract = contract or s.wallet.contracts()[0]
    s.chosen.contract = contract
    return Next(iso2.PaymentDetailsReq(emaid=emaid_of(contract), contract_signature_cert_chain=chain(contract, None)))


def payment_details(s: Conversation, response: iso2.PaymentDetailsRes, now: datetime) -> Step:
    """Sign the challenge."""
    body = iso2.AuthorizationReq(id="ID1", gen_challenge=response.gen_challenge)
    s.chosen.facts["authorization"] = body
    return Next(body, signer=s.chosen.contract)


def authorization(s: Conversation, response: iso2.AuthorizationRes, now: datetime) -> Step:
    """Ask again while the station does not know yet; a person may take their time."""
    if response.evse_processing != "Finished":
        patience = s.timing.ev_ongoing if response.evse_processing == "Ongoing" else float("inf")
        again = s.chosen.facts.get("authorization", iso2.AuthorizationReq())
        step = s.repeat("authorization", again, patience, now)
        return Next(step.body, step.pause, s.chosen.contract) if isinstance(step, Next) else step
    s.done("authorization")
    return Next(parameters.request(s))


def session_stop(s: Conversation, response: iso2.SessionStopRes, now: datetime) -> Step:
    """The end, or a pause."""
    return s.stopped()
