"""Vehicles and stations of DIN SPEC 70121 and ISO 15118-2 face to face, without I/O: contracts, provisioning and pauses as in life."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pilotwire.iso15118 import iso2, xmldsig
from pilotwire.iso15118.charging import (
    PENDING,
    Identification,
    Isolation,
    Limits,
    PowerStep,
    Schedule,
    Transfer,
)
from pilotwire.iso15118.codecs import ISO2
from pilotwire.iso15118.contract_keys import fresh
from pilotwire.iso15118.evcc.din import DinSession as VehicleDin
from pilotwire.iso15118.evcc.iso2 import Iso2Session as VehicleIso2
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.provisioning import Holder, answer, read_exi, scheme_of
from pilotwire.iso15118.quantities import physical
from pilotwire.iso15118.secc.din import DinSession as StationDin
from pilotwire.iso15118.secc.iso2 import Iso2Session as StationIso2
from pilotwire.iso15118.secc.ports import CertificateAnswer, CertificateAsked, State
from pilotwire.iso15118.signature import sign
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import PkiFault
from tests.support import v2g_pki
from tests.support.iso15118_ev_fake import FakeEv, FakeKeptPause, FakeWallet
from tests.support.iso15118_evse_fake import AC, DC, METER, OFFER, FakeEvse, PausedBook, numbered
from tests.support.iso15118_pair import Pair
from tests.support.pki_forge import NOW
from tests.support.pki_houses import authority

AT = NOW + timedelta(days=2)
"""When contracts are valid."""
BothWays = (Identification.EIM, Identification.PNC)


def credential(holder: v2g_pki.Holder) -> Credential:
    """A certificate as a vehicle keeps it."""
    return Credential((holder.certificate, *holder.subs), holder.key)


def of_provisioning(holder: v2g_pki.Holder) -> Holder:
    """A certificate as a provisioning service keeps it."""
    return Holder(holder.certificate, holder.subs, holder.key)


class ServedEvse(FakeEvse):
    """An EVSE with a backend that issues contracts: it answers what vehicles ask, as the provisioning service it is."""

    def certificate(self, asked: CertificateAsked) -> Any:
        """The set answers first, then those of the service."""
        said = super().certificate(asked)
        if said != CertificateAnswer(b""):
            return said
        request = read_exi(b64encode(asked.exi).decode(), asked.namespace)
        new, service = v2g_pki.contract(Edition.ISO2, key_of="new contract", days=300), v2g_pki.service(Edition.ISO2)
        try:
            key = fresh(scheme_of(request), bytes_of_backend)
            made = answer(request, of_provisioning(new), of_provisioning(service), key, AT)
        except PkiFault as fault:
            return CertificateAnswer(b"", reason=fault.what)
        return CertificateAnswer(ISO2.encode(made))


def bytes_of_backend(length: int) -> bytes:
    """No chance is needed where nothing is secret."""
    return bytes(range(1, length + 1))


def signed_tariff(number: int = 1, price: int = 20) -> Schedule:
    """A schedule with a tariff that the operator of the contract signed."""
    tariff = iso2.SalesTariff(
        id=f"tariff{number}",
        sales_tariff_id=number,
        num_e_price_levels=1,
        sales_tariff_entry=[
            iso2.SalesTariffEntry(
                time_interval=iso2.RelativeTimeInterval(start=0, duration=3_600),
                e_price_level=1,
                consumption_cost=[
                    iso2.ConsumptionCost(
                        start_value=physical(0, "W"),
                        cost=[iso2.Cost(cost_kind="relativePricePercentage", amount=price)],
                    )
                ],
            )
        ],
    )
    schedule = Schedule(number, (PowerStep(0, 11_000.0),), tariff=tariff)
    return Schedule(number, schedule.steps, tariff=tariff, tariff_signature=_of_operator(tariff, number))


def _of_operator(tariff: iso2.SalesTariff, number: int) -> xmldsig.Signature:
    entry = iso2.PMaxScheduleEntry(
        time_interval=iso2.RelativeTimeInterval(start=0, duration=3_600), pmax=physical(1, "W")
    )
    offered = iso2.SAScheduleTuple(
        sa_schedule_tuple_id=number,
        pmax_schedule=iso2.PMaxSchedule(pmax_schedule_entry=[entry]),
        sales_tariff=tariff,
    )
    body = iso2.ChargeParameterDiscoveryRes(
        response_code="OK",
        evse_processing="Finished",
        sa_schedules=iso2.SAScheduleList(sa_schedule_tuple=[offered]),
        evse_charge_parameter=iso2.AC_EVSEChargeParameter(
            ac_evse_status=iso2.AC_EVSEStatus(notification_max_delay=0, evse_notification="None", rcd=False),
            evse_nominal_voltage=physical(230, "V"),
            evse_max_current=physical(16, "A"),
        ),
    )
    message = iso2.V2G_Message(header=iso2.MessageHeader(session_id=bytes(8)), body=iso2.Body(body_element=body))
    operator: Any = authority("mo-sub2", v2g_pki.KINDS[Edition.ISO2])
    signed = sign(message, operator.key)
    assert isinstance(signed, iso2.V2G_Message)
    assert signed.header.signature is not None
    return signed.header.signature


@dataclass
class Scene:
    """A vehicle at a station; both can be changed before `run`. What is kept over a pause is kept from one `run` to the next."""

    dc: bool = False
    din: bool = False
    pnc: bool = False
    secured: bool = True
    evse: FakeEvse = field(default_factory=ServedEvse)
    ev: FakeEv = field(default_factory=FakeEv)
    wallet: FakeWallet = field(default_factory=FakeWallet)
    kept: FakeKeptPause = field(default_factory=FakeKeptPause)
    book: PausedBook = field(default_factory=PausedBook)

    def __post_init__(self) -> None:
        limits: Limits = DC if self.dc else AC
        transfer = Transfer.DC if self.dc else Transfer.AC
        self.evse.offered = OFFER
        self.evse.offers(transfers=(transfer,), identification=BothWays, certificates=True)
        self.evse.state_now = State(limits, isolation=Isolation.VALID, meter=METER)
        self.ev.transfers = (transfer,)
        if self.pnc:
            self.ev.identification = (Identification.PNC,)
            self.wallet.own = self.wallet.own or [credential(v2g_pki.contract(Edition.ISO2))]
            self.wallet.v2g = (v2g_pki.service(Edition.ISO2).root,)
        self.fresh = numbered()

    @property
    def slow_station(self) -> Scene:
        """Everything at the station takes a while."""
        self.evse.planned_schedules.insert(0, PENDING)
        self.evse.isolations.insert(0, PENDING)
        self.evse.decisions.insert(0, PENDING)
        return self

    def secc(self) -> Any:
        """The station's session."""
        made = StationDin if self.din else StationIso2
        return made(self.evse, self.book, self.fresh, AT, secured=self.secured and not self.din)

    def evcc(self) -> Any:
        """The vehicle's session."""
        made = VehicleDin if self.din else VehicleIso2
        return made(self.ev, self.wallet, self.kept, numbered(), AT, secured=self.secured and not self.din)

    def pair(self, **how: Any) -> Pair:
        """Both, face to face."""
        return Pair(self.evcc(), self.secc(), AT, **how)

    def run(self, **how: Any) -> Pair:
        """The whole session."""
        return self.pair(**how).run()
