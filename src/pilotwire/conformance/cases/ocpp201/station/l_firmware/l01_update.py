"""L01: signed firmware is fetched and installed, at once or at its time."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.l_firmware.updating import (
    GIVEN_UP,
    LATER,
    SIGNER_TRUSTED,
    fetched,
    firmware,
    installed,
    not_before_its_time,
    told_in_order,
    told_whole,
    updates,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case
from pilotwire.conformance.states.firmware201 import tells_firmware
from pilotwire.conformance.values import configured, made

_WHOLE = (
    "L01.FR.01",
    "L01.FR.04",
    "L01.FR.05",
    "L01.FR.09",
    "L01.FR.10",
    "L01.FR.12",
    "L01.FR.15",
    "L01.FR.20",
    "L01.FR.21",
    "L01.FR.23",
    "L01.FR.28",
    "L01.FR.31",
    "L01.FR.32",
)
_SLOW = made("firmware location", slow=configured.firmware_download_time)

TC_L_01_CS = Case(
    id="TC_L_01_CS",
    title="Firmware is installed",
    purpose="The station fetches signed firmware, verifies, installs and runs it, and tells each state.",
    requirements=(*_WHOLE, "L01.FR.13"),
    before=SIGNER_TRUSTED,
    main=(updates("1", firmware()), *fetched(3), *installed(9)),
    after=told_whole(),
)

TC_L_02_CS = Case(
    id="TC_L_02_CS",
    title="Firmware is installed at its time",
    purpose="The station fetches signed firmware at once, and installs it when installDateTime has come.",
    requirements=(*_WHOLE, "L01.FR.16"),
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware(installDateTime=LATER)),
        *fetched(3),
        tells_firmware("9", "InstallScheduled"),
        *installed(11),
    ),
    after=(*told_whole(), not_before_its_time("Installing", "L01.FR.16")),
    remark="That it is not installed at once is checked too.",
)

TC_L_03_CS = Case(
    id="TC_L_03_CS",
    title="Firmware is fetched at its time",
    purpose="The station fetches signed firmware when retrieveDateTime has come, and installs it.",
    requirements=(*_WHOLE, "L01.FR.13"),
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware(retrieveDateTime=LATER)),
        tells_firmware("3", "DownloadScheduled"),
        *fetched(5),
        *installed(11),
    ),
    after=(*told_whole(), not_before_its_time("Downloading", "L01.FR.13")),
    remark="That it is not fetched at once is checked too.",
)

TC_L_10_CS = Case(
    id="TC_L_10_CS",
    title="Another update takes the place of one",
    purpose="While firmware is fetched, another update is asked for: the station gives up the first, and installs by the second.",
    requirements=("L01.FR.01", "L01.FR.10", "L01.FR.20", "L01.FR.24"),
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware(location=_SLOW), name="first_update"),
        tells_firmware("3", "Downloading", name="first_update"),
        updates("5", firmware(location=_SLOW), equals("status", "AcceptedCanceled").of("L01.FR.24")),
        *fetched(7),
        *installed(13),
    ),
    after=(told_in_order(GIVEN_UP, name="first_update"), *told_whole()),
)

TC_L_11_CS = Case(
    id="TC_L_11_CS",
    title="Another update is refused",
    purpose="A station that cannot give up an update refuses another one, and goes on.",
    requirements=("L01.FR.01", "L01.FR.10", "L01.FR.20", "L01.FR.27"),
    traits={"habits": {"cancels_firmware_updates": False}},
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware(location=_SLOW)),
        tells_firmware("3", "Downloading"),
        updates("5", firmware(location=_SLOW), equals("status", "Rejected").of("L01.FR.27"), name="second_update"),
        *fetched(7, down=False, early=True),
        *installed(11, early=True),
    ),
    after=(*told_whole(), told_in_order("", name="second_update")),
)
