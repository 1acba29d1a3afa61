"""Declares a resource type: model, schema and policy under one name; and the registry of all."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model.attribute import Attribute
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.readable import Readable
from chalicelib.jsonapi.model.relation import Relation, backward, forward
from chalicelib.jsonapi.model.relationship import ToMany, ToOne
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.limits.limit import Exempt, Limit

if TYPE_CHECKING:
    from chalicelib.db import Model
    from chalicelib.jsonapi.model.fields import Schema

# Hooks get a Context first: Any here, as context.py imports this module.
Hook = Callable[[Any, Change], None]
LinkHook = Callable[[Any, Any, Sequence[int], Sequence[int]], None]
ModelClass = type["Model"]  # the field `type` of Resource shadows the builtin inside the class
SchemaClass = type["Schema"]
EVERYTHING = frozenset({"list", "create", "read", "update", "delete"})


@dataclass(eq=False)
class Resource(Readable):
    """A resource type (a noun). `type` is the JSON:API type, `path` the collection's path below /v1.

    model        its table; None for a report
    select_sql   instead of a model: a SELECT with an id and the schema's names as columns; read-only
    singleton    there is one row, with the id 1, which is also at the collection's URL
    identifier   a text column that is accepted wherever the id is
    unlisted     rule: rows that pass are in no list; links to them carry their identifier
    methods      which of list, create, read, update, delete are allowed
    aliases      further paths of the collection
    before_..., after_...  hooks (context, change): raise a Problem to refuse, or set columns
    constraint_errors  constraint name -> (JSON pointer, detail) of the 409 when it is violated
    order        default sort: attribute names; "-" in front means descending
    retain_while SQL condition on ROW: while it holds, the row is not purged
    viewer_after_create  (row) -> viewer that renders the 201 to an anonymous creator
    viewer_with_new_roles  (row, viewer) -> viewer with the roles gained by creating the row
    most_bytes   limit of all texts of one row, in bytes: 20 rows fit into an answer
    limited_by   rate limits of creating one, at whichever URL, or why there are none
    locked_with  a to-one whose target is locked before the row, for this: one lock order for all writers
    before_link  by to-many declared here: (context, row, ids added, ids removed), on either side
    shared       what nobody in particular sees of it may be answered by shared caches (docs/edge.md)
    """

    type: str
    model: ModelClass | None
    schema_class: SchemaClass
    path: str
    policy: Policy
    select_sql: str | None = None
    singleton: bool = False
    identifier: str | None = None
    unlisted: Rule | None = None
    methods: frozenset[str] = EVERYTHING
    aliases: Sequence[str] = ()
    before_write: Sequence[Hook] = ()
    after_write: Sequence[Hook] = ()
    before_delete: Sequence[Hook] = ()
    constraint_errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    order: Sequence[str] = ()
    retain_while: Sql | None = None
    viewer_after_create: Callable[[Any], Viewer] | None = None
    viewer_with_new_roles: Callable[[Any, Viewer], Viewer] | None = None
    most_bytes: int = 240_000
    limited_by: tuple[Limit | Exempt, ...] = ()
    locked_with: str | None = None
    locked_for: Literal["SHARE", "NO KEY UPDATE"] = "SHARE"
    shared: bool = False
    before_link: Mapping[str, LinkHook] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from chalicelib.jsonapi.model.attr import check_noun  # lazy: a compiled noun needs no marshmallow

        check_noun(self.type, self.model, self.schema_class)

    @cached_property
    def schema(self) -> "Schema":
        """The schema instance, created once."""
        return self.schema_class(model=self.model)

    @property
    def model_or_raise(self) -> ModelClass:
        """The model. Raises TypeError for a report."""
        if self.model is None:
            raise TypeError(f"{self.type} is a report and cannot be written")
        return self.model

    @cached_property
    def table(self) -> str:
        """The name of the table."""
        return str(self.model_or_raise.__tablename__)

    @cached_property
    def soft_delete(self) -> bool:
        """Whether its rows have a trash: DELETE sets deleted_at."""
        from chalicelib.db import SoftDeleted  # lazy: a compiled noun needs no SQLAlchemy

        return self.model is not None and issubclass(self.model, SoftDeleted)

    @property
    def is_report(self) -> bool:
        """Whether its rows are computed, and have no table."""
        return self.model is None

    @cached_property
    def columns(self) -> Mapping[str, bool]:
        """The columns of the table by name, and whether each may be null; none for a report."""
        from chalicelib.jsonapi.model.declared_attributes import columns_of  # lazy: as is SQLAlchemy

        return columns_of(self.model) if self.model is not None else {}

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """Every attribute by Python name, in schema order."""
        from chalicelib.jsonapi.model.declared_attributes import attributes_in  # lazy: as is SQLAlchemy

        return {attribute.name: attribute for attribute in attributes_in(self.schema, self.model)}

    @cached_property
    def guarded(self) -> tuple[Attribute, ...]:
        """The attributes with a write rule of their own (set_by)."""
        return tuple(attribute for attribute in self.attributes.values() if attribute.writers is not None)

    def stored_forms(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values by column, in the form in which their fields store them today."""
        from chalicelib.jsonapi.model.texts import stored_form  # lazy: only rows that are rewritten need it

        stored = (member for member in self.attributes.values() if member.computed is None)
        fields = {member.column: member.field for member in stored}
        return {
            name: stored_form(fields[name], value) if name in fields else value
            for name, value in values.items()
        }

    @cached_property
    def declared(self) -> dict[str, ToOne | ToMany]:
        """The relationships declared by this type's own schema, by Python name."""
        return {
            name: value
            for base in reversed(self.schema_class.__mro__)
            for name, value in vars(base).items()
            if isinstance(value, (ToOne, ToMany))
        }

    def column_type(self, column: str) -> str:
        """The SQL type of a column, for casts; those of a report are attributes or ids. Raises KeyError."""
        if self.model is None:
            return self.attributes[column].sql_type if column in self.attributes else "bigint"
        from chalicelib.jsonapi.model.declared_attributes import column_type  # lazy: as is SQLAlchemy

        return column_type(self.model, column)


