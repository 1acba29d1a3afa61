"""The former installation of the fixtures: its database, loaded as an operator loads a dump, and its files."""

import gzip
import json
import os
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from devstack import database
from devstack.postgres import BINARIES
from tests.support.servers import DatabaseServer

FIXTURES: Final = Path(__file__).parent / "fixtures"
# The embedded server has no citext.
_CITEXT: Final = ("CREATE EXTENSION IF NOT EXISTS citext", "COMMENT ON EXTENSION citext")


@contextmanager
def loaded(server: DatabaseServer) -> Iterator[str]:
    """The URL of the former database, for the block."""
    name = f"{server.run}_former_{uuid.uuid4().hex[:8]}"
    database.create_if_missing(server.url, name)
    url = database.named(server.url, name)
    try:
        psql(url, _dump())
        yield url
    finally:
        database.drop(server.url, name)


def psql(url: str, sql: str) -> None:
    """Run a script, with COPY ... FROM stdin."""
    command = [str(BINARIES / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, url]
    subprocess.run(command, input=sql.encode(), check=True)


def unpacked(directory: Path) -> Path:
    """Unpack the files of the installation; gives the folder."""
    with tarfile.open(FIXTURES / "former-media.tar.gz") as archive:
        archive.extractall(directory, filter="data")
    return directory


@cache
def answers() -> dict[str, Any]:
    """What the former server answered."""
    found: dict[str, Any] = json.loads(gzip.decompress((FIXTURES / "former-answers.json.gz").read_bytes()))
    return found


@cache
def passwords() -> dict[str, str | None]:
    """Passwords by the address as it is stored."""
    found: dict[str, str | None] = json.loads((FIXTURES / "former-passwords.json").read_text())
    return found


@cache
def _dump() -> str:
    text = gzip.decompress((FIXTURES / "former.sql.gz").read_bytes()).decode()
    lines = (line for line in text.split("\n") if not line.startswith(_CITEXT))
    return "\n".join(lines).replace("public.citext", "text")
