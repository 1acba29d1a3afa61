"""Tracing that is on, towards a daemon of the test's own, with the audit written to a file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib import aws, db, log, telemetry
from chalicelib.settings import settings
from tests.telemetry.daemon import Daemon


@dataclass(frozen=True)
class Audit:
    """The file that the audit is written to."""

    path: Path

    def lines(self, to: str) -> list[Any]:
        """What was told to "xray", "metrics" or "logs", in its order."""
        entries = [json.loads(line) for line in self.text.splitlines()]
        assert all(entry.keys() == {"to", "told"} for entry in entries)
        return [entry["told"] for entry in entries if entry["to"] == to]

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text() if self.path.exists() else ""


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """What listens where X-Ray's daemon would."""
    made = Daemon()
    yield made
    made.close()


@pytest.fixture
def audit(environment: pytest.MonkeyPatch, tmp_path: Path) -> Audit:
    """The audit, switched on."""
    path = tmp_path / "audit.jsonl"
    environment.setenv("TELEMETRY_AUDIT", str(path))
    settings.cache_clear()
    return Audit(path)


@pytest.fixture
def xray(
    environment: pytest.MonkeyPatch, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Daemon]:
    """The daemon, with tracing switched on. Ask for it before `client` and `pump`."""
    environment.setenv("XRAY", "true")
    environment.setenv("AWS_XRAY_DAEMON_ADDRESS", daemon.address)
    monkeypatch.setattr(log, "_complaints", set())
    for made in (settings.cache_clear, telemetry.forget, db.forget, aws.forget):
        made()
    yield daemon
    telemetry.forget()


def lines(said: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of the log since they were last asked for."""
    return [json.loads(line) for line in said.readouterr().err.splitlines()]
