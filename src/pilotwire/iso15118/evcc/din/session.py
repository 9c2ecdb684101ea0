"""The session of DIN SPEC 70121 at the vehicle: its table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pilotwire.iso15118 import din, timing
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.codecs import DIN
from pilotwire.iso15118.evcc.conversation import Conversation, Handler, Next
from pilotwire.iso15118.evcc.din import charging, setup
from pilotwire.iso15118.exi.declare import Element

TABLE: Mapping[type[Element], Handler] = MappingProxyType(
    {
        din.SessionSetupRes: setup.session_setup,
        din.ServiceDiscoveryRes: setup.service_discovery,
        din.ServicePaymentSelectionRes: setup.service_payment_selection,
        din.ContractAuthenticationRes: setup.contract_authentication,
        din.ChargeParameterDiscoveryRes: setup.charge_parameter_discovery,
        din.CableCheckRes: charging.cable_check,
        din.PreChargeRes: charging.pre_charge,
        din.PowerDeliveryRes: charging.power_delivery,
        din.CurrentDemandRes: charging.current_demand,
        din.WeldingDetectionRes: charging.welding_detection,
        din.SessionStopRes: charging.session_stop,
    }
)
"""What is done with each response."""
_AT_POWER = frozenset({din.PowerDeliveryRes, din.CurrentDemandRes, din.WeldingDetectionRes, din.SessionStopRes})


class DinSession(Conversation):
    """An `EvccSession` of DIN SPEC 70121."""

    speaks = Speaks.DIN
    table = TABLE
    before_power = frozenset(TABLE) - _AT_POWER
    schemas = DIN
    timing = timing.DIN

    def first(self) -> Next:
        """SessionSetupReq."""
        return Next(din.SessionSetupReq(evcc_id=self.ev.evcc_id))

    def last(self) -> Element:
        """SessionStopReq."""
        return din.SessionStop()

    def opened(self, message: Element) -> tuple[bytes, Element | None]:
        """Session id and body."""
        if not isinstance(message, din.V2G_Message):
            return b"", None
        return message.header.session_id, message.body.body_element

    def wrapped(self, step: Next) -> Element:
        """A message of this session; nothing is signed."""
        assert isinstance(step.body, din.BodyBase)
        header = din.MessageHeader(session_id=self.session_id)
        return din.V2G_Message(header=header, body=din.Body(body_element=step.body))

    def response_to(self, request: type[Element]) -> type[Element]:
        """By the names of the messages."""
        found: type[Element] = getattr(din, request.__name__.removesuffix("Req") + "Res")
        return found
