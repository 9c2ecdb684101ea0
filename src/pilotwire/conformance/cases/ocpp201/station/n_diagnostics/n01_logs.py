"""N01: logs are uploaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, equals, moment_of, not_empty, one_of
from pilotwire.conformance.language import Acts, Case, InAnyOrder, Judges, Keeps, NotReceives, Receives, Sends, Waits
from pilotwire.conformance.values import Fresh, Kept, Known, configured, made, plus, times
from pilotwire.conformance.wire.files import Visit

STATUS = "LogStatusNotification"
FAILURES = ("UploadFailure", "BadMessage", "PermissionDenied", "NotSupportedOperation")
_CREATED = 201
_EARLY = 0.9
"""Of the wait: how much of it must have passed, as the notifications are not sent the moment the attempts begin and end."""


def _gets(number: str, kind: Any, *checks: Check, name: str = "log", where: str = "where", **more: Any) -> Sends:
    """GetLog: the requestId is kept as `name`, the log goes to the location kept as `where`."""
    return Sends(
        number=number,
        action="GetLog",
        payload={
            "logType": kind,
            "requestId": Fresh(name),
            "log": {"remoteLocation": Kept(where)},
            **more,
        },
        checks=checks,
        keep={f"file of {name}": "filename"},
    )


def _tells(number: str, *status: str, name: str = "log", within: Any = configured.long_operation_timeout) -> Receives:
    """LogStatusNotification with one of these states, about the upload whose requestId was kept as `name`."""
    return Receives(
        number=number,
        action=STATUS,
        where=(one_of("status", *status),),
        checks=(equals("requestId", Kept(name)).of("N01.FR.07"),),
        within=within,
    )


_ACCEPTED = equals("status", "Accepted").of("N01.FR.01")

# --- what arrived -----------------------------------------------------------------------------------------------------------------


def _of_visits(what: str, where: str, test: Callable[[list[Visit], Known], Judgement]) -> Check:
    """A check of who came to the tester's file server; it does not apply where the plan has another one."""

    def judge(everything: Any, known: Known) -> Judgement:
        visits = known.made("uploads", location=everything["kept"][where])
        return Judgement(True, "", applies=False) if visits is None else test(visits, known)

    return Check(what, judge)


def _arrived(where: str = "where", name: str = "log") -> tuple[Check, ...]:
    """A log is at the location, under the name the station told, sent as it must be."""

    def one_file(visits: list[Visit], _: Known) -> Judgement:
        stored = [one for one in visits if one.status == _CREATED]
        found = ", ".join(f"{one.name}: {len(one.content)} bytes" for one in stored)
        return Judgement(len(stored) == 1 and bool(stored[0].content), found or "no file")

    def as_told(visits: list[Visit], known: Known) -> Judgement:
        names = [one.name for one in visits if one.status == _CREATED]
        told = Kept(f"file of {name}").of(known)
        return Judgement(bool(names) and names[-1] in ("", told), ", ".join(names) or "none")

    def as_form(visits: list[Visit], _: Known) -> Judgement:
        posts = [one for one in visits if one.method == "POST"]
        fields = {"content-type", "content-disposition"}
        right = all(
            fields <= one.headers.keys() or one.headers.get("content-type", "").startswith("multipart/")
            for one in posts
        )
        return Judgement(right, ", ".join(one.method for one in visits))

    return (
        _of_visits("one log with something in it was uploaded", where, one_file).of("N01.FR.02"),
        _of_visits("the log was uploaded under the name that was told", where, as_told).of("N01.FR.01"),
        _of_visits("an upload by POST has Content-Type and Content-Disposition", where, as_form).of("N01.FR.19"),
    )


def _uploaded(case: str, kind: str, requirement: str) -> Case:
    """A case of one log that is uploaded."""
    title = {"DiagnosticsLog": "diagnostics", "SecurityLog": "security events"}[kind]
    return Case(
        id=case,
        title=f"A log of {title} is uploaded",
        purpose=f"GetLog for the {kind} is accepted, and the upload is told when it begins and when it has succeeded.",
        requirements=(
            "N01.FR.01",
            "N01.FR.02",
            requirement,
            "N01.FR.07",
            "N01.FR.08",
            "N01.FR.09",
            "N01.FR.13",
        ),
        before=(Keeps(values={"where": made("log location")}),),
        main=(
            _gets("1", kind, _ACCEPTED, not_empty("filename").of("N01.FR.01")),
            _tells("3", "Uploading"),
            _tells("5", "Uploaded"),
        ),
        after=(Judges(checks=_arrived()),),
        remark="That the log has arrived is checked where it goes to the tester's own server (setting log_url).",
    )


TC_N_25_CS = _uploaded("TC_N_25_CS", "DiagnosticsLog", "N01.FR.04")
TC_N_35_CS = _uploaded("TC_N_35_CS", "SecurityLog", "N01.FR.03")

# --- a failure --------------------------------------------------------------------------------------------------------------------

_RETRIES = 3


def _moments(everything: Any, states: tuple[str, ...]) -> list[datetime]:
    told = (
        moment_of(one["at"])
        for one in everything["messages"]
        if one["action"] == STATUS and one["payload"]["status"] in states
    )
    return [one for one in told if one is not None]


