"""The command line as a whole: verbs, version, errors, and how quick it is."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from pilotwire import cli
from pilotwire.cli.terminal import Failed, printable, sentence
from pilotwire.errors import ConfigError, PilotwireError


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=100, check=False
    )


def test_help_tells_all_verbs_without_loading_any() -> None:
    """Not FastAPI, not the database, not the HTTP client: help is to be quick."""
    code = (
        "import sys\nfrom pilotwire.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = ('fastapi', 'pydantic', 'sqlalchemy', 'httpx', 'uvicorn', 'msgspec', 'websockets', 'asyncio')\n"
        "print('loaded:', [name for name in heavy if name in sys.modules])"
    )
    outcome = python(code, "--help")
    assert outcome.stdout.rstrip().endswith("loaded: []")
    for verb in cli.VERBS:
        assert verb.name in outcome.stdout


@pytest.mark.parametrize("verb", cli.VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_help(verb: cli.Verb) -> None:
    """Its module loads and says what it does."""
    outcome = CliRunner().invoke(cli.app, [verb.name, "--help"])
    assert outcome.exit_code == 0, outcome.output
    assert f"pilotwire {verb.name}" in outcome.output or f"{verb.name} [OPTIONS]" in outcome.output


def test_the_version() -> None:
    """One line."""
    outcome = CliRunner().invoke(cli.app, ["--version"])
    assert outcome.exit_code == 0
    assert outcome.output.startswith("pilotwire 0.")


def test_an_unknown_verb_is_a_usage_error() -> None:
    """With exit code 2."""
    outcome = CliRunner().invoke(cli.app, ["chrage"])
    assert outcome.exit_code == 2
    assert "chrage" in outcome.output


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A verb that raises `failing.error`."""
    told = SimpleNamespace(error=RuntimeError())

    def verb() -> None:
        raise told.error

    module = ModuleType("tests_failing_verb")
    module.verb = verb  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tests_failing_verb", module)
    monkeypatch.setattr(cli, "VERBS", (*cli.VERBS, cli.Verb("fail", "tests_failing_verb", "Fail.")))
    return told


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("the file is bad.", "mend it"), 2),
        (Failed("the station said no", "ask again"), 1),
        (PilotwireError("x"), 2),
    ],
)
def test_our_errors_are_sentences(failing: SimpleNamespace, error: PilotwireError, code: int) -> None:
    """What and remedy on standard error, a meaningful exit code, no traceback."""
    failing.error = error
    outcome = CliRunner().invoke(cli.app, ["fail"])
    assert outcome.exit_code == code
    assert outcome.stdout == ""
    assert outcome.stderr == "".join(f"{sentence(each)}\n" for each in (error.what, error.remedy) if each)


def test_a_mistake_of_ours_is_a_sentence(
    failing: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 70 and how to see where it is; the traceback only for who asks."""
    failing.error = KeyError("inside")
    monkeypatch.setattr(sys, "argv", ["pilotwire", "fail"])
    monkeypatch.delenv("PILOTWIRE_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    told = capsys.readouterr().err
    assert stop.value.code == 70
    assert "KeyError: 'inside'" in told
    assert "PILOTWIRE_TRACEBACK" in told
    assert "Traceback" not in told
    monkeypatch.setenv("PILOTWIRE_TRACEBACK", "1")
    with pytest.raises(KeyError):
        cli.main()


def test_a_verb_may_have_verbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module whose `verb` is a typer.Typer is a group."""
    group = typer.Typer()

    @group.command()
    def one() -> None:
        typer.echo("one was run")

    @group.command()
    def two() -> None:
        typer.echo("two was run")

    module = ModuleType("tests_group_verb")
    module.verb = group  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tests_group_verb", module)
    monkeypatch.setattr(cli, "VERBS", (cli.Verb("group", "tests_group_verb", "Group."),))
    assert CliRunner().invoke(cli.app, ["group", "two"]).output == "two was run\n"


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    """Escape sequences and other control characters are written out; letters of all languages stay."""
    assert printable("\x1b[31mred\x07\x9b") == "\\x1b[31mred\\x07\\x9b"
    assert printable("Säule 北\nnext") == "Säule 北\nnext"


@pytest.mark.parametrize(
    ("text", "expected"), [("no power", "No power."), ("Done.", "Done."), ("", "."), ("why?", "Why?")]
)
def test_sentences(text: str, expected: str) -> None:
    """A capital and a full stop."""
    assert sentence(text) == expected
