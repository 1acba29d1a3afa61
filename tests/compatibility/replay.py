"""Sends the calls of a client's day as the client does, and says what it misses in the answers."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote
from urllib.request import urlopen

from chalicelib import clock
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from tests.compatibility.expectations import Call, ClientFile, Day
from tests.compatibility.needs import at, unmet
from tests.compatibility.world import AnyClient, World
from tests.support.http_client import Reply

_NAME: Final = re.compile(r"\$\(([a-z][a-z ]*)\)")


class Replay:
    """A client at work: what it sends, with what it has kept of earlier answers.

    `run_tasks` is what other processes do while a request waits for a document.
    """

    def __init__(
        self, client: AnyClient, world: World, file: ClientFile, run_tasks: Callable[[], object]
    ) -> None:
        self._run_tasks = run_tasks
        self._client = client.with_headers(file.headers)
        self._world = world
        self._kept: dict[str, Any] = {}

    def missed(self, day: Day) -> Iterator[str]:
        """What the day's clicks miss, in words, after each call."""
        self._kept = {}
        for call in day.calls:
            where = f"{call.purpose}: {call.method} {call.path}"
            try:
                reply = self._sent(call, day)
            except LookupError as unknown:
                yield f"{where}: nothing is known of {unknown}"
                continue
            yield from (f"{where}: {item}" for item in self._unmet(call, reply))

    def _unmet(self, call: Call, reply: Reply) -> list[str]:
        wanted = call.missing or call.needs["status"]
        if reply.status != wanted:
            if call.missing:
                return [
                    f"it answers {reply.status} now: take `missing` out of the file, and make compatibility"
                ]
            return [f"status {reply.status}, not {wanted}: {reply.text[:700]}"]
        if call.missing:
            return []
        document = reply.json if "json" in reply.headers.get("content-type", "") else None
        needs = {path: self._filled(value) for path, value in call.needs.items()}
        found = unmet(document, needs)
        for name, path in call.keep.items():
            try:
                self._kept[name] = at(document, path)
            except LookupError:
                found.append(f"{path} is not there, to be kept")
        return found

    def _sent(self, call: Call, day: Day) -> Reply:
        pairs = [
            (name, value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))
            for name, value in self._filled(call.query).items()
        ]
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        body, headers = self._body(call)
        path = self._filled(call.path)
        if query:
            path += ("&" if "?" in path else "?") + query
        asking = self._signed_in(call.sender or day.sender)
        reply = asking.request(call.method, path, body=body, headers=headers)
        if reply.status == 503:
            self._run_tasks()
            reply = asking.request(call.method, path, body=body, headers=headers)
        return _followed(reply)

    def _body(self, call: Call) -> tuple[bytes | None, dict[str, str]]:
        """The body of a request, and its Content-Type."""
        if call.file:
            return _form(call.file)
        sent = self._record(call.back) if call.back else self._filled(call.body)
        if sent is None:
            return None, {}
        return json.dumps(sent).encode(), {"Content-Type": call.media_type or MEDIA_TYPE}

    def _record(self, back: Mapping[str, Any]) -> Any:
        """The document of a record that was kept: all its attributes, and its to-one links that are known."""
        kept = self._kept[back["of"]]
        attributes = {**kept["attributes"], **self._filled(back.get("set", {}))}
        links = {name: value for name, value in kept.get("relationships", {}).items() if value.get("data")}
        one = {"type": kept["type"], "id": kept["id"], "attributes": attributes}
        return {
            "data": {**one, "relationships": {name: {"data": link["data"]} for name, link in links.items()}}
        }

    def _signed_in(self, sender: str) -> AnyClient:
        if sender == "nobody":
            return self._client
        token = self._kept.get("token")
        return self._client.signed_in_as(token or self._world.accounts[sender])

    def _filled(self, value: Any) -> Any:
        """The value with names of the world filled in."""
        if isinstance(value, dict):
            return {name: self._filled(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, str):
            return _NAME.sub(lambda actual: self._named(actual[1]), value)
        return value

    def _named(self, name: str) -> str:
        now = clock.now()
        moments = {"now": 0, "later": 1, "next week": 7, "in ten days": 10, "in eleven days": 11}
        if name in moments:
            return f"{now + timedelta(days=moments[name]):%Y-%m-%dT%H:%M:%S}.000Z"
        if name == "today":
            return f"{now:%Y-%m-%d}"
        return str(self._kept[name]) if name in self._kept else self._world.names[name]


def _followed(reply: Reply) -> Reply:
    """The answer that a browser gives to a page: redirects are followed, without credentials."""
    if reply.status != 302:
        return reply
    with urlopen(reply.headers["location"], timeout=10) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        content = answer.read()
        return Reply(answer.status, headers, content.decode(errors="replace"), len(content), (), content)


def _form(file: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """A form with one file, as browsers send it. Source: RFC 7578."""
    boundary = "----FormBoundary7MA4YWxkTrZu0gW"
    disposition = f'form-data; name="{file["field"]}"; filename="{file["name"]}"'
    head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {file['type']}\r\n\r\n"
    body = f"{head}{file['content']}\r\n--{boundary}--\r\n"
    return body.encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}
