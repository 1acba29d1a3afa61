"""A toy world for the engine: libraries own shelves, books and authors; librarians write.

It uses everything that a schema can say: required and optional to-one, `within`, many-to-many,
self reference, scoped, computed, write-only and read-only attributes, and an identifier.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, text
from sqlalchemy.orm import Mapped, mapped_column, registry

from chalicelib.auth.viewer import Accounts, Viewer
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToMany, ToOne, fields, validate
from chalicelib.jsonapi.model.policy import (
    Policy,
    anyone,
    column_is,
    has_role,
    logged_in,
    nobody,
    staff,
    visible_with,
)
from chalicelib.jsonapi.model.resource import Registry, Resource

LIBRARIANS = frozenset({"librarian"})


class Toy(Model):
    """Toys live apart from the product's tables."""

    __abstract__ = True
    metadata = MetaData(naming_convention=Model.metadata.naming_convention)
    registry = registry(metadata=metadata, type_annotation_map=dict(Model.registry.type_annotation_map))
    _sa_registry = registry  # where the declarative base looks for it


class Library(SoftDeleted, Toy):
    __tablename__ = "libraries"
    name: Mapped[str]
    code: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="open")
    alarm_code: Mapped[str | None]


class Shelf(SoftDeleted, Toy):
    __tablename__ = "shelves"
    label: Mapped[str]
    library_id: Mapped[int] = owned_by("libraries.id")


class Author(Toy):
    __tablename__ = "authors"
    name: Mapped[str]
    library_id: Mapped[int] = owned_by("libraries.id")


books_authors = Table(
    "books_authors",
    Toy.metadata,
    Column("book_id", ForeignKey("books.id", ondelete="CASCADE"), primary_key=True),
    Column("author_id", ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True),
)


class Book(SoftDeleted, Toy):
    __tablename__ = "books"
    title: Mapped[str]
    pages: Mapped[int | None]
    price: Mapped[Decimal | None]
    published_at: Mapped[datetime | None]
    notes: Mapped[dict[str, Any] | None]
    secret: Mapped[str | None]
    is_rare: Mapped[bool] = mapped_column(default=False)
    library_id: Mapped[int] = owned_by("libraries.id")
    shelf_id: Mapped[int | None] = linked_to("shelves.id")
    prequel_id: Mapped[int | None] = linked_to("books.id")
    __table_args__ = (
        Index(
            "uq_books_title",
            "library_id",
            text("lower(title)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class HouseRules(Toy):
    __tablename__ = "house_rules"
    quiet: Mapped[bool]
    guards: Mapped[str | None]


class LibrarySchema(Schema):
    name = fields.Str(required=True, validate=validate.Length(min=1))
    code = fields.Str(dump_only=True)
    state = fields.Str(load_default="open", validate=validate.OneOf(["open", "hidden"]))
    alarm_code = fields.Str(allow_none=True, metadata={"seen_by": has_role(LIBRARIANS, "id")})
    deleted_at = fields.AwareDateTime(allow_none=True)


class ShelfSchema(Schema):
    label = fields.Str(required=True)
    deleted_at = fields.AwareDateTime(dump_only=True)
    library = ToOne(
        "library", inverse="shelves", required=True, inverse_paths=("racks",), inverse_creates=True
    )


class AuthorSchema(Schema):
    name = fields.Str(required=True)
    library = ToOne("library", inverse="authors", required=True)


class BookSchema(Schema):
    title = fields.Str(required=True, validate=validate.Length(min=1, max=200))
    pages = fields.Int(allow_none=True, validate=validate.Range(min=1))
    price = fields.Decimal(allow_none=True)
    published_at = fields.AwareDateTime(allow_none=True)
    notes = fields.Dict(allow_none=True)
    secret = fields.Str(load_only=True)
    is_rare = fields.Bool(load_default=False, metadata={"set_by": staff})
    is_long = Computed("boolean", sql("coalesce(", ROW["pages"], ", 0) > 500"))
    deleted_at = fields.AwareDateTime(allow_none=True)
    library = ToOne("library", inverse="books", required=True)
    shelf = ToOne("shelf", inverse="books", same_parent="library")
    prequel = ToOne(
        "book", inverse="sequels", same_parent="library", inverse_scope=has_role(LIBRARIANS, "library")
    )
    authors = ToMany(
        "author",
        inverse="books",
        through="books_authors",
        left="book_id",
        right="author_id",
        same_parent="library",
    )


class HouseRulesSchema(Schema):
    quiet = fields.Bool()
    guards = fields.Str(allow_none=True, metadata={"seen_by": staff})


class StockSchema(Schema):
    book_count = fields.Int()
    library = ToOne("library", inverse="stock", inverse_many=False)


class LabelSchema(Schema):
    label = fields.Str()


def refuse_the_forbidden_book(_context: Context, change: Change) -> None:
    """A rule of the noun: one title is taken for all time."""
    if change.row.title == "Necronomicon":
        raise conflict("Better not.", "/data/attributes/title")


_written_by_librarians = Policy(
    see=visible_with("library"),
    create=has_role(LIBRARIANS, "library"),
    change=has_role(LIBRARIANS, "library"),
    remove=has_role(LIBRARIANS, "library"),
)

REGISTRY = Registry(
    [
        Resource(
            "library",
            Library,
            LibrarySchema,
            path="libraries",
            identifier="code",
            policy=Policy(
                see=column_is("state", "open") | has_role(LIBRARIANS, "id"),
                create=logged_in,
                change=has_role(LIBRARIANS, "id"),
                remove=has_role(LIBRARIANS, "id"),
            ),
        ),
        Resource("shelf", Shelf, ShelfSchema, path="shelves", policy=_written_by_librarians),
        Resource("author", Author, AuthorSchema, path="authors", policy=_written_by_librarians),
        Resource(
            "book",
            Book,
            BookSchema,
            path="books",
            policy=_written_by_librarians,
            before_write=[refuse_the_forbidden_book],
            constraint_errors={"uq_books_title": ("/data/attributes/title", "The library has this book.")},
        ),
        Resource(
            "house-rules",
            HouseRules,
            HouseRulesSchema,
            path="house-rules",
            singleton=True,
            methods=frozenset({"read", "update"}),
            policy=Policy(see=anyone, create=nobody, change=staff, remove=nobody),
        ),
        Resource(
            "stock",
            None,
            StockSchema,
            path="admin/reports/stock",
            aliases=("stocks",),
            select_sql="SELECT library_id AS id, library_id, count(*) AS book_count FROM books GROUP BY library_id",
            methods=frozenset({"list", "read"}),
            policy=Policy(see=staff, create=nobody, change=nobody, remove=nobody),
        ),
        Resource(
            "shelf-label",
            Shelf,
            LabelSchema,
            path="shelf-labels",
            methods=frozenset({"read"}),
            policy=Policy(see=anyone, create=staff, change=staff, remove=staff),
        ),
    ],
    roles_at="library",
)


@dataclass
class KnownViewers:
    """Who can sign in: ids of users and what they are."""

    by_id: dict[int, Viewer] = field(default_factory=dict)

    def accounts(self) -> Accounts:
        """How the system finds them; the database only hands the id back."""
        asked = "SELECT $1::bigint::text FROM (SELECT $2::bigint) named(version)"
        return Accounts(asked, lambda user_id, _rows: self.by_id.get(user_id), asked, lambda rows: rows[0][0])
