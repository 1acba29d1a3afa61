"""JSON:API client libraries, each driven against the running system by tests/clients/libraries."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from tests.clients.guide import GUIDE
from tests.support.node import NODE, installed
from tests.support.running_system import RunningSystem

HERE = Path(__file__).parent
# In package.json for the others' sake.
NO_CLIENTS = {
    "@babel/runtime",
    "@datx/core",
    "@orbit/records",
    "react",
    "react-dom",
    "redux-object",
    "redux-thunk",
}


def versions() -> dict[str, str]:
    needed: dict[str, str] = json.loads((HERE / "package.json").read_text())["dependencies"]
    return {name: version for name, version in needed.items() if name not in NO_CLIENTS}


def test_every_library_reads_and_writes(system: RunningSystem, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(installed(HERE))
    shutil.copytree(HERE / "libraries", tmp_path / "libraries")
    ended = subprocess.run(
        [str(NODE), "--no-warnings", "libraries/run.mjs"],
        cwd=tmp_path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "API": system.address},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    tried = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    failures = [f"{attempt['library']}: {attempt['failure']}" for attempt in tried if attempt["failure"]]
    assert not failures, "\n".join(failures)
    assert sorted(attempt["library"] for attempt in tried) == sorted(versions())


def test_the_table_names_the_libraries_with_their_versions() -> None:
    rows = re.findall(r"^\| (\S+) (\d\S*) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    named = dict(rows)
    assert {name: named.get(name) for name in versions()} == versions()
