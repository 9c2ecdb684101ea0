"""What an EV is really given, by the power its transaction's events tell, held against a limit in A of each phase."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.k01_when_they_count import SIGNIFICANT
from pilotwire.conformance.checks import Check, satisfies
from pilotwire.conformance.language import Configures, Step, Waits
from pilotwire.conformance.states.station201 import transaction_event
from pilotwire.conformance.values import MISSING, Known, configured

Steps = tuple[Step, ...]

POWER = "Power.Active.Import"
LESS, MORE = 6, 10
"""A of two limits that can be told apart; the EV must be able to take more than the second."""
_VOLTS = 230
_TOLERANCE = 1.1
"""The voltage is what it is and the power is metered: so many times the limit still is within it."""
_NOT_FAR_BELOW = 0.7
"""An EV that could take more is given at least so much of a limit; a limit for all phases together would give it a third."""

METERED: Steps = (SIGNIFICANT, Configures(variable="SampledDataCtrlr.TxUpdatedMeasurands", value=POWER))
"""Changes of limits matter, and the events of a transaction tell the power."""


def powers(values: Any) -> Iterator[float]:
    """W at each moment of a `meterValue`: of all phases together."""
    for value in values if isinstance(values, list) else ():
        told = [one for one in value.get("sampledValue", []) if one.get("measurand") == POWER]
        whole = [_watts(one) for one in told if "phase" not in one]
        if told:
            yield max(whole) if whole else sum(_watts(one) for one in told)


def _watts(sample: Any) -> float:
    unit = sample.get("unitOfMeasure", {})
    scale = 1000 if unit.get("unit") == "kW" else 1
    return float(sample["value"]) * scale * 10.0 ** int(unit.get("multiplier", 0))


def roof(amps: float, phases: int) -> float:
    """The most W that a limit allows."""
    return amps * _VOLTS * phases * _TOLERANCE


def gives(most: float | None, *, least: float = 0.0, phases: int = 0) -> Check:
    """The EV is given more than `least` and no more than `most` A of each phase, at every moment that is told; one is.

    It charges with so many `phases`, 0 for those the plan says.
    """

    def test(found: Any, known: Known) -> bool:
        count = phases or int(known.setting("number_phases"))
        told = list(powers(found))
        low, high = least * _VOLTS * count, float("inf") if most is None else roof(most, count)
        return bool(told) and all(low < one <= high for one in told)

    end = "" if most is None else f" and at most {most:g} A"
    return satisfies("meterValue", f"tells a {POWER} of more than {least:g} A{end} of each phase", test)


def gives_no_more(most: float) -> Check:
    """Where the power is told, it is at most `most` A of each phase."""

    def test(found: Any, known: Known) -> bool:
        high = roof(most, int(known.setting("number_phases")))
        return found is MISSING or all(one <= high for one in powers(found))

    return satisfies("meterValue", f"tells no {POWER} of more than {most:g} A of each phase", test)


def kept_to(amps: float, *, phases: int = 0) -> Check:
    """The EV is given what a limit allows, and not much less."""
    return gives(amps, least=amps * _NOT_FAR_BELOW, phases=phases)


def looks(number: str, *checks: Check) -> Steps:
    """After the time that station and EV may take, the station is asked what it gives in the transaction."""
    return (
        Waits(seconds=configured.time_deviation, why="the EV goes by the new limit"),
        asks_for("TransactionEvent", number=number, evse={"id": configured.evse_id}),
        transaction_event(str(int(number) + 2) if number else "", trigger="Trigger", checks=checks),
    )
