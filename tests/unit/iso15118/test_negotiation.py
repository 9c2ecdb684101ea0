"""SupportedAppProtocol: who speaks what, and what they agree on."""

from __future__ import annotations

import pytest

from pilotwire.iso15118 import negotiation, sap
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.codecs import SAP

ALL = tuple(Speaks)


def entry(namespace: str, major: int, minor: int, schema_id: int, priority: int) -> sap.AppProtocol:
    return sap.AppProtocol(
        protocol_namespace=namespace,
        version_number_major=major,
        version_number_minor=minor,
        schema_id=schema_id,
        priority=priority,
    )


@pytest.mark.parametrize("one", ALL)
def test_what_both_speak_is_agreed(one: Speaks) -> None:
    request = negotiation.offer([one])
    choice = negotiation.choose(request, ALL)
    assert choice.speaks is one
    assert choice.response.response_code == "OK_SuccessfulNegotiation"
    assert negotiation.agreed(choice.response, [one]) is one


def test_the_vehicles_priority_counts_and_not_the_order_of_entries() -> None:
    request = sap.supportedAppProtocolReq(
        app_protocol=[
            entry(Speaks.DIN, 2, 0, 7, 2),
            entry("urn:unheard:of", 1, 0, 8, 1),
            entry(Speaks.ISO2, 2, 0, 9, 3),
        ]
    )
    choice = negotiation.choose(request, [Speaks.ISO2, Speaks.DIN])
    assert (choice.speaks, choice.response.schema_id) == (Speaks.DIN, 7)
    assert negotiation.offered(request)[0] == "urn:unheard:of,1,0"


def test_another_minor_version_is_told() -> None:
    request = sap.supportedAppProtocolReq(app_protocol=[entry(Speaks.ISO2, 2, 3, 1, 1)])
    assert negotiation.choose(request, ALL).response.response_code == "OK_SuccessfulNegotiationWithMinorDeviation"


@pytest.mark.parametrize("known", [[Speaks.DIN], []])
def test_nothing_common(known: list[Speaks]) -> None:
    request = sap.supportedAppProtocolReq(app_protocol=[entry(Speaks.ISO2, 2, 0, 1, 1), entry(Speaks.DIN, 3, 0, 2, 2)])
    choice = negotiation.choose(request, known)
    assert choice.speaks is None
    assert choice.response == sap.supportedAppProtocolRes(response_code="Failed_NoNegotiation")
    assert negotiation.agreed(choice.response, ALL) is None


@pytest.mark.parametrize("schema_id", [None, 0, 5, 255])
def test_an_answer_to_what_was_not_offered_agrees_on_nothing(schema_id: int | None) -> None:
    response = sap.supportedAppProtocolRes(response_code="OK_SuccessfulNegotiation", schema_id=schema_id)
    assert negotiation.agreed(response, ALL) is None


def test_it_goes_over_the_wire() -> None:
    request = negotiation.offer(ALL)
    assert SAP.decode(SAP.encode(request)) == request
