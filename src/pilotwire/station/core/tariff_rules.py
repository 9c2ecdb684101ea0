"""Which tariffs this station can go by, and what becomes of a driver whose own tariff is none of them (I07, I08, I11; 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.kinds import changed
from pilotwire.domain.monitoring import EventNotification, EventTrigger
from pilotwire.domain.smart_charging import Reason
from pilotwire.domain.tariff import Tariff, TariffSetStatus, elements_of, has_conditions, misfits
from pilotwire.station.core import events
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import name_of

TARIFF_ENABLED: Final = "TariffCostCtrlr.Enabled[Tariff]"
COST_ENABLED: Final = "TariffCostCtrlr.Enabled[Cost]"
MOST_ELEMENTS: Final = "TariffCostCtrlr.MaxElements[Tariff]"
CONDITIONS: Final = "TariffCostCtrlr.ConditionsSupported[Tariff]"
HANDLE_FAILED: Final = "TariffCostCtrlr.HandleFailedTariff[Tariff]"
PROBLEM: Final = "TariffCostCtrlr.Problem"
HANDLINGS: Final = ("Deauthorize", "UseDefaultTariff", "CentralCost")
_SEVERITY: Final = 4
"""Of a tariff that cannot be gone by: an error (2.x EventDataType.severity)."""


@dataclass(slots=True)
class _Health:
    """Whether the last tariff of a driver was one to go by, and the last bill could be made out."""

    problem: bool = False


def works_out(station: Station) -> bool:
    """Whether the station works out costs by tariffs at all (2.1: 2.12.2, 2.12.5)."""
    return all(station.variables.has(key) and station.variables.on(key) for key in (TARIFF_ENABLED, COST_ENABLED))


def refusal(station: Station, tariff: Tariff) -> TariffSetStatus | None:
    """Why a tariff cannot be gone by (I07.FR.02, I07.FR.03, I07.FR.05; I11.FR.02, I11.FR.03), None if it can."""
    if elements_of(tariff) > station.variables.number(MOST_ELEMENTS):
        return TariffSetStatus.TOO_MANY_ELEMENTS
    if has_conditions(tariff) and not station.variables.on(CONDITIONS):
        return TariffSetStatus.CONDITION_NOT_SUPPORTED
    return None if why_not(tariff) is None else TariffSetStatus.REJECTED


def why_not(tariff: Tariff) -> Reason | None:
    """What of the structure of a tariff this station cannot go by."""
    found = misfits(tariff)
    return Reason(code="InvalidValue", info=f"{found[0].where}: {found[0].what}"[:1024]) if found else None


def checked(station: Station, verdict: AuthorizationVerdict) -> AuthorizationVerdict:
    """The verdict on a driver, with regard to whether their own tariff is one to go by (I08.FR.30 to I08.FR.33)."""
    tariff = verdict.tariff
    if tariff is None or not verdict.accepted or not works_out(station):
        return verdict
    refused = refusal(station, tariff)
    tell_problem(station, refused is not None)
    if refused is None:
        return verdict
    station.note(f"The tariff {tariff.tariff_id} of a driver cannot be gone by: {refused}.")
    handling = station.variables.text(HANDLE_FAILED)
    if handling == "Deauthorize":
        return changed(verdict, status=AuthorizationStatus.INVALID, tariff=None, message=None)
    return changed(verdict, tariff=None) if handling == "UseDefaultTariff" else verdict


def tell_problem(station: Station, problem: bool) -> None:
    """I08.FR.31, I08.FR.35, I08.FR.36, I12.FR.18, I12.FR.19, I12.FR.43, I12.FR.44: told when it comes and when it goes."""
    health = station.moment(_Health)
    if health.problem == problem:
        return
    health.problem = problem
    draft = events.Draft(
        name=name_of(PROBLEM),
        value=str(problem).lower(),
        trigger=EventTrigger.ALERTING,
        notification=EventNotification.HARD_WIRED_NOTIFICATION,
        severity=_SEVERITY,
        cleared=not problem,
    )
    events.tell(station, [draft])


def has_problem(station: Station) -> bool:
    """TariffCostCtrlr.Problem."""
    return station.moment(_Health).problem
