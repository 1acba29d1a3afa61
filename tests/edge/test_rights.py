"""The whole table of rights, read through the edge in mixed order: nobody is told what they may not see."""

import random
from collections.abc import Iterator

import pytest

from chalicelib import db, entrypoints, signals  # noqa: F401 - declares what nouns listen to
from chalicelib.auth import tokens
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from devstack import database
from tests.edge.varnish import SECRET, Asking, Told, Varnish, in_front_of
from tests.permissions import matrix
from tests.permissions import stage as stages
from tests.permissions.stage import GUEST, VIEWERS, Stage
from tests.permissions.test_the_matrix import ONE_PER_EVENT
from tests.support.running_system import RunningSystem, running

SEED = 22
_NOBODY_AGAIN = 3  # times that nobody asks, so that the cache has something to tell
_BY_GUESTS = """
UPDATE orders SET user_id = NULL, profile_id = NULL, guest_email = 'gale@example.org'
WHERE id = ANY($1::bigint[])
"""
_FOR_EVERYBODY = "public, max-age=0, s-maxage=10, "
Answers = dict[tuple[str, str], Told]  # by path and kind of viewer


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system without people and events, which this process can write to."""
    with running(tmp_path_factory.mktemp("system"), EDGE_SECRET=SECRET) as started:
        variables = started.variables()
        with database.connected(variables["MIGRATION_DATABASE_URL"]) as connection:
            connection.run("TRUNCATE users, events CASCADE")
        yield started


@pytest.fixture
def writing(system: RunningSystem, environment: pytest.MonkeyPatch) -> Iterator[None]:
    """This process writes to the system's database, and signs tokens with its keys."""
    for name, value in system.variables().items():
        environment.setenv(name, value)
    settings.cache_clear()
    db.forget()
    yield
    db.forget()


@pytest.fixture(scope="module")
def edge(system: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Varnish]:
    """A Varnish in front of it."""
    with in_front_of(system.address, tmp_path_factory.mktemp("varnish")) as started:
        yield started


def test_everybody_gets_through_the_edge_what_the_api_answers_them(
    system: RunningSystem, edge: Varnish, writing: None
) -> None:
    direct, through = Asking(system.address), Asking(edge.address)
    stage, dice = stages.furnish(), random.Random(SEED)  # noqa: S311 - the same in each run
    _sell_to_guests(list(stage.orders.values()))
    shared, hits, richer = set[str](), 0, 0
    for resource in sorted(REGISTRY, key=lambda resource: resource.type):
        _make_room()
        readers = dict(_readers(resource, stage))
        answers: Answers = {}
        asked = [(path, viewer) for path in readers for viewer in (*VIEWERS, *["nobody"] * _NOBODY_AGAIN)]
        dice.shuffle(asked)
        for path, viewer in asked:
            token = readers[path][viewer]
            headers = {"Authorization": f"JWT {token}"} if token else {}
            if (path, viewer) not in answers:
                answers[path, viewer] = direct.ask(path, headers)
            own, told = answers[path, viewer], through.ask(path, headers)
            assert (told.status, told.body) == (own.status, own.body), (path, viewer, told.cache)
            if viewer == "nobody":
                hits += told.cache == "Hit"
                assert told.cache != "Hit" or own.headers["cache-control"].startswith(_FOR_EVERYBODY), path
            else:
                assert told.cache == "Pass", (path, viewer)
        shared |= _shared(answers)
        richer += _richer(answers)
    assert len(shared) > 50
    assert hits > len(shared), "the cache has told nothing: this would prove nothing"
    assert richer > 500, "nobody has seen more than nobody: this would prove nothing"


def _readers(resource: Resource, stage: Stage) -> Iterator[tuple[str, dict[str, str]]]:
    """(path, token by kind of viewer) of each address where a row of the noun is read."""
    for situation in stages.situations(resource):
        for _, verb, path, _, row in matrix.requests(resource, stage, situation):
            if verb == "GET":
                own = {"self": matrix.owner_of(resource, row) or stage.users["self"]}
                order = matrix.order_of(resource, row) or stage.orders.get(
                    situation, stage.orders["published"]
                )
                _sell_to_guests([order])
                users = {**stage.users, **own}
                yield (
                    path,
                    {
                        "nobody": "",
                        GUEST: stages.link_of(order),
                        **{viewer: tokens.access_token(id, fresh=True) for viewer, id in users.items()},
                    },
                )


def _sell_to_guests(orders: list[int]) -> None:
    with db.transaction() as session:
        db.fetch(session, _BY_GUESTS, [orders])


def _make_room() -> None:
    """Delete the rows of which an event has one: the next noun makes them anew."""
    with db.transaction() as session:
        for (table,) in db.fetch(session, ONE_PER_EVENT):
            db.fetch(session, f"DELETE FROM {table}")


def _shared(answers: Answers) -> set[str]:
    """The paths whose answer everybody may share: that of nobody, of nouns that are declared as shared."""
    found = {
        (path, viewer)
        for (path, viewer), answer in answers.items()
        if answer.headers["cache-control"].startswith("public")
    }
    assert {viewer for _, viewer in found} <= {"nobody"}
    return {path for path, _ in found}


def _richer(answers: Answers) -> int:
    """How many answers have what nobody is not told; all of them are private."""
    count = 0
    for (path, viewer), answer in answers.items():
        if answer.status == 200 and answer.body != answers[path, "nobody"].body:
            count += 1
            assert answer.headers["cache-control"] in {"private, no-cache", "no-store"}, (path, viewer)
    return count
