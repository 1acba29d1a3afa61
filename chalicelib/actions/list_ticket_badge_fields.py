"""The fields of the badge that a ticket has, from which whoever prints it chooses."""

from typing import Any, Final

from chalicelib.docs.documented import SIGNED_IN, documented
from chalicelib.jsonapi.ground.request import Answer, json_text
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.attr import attribute_names
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.rights.visibility import visible
from chalicelib.resources.onsite.badge_field_form import BadgeFieldForm

_MEMBERS: Final = ", ".join(f"'{name}', part.{name}" for name in attribute_names(BadgeFieldForm))
_LISTED: Final = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object("  # noqa: S608 - no user input
    f"'id', part.id, 'badge_field_id', part.id, {_MEMBERS}) ORDER BY part.id), '[]')::text "
    "FROM badge_field_forms part WHERE part.badge_form_id = (SELECT form.id FROM badge_forms form "
    "WHERE form.badge_id = ticket.badge_id AND form.event_id = ticket.event_id "
    "ORDER BY form.id DESC LIMIT 1))"
)

_FIELD: Final[dict[str, Any]] = {
    "id": 1,
    "badge_field_id": 1,
    "badge_id": "badge-of-speakers",
    "field_identifier": "firstname",
    "custom_field": "First Name",
    "sample_text": "Ada",
    "font_size": 24,
    "text_alignment": "center",
    "text_type": "uppercase",
    "is_deleted": False,
    "font_name": "Arial",
    "font_color": "#000000",
    "font_weight": [{"name": "Bold", "font_weight": "bold", "font_style": "", "text_decoration": ""}],
    "margin_top": 4,
    "margin_bottom": 0,
    "margin_left": 0,
    "margin_right": 0,
    "text_rotation": 0,
    "qr_custom_field": ["email"],
    "is_field_expanded": False,
}


@action("GET", "/v1/tickets/{id}/badge-forms", lenient=True)
@documented(
    who=f"{SIGNED_IN} and sees the ticket",
    response=[_FIELD],
    optional_in_response=tuple({*_FIELD, *_FIELD["font_weight"][0]} - {"id", "badge_id"}),
    errors=(400, 401, 404),
)
def list_ticket_badge_fields(context: Context, id: str) -> Answer:
    """[{id, field_identifier, custom_field, ...}]: the fields of the ticket's badge, or [] without one."""
    context.demand_account()
    return json_text(visible(context, "ticket", id, _LISTED).value)
