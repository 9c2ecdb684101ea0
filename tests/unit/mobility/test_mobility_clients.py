"""The clients of a pool: what a file of them says, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.clock import ManualClock
from pilotwire.errors import ConfigError
from pilotwire.mobility.access import Access
from pilotwire.mobility.clients import Client, Role, read_clients
from pilotwire.mobility.settings import PkiSettings

GOOD = """
[volta]
role = "MO"
secret = "a-secret-of-volta"
providers = ["DE-8AC", "nl8ac"]

[wmi-works]
role = "OEM"
secret = "a-secret-of-the-works"
wmis = ["WMI"]

[plugs]
role = "CPO"
secret = "a-secret-of-plugs"
"""


def test_each_table_is_a_client(tmp_path: Path) -> None:
    """Codes are compared as they are written everywhere: in capitals, without hyphens."""
    (tmp_path / "clients.toml").write_text(GOOD)
    volta, works, plugs = read_clients(tmp_path / "clients.toml")
    assert volta == Client("volta", Role.MO, "a-secret-of-volta", ("DE8AC", "NL8AC"))
    assert (works.role, works.wmis, plugs.role) == (Role.OEM, ("WMI",), Role.CPO)
    assert "a-secret" not in repr(volta)


def test_what_is_whose() -> None:
    volta, works = Client("volta", Role.MO, providers=("DE8AC",)), Client("works", Role.OEM, wmis=("WMI",))
    plugs, pki = Client("plugs", Role.CPO), Client("root", Role.PKI)
    mine, others = ("DE8ACC12E46L8", "WMIV1234567890ABC"), ("DE9ZZC12E46L8", "WVWV1234567890ABC")
    assert [each.hears_of(*mine) for each in (volta, works, plugs, pki)] == [True, True, False, True]
    assert [each.hears_of(*others) for each in (volta, works, plugs, pki)] == [False, False, False, True]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "names none"),
        ("x =", "is no TOML"),
        ('x = "y"', "it is no table"),
        ('[x]\nrole = "KING"\nsecret = "a-long-secret"', "'KING' is no role"),
        ('[x]\nrole = "CPO"\nsecret = "short"', "less than 12 characters"),
        ('[x]\nrole = "CPO"', "less than 12 characters"),
        ('[x]\nrole = "CPO"\nsecret = "a-long-secret"\nrights = 1', "there is no rights"),
        ('[x]\nrole = "MO"\nsecret = "a-long-secret"', "an MO has providers"),
        ('[x]\nrole = "OEM"\nsecret = "a-long-secret"\nwmis = "WMI"', "3 characters"),
        ('[x]\nrole = "MO"\nsecret = "a-long-secret"\nproviders = ["DE"]', "5 characters"),
        ('[x]\nrole = "CPO"\nsecret = "a-long-secret"\nwmis = ["WMI"]', "nobody else has them"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "clients.toml").write_text(text)
    with pytest.raises(ConfigError, match=what):
        read_clients(tmp_path / "clients.toml")


def test_a_client_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "clients.toml").write_text(GOOD)
    settings = PkiSettings(
        opcp_clients=str(tmp_path / "clients.toml"), opcp_client_id="plugs", opcp_client_secret="another-secret"
    )
    with pytest.raises(ConfigError, match="in one of both"):
        Access(settings, ManualClock())
    with pytest.raises(ConfigError, match="cannot be read"):
        read_clients(tmp_path / "nothing.toml")
