"""How a station is built, as far as its maker chooses: what no CSMS can change. What is not said is as the version spoken has it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Habits(BaseModel):
    """The habits of `StationSettings` that a person may set; see there for what each means. Times in seconds unless named otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    security_events: bool | None = None
    certificate_renewal_days: int | None = Field(default=None, ge=1, le=365)
    certificate_key: str | None = Field(default=None, pattern=r"^(EC-P(256|384|521)|RSA-(2048|3072|4096))$")
    accepts_unsigned_firmware: bool | None = None
    fetches_firmware_while_charging: bool | None = None
    diagnostics_log: bool | None = None
    local_controller: bool | None = None
    publish_host: str | None = Field(default=None, min_length=1)
    publish_port: int | None = Field(default=None, ge=0, le=65_535)
    states_as_events: bool | None = None
    swap_slots: int | None = Field(default=None, ge=0, le=1000)
    boot_retry_seconds: int | None = Field(default=None, ge=1, le=86_400)
    reset_wait_seconds: int | None = Field(default=None, ge=0, le=3600)
    vehicle_ready_seconds: int | None = Field(default=None, ge=0, le=3600)
    resume_transactions: int | None = Field(default=None, ge=0, le=604_800)
    outbox_limit: int | None = Field(default=None, ge=10, le=10_000_000)
    cache_limit: int | None = Field(default=None, ge=1, le=1_000_000)

    def said(self) -> dict[str, Any]:
        """Those that were said, as changes of `StationSettings`."""
        return self.model_dump(exclude_none=True)


AS_THE_VERSION_HAS_IT = Habits()
