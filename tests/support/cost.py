"""Reports the CPU time of the test suite, and the files that took most.

It is informative only: durations depend on the machine. COSTS says how many files are listed (5).
"""

import os
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from typing import Any

import pytest

_MOST = int(os.environ.get("COSTS", "5"))


class Cost:
    """pytest plugin that adds up the CPU time of this process and of its terminated children."""

    def __init__(self, of_database: Callable[[], float]) -> None:
        self.of_database = of_database
        self.files: defaultdict[str, float] = defaultdict(float)
        self.total = 0.0
        self.workers = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Add the time of the test and its fixtures to its file."""
        before = _seconds()
        result = yield
        self.files[item.nodeid.partition("::")[0]] += _seconds() - before
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the times of an xdist worker to the controller."""
        told = getattr(session.config, "workeroutput", None)
        if told is not None:
            told["cost"] = {"files": dict(self.files), "total": _seconds()}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Receive the times of a worker; a crashed one has none."""
        told: Mapping[str, Any] = getattr(node, "workeroutput", {}).get("cost", {})
        self.workers += 1
        for name, seconds in told.get("files", {}).items():
            self.files[name] += seconds
        self.total += told.get("total", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report below the test results."""
        most = sorted(self.files.items(), key=lambda pair: pair[1], reverse=True)[:_MOST]
        files = ", ".join(f"{name} {seconds:,.0f} s" for name, seconds in most)
        workers = f" in {self.workers} workers" if self.workers else ""
        total = self.total if self.workers else _seconds()
        server = self.of_database()
        terminalreporter.write_line(
            f"CPU {total:,.0f} s{workers}, and {server:,.0f} s of PostgreSQL; most in {files}"
        )


def _seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
