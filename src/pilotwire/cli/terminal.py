"""What people see: complaints in red, tables. Text from outside is shown as it is, but it cannot steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pilotwire.errors import PilotwireError


class Failed(PilotwireError):
    """What was asked was understood, but a station or the CSMS said no."""

    exit_code = 1


def complain(error: PilotwireError) -> None:
    """Say on standard error what is wrong, in red, and how to mend it."""
    from rich.console import Console
    from rich.text import Text

    text = Text(sentence(printable(error.what)), style="bold red")
    if error.remedy:
        text.append(f"\n{sentence(printable(error.remedy))}", style="not bold default")
    Console(stderr=True, soft_wrap=True).print(text)


def sentence(text: str) -> str:
    """The text beginning with a capital and ending with a full stop."""
    first = text.split(" ", 1)[0]
    is_word = first.rstrip("?!:,").isalpha()  # names of files and settings stay as they are
    begun = text[:1].upper() + text[1:] if is_word else text
    return begun if begun.endswith((".", "!", "?", ":")) else f"{begun}."


def printable(text: str) -> str:
    """The text with characters that would steer a terminal written out."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, nothing: str) -> None:
    """Print a table, or the sentence `nothing` if it has no rows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(Text(printable(_cell(each))) for each in row))
    Console().print(table if table.rows else nothing)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def moment(text: str | None) -> str | None:
    """A time of the API for a table: to the second, in UTC."""
    return None if text is None else text[:19].replace("T", " ")
