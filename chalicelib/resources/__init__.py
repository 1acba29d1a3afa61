"""Resource types, by area. Importing this package registers all of them, or reads the manifest where there is
one. A type is AREA/TYPE.py, or, with several files, AREA/TYPE/TYPE.py in a folder of its own.

events      the event itself and what describes it
people      accounts
access      roles and permissions at an event
groups      organizers with several events, and their followers
admin       what staff maintains, and reports for staff
programme   sessions, speakers, and where and when they take place
tickets     what can be bought
forms       what organizers ask attendees, speakers and about sessions
video       video rooms, their moderators and recordings
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

from chalicelib.jsonapi.http import manifest
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.resource import Registry, Resource
from chalicelib.jsonapi.rights.proofs import CODE, HASH


def _nouns() -> Iterator[Resource]:
    # Found by looking, so that nobody has to keep a list.
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, Resource):
                yield value


ROLES_AT: Final = "event"
# An identifier of what is not listed, and the secrets that are codes and hashes.
PROOFS: Final = frozenset({"event", CODE, HASH})


def _attach_uploads(context: Any, resource: Resource, change: Change) -> None:
    from chalicelib.upload_urls import mentions_in  # lazy: a reader writes none

    if mentions := mentions_in(resource, change):
        from chalicelib.uploads.attaching import attach_uploads  # lazy: few writes have uploads

        attach_uploads(context, resource, change, mentions)


# Nothing of them is sold, and nothing is verified by them: a replica may answer (docs/operating.md).
_CONTENT: Final = frozenset(
    {
        *("event", "event-copyright", "event-image-size", "event-location", "event-sub-topic"),
        *("event-topic", "event-type", "exhibitor", "faq", "faq-type", "group", "microlocation", "page"),
        *("schedule-break", "session", "session-type", "social-link", "speaker", "speaker-image-size"),
        *("sponsor", "track"),
    }
)
# Their attributes that count something.
_COUNTED: Final = frozenset(
    {
        *("completed-order-sales", "placed-order-sales", "pending-order-sales"),
        *("completed-order-tickets", "placed-order-tickets", "pending-order-tickets"),
        *("sign-up-confirmed", "sign-up-waiting", "follower-count"),
    }
)


def _registry() -> Registry:
    listed = manifest.read()
    if listed is not None:
        return manifest.LazyRegistry(listed, roles_at=ROLES_AT, proofs=PROOFS)
    return Registry(dict.fromkeys(_nouns()), roles_at=ROLES_AT, proofs=PROOFS)


REGISTRY = _registry()
REGISTRY.after_write = (_attach_uploads,)
REGISTRY.content, REGISTRY.counted = _CONTENT, _COUNTED
import_module(f"{__name__}.people.user.account")  # says how accounts are found, which every token asks
import_module(f"{__name__}.orders.order.link_loader")  # and how the links of orders are
import_module(f"{__name__}.onsite.device_loader")  # and the devices of doors
import_module(f"{__name__}.onsite.lead_loader")  # and those of exhibitors
