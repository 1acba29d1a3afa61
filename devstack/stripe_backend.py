"""The localstripe process behind the stand-in for Stripe, started when it is made."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from chalicelib.http_client import Deadline, NoAnswer, send
from devstack import processes

_ROOT: Final = Path(__file__).resolve().parent.parent
_PATIENCE: Final = 30.0


class Backend:
    """localstripe on a free port. `state` is a file that keeps what it holds, `log` one for its output.

    Make it in a thread that lives as long: the process ends with that thread.
    """

    def __init__(self, state: Path | None, log: Path | None) -> None:
        self._state, self._log = state, log
        self._child: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._start()

    def ask(self, method: str, path: str, sent: Mapping[str, object]) -> tuple[int, dict[str, Any]]:
        """One call; returns status and answer."""
        form, url = urlencode(sent), self._url + path
        headers = {
            "Authorization": "Bearer sk_test_behind",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url, body = (f"{url}?{form}", None) if method == "GET" else (url, form.encode())
        reply = send(method, url, Deadline(), headers=headers, body=body)
        try:
            told = json.loads(reply.body)
        except ValueError:
            told = {}
        return reply.status, told

    def close(self) -> None:
        """Stop it."""
        if self._child is not None:
            processes.stop(self._child)

    def _start(self) -> None:
        port = processes.free_port()
        command = [sys.executable, "-m", "devstack.stripe_process", str(port)]
        log = self._log or Path(tempfile.gettempdir()) / f"localstripe-{os.getpid()}.log"
        if self._state is not None:
            command.append(str(self._state))
        self._child = processes.start(command, log=log, directory=_ROOT)
        self._url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                send("GET", f"{self._url}/v1/charges", Deadline(1.0))
                return
            except NoAnswer:
                if self._child.poll() is not None or time.monotonic() > until:
                    raise processes.NotStarted(f"localstripe did not start (see {log})") from None
                time.sleep(0.05)
