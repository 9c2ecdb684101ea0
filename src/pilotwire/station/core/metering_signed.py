"""What a meter signs of its register (J01.FR.21, J02.FR.21; OCA application note on signed meter values)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import ENERGY_REGISTER, MeterReading, SignedMeterValue
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.hardware import ports
from pilotwire.station.hardware.ports import SigningMoment, SigningRequest


@dataclass(slots=True)
class _Told:
    """EVSEs whose meter's key the transaction was told."""

    by_transaction: set[int] = field(default_factory=set)


_SIGNED_IF = {
    "SampledDataCtrlr.TxStartedMeasurands": "SampledDataCtrlr.SignStartedReadings",
    "SampledDataCtrlr.TxUpdatedMeasurands": "SampledDataCtrlr.SignUpdatedReadings",
    "AlignedDataCtrlr.Measurands": "AlignedDataCtrlr.SignUpdatedReadings",
}
"""What must be on for a list besides SignReadings of its component (2.1 2.9.5, 2.9.20; OCA application note 3.3)."""


def wants_signature(station: Station, evse: Evse | None, variable: str) -> bool:
    """Whether the register read for a list of measurands is to be signed (J01.FR.21, J02.FR.21). No EVSE: of the main meter."""
    meter = station.layout.main_meter if evse is None else evse.layout
    if meter is None or not meter.signing_meter:
        return False
    component = variable.partition(".")[0]
    idle = evse is None or evse.tx is None
    further = None if idle and component == "AlignedDataCtrlr" else _SIGNED_IF.get(variable)
    return station.variables.on(f"{component}.SignReadings") and (further is None or station.variables.on(further))


def signed(
    station: Station, evse: Evse | None, taken: MeterReading, meter: ports.MeterReading, owner: IdToken | None = None
) -> MeterReading:
    """The reading with the meter's signature at its energy register; as it is if there is none, or the meter cannot sign.

    `owner` is whose session it is, if that cannot be seen at the EVSE any more. No EVSE: the main meter's.
    """
    place = next(
        (at for at, one in enumerate(taken.samples) if one.measurand == ENERGY_REGISTER and one.phase is None), None
    )
    if place is None or meter.sign is None:
        return taken
    sample = taken.samples[place]
    owner = owner or _owner(evse)
    request = SigningRequest(
        at=taken.at,
        register_wh=sample.value if sample.value is not None else meter.energy_import_register,
        moment=_signing_moment(evse, taken.at, sample.context),
        evse_id=0 if evse is None else evse.evse_id,
        id_token=owner.value if owner is not None else "",
        token_type=str(owner.type or "") if owner is not None else "",
    )
    given = meter.sign(request)
    proof = SignedMeterValue(
        data=given.signed_data,
        signing_method=given.signing_method,
        encoding_method=given.encoding_method,
        public_key=given.public_key if _tells_key(station, evse, sample.context) else "",
    )
    samples = (*taken.samples[:place], changed(sample, signed=proof), *taken.samples[place + 1 :])
    return changed(taken, samples=samples)


def _owner(evse: Evse | None) -> IdToken | None:
    """Whose session it is."""
    if evse is None:
        return None
    return evse.grant.id_token if evse.grant is not None else evse.tx.owner if evse.tx is not None else None


def _signing_moment(evse: Evse | None, at: datetime, context: str) -> SigningMoment:
    if evse is None:
        return SigningMoment.OUTSIDE
    if context == "Transaction.Begin" or (evse.tx is not None and at == evse.tx.measured_since):
        return SigningMoment.BEGIN
    if context == "Transaction.End":
        return SigningMoment.END
    return SigningMoment.INTERMEDIATE if evse.tx is not None else SigningMoment.OUTSIDE


def _tells_key(station: Station, evse: Evse | None, context: str) -> bool:
    """Whether the meter's key goes with this signature (2.x PublicKeyWithSignedMeterValue)."""
    policy = station.variables.text("OCPPCommCtrlr.PublicKeyWithSignedMeterValue")
    within = evse is not None and (evse.tx is not None or context == "Transaction.Begin")
    if policy != "OncePerTransaction" or evse is None or not within:
        return policy == "EveryMeterValue"
    told = station.moment(_Told).by_transaction
    first = evse.evse_id not in told
    told.add(evse.evse_id)
    return first


def forget_key(station: Station, evse_id: int) -> None:
    """A transaction has ended: the next one is told the key anew."""
    station.moment(_Told).by_transaction.discard(evse_id)
