"""Relationships as a schema declares them: to-one by a column, to-many by an association table."""

from dataclasses import dataclass

from chalicelib.jsonapi.ground.sql import Sql
from chalicelib.jsonapi.model.rules import Rule


@dataclass(frozen=True, slots=True)
class ToOne:
    """To-one relationship, stored in a column of this type's table.

    `inverse` names the relationship in the opposite direction (None: none), to-many unless `inverse_many` is
    False. `within` names a to-one that both rows must share: a FAQ's type belongs to the FAQ's event.
    `column` defaults to the name plus "_id". `read_only` relationships are ignored on input. `paths` and
    `inverse_paths` are aliases of the last segment of the related URL, `inverse_creates` allows POST at the
    inverse's URL, and `scope` and `inverse_scope` are the rules for seeing the relationship at all (None:
    everybody). With `all_methods` a required one answers POST and DELETE too, as old clients expect. With
    `or_404` and `inverse_or_404` the related URL of an empty to-one is 404, as old clients expect, instead of
    null. `prefetch` are columns of the target that hooks need: they are prefetched when the target is looked
    up. `known_by` names a to-one whose target shares this parent: who sees that one may link, or leave this
    link out, without seeing the parent.
    """

    target: str
    inverse: str | None = None
    required: bool = False
    same_parent: str | None = None
    column: str | None = None
    inverse_many: bool = True
    read_only: bool = False
    paths: tuple[str, ...] = ()
    inverse_paths: tuple[str, ...] = ()
    inverse_creates: bool = False
    all_methods: bool = False
    or_404: bool = False
    inverse_or_404: bool = False
    prefetch: tuple[str, ...] = ()
    known_by: str | None = None
    scope: Rule | None = None
    inverse_scope: Rule | None = None


@dataclass(frozen=True, slots=True)
class ToMany:
    """To-many relationship through an association table `through(left, right)`.

    `left` is the column with this row's id and `right` that with the target's. `where` is a
    condition on association rows, with columns of LINK. `single` says that at most one row passes, which is
    then shown as a to-one. `through` may be a SELECT in parentheses if the relationship
    is read-only. The rest is as for ToOne.
    """

    target: str
    through: str
    left: str
    right: str
    inverse: str | None = None
    same_parent: str | None = None
    read_only: bool = False
    where: Sql | None = None
    single: bool = False
    inverse_many: bool = True
    paths: tuple[str, ...] = ()
    inverse_paths: tuple[str, ...] = ()
    creates: bool = False
    inverse_creates: bool = False
    inverse_or_404: bool = False
    scope: Rule | None = None
    inverse_scope: Rule | None = None
