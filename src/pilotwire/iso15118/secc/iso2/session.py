"""The session of ISO 15118-2 at the station: its table of transitions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pilotwire.iso15118 import iso2, timing
from pilotwire.iso15118.codecs import ISO2
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.secc.conversation import Conversation, Handler
from pilotwire.iso15118.secc.iso2 import states
from pilotwire.iso15118.secc.iso2.authorization import (
    authorization,
    certificate_installation,
    certificate_update,
    payment_details,
)
from pilotwire.iso15118.secc.iso2.charging import (
    cable_check,
    charging_status,
    current_demand,
    metering_receipt,
    power_delivery,
    pre_charge,
)
from pilotwire.iso15118.secc.iso2.ending import session_stop, welding_detection
from pilotwire.iso15118.secc.iso2.parameters import charge_parameter_discovery
from pilotwire.iso15118.secc.iso2.setup import (
    payment_service_selection,
    service_detail,
    service_discovery,
    session_setup,
)
from pilotwire.iso15118.xmldsig import Signature

_STOP: Mapping[type[Element], Handler] = {iso2.SessionStopReq: session_stop}
"""A vehicle may end its session whenever it has one."""
_SELECTION: Mapping[type[Element], Handler] = {
    iso2.ServiceDetailReq: service_detail,
    iso2.PaymentServiceSelectionReq: payment_service_selection,
}
_CONTRACT: Mapping[type[Element], Handler] = {iso2.PaymentDetailsReq: payment_details}
_POWER: Mapping[type[Element], Handler] = {iso2.PowerDeliveryReq: power_delivery}
_CABLE: Mapping[type[Element], Handler] = {iso2.CableCheckReq: cable_check}
_PRE_CHARGE: Mapping[type[Element], Handler] = {iso2.PreChargeReq: pre_charge}
_RECEIPT: Mapping[type[Element], Handler] = {iso2.MeteringReceiptReq: metering_receipt}

TABLE: Mapping[str, Mapping[type[Element], Handler]] = MappingProxyType(
    {
        states.SESSION_SETUP: {iso2.SessionSetupReq: session_setup},
        states.SERVICE_DISCOVERY: {iso2.ServiceDiscoveryReq: service_discovery, **_STOP},
        states.SERVICE_SELECTION: {**_SELECTION, **_STOP},
        states.CONTRACT: {
            iso2.CertificateInstallationReq: certificate_installation,
            iso2.CertificateUpdateReq: certificate_update,
            **_CONTRACT,
            **_STOP,
        },
        states.PAYMENT_DETAILS: {**_CONTRACT, **_STOP},
        states.AUTHORIZATION: {iso2.AuthorizationReq: authorization, **_STOP},
        states.CHARGE_PARAMETERS: {iso2.ChargeParameterDiscoveryReq: charge_parameter_discovery, **_STOP},
        states.AC_READY: {**_POWER, **_STOP},
        states.AC_LOOP: {iso2.ChargingStatusReq: charging_status, **_POWER, **_STOP},
        states.AC_RECEIPT: {**_RECEIPT, **_STOP},
        states.CABLE_CHECK: {**_CABLE, **_STOP},
        states.CABLE_CHECK_OR_POWER: {**_CABLE, **_POWER, **_STOP},
        states.PRE_CHARGE: {**_PRE_CHARGE, **_STOP},
        states.PRE_CHARGE_OR_POWER: {**_PRE_CHARGE, **_POWER, **_STOP},
        states.DC_LOOP: {iso2.CurrentDemandReq: current_demand, **_POWER, **_STOP},
        states.DC_RECEIPT: {**_RECEIPT, **_STOP},
        states.AC_END: _STOP,
        states.DC_END: {iso2.WeldingDetectionReq: welding_detection, **_STOP},
    }
)
"""What may come in each state."""
_RESPONSES: Mapping[type[Element], type[Element]] = {
    request: getattr(iso2, request.__name__.removesuffix("Req") + "Res") for row in TABLE.values() for request in row
}


class Iso2Session(Conversation):
    """A `SeccSession` of ISO 15118-2."""

    table = TABLE
    first = states.SESSION_SETUP
    schemas = ISO2
    timing = timing.ISO2

    def opened(self, message: Element) -> tuple[bytes, Element | None]:
        """Session id and body."""
        if not isinstance(message, iso2.V2G_Message):
            return b"", None
        return message.header.session_id, message.body.body_element

    def wrapped(self, body: Element) -> Element:
        """A message of this session."""
        assert isinstance(body, iso2.BodyBase)
        signature, self.signature = self.signature, None
        assert signature is None or isinstance(signature, Signature)
        header = iso2.MessageHeader(session_id=self.session_id, signature=signature)
        return iso2.V2G_Message(header=header, body=iso2.Body(body_element=body))

    def refused(self, request: type[Element], code: str) -> Element | None:
        """The least response with a code."""
        response = _RESPONSES.get(request)
        return minimal(ISO2, response, response_code=code) if response is not None else None
