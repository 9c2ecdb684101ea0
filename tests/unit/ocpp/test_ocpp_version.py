"""Versions and their subprotocol names."""

from __future__ import annotations

import pytest

from pilotwire.ocpp.version import OcppVersion


@pytest.mark.parametrize(
    ("version", "subprotocol"),
    [(OcppVersion.V16, "ocpp1.6"), (OcppVersion.V201, "ocpp2.0.1"), (OcppVersion.V21, "ocpp2.1")],
)
def test_a_version_and_its_subprotocol_name_each_other(version: OcppVersion, subprotocol: str) -> None:
    """The names registered with IANA, both ways."""
    assert version.subprotocol == subprotocol
    assert OcppVersion.from_subprotocol(subprotocol) is version


@pytest.mark.parametrize("subprotocol", ["", "ocpp2.0", "ocpp1.5", "OCPP1.6", "ocpp1.6 ", "1.6", "soap"])
def test_any_other_name_is_none_of_ours(subprotocol: str) -> None:
    """OCPP 2.0 was withdrawn, names are case sensitive."""
    assert OcppVersion.from_subprotocol(subprotocol) is None


def test_a_version_is_what_people_write() -> None:
    """So it can be read from a command line and printed."""
    assert OcppVersion("2.0.1") is OcppVersion.V201
    assert f"{OcppVersion.V21}" == "2.1"
