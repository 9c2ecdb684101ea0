"""The times of the three protocols, as their tables have them."""

from __future__ import annotations

import pytest

from pilotwire.errors import MisuseError
from pilotwire.iso15118.timing import DIN, ISO2, ISO20, TIMINGS, Protocol, Timing

ALL = list(TIMINGS.values())


def test_every_protocol_has_its_times() -> None:
    assert {kind: timing.protocol for kind, timing in TIMINGS.items()} == {kind: kind for kind in Protocol}


@pytest.mark.parametrize(
    ("timing", "message", "timeout", "performance"),
    [
        (DIN, "SessionSetup", 2.0, 1.5),
        (DIN, "CurrentDemand", 0.25, 0.025),
        (DIN, "PowerDelivery", 2.0, 1.5),
        (ISO2, "SessionSetup", 2.0, 1.5),
        (ISO2, "ServiceDetail", 5.0, 4.5),
        (ISO2, "PaymentDetails", 5.0, 4.5),
        (ISO2, "CertificateInstallation", 5.0, 4.5),
        (ISO2, "CertificateUpdate", 5.0, 4.5),
        (ISO2, "PowerDelivery", 5.0, 4.5),
        (ISO2, "CurrentDemand", 0.25, 0.025),
        (ISO2, "ChargingStatus", 2.0, 1.5),
        (ISO20, "ServiceDetail", 5.0, 4.5),
        (ISO20, "CertificateInstallation", 5.0, 4.5),
        (ISO20, "PowerDelivery", 2.0, 1.5),
        (ISO20, "AC_ChargeLoop", 0.5, 0.25),
        (ISO20, "DC_ChargeLoop", 0.5, 0.25),
        (ISO20, "WPT_ChargeLoop", 0.5, 0.25),
    ],
)
def test_what_a_vehicle_waits_and_a_station_takes(
    timing: Timing, message: str, timeout: float, performance: float
) -> None:
    for name in (message, f"{message}Req", f"{message}Res"):
        assert timing.message_timeout(name) == timeout
        assert timing.performance(name) == performance


@pytest.mark.parametrize("timing", ALL, ids=lambda each: each.protocol)
def test_a_station_is_always_quicker_than_a_vehicle_waits(timing: Timing) -> None:
    for message in (*timing.message, "SessionSetup"):
        assert timing.performance(message) < timing.message_timeout(message)
    assert timing.secc_ongoing < timing.ev_ongoing
    assert timing.secc_communication_setup < timing.ev_communication_setup
    assert timing.secc_cable_check < timing.ev_cable_check
    assert timing.ev_sequence_performance < timing.sequence


def test_times_that_are_alike_in_all_protocols() -> None:
    for each in ALL:
        assert (each.sequence, each.ev_ongoing, each.secc_ongoing) == (60.0, 60.0, 55.0)
        assert (each.ev_communication_setup, each.secc_communication_setup) == (20.0, 18.0)
        assert (each.ev_cable_check, each.secc_cable_check, each.secc_keeps_open) == (40.0, 38.0, 5.0)


def test_pre_charge_is_longer_in_iso_15118_20_and_only_din_limits_ready_to_charge() -> None:
    assert [each.ev_pre_charge for each in (DIN, ISO2, ISO20)] == [7.0, 7.0, 10.0]
    assert [each.ready_to_charge for each in (DIN, ISO2, ISO20)] == [150.0, None, None]


def test_only_in_charge_loops_of_iso_15118_20_the_next_request_comes_soon() -> None:
    assert ISO20.sequence_timeout("DC_ChargeLoopReq") == 0.5
    assert ISO20.sequence_timeout("PowerDelivery") == 60.0
    assert ISO20.sequence_timeout("") == 60.0
    assert ISO2.sequence_timeout("CurrentDemandReq") == 60.0


def test_a_message_without_a_name_is_our_mistake() -> None:
    with pytest.raises(MisuseError, match="needs a name"):
        ISO2.message_timeout("")
