"""Legacy endpoint: below a panel permission's roles, the first id is that of the role."""

from chalicelib.docs.documented import CHANGING, REMOVING, documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.http.crud import delete_answer, update_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.access.custom_system_role import CUSTOM_SYSTEM_ROLE

_PATH = "/v1/panel-permissions/{role_id}/custom-system-roles"


@action("PATCH", _PATH, lenient=True, documents=True)
@documented(who="staff", changes="custom-system-role", errors=CHANGING)
def change_panel_role(context: Context, role_id: str) -> Answer:
    """Update the custom system role with this id."""
    return update_answer(context, CUSTOM_SYSTEM_ROLE, role_id)


@action("DELETE", _PATH, lenient=True, documents=True)
@documented(who="staff", removes="custom-system-role", path={"role_id": "99"}, errors=REMOVING)
def remove_panel_role(context: Context, role_id: str) -> Answer:
    """Delete the custom system role with this id."""
    return delete_answer(context, CUSTOM_SYSTEM_ROLE, role_id)
