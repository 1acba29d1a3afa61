"""What there is: one file per noun, in areas. Importing this package declares every noun, or
lists them where there is a table of contents.

events      the event itself and what describes it
people      accounts
access      who may do what at an event
groups      organisers with several events, and their followers
admin       what staff keeps in order and is told
programme   sessions, speakers, and where and when they meet
tickets     what can be bought
forms       what organisers ask attendees, speakers and about sessions
video       rooms on the network, their moderators and recordings
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from chalicelib.jsonapi.http import contents
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.rights.proofs import CODE, HASH


def _nouns() -> Iterator[Resource]:
    # Found by looking, so that a new noun is one new file and no list to remember.
    for found in pkgutil.walk_packages(__path__, f"{__name__}."):
        for value in vars(import_module(found.name)).values():
            if isinstance(value, Resource):
                yield value


ROLES_AT: Final = "event"
# An identifier of what is not listed, and the secrets that are codes and hashes.
PROOFS: Final = frozenset({"event", CODE, HASH})


def _registry() -> Registry:
    listed = contents.read()
    if listed is not None:
        return contents.ListedRegistry(listed, roles_at=ROLES_AT, proofs=PROOFS)
    return Registry(dict.fromkeys(_nouns()), roles_at=ROLES_AT, proofs=PROOFS)


REGISTRY = _registry()
import_module(f"{__name__}.people.account")  # says how accounts are found, which every token asks
