"""Temporary directories that PostgreSQL can access when it runs as another user than root."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """An empty directory outside of pytest's own, which other users cannot access."""
    directory = Path(tempfile.mkdtemp(prefix="test-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)
