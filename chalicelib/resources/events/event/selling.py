"""Which events sell tickets to a viewer. A checkout asks this alone, and needs no other rule of events."""

from typing import Final

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.model.policy import column_is
from chalicelib.resources.policies import has_role

TEAM: Final = has_role(COORGANIZERS, "id")
PUBLISHED: Final = column_is("state", "published")
# Whoever names a ticket may order it at a published event, a private one too: of a draft only the team may.
SELLS_TO: Final = PUBLISHED | TEAM
