"""The rule by which an event gives certificates of attendance."""

from chalicelib.jsonapi.ground.errors import invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.onsite.certificate import HOURS


def say_how_many_hours(_context: Context, change: Change) -> None:
    """A rule by hours says how many."""
    row = change.row
    if not change.is_new and not {"certificate_rule", "certificate_hours"} & change.before.keys():
        return
    if row.certificate_rule == HOURS and row.certificate_hours is None:
        raise invalid("Say for how many hours one has to be there.", "/data/attributes/certificate-hours")
