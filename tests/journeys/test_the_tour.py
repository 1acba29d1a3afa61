"""The tour in the README, run line by line against the running system."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.running_system import RunningSystem

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tour is told with curl, which is not here")
def test_the_tour_works_line_by_line(system: RunningSystem, tmp_path: Path) -> None:
    tour = README.read_text().split("<!-- tour -->")[1].split("<!-- end of tour -->")[0]
    script = "\n".join(re.findall(r"```sh\n(.*?)```", tour, re.DOTALL))
    assert script.count("curl ") > 20
    # -e: a line that fails ends the tour; -x: and one sees which.
    done = subprocess.run(
        ["sh", "-eux", "-c", script],
        cwd=tmp_path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "API": system.address},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = done.stdout.splitlines()
    assert told[0] == "grace@example.org"
    assert "Parsing by hand" in told
    assert "image/png" in told
    assert told[-1] == "success" or told[-1] == "ok", told[-1]
