"""Which packages answer vendors' data (functional block P)."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.resource import Resource
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.plugins import Plugin

router = APIRouter(prefix="/plugins", tags=["plug-ins"], dependencies=[READ])


class PluginResource(Resource):
    """A plug-in that is installed: an entry point of the group `pilotwire.data_transfer`."""

    vendor_id: str
    message_ids: list[str] | None = Field(description="The message ids it answers; null: any.")
    package: str
    package_version: str
    entry_point: str
    problem: str | None = Field(description="Why it is not in use; null: it is.")

    @classmethod
    def of(cls, plugin: Plugin) -> PluginResource:
        """The resource of a plug-in."""
        return cls(
            vendor_id=plugin.vendor_id,
            message_ids=list(plugin.message_ids) or None,
            package=plugin.package,
            package_version=plugin.package_version,
            entry_point=plugin.entry_point,
            problem=plugin.problem,
        )


@router.get("", responses=READS, summary="List data transfer plug-ins")
async def list_plugins(desk: TheDesk) -> list[PluginResource]:
    """The plug-ins found when the CSMS started, by vendor id, also those that cannot be used."""
    return [PluginResource.of(plugin) for plugin in desk.rooms.plugins.found]
