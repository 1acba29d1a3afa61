"""A package as Lambda runs it: its own code, its layers, boto3 and the runtime client, and nothing else.

The client is AWS's own (awslambdaric); it talks to a Runtime API that runs here. Source: AWS Lambda
Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

import json
import os
import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from deploy import libraries

_API = "/2018-06-01/runtime"
# What Lambda's Python has beside the standard library.
_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "python-dateutil", "six")
_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
# Calls of AWS are noted where boto3 makes them, and made as ever.
_BOOTSTRAP = """
import json, sys
task, runtime, handler, calls = sys.argv[1:5]
import os
sys.path[:0] = [task, os.path.join(os.environ["LAYERS"], "python"), runtime]
from botocore.client import BaseClient
made = BaseClient._make_api_call
def noted(self, operation, parameters):
    service = self.meta.service_model
    with open(calls, "a") as file:
        print(json.dumps([service.signing_name, operation, parameters.get("Key")]), file=file)
    return made(self, operation, parameters)
BaseClient._make_api_call = noted
sys.argv = ["awslambdaric", handler]
from awslambdaric.__main__ import main
main(["awslambdaric", handler])
"""


@dataclass(slots=True)
class _Invocation:
    event: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answered: "queue.Queue[tuple[str, Any]]" = field(default_factory=queue.Queue)


class RuntimeApi:
    """The server that a function asks for work; one for each function."""

    def __init__(self, seconds: float) -> None:
        self._waiting: queue.Queue[_Invocation] = queue.Queue()
        self._under_way: dict[str, _Invocation] = {}
        self.failed_to_start: queue.Queue[Any] = queue.Queue()
        self.has_begun = threading.Event()
        self._seconds = seconds
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def invoke(self, event: object) -> tuple[str, Any]:
        """("response" or "error", what came back). Raises queue.Empty when nothing does in time."""
        invocation = _Invocation(json.dumps(event))
        self._waiting.put(invocation)
        return invocation.answered.get(timeout=self._seconds)

    def stop(self) -> None:
        """Let nobody wait any more."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                api.has_begun.set()
                invocation = api._waiting.get()
                api._under_way[invocation.id] = invocation
                deadline = int((time.time() + api._seconds) * 1000)
                self._send(
                    200,
                    invocation.event.encode(),
                    {
                        "Lambda-Runtime-Aws-Request-Id": invocation.id,
                        "Lambda-Runtime-Deadline-Ms": str(deadline),
                        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:1:function:one",
                        "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
                    },
                )

            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
                *_, id, kind = self.path.removeprefix(_API).split("/")
                if (id, kind) == ("init", "error"):
                    api.failed_to_start.put(content)
                    api.has_begun.set()
                else:
                    api._under_way.pop(id).answered.put((kind, content))
                self._send(202, b"{}", {})

            def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                own = {"Content-Type": "application/json", "Content-Length": str(len(body))}
                for name, value in {**headers, **own}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Nobody reads it."""

        return Handler


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A package where Lambda unpacks it: /var/task, /opt, what the runtime has, and its Python.

    `is_compiled`: the package holds what that Python has compiled.
    """

    directory: Path
    python: str
    is_compiled: bool = True

    @property
    def task(self) -> Path:
        """The code."""
        return self.directory / "task"

    @property
    def layer(self) -> Path:
        """The layer."""
        return self.directory / "opt"

    @property
    def papers(self) -> Path:
        """The layer of papers."""
        return self.directory / "opt-papers"

    @property
    def runtime(self) -> Path:
        """boto3 and the runtime client."""
        return self.directory / "runtime"

    @property
    def flags(self) -> tuple[str, ...]:
        """Options of its Python: write nothing into the package.

        Where each function would compile the whole package, they share what the first has compiled.
        """
        return ("-B",) if self.is_compiled else ("-X", f"pycache_prefix={self.directory / 'compiled'}")


@dataclass(frozen=True, slots=True)
class Function:
    """A running function of the package."""

    api: RuntimeApi
    child: "subprocess.Popen[bytes]"
    log: Path
    calls_log: Path

    def invoke(self, event: object) -> Any:
        """What the handler gives back. Raises AssertionError when it failed."""
        try:
            kind, content = self.api.invoke(event)
        except queue.Empty:
            raise AssertionError(f"nothing came back\n{self.log.read_text()[-2000:]}") from None
        assert kind == "response", f"{content}\n{self.log.read_text()[-2000:]}"
        return content

    def fail(self, event: object) -> Any:
        """The error that the handler ends with."""
        kind, content = self.api.invoke(event)
        assert kind == "error", content
        return content

    def calls(self) -> set[tuple[str, str, str]]:
        """The calls of AWS so far: service, operation, and the folder of the object's key that a role names."""
        lines = self.calls_log.read_text().splitlines() if self.calls_log.exists() else []
        found = (json.loads(line) for line in lines)
        return {(service, operation, _folder(key or "")) for service, operation, key in found}


def _folder(key: str) -> str:
    return "media/upload" if key.startswith("media/upload/") else key.partition("/")[0]


@contextmanager
def function(
    handler: str,
    unpacked: "Unpacked",
    layer: Path,
    environment: Mapping[str, str],
    log: Path,
    seconds: float = 60,
) -> Iterator[Function]:
    """The function with this handler, e.g. "app.tasks", until the end of the block.

    It is given this environment and no other.
    """
    task, runtime = unpacked.task, unpacked.runtime
    api = RuntimeApi(seconds)
    calls = log.with_suffix(".calls")
    command = [
        unpacked.python,
        "-I",
        "-S",
        *unpacked.flags,
        "-c",
        _BOOTSTRAP,
        str(task),
        str(runtime),
        handler,
        str(calls),
    ]
    given = {
        **environment,
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "LAMBDA_TASK_ROOT": str(task),
        "LAYERS": str(layer),
        "PATH": os.environ["PATH"],
    }
    with log.open("wb") as out:
        child = subprocess.Popen(command, cwd=task, env=given, stdout=out, stderr=subprocess.STDOUT)
    try:
        if not unpacked.is_compiled:
            api.has_begun.wait(seconds)  # what it has compiled by then the next one need not
        yield Function(api, child, log, calls)
    finally:
        child.terminate()
        child.wait(10)
        api.stop()


def make_runtime(directory: Path, machine: str, python: tuple[int, int]) -> None:
    """What Lambda brings along for this Python, and nothing else of this environment."""
    directory.mkdir()
    libraries.install([f"{name}=={version(name)}" for name in _CLIENT], machine, directory, python)
    for name in _RUNTIME:  # pure Python, the same for all
        for file in distribution(name).files or ():
            top = file.parts[0]
            if top == ".." or top.endswith(".dist-info") or top == "__pycache__":
                continue
            link = directory / top
            if not link.exists():
                link.symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / top)
