"""Commands of functional block L."""

from unittest.mock import ANY

import httpx

from tests.support.raw_station import RawStation
from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, Given

_LOCATION = "https://firmware.example.org/volta-one-2.4.0.bin"
_WHEN = "2030-01-31T18:00:00Z"
_INSTALL = "2030-02-01T02:00:00Z"
_MD5 = "b026324c6904b2a9cb4b88d6d61c81d1"
_PLAIN = {"location": _LOCATION, "retrieveDateTime": _WHEN, "retries": 3, "retryInterval": 60}
_SIGNED = _PLAIN | {"installDateTime": _INSTALL, "signature": "c2lnbmVk", "signingCertificate": "PEM"}
_UPDATE = "/stations/{station}/commands/update-firmware"
_PUBLISH = ("POST", "/stations/{station}/commands/publish-firmware", {"location": _LOCATION, "checksum": _MD5})
_UNPUBLISH = ("POST", "/stations/{station}/commands/unpublish-firmware", {"checksum": _MD5})
_TRIES = {"retries": 3, "retryInterval": 60}


async def _upload(api: httpx.AsyncClient, _station: str, _line: RawStation) -> None:
    """The image of the cases that name one; the same bytes may be uploaded again."""
    assert (await api.put("/firmware/given.bin", content=b"firmware")).status_code in (200, 201)


GIVEN = (
    Given(
        version=V16,
        action="UpdateFirmware",
        request=("POST", _UPDATE, _PLAIN),
        call={"location": _LOCATION, "retrieveDate": ANY, **_TRIES},
        answer={},
        shows={"status": "Accepted", "location": _LOCATION},
    ),
    Given(
        version=V16,
        action="UpdateFirmware",
        name="image",
        request=("POST", _UPDATE, {"image": "given.bin"}),
        prepare=_upload,
        call={"location": ANY, "retrieveDate": ANY},
        answer={},
        shows={"status": "Accepted"},
    ),
    Given(
        version=V16,
        action="SignedUpdateFirmware",
        request=("POST", _UPDATE, _SIGNED),
        call={
            "requestId": ANY,
            "firmware": {
                "location": _LOCATION,
                "retrieveDateTime": ANY,
                "installDateTime": ANY,
                "signingCertificate": "PEM",
                "signature": "c2lnbmVk",
            },
            **_TRIES,
        },
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal={"status": "InvalidCertificate"},
        refused={"status": "InvalidCertificate"},
    ),
    *(
        Given(
            version=version,
            action="UpdateFirmware",
            request=("POST", _UPDATE, _PLAIN),
            call={"requestId": ANY, "firmware": {"location": _LOCATION, "retrieveDateTime": ANY}, **_TRIES},
            answer={"status": "AcceptedCanceled"},
            shows={"status": "AcceptedCanceled", "location": _LOCATION},
            refusal=REJECTED,
            refused=REJECTED,
        )
        for version in V2
    ),
    *(
        Given(
            version=version,
            action="UpdateFirmware",
            name="signed",
            request=("POST", _UPDATE, _SIGNED),
            call={
                "requestId": ANY,
                "firmware": {
                    "location": _LOCATION,
                    "retrieveDateTime": ANY,
                    "installDateTime": ANY,
                    "signingCertificate": "PEM",
                    "signature": "c2lnbmVk",
                },
                **_TRIES,
            },
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal={"status": "RevokedCertificate"},
            refused={"status": "RevokedCertificate"},
        )
        for version in V2
    ),
    *(
        Given(
            version=version,
            action="PublishFirmware",
            request=_PUBLISH,
            call={"location": _LOCATION, "checksum": _MD5, "requestId": ANY},
            answer=ACCEPTED,
            shows={"status": "Accepted", "checksum": _MD5},
            refusal=REJECTED,
            refused=REJECTED,
        )
        for version in V2
    ),
    *(
        Given(
            version=version,
            action="UnpublishFirmware",
            request=_UNPUBLISH,
            call={"checksum": _MD5},
            answer={"status": "Unpublished"},
            shows={"status": "Unpublished"},
            refusal={"status": "DownloadOngoing"},
            refused={"status": "DownloadOngoing"},
        )
        for version in V2
    ),
)
