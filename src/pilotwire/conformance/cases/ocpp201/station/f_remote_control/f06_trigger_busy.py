"""F06: the CSMS asks how an upload or a download goes while there is one."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case, Receives, Sends
from pilotwire.conformance.values import Fresh, Kept, Moment, made

TC_F_16_CS = Case(
    id="TC_F_16_CS",
    title="The status of a log upload asked for",
    purpose="While a log is uploaded the status is Uploading.",
    requirements=("F06.FR.04", "F06.FR.05", "F06.FR.10", "F06.FR.14"),
    main=(
        Sends(
            number="1",
            action="GetLog",
            payload={
                "logType": "DiagnosticsLog",
                "requestId": Fresh("log_request"),
                "log": {"remoteLocation": made("log location", held=True)},
            },
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="3",
            action="LogStatusNotification",
            checks=(equals("status", "Uploading"), equals("requestId", Kept("log_request"))),
        ),
        asks_for("LogStatusNotification", number="5"),
        Receives(
            number="7",
            action="LogStatusNotification",
            checks=(
                equals("status", "Uploading").of("F06.FR.14"),
                equals("requestId", Kept("log_request")),
            ),
        ),
    ),
    remark="The tester's own server does not answer the upload, so that it goes on; by a server of the plan it must take long enough.",
)

TC_F_19_CS = Case(
    id="TC_F_19_CS",
    title="The status of a firmware download asked for",
    purpose="While firmware is downloaded the status is Downloading.",
    requirements=("F06.FR.04", "F06.FR.05", "F06.FR.10", "L01.FR.26"),
    before=(
        Sends(
            action="InstallCertificate",
            payload={
                "certificateType": "ManufacturerRootCertificate",
                "certificate": made("root", name="manufacturer root"),
            },
            any_answer=True,
            note="A station that has the root of the manufacturer need not take it.",
        ),
    ),
    main=(
        Sends(
            number="1",
            action="UpdateFirmware",
            payload={
                "requestId": Fresh("firmware_request"),
                "firmware": {
                    "location": made("firmware location", held=True),
                    "retrieveDateTime": Moment(-7200),
                    "signingCertificate": made("firmware signer"),
                    "signature": made("firmware signature", kind="wrong"),
                },
            },
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="3",
            action="FirmwareStatusNotification",
            checks=(equals("status", "Downloading"), equals("requestId", Kept("firmware_request"))),
        ),
        asks_for("FirmwareStatusNotification", number="5"),
        Receives(
            number="7",
            action="FirmwareStatusNotification",
            checks=(
                equals("status", "Downloading").of("L01.FR.26"),
                equals("requestId", Kept("firmware_request")),
            ),
        ),
    ),
    remark=(
        "The tester's own server does not answer the download, so that it goes on, and fails when the case is over: steps 9 to 14, which "
        "the errata add to tidy up and which are not judged, do not come then. By a server of the plan it must take long enough."
    ),
)
