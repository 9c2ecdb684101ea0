"""L03, L04: the CSMS has a local controller publish firmware, or stop it."""

from __future__ import annotations

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Asks, Case, Receives, Sends, Step
from pilotwire.conformance.values import Kept

Steps = tuple[Step, ...]
LOCATION = "https://firmware.example.com/station-2.0.bin"
CHECKSUM = "9e107d9d372bb6826bd81d3542a419d6"


def publishes() -> Steps:
    """The operator has firmware published; the station accepts."""
    return (
        Asks(action="PublishFirmware", payload={"location": LOCATION, "checksum": CHECKSUM}),
        Receives(
            number="1",
            action="PublishFirmware",
            checks=(equals("location", LOCATION), equals("checksum", CHECKSUM)),
            answer={"status": "Accepted"},
            keep={"request_id": "requestId"},
        ),
    )


def told(*statuses: str) -> Steps:
    """The station tells these statuses; with Published where it is."""
    return tuple(
        Sends(
            number=str(3 + 2 * place),
            action="PublishFirmwareStatusNotification",
            payload={"status": status, "requestId": Kept("request_id")}
            | ({"location": [LOCATION]} if status == "Published" else {}),
        )
        for place, status in enumerate(statuses)
    )


def unpublishes(answer: str) -> Steps:
    """The operator has published firmware withdrawn."""
    return (
        Asks(action="UnpublishFirmware", payload={"checksum": CHECKSUM}),
        Receives(
            number="1",
            action="UnpublishFirmware",
            checks=(equals("checksum", CHECKSUM),),
            answer={"status": answer},
        ),
    )


TC_L_17_CSMS = Case(
    id="TC_L_17_CSMS",
    title="Publish firmware",
    purpose="The CSMS has firmware published, and takes where it is.",
    main=(*publishes(), *told("Downloading", "Downloaded", "ChecksumVerified", "Published")),
)
TC_L_19_CSMS = Case(
    id="TC_L_19_CSMS",
    title="Publish firmware, wrong checksum",
    purpose="The CSMS takes it that the checksum does not fit.",
    main=(*publishes(), *told("Downloading", "Downloaded", "InvalidChecksum")),
)
TC_L_20_CSMS = Case(
    id="TC_L_20_CSMS",
    title="Publish firmware, failed",
    purpose="The CSMS takes it that firmware could not be published.",
    main=(*publishes(), *told("Downloading", "Downloaded", "ChecksumVerified", "PublishFailed")),
)
TC_L_21_CSMS = Case(
    id="TC_L_21_CSMS",
    title="Unpublish firmware",
    purpose="The CSMS has firmware withdrawn.",
    main=unpublishes("Unpublished"),
)
TC_L_22_CSMS = Case(
    id="TC_L_22_CSMS",
    title="Unpublish firmware that is not there",
    purpose="The CSMS takes it that there is no such firmware.",
    main=unpublishes("NoFirmware"),
)
TC_L_23_CSMS = Case(
    id="TC_L_23_CSMS",
    title="Unpublish firmware that is being fetched",
    purpose="The CSMS takes it that a station fetches the firmware just now.",
    main=unpublishes("DownloadOngoing"),
)
TC_L_24_CSMS = Case(
    id="TC_L_24_CSMS",
    title="Publish firmware, download failed",
    purpose="The CSMS takes it that the firmware could not be fetched.",
    main=(*publishes(), *told("Downloading", "DownloadFailed")),
)
