"""How many of something a station takes: the maxLimit it reports of a variable that counts them."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import custom_report, rows_of
from pilotwire.conformance.language import Step
from pilotwire.conformance.values import Computed, Known, Unresolved
from pilotwire.conformance.variables import component_variable


def limit_reported(variable: str, report: str) -> tuple[tuple[Step, ...], Computed]:
    """The steps by which the station reports the variable, as `report`, and the maxLimit it told."""

    def limit(known: Known) -> int:
        for row in rows_of({"messages": known.heard()}, known, report):
            found = row.get("variableCharacteristics", {}).get("maxLimit")
            if found is not None:
                return int(found)
        raise Unresolved(f"the station tells no maxLimit of {variable}")

    asked = custom_report({"componentVariable": [component_variable(variable)]}, numbers=("", ""), name=report)
    return asked, Computed(f"maxLimit of {variable}", limit)
