"""With which keys vehicles of ISO 15118-20 may sign: as the standard has it, unless a test bench is to be served."""

from __future__ import annotations

import pytest

from pilotwire.errors import ConfigError
from pilotwire.iso15118.net.credentials import LAB, STANDARD, CurvePolicy
from pilotwire.iso15118.signature_suites import ISO20_SUITES, ISO20_TEST_SUITES, Suite
from pilotwire.station.secc import secc_settings
from pilotwire.station.settings import load_settings


@pytest.mark.parametrize(
    ("said", "suites", "curves"),
    [
        ({}, ISO20_SUITES, STANDARD),
        ({"secc_suites": "standard"}, ISO20_SUITES, STANDARD),
        ({"secc_suites": "lab"}, ISO20_TEST_SUITES, LAB),
    ],
)
def test_signatures_and_tls_go_together(said: dict[str, str], suites: tuple[Suite, ...], curves: CurvePolicy) -> None:
    (one,) = secc_settings(load_settings({"id": "CS001", "secc": ["lo"], **said}))
    assert (one.iso20.suites, one.curves) == (suites, curves)


def test_other_words_are_told() -> None:
    with pytest.raises(ConfigError, match="standard or lab"):
        load_settings({"id": "CS001", "secc": ["lo"], "secc_suites": "any"})
