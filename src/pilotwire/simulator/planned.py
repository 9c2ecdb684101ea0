"""Stations made at run time from what was sent to a control port."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pilotwire.clock import Clock
from pilotwire.dialects.every import DIALECTS
from pilotwire.domain.identity import StationIdentity
from pilotwire.errors import ConfigError
from pilotwire.ocpp.soap import SoapVersion
from pilotwire.ocpp.version import OcppVersion
from pilotwire.simulator.building import vehicle_from
from pilotwire.station.app import Station
from pilotwire.station.client_context import OWN, ROOTS, client_context
from pilotwire.station.control.bodies import EvsePlan, StationPlan
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.endpoints import Endpoint, SoapPlace, spoken
from pilotwire.station.files import Files
from pilotwire.station.hardware.drivers import SIMULATED, find_driver
from pilotwire.station.hardware.modbus import ModbusSettings, metered_layout, meters_of
from pilotwire.station.hardware.ports import (
    AcSupply,
    ConnectorLayout,
    DcSupply,
    EvseLayout,
    PaymentTerminalLayout,
    StationLayout,
)
from pilotwire.station.hardware.simulated import layout, with_signing_meter
from pilotwire.station.setup import check_place
from pilotwire.station.storage import Storage

FIRMWARE = "0.1.0"
"""The firmware version of a station that is given none."""
BACK_SOON = {
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "1",
    "OCPPCommCtrlr.RetryBackOffRandomRange": "1",
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": "0",
}
"""A test tool does not wait for minutes after it refused a station: it is back within seconds, unless the plan says otherwise."""
_SCRIPTED, _MODBUS = "scripted", "modbus"
_LEAST_A, _MOST_A = Decimal(6), Decimal(80)


def build_planned(
    plan: StationPlan, storage: Storage, files: Files, clock: Clock, *, driver: str = SIMULATED
) -> Station:
    """The station of a plan, not started yet; `driver` is that of a plan that names none. Raises `ConfigError` for one that cannot be."""
    version, soap = spoken(plan.version, plan.transport)
    making = find_driver(_driver(plan, driver), plan.driver_options, vehicle_from=vehicle_from)
    places, meters = layout_of(plan), {}
    if plan.meter:
        modbus = ModbusSettings.read(plan.meter)
        places, meters = metered_layout(places, modbus), meters_of(modbus, clock)
    _provide_certificates(plan, files)
    habits = StationSettings.ocpp16 if version is OcppVersion.V16 else StationSettings.ocpp2
    identity = StationIdentity(
        vendor=plan.vendor,
        model=plan.model,
        serial_number=plan.serial_number,
        firmware_version=plan.firmware_version or FIRMWARE,
    )
    return Station(
        habits(identity, variables={**BACK_SOON, **plan.variables}, **plan.habits.said()),
        places,
        _endpoint(plan, soap),
        DIALECTS[version],
        storage,
        clock,
        speed=plan.speed,
        driver=making,
        meters=meters,
        files=files,
    )


def _driver(plan: StationPlan, usual: str) -> str:
    """The driver a plan names. Whoever reaches a control port may not have any module run: of those, only the host's own is known."""
    name = plan.driver or usual
    for wanted, said, field in ((_SCRIPTED, plan.script, "script"), (_MODBUS, plan.meter, "meter")):
        if name == wanted:
            if not said:
                raise ConfigError(f"The driver {name} needs a {field}.", f"Give {field}, or another driver.")
            return SIMULATED
    if ":" in name and name != usual:
        what = f"The driver {name} is in a module, and this host was not started with it."
        raise ConfigError(what, f"Start the host with --driver {name}, or make the driver an entry point of a package.")
    return name


def _endpoint(plan: StationPlan, soap: SoapVersion | None) -> Endpoint:
    check_place(plan.url, plan.identity, plan.security_profile, plan.password, soap=soap is not None)
    place = None
    if soap is not None:
        url = plan.soap_url or ""
        place = SoapPlace(version=soap, host=plan.soap_host, port=plan.soap_port, url=url, tls=plan.soap_tls)
    return Endpoint(
        url=plan.url,
        identity=plan.identity,
        password=plan.password,
        call_timeout=plan.message_timeout,
        security_profile=plan.security_profile,
        soap=place,
    )


def _provide_certificates(plan: StationPlan, files: Files) -> None:
    """Put the certificates of a plan where the station looks for them, and see that they can be used."""
    if (plan.certificate_chain is None) is not (plan.private_key is None):
        raise ConfigError("A certificate goes with its key.", "Give both certificateChain and privateKey.")
    chain_name, key_name = OWN[1]
    for name, pem in ((ROOTS[1], plan.csms_roots), (chain_name, plan.certificate_chain), (key_name, plan.private_key)):
        if pem is not None:
            files.write(name, pem.encode())
    if plan.csms_roots is not None or plan.certificate_chain is not None:
        client_context(files, shows_certificate=plan.certificate_chain is not None)


def layout_of(plan: StationPlan) -> StationLayout:
    """EVSEs and connectors of a plan, with a payment terminal if it wants one."""
    found = _places_of(plan)
    if not plan.payment_terminal or found.payment_terminal is not None:
        return found
    return replace(found, payment_terminal=PaymentTerminalLayout())


def _places_of(plan: StationPlan) -> StationLayout:
    """A layout by its name, or the EVSEs listed; one AC EVSE with 22 kW if the plan says nothing."""
    if plan.evses is None:
        return layout(plan.layout or "ac-22-single")
    if plan.layout is not None:
        raise ConfigError("A station has a layout by name or a list of EVSEs, not both.", "Leave one of them out.")
    return StationLayout(tuple(_evse(number, evse) for number, evse in enumerate(plan.evses, 1)), model=plan.model)


def _evse(number: int, plan: EvsePlan) -> EvseLayout:
    connectors = tuple(
        ConnectorLayout(place, connector.type, connector.cable_max_current, connector.closed)
        for place, connector in enumerate(plan.connectors, 1)
    )
    evse = EvseLayout(number, _supply(plan), connectors, can_sleep=plan.can_sleep)
    return with_signing_meter(evse) if plan.signing_meter else evse


def _supply(plan: EvsePlan) -> AcSupply | DcSupply:
    if plan.supply == "DC":
        voltage = max(plan.voltage, Decimal(1000)) if "voltage" not in plan.model_fields_set else plan.voltage
        return DcSupply(plan.power_w, voltage, plan.max_current or Decimal(500), plan.discharge_power_w)
    amps = plan.max_current or plan.power_w / plan.voltage / plan.phases
    if not _LEAST_A <= amps <= _MOST_A:
        what = f"{plan.power_w} W on {plan.phases} phases of {plan.voltage} V are {amps:.1f} A a phase."
        raise ConfigError(what, f"An AC EVSE gives {_LEAST_A} to {_MOST_A} A a phase.")
    choice, back = plan.can_choose_phase, plan.discharge_power_w
    return AcSupply(plan.phases, plan.voltage, amps, can_choose_phase=choice, max_discharge_w=back)
