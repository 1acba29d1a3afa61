"""Replays reads of a row by every kind of viewer in mixed order, through an edge and at the API itself.

Whatever the edge tells a viewer has to be what the API tells the same viewer. Each broken rule of sharing is
noticed by one of the assertions here: test_broken_rules.py breaks them.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib import db
from chalicelib.auth import tokens
from chalicelib.jsonapi.ground.profiles import WITHOUT_LINKS
from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources import REGISTRY
from tests.edge.varnish import Asking, Told
from tests.permissions import matrix
from tests.permissions import stage as stages
from tests.permissions.stage import GUEST, VIEWERS, Stage
from tests.permissions.test_the_matrix import ONE_PER_EVENT
from tests.support.sharing import LIFETIMES, NEVER, VARY

_NOBODY_AGAIN = 3  # times that nobody asks, so that the cache has something to tell
_BY_GUESTS = """
UPDATE orders SET user_id = NULL, profile_id = NULL, guest_email = 'gale@example.org'
WHERE id = ANY($1::bigint[])
"""
_SHORT = f'{MEDIA_TYPE}; profile="{WITHOUT_LINKS}"'
# Asked by nobody: with another Accept, and with a cookie that says nothing.
_WITHOUT_LINKS, _WITH_COOKIE = "nobody, without links", "nobody, with a cookie"
_OTHERS: Mapping[str, dict[str, str]] = {
    _WITHOUT_LINKS: {"Accept": _SHORT},
    _WITH_COOKIE: {"Cookie": "theme=dark"},
}
Answers = dict[tuple[str, str], Told]  # by path and kind of viewer


@dataclass(slots=True)
class Replay:
    """What was asked so far.

    shared  paths whose answer everybody may share
    hits    how often nobody was told something by the cache
    richer  how many answers have what nobody is not told
    """

    direct: Asking
    through: Asking
    dice: random.Random
    shared: set[str] = field(default_factory=set)
    hits: int = 0
    richer: int = 0

    def read(self, resource: Resource, stage: Stage) -> None:
        """Have each viewer read rows of the noun. Raises AssertionError where a rule of sharing is broken."""
        make_room()
        readers = dict(_readers(resource, stage))
        answers: Answers = {}
        viewers = (*VIEWERS, *_OTHERS, *["nobody"] * _NOBODY_AGAIN)
        asked = [(path, viewer) for path in readers for viewer in viewers]
        self.dice.shuffle(asked)
        for path, viewer in asked:
            token = readers[path].get(viewer)
            headers = _OTHERS.get(viewer) or ({"Authorization": f"JWT {token}"} if token else {})
            if (path, viewer) not in answers:
                answers[path, viewer] = self.direct.ask(path, headers)
            own, told = answers[path, viewer], self.through.ask(path, headers)
            same = (told.status, told.body) == (own.status, own.body)
            assert same, f"{path} is another through the edge for {viewer}: {told.cache}"
            if viewer in {"nobody", _WITHOUT_LINKS}:
                self.hits += told.cache == "Hit"
                assert told.cache != "Hit" or _is_shared(own), f"{path} is kept, and was not shared"
            else:
                assert told.cache == "Pass", f"{path} is looked up for {viewer}"
        self.shared |= _shared(resource, answers)
        self.richer += _richer(answers)


def _readers(resource: Resource, stage: Stage) -> Iterator[tuple[str, dict[str, str]]]:
    """(path, token by kind of viewer) of each address where a row of the noun is read."""
    for situation in stages.situations(resource):
        for _, verb, path, _, row in matrix.requests(resource, stage, situation):
            if verb == "GET":
                own = {"self": matrix.owner_of(resource, row) or stage.users["self"]}
                order = matrix.order_of(resource, row) or stage.orders.get(
                    situation, stage.orders["published"]
                )
                sell_to_guests([order])
                users = {**stage.users, **own}
                yield (
                    path,
                    {
                        "nobody": "",
                        GUEST: stages.link_of(order),
                        **{viewer: tokens.access_token(id, fresh=True) for viewer, id in users.items()},
                    },
                )


def sell_to_guests(orders: Iterable[int]) -> None:
    """Let the orders be of somebody without an account."""
    with db.transaction() as session:
        db.fetch(session, _BY_GUESTS, [list(orders)])


def make_room() -> None:
    """Delete the rows of which an event has one: the next noun makes them anew."""
    with db.transaction() as session:
        for (table,) in db.fetch(session, ONE_PER_EVENT):
            db.fetch(session, f"DELETE FROM {table}")


def _is_shared(answer: Told) -> bool:
    return answer.headers["cache-control"] in LIFETIMES


def _shared(resource: Resource, answers: Answers) -> set[str]:
    """The paths whose answer everybody may share: that of nobody, of nouns that are declared as shared."""
    shared = {key: answer for key, answer in answers.items() if "public" in answer.headers["cache-control"]}
    for (path, viewer), answer in shared.items():
        assert viewer in {"nobody", _WITHOUT_LINKS}, f"{path} is shared by {viewer}"
        assert _is_shared(answer), f"{path} is kept for too long"
        assert answer.headers.get("vary") == VARY, f"{path} does not say what it depends on"
        sold = resource.type in NEVER or not REGISTRY[resource.type].shared
        assert not sold, f"{path} is shared, and is not declared as shared"
    return {path for path, _ in shared}


def _richer(answers: Answers) -> int:
    """How many answers have what nobody is not told; all of them are private."""
    count = 0
    for (path, viewer), answer in answers.items():
        if viewer not in _OTHERS and answer.status == 200 and answer.body != answers[path, "nobody"].body:
            count += 1
            assert answer.headers["cache-control"] in {"private, no-cache", "no-store"}, (path, viewer)
    return count