_LONGEST_PATH = 3  # segments, as in admin/sales/by-events


class Registry:
    """Every resource type, by type and by path, with the relationships between them resolved.

    Viewers hold roles at rows of the type `roles_at`; `proofs` are query parameters with secrets.
    """

    content = counted = frozenset[str]()  # types that a replica is asked about, but for these numbers
    # What follows from all types together, where it is compiled: see http/retry.py, write/dependants.py
    random_keys: frozenset[str] | None = None
    parent_types: tuple[str, ...] | None = None
    after_write: Sequence[Callable[[Any, Resource, Change], None]] = ()  # (context, resource, change)

    def __init__(
        self, resources: Iterable[Resource], *, roles_at: str = "", proofs: frozenset[str] = frozenset()
    ) -> None:
        self.roles_at, self.proofs = roles_at, proofs
        self._by_type: dict[str, Resource] = {}
        self._by_path: dict[str, Resource] = {}
        for resource in resources:
            for path in (resource.path, *resource.aliases):
                if self._by_path.setdefault(path, resource) is not resource:
                    raise ValueError(f"two nouns at /v1/{path}")
            if self._by_type.setdefault(resource.type, resource) is not resource:
                raise ValueError(f"two nouns named {resource.type}")

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_type.values())

    def __getitem__(self, resource_type: str) -> Resource:
        return self._by_type[resource_type]

    def __contains__(self, resource_type: str) -> bool:
        return resource_type in self._by_type

    def at(self, path: tuple[str, ...]) -> tuple[Resource, tuple[str, ...]] | None:
        """The type whose collection the segments below /v1 begin with, and the rest; or None."""
        for length in range(1, min(len(path), _LONGEST_PATH) + 1):
            if (noun := self._noun_at("/".join(path[:length]))) is not None:
                return noun, path[length:]
        return None

    def declared(self, resource_type: str) -> Resource:
        """The resource type as it is declared. A registry of a manifest imports it."""
        return self[resource_type]

    def import_all(self) -> None:
        """Nothing: its resource types are imported. A registry of a manifest has others."""

    def known_dependants(self, resource_type: str, parent: str) -> Sequence[Sequence[str]] | None:
        """(type, table, column) of what depends on a type; None where it is not compiled."""
        return None

    def _noun_at(self, path: str) -> Resource | None:
        return self._by_path.get(path)

    @cached_property
    def relations(self) -> Mapping[str, Mapping[str, Relation]]:
        """Relationships by type and Python name: the declared ones, then the inverses."""
        relations: dict[str, dict[str, Relation]] = {resource.type: {} for resource in self}
        for resource in self:
            for name, declared in resource.declared.items():
                if declared.target in self:
                    relations[resource.type][name] = forward(resource.type, name, declared)
        for resource in self:
            for name, declared in resource.declared.items():
                if declared.inverse is None or declared.target not in self:
                    continue
                inverse = declared.inverse.replace("-", "_")
                if inverse in relations[declared.target]:
                    raise ValueError(f"{declared.target} has two relationships named {inverse}")
                relations[declared.target][inverse] = backward(resource.type, name, declared, inverse)
        return relations

    def relation(self, resource: Resource, name: str) -> Relation:
        """The relationship with this name, dashed or not. Raises KeyError."""
        return self.relations[resource.type][name.replace("-", "_")]

    def related_at(self, resource: Resource, segment: str) -> Relation | None:
        """The relationship at this last segment of a related URL, or None."""
        known, name = self.relations[resource.type], segment.replace("-", "_")
        return known.get(name) or next((each for each in known.values() if segment in each.paths), None)
