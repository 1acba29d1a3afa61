"""A Varnish on a free port, configured by deploy/edge.py, and what it has counted."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from deploy.edge import RULES, Rules, vcl

SECRET = "what only the edge knows"
_PATIENCE = 30.0
_RESPONSE = "sub vcl_backend_response {"
# Nothing is kept for a time that the API does not say.
_PARAMETERS = ("default_ttl=0", "default_grace=0", "default_keep=0", "shortlived=0", "thread_pool_min=10")


@dataclass(frozen=True, slots=True)
class Told:
    """An answer through the edge, and what the cache had to do with it: Hit, Miss or Pass."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cache(self) -> str:
        """What the cache had to do with it; empty for an answer of the API itself."""
        return self.headers.get("x-cache", "")


class Asking:
    """One kept connection to an address."""

    def __init__(self, address: str) -> None:
        self._host = urlsplit(address).netloc
        self._connection = HTTPConnection(self._host, timeout=60)

    def ask(
        self, path: str, headers: dict[str, str] | None = None, *, method: str = "GET", body: bytes = b""
    ) -> Told:
        """Send one request."""
        sent = {"Accept": "application/vnd.api+json", **(headers or {})}
        self._connection.request(method, path, body or None, sent)
        with self._connection.getresponse() as answer:
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Told(answer.status, told, answer.read())


@dataclass(frozen=True, slots=True)
class Varnish:
    """A Varnish that accepts connections."""

    address: str
    directory: Path

    def count(self, name: str) -> int:
        """One of its counters, such as MAIN.backend_req: requests that have reached the API."""
        done = subprocess.run(
            ["varnishstat", "-n", str(self.directory), "-j", "-f", name],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(json.loads(done.stdout)["counters"][name]["value"])


@contextmanager
def in_front_of(
    address: str, directory: Path, given: Rules = RULES, *, ignores_vary: bool = False
) -> Iterator[Varnish]:
    """A Varnish in front of the API at this address, for the block. It keeps its files in the directory.

    With `ignores_vary` nothing but the rules' key tells two requests apart, as in CloudFront.
    """
    program = shutil.which("varnishd") or shutil.which("varnishd", path="/usr/sbin:/usr/local/sbin")
    assert program, "there is no varnishd: apt-get install varnish"
    directory.mkdir(parents=True, exist_ok=True)
    rules = directory / "edge.vcl"
    text = vcl(urlsplit(address).netloc, SECRET, given)
    if ignores_vary:
        text = text.replace(_RESPONSE, f"{_RESPONSE}\n    unset beresp.http.Vary;")
    rules.write_text(text)
    port = _free_port()
    command = [program, "-F", "-j", "none", "-n", str(directory / "work"), "-a", f"127.0.0.1:{port}"]
    command += ["-f", str(rules), "-s", "default,64m"]
    for parameter in _PARAMETERS:
        command += ["-p", parameter]
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _accepts(port):
            assert process.poll() is None, (directory / "log").read_text()
            assert time.monotonic() < deadline, "Varnish does not accept connections"
            time.sleep(0.05)
        yield Varnish(f"http://127.0.0.1:{port}", directory / "work")
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
