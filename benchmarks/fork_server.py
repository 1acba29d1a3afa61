"""A process with everything imported, of which others are forked: they share a socket, and begin at once."""

import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from devstack import processes
from devstack.processes import NotStarted

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 60.0  # seconds


class ForkServer:
    """Forks a process for each line that it is sent, by `module`, which is told the number of the socket."""

    def __init__(self, module: str, environment: Mapping[str, str], log: Path) -> None:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        # Who connects while all are dead waits here for the next one to live.
        self._listening.listen(512)
        self.log = log
        number = self._listening.fileno()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                env={**environment, "PYTHONPATH": str(ROOT)},
                cwd=ROOT,
                start_new_session=True,
                pass_fds=[number],
                preexec_fn=processes.tie_to_parent(signal.SIGTERM),
            )

    @property
    def port(self) -> int:
        """Where the forked processes listen, on 127.0.0.1."""
        return int(self._listening.getsockname()[1])

    @property
    def runs(self) -> bool:
        """Whether it can still fork."""
        return self._process.poll() is None

    def fork(self, line: str = "") -> psutil.Process:
        """The process that is forked for this line. Raises NotStarted."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        number = self._process.stdout.readline()
        if not number:
            raise NotStarted(f"no process can be forked: {processes.last_line(self.log)}")
        return psutil.Process(int(number))

    def cpu_seconds(self, children: list[psutil.Process]) -> float:
        """The CPU time of these that it has forked, with those that have ended and its own."""
        ended = psutil.Process(self._process.pid).cpu_times()
        seconds = ended.user + ended.system + ended.children_user + ended.children_system
        for child in children:
            with suppress(psutil.NoSuchProcess):
                running = child.cpu_times()
                seconds += running.user + running.system
        return float(seconds)

    def stop(self, children: list[psutil.Process]) -> None:
        """Let each of these finish what it is doing, then end it, and the server after them."""
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.terminate()
        for child in psutil.wait_procs(children, timeout=10)[1]:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        # It ends with its input, after those that it has forked.
        self._process.communicate(timeout=_PATIENCE)
        self._listening.close()
