"""The facts that existing clients rely on, in a compact form: types, attributes, relationships, URLs."""

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KEPT = HERE / "facts.json"
SOURCE = HERE.parents[2] / "shared" / "reference" / "catalogue.json"

_LIMITS = ("min", "max", "enum", "min_length", "max_length")
_FLAGS = ("required", "nullable", "read_only", "write_only")


def compact(catalogue: dict[str, Any]) -> dict[str, Any]:
    """Per type: attributes {name: [kind, flags, limits]}, relationships {name: [target, kind]}, urls."""
    return {resource["type"]: _resource(resource) for resource in catalogue["resources"]}


def kept() -> dict[str, Any]:
    """The copy that lives here."""
    facts: dict[str, Any] = json.loads(KEPT.read_text())
    return facts


def _resource(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "attributes": {attribute["name"]: _attribute(attribute) for attribute in resource["attributes"]},
        "relationships": {
            relationship["name"]: [relationship["target"], relationship["kind"]]
            for relationship in resource["relationships"]
        },
        "requires": resource["create_requires"],
        "soft_delete": resource["soft_delete"],
        "urls": _urls(resource),
    }


def _attribute(one: dict[str, Any]) -> list[Any]:
    flags = [flag for flag in _FLAGS if one.get(flag)]
    limits = {limit: one[limit] for limit in _LIMITS if limit in one}
    return [one["type"], flags, limits]


def _urls(resource: dict[str, Any]) -> list[list[Any]]:
    """[path with {}, methods] for every address that is not marked broken."""
    found = [item for item in (resource["collection"], resource["detail"]) if item]
    for kind in ("list_paths", "detail_paths", "relationship_paths"):
        found += [item for item in resource[kind] if not item.get("broken")]
    urls = {(re.sub(r"\{[^}]*\}", "{}", item["path"]), tuple(sorted(item["methods"]))) for item in found}
    return [[path, list(methods)] for path, methods in sorted(urls)]


if __name__ == "__main__":
    text = json.dumps(compact(json.loads(SOURCE.read_text())), separators=(",", ":"), sort_keys=True)
    KEPT.write_text(text.replace('},"', '},\n"') + "\n")
