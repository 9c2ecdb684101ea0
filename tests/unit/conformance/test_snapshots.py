"""The configuration snapshot: what is read of a conversation, what is never kept, what contradicts, and what changed between two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pilotwire.conformance.certify.pics import make_pics
from pilotwire.conformance.certify.pics_pages import write_pics
from pilotwire.conformance.certify.snapshot import read_result
from pilotwire.conformance.certify.snapshot_against import against_pics, against_standard
from pilotwire.conformance.certify.snapshot_diff import differences
from pilotwire.conformance.certify.snapshot_pages import as_html, as_markdown, write_snapshot
from pilotwire.conformance.certify.snapshot_record import (
    WITHHELD,
    Finding,
    Frame,
    Measured,
    Snapshot,
    Variable,
    is_secret,
    read_snapshot,
)
from pilotwire.conformance.features import Claims
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.errors import ConfigError, NotReachable
from pilotwire.ocpp.version import OcppVersion
from tests.support.recorded_runs import NOON, Recording

V16, V201 = OcppVersion.V16, OcppVersion.V201
SETTINGS = {"identity": "CS001", "password": "a-bench-password", "new_password": "another-bench-password"}


def key(name: str, value: str | None, *, readonly: bool = False) -> dict[str, Any]:
    return {"key": name, "readonly": readonly} | ({} if value is None else {"value": value})


def row(component: str, variable: str, value: str | None, *, evse: int = 0, **characteristics: Any) -> dict[str, Any]:
    """A row of a NotifyReport."""
    mutability = characteristics.pop("mutability", "ReadWrite")
    attribute = {"mutability": mutability, "persistent": True} | ({} if value is None else {"value": value})
    return {
        "component": {"name": component} | ({"evse": {"id": evse}} if evse else {}),
        "variable": {"name": variable},
        "variableAttribute": [attribute, {"type": "MaxSet", "value": "99"}][: 2 if characteristics else 1],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False} | characteristics,
    }


def told_keys(*keys: dict[str, Any]) -> Snapshot:
    made = Recording()
    boot = {"chargePointVendor": "Volta", "chargePointModel": "One", "firmwareVersion": "2.3"}
    made.station(0, "BootNotification", {"status": "Accepted", "interval": 300}, **boot)
    made.bench(1, "GetConfiguration", {"configurationKey": list(keys[:2]), "unknownKey": []})
    made.bench(2, "GetConfiguration", {"configurationKey": list(keys[2:]), "unknownKey": ["BlinkRepeat"]})
    return read_result(made.result(), SETTINGS, V16)


def told_model(*rows: dict[str, Any]) -> Snapshot:
    made = Recording(version=V201)
    station = {"vendorName": "Volta", "model": "One", "serialNumber": "7", "firmwareVersion": "2.3"}
    made.station(0, "BootNotification", {"status": "Accepted"}, chargingStation=station)
    for number, each in enumerate(rows):
        made.station(1, "NotifyReport", requestId=1, seqNo=number, tbc=True, reportData=[each])
    return read_result(made.result(), SETTINGS, V201)


# --- what is read ------------------------------------------------------------------------------------------------------------------


def test_keys_of_16_have_the_type_of_the_standard() -> None:
    taken = told_keys(key("HeartbeatInterval", "60"), key("Vendor.Own", "x", readonly=True), key("ResetRetries", None))
    assert (taken.at, taken.vendor, taken.model, taken.firmware_version) == (NOON, "Volta", "One", "2.3")
    assert taken.variables == [
        Variable("HeartbeatInterval", "60", "integer"),
        Variable("ResetRetries", None, "integer"),
        Variable("Vendor.Own", "x", mutability="ReadOnly"),
    ]


def test_variables_of_2_have_all_their_characteristics() -> None:
    limits = {"dataType": "integer", "unit": "s", "minLimit": 1, "maxLimit": 99.5, "valuesList": "1, 60"}
    taken = told_model(
        row("OCPPCommCtrlr", "HeartbeatInterval", "60", **limits), row("EVSE", "Power", "9", evse=2, unit="W")
    )
    assert taken.serial_number == "7"
    assert [one.name for one in taken.variables] == ["EVSE@2.Power", "OCPPCommCtrlr.HeartbeatInterval"]
    assert taken.variables[1] == Variable(
        "OCPPCommCtrlr.HeartbeatInterval",
        "60",
        "integer",
        "s",
        1,
        99.5,
        ("1", "60"),
        "ReadWrite",
        persistent=True,
        constant=False,
        monitored=False,
        others={"MaxSet": "99"},
    )


def test_a_device_that_does_not_boot_tells_who_it_is_in_its_report() -> None:
    made = Recording(version=V201)
    rows = [
        row("ChargingStation", "VendorName", "Volta"),
        row("ChargingStation", "Model", "One"),
        row("Controller", "FirmwareVersion", "2.3"),
    ]
    made.station(1, "NotifyReport", requestId=1, seqNo=0, reportData=rows)
    taken = read_result(made.result(), SETTINGS, V201)
    assert (taken.vendor, taken.model, taken.serial_number, taken.firmware_version) == ("Volta", "One", "", "2.3")


def test_passwords_and_keys_are_never_in_it(tmp_path: Path) -> None:
    """By the name of the variable, by the password that is in use, in a URL, and a private key wherever it stands."""
    secrets = ("hunter2", "a-bench-password", "wonderland", "MIIEvQ")
    taken = told_keys(
        key("AuthorizationKey", "hunter2"),
        key("Vendor.Note", "my password is a-bench-password"),
        key("LogServer", "sftp://alice:wonderland@example.com/logs"),
        key("Vendor.Blob", "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"),
    )
    assert {one.name: one.value for one in taken.variables} == {
        "AuthorizationKey": WITHHELD,
        "LogServer": f"sftp://{WITHHELD}@example.com/logs",
        "Vendor.Blob": WITHHELD,
        "Vendor.Note": WITHHELD,
    }
    assert [one.what for one in taken.findings] == ["the device tells its value, which is secret"]
    model = told_model(row("SecurityCtrlr", "BasicAuthPassword", "hunter2", mutability="WriteOnly"))
    for each in (taken, model):
        for path in write_snapshot(tmp_path, each):
            assert not any(one in path.read_text() for one in secrets)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("SecurityCtrlr.BasicAuthPassword", True),
        ("NetworkConfiguration[1].VpnKey", True),
        ("NetworkConfiguration[1].ApnPassword", True),
        ("ApiKey", True),
        ("FiscalMetering@1.PublicKey", False),
        ("OCPPCommCtrlr.PublicKeyWithSignedMeterValue", False),
        ("WebSocketPingInterval", False),
        ("GetConfigurationMaxKeys", False),
    ],
)
def test_names_tell_what_is_secret(name: str, secret: bool) -> None:
    assert is_secret(name) is secret


def test_a_device_that_tells_nothing_has_no_snapshot() -> None:
    silent = CaseResult("SNAPSHOT", "", Outcome.INCONCLUSIVE, "Step 1: it did not connect.", NOON)
    with pytest.raises(NotReachable, match="told nothing of its configuration: Step 1: it did not connect"):
        read_result(silent, SETTINGS, V16)
    broken = Recording()
    broken.bench(1, "GetConfiguration", {"configurationKey": [key("HeartbeatInterval", "60")]})
    partly = read_result(broken.result(Outcome.FAILED), SETTINGS, V16)
    assert [one.about for one in partly.findings] == ["snapshot"]


# --- what contradicts ----------------------------------------------------------------------------------------------------------------


def about(findings: Any) -> dict[str, str]:
    return {one.about: one.what for one in findings}


def test_keys_are_held_against_the_standard() -> None:
    taken = told_keys(
        key("HeartbeatInterval", "often"),
        key("NumberOfConnectors", "2"),
        key("ConnectionTimeOut", "60", readonly=True),
        key("LocalAuthorizeOffline", "yes"),
        key("SupportedFeatureProfiles", "Core,SmartCharging", readonly=True),
    )
    told = about(against_standard(taken))
    assert told["HeartbeatInterval"] == "its value 'often' is no integer"
    assert told["LocalAuthorizeOffline"] == "its value 'yes' is no boolean"
    assert told["NumberOfConnectors"] == "the key is read-only in the standard, and told as writable"
    assert told["ConnectionTimeOut"] == "the key is writable in the standard, and told as read-only"
    assert told["ResetRetries"] == "the key is required for Core, and not told"
    assert told["ChargeProfileMaxStackLevel"] == "the key is required for Smart Charging, and not told"
    assert "LocalAuthListMaxLength" not in told
    assert "BlinkRepeat" not in told


@pytest.mark.parametrize(
    ("value", "characteristics", "told"),
    [
        ("5", {"dataType": "integer", "minLimit": 10}, "its value 5 is below its minLimit 10"),
        ("5.5", {"dataType": "decimal", "maxLimit": 5}, "its value 5.5 is above its maxLimit 5"),
        ("A", {"dataType": "OptionList", "valuesList": "B,C"}, "its value 'A' is not in its valuesList"),
        ("B, X", {"dataType": "MemberList", "valuesList": "B,C"}, "its value has X, which is not in its valuesList"),
        ("B, C", {"dataType": "SequenceList", "valuesList": "B,C"}, None),
        ("7", {"dataType": "integer", "minLimit": 7, "maxLimit": 7}, None),
    ],
)
def test_values_are_within_their_limits(value: str, characteristics: Mapping[str, Any], told: str | None) -> None:
    taken = told_model(row("X", "Y", value, **characteristics))
    assert about(against_standard(taken)) == ({} if told is None else {"X.Y": told})


def declared(dossier: Path, version: OcppVersion, *names: str, evses: int = 1) -> Path:
    write_pics(dossier / "pics", make_pics(Claims(frozenset(names), {"HFS-8": evses}), "station", version), "Volta")
    return dossier


def test_the_pics_of_16_is_held_against_supported_feature_profiles(tmp_path: Path) -> None:
    taken = told_keys(
        key("SupportedFeatureProfiles", "Core, FirmwareManagement,Reservation"),
        key("MaxChargingProfilesInstalled", "2"),
        key("ChargingScheduleMaxPeriods", "5"),
        key("ReserveConnectorZeroSupported", "false", readonly=True),
        key("StopTransactionOnEVSideDisconnect", "false"),
    )
    assert list(against_pics(tmp_path, taken)) == []  # nothing is declared yet
    dossier = declared(tmp_path, V16, "Core", "Firmware Management", "Smart Charging", "Q-4", "Q-6", "Q-9", "Q-10")
    assert about(against_pics(dossier, taken)) == {
        "Smart Charging": "Smart Charging is declared, and SupportedFeatureProfiles is Core,FirmwareManagement,Reservation",
        "Reservation": "SupportedFeatureProfiles has Reservation, and Reservation is not declared",
        "Q-4": "it is declared, and AuthorizationCacheEnabled is not told",
        "Q-9": "it is declared, and ReserveConnectorZeroSupported is false, and read-only",
        "Q-10": "it is declared, and MaxChargingProfilesInstalled is 2",
    }


def test_the_pics_of_2_is_held_against_what_is_available(tmp_path: Path) -> None:
    taken = told_model(
        row("SmartChargingCtrlr", "Available", "false", dataType="boolean"),
        row("ReservationCtrlr", "Available", "true", dataType="boolean"),
        row("MonitoringCtrlr", "Available", "true", dataType="boolean"),
        row("MonitoringCtrlr", "Enabled", "false", dataType="boolean"),
        row("EVSE", "Power", "1", evse=1),
        row("EVSE", "Power", "1", evse=2),
    )
    dossier = declared(tmp_path, V201, "Core", "Smart Charging", "C-49")
    assert about(against_pics(dossier, taken)) == {
        "Smart Charging": "it is declared, and SmartChargingCtrlr.Available is false",
        "Reservation": "ReservationCtrlr.Available is true, and Reservation is not declared",
        "C-49": "it is declared, and the device has no AuthCacheCtrlr",
        "HFS-8": "the number of EVSEs is declared as 1, and the device reports 2",
    }
    of_16 = about(against_pics(dossier, told_keys(key("ResetRetries", "1"))))
    assert of_16 == {"PICS": "the PICS is of a station with OCPP 2.0.1, the snapshot of a station with OCPP 1.6"}


# --- what changed --------------------------------------------------------------------------------------------------------------------


def test_what_was_added_removed_and_changed_is_told() -> None:
    before = told_model(
        row("A", "Gone", "1"),
        row("B", "Interval", "60", dataType="integer", minLimit=1),
        row("ClockCtrlr", "DateTime", "2026-03-02T12:00:00Z"),
        row("C", "Same", "x"),
    )
    after = told_model(
        row("b", "INTERVAL", "30", dataType="decimal", minLimit=2, mutability="ReadOnly"),
        row("ClockCtrlr", "DateTime", "2026-03-02T13:00:00Z"),
        row("C", "Same", "x"),
        row("D", "New", None),
    )
    after.firmware_version = "2.4"
    assert [(one.name, one.what, one.before, one.after) for one in differences(before, after)] == [
        ("", "firmware version", "2.3", "2.4"),
        ("A.Gone", "removed", "1, string, ReadWrite", ""),
        ("b.INTERVAL", "value", "60", "30"),
        ("b.INTERVAL", "type", "integer", "decimal"),
        ("b.INTERVAL", "mutability", "ReadWrite", "ReadOnly"),
        ("b.INTERVAL", "limits", "from 1", "from 2"),
        ("D.New", "added", "", "string, ReadWrite"),
    ]
    assert list(differences(before, before)) == []


# --- documents -----------------------------------------------------------------------------------------------------------------------


def test_the_documents_say_the_same_and_can_be_read_back(tmp_path: Path) -> None:
    taken = told_model(row("A", "Text", "a|b\n<c>"), row("B", "N", "60", dataType="integer", unit="s", minLimit=1))
    frame = Frame("core", "TC_1", 17, NOON, "HeartbeatRequest")
    taken.measured = [
        Measured("B.N", "60 s", "30 s in 1 case", False, (frame,), "B.N is declared as 60 s, but heartbeats come each 30 s"),
        Measured("B.M", "2 s", "2 s in 1 case", True, (frame,), ""),
    ]  # fmt: skip
    taken.findings = [Finding("A.Text", "it is odd", "Mend it.")]
    paths = write_snapshot(tmp_path, taken)
    assert [path.name for path in paths] == ["snapshot.json", "snapshot.md", "snapshot.html"]
    for place in (tmp_path, tmp_path / "snapshot", paths[0]):
        assert read_snapshot(place) == taken
    markdown, html = as_markdown(taken), as_html(taken)
    assert "| A.Text | a\\|b <c> | string |" in markdown
    assert "<td>a|b\n&lt;c&gt;</td>" in html
    for text in (markdown, html):
        assert "B.N is declared as 60 s, but heartbeats come each 30 s" in text
        assert "core/TC_1: 17 HeartbeatRequest 12:00:00" in text
        assert "2 contradictions" in text
        assert "from 1" in text


@pytest.mark.parametrize("content", ["", "[]", '{"at": "now"}', '{"format": 2}', "\udce9"])
def test_what_is_no_snapshot_is_a_sentence(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match="There is no snapshot in"):
        read_snapshot(tmp_path)
    (tmp_path / "snapshot.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError, match="is not a snapshot"):
        read_snapshot(tmp_path)


def test_a_snapshot_of_a_later_format_is_told(tmp_path: Path) -> None:
    (path, *_) = write_snapshot(tmp_path, told_keys(key("ResetRetries", "1")))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    with pytest.raises(ConfigError, match=r"is of a later format \(2\)"):
        read_snapshot(tmp_path)
    with pytest.raises(ConfigError, match="cannot be written to"):
        write_snapshot(path, told_keys(key("ResetRetries", "1")))
