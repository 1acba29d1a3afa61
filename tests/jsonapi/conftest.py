"""The toy world's database, its people, and a client that speaks to the engine alone."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from sqlalchemy import create_engine, insert
from sqlalchemy.engine import make_url

from chalicelib.auth import tokens, viewer
from chalicelib.auth.viewer import Viewer
from chalicelib.jsonapi.ground.request import MEDIA_TYPE, Answer, Request
from chalicelib.jsonapi.http.answer import respond
from chalicelib.settings import settings
from devstack import database
from tests.jsonapi.world import (
    REGISTRY,
    Author,
    Book,
    HouseRules,
    KnownViewers,
    Library,
    Shelf,
    Toy,
    books_authors,
)
from tests.support.copies import Copies
from tests.support.databases import TestDatabase
from tests.support.engines import Engines
from tests.support.servers import DatabaseServer


@dataclass(frozen=True)
class Reply:
    """An answer with its document."""

    answer: Answer

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def headers(self) -> dict[str, str]:
        return self.answer.headers

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def json(self) -> Any:
        return json.loads(self.answer.text)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def error(self) -> Any:
        (only,) = self.json["errors"]
        return only


@dataclass(frozen=True)
class Toys:
    """Speaks to the engine as nobody, or as `user`."""

    database: TestDatabase
    user: int | None = None
    ids: dict[str, int] = field(default_factory=dict)

    def as_(self, user: int) -> "Toys":
        return Toys(self.database, user, self.ids)

    def ask(self, method: str, target: str, document: object = None, **headers: str) -> Reply:
        """Headers are given with underscores; bytes and str documents are sent as they are."""
        address = urlsplit(target)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        body = b""
        if isinstance(document, (bytes, str)):
            body = document if isinstance(document, bytes) else document.encode()
        elif document is not None:
            body = json.dumps(document).encode()
        if body:
            sent.setdefault("content-type", MEDIA_TYPE)
        if self.user is not None:
            sent.setdefault("authorization", f"Bearer {tokens.access_token(self.user, fresh=True)}")
        path = tuple(unquote(part) for part in address.path.split("/") if part)
        query = tuple(parse_qsl(address.query, keep_blank_values=True))
        return Reply(
            respond(
                Request(method, path, query, sent, body, "127.0.0.1", "test", options=settings()), REGISTRY
            )
        )

    def get(self, target: str, **headers: str) -> Reply:
        return self.ask("GET", target, **headers)

    def post(self, target: str, document: object = None, **headers: str) -> Reply:
        return self.ask("POST", target, document, **headers)

    def patch(self, target: str, document: object = None, **headers: str) -> Reply:
        return self.ask("PATCH", target, document, **headers)

    def delete(self, target: str, document: object = None, **headers: str) -> Reply:
        return self.ask("DELETE", target, document, **headers)

    def __getitem__(self, name: str) -> int:
        return self.ids[name]


STAFF, LIBRARIAN, OTHER_LIBRARIAN, STRANGER = 901, 902, 903, 904


@pytest.fixture(scope="session")
def library_world(database_server: DatabaseServer, template: str) -> Iterator[tuple[str, dict[str, int]]]:
    """A database with the toys' tables and rows, made once and copied per test; and the rows' ids."""
    name = f"{template}_toys_{uuid.uuid4().hex[:8]}"
    database.clone(database_server.url, template, name)
    try:
        yield name, _furnished(database.named(database_server.url, name))
    finally:
        database.drop(database_server.url, name)


@pytest.fixture(scope="session")
def library_copies(
    database_server: DatabaseServer, library_world: tuple[str, dict[str, int]], kept_engines: Engines
) -> Iterator[Copies]:
    """Copies of that database, each for one test."""
    made = Copies(database_server, library_world[0], kept_engines)
    yield made
    made.end()


@pytest.fixture
def toys(
    library_copies: Copies, library_world: tuple[str, dict[str, int]], environment: pytest.MonkeyPatch
) -> Iterator[Toys]:
    """Two open libraries and a hidden one; the first has shelves, authors and books."""
    ids = library_world[1]
    environment.setattr(viewer, "_accounts", _accounts(ids).accounts())
    viewer.forget()
    with library_copies.one() as copy:
        environment.setenv("DATABASE_URL", copy.address)
        settings.cache_clear()
        yield Toys(copy, None, ids)


def _accounts(ids: dict[str, int]) -> KnownViewers:
    mine, theirs = frozenset({ids["city"], ids["hidden"]}), frozenset({ids["rival"]})
    return KnownViewers(
        {
            STAFF: Viewer(STAFF, "staff@example.org", True, is_admin=True),
            LIBRARIAN: Viewer(LIBRARIAN, "mine@example.org", True, grants={"librarian": mine}),
            OTHER_LIBRARIAN: Viewer(
                OTHER_LIBRARIAN, "theirs@example.org", True, grants={"librarian": theirs}
            ),
            STRANGER: Viewer(STRANGER, "stranger@example.org", True),
        }
    )


def _furnished(url: str) -> dict[str, int]:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+pg8000"), connect_args={"ssl_context": False}
    )
    Toy.metadata.create_all(engine)
    ids: dict[str, int] = {}
    with engine.begin() as connection:

        def put(known_as: str, model: type[Toy], **values: object) -> None:
            made = connection.execute(insert(model).values(**values).returning(model.id))
            ids[known_as] = made.scalar_one()

        put("city", Library, name="City Library", code="c1ty", state="open", alarm_code="1234")
        put("rival", Library, name="Rival Library", code="r1val", state="open", alarm_code="9999")
        put("hidden", Library, name="Hidden Library", code="h1dden", state="hidden")
        for known_as, library in (
            ("novels", "city"),
            ("poems", "city"),
            ("rival-shelf", "rival"),
            ("secret-shelf", "hidden"),
        ):
            put(
                known_as,
                Shelf,
                label={"rival-shelf": "Rivals"}.get(known_as, known_as.title()),
                library_id=ids[library],
            )
        put("le-guin", Author, name="Ursula K. Le Guin", library_id=ids["city"])
        put("lem", Author, name="Stanislaw Lem", library_id=ids["city"])
        put("rival-author", Author, name="Rival Author", library_id=ids["rival"])
        city, novels = {"library_id": ids["city"]}, {"library_id": ids["city"], "shelf_id": ids["novels"]}
        put("solaris", Book, title="Solaris", pages=204, secret="hush", **novels)
        put("fiasco", Book, title="Fiasco", pages=322, prequel_id=ids["solaris"], **novels)
        put("dispossessed", Book, title="The Dispossessed", pages=341, **novels)
        put("buffalo", Book, title="Buffalo Gals", pages=196, shelf_id=ids["poems"], **city)
        put("rival-book", Book, title="Rival Book", pages=600, library_id=ids["rival"])
        put(
            "secret-book",
            Book,
            title="Secret Book",
            pages=10,
            library_id=ids["hidden"],
            shelf_id=ids["secret-shelf"],
        )
        for book, author in (
            ("solaris", "lem"),
            ("fiasco", "lem"),
            ("dispossessed", "le-guin"),
            ("buffalo", "le-guin"),
        ):
            connection.execute(insert(books_authors).values(book_id=ids[book], author_id=ids[author]))
        connection.execute(insert(HouseRules).values(quiet=True, guards="two"))
    engine.dispose()
    return ids


@pytest.fixture
def librarian(toys: Toys) -> Toys:
    """Works in the city library and in the hidden one."""
    return toys.as_(LIBRARIAN)


@pytest.fixture
def stranger(toys: Toys) -> Toys:
    """Signed in, without any role."""
    return toys.as_(STRANGER)


@pytest.fixture
def staff(toys: Toys) -> Toys:
    """May do everything but what super admins keep to themselves."""
    return toys.as_(STAFF)
