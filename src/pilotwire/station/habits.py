"""How a station is built, as far as its maker chooses: what no CSMS can change. What is not said is as the version spoken has it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pilotwire.domain.monitoring import LEAST_SEVERE, MOST_SEVERE, USUAL_SEVERITY, MonitorSetting, MonitorType
from pilotwire.station.core.device_model_catalogue import name_written
from pilotwire.station.core.features import Feature
from pilotwire.station.core.time_sources import server_of

_MOST_FACTORY = 1000
"""The highest id of a monitor from the factory; those a CSMS sets have higher ones."""


class FactoryMonitor(BaseModel):
    """A monitor a station leaves the factory with (N03). `variable` is a written name: `EVSE@1.Power`.

    `value` is a limit, a difference or seconds, by `type`; without an `id` it has the next one from 1 on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    variable: str
    type: MonitorType
    value: Decimal = Field(allow_inf_nan=False)
    severity: int = Field(default=USUAL_SEVERITY, ge=MOST_SEVERE, le=LEAST_SEVERE)
    transaction: bool = False
    id: int | None = Field(default=None, ge=1, le=_MOST_FACTORY)

    @field_validator("variable")
    @classmethod
    def _is_a_name(cls, text: str) -> str:
        if name_written(text) is None:
            raise ValueError("write a variable as EVSE@1.Power or Connector@1.1.AvailabilityState")
        return text

    def setting(self) -> MonitorSetting:
        """The same in the words of the domain."""
        name = name_written(self.variable)
        assert name is not None, "the validator has seen to it"
        return MonitorSetting(
            name=name,
            type=self.type,
            value=self.value,
            severity=self.severity,
            monitor_id=self.id,
            transaction=self.transaction,
        )


class Habits(BaseModel):
    """The habits of `StationSettings` that a person may set; see there for what each means. Times in seconds unless named otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    security_events: bool | None = None
    certificate_renewal_days: int | None = Field(default=None, ge=1, le=365)
    certificate_key: str | None = Field(default=None, pattern=r"^(EC-P(256|384|521)|RSA-(2048|3072|4096))$")
    combined_certificate: bool | None = None
    accepts_unsigned_firmware: bool | None = None
    fetches_firmware_while_charging: bool | None = None
    installs_firmware_while_charging: bool | None = None
    master_pass_screen: bool | None = None
    cancels_firmware_updates: bool | None = None
    diagnostics_log: bool | None = None
    summary_report: bool | None = None
    local_controller: bool | None = None
    publish_host: str | None = Field(default=None, min_length=1)
    publish_port: int | None = Field(default=None, ge=0, le=65_535)
    states_as_events: bool | None = None
    hard_wired_monitors: tuple[FactoryMonitor, ...] | None = None
    preconfigured_monitors: tuple[FactoryMonitor, ...] | None = None
    dhcp_ntp_servers: tuple[str, ...] | None = None
    lacks: tuple[Feature, ...] | None = None
    custom_triggers: dict[str, tuple[str, ...]] | None = None
    swap_slots: int | None = Field(default=None, ge=0, le=1000)
    boot_retry_seconds: int | None = Field(default=None, ge=1, le=86_400)
    reset_wait_seconds: int | None = Field(default=None, ge=0, le=3600)
    vehicle_ready_seconds: int | None = Field(default=None, ge=0, le=3600)
    resume_transactions: int | None = Field(default=None, ge=0, le=604_800)
    outbox_limit: int | None = Field(default=None, ge=10, le=10_000_000)
    held_limit: int | None = Field(default=None, ge=4, le=1_000_000)
    cache_limit: int | None = Field(default=None, ge=1, le=1_000_000)

    @field_validator("lacks", mode="before")
    @classmethod
    def _as_listed(cls, value: object) -> object:
        """The command line has no lists: `lacks=Apn,Vpn`."""
        return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value

    @field_validator("dhcp_ntp_servers")
    @classmethod
    def _are_servers(cls, servers: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if servers is not None and not all(map(server_of, servers)):
            raise ValueError("write a server as ntp.example.org or 10.0.0.1:123")
        return servers

    def said(self) -> dict[str, Any]:
        """Those that were said, as changes of `StationSettings`."""
        said = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: _as_in_core(name, value) for name, value in said.items() if value is not None}


_MONITORS = ("hard_wired_monitors", "preconfigured_monitors")


def _as_in_core(name: str, value: Any) -> Any:
    if name in _MONITORS:
        return tuple(one.setting() for one in value)
    return frozenset(value) if name == "lacks" else value


AS_THE_VERSION_HAS_IT = Habits()
