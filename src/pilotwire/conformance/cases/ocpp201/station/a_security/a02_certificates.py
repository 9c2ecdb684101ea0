"""A02: the station asks for a certificate of its own when it is triggered, and takes what it gets, or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, equals, one_of
from pilotwire.conformance.conditions import configured_is, feature, kept_is
from pilotwire.conformance.language import (
    Case,
    Configures,
    Judges,
    OnlyIf,
    Receives,
    Reconnects,
    Step,
)
from pilotwire.conformance.states.certificates201 import (
    STATION_CSR,
    asks_for_signature,
    certificate_installed,
    hands_over,
    renew_charging_station_certificate,
    renew_v2g_charging_station_certificate,
    triggers,
)
from pilotwire.conformance.values import OMITTED, Kept, Known, configured, made, plus
from pilotwire.conformance.wire.authority import UNKNOWN_ROOT, V2G_SUB_CA_2

Steps = tuple[Step, ...]
_PROFILE_3 = configured_is("security_profile", 3)
_ANSWERED = ("signed_first", "signed_second", "signed_third")


def _one_was_taken(everything: Any, _: Known) -> Judgement:
    found = [str(everything["kept"].get(name)) for name in _ANSWERED]
    return Judgement("Accepted" in found, ", ".join(found))


def _signed(number: str, csr: str, keep: str) -> Steps:
    """The certificate for the request kept under this name; a station that takes it may connect with it."""
    return (
        hands_over(
            number, made("signed", csr=Kept(csr)), one_of("status", "Accepted", "Rejected").of("A02.FR.17"), keep=keep
        ),
        OnlyIf(
            condition=kept_is(keep, "Accepted"),
            steps=(
                Reconnects(
                    leaves_within=configured.silence,
                    note="A station that took it leaves, to connect with it (A02.FR.08); the rest goes over the new connection.",
                ),
            ),
        ),
    )


_WAIT = configured.cert_signing_wait_minimum


def _after_the_wait(number: str, waits: int) -> Judges:
    """The last two requests are so many waits apart."""

    def judge(everything: Any, known: Known) -> Judgement:
        wait = waits * float(known.setting("cert_signing_wait_minimum"))
        moments = [
            datetime.fromisoformat(one["at"]) for one in everything["messages"] if one["action"] == "SignCertificate"
        ]
        passed = (moments[-1] - moments[-2]).total_seconds()
        return Judgement(passed >= wait - max(0.1 * wait, 0.5), f"{passed:.2f} s")

    what = "the request came again no sooner than after " + ("the wait" if waits == 1 else f"{waits} times the wait")
    return Judges(number=number, checks=(Check(what, judge).of("A02.FR.18" if waits > 1 else "A02.FR.17"),))


TC_A_11_CS = Case(
    id="TC_A_11_CS",
    title="A new station certificate",
    purpose="Triggered, the station asks for a certificate with a new key, takes it, and connects with it.",
    requirements=(
        "A02.FR.02",
        "A02.FR.03",
        "A02.FR.06",
        "A02.FR.08",
        "A02.FR.09",
        "F06.FR.04",
        "F06.FR.05",
        "F06.FR.10",
        "A00.FR.509",
        "A00.FR.501",
    ),
    needs=(_PROFILE_3,),
    settings={"security_profile": 3},
    main=renew_charging_station_certificate(),
)

TC_A_12_CS = Case(
    id="TC_A_12_CS",
    title="A new V2G certificate",
    purpose="Triggered, the station asks for a certificate for ISO 15118 with a new key, and takes it.",
    requirements=(
        "A02.FR.02",
        "A02.FR.03",
        "A02.FR.06",
        "A02.FR.13",
        "A02.FR.15",
        "F06.FR.04",
        "F06.FR.05",
        "F06.FR.10",
    ),
    traits={"variables": {"ISO15118Ctrlr.SeccId": "PW-SECC-1"}},
    before=certificate_installed("V2GRootCertificate"),
    main=renew_v2g_charging_station_certificate(),
    remark="The V2G root is installed first, which the document leaves unsaid: without it the station could not know what it gets.",
)

TC_A_13_CS = Case(
    id="TC_A_13_CS",
    title="A new certificate for both uses",
    purpose="Triggered, the station asks for one certificate for the CSMS and for vehicles, and takes one under the V2G root.",
    requirements=("A00.FR.428", "A02.FR.02", "A02.FR.03", "A02.FR.06"),
    needs=(_PROFILE_3, feature("ISO 15118 Support")),
    settings={"security_profile": 3},
    before=certificate_installed("V2GRootCertificate"),
    main=(
        triggers("1", "SignCombinedCertificate"),
        asks_for_signature("3", kind=""),
        hands_over("5", made("signed", csr=Kept("csr"), by=V2G_SUB_CA_2), kind=OMITTED),
    ),
    remark="The V2G root is installed first, which the document leaves unsaid.",
)

TC_A_14_CS = Case(
    id="TC_A_14_CS",
    title="A station certificate that is not good",
    purpose="A certificate under a root the station does not know is rejected, and a security event tells of it.",
    requirements=("A02.FR.07", "A03.FR.07"),
    needs=(_PROFILE_3,),
    settings={"security_profile": 3},
    main=(
        triggers("1", "SignChargingStationCertificate"),
        asks_for_signature("3"),
        hands_over("5", made("signed", csr=Kept("csr"), by=UNKNOWN_ROOT), equals("status", "Rejected").of("A02.FR.07")),
        Receives(
            number="7",
            action="SecurityEventNotification",
            where=(equals("type", "InvalidChargingStationCertificate").of("A02.FR.07"),),
        ),
    ),
)

TC_A_15_CS = Case(
    id="TC_A_15_CS",
    title="The CSMS does not have a certificate signed",
    purpose="The station asks for a certificate, and does without where its request is rejected.",
    needs=(_PROFILE_3,),
    settings={"security_profile": 3},
    main=(
        triggers("1", "SignChargingStationCertificate"),
        asks_for_signature("3", *STATION_CSR, status="Rejected"),
    ),
    remark="The csr is looked at as in the other cases, though the document does not ask for it here.",
)

TC_A_23_CS = Case(
    id="TC_A_23_CS",
    title="No certificate comes",
    purpose="A station that waits in vain for its certificate asks again after the wait and after twice the wait, then takes what comes.",
    requirements=("A02.FR.17", "A02.FR.18"),
    needs=(_PROFILE_3,),
    settings={"security_profile": 3},
    before=(
        Configures(variable="SecurityCtrlr.CertSigningWaitMinimum", value=configured.cert_signing_wait_minimum),
        Configures(variable="SecurityCtrlr.CertSigningRepeatTimes", value=1),
    ),
    main=(
        triggers("1", "SignChargingStationCertificate"),
        asks_for_signature("3", keep="csr_first"),
        asks_for_signature("6", keep="csr_second", within=plus(_WAIT, configured.message_timeout)),
        _after_the_wait("6", 1),
        asks_for_signature("9", keep="csr_third", within=plus(_WAIT, _WAIT, configured.message_timeout)),
        _after_the_wait("9", 2),
        *_signed("11", "csr_first", "signed_first"),
        *_signed("13", "csr_second", "signed_second"),
        *_signed("15", "csr_third", "signed_third"),
    ),
    after=(Judges(checks=(Check("one of the certificates was accepted", _one_was_taken),)),),
    remark="Of the waits a tenth, or half a second, is left to the clocks of both sides.",
)