def _once_or_each_time(*states: str) -> Check:
    def judge(everything: Any, _: Known) -> Judgement:
        times_told = len(_moments(everything, states))
        return Judgement(times_told in (1, _RETRIES + 1), f"{times_told} times")

    return Check(f"{' or '.join(states)} was told once, or {_RETRIES + 1} times", judge)


def _took_all_waits(everything: Any, known: Known) -> Judgement:
    began, failed = _moments(everything, ("Uploading",)), _moments(everything, FAILURES)
    if not began or not failed:
        return Judgement(False, "not told")
    wanted, took = _RETRIES * known.setting("log_retry_interval"), (failed[-1] - began[0]).total_seconds()
    right = wanted * _EARLY <= took <= wanted + known.setting("time_deviation")
    return Judgement(right, f"{took:.1f} s")


def _tried(visits: list[Visit], _: Known) -> Judgement:
    paths = [one for one in visits if one.method == visits[0].method]
    return Judgement(len(paths) == _RETRIES + 1, f"{len(paths)} attempts")


def _all_of_this(everything: Any, known: Known) -> Judgement:
    numbers = [one["payload"].get("requestId") for one in everything["messages"] if one["action"] == STATUS]
    return Judgement(set(numbers) == {Kept("log").of(known)}, ", ".join(map(str, numbers)) or "none")


TC_N_26_CS = Case(
    id="TC_N_26_CS",
    title="An upload fails",
    purpose="An upload that fails is tried again as often, and with the waits, that GetLog asks for, and the failure is told.",
    requirements=(
        "N01.FR.01",
        "N01.FR.02",
        "N01.FR.04",
        "N01.FR.07",
        "N01.FR.08",
        "N01.FR.10",
        "N01.FR.13",
    ),
    before=(Keeps(values={"where": made("log location", status=404)}),),
    main=(
        _gets("1", "DiagnosticsLog", _ACCEPTED, retries=_RETRIES, retryInterval=configured.log_retry_interval),
        _tells("3", "Uploading"),
        _tells(
            "5",
            *FAILURES,
            within=plus(times(_RETRIES, configured.log_retry_interval), configured.long_operation_timeout),
        ),
        Waits(seconds=times(_RETRIES + 1, configured.log_retry_interval), why="all attempts are over"),
    ),
    after=(
        Judges(
            checks=(
                _once_or_each_time("Uploading"),
                _once_or_each_time(*FAILURES),
                Check("the last failure is three waits after the first Uploading", _took_all_waits).of("N01.FR.10"),
                Check("every LogStatusNotification is about this upload", _all_of_this).of("N01.FR.07"),
                _of_visits("the upload was tried four times", "where", _tried),
            )
        ),
    ),
    remark="The attempts are counted where the location is the tester's own (setting refusing_log_url).",
)

# --- none, and another one --------------------------------------------------------------------------------------------------------

TC_N_34_CS = Case(
    id="TC_N_34_CS",
    title="There is no log",
    purpose="GetLog for a log the station does not have is rejected, and nothing is uploaded.",
    requirements=("N01.FR.05",),
    traits={"habits": {"diagnostics_log": False}},
    before=(
        Acts(act="made_so", details={"state": "the station has no log of the type the case asks for"}),
        Keeps(values={"where": made("log location")}),
    ),
    main=(
        _gets("1", configured.log_type, equals("status", "Rejected").of("N01.FR.05")),
        NotReceives(action=STATUS),
    ),
    remark="A station made for the case has no log of diagnostics; the plan names the type (log_type) another one can be without.",
)


def _never_uploaded(everything: Any, known: Known) -> Judgement:
    told = [
        one["payload"]["status"]
        for one in everything["messages"]
        if one["action"] == STATUS and one["payload"].get("requestId") == Kept("first log").of(known)
    ]
    return Judgement("Uploaded" not in told, ", ".join(told))


TC_N_36_CS = Case(
    id="TC_N_36_CS",
    title="Another log is asked for during an upload",
    purpose="A second GetLog cancels the upload under way: that is told of the first, and the second log is uploaded.",
    requirements=(
        "N01.FR.01",
        "N01.FR.02",
        "N01.FR.03",
        "N01.FR.07",
        "N01.FR.08",
        "N01.FR.09",
        "N01.FR.12",
        "N01.FR.13",
        "N01.FR.19",
        "N01.FR.20",
    ),
    before=(Keeps(values={"slow": made("log location", held=True), "where": made("log location")}),),
    main=(
        _gets("1", configured.log_type, _ACCEPTED, name="first log", where="slow"),
        _tells("3", "Uploading", name="first log"),
        _gets("5", configured.log_type, equals("status", "AcceptedCanceled").of("N01.FR.12"), name="second log"),
        InAnyOrder(
            number="7",
            steps=(
                Receives(
                    number="7",
                    action=STATUS,
                    where=(equals("status", "AcceptedCanceled"),),
                    checks=(equals("requestId", Kept("first log")).of("N01.FR.20"),),
                    within=configured.long_operation_timeout,
                ),
                _tells("9", "Uploading", name="second log"),
            ),
        ),
        _tells("11", "Uploaded", name="second log"),
    ),
    after=(
        Judges(
            checks=(
                Check("the first log was never told to be uploaded", _never_uploaded).of("N01.FR.12"),
                *_arrived(name="second log"),
            )
        ),
    ),
    remark=(
        "The tester does not answer the first upload, so that it is under way when the second is asked for; a plan with log_url needs "
        "a log that is large enough."
    ),
)
