"""Where an attribute takes null and its column does not, or the other way round: listed, with the reason."""

import re
from pathlib import Path
from typing import Any

from chalicelib.resources import REGISTRY

DOCS = Path(__file__).resolve().parents[2] / "docs" / "nullability.md"
ROW = re.compile(r"^\| (?!noun )([a-z_-]+) \| ([a-z0-9-]+) \| (.{20,}) \|$", re.MULTILINE)


def different() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The attributes that take null though their column does not, and those that refuse it though it does."""
    found: tuple[set[tuple[str, str]], set[tuple[str, str]]] = (set(), set())
    for resource in REGISTRY:
        columns: Any = resource.model.__table__.columns if resource.model is not None else {}
        for attribute in resource.attributes.values():
            column = columns.get(attribute.column)
            if column is None or attribute.field.dump_only or attribute.field.allow_none == column.nullable:
                continue
            found[bool(column.nullable)].add((resource.type, attribute.wire))
    return found


def listed() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The same as docs/nullability.md says it."""
    taken, refused = DOCS.read_text(encoding="utf-8").split("## Null is refused")
    return {item[:2] for item in ROW.findall(taken)}, {item[:2] for item in ROW.findall(refused)}


def test_every_difference_is_listed_and_explained() -> None:
    assert different() == listed()
