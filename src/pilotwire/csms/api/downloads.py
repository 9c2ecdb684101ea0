"""Where stations fetch firmware (`/firmware/{token}/{name}`, outside of the API): the token in the path is all they need.

Byte ranges and If-Range are served, so that a download resumes; the ETag is the SHA-256 of the image.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from fastapi.responses import FileResponse

from pilotwire.csms.api.images import TheImages
from pilotwire.csms.api.problems import ApiError
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.firmware import DOWNLOADS

router = APIRouter(include_in_schema=False)
_LONGEST: Final = 100


@router.api_route("/firmware/{token}/{name}", methods=["GET", "HEAD"], response_class=FileResponse)
async def fetch(
    desk: TheDesk,
    images: TheImages,
    token: Annotated[str, Path(max_length=_LONGEST)],
    name: Annotated[str, Path(max_length=_LONGEST)],
) -> Response:
    """The bytes of the image an update or a publication is about, until that is over."""
    download = await desk.store.record(DOWNLOADS, "", token)
    if download is None or download.image != name:
        raise _gone("There is no download of this name.", HTTPStatus.NOT_FOUND)
    if download.closed_at is not None:
        raise _gone("What this download was for is over.", HTTPStatus.GONE)
    image = await images.find(name)
    if image is None or not await images.holds(image):
        raise _gone("The firmware image has been removed.", HTTPStatus.NOT_FOUND)
    headers = {"etag": f'"{image.sha256}"', "cache-control": "private, no-transform"}
    return FileResponse(images.path(image), headers=headers, media_type="application/octet-stream", filename=name)


def _gone(what: str, status: HTTPStatus) -> ApiError:
    return ApiError(status, "not-found", what, "Give the station a new update-firmware command.")
