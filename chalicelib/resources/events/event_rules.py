"""What must be true of an event, what publishing asks for, and what its creator becomes."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from chalicelib import db
from chalicelib.auth.roles import OWNER_ROLE
from chalicelib.auth.viewer import Kind, Viewer
from chalicelib.jsonapi.ground.errors import Problem, conflict, forbidden, invalid
from chalicelib.resources.access.role.role import Role
from chalicelib.resources.access.role_invite import RoleInvite
from chalicelib.resources.access.users_events_roles import UsersEventsRoles
from chalicelib.resources.events.event_topic import EventTopic
from chalicelib.resources.forms.custom_form.custom_form import CustomForm
from chalicelib.resources.orders.order.states import ADMITTING, ENDED, listed
from chalicelib.values.characters import is_blank
from chalicelib.values.currencies import digits_of

if TYPE_CHECKING:
    from chalicelib.jsonapi.model.change import Change
    from chalicelib.jsonapi.model.context import Context
    from chalicelib.resources.events.event.event import Event

LONGEST = timedelta(days=20)
# SQL: somebody has bought tickets of the event with the alias {t}.
SOLD = (
    f"EXISTS (SELECT FROM orders sold WHERE sold.event_id = {{t}}.id AND sold.status IN {listed(ADMITTING)})"
)

# $1 the event, $2 how many digits there may be.
_CURRENCY: Final = "/data/attributes/payment-currency"
_COSTS: Final = """
SELECT 1 FROM tickets WHERE event_id = $1 AND deleted_at IS NULL
AND (price > 0 OR type IN ('donation', 'donationRegistration')) LIMIT 1
"""
_ODD: Final = """
SELECT amount FROM (
  SELECT unnest(ARRAY[price, min_price, max_price]) AS amount FROM tickets
  WHERE event_id = $1 AND deleted_at IS NULL
  UNION ALL SELECT value FROM discount_codes
  WHERE event_id = $1 AND deleted_at IS NULL AND type = 'amount'
) amounts WHERE amount <> round(amount, $2::int) LIMIT 1
"""


def begin_before_ending(_context: "Context", change: "Change") -> None:
    """An event ends after it begins and lasts 20 days at most; a draft may be created undecided."""
    row = change.row
    _keep_a_state(change)
    matters = row.state != "draft" if change.is_new else change.restores or _publishes(change)
    if not matters and not {"starts_at", "ends_at"} & change.before.keys():
        return
    if row.ends_at <= row.starts_at:
        raise invalid("An event must end after it begins.", "/data/attributes/ends-at")
    if row.ends_at - row.starts_at > LONGEST:
        raise invalid(f"An event lasts {LONGEST.days} days at most.", "/data/attributes/ends-at")


def keep_prices_possible(context: "Context", change: "Change") -> None:
    """The currency does not change to one with fewer digits than a price or a discount of the event has."""
    if change.is_new or "payment_currency" not in change.before:
        return
    currency, former = change.row.payment_currency, change.before["payment_currency"]
    if currency is None and db.fetch(context.session, _COSTS, [change.row.id], flush=False):
        raise invalid("Something at this event costs money, which needs a currency.", _CURRENCY)
    digits = digits_of(currency)
    if digits >= digits_of(former):
        return
    found = db.fetch(context.session, _ODD, [change.row.id, digits], flush=False)
    if found:
        detail = f"{currency or 'Its currency'} has no {found[0][0]}, which something at this event costs."
        raise invalid(detail, _CURRENCY)


def publish_with_name(context: "Context", change: "Change") -> None:
    """Only people with a verified address publish, and only events with a name."""
    named = not is_blank(change.row.name)
    if change.row.state == "published" and "name" in change.before and not named:
        raise conflict("A published event has a name.", "/data/attributes/name")
    if not _publishes(change):
        return
    if not (context.viewer.is_verified or context.viewer.is_staff or _open_to_unverified(context)):
        raise forbidden("Verify your e-mail address to publish events.", "/data/attributes/state")
    if not named:
        raise conflict("An event needs a name to be published.", "/data/attributes/name")


def keep_the_currency_of_orders(context: "Context", change: "Change") -> None:
    """What people have paid or owe stays in the currency in which they ordered."""
    former = change.before.get("payment_currency")
    if former is None:
        return
    owed = (
        "SELECT 1 FROM orders WHERE event_id = $1 AND amount > 0 "  # noqa: S608 - no user input
        f"AND status NOT IN {listed(ENDED)} LIMIT 1"
    )
    if db.fetch(context.session, owed, [change.row.id], flush=False):
        reason = f"There are orders in {former}: the currency stays while any of them does."
        raise conflict(reason, _CURRENCY)


def borrow_picture(context: "Context", change: "Change") -> None:
    """A new event without a picture gets that of its topic."""
    row = change.row
    if change.is_new and row.original_image_url is None and row.event_topic_id is not None:
        topic = context.session.get(EventTopic, row.event_topic_id)
        row.original_image_url = topic.system_image_url if topic is not None else None


def make_creator_owner(context: "Context", change: "Change") -> None:
    """Whoever creates an event owns it, from this very request on."""
    if not change.is_new:
        return
    viewer = context.viewer
    role_id = context.session.query(Role.id).filter(Role.name == OWNER_ROLE).scalar()
    if role_id is None or viewer.id is None:
        raise Problem(500, "There is no owner for this event.")
    owner = {"user_id": viewer.id, "profile_id": viewer.profile_id}
    context.session.add(UsersEventsRoles(**owner, event_id=change.row.id, role_id=role_id))
    context.session.add(
        RoleInvite(
            email=viewer.email,
            event_id=change.row.id,
            role_id=role_id,
            role_name=OWNER_ROLE,
            status="accepted",
        )
    )


def as_owner(event: "Event", creator: Viewer) -> Viewer:
    """The creator of an event, who has just become its owner."""
    owned = creator.grants.get(OWNER_ROLE, frozenset()) | {event.id}
    return replace(creator, grants={**creator.grants, OWNER_ROLE: owned})


def stay_while_ordered(context: "Context", change: "Change") -> None:
    """An event that people have ordered tickets for is removed by super admins only."""
    if context.viewer.kind is Kind.SUPER_ADMIN:
        return
    if db.fetch(context.session, "SELECT 1 FROM orders WHERE event_id = $1 LIMIT 1", [change.row.id]):
        raise forbidden("There are orders for this event: only a super admin can remove it.")


def ask_attendees_for_their_address(context: "Context", change: "Change") -> None:
    """The form that attendees fill in has one field from the start: their e-mail address."""
    if change.is_new:
        address = CustomForm(
            event_id=change.row.id,
            form="attendee",
            field_identifier="email",
            name="Email",
            type="email",
            is_required=True,
            is_included=True,
            is_fixed=True,
        )
        context.session.add(address)


def _keep_a_state(change: "Change") -> None:
    if change.row.state is None:
        change.row.state = change.before.get("state", "draft")


def _open_to_unverified(context: "Context") -> bool:
    wanted = (
        "SELECT 1 FROM user_permissions "
        "WHERE name = 'publish_event' AND unverified_user AND deleted_at IS NULL"
    )
    return bool(db.fetch(context.session, wanted, flush=False))


def _publishes(change: "Change") -> bool:
    is_published = change.row.state == "published"
    return is_published and (change.is_new or change.before.get("state", "published") != "published")
