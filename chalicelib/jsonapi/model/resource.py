"""What a noun is: a model, a schema and a policy under one name, and the registry of all of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from marshmallow import fields as marshmallow_fields
from sqlalchemy.dialects import postgresql

from chalicelib.auth.viewer import Viewer
from chalicelib.db import Model, SoftDeleted
from chalicelib.jsonapi.ground.options import Options
from chalicelib.jsonapi.model.attr import check_noun
from chalicelib.jsonapi.model.attribute import REPORTED, Attribute
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.fields import Computed, Schema, ToMany, ToOne
from chalicelib.jsonapi.model.policy import Policy
from chalicelib.jsonapi.model.relation import Relation, backward, forward
from chalicelib.jsonapi.model.rules import Rule
from chalicelib.jsonapi.model.texts import stored_form
from chalicelib.limits.limit import Limit

# What a hook is given first is a Context, which has a registry of nouns: here nothing is known of it yet.
Hook = Callable[[Any, Change], None]
LinkHook = Callable[[Any, Any, Sequence[int], Sequence[int]], None]

# Spelled here because the field `type` of Resource shadows the builtin in its own class.
ModelClass = type[Model]
SchemaClass = type[Schema]

EVERYTHING = frozenset({"list", "create", "read", "update", "delete"})


@dataclass(eq=False)
class Resource:
    """A noun. `type` is the JSON:API type, `path` the collection's address below /v1.

    model        its table; None for a noun that reports
    rows         instead of a model: a SELECT with an id and the schema's names as columns; read-only
    singleton    there is one row, with the id 1, which is also at the collection's address
    identifier   a text column that is accepted wherever the id is (event identifiers)
    unlisted     a rule: rows for which it holds are in no list; links to them carry their identifier
    offers       which of list, create, read, update, delete there are
    aliases      further collection paths that mean the same
    before_..., after_...  functions (context, change) that refuse by raising a Problem, or add to the change
    conflicts    constraint name -> (pointer, sentence) for the 409 when the database refuses
    order        attribute names for lists that ask for no order; "-" in front means descending
    kept_while   SQL about a row with the alias {t}: while it holds, the row outlives its time in the trash
    creator_becomes  as whom nobody sees the answer to a row that they have just created
    creator_gains    the same for somebody: themselves, with the roles that they have got by it
    most_bytes   how much text one row may hold: 20 of them fit into an answer
    limited_by   the rate limits that creating one meets, at whichever address
    locked_with  a to-one whose row is locked before a row of this noun is: one order for all who lock both
    before_link  for a to-many that the noun declares: (context, row, ids added, ids removed), on either side
    """

    type: str
    model: ModelClass | None
    schema_class: SchemaClass
    path: str
    policy: Policy
    rows: str | None = None
    singleton: bool = False
    identifier: str | None = None
    unlisted: Rule | None = None
    offers: frozenset[str] = EVERYTHING
    aliases: Sequence[str] = ()
    before_write: Sequence[Hook] = ()
    after_write: Sequence[Hook] = ()
    before_delete: Sequence[Hook] = ()
    conflicts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    order: Sequence[str] = ()
    kept_while: str | None = None
    creator_becomes: Callable[[Any], Viewer] | None = None
    creator_gains: Callable[[Any, Viewer], Viewer] | None = None
    most_bytes: int = 240_000
    limited_by: tuple[Limit, ...] = ()
    locked_with: str | None = None
    before_link: Mapping[str, LinkHook] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_noun(self.type, self.model, self.schema_class)

    @cached_property
    def schema(self) -> Schema:
        """The schema, made once."""
        return self.schema_class(model=self.model)

    @property
    def written(self) -> ModelClass:
        """The model, for a noun that can be written."""
        if self.model is None:
            raise TypeError(f"{self.type} is a report and cannot be written")
        return self.model

    @property
    def table(self) -> str:
        """The table's name."""
        return str(self.written.__tablename__)

    @property
    def source(self) -> str:
        """Where the rows come from, as it stands in FROM before an alias."""
        return f"({self.rows})" if self.rows is not None else f'"{self.table}"'

    @property
    def soft_delete(self) -> bool:
        """Whether DELETE stamps rather than removes."""
        return self.model is not None and issubclass(self.model, SoftDeleted)

    def stamps(self, options: Options) -> bool:
        """Whether a DELETE that says no more goes to the trash, which the options can switch off."""
        return self.soft_delete and options.soft_delete

    @property
    def singular(self) -> str:
        """The type as a word in a sentence."""
        return self.type.replace("-", " ").replace("_", " ")

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """Every attribute by its Python name, in the order of the schema."""
        return {name: self._attribute(name, one) for name, one in self.schema.fields.items()}

    @cached_property
    def guarded(self) -> tuple[Attribute, ...]:
        """The attributes that only some of those who may write a row may set."""
        return tuple(one for one in self.attributes.values() if one.writers is not None)

    @cached_property
    def readable(self) -> dict[str, Attribute]:
        """The attributes that are ever shown."""
        return {name: one for name, one in self.attributes.items() if not one.field.load_only}

    @cached_property
    def named(self) -> dict[str, str]:
        """Python names of the attributes that are ever shown, by how a query spells them, undashed."""
        return {
            spelling: name
            for name, one in self.readable.items()
            for spelling in (name, one.wire.replace("-", "_"))
        }

    def stored_forms(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by column, as they are kept: texts that are older than a rule about them are made to fit."""
        fields = {one.column: one.field for one in self.attributes.values() if one.computed is None}
        return {
            name: stored_form(fields[name], value) if name in fields else value
            for name, value in values.items()
        }

    @cached_property
    def declared(self) -> dict[str, ToOne | ToMany]:
        """The relationships that this noun's own schema declares."""
        return {
            name: value
            for base in reversed(self.schema_class.__mro__)
            for name, value in vars(base).items()
            if isinstance(value, (ToOne, ToMany))
        }

    def column_type(self, column: str) -> str:
        """The SQL type of a column, for casts."""
        return str(self.written.__table__.columns[column].type.compile(_DIALECT))

    def _attribute(self, name: str, one: marshmallow_fields.Field[Any]) -> Attribute:
        wire = one.data_key or name
        if isinstance(one, Computed):
            return Attribute(name, wire, one, name, one.kind, one.sql, one.shared)
        column = one.attribute or name
        if self.model is None:
            reported = (sql for kind, sql in REPORTED if isinstance(one, kind))
            return Attribute(name, wire, one, column, next(reported, "text"), None)
        known = column in self.model.__table__.columns
        return Attribute(name, wire, one, column, self.column_type(column) if known else "text", None)


_LONGEST_PATH = 3  # segments, as in admin/sales/by-events
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Registry:
    """Every noun, by type and by path, with the relationships between them resolved.

    `roles_at` is the type of the rows at which viewers hold roles, if there are any. `proofs` are the query
    parameters by which a request shows secrets (rights/proofs.py): names, and types for their identifiers.
    """

    def __init__(
        self, resources: Iterable[Resource], *, roles_at: str = "", proofs: frozenset[str] = frozenset()
    ) -> None:
        self.roles_at, self.proofs = roles_at, proofs
        self._by_type: dict[str, Resource] = {}
        self._by_path: dict[str, Resource] = {}
        for resource in resources:
            for path in (resource.path, *resource.aliases):
                if path in self._by_path:
                    raise ValueError(f"two nouns at /v1/{path}")
                self._by_path[path] = resource
            if resource.type in self._by_type:
                raise ValueError(f"two nouns named {resource.type}")
            self._by_type[resource.type] = resource

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_type.values())

    def __getitem__(self, resource_type: str) -> Resource:
        return self._by_type[resource_type]

    def __contains__(self, resource_type: str) -> bool:
        return resource_type in self._by_type

    def at(self, path: tuple[str, ...]) -> tuple[Resource, tuple[str, ...]] | None:
        """The noun whose collection the segments below /v1 begin with, and the segments after it."""
        for length in range(1, min(len(path), _LONGEST_PATH) + 1):
            if (found := self._noun_at("/".join(path[:length]))) is not None:
                return found, path[length:]
        return None

    def _noun_at(self, path: str) -> Resource | None:
        return self._by_path.get(path)

    @cached_property
    def relations(self) -> Mapping[str, Mapping[str, Relation]]:
        """For each type its relationships by Python name: the declared ones, then the inverses."""
        found: dict[str, dict[str, Relation]] = {one.type: {} for one in self}
        for resource in self:
            for name, declared in resource.declared.items():
                if declared.target in self:
                    found[resource.type][name] = forward(resource.type, name, declared)
        for resource in self:
            for name, declared in resource.declared.items():
                if declared.inverse is None or declared.target not in self:
                    continue
                inverse = declared.inverse.replace("-", "_")
                if inverse in found[declared.target]:
                    raise ValueError(f"{declared.target} has two relationships named {inverse}")
                found[declared.target][inverse] = backward(resource.type, name, declared, inverse)
        return found

    def relation(self, resource: Resource, name: str) -> Relation:
        """The relationship with this name, dashed or not. Raises KeyError."""
        return self.relations[resource.type][name.replace("-", "_")]

    def related_at(self, resource: Resource, segment: str) -> Relation | None:
        """The relationship at this last segment of a related address, or None."""
        relations = self.relations[resource.type]
        found = relations.get(segment.replace("-", "_"))
        return found or next((one for one in relations.values() if segment in one.paths), None)
