"""Descriptions of the resource types in the cases, so that the peers can produce the same documents.

Taken from documents that the API shows to an anonymous viewer: nothing else has to be shown by a contestant.
"""

import json
from typing import Any

from benchmarks.cases import CASES, SESSIONS, target
from benchmarks.ours import ask
from chalicelib.jsonapi.ground.sql import Row, Sql, render
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY

TYPES = ("event", "session", "speaker", "track", "ticket")


def described(event_id: int) -> dict[str, Any]:
    """For each noun its table, attributes and relationships, and for each reading case its document."""
    documents = {
        case.key: json.loads(ask("GET", target(case, event_id))) for case in CASES if case.method == "GET"
    }
    whole = documents["5"]
    shown = {document["type"]: document for document in [whole["data"], *whole["included"]]}
    return {
        "example": event_id,
        "documents": documents,
        "nouns": {name: _noun(REGISTRY[name], shown[name], event_id) for name in TYPES},
        "sessions": SESSIONS,
    }


def _text(value: Sql) -> str:
    """The SQL of an attribute; a parameter is the address of the API, which no document shows here."""
    return render(value).text.replace("$1::text", "'https://api.example.org'::text")


def _noun(resource: Resource, shown: dict[str, Any], event_id: int) -> dict[str, Any]:
    columns = resource.model_or_raise.__table__.columns
    attributes = []
    for name, attribute in resource.readable.items():
        if attribute.wire not in shown["attributes"]:
            continue
        column = columns.get(attribute.column)
        attributes.append(
            {
                "name": name,
                "wire": attribute.wire,
                "column": attribute.column if column is not None else None,
                "sql": _text(attribute.sql(Row("t"))),
                "type": attribute.sql_type.lower(),
                "required": column is not None and not column.nullable,
            }
        )
    here = f"/v1/{resource.path}/{shown['id']}/"
    there = f"/v1/{resource.path}/{{id}}/"
    relationships = {
        wire: json.loads(json.dumps({"links": member["links"]}).replace(here, there))
        for wire, member in shown.get("relationships", {}).items()
    }
    return {
        "path": resource.path,
        "table": resource.table,
        "attributes": attributes,
        "relationships": relationships,
    }
