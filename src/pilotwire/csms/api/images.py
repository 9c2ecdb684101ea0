"""Firmware images: uploaded, described, removed (`/firmware`)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ConfigDict, Field
from starlette.requests import ClientDisconnect

from pilotwire.csms.api.access import READ, WRITE
from pilotwire.csms.api.problems import READS, WRITES, ApiError, conflict, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, Time, page_of
from pilotwire.csms.api.rooms import Rooms, TheDesk
from pilotwire.csms.images import (
    Described,
    ImageConflict,
    ImageStore,
    ImageTooLarge,
    NotGenuine,
    image_folder,
    load_signer,
)
from pilotwire.csms.registers.firmware import IMAGES, Image, Signature
from pilotwire.csms.registers.firmware_campaigns import CAMPAIGNS
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.firmware_campaigns import UNFINISHED

router = APIRouter(prefix="/firmware", tags=["firmware"])

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
ImageName = Annotated[str, Path(pattern=NAME, description="The name of the image.", examples=["volta-one-2.4.0.bin"])]
Said = Annotated[str, Query(max_length=100, pattern=TEXT, description="Of the stations and the firmware it is.")]
_UPLOAD: Final = re.compile(r"/api/v1/firmware/[^/]+")
_ENOUGH: Final = 1000


def image_store(rooms: Rooms) -> ImageStore:
    """The store of images as set. Raises ConfigError if the signing key cannot be used."""
    settings = rooms.settings
    return ImageStore(
        image_folder(settings),
        rooms.journal,
        rooms.store,
        rooms.clock,
        most=settings.firmware_max_bytes,
        signer=load_signer(settings.firmware_signing_key, settings.firmware_signing_certificate),
    )


def is_upload(method: str, path: str) -> bool:
    """Whether a request brings an image: it has a limit of its own."""
    return method == "PUT" and _UPLOAD.fullmatch(path) is not None


def _images(request: Request) -> ImageStore:
    images: ImageStore = request.app.state.images
    return images


TheImages = Annotated[ImageStore, Depends(_images)]
"""The images, as a parameter of an operation."""


class SignatureResource(Resource):
    """A signature over the whole image; `scheme` is RSA-PSS, ECDSA or RSASSA-PKCS1-v1_5, each with SHA-256."""

    signature: str = Field(description="In base64, as stations get it.")
    signing_certificate: str = Field(description="In PEM, as stations get it.")
    scheme: str
    made_here: bool = Field(description="Whether this CSMS signed it, with firmware_signing_key.")

    @classmethod
    def of(cls, made: Signature | None) -> SignatureResource | None:
        """The resource of a signature, if there is one."""
        if made is None:
            return None
        return cls.model_construct(
            signature=made.signature, signing_certificate=made.certificate, scheme=made.scheme, made_here=made.ours
        )


class ImageResource(Resource):
    """A firmware image. It never changes once uploaded."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "volta-one-2.4.0.bin",
                    "size": 18874368,
                    "sha256": "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865",
                    "md5": "b026324c6904b2a9cb4b88d6d61c81d1",
                    "uploadedAt": "2026-01-31T12:00:00Z",
                    "vendor": "Volta",
                    "model": "One",
                    "version": "2.4.0",
                    "notes": "",
                    "signature": None,
                }
            ]
        }
    )

    name: str
    size: int = Field(description="In bytes.")
    sha256: str
    md5: str = Field(description="The checksum by which PublishFirmware and UnpublishFirmware name it.")
    uploaded_at: Time
    vendor: str
    model: str
    version: str = Field(description="What a station with this firmware says it runs.")
    notes: str
    signature: SignatureResource | None

    @classmethod
    def of(cls, image: Image) -> ImageResource:
        """The resource of an image."""
        return cls.model_construct(
            name=image.name,
            size=image.size,
            sha256=image.sha256,
            md5=image.md5,
            uploaded_at=image.uploaded_at,
            vendor=image.vendor,
            model=image.model,
            version=image.version,
            notes=image.notes,
            signature=SignatureResource.of(image.signature),
        )


