"""What is done with each response of ISO 15118-20 at the vehicle, and the streams that messages belong to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Final, cast

from pilotwire.iso15118.codecs import ISO20_AC, ISO20_COMMON, ISO20_DC
from pilotwire.iso15118.evcc.iso20 import (
    authorization,
    direct_current,
    ending,
    installation,
    loop,
    parameters,
    power,
    scheduling,
    services,
    setup,
)
from pilotwire.iso15118.evcc.iso20.talk import Handler
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import V2GMessage, V2GRequest, V2GResponse
from pilotwire.iso15118.v2gtp import PayloadType

TABLE: Final[Mapping[type[V2GResponse], Handler]] = MappingProxyType(
    {
        cm.SessionSetupRes: setup.session_setup,
        cm.AuthorizationSetupRes: setup.authorization_setup,
        cm.CertificateInstallationRes: installation.certificate_installation,
        cm.AuthorizationRes: authorization.authorization,
        cm.ServiceDiscoveryRes: services.service_discovery,
        cm.ServiceDetailRes: services.service_detail,
        cm.ServiceSelectionRes: services.service_selection,
        ac.AC_ChargeParameterDiscoveryRes: parameters.ac_parameters,
        dc.DC_ChargeParameterDiscoveryRes: parameters.dc_parameters,
        cm.ScheduleExchangeRes: scheduling.schedule_exchange,
        dc.DC_CableCheckRes: direct_current.cable_check,
        dc.DC_PreChargeRes: direct_current.pre_charge,
        cm.PowerDeliveryRes: power.power_delivery,
        ac.AC_ChargeLoopRes: loop.ac_loop,
        dc.DC_ChargeLoopRes: loop.dc_loop,
        cm.MeteringConfirmationRes: loop.metering_confirmation,
        dc.DC_WeldingDetectionRes: direct_current.welding_detection,
        cm.SessionStopRes: ending.session_stop,
    }
)
"""By the response that is waited for: what is done with it. Its request decides which one that is."""
_MODULES: Final[Mapping[object, tuple[ModuleType, SchemaSet, PayloadType]]] = {
    cm.COMMON_MESSAGES: (cm, ISO20_COMMON, PayloadType.MAIN),
    ac.AC: (ac, ISO20_AC, PayloadType.AC),
    dc.DC: (dc, ISO20_DC, PayloadType.DC),
}


def response_to(request: type[V2GRequest]) -> type[V2GResponse]:
    """Which response answers a request: by the names of the messages."""
    module = _MODULES[request.xsd.namespace][0]
    return cast(type[V2GResponse], getattr(module, f"{request.__name__.removesuffix('Req')}Res"))


def main_stream(message: type[V2GMessage]) -> tuple[SchemaSet, PayloadType]:
    """By which schemas a message is encoded, and its payload type."""
    return _MODULES[message.xsd.namespace][1:]
