"""D02: the CSMS asks for the version of the Local Authorization List."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.d_local_list.versions import IN_LIST, VERSION, version_is
from pilotwire.conformance.language import Case, Configures

TC_D_08_CS = Case(
    id="TC_D_08_CS",
    title="The version of the list",
    purpose="The station tells the version of the list it was sent.",
    requirements=("D02.FR.01",),
    before=IN_LIST,
    main=(version_is("1", VERSION),),
)

TC_D_10_CS = Case(
    id="TC_D_10_CS",
    title="The version of a list that is switched off",
    purpose="With LocalAuthListCtrlr.Enabled false the station tells version 0, though there was a list.",
    requirements=("D02.FR.03",),
    before=(*IN_LIST, Configures(variable="LocalAuthListCtrlr.Enabled", value=False)),
    main=(version_is("1", 0, requirement="D02.FR.03"),),
    remark="The station has a list before it is switched off: without one it would tell 0 in any case (D02.FR.02).",
)
