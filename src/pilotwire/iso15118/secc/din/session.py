"""The session of DIN SPEC 70121 at the station: its table of transitions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pilotwire.iso15118 import din, timing
from pilotwire.iso15118.codecs import DIN
from pilotwire.iso15118.exi.declare import Element
from pilotwire.iso15118.exi.minimal import minimal
from pilotwire.iso15118.secc.conversation import Conversation, Handler
from pilotwire.iso15118.secc.din import charging, setup, states
from pilotwire.iso15118.secc.din.parameters import charge_parameter_discovery

_STOP: Mapping[type[Element], Handler] = {din.SessionStop: charging.session_stop}
"""A vehicle may end its session whenever it has one."""
_END: Mapping[type[Element], Handler] = {din.WeldingDetectionReq: charging.welding_detection, **_STOP}
_POWER: Mapping[type[Element], Handler] = {din.PowerDeliveryReq: charging.power_delivery}
_PRE_CHARGE: Mapping[type[Element], Handler] = {din.PreChargeReq: charging.pre_charge}
_PARAMETERS: Mapping[type[Element], Handler] = {din.ChargeParameterDiscoveryReq: charge_parameter_discovery}

TABLE: Mapping[str, Mapping[type[Element], Handler]] = MappingProxyType(
    {
        states.SESSION_SETUP: {din.SessionSetupReq: setup.session_setup},
        states.SERVICE_DISCOVERY: {din.ServiceDiscoveryReq: setup.service_discovery, **_STOP},
        states.SERVICE_SELECTION: {din.ServicePaymentSelectionReq: setup.service_payment_selection, **_STOP},
        states.AUTHENTICATION: {din.ContractAuthenticationReq: setup.contract_authentication, **_STOP},
        states.CHARGE_PARAMETERS: {**_PARAMETERS, **_STOP},
        states.CABLE_CHECK: {din.CableCheckReq: charging.cable_check, **_STOP},
        states.PRE_CHARGE: {**_PRE_CHARGE, **_STOP},
        states.PRE_CHARGE_OR_POWER: {**_PRE_CHARGE, **_POWER, **_STOP},
        states.LOOP: {din.CurrentDemandReq: charging.current_demand, **_POWER, **_STOP},
        states.END: _END,
        states.END_OR_ANEW: {**_PARAMETERS, **_END},
    }
)
"""What may come in each state."""
_ELSEWHERE: tuple[type[Element], ...] = (
    din.ServiceDetailReq,
    din.PaymentDetailsReq,
    din.CertificateInstallationReq,
    din.CertificateUpdateReq,
    din.ChargingStatusReq,
    din.MeteringReceiptReq,
)
"""Requests that the schema has and the standard has no use for: they are out of sequence everywhere."""
_RESPONSES: Mapping[type[Element], type[Element]] = {
    request: getattr(din, request.__name__.removesuffix("Req") + "Res")
    for request in (*(request for row in TABLE.values() for request in row), *_ELSEWHERE)
}


class DinSession(Conversation):
    """A `SeccSession` of DIN SPEC 70121."""

    table = TABLE
    first = states.SESSION_SETUP
    schemas = DIN
    timing = timing.DIN

    def opened(self, message: Element) -> tuple[bytes, Element | None]:
        """Session id and body."""
        if not isinstance(message, din.V2G_Message):
            return b"", None
        return message.header.session_id, message.body.body_element

    def wrapped(self, body: Element) -> Element:
        """A message of this session."""
        assert isinstance(body, din.BodyBase)
        header = din.MessageHeader(session_id=self.session_id)
        return din.V2G_Message(header=header, body=din.Body(body_element=body))

    def refused(self, request: type[Element], code: str) -> Element | None:
        """The least response with a code."""
        response = _RESPONSES.get(request)
        return minimal(DIN, response, response_code=code) if response is not None else None
