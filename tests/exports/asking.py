"""Asks for an export as a client does: start, poll, fetch."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import openpyxl
import pypdfium2

from tests.support.http_client import Client
from tests.support.pump import Pump

Table = list[list[str]]


@dataclass(frozen=True)
class Asking:
    """Somebody who asks for exports."""

    client: Client
    pump: Pump

    def started(self, path: str, method: str = "POST", body: Any = None, **query: str) -> str:
        """The address of the task."""
        address = f"/v1{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        kind = None if body is None else "application/json"
        reply = self.client.request(method, address, body, content_type=kind)
        assert reply.status == 200, reply.text
        task: str = reply.json["task_url"]
        assert reply.json == {"task_url": f"/v1/tasks/{task.split('/')[3]}"}
        assert self.client.get(task).json == {"state": "WAITING"}
        return task

    def ended(self, task: str) -> Any:
        """What is polled once everything has run."""
        self.pump.everything()
        return self.client.get(task).json

    def content(self, path: str, method: str = "POST", body: Any = None, **query: str) -> bytes:
        """The bytes of the file."""
        told = self.ended(self.started(path, method, body, **query))
        assert told["state"] == "SUCCESS", told
        with urlopen(told["result"]["download_url"]) as answer:
            content: bytes = answer.read()
            return content

    def csv(self, path: str, method: str = "POST", body: Any = None, **query: str) -> Table:
        """The cells of a CSV, read strictly."""
        return cells_of(self.content(path, method, body, **query))

    def records(
        self, path: str, method: str = "POST", body: Any = None, **query: str
    ) -> list[Mapping[str, str]]:
        """The rows of a CSV by heading."""
        head, *rows = self.csv(path, method, body, **query)
        return [dict(zip(head, row, strict=True)) for row in rows]

    def sheet(self, path: str, **query: str) -> Any:
        """The sheet of an XLSX."""
        return openpyxl.load_workbook(io.BytesIO(self.content(path, **query))).active

    def pages(self, path: str, method: str = "POST", **query: str) -> list[str]:
        """The texts of the pages of a PDF."""
        document = pypdfium2.PdfDocument(self.content(path, method, **query))
        return [page.get_textpage().get_text_range() for page in document]


def cells_of(content: bytes) -> Table:
    """The cells of a CSV in UTF-8 with a byte order mark, and CRLF after each row."""
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))
