"""Functions that have just been started: each has imported no noun and no action before its request.

It is a fork of one that has imported the libraries, the engine and app.py, with the manifest of a package.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_SERVER: Final = """
import json, os, sys
import chalice, cryptography.x509, jwt, marshmallow, pg8000.native, sqlalchemy.dialects.postgresql.pg8000
import sqlalchemy.orm, boto3
import app
import chalicelib.driver, chalicelib.jsonapi.http.crud, chalicelib.outbox, chalicelib.upload_urls
from devstack import gateway

told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # logs

def answered(asking):
    os.environ.clear()
    os.environ.update(asking["environment"])
    from chalicelib import clock
    from chalicelib.settings import settings
    settings.cache_clear()
    clock._offset = clock.timedelta(seconds=asking["ahead"])
    if asking["muted"]:
        from chalicelib import signals
        signals.muted().__enter__()
    answers = [app.app(event, gateway.LambdaContext("api_handler")) for event in asking["events"]]
    modules = [name for name in sys.modules if name.startswith("chalicelib.")]
    return {"answers": answers, "modules": modules}

for line in sys.stdin:
    if (child := os.fork()) == 0:
        print(json.dumps(answered(json.loads(line))), file=told, flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print("{}", file=told, flush=True)
"""


class ColdFunctions:
    """Answers events of API Gateway, each list by a process of its own."""

    def __init__(self, server: "subprocess.Popen[str]") -> None:
        self._server = server

    def answer(self, events: Sequence[Any], *, ahead: float = 0, muted: bool = False) -> dict[str, Any]:
        """The `answers`, and the `modules` of ours that are imported by then."""
        asking = {"environment": dict(os.environ), "events": events, "ahead": ahead, "muted": muted}
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps(asking) + "\n")
        self._server.stdin.flush()
        told: dict[str, Any] = json.loads(self._server.stdout.readline())
        if not told:
            raise AssertionError("a function has died")
        return told


@contextmanager
def cold_functions(package: Path) -> Iterator[ColdFunctions]:
    """Functions of this package (see support/packages.py)."""
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(
        command, cwd=package, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield ColdFunctions(server)
        assert server.stdin
        server.stdin.close()
