"""K09: the profiles a station has, by EVSE, id, stack level, source and purpose."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    CSO,
    DEFAULT,
    STATION_MAX,
    Payload,
    Steps,
    asks,
    by_id,
    profile,
    reports,
    sets,
    told,
)
from pilotwire.conformance.language import Case, Judges
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import OMITTED, configured, plus

_ANY_OF_THE_CSO: Payload = {"chargingLimitSource": CSO}
_CRITERIA = "The case sends no criteria, but K09.FR.03 wants at least one: the source, which is that of all profiles it has set."
_OTHER_LEVEL = plus(configured.stack_level, 1)


def _most(level: Any = configured.stack_level) -> dict[str, Any]:
    return profile("most", STATION_MAX, (0, 10), level=level)


def _default(level: Any = configured.stack_level) -> dict[str, Any]:
    return profile("default", DEFAULT, (0, 6), level=level)


def _both(most: Payload, default: Payload) -> Steps:
    """The station has a maximum of its own, and a default at the configured EVSE."""
    return (sets("", most, evse=0), sets("", default))


def _found(criteria: Payload, evse: Any, *wanted: tuple[Any, Payload]) -> dict[str, Any]:
    """What is asked for and what is to be reported, as fields of a case."""
    return {
        "main": (asks("1", criteria, evse=evse), *reports("3")),
        "after": (Judges(checks=(told(*wanted),)),),
    }


_AT_EVSE = configured.evse_id

TC_K_29_CS = Case(
    id="TC_K_29_CS",
    title="The profiles of EVSE 0",
    purpose="Asked about EVSE 0 the station reports the profiles of the station itself.",
    requirements=("K09.FR.02", "K09.FR.05"),
    before=_both(_most(), _default()),
    remark=_CRITERIA,
    **_found(_ANY_OF_THE_CSO, 0, (0, _most())),
)

TC_K_30_CS = Case(
    id="TC_K_30_CS",
    title="The profiles of an EVSE",
    purpose="Asked about an EVSE the station reports the profiles of that EVSE.",
    requirements=("K09.FR.02", "K09.FR.04"),
    before=_both(_most(), _default()),
    remark=_CRITERIA,
    **_found(_ANY_OF_THE_CSO, _AT_EVSE, (_AT_EVSE, _default())),
)

TC_K_31_CS = Case(
    id="TC_K_31_CS",
    title="All profiles",
    purpose="Asked about no EVSE the station reports the profiles of all.",
    requirements=("K09.FR.02", "K09.FR.06"),
    before=_both(_most(), _default()),
    remark=_CRITERIA,
    **_found(_ANY_OF_THE_CSO, OMITTED, (0, _most()), (_AT_EVSE, _default())),
)

TC_K_32_CS = Case(
    id="TC_K_32_CS",
    title="A profile by its id",
    purpose="Asked for an id the station reports the profile that has it, and no other.",
    requirements=("K09.FR.01", "K09.FR.02"),
    before=_both(_most(), _default()),
    **_found(by_id("most"), OMITTED, (0, _most())),
)

TC_K_33_CS = Case(
    id="TC_K_33_CS",
    title="The profiles of an EVSE with a stack level",
    purpose="Asked about an EVSE and a stack level the station reports the profile there that has it.",
    requirements=("K09.FR.02", "K09.FR.04"),
    before=_both(_most(), _default(_OTHER_LEVEL)),
    remark="The case asks for the level of the maximum, but K09.FR.04 has profiles of the EVSE reported: asked for is the default's level.",
    **_found({"stackLevel": _OTHER_LEVEL}, _AT_EVSE, (_AT_EVSE, _default(_OTHER_LEVEL))),
)

_ABOVE = profile("default", DEFAULT, (0, 6), level=_OTHER_LEVEL)

TC_K_34_CS = Case(
    id="TC_K_34_CS",
    title="The profiles of an EVSE from a source",
    purpose="Asked about an EVSE and a source the station reports the profile that is from there, and none of another source.",
    requirements=("K09.FR.02", "K09.FR.04"),
    before=(sets("", _ABOVE),),
    main=(
        asks("1", {"chargingLimitSource": CSO}, evse=_AT_EVSE),
        *reports("3"),
        asks("5", {"chargingLimitSource": ["SO"]}, evse=_AT_EVSE, status="NoProfiles", name="profiles of another"),
    ),
    after=(Judges(checks=(told((_AT_EVSE, _ABOVE)),)),),
    remark="The source without profiles is SO.",
)

TC_K_35_CS = Case(
    id="TC_K_35_CS",
    title="The profiles of an EVSE with a purpose",
    purpose="Asked about an EVSE and a purpose, during a transaction, the station reports the profile there that has it.",
    requirements=("K09.FR.02", "K09.FR.04"),
    before=(*_both(_most(), _default()), *energy_transfer_started()),
    **_found({"chargingProfilePurpose": DEFAULT}, _AT_EVSE, (_AT_EVSE, _default())),
)

TC_K_36_CS = Case(
    id="TC_K_36_CS",
    title="The profiles of an EVSE with a purpose and a stack level",
    purpose="Asked about an EVSE, a purpose and a stack level the station reports the profile that fits all three.",
    requirements=("K09.FR.02", "K09.FR.04"),
    before=_both(_most(), _default()),
    **_found(
        {"chargingProfilePurpose": DEFAULT, "stackLevel": configured.stack_level}, _AT_EVSE, (_AT_EVSE, _default())
    ),
)
