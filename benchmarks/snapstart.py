"""Benchmark: from the restoration of a copy of an initialised process to its first answer (SnapStart).

A copy is a fork, whose memory is the parent's until it is written to. Lambda's own part comes on top.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from benchmarks.contestants import ROOT
from devstack import database, postgres

_COPIES: Final = 25
_AIM: Final = 40.0  # ms, in the median
RESULT: Final = ROOT / "build" / "snapstart.json"
_READS: Final = {
    "a list": "/v1/events",
    "one event": "/v1/events/{id}",
    "a programme": "/v1/events/{id}/sessions",
}


def main() -> int:
    """Run, print and write."""
    with postgres.temporary() as server:
        url = server.url("snapstart")
        database.create_if_missing(server.url("postgres"), "snapstart")
        database.migrate(url)
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "JWT_KEYS": "snapstart:a-secret-that-only-this-benchmark-knows",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        }
        command = [sys.executable, "-m", "benchmarks.snapstart", "copies"]
        done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    took: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    print(
        f"load {os.getloadavg()[0]:.1f}; from the restoration of a copy to its first answer, {_COPIES} copies"
    )
    for name, values in took.items():
        middle = statistics.median(values)
        mark = "met   " if middle <= _AIM else "MISSED"
        spread = f"{min(values):.1f} to {max(values):.1f}"
        print(f"  {mark}  {name:<14} {middle:6.1f} ms in the median, at most {_AIM:g}; {spread}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"load": os.getloadavg()[0], "ms": took}, indent=1) + "\n")
    return 0


def copies() -> int:
    """Initialise this process, and print what its copies took."""
    runner: Any = import_module("awslambdaric.lambda_runtime_hooks_runner")

    import app

    event = _event()
    runner.run_before_snapshot()
    took = {
        name: [_one(app, runner, path.format(id=event)) for _ in range(_COPIES)]
        for name, path in _READS.items()
    }
    print(json.dumps(took))
    return 0


def _event() -> int:
    from tests.factories import stored
    from tests.factories.event import make_event
    from tests.factories.session import make_session
    from tests.factories.user import make_user

    event = stored(make_event, owner=stored(make_user), state="published")
    for _ in range(20):
        stored(make_session, event=event)
    return int(event.id)


def _one(app: Any, runner: Any, path: str) -> float:
    """The ms that one copy takes."""
    from devstack import gateway

    asked = gateway.event_from_http(app.app.routes, "GET", path, [("Accept", "*/*")])
    read, write = os.pipe()
    child = os.fork()
    if not child:
        began = time.perf_counter()
        runner.run_after_restore()
        answer = app.app(asked, gateway.LambdaContext())
        assert answer["statusCode"] == 200
        os.write(write, str((time.perf_counter() - began) * 1000).encode())
        os._exit(0)
    os.close(write)
    with Path(f"/dev/fd/{read}").open() as told:
        text = told.read()
    os.close(read)
    os.waitpid(child, 0)
    return float(text)


if __name__ == "__main__":
    sys.exit(copies() if sys.argv[1:] == ["copies"] else main())
