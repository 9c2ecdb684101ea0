"""Settings of the station's ISO 15118 side: `pilotwire station --secc eth1`, or `secc` in section `[station]` of the TOML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pilotwire.errors import ConfigError
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.net.credentials import LAB, STANDARD, CurvePolicy
from pilotwire.iso15118.secc.iso20.talk import Options
from pilotwire.iso15118.signature_suites import ISO20_SUITES, ISO20_TEST_SUITES, Suite
from pilotwire.station.settings import StationProgramSettings

Suites = Literal["standard", "lab"]
"""`signature_suites.ISO20_SUITES` with the curves of the standard in TLS, or `ISO20_TEST_SUITES` with any."""
_SIGNATURES: Final[dict[Suites, tuple[Suite, ...]]] = {"standard": ISO20_SUITES, "lab": ISO20_TEST_SUITES}
_CURVES: Final[dict[Suites, CurvePolicy]] = {"standard": STANDARD, "lab": LAB}


@dataclass(frozen=True, slots=True)
class SeccSettings:
    """`interface`: where vehicles are. `evse_id`: of which EVSE the cable is. `speaks`: the protocols, DIN only without TLS.

    `chain`, `key`: PEM files of the SECC's certificate, where the station has none from its CSMS yet (`v2g/iso2-chain.pem`);
    `chain_20`, `key_20` for ISO 15118-20. `vehicle_roots`: PEM of roots of vehicles (-20). `tls`: "off", "on" (a vehicle that asks for none
    is answered without), "only". `port`: of TCP, 0 for any. `receipts`: see `Offer`. `plug_and_charge`, `certificates`: what is offered.
    `plain_20`: ISO 15118-20 without TLS too, which the standard forbids: for test benches.
    `pricing`: what price schedules of -20 a vehicle may choose: 0 none, 1 absolute prices, 2 price levels, None: those that there are.
    `suites`: with which keys vehicles of -20 may sign, and TLS 1.3 be spoken: "standard" (P-521 and Ed448), "lab" (P-256 too: for test
    benches). `slac`: whether vehicles are to be matched there (`Slac`).
    """

    interface: str
    evse_id: int = 1
    speaks: tuple[Speaks, ...] = (Speaks.ISO20_DC, Speaks.ISO20_AC, Speaks.ISO2, Speaks.DIN)
    chain: Path | None = None
    key: Path | None = None
    chain_20: Path | None = None
    key_20: Path | None = None
    vehicle_roots: Path | None = None
    tls: str = "on"
    port: int = 0
    receipts: int = 0
    plug_and_charge: bool = True
    certificates: bool = True
    key_log: Path | None = None
    sdp_port: int = 15118
    plain_20: bool = False
    pricing: int | None = None
    suites: Suites = "standard"
    slac: bool = False

    @property
    def iso20(self) -> Options:
        """What these settings say to sessions of ISO 15118-20."""
        return Options(suites=_SIGNATURES[self.suites])

    @property
    def curves(self) -> CurvePolicy:
        """The curves of TLS."""
        return _CURVES[self.suites]


LOOPBACK: Final = "lo"
"""The interface without discovery: several SECCs may be there."""
_PRICING: Final = {"auto": None, "none": 0, "absolute": 1, "levels": 2}


def secc_settings(program: StationProgramSettings) -> tuple[SeccSettings, ...]:
    """What a person set of the SECCs, one an EVSE; none: there is to be none. Raises ConfigError for places that cannot be."""
    places = [_place(written, program.secc_evse) for written in program.secc]
    for number, (interface, evse_id) in enumerate(places):
        for other, taken in places[:number]:
            if taken == evse_id:
                raise ConfigError(
                    f"EVSE {evse_id} is to have two SECCs, on {other} and on {interface}.",
                    "Write --secc INTERFACE:EVSE, with another EVSE each.",
                )
            if other == interface != LOOPBACK:
                raise ConfigError(
                    f"Interface {interface} is to have two SECCs: both would answer a vehicle that looks for its own.",
                    "Give each EVSE an interface of its own.",
                )
    if program.slac and not [interface for interface, _ in places if interface != LOOPBACK]:
        raise ConfigError(
            "--slac matches vehicles at a modem, and no interface of one is named.",
            "Name it with --secc INTERFACE, as it is called in `ip link`.",
        )
    return tuple(_settings(program, *place) for place in places)


def _place(written: str, usual: int) -> tuple[str, int]:
    """`eth1:2` or `eth1`."""
    interface, colon, number = written.rpartition(":")
    if not colon:
        return written, usual
    if not interface or not number.isascii() or not number.isdecimal() or int(number) < 1:
        raise ConfigError(f"--secc {written} names no interface and EVSE.", "Write INTERFACE:EVSE, as in eth1:2.")
    return interface, int(number)


def _settings(program: StationProgramSettings, interface: str, evse_id: int) -> SeccSettings:
    return SeccSettings(
        interface,
        evse_id,
        chain=_path(program.secc_chain),
        key=_path(program.secc_key),
        chain_20=_path(program.secc_chain_20),
        key_20=_path(program.secc_key_20),
        vehicle_roots=_path(program.secc_vehicle_roots),
        tls=program.secc_tls,
        port=program.secc_port,
        receipts=program.secc_receipts,
        key_log=_path(program.secc_key_log),
        plain_20=program.secc_plain_20,
        pricing=_PRICING[program.secc_prices],
        suites=program.secc_suites,
        slac=program.slac and interface != LOOPBACK,
    )


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)
