"""The variables of metering (functional block J), by protocol family and by what the meters can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.metering import ENERGY_REGISTER as REGISTER
from pilotwire.domain.metering import IN_16, IN_21, in_order
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import Declared, fixed, members, name_of, number, switch
from pilotwire.station.hardware.measurands import offered
from pilotwire.station.hardware.ports import StationLayout

_USUAL = (REGISTER, "Power.Active.Import", "Current.Import", "Voltage", "SoC")
"""What is told while a transaction runs, as delivered, as far as there is such a meter."""
LISTS = (
    "SampledDataCtrlr.TxStartedMeasurands",
    "SampledDataCtrlr.TxUpdatedMeasurands",
    "SampledDataCtrlr.TxEndedMeasurands",
    "AlignedDataCtrlr.Measurands",
    "AlignedDataCtrlr.TxEndedMeasurands",
)
"""The variables that list measurands."""
_LISTS = frozenset(name.partition(".")[2] for name in LISTS)
KEY_POLICIES = ("Never", "OncePerTransaction", "EveryMeterValue")


def supported(family: Family, layout: StationLayout) -> tuple[str, ...]:
    """The measurands a CSMS may choose from: those of the family that the station's meters tell (2.x 2.9.3, valuesList; 1.6:9.1)."""
    return in_order(offered(layout) & (IN_16 if family is Family.OCPP16 else IN_21))


def as_said(station: Station, spec: Declared) -> Declared:
    """A list of measurands without those that the version spoken has no words for; any other variable as it is."""
    if station.sayable is None or spec.name.variable not in _LISTS:
        return spec
    return replace(spec, values=tuple(one for one in spec.values if one in station.sayable))


def may_be(station: Station, value: str) -> bool:
    """Whether the version spoken has words for all measurands of a list."""
    return station.sayable is None or station.sayable.issuperset(filter(None, value.split(",")))


def metering_variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """All of them."""
    known = supported(family, layout)
    usual = ",".join(one for one in _USUAL if one in known)
    yield members("SampledDataCtrlr.TxUpdatedMeasurands", usual, known)
    yield number("SampledDataCtrlr.TxUpdatedInterval", 60, unit="s")
    yield members("AlignedDataCtrlr.Measurands", REGISTER, known)
    yield number("AlignedDataCtrlr.Interval", 0, unit="s")
    yield members("AlignedDataCtrlr.TxEndedMeasurands", "", known)
    yield switch("InstallerCtrlr.StrictEnergyUnit", False)
    yield switch("InstallerCtrlr.UsageDataTransfer", False)
    for evse in layout.evses:
        name = VariableName(component="AlignedDataCtrlr", variable="SendDuringIdle", evse=evse.evse_id)
        yield Declared(name, DataType.BOOLEAN, "false")
    yield from _of_16(known) if family is Family.OCPP16 else _of_2(known)
    main = layout.main_meter
    if any(evse.signing_meter for evse in layout.evses) or (main is not None and main.signing_meter):
        yield from _of_signing(family, layout)


def _of_2(known: tuple[str, ...]) -> Iterator[Declared]:
    for component in ("SampledDataCtrlr", "AlignedDataCtrlr"):
        yield switch(f"{component}.Enabled", True)
        yield fixed(f"{component}.Available", "true", DataType.BOOLEAN)
    yield members("SampledDataCtrlr.TxStartedMeasurands", REGISTER, known)
    yield members("SampledDataCtrlr.TxEndedMeasurands", REGISTER, known)
    yield number("SampledDataCtrlr.TxEndedInterval", 0, unit="s")
    yield switch("SampledDataCtrlr.RegisterValuesWithoutPhases", True)
    yield number("AlignedDataCtrlr.TxEndedInterval", 0, unit="s")
    yield switch("AlignedDataCtrlr.SendDuringIdle", False)


def _of_16(known: tuple[str, ...]) -> Iterator[Declared]:
    """What 1.6 has keys for, and how it behaves where it has none: readings for the end are taken as often as the others (1.6:9.1)."""
    for component in ("SampledDataCtrlr", "AlignedDataCtrlr"):
        yield fixed(f"{component}.Enabled", "true", DataType.BOOLEAN)
    yield fixed("SampledDataCtrlr.TxStartedMeasurands", REGISTER, DataType.MEMBER_LIST, known)
    yield members("SampledDataCtrlr.TxEndedMeasurands", "", known)
    yield fixed("SampledDataCtrlr.RegisterValuesWithoutPhases", "true", DataType.BOOLEAN)
    yield fixed("AlignedDataCtrlr.SendDuringIdle", "false", DataType.BOOLEAN)


def _of_signing(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """Only where a meter signs (2.x 2.7.3); the switches of started and updated values are of the OCA's application note and 2.1."""
    yield switch("SampledDataCtrlr.SignReadings", True)
    if (
        family is Family.OCPP16
    ):  # StartTransaction has no place for it; the end tells of both (OCA application note 3.1.4)
        yield fixed("SampledDataCtrlr.SignStartedReadings", "false", DataType.BOOLEAN)
    else:
        yield switch("SampledDataCtrlr.SignStartedReadings", True)
    yield switch("SampledDataCtrlr.SignUpdatedReadings", False)
    yield switch("AlignedDataCtrlr.SignReadings", False)
    yield switch("AlignedDataCtrlr.SignUpdatedReadings", False)
    name = name_of("OCPPCommCtrlr.PublicKeyWithSignedMeterValue")
    yield Declared(name, DataType.OPTION_LIST, "OncePerTransaction", values=KEY_POLICIES)
    main = layout.main_meter
    if main is not None and main.signing_meter:
        if family is Family.OCPP16:
            yield fixed(".MeterPublicKey0", main.meter_public_key, DataType.STRING)
        else:
            yield fixed("FiscalMetering.PublicKey", main.meter_public_key, DataType.STRING)
    connector = 0
    for evse in layout.evses:
        for _ in evse.connectors:
            connector += 1
            if family is Family.OCPP16 and evse.signing_meter:
                yield fixed(f".MeterPublicKey{connector}", evse.meter_public_key, DataType.STRING)
        if family is not Family.OCPP16 and evse.signing_meter:
            key = VariableName(component="FiscalMetering", variable="PublicKey", evse=evse.evse_id)
            yield Declared(key, DataType.STRING, evse.meter_public_key, Mutability.READ_ONLY)