async def image_named(images: ImageStore, name: str) -> Image:
    """The image of a name. Raises ApiError (404)."""
    image = await images.find(name)
    if image is None:
        raise not_found(f"There is no firmware image {name!r}.", "GET /firmware lists what there is.")
    return image


@router.get("", dependencies=[READ], responses=READS, summary="List firmware images")
async def images_(
    desk: TheDesk,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=200, description="The `nextCursor` of the page before.")] = None,
) -> PageOf[ImageResource]:
    """All images, by name."""
    found = await desk.store.records(IMAGES, "", Page(limit=limit, after=after))
    cursor = cursor_of("", found[-1].name) if found else ""
    return PageOf[ImageResource].model_construct(**page_of([ImageResource.of(one) for one in found], limit, cursor))


@router.get("/{name}", dependencies=[READ], responses=READS | problems(404), summary="Read a firmware image")
async def image_(images: TheImages, name: ImageName) -> ImageResource:
    """What is known of an image."""
    return ImageResource.of(await image_named(images, name))


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The bytes of the image, as they are.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.put(
    "/{name}",
    dependencies=[WRITE],
    responses=WRITES | problems(409) | {201: {"description": "It is new.", "model": ImageResource}},
    openapi_extra=_BODY,
    summary="Upload a firmware image",
)
async def upload(
    request: Request,
    response: Response,
    images: TheImages,
    name: ImageName,
    vendor: Said = "",
    model: Said = "",
    version: Said = "",
    notes: Annotated[str, Query(max_length=1000, pattern=TEXT, description="Notes for people.")] = "",
    signature: Annotated[str, Query(max_length=800, description="Made by the maker: base64.")] = "",
    certificate: Annotated[str, Query(max_length=5500, description="Of the key that signed it: PEM.")] = "",
) -> ImageResource:
    """Keep an image of any size; its hashes are made while it streams, and its signature if none is given and a key is set.

    201: it is new. 200: the very same is there already, and nothing changed. 409: another image has this name. A signature and a
    certificate come together, and are refused (422) unless they prove this image.
    """
    if bool(signature) != bool(certificate):
        raise unusable("query.signature", "a signature needs the certificate of its key, and the other way round")
    _check_announced(request, images.most)
    described = Described(vendor, model, version, notes, signature, certificate)
    try:
        image, new = await images.take(name, request.stream(), described)
    except ClientDisconnect:
        broken = "The upload broke off, and nothing was kept."
        raise ApiError(HTTPStatus.BAD_REQUEST, "invalid-request", broken, "Upload it again.") from None
    except ImageTooLarge as error:
        raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", error.what, error.remedy) from None
    except ImageConflict as error:
        raise conflict(error.what, error.remedy) from None
    except NotGenuine as error:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-genuine", error.what, error.remedy) from None
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    return ImageResource.of(image)


def _check_announced(request: Request, most: int) -> None:
    """Refuse before anything is read what says itself that it is too long."""
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) > most:
        what = f"The image is longer than the {most} bytes that are taken."
        raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", what, "Raise firmware_max_bytes.")


@router.delete(
    "/{name}",
    status_code=204,
    dependencies=[WRITE],
    responses=READS | problems(404, 409),
    summary="Remove a firmware image",
)
async def remove(desk: TheDesk, images: TheImages, name: ImageName) -> None:
    """Remove an image. Stations that were told to fetch it get 404; a campaign that is not finished keeps it from being removed."""
    for campaign in await desk.store.records(CAMPAIGNS, "", Page(limit=_ENOUGH)):
        if campaign.image == name and campaign.state in UNFINISHED:
            what = f"The campaign {campaign.campaign_id} is not finished with the image {name!r}."
            raise conflict(what, "Cancel the campaign first.")
    if not await images.remove(name):
        raise not_found(f"There is no firmware image {name!r}.", "GET /firmware lists what there is.")
