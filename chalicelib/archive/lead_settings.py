"""Settings of leads in an archive: what an event hands over, as a resource that is no type of the API."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.imports.importing import Importing
from chalicelib.imports.report import BadFile, Item
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible_to_team
from chalicelib.resources.onsite.lead_terms import MEMBERS, set_terms, terms_of, terms_with

LEADS: Final = "lead-settings"
_EVENT: Final = {"event": {"data": {"type": "event", "id": "1"}}}


def settings_of(context: Context, event_id: int) -> list[dict[str, Any]]:
    """The event's settings as they are, if it has ever had any."""
    terms = terms_of(context.session, event_id)
    if not terms.version:
        return []
    said = {name: value for name, value in terms.document().items() if name in MEMBERS}
    return [{"type": LEADS, "id": "1", "attributes": said, "relationships": _EVENT}]


def settings_in(data: list[Any], path: str) -> dict[str, Any]:
    """What the resources of an archive say; {} where there are none. Raises BadFile."""
    if not data:
        return {}
    attributes = data[0].get("attributes") if isinstance(data[0], dict) else None
    if len(data) > 1 or not isinstance(attributes, dict):
        raise BadFile("An event has one resource of these settings.", path=path)
    unknown = sorted(attributes.keys() - set(MEMBERS))
    if unknown:
        raise BadFile(f"These settings have no {unknown[0]:.100}.", path=f"{path}/0/attributes")
    return dict(attributes)


def write_settings(importing: Importing, said: Mapping[str, Any]) -> None:
    """Make these the settings of the event, in a version of their own where they differ."""
    context = importing.context
    event = visible_to_team(context, "event", str(importing.event_id), roles=COORGANIZERS)
    former = terms_of(context.session, event.id)
    try:
        terms = terms_with(said, former)
    except Problem as problem:
        places = {f"/{name}": name for name in MEMBERS}
        item = Item(LEADS, "", path=f"documents/{LEADS}.json/data/0/attributes", places=places)
        importing.report.refuse(item, [problem])
        return
    if terms != former:
        set_terms(context.session, event.id, terms)
