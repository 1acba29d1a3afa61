"""What the suite costs: the seconds of CPU at its end, and the files that took most of them.

It is told and not judged: how long things take depends on the machine.
"""

import os
from collections import defaultdict
from collections.abc import Generator, Mapping
from typing import Any

import pytest

_MOST = 5


class Cost:
    """A plugin that adds up the CPU time of this process and of the processes that it has waited for."""

    def __init__(self) -> None:
        self.files: defaultdict[str, float] = defaultdict(float)
        self.total = 0.0
        self.workers = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Add what the test and its fixtures take to its file."""
        before = _seconds()
        result = yield
        self.files[item.nodeid.partition("::")[0]] += _seconds() - before
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let a worker of xdist tell the controller; whoever has no workers tells it itself."""
        told = getattr(session.config, "workeroutput", None)
        if told is not None:
            told["cost"] = {"files": dict(self.files), "total": _seconds()}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker tells; one that has crashed tells nothing."""
        told: Mapping[str, Any] = getattr(node, "workeroutput", {}).get("cost", {})
        self.workers += 1
        for name, seconds in told.get("files", {}).items():
            self.files[name] += seconds
        self.total += told.get("total", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell it below the tests' own results."""
        most = sorted(self.files.items(), key=lambda one: one[1], reverse=True)[:_MOST]
        files = ", ".join(f"{name} {seconds:,.0f} s" for name, seconds in most)
        workers = f" in {self.workers} workers" if self.workers else ""
        total = self.total if self.workers else _seconds()
        terminalreporter.write_line(f"CPU without PostgreSQL: {total:,.0f} s{workers}; most in {files}")


def _seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
