"""The session of ISO 15118-2 at the vehicle: its table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pilotwire.iso15118 import iso2, timing
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.codecs import ISO2
from pilotwire.iso15118.evcc.conversation import Conversation, Handler, Next
from pilotwire.iso15118.evcc.iso2 import charging, parameters, setup
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.signature import sign

TABLE: Mapping[type[Element], Handler] = MappingProxyType(
    {
        iso2.SessionSetupRes: setup.session_setup,
        iso2.ServiceDiscoveryRes: setup.service_discovery,
        iso2.ServiceDetailRes: setup.service_detail,
        iso2.PaymentServiceSelectionRes: setup.payment_service_selection,
        iso2.CertificateInstallationRes: setup.certificate_installation,
        iso2.CertificateUpdateRes: setup.certificate_installation,
        iso2.PaymentDetailsRes: setup.payment_details,
        iso2.AuthorizationRes: setup.authorization,
        iso2.ChargeParameterDiscoveryRes: parameters.charge_parameter_discovery,
        iso2.CableCheckRes: parameters.cable_check,
        iso2.PreChargeRes: parameters.pre_charge,
        iso2.PowerDeliveryRes: charging.power_delivery,
        iso2.ChargingStatusRes: charging.charging_status,
        iso2.CurrentDemandRes: charging.current_demand,
        iso2.MeteringReceiptRes: charging.metering_receipt,
        iso2.WeldingDetectionRes: charging.welding_detection,
        iso2.SessionStopRes: setup.session_stop,
    }
)
"""What is done with each response."""
_AT_POWER = frozenset(
    {
        iso2.PowerDeliveryRes,
        iso2.ChargingStatusRes,
        iso2.CurrentDemandRes,
        iso2.MeteringReceiptRes,
        iso2.WeldingDetectionRes,
        iso2.SessionStopRes,
    }
)


class Iso2Session(Conversation):
    """An `EvccSession` of ISO 15118-2."""

    speaks = Speaks.ISO2
    table = TABLE
    before_power = frozenset(TABLE) - _AT_POWER
    schemas = ISO2
    timing = timing.ISO2

    def first(self) -> Next:
        """SessionSetupReq."""
        return Next(iso2.SessionSetupReq(evcc_id=self.ev.evcc_id))

    def last(self) -> Element:
        """SessionStopReq."""
        return iso2.SessionStopReq(charging_session="Pause" if self.chosen.stopping == "Pause" else "Terminate")

    def opened(self, message: Element) -> tuple[bytes, Element | None]:
        """Session id and body."""
        if not isinstance(message, iso2.V2G_Message):
            return b"", None
        return message.header.session_id, message.body.body_element

    def wrapped(self, step: Next) -> Element:
        """A message of this session; signed with the signer's key."""
        assert isinstance(step.body, iso2.BodyBase)
        header = iso2.MessageHeader(session_id=self.session_id)
        message = iso2.V2G_Message(header=header, body=iso2.Body(body_element=step.body))
        return sign(message, step.signer.key) if step.signer is not None else message  # type: ignore[arg-type]

    def response_to(self, request: type[Element]) -> type[Element]:
        """By the names of the messages."""
        found: type[Element] = getattr(iso2, request.__name__.removesuffix("Req") + "Res")
        return found
