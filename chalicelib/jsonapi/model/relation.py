"""Resolved relationships, in either direction, once all resource types are registered."""

from dataclasses import dataclass
from typing import Any

from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model.relationship import ToMany, ToOne
from chalicelib.jsonapi.model.rules import Rule


@dataclass(frozen=True, slots=True)
class Relation:
    """One direction of a relationship, from the type `owner`.

    Exactly one of three is set: `column` on the owner's table, `remote` on the target's table, or the
    association table `through` with `left` (owner) and `right` (target). `paths` are aliases of the last
    segment of its URL; `creates` allows POST there. `or_404`: the related URL of an empty to-one is 404
    instead of null.
    """

    name: str
    owner: str
    target: str
    many: bool
    column: str | None = None
    remote: str | None = None
    through: str | None = None
    left: str | None = None
    right: str | None = None
    where: Sql | None = None
    required: bool = False
    read_only: bool = False
    same_parent: str | None = None
    inverse: str | None = None
    paths: tuple[str, ...] = ()
    creates: bool = False
    all_methods: bool = False
    or_404: bool = False
    scope: Rule | None = None
    prefetch: tuple[str, ...] = ()
    known_by: str | None = None

    @property
    def associations(self) -> str:
        """The association table or its SELECT, as written in FROM."""
        return self.through if self.through and self.through.startswith("(") else f'"{self.through}"'

    @property
    def wire(self) -> str:
        """The dashed name."""
        return self.name.replace("_", "-")

    def missing(self, singular: str, id: str) -> str:
        """What a 404 says of the owner, which may be there if a rule hides the relationship."""
        hidden = f" whose {self.wire} you may see" if self.scope is not None else ""
        return f"There is no {singular} {id}{hidden}."


def forward(owner: str, name: str, declared: ToOne | ToMany) -> Relation:
    """The relationship from the side that declares it."""
    common: dict[str, Any] = {
        "name": name,
        "owner": owner,
        "target": declared.target,
        "read_only": declared.read_only,
        "same_parent": declared.same_parent,
        "inverse": declared.inverse.replace("-", "_") if declared.inverse else None,
        "paths": declared.paths,
        "scope": declared.scope,
    }
    if isinstance(declared, ToOne):
        return Relation(
            **common,
            many=False,
            column=declared.column or f"{name}_id",
            required=declared.required,
            all_methods=declared.all_methods,
            or_404=declared.or_404,
            prefetch=declared.prefetch,
            known_by=declared.known_by,
        )
    return Relation(
        **common,
        many=not declared.single,
        through=declared.through,
        left=declared.left,
        right=declared.right,
        where=declared.where,
        creates=declared.creates,
    )


def backward(owner: str, name: str, declared: ToOne | ToMany, inverse: str) -> Relation:
    """The relationship from the target's side, under the name `inverse`."""
    common: dict[str, Any] = {
        "name": inverse,
        "owner": declared.target,
        "target": owner,
        "read_only": declared.read_only,
        "inverse": name,
        "paths": declared.inverse_paths,
        "creates": declared.inverse_creates,
        "or_404": declared.inverse_or_404,
        "scope": declared.inverse_scope,
    }
    if isinstance(declared, ToOne):
        return Relation(
            **common,
            many=declared.inverse_many,
            remote=declared.column or f"{name}_id",
            required=declared.required,
            same_parent=declared.same_parent,
        )
    return Relation(
        **common,
        many=declared.inverse_many,
        through=declared.through,
        left=declared.right,
        right=declared.left,
        where=declared.where,
        same_parent=declared.same_parent,
    )
