"""G03, G04: connectors, EVSEs and the station are taken out of use and brought back while nobody charges."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.g_availability.changing import (
    changes,
    states_told,
    stays,
    told,
    told_again,
)
from pilotwire.conformance.language import Case
from pilotwire.conformance.states.station201 import unavailable
from pilotwire.conformance.values import configured

_OUT_OF_USE = {
    "station": unavailable(),
    "evse": unavailable(evse=configured.evse_id),
    "connector": unavailable(evse=configured.evse_id, connector=configured.connector_id),
}
_ANSWERED = ("G03.FR.01", "G03.FR.02", "G03.FR.04")
_ANSWERED_STATION = ("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05")
_NOTHING_CHANGES = (
    "The document wants the state of all connectors told although none has changed, which no requirement asks for: where it is not told "
    "within the silence, that is a warning."
)

# --- an EVSE ----------------------------------------------------------------------------------------------------------------------

TC_G_03_CS = Case(
    id="TC_G_03_CS",
    title="An EVSE is taken out of use",
    purpose="All connectors of an EVSE that becomes Inoperative are told to be Unavailable.",
    requirements=(*_ANSWERED, "G03.FR.06", "G01.FR.07"),
    main=_OUT_OF_USE["evse"],
    after=states_told("evse"),
)

TC_G_04_CS = Case(
    id="TC_G_04_CS",
    title="An EVSE is brought back",
    purpose="All connectors of an EVSE that becomes Operative are told to be Available.",
    requirements=(*_ANSWERED, "G03.FR.07", "G01.FR.07"),
    before=_OUT_OF_USE["evse"],
    main=(changes("1", "Operative", "evse"), told("3", "Available", "evse")),
    after=states_told("evse"),
)

TC_G_09_CS = Case(
    id="TC_G_09_CS",
    title="An EVSE in use is to be in use",
    purpose="An EVSE that is Operative is accepted to be, and stays so.",
    requirements=(*_ANSWERED, "G03.FR.03"),
    main=stays("1", "Operative", "Available", "evse"),
)

TC_G_10_CS = Case(
    id="TC_G_10_CS",
    title="An EVSE out of use is to be out of use",
    purpose="An EVSE that is Inoperative is accepted to be, and stays so.",
    requirements=(*_ANSWERED, "G03.FR.03"),
    before=_OUT_OF_USE["evse"],
    main=stays("1", "Inoperative", "Unavailable", "evse"),
    after=told_again("evse"),
    remark=_NOTHING_CHANGES,
)

# --- the station ------------------------------------------------------------------------------------------------------------------

TC_G_05_CS = Case(
    id="TC_G_05_CS",
    title="The station is taken out of use",
    purpose="All connectors of a station that becomes Inoperative are told to be Unavailable.",
    requirements=(*_ANSWERED_STATION, "G04.FR.07"),
    main=_OUT_OF_USE["station"],
    after=states_told("station"),
)

TC_G_06_CS = Case(
    id="TC_G_06_CS",
    title="The station is brought back",
    purpose="All connectors of a station that becomes Operative are told to be Available.",
    requirements=(*_ANSWERED_STATION, "G04.FR.08"),
    before=_OUT_OF_USE["station"],
    main=(changes("1", "Operative", "station"), told("3", "Available", "station")),
    after=states_told("station"),
)

TC_G_12_CS = Case(
    id="TC_G_12_CS",
    title="A station in use is to be in use",
    purpose="A station that is Operative is accepted to be, and stays so.",
    requirements=(*_ANSWERED_STATION, "G04.FR.04"),
    main=stays("1", "Operative", "Available", "station"),
    after=told_again("station"),
    remark=_NOTHING_CHANGES,
)

TC_G_13_CS = Case(
    id="TC_G_13_CS",
    title="A station out of use is to be out of use",
    purpose="A station that is Inoperative is accepted to be, and tells that its connectors are Unavailable.",
    requirements=(*_ANSWERED_STATION, "G04.FR.04"),
    before=_OUT_OF_USE["station"],
    main=(
        changes("1", "Inoperative", "station", requirement="G04.FR.04"),
        told("3", "Unavailable", "station"),
    ),
    after=states_told("station"),
    remark=(
        "Other than in its kin, telling the state again is a step of this case. The document names the component ChargingStation in its "
        "NotifyEvent; the state of each connector is what the step is about, as everywhere."
    ),
)

# --- a connector ------------------------------------------------------------------------------------------------------------------

TC_G_07_CS = Case(
    id="TC_G_07_CS",
    title="A connector is taken out of use",
    purpose="A connector that becomes Inoperative is told to be Unavailable.",
    requirements=(*_ANSWERED, "G03.FR.06"),
    main=_OUT_OF_USE["connector"],
    after=states_told("connector"),
)

TC_G_08_CS = Case(
    id="TC_G_08_CS",
    title="A connector is brought back",
    purpose="A connector that becomes Operative is told to be Available.",
    requirements=(*_ANSWERED, "G03.FR.07"),
    before=_OUT_OF_USE["connector"],
    main=(changes("1", "Operative", "connector"), told("3", "Available", "connector")),
    after=states_told("connector"),
)

TC_G_15_CS = Case(
    id="TC_G_15_CS",
    title="A connector in use is to be in use",
    purpose="A connector that is Operative is accepted to be, and stays so.",
    requirements=(*_ANSWERED, "G03.FR.03"),
    main=stays("1", "Operative", "Available", "connector"),
    after=told_again("connector"),
    remark=_NOTHING_CHANGES,
)

TC_G_16_CS = Case(
    id="TC_G_16_CS",
    title="A connector out of use is to be out of use",
    purpose="A connector that is Inoperative is accepted to be, and stays so.",
    requirements=(*_ANSWERED, "G03.FR.03"),
    before=_OUT_OF_USE["connector"],
    main=stays("1", "Inoperative", "Unavailable", "connector"),
    after=told_again("connector"),
    remark=_NOTHING_CHANGES,
)
