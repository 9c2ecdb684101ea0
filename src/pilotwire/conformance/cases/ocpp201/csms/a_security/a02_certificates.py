"""A02: the CSMS has a station renew its certificates."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.a_security.secured import (
    OF_STATION,
    STRONG,
    arrives,
    chain_for_request,
    has_signed,
    renewed_certificate,
    speaks,
)
from pilotwire.conformance.checks import absent, equals
from pilotwire.conformance.language import Case, Sends, Step
from pilotwire.conformance.values import Moment
from pilotwire.conformance.wire.authority import CSMS_ROOT, V2G_ROOT, V2G_SUB_CA_2

Steps = tuple[Step, ...]
BY_V2G = chain_for_request(V2G_ROOT).softly()

TC_A_11_CSMS = Case(
    id="TC_A_11_CSMS",
    title="Renew the certificate of the station",
    purpose="The CSMS has the station renew its certificate, and lets it in with the new one.",
    requirements=("A02.FR.11", "A02.FR.14", "F06.FR.01", "A03.FR.11"),
    settings={"security_profile": 3},
    main=(*renewed_certificate(), speaks(certificate="renewed"), arrives("2")),
    after=(Sends(action="Heartbeat", note="The tester and the CSMS are connected."),),
)
TC_A_12_CSMS = Case(
    id="TC_A_12_CSMS",
    title="Renew the V2G certificate",
    purpose="The CSMS has the station renew its certificate for ISO 15118.",
    requirements=("A02.FR.11", "F06.FR.01"),
    main=has_signed(
        "SignV2GCertificate",
        "V2GCertificate",
        V2G_SUB_CA_2,
        BY_V2G,
        STRONG.softly(),
        equals("certificateType", "V2GCertificate"),
        country="NL",
        unit="CPO",
    ),
)
TC_A_13_CSMS = Case(
    id="TC_A_13_CSMS",
    title="Renew the combined certificate",
    purpose="The CSMS has the station renew its one certificate for both uses.",
    requirements=("A02.FR.11",),
    settings={"security_profile": 3},
    main=has_signed(
        "SignCombinedCertificate",
        "",
        V2G_SUB_CA_2,
        BY_V2G,
        STRONG.softly(),
        OF_STATION.softly(),
        absent("certificateType").softly(),
    ),
    remark="Not part of the certification since the errata 2025-09 (5.20).",
)
TC_A_14_CSMS = Case(
    id="TC_A_14_CSMS",
    title="The station does not take its new certificate",
    purpose="The CSMS takes it that the station rejects the new certificate, and the security event about it.",
    requirements=("A04.FR.03",),
    settings={"security_profile": 3},
    main=(
        *has_signed(
            "SignChargingStationCertificate",
            "ChargingStationCertificate",
            CSMS_ROOT,
            equals("certificateType", "ChargingStationCertificate"),
            answer="Rejected",
        ),
        Sends(
            number="7",
            action="SecurityEventNotification",
            payload={"type": "InvalidChargingStationCertificate", "timestamp": Moment()},
        ),
    ),
)
