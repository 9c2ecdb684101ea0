"""What may come when: the transitions of ISO 15118-20 at the station, and the streams that messages belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, cast

from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import V2GRequest, V2GResponse
from pilotwire.iso15118.secc.iso20 import (
    authorization,
    direct_current,
    ending,
    loop,
    metering,
    parameters,
    power,
    scheduling,
    services,
    setup,
    states,
)
from pilotwire.iso15118.secc.iso20.talk import Outcome, Talk, schemas_of_message
from pilotwire.iso15118.v2gtp import PayloadType

Handler = Callable[[Talk, Any, datetime], Outcome]
Row = Mapping[type[V2GRequest], Handler]
Table = Mapping[str, Row]

_STOP: Final[Row] = {cm.SessionStopReq: ending.session_stop}
_POWER: Final[Row] = {cm.PowerDeliveryReq: power.power_delivery}
_BOTH: Final[Table] = {
    states.SESSION_SETUP: {cm.SessionSetupReq: setup.session_setup},
    states.AUTHORIZATION_SETUP: {cm.AuthorizationSetupReq: authorization.authorization_setup, **_STOP},
    states.AUTHORIZATION: {
        cm.CertificateInstallationReq: authorization.certificate_installation,
        cm.AuthorizationReq: authorization.authorization,
        **_STOP,
    },
    states.SERVICE_DISCOVERY: {cm.ServiceDiscoveryReq: services.service_discovery, **_STOP},
    states.SERVICE_DETAIL: {cm.ServiceDetailReq: services.service_detail, **_STOP},
    states.SERVICE_SELECTION: {
        cm.ServiceDetailReq: services.service_detail,
        cm.ServiceSelectionReq: services.service_selection,
        **_STOP,
    },
    states.SCHEDULE_EXCHANGE: {cm.ScheduleExchangeReq: scheduling.schedule_exchange, **_STOP},
    states.POWER_DELIVERY: {**_POWER, **_STOP},
}
_LOOP_COMMON: Final[Row] = {**_POWER, cm.MeteringConfirmationReq: metering.metering_confirmation, **_STOP}
_AC_LOOP: Final[Row] = {ac.AC_ChargeLoopReq: loop.ac_loop, **_LOOP_COMMON}
_DC_LOOP: Final[Row] = {dc.DC_ChargeLoopReq: loop.dc_loop, **_LOOP_COMMON}

AC_TABLE: Final[Table] = {
    **_BOTH,
    states.CHARGE_PARAMETERS: {ac.AC_ChargeParameterDiscoveryReq: parameters.ac_parameters, **_STOP},
    states.CHARGE_LOOP: _AC_LOOP,
    states.STANDBY: _AC_LOOP,
    states.STOPPED: _STOP,
}
"""By state: which requests are taken on the main stream, and by whom."""
DC_TABLE: Final[Table] = {
    **_BOTH,
    states.CHARGE_PARAMETERS: {dc.DC_ChargeParameterDiscoveryReq: parameters.dc_parameters, **_STOP},
    states.CABLE_CHECK: {dc.DC_CableCheckReq: direct_current.cable_check, **_STOP},
    states.PRE_CHARGE: {dc.DC_PreChargeReq: direct_current.pre_charge, **_POWER, **_STOP},
    states.CHARGE_LOOP: _DC_LOOP,
    states.STANDBY: _DC_LOOP,
    states.STOPPED: {dc.DC_WeldingDetectionReq: direct_current.welding_detection, **_STOP},
}
_SIDE: Final[Row] = {
    cm.ScheduleExchangeReq: scheduling.schedule_exchange,
    cm.PowerDeliveryReq: power.power_delivery,
    cm.MeteringConfirmationReq: metering.metering_confirmation,
}
SIDE_TABLE: Final[Table] = {states.CHARGE_LOOP: _SIDE, states.STANDBY: _SIDE}
"""The same beside the main stream, while the charge loop runs there."""
SIDE_STREAMS: Final[Mapping[PayloadType, frozenset[type[V2GRequest]]]] = {
    PayloadType.SCHEDULE_RENEGOTIATION: frozenset({cm.ScheduleExchangeReq, cm.PowerDeliveryReq}),
    PayloadType.METERING_CONFIRMATION: frozenset({cm.MeteringConfirmationReq}),
}
"""Which requests belong into the multiplexed payload types."""


def _pairs() -> Iterator[tuple[type[V2GRequest], type[V2GResponse]]]:
    for module in (cm, ac, dc):
        for name, found in vars(module).items():
            local = isinstance(found, type) and found.__module__ == module.__name__
            if local and issubclass(found, V2GRequest) and found.xsd.element:
                yield found, cast(type[V2GResponse], getattr(module, f"{name.removesuffix('Req')}Res"))


RESPONSES: Final[Mapping[type[V2GRequest], type[V2GResponse]]] = dict(_pairs())
"""Every request of CommonMessages, AC and DC with its response."""


def main_stream(message: type[V2GRequest] | type[V2GResponse]) -> tuple[SchemaSet, PayloadType]:
    """By which schemas a message is encoded, and its payload type."""
    schemas = schemas_of_message(message)
    if schemas is ISO20_COMMON:
        return schemas, PayloadType.MAIN
    return schemas, PayloadType.AC if message.xsd.namespace is ac.AC else PayloadType.DC
