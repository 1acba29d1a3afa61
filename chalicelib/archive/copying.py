"""Copies an event as exporting and importing it would, without a file: the same documents and writes."""

from typing import Any, Final

from chalicelib.archive.content import Content
from chalicelib.archive.declared import ARCHIVED
from chalicelib.archive.importing import ArchiveImport
from chalicelib.archive.lead_settings import settings_of
from chalicelib.archive.writing import ArchiveRequest, Documents, about
from chalicelib.imports.importing import Importing

_OFF: Final = {"is_enabled": False}
DRAFT: Final[dict[str, Any]] = {"state": "draft", "schedule-published-on": None}


def copy_into(importing: Importing, request: ArchiveRequest, identifier: str, *, invites: bool) -> None:
    """Write a copy of the event as a draft of whoever imports. Files stay where they are, as links.

    Raises TooManyRows, BadFile.
    """
    documents = Documents(importing.context, request)
    resources = {
        archived.type: list(documents.of(archived)) if archived.copied else [] for archived in ARCHIVED
    }
    names = {(each["type"], each["id"]): str(each["attributes"]["name"]) for each in documents.named()}
    leads = settings_of(importing.context, request.event_id)
    content = Content(
        source=identifier,
        resources=resources,
        places={archived.type: archived.type for archived in ARCHIVED},
        ids=about(documents, identifier)["ids"],
        names=names,
        people=request.people,
        whole=True,
        package=None,
        # Its team says again that details are handed over: the wording may be about this event.
        leads={name: value for each in leads for name, value in (each["attributes"] | _OFF).items()},
    )
    ArchiveImport(importing, content, {}, invites, DRAFT).run()
