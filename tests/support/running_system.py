"""The whole local system as a separate process, and a network client for it."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlencode
from urllib.request import Request, urlopen

import pg8000.native
import psutil

from devstack import database

ROOT = Path(__file__).resolve().parent.parent.parent
MEDIA_TYPE = "application/vnd.api+json"


@dataclass(frozen=True, slots=True)
class WireReply:
    """A response over the network. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """A system that has printed `ready`."""

    address: str
    state: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def ask(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        token: str = "",
        media_type: str = MEDIA_TYPE,
    ) -> WireReply:
        """Send one request with a JSON body, if any."""
        headers = {"Accept": "*/*", "Content-Type": media_type}
        if token:
            headers["Authorization"] = f"JWT {token}"
        body = None if document is None else json.dumps(document).encode()
        url = path if path.startswith("http") else self.address + path
        return send(Request(url, body, headers, method=method))

    def mails(self, to: str) -> list[dict[str, Any]]:
        """The mails to this address, oldest first."""
        mails: list[dict[str, Any]] = self.ask("GET", f"/local/mails?{urlencode({'to': to})}").json
        return mails

    def variables(self) -> dict[str, str]:
        """The output of `make env`."""
        lines = (self.state / "env").read_text().splitlines()
        return dict(shlex.split(line)[1].split("=", 1) for line in lines)

    def as_owner(self) -> AbstractContextManager[pg8000.native.Connection]:
        """A connection to its database for the block, for what no client could do; never by way of a pooler."""
        return database.connected(self.variables()["MIGRATION_DATABASE_URL"])

    def processes(self) -> list[psutil.Process]:
        """All its processes."""
        mine = psutil.Process(self.process.pid)
        return [mine, *mine.children(recursive=True)]

    def stop(self) -> int:
        """Stop it as an operator would; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def send(request: Request) -> WireReply:
    """Send a request; an error status is returned like any other."""
    try:
        with urlopen(request, timeout=30) as answer:
            return WireReply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except HTTPError as refused:
        return WireReply(refused.code, {k.lower(): v for k, v in refused.headers.items()}, refused.read())


def launch(state: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a system on any free port, without waiting."""
    variables = {
        **os.environ,
        "PORT": "0",
        "STATE_DIR": str(state),
        "WORKERS": "1",
        "LIMITS": "off",
        **environment,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "devstack"],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(state: Path, **environment: str) -> Iterator[RunningSystem]:
    """A system for the block, on any free port."""
    process = launch(state, **environment)
    try:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line.rstrip())
            if line.startswith("ready "):
                break
        else:
            process.wait(30)
            assert process.stderr
            raise AssertionError(f"it did not get ready: {said} {process.stderr.read()}")
        # Drain its output: a full pipe would block it.
        for stream in (process.stdout, process.stderr):
            threading.Thread(target=lambda stream=stream: list(stream), daemon=True).start()
        yield RunningSystem(said[-1].removeprefix("ready "), state, process, said)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def upload(form: Mapping[str, Any], file_name: str, content: bytes) -> WireReply:
    """Send a file with a presigned POST, as a browser does."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form["fields"].items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
    parts += [head.encode(), b"Content-Type: text/plain\r\n\r\n", content, f"\r\n--{boundary}--\r\n".encode()]
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return send(Request(form["url"], b"".join(parts), headers, method="POST"))


def mailed_token(system: RunningSystem, email: str) -> str:
    """The token in the latest mail with one to this address."""

    def tokens() -> list[str]:
        texts = [mail["text"] for mail in system.mails(email)]
        return [token[1] for text in texts if (token := re.search(r"token=(\S+)", text))]

    return unquote(eventually(tokens, f"the mail with a token to {email}")[-1])


def verify(system: RunningSystem, email: str) -> None:
    """Verify an address by the token in its latest mail, which may arrive before it is committed."""

    def is_verified() -> bool:
        sent = {"data": {"token": mailed_token(system, email)}}
        reply = system.ask("POST", "/v1/auth/verify-email", sent, media_type="application/json")
        return bool(reply.status == 200)

    eventually(is_verified, "the verification of an address")


def eventually(look: Any, what: str, patience: float = 20.0) -> Any:
    """The result of `look()` once it is neither None, False nor empty."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {patience:.0f} s"
        time.sleep(0.1)
    return found
