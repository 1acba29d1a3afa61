"""Asks for archives and imports them as a client does."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest

from tests.exports.asking import Asking
from tests.support.databases import TestDatabase
from tests.support.http_client import Client
from tests.support.pump import Pump


@dataclass(frozen=True)
class Archive:
    """The files of a zip."""

    content: bytes

    @property
    def zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.content))

    @property
    def files(self) -> dict[str, bytes]:
        with self.zip as opened:
            assert opened.testzip() is None
            return {name: opened.read(name) for name in opened.namelist()}

    @property
    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self.files["manifest.json"])
        return manifest

    def documents(self, type_name: str) -> list[dict[str, Any]]:
        data: list[dict[str, Any]] = json.loads(self.files[f"documents/{type_name}.json"])["data"]
        return data


@dataclass(frozen=True)
class Office:
    """Somebody who exports and imports archives."""

    client: Client
    pump: Pump
    database: TestDatabase

    def as_(self, user: Any) -> "Office":
        """The same for somebody else."""
        return Office(self.client.signed_in_as(user), self.pump, self.database)

    def exported(self, event: Any, **flags: bool) -> Archive:
        """The archive of an event."""
        asking = Asking(self.client, self.pump)
        return Archive(asking.content(f"/events/{event}/exports/archive", body=flags))


@pytest.fixture
def office(client: Client, pump: Pump, database: TestDatabase) -> Office:
    return Office(client, pump, database)
