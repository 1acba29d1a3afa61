"""The floor: a minimal implementation of the same documents with pg8000's prepared statements and json.dumps.

No routing, no permissions beyond hand-written SQL, no validation: the cost of driver and language alone.
"""

import json
import socket
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pg8000.native
from pg8000.converters import make_params

from benchmarks.cases import PAGE, new_session
from benchmarks.round_trips import counted

_OPENING = '{"jsonapi":{"version":"1.1"},'
_SEEN = "t.state IN ('accepted', 'confirmed') AND t.deleted_at IS NULL"
_EVENT_SEEN = "t.deleted_at IS NULL AND t.state = 'published'"


class Contestant:
    """Answers the cases by hand."""

    def __init__(self, brief: Mapping[str, Any]) -> None:
        self.brief = brief
        self.nouns = brief["nouns"]
        self._documents = brief["documents"]
        self._connection = pg8000.native.Connection(
            "postgres", host="127.0.0.1", port=brief["port"], database=brief["database"], ssl_context=False
        )
        self._connection._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.run("SET TimeZone TO 'UTC'")
        self._prepared: dict[str, Any] = {}
        self._columns = {
            name: ", ".join(["t.id", *(attribute["sql"] for attribute in noun["attributes"])])
            for name, noun in self.nouns.items()
        }

    def ready(self, key: str, id: int) -> Callable[[], tuple[str, float, float]]:
        """The answer to a case, about to be given."""
        answer = getattr(self, f"_case_{key}")
        body = json.dumps(new_session(id, self.brief["tracks"][str(id)]))
        return lambda: (answer(id, body), 0.0, 0.0)

    def round_trips(self, key: str, id: int) -> int:
        """Round trips to the database up to the answer."""
        counter = counted(self._connection)
        answer = self.ready(key, id)
        before = counter.count
        answer()
        return counter.count - before

    def _case_1(self, id: int, _body: str) -> str:
        return self._document("1", id, self._objects("event", f"t.id = $1 AND {_EVENT_SEEN}", id)[0])

    def _case_2(self, id: int, _body: str) -> str:
        events = self._objects("event", f"{_EVENT_SEEN} ORDER BY t.id LIMIT $1", PAGE)
        count = self._rows(f"SELECT count(*) FROM events t WHERE {_EVENT_SEEN}")[0][0]
        return self._document("2", id, events, count=count)

    def _case_3(self, id: int, _body: str) -> str:
        self._rows(f"SELECT 1 FROM events t WHERE t.id = $1 AND {_EVENT_SEEN}", id)
        mine = f"t.event_id = $1 AND {_SEEN}"
        limit = f"{mine} ORDER BY t.id LIMIT {self.brief['sessions']}"
        sessions = self._objects("session", limit, id)
        count = self._rows(f"SELECT count(*) FROM sessions t WHERE {mine}", id)[0][0]
        speakers = self._speakers_of(sessions)
        return self._document("3", id, sessions, speakers, count=count)

    def _case_4(self, id: int, body: str) -> str:
        sent = json.loads(body)["data"]
        given = {name.replace("-", "_"): value for name, value in sent["attributes"].items()}
        given["event_id"] = int(sent["relationships"]["event"]["data"]["id"])
        given["track_id"] = int(sent["relationships"]["track"]["data"]["id"])
        given["creator_id"] = self.brief["user_id"]
        for attribute in self.nouns["session"]["attributes"]:
            if attribute["required"] and attribute["column"] not in given:
                given[attribute["column"]] = "now" if attribute["type"].startswith("timestamp") else "0"
        names = ", ".join(given)
        values = ", ".join(f"${number + 1}" for number in range(len(given)))
        self._connection.execute_simple("begin transaction")
        rows = self._rows(
            f"INSERT INTO sessions AS t ({names}) VALUES ({values}) RETURNING {self._columns['session']}",
            *given.values(),
        )
        self._connection.execute_simple("commit")
        return self._document("4", id, self._object("session", rows[0]))

    def _case_5(self, id: int, _body: str) -> str:
        event = self._objects("event", f"t.id = $1 AND {_EVENT_SEEN}", id)[0]
        sessions = self._objects("session", f"t.event_id = $1 AND {_SEEN} ORDER BY t.id", id)
        speakers = self._speakers_of(sessions)
        own = "t.event_id = $1 AND t.deleted_at IS NULL"
        tracks = self._objects("track", own, id)
        tickets = self._objects("ticket", f"{own} AND NOT t.is_hidden", id)
        for name, linked in (("sessions", sessions), ("tracks", tracks), ("tickets", tickets)):
            event["relationships"][name]["data"] = _identifiers(linked)
        return self._document("5", id, event, [*sessions, *speakers, *tracks, *tickets])

    def _speakers_of(self, sessions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = [int(session["id"]) for session in sessions]
        links = self._rows(
            "SELECT l.session_id, l.speaker_id FROM speakers_sessions l "
            "JOIN speakers t ON t.id = l.speaker_id "
            "WHERE l.session_id = ANY($1::bigint[]) AND t.deleted_at IS NULL ORDER BY l.speaker_id",
            ids,
        )
        by_session: dict[str, list[dict[str, str]]] = defaultdict(list)
        for session_id, speaker_id in links:
            by_session[str(session_id)].append({"type": "speaker", "id": str(speaker_id)})
        for session in sessions:
            session["relationships"]["speakers"]["data"] = by_session[session["id"]]
        return self._objects("speaker", "t.id = ANY($1::bigint[])", [link[1] for link in links])

    def _objects(self, noun: str, where: str, *values: object) -> list[dict[str, Any]]:
        rows = self._rows(
            f"SELECT {self._columns[noun]} FROM {self.nouns[noun]['table']} t WHERE {where}", *values
        )
        return [self._object(noun, row) for row in rows]

    def _object(self, noun: str, row: list[Any]) -> dict[str, Any]:
        about = self.nouns[noun]
        id = str(row[0])
        path = f"/v1/{about['path']}/{id}"
        found: dict[str, Any] = {
            "type": noun,
            "id": id,
            "attributes": {
                attribute["wire"]: value
                for attribute, value in zip(about["attributes"], row[1:], strict=True)
            },
            "relationships": {
                wire: {"links": {"self": f"{path}/relationships/{wire}", "related": f"{path}/{wire}"}}
                for wire in about["relationships"]
            },
            "links": {"self": path},
        }
        return found

    def _document(
        self, key: str, id: int, data: object, included: object = None, count: int | None = None
    ) -> str:
        example = self._documents.get(key, self._documents["1"])
        links = _links(example["links"], self.brief["example"], id)
        if key == "4":
            links["self"] = "/v1/sessions"
        content: dict[str, Any] = {"links": links, "data": data}
        if included is not None:
            content["included"] = included
        if count is not None:
            content["meta"] = {**example["meta"], "count": count}
        text = json.dumps(content, default=_plain, ensure_ascii=False, separators=(",", ":"))
        return _OPENING + text[1:]

    def _rows(self, sql: str, *values: object) -> list[list[Any]]:
        prepared = self._prepared.get(sql)
        if prepared is None:
            prepared = self._prepared[sql] = self._connection.prepare_statement(sql, ())
        name, columns, converters = prepared
        parameters = make_params(self._connection.py_types, values)
        found = self._connection.execute_named(name, parameters, columns, converters, sql)
        return list(found.rows or ())


def _links(links: dict[str, str | None], example: int, id: int) -> dict[str, str | None]:
    return {
        name: link and link.replace(f"/events/{example}", f"/events/{id}") for name, link in links.items()
    }


def _identifiers(linked: list[dict[str, Any]]) -> list[dict[str, str]]:
    return sorted(
        ({"type": resource["type"], "id": resource["id"]} for resource in linked),
        key=lambda resource: int(resource["id"]),
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value).__name__)
