"""Cases of our own for M05 and M06: a root that is there already, no room for one more, and statuses that have grown old."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import boots
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.limits import limit_reported
from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.cases.ocpp201.station.m_certificates.stored import V2G, asks, deletes, root_named
from pilotwire.conformance.checks import Check, Judgement, one_of, satisfies
from pilotwire.conformance.conditions import feature, kept_is
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    ForEach,
    InAnyOrder,
    Judges,
    Keeps,
    Receives,
    Repeats,
    Sends,
    Step,
    TellsStatus,
)
from pilotwire.conformance.states.certificates201 import (
    certificate_installed,
    installs,
    lists_root,
    names_certificate,
    renew_v2g_charging_station_certificate,
)
from pilotwire.conformance.values import Computed, Kept, Known, Moment, configured, made, plus
from pilotwire.conformance.wire.authority import V2G_ROOT, V2G_SUB_CA_2

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_CORE = (feature("Core"),)

# --- installed again ------------------------------------------------------------------------------------------------------------


def _listed_once(found: Any, known: Known) -> bool:
    named = [
        one.get("certificateHashData", {}).get("serialNumber", "").lower()
        for one in (found if isinstance(found, list) else [])
        if one.get("certificateType") == V2G
    ]
    wanted = known.made("root hashes", name=V2G_ROOT, algorithm="SHA256")["serialNumber"].lower()
    return named.count(wanted) == 1


PW_M_01_CS = Case(
    id="PW_M_01_CS",
    title="A root is installed that is there already",
    purpose="A root that the station has already is accepted, takes the place of itself, and is listed once.",
    requirements=("M05.FR.17",),
    needs=_CORE,
    before=certificate_installed(V2G),
    main=(
        installs("1", V2G, made("root", name=V2G_ROOT), one_of("status", "Accepted").of("M05.FR.17")),
        asks(
            "3",
            V2G,
            checks=(
                lists_root(V2G),
                satisfies("certificateHashDataChain", "has it once", _listed_once).of("M05.FR.17"),
            ),
        ),
    ),
    follows=_PART_2,
    ours=True,
)

# --- no room --------------------------------------------------------------------------------------------------------------------

_ENTRIES = "SecurityCtrlr.CertificateEntries"
_ASKED, _LIMIT = limit_reported(_ENTRIES, "limit of certificates")
_NAME = Computed("another root", lambda known: f"root {known.fresh('root number')}")


def _noted(known: Known) -> list[str]:
    there: list[str] = known.kept.get("roots", [])
    return [*there, Kept("root name").of(known)] if known.kept.get("answer") == "Accepted" else there


def _to_the_limit(everything: Any, known: Known) -> Judgement:
    limit, taken = int(_LIMIT.of(known)), len(known.kept.get("roots", []))
    right = known.kept.get("answer") == "Rejected" and 0 < taken <= limit
    return Judgement(right, f"{taken} taken, where there may be {limit}, then {known.kept.get('answer')}")


PW_M_02_CS = Case(
    id="PW_M_02_CS",
    title="More certificates than fit",
    purpose="A station takes no more certificates than CertificateEntries may count: the next one is rejected.",
    requirements=("M05.FR.06",),
    needs=_CORE,
    before=(*_ASKED, Keeps(values={"roots": []})),
    main=(
        Repeats(
            number="1",
            steps=(
                Keeps(values={"root name": _NAME}),
                Sends(
                    number="1",
                    action="InstallCertificate",
                    payload={"certificateType": V2G, "certificate": made("root", name=Kept("root name"))},
                    checks=(one_of("status", "Accepted", "Rejected").of("M05.FR.06"),),
                    keep={"answer": "status"},
                ),
                Keeps(values={"roots": Computed("the roots taken so far", _noted)}),
            ),
            until=kept_is("answer", "Rejected"),
            most=plus(_LIMIT, 1),
        ),
    ),
    after=(
        Judges(
            checks=(
                Check("roots are taken up to the maxLimit, and the one after it is rejected", _to_the_limit).of(
                    "M05.FR.06"
                ),
            )
        ),
        ForEach(
            name="taken root",
            values=Kept("roots"),
            steps=(
                deletes(
                    "",
                    Computed("its hashes", lambda known: root_named(Kept("taken root").of(known)).of(known)),
                    one_of("status", "Accepted"),
                ),
            ),
        ),
    ),
    follows=_PART_2,
    ours=True,
)

# --- statuses ----------------------------------------------------------------------------------------------------------------------

_WEEK = Moment(8 * 24 * 3600)
"""More than a week from now, and no certificate of the bench is over by then."""


def _asks_again(number: str, requirement: str) -> Receives:
    """The station asks about its own certificate for ISO 15118."""

    def test(found: Any, known: Known) -> bool:
        return names_certificate(found, known, known.kept.get("v2g_chain"), V2G_SUB_CA_2, 0)

    return Receives(
        number=number,
        action="GetCertificateStatus",
        where=(satisfies("ocspRequestData", "is about its certificate", test).of(requirement),),
        early=True,
        within=configured.long_operation_timeout,
    )


PW_M_03_CS = Case(
    id="PW_M_03_CS",
    title="The status of the V2G certificate after a week",
    purpose="A station whose clock is set a week ahead asks for the status of its certificate for ISO 15118 anew.",
    requirements=("M06.FR.10",),
    needs=(feature("ISO 15118 Support"),),
    traits={"variables": {"ISO15118Ctrlr.SeccId": "PW-SECC-1"}},
    before=(
        Configures(variable="ClockCtrlr.TimeSource", value="Heartbeat"),
        *certificate_installed(V2G),
        *renew_v2g_charging_station_certificate(),
        _asks_again("", "M06.FR.07"),
    ),
    main=(
        Acts(act="power_cycle"),
        boots(
            "1",
            answer={"status": "Accepted", "interval": configured.retry_interval, "currentTime": _WEEK},
        ),
        InAnyOrder(
            number="3",
            steps=(
                TellsStatus(number="3", status="Available", every="station"),
                _asks_again("3", "M06.FR.10"),
            ),
        ),
        asks_for("Heartbeat", number="5"),
        Receives(number="7", action="Heartbeat"),
    ),
    remark="The station goes by the time the CSMS tells it; the heartbeat at the end puts its clock right again.",
    follows=_PART_2,
    ours=True,
)
