"""Parses the filter language: JSON text in the query string to conditions. Every mistake is a 400."""

import json
import re
from decimal import Decimal
from typing import Any

from chalicelib.jsonapi.ground.errors import Problem, bad_parameter
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.query import values
from chalicelib.jsonapi.query.filters import COMPARE, LIKE, LISTS, All, AnyOf, Compare, Node, Not, Related
from chalicelib.jsonapi.query.trigrams import has_trigram

MOST_CONDITIONS = 100
DEEPEST = 10
_LARGEST_ID = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # lone surrogates are not valid text
_HALF_AN_ESCAPE = re.compile(r"(?<!\\)(\\\\)*\\\Z")
_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1}
_MOST_DIGITS = 1000
_JOINS = {"and", "or", "not"}
_COMPARES = {"name", "op", "val", "field"}
_SPELLINGS = {
    "==": "eq", "!=": "ne", ">": "gt", ">=": "ge", "<": "lt", "<=": "le",
    "in": "in_", "notin": "notin_", "not_in": "notin_", "is_": "is", "is_not": "isnot",
    "not_like": "notlike", "not_ilike": "notilike",
}  # fmt: skip


class FilterReader:
    """Parses the conditions of one request; `values` collects the compared values by parameter key."""

    def __init__(self, registry: Registry, parameter: str) -> None:
        self.registry = registry
        self.parameter = parameter
        self.values: dict[object, object] = {}
        self._count = 0

    def language(self, resource: Resource, text: str) -> list[Node]:
        """Conditions from the JSON text of the `filter` parameter; blank means none. Raises Problem 400."""
        try:
            conditions = json.loads(text) if text.strip() else []
        except RecursionError:
            raise self._refuse("The filter is nested too deeply.") from None
        except ValueError:
            raise self._refuse("The filter is not valid JSON.") from None
        if isinstance(conditions, dict):
            conditions = [conditions]
        if not isinstance(conditions, list):
            raise self._refuse("The filter must be a JSON array of conditions.")
        return self._conditions(resource, conditions, 0)

    def simple(self, resource: Resource, name: str, text: str) -> list[Node]:
        """The condition `filter[name]=text`; the name may be a path over relationships, with dots."""
        return [self._named(resource, name.replace(".", "__"), "eq", {"val": text}, 1)]

    def _conditions(self, resource: Resource, given: list[object], depth: int) -> list[Node]:
        nodes = (self._condition(resource, condition, depth + 1) for condition in given)
        return [node for node in nodes if node is not None]

    def _condition(self, resource: Resource, given: object, depth: int) -> Node | None:
        """None for an empty condition: old clients send {"or": []} for no search."""
        self._count += 1
        if depth > DEEPEST:
            raise self._refuse(f"Filters may be nested {DEEPEST} deep.")
        if self._count > MOST_CONDITIONS:
            raise self._refuse(f"At most {MOST_CONDITIONS} conditions.")
        if isinstance(given, list):
            together = tuple(self._conditions(resource, given, depth))
            return All(together) if together else None
        if not isinstance(given, dict):
            raise self._refuse("A condition is a JSON object.")
        self._demand_members(given)
        for word, join in (("and", All), ("or", AnyOf)):
            if word in given:
                if not isinstance(given[word], list):
                    raise self._refuse(f"{word!r} takes an array of conditions.")
                below = tuple(self._conditions(resource, given[word], depth))
                return join(below) if below else None
        if "not" in given:
            inner = given["not"]
            opposite = None if inner in (None, [], {}) else self._condition(resource, inner, depth + 1)
            return None if opposite is None else Not(opposite)
        name, op = given.get("name"), given.get("op")
        if not isinstance(name, str) or not isinstance(op, str):
            raise self._refuse('A condition needs "name" and "op".')
        if not {"val", "field"} & given.keys() and op not in {"has", "any"}:
            raise self._refuse('A condition compares with a "val" or a "field".')
        return self._named(resource, name, _SPELLINGS.get(op, op), given, depth)

    def _demand_members(self, given: dict[str, Any]) -> None:
        """Refuse unknown members: a condition is either a join of others or a comparison."""
        words = given.keys() & _JOINS
        unknown = given.keys() - (words or _COMPARES)
        if len(words) > 1 or unknown:
            odd = max(unknown or words)
            raise self._refuse(f"{odd!r:.50} does not belong into this condition.")

    def _named(self, resource: Resource, name: str, op: str, given: dict[str, Any], depth: int) -> Node:
        python_name = name.replace("-", "_")
        relations = self.registry.relations[resource.type]
        head, _, rest = python_name.partition("__")
        if rest and head in relations:
            self._count += 1
            if depth > DEEPEST or self._count > MOST_CONDITIONS:
                raise self._refuse("The filter is nested too deeply.")
            target = self.registry[relations[head].target]
            return Related(head, self._named(target, rest, op, given, depth + 1))
        if python_name in relations:
            return self._on_relation(relations[python_name], op, given, depth)
        return self._on_attribute(resource, python_name, op, given)

    def _on_relation(self, relation: Relation, op: str, given: dict[str, Any], depth: int) -> Node:
        target = self.registry[relation.target]
        value = given.get("val")
        if op in {"has", "any"}:
            inner = None if value is None else self._condition(target, value, depth + 1)
            return Related(relation.name, inner or All(()))
        if op in {"is", "eq"} and value is None:
            return Not(Related(relation.name, All(())))
        if op in {"isnot", "ne"} and value is None:
            return Related(relation.name, All(()))
        if op == "eq":
            return Related(relation.name, self._on_attribute(target, "id", "eq", given))
        raise self._refuse(f"{relation.wire!r} is a relationship: use has, any, is or isnot.")

    def _on_attribute(self, resource: Resource, name: str, op: str, given: dict[str, Any]) -> Node:
        name = resource.wire_names.get(name, name)
        attribute = resource.readable.get(name)
        if attribute is None and name != "id":
            raise self._refuse(f"{resource.type} has no attribute {name.replace('_', '-')!r} to filter by.")
        if "field" in given and "val" not in given:
            return self._two_columns(resource, name, op, given["field"])
        value = given.get("val")
        if (op in {"eq", "is"}) and value is None:
            return Compare(name, "null")
        if (op in {"ne", "isnot"}) and value is None:
            return Compare(name, "notnull")
        if attribute is not None and attribute.sql_type == "JSONB":
            raise self._refuse(f"{attribute.wire!r} can only be compared with null.")
        op = {"is": "eq", "isnot": "ne"}.get(op, op)
        if op in LIKE:
            if not isinstance(value, str):
                raise self._refuse(f"{op} takes a text.")
            if _HALF_AN_ESCAPE.search(value):
                raise self._refuse("A pattern cannot end in an unescaped backslash.")
            indexed = op == "ilike" and attribute is not None and attribute.searched is not None
            key = self._keep(self._text(value))
            return Compare(name, op, (key,), indexed=indexed and has_trigram(value))
        if op in LISTS or op == "between":
            if not isinstance(value, list) or (op == "between" and len(value) != 2):
                raise self._refuse(f"{op} takes an array{' of two values' if op == 'between' else ''}.")
            items = [self._value(attribute, item) for item in value]
            keys = [items] if op in LISTS else items
            return Compare(name, op, tuple(self._keep(key) for key in keys))
        if op not in COMPARE:
            raise self._refuse(f"{op!r} is not an operator of the filter language.")
        converted = self._value(attribute, value)
        if isinstance(converted, bool):
            return Compare(name, op, truth=converted)
        return Compare(name, op, (self._keep(converted),))

    def _two_columns(self, resource: Resource, name: str, op: str, field: object) -> Node:
        other = field.replace("-", "_") if isinstance(field, str) else ""
        other = resource.wire_names.get(other, other)
        if other not in resource.readable and other != "id":
            raise self._refuse(f"{resource.type} has no attribute {field!r} to compare with.")
        if op not in COMPARE:
            raise self._refuse("Two attributes are compared by eq, ne, gt, ge, lt or le.")
        types = {"bigint" if key == "id" else resource.readable[key].sql_type for key in (name, other)}
        if len(types) > 1 or types == {"JSONB"}:
            raise self._refuse(f"{name!r} and {other!r} cannot be compared with each other.")
        return Compare(name, op, other=other)

    def _text(self, value: str) -> str:
        if _UNSTORABLE.search(value):
            raise self._refuse("This text holds a character that cannot be stored.")
        return value

    def _value(self, attribute: Attribute | None, value: object) -> object:
        if isinstance(value, str):
            self._text(value)
        if attribute is None:
            if not re.fullmatch(r"-?[0-9]{1,19}", str(value)) or abs(int(str(value))) > _LARGEST_ID:
                raise self._refuse(f"An id is a whole number, not {value!r:.100}.")
            return int(str(value))
        try:
            converted = values.converted(attribute, value)
        except (ValueError, TypeError, KeyError, ArithmeticError):
            raise self._refuse(f"{value!r:.100} is no value for {attribute.wire!r}.") from None
        if _is_out_of_range(converted, attribute.sql_type):
            raise self._refuse(f"{value!r:.100} is out of range for {attribute.wire!r}.")
        return converted

    def _keep(self, value: object) -> str:
        key = f"f{len(self.values)}"
        self.values[key] = [_as_text(item) for item in value] if isinstance(value, list) else _as_text(value)
        return key

    def _refuse(self, detail: str) -> Problem:
        return bad_parameter(self.parameter, detail)


def _is_out_of_range(value: object, sql_type: str) -> bool:
    """Whether PostgreSQL would refuse the value, without naming the condition."""
    if isinstance(value, int) and not isinstance(value, bool):
        largest = _LARGEST.get(sql_type.lower(), _LARGEST_ID)
        return not -largest - 1 <= value <= largest
    return isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > _MOST_DIGITS


def _as_text(value: object) -> object:
    # All values are sent as text and cast by PostgreSQL, so that arrays work alike.
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
