"""What there is: nouns, in areas. Importing this package declares every noun, or lists them where there is a
table of contents. A noun is AREA/TYPE.py, or, with several files, AREA/TYPE/TYPE.py in a folder of its own.

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

from chalicelib.jsonapi.http import contents
from chalicelib.jsonapi.model.resource import Registry, Resource


def _nouns() -> Iterator[Resource]:
    # Found by looking, so that nobody has to keep a list.
    for found in pkgutil.walk_packages(__path__, f"{__name__}."):
        for value in vars(import_module(found.name)).values():
            if isinstance(value, Resource):
                yield value


def _registry() -> Registry:
    listed = contents.read()
    return contents.ListedRegistry(listed) if listed is not None else Registry(dict.fromkeys(_nouns()))


REGISTRY = _registry()
import_module(f"{__name__}.people.user.account")  # says how accounts are found, which every token asks
