"""Resource types compiled to plain values: what a read needs of one, without SQLAlchemy and marshmallow.

A value is a JSON value, or a list that begins with a tag: a rule by its class, a piece of SQL, a tuple or a
set. deploy/compiled.py writes them. Whatever is not compiled is looked up in the declaration, which is then
imported.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ground.sql import FALSE, LATERAL, LINK, ROW, TRUE, Ids, Param, Row, Sql
from chalicelib.jsonapi.model import rules
from chalicelib.jsonapi.model.attribute import Selected
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.readable import Readable
from chalicelib.jsonapi.model.relation import Relation
from chalicelib.jsonapi.model.rules import Rule

if TYPE_CHECKING:
    from chalicelib.jsonapi.model.attribute import Attribute
    from chalicelib.jsonapi.model.resource import Resource

# Constants by tag: rows are compared by identity.
ROWS: Final[Mapping[str, Row]] = {"row": ROW, "link": LINK, "lateral": LATERAL}
CONDITIONS: Final[Mapping[str, Sql]] = {"true": TRUE, "false": FALSE}
RULES: Final[Mapping[str, type[Rule]]] = {
    name: value
    for name, value in vars(rules).items()
    if isinstance(value, type) and issubclass(value, Rule) and value is not Rule
}


def decoded(value: Any) -> Any:
    """The value that was encoded as this. Raises KeyError for an unknown tag."""
    if type(value) is not list:
        return value
    tag, *parts = value
    return _DECODERS[tag](parts)


@cache
def _row(alias: str) -> Row:
    """The row of a subselect in a declaration."""
    return Row(alias)


def _rule(kind: type[Rule]) -> Callable[[list[Any]], Rule]:
    return lambda parts: kind(*map(decoded, parts))


_DECODERS: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "tuple": lambda parts: tuple(map(decoded, parts)),
    "set": lambda parts: frozenset(map(decoded, parts)),
    "kind": lambda parts: Kind(parts[0]),
    "sql": lambda parts: Sql(map(decoded, parts)),
    "condition": lambda parts: CONDITIONS[parts[0]],
    "column": lambda parts: ROWS[parts[0]][parts[1]],
    "column of": lambda parts: _row(parts[0])[parts[1]],
    "param": lambda parts: Param(decoded(parts[0]), parts[1]),
    "ids": lambda parts: Ids(*map(decoded, parts)),
    **{name: _rule(kind) for name, kind in RULES.items()},
}


class CompiledAttribute(Selected):
    """What a read needs of an attribute; the rest is looked up in the declared one. See Attribute."""

    __slots__ = (
        *("_declared", "column", "compared_as", "computed", "is_hidden", "lateral", "live", "name"),
        *("scope", "searched", "sql_type", "wire"),
    )

    def __init__(self, contents: list[Any], values: "Values", declared: Callable[[str], "Attribute"]) -> None:
        name, wire, column, sql_type, computed, lateral, scope, *flags = contents
        compared_as, is_hidden, live, searched = flags
        self.name: str = name
        self.wire: str = wire
        self.column: str = column
        self.sql_type: str = sql_type
        self.computed: Sql | None = values[computed]
        self.lateral: Sql | None = values[lateral]
        self.scope: Rule | None = values[scope]
        self.compared_as: str = compared_as
        self.is_hidden: bool = is_hidden
        self.live: bool = live
        self.searched: str | None = searched
        self._declared = declared

    def __getattr__(self, name: str) -> Any:
        return getattr(self._declared(self.name), name)


class Values:
    """The frozen values of one resource type, by number: each is decoded once, when it is asked for."""

    def __init__(self, encoded: list[Any]) -> None:
        self._encoded = encoded
        self._decoded: dict[int | None, Any] = {None: None}

    def __getitem__(self, number: int | None) -> Any:
        if number not in self._decoded:
            self._decoded[number] = decoded(self._encoded[number or 0])
        return self._decoded[number]


class CompiledResource(Readable):
    """A resource type as compiled, with the members of Resource; `declared` imports that, for the rest."""

    def __init__(self, contents: Mapping[str, Any], declared: "Callable[[], Resource]") -> None:
        self._contents = contents
        self._declared = declared
        self.values = Values(contents["values"])
        self.type: str = contents["type"]
        self.path: str = contents["path"]
        self.select_sql: str | None = contents["select_sql"]
        self.table: str = contents["table"]
        self.singleton: bool = contents["singleton"]
        self.identifier: str | None = contents["identifier"]
        self.soft_delete: bool = contents["soft_delete"]
        self.is_report: bool = contents["is_report"]
        self.shared: bool = contents["shared"]
        self.methods = frozenset(contents["methods"])
        self.aliases: tuple[str, ...] = tuple(contents["aliases"])
        self.order: tuple[str, ...] = tuple(contents["sorted_by"])
        self.columns: Mapping[str, bool] = contents["columns"]
        self.dependants: Mapping[str, list[list[str]]] = contents["dependants"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._declared(), name)

    @cached_property
    def policy(self) -> Policy:
        """Its permissions."""
        described = self._contents["policy"]
        given = {name: self.values[number] for name, number in described["rules"].items()}
        return Policy(**given, materialize_ids=described["materialize_ids"])

    @cached_property
    def unlisted(self) -> Rule | None:
        """Which rows are in no list."""
        rule: Rule | None = self.values[self._contents["unlisted"]]
        return rule

    @property
    def relations(self) -> Iterator[Relation]:
        """Its relationships, the inverses of others' included."""
        for entry in self._contents["relations"]:
            given = {
                **entry,
                "owner": self.type,
                "paths": tuple(entry.get("paths", ())),
                "prefetch": tuple(entry.get("prefetch", ())),
                "scope": self.values[entry.get("scope")],
                "where": self.values[entry.get("where")],
            }
            yield Relation(**given)

    @cached_property
    def attributes(self) -> "Mapping[str, Attribute]":
        """Every attribute by Python name, in schema order."""

        def declared(name: str) -> "Attribute":
            return self._declared().attributes[name]

        made = (CompiledAttribute(entry, self.values, declared) for entry in self._contents["attributes"])
        attributes: Any = {attribute.name: attribute for attribute in made}
        return attributes  # type: ignore[no-any-return]

    def column_type(self, column: str) -> str:
        """The SQL type of a column, for casts. Raises KeyError."""
        if self.is_report:
            return self.attributes[column].sql_type if column in self.attributes else "bigint"
        return str(self._contents["column_types"][column])
