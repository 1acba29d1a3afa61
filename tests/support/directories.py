"""Directories for tests that start PostgreSQL, which as root runs as another user."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """An empty directory outside of pytest's own, which each run of pytest closes to all other users."""
    directory = Path(tempfile.mkdtemp(prefix="test-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)
