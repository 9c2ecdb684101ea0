"""What the garbage collector is told when a CSMS is up."""

from __future__ import annotations

import subprocess
import sys


def test_what_there_is_stays_and_the_rest_is_looked_at_less_often() -> None:
    """In a process of its own: it is said to the whole process."""
    program = (
        "import gc; from pilotwire.csms.collector import settle; before = gc.get_threshold();"
        " settle(); assert gc.get_freeze_count() > 1000; assert gc.isenabled();"
        " assert gc.get_threshold()[0] > before[0]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
