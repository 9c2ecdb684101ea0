"""The variables of metering (functional block J), by protocol family and by what the meters can do."""

from __future__ import annotations

from collections.abc import Iterator

from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.station.core.settings import Family
from pilotwire.station.core.variable_table import MEASURANDS, Declared, fixed, members, name_of, number, switch
from pilotwire.station.hardware.ports import StationLayout

REGISTER = "Energy.Active.Import.Register"
INTERVALS = {
    "Energy.Active.Import.Interval": REGISTER,
    "Energy.Active.Export.Interval": "Energy.Active.Export.Register",
}
"""Measurands that are the difference between two looks at a register."""
_USUAL = f"{REGISTER},Power.Active.Import,Current.Import,Voltage,SoC"
KEY_POLICIES = ("Never", "OncePerTransaction", "EveryMeterValue")


def metering_variables(family: Family, layout: StationLayout) -> Iterator[Declared]:
    """All of them."""
    yield members("SampledDataCtrlr.TxUpdatedMeasurands", _USUAL, MEASURANDS)
    yield number("SampledDataCtrlr.TxUpdatedInterval", 60, unit="s")
    yield members("AlignedDataCtrlr.Measurands", REGISTER, MEASURANDS)
    yield number("AlignedDataCtrlr.Interval", 0, unit="s")
    yield members("AlignedDataCtrlr.TxEndedMeasurands", "", MEASURANDS)
    yield switch("InstallerCtrlr.StrictEnergyUnit", False)
    yield switch("InstallerCtrlr.UsageDataTransfer", False)
    for evse in layout.evses:
        name = VariableName(component="AlignedDataCtrlr", variable="SendDuringIdle", evse=evse.evse_id)
        yield Declared(name, DataType.BOOLEAN, "false")
    yield from _of_16() if family is Family.OCPP16 else _of_2()
    if any(evse.signing_meter for evse in layout.evses):
        yield from _of_signing(family, layout)


def _of_2() -> Iterator[Declared]:
    for component in ("SampledDataCtrlr", "AlignedDataCtrlr"):
        yield switch(f"{component}.Enabled", True)
        yield fixed(f"{component}.Available", "true", DataType.BOOLEAN)
    yield members("SampledDataCtrlr.TxStartedMeasurands", REGISTER, MEASURANDS)
    yield members("SampledDataCtrlr.TxEndedMeasurands", REGISTER, MEASURANDS)
    yield number("SampledDataCtrlr.TxEndedInterval", 0, unit="s")
    yield switch("SampledDataCtrlr.RegisterValuesWithoutPhases", True)
    yield number("AlignedDataCtrlr.TxEndedInterval", 0, unit="s")
    yield switch("AlignedDataCtrlr.SendDuringIdle", False)


def _of_16() -> Iterator[Declared]:
    """What 1.6 has keys for, and how it behaves where it has none: readings for the end are taken as often as the others (1.6:9.1)."""
    for component in ("SampledDataCtrlr", "AlignedDataCtrlr"):
        yield fixed(f"{component}.Enabled", "true", DataType.BOOLEAN)
    yield fixed("SampledDataCtrlr.TxStartedMeasurands", REGISTER, DataType.MEMBER_LIST, MEASURANDS)
    yield members("SampledDataCtrlr.TxEndedMeasurands", "", MEASURANDS)
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
    connector = 0
    for evse in layout.evses:
        for _ in evse.connectors:
            connector += 1
            if family is Family.OCPP16 and evse.signing_meter:
                yield fixed(f".MeterPublicKey{connector}", evse.meter_public_key, DataType.STRING)
        if family is not Family.OCPP16 and evse.signing_meter:
            key = VariableName(component="FiscalMetering", variable="PublicKey", evse=evse.evse_id)
            yield Declared(key, DataType.STRING, evse.meter_public_key, Mutability.READ_ONLY)
