"""Putting a simulated station together from its settings: dialect, layout, storage, hardware, and vehicles that can come to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pilotwire.clock import Clock
from pilotwire.dialects.every import DIALECTS
from pilotwire.domain.identity import StationIdentity
from pilotwire.errors import ConfigError
from pilotwire.ev import Vehicle, Wish, vehicle
from pilotwire.ocpp.net.peer import OnFrame
from pilotwire.ocpp.soap import SoapVersion
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.app import Station
from pilotwire.station.client_context import OWN, ROOTS, client_context
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.endpoints import Endpoint, SoapPlace, spoken
from pilotwire.station.files import Files, FolderFiles
from pilotwire.station.hardware.drivers import find_driver, find_layout
from pilotwire.station.hardware.layouts import StationLayout
from pilotwire.station.hardware.modbus import ModbusMeter, ModbusSettings, metered_layout, meters_of
from pilotwire.station.hardware.ports import VehicleInlet
from pilotwire.station.keys import KeyStore
from pilotwire.station.keys.token import TokenKeys, TokenPlace
from pilotwire.station.secc.spoken import SPOKEN, SpokenVehicle
from pilotwire.station.settings import StationProgramSettings, first_variables
from pilotwire.station.setup import check_place
from pilotwire.station.storage import SqliteStorage


def make_vehicle(model: str, *, soc: float, target_soc: float | None = None, energy_wh: int | None = None) -> Vehicle:
    """A vehicle of the catalogue; `soc` and `target_soc` in percent. Raises ConfigError for a model that is not in it."""
    wish = Wish(target_soc=100.0 if target_soc is None else target_soc, energy_wh=energy_wh)
    return vehicle(model, soc=soc, wish=wish)


def vehicle_from(saved: Mapping[str, Any]) -> VehicleInlet:
    """A vehicle that was plugged in when its station was last saved: one of ours, or one that spoke by ISO 15118."""
    return SpokenVehicle.restore(saved) if SPOKEN in saved else Vehicle.restore(saved)


def build_station(settings: StationProgramSettings, clock: Clock, *, on_frame: OnFrame | None = None) -> Station:
    """The station of some settings, ready to start. Raises ConfigError, StoreError or HardwareError (a storage of another layout)."""
    version, soap = spoken(settings.ocpp, settings.transport)
    plan, meters = _metered(settings, clock)
    habits = StationSettings.ocpp16 if version is OcppVersion.V16 else StationSettings.ocpp2
    path = Path(settings.storage or f"{_file_name(settings.id)}.station.db")
    endpoint = _endpoint(settings, soap)
    files = FolderFiles(path.with_name(path.name + ".files"))
    keys = _keys(settings)  # before certificates: their key may be in the token
    _provide_certificates(settings, files)
    storage = SqliteStorage(path, station_id=settings.id)
    try:
        return Station(
            habits(_identity(settings, plan.model), variables=first_variables(settings), **settings.habits.said()),
            plan,
            endpoint,
            DIALECTS[version],
            storage,
            clock,
            speed=settings.speed,
            on_frame=on_frame,
            files=files,
            meters=meters,
            keys=keys,
            driver=find_driver(settings.driver, settings.driver_options, vehicle_from=vehicle_from),
        )
    except BaseException:
        storage.close()
        raise


def _keys(settings: StationProgramSettings) -> KeyStore | None:
    """The token the keys are made in, None for the station's own files."""
    if settings.key_store == "file":
        return None
    place = TokenPlace(settings.pkcs11_library, settings.pkcs11_token, settings.pkcs11_pin, settings.pkcs11_provider)
    keys = TokenKeys(place)
    try:
        keys.reach_by_tls()
    except ConfigError:
        if settings.security_profile == 3:  # else it is told when a certificate for TLS is wanted
            keys.close()
            raise
    return keys


def _metered(settings: StationProgramSettings, clock: Clock) -> tuple[StationLayout, dict[int, ModbusMeter]]:
    """The layout, and the meters that take the place of the driver's."""
    plan = find_layout(settings.layout)
    if not settings.meter:
        return plan, {}
    modbus = ModbusSettings.read(settings.meter)
    return metered_layout(plan, modbus), meters_of(modbus, clock)


def _identity(settings: StationProgramSettings, model: str) -> StationIdentity:
    return StationIdentity(
        vendor=settings.vendor,
        model=settings.model or model,
        serial_number=settings.serial_number,
        firmware_version="0.1.0",
        iccid=settings.iccid,
        imsi=settings.imsi,
    )


def _endpoint(settings: StationProgramSettings, soap: SoapVersion | None) -> Endpoint:
    level = settings.security_profile
    check_place(settings.csms, settings.id, level, settings.password, soap=soap is not None)
    return Endpoint(
        url=settings.csms,
        identity=settings.id,
        password=settings.password,
        compression=settings.compression,
        security_profile=level,
        versions=(OcppVersion.V201,) if settings.older_ocpp and settings.ocpp == "2.1" else (),
        soap=None if soap is None else _soap_place(settings, soap),
    )


def _soap_place(settings: StationProgramSettings, version: SoapVersion) -> SoapPlace:
    return SoapPlace(
        version=version,
        host=settings.soap_host,
        port=settings.soap_port,
        url=settings.soap_url or "",
        tls=settings.soap_tls,
    )


def _provide_certificates(settings: StationProgramSettings, files: Files) -> None:
    """Put the installer's certificates where the station looks for them, and see that they can be used."""
    if (settings.certificate is None) is not (settings.key is None):
        raise ConfigError("A certificate goes with its key.", "Give both --certificate and --key.")
    chain_name, key_name = OWN[1]
    for name, given in ((ROOTS[1], settings.csms_root), (chain_name, settings.certificate), (key_name, settings.key)):
        if given is not None:
            files.write(name, _content(given))
    if settings.csms_root is not None or settings.certificate is not None:
        client_context(files, shows_certificate=settings.certificate is not None)


def _content(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror or error}.", "Give a PEM file.") from None


def _file_name(identity: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in identity)
