"""Asks for archives and imports them as a client does."""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.exports.asking import Asking
from tests.support.databases import TestDatabase
from tests.support.http_client import Client, Reply
from tests.support.pump import Pump

IMPORT = "/v1/events/import/json"
BOUNDARY = "the-parts-of-a-form"


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

    def send(self, content: bytes, path: str = IMPORT, name: str = "event.zip", **query: str) -> Reply:
        """POST of a zip, as a browser does."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self.client.request("POST", path, query=query, body=body, content_type=kind)

    def stored(self, content: bytes) -> str:
        """The name of a zip that was sent by presigned POST, as a large one is."""
        opened = self.client.post("/v1/import-files").json
        self.posted(opened, content)
        return str(opened["file"])

    def posted(self, opened: Any, content: bytes) -> None:
        """POST of a zip by a form that was opened before."""
        head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
        fields = "".join(
            f'{head}"{name}"\r\n\r\n{value}\r\n' for name, value in opened["form"]["fields"].items()
        )
        body = f'{fields}{head}"file"; filename="event.zip"\r\n\r\n'.encode()
        body += content + f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        with urlopen(Request(opened["form"]["url"], body, headers, method="POST")) as answer:
            assert answer.status == 204

    def told(self, content: bytes, path: str = IMPORT, **query: str) -> Any:
        """What is polled once the import is over."""
        reply = self.send(content, path, **query)
        assert reply.status == 200, reply.text
        task = reply.json["task_url"]
        self.pump.everything()
        return self.client.get(task).json

    def imported(self, content: bytes, path: str = IMPORT, **query: str) -> Any:
        """The result of an import that succeeds."""
        told = self.told(content, path, **query)
        assert told["state"] == "SUCCESS", refusals(told["result"])
        return told["result"]


def refusals(result: Any) -> Any:
    """Why a result is a failure."""
    refused = [entry for entry in result.get("entries", ()) if entry["action"] == "refused"]
    return json.dumps(refused or result, indent=1)


def differences(before: Archive, after: Archive) -> list[str]:
    """The files that differ, with the first words that do; the manifest may."""
    ours, theirs = before.files, after.files
    assert list(ours) == list(theirs)
    lines = []
    for name in ours:
        if name != "manifest.json" and ours[name] != theirs[name]:
            pairs = zip_longest(*(re.split(rb"[,\n]", file) for file in (ours[name], theirs[name])))
            lines.append(f"{name}: {[pair for pair in pairs if pair[0] != pair[1]][:3]}")
    return lines


@pytest.fixture
def office(client: Client, pump: Pump, database: TestDatabase) -> Office:
    return Office(client, pump, database)
