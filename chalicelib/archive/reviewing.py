"""Reviews of an archive: written as they were, for reviewers who have yet to accept, and marked as imported.

Whoever imports is told nothing of sessions at which they speak: what is about these is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib import db
from chalicelib.imports.importing import Importing
from chalicelib.imports.report import Item
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.reviews.recorded import written_as_recorded

_REVIEWERS: Final = "SELECT lower(email), id FROM reviewers WHERE event_id = $1"
_PHASE: Final = "phase"  # of a review, which a client does not choose


class Reviewing:
    """Reviewers that are there, and what is said about sessions."""

    def __init__(self, importing: Importing) -> None:
        self._importing = importing
        self._noted: set[str] = set()

    def known(self, resources: Sequence[Mapping[str, Any]]) -> dict[int, int]:
        """Ids of the reviewers who are invited already, by the index of the resource."""
        there = dict(db.fetch(self._importing.context.session, _REVIEWERS, [self._importing.event_id]))
        emails = [str(resource["attributes"].get("email")).lower() for resource in resources]
        return {at: there[email] for at, email in enumerate(emails) if email in there}

    def write(
        self, item: Item, attributes: Mapping[str, Any], links: dict[str, Any], external: str
    ) -> int | None:
        """Write a review, an assignment or a conflict of interest; None where it is refused or left out."""
        importing = self._importing
        try:
            visible(importing.context, "proposal", str(links.get("proposal")))
        except Problem:
            if item.type not in self._noted:
                self._noted.add(item.type)
                importing.notes.append(f"{item.type}: those about sessions of your own are left out.")
            return None
        phase = links.pop(_PHASE, None) if item.type == "review" else None
        with written_as_recorded(importing.context, phase):
            return importing.write(item, attributes, links, external_id=external)
