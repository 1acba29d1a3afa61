"""The exported lists of a group's followers, and of what all events have sold."""

from typing import Final

from chalicelib.exports.columns import Column, Kind, attribute, column, money, word
from chalicelib.exports.export import PLACE, Export, group_of, platform
from chalicelib.jsonapi.ground.sql import sql
from chalicelib.resources.orders.order.states import REPORTED
from chalicelib.values.zones import zone_sql

_ORGANIZES: Final = (
    "EXISTS (SELECT FROM users_groups_roles held WHERE held.group_id = t.group_id "
    "AND held.user_id = t.user_id AND held.accepted)"
)
_ROLE: Final = sql(
    *("CASE WHEN followed.user_id = t.user_id THEN ", word("Owner")),
    *(f" WHEN {_ORGANIZES} THEN ", word("Organizer"), " ELSE ", word("Follower"), " END"),
)
_ZONE: Final = zone_sql("held.timezone")
# Who follows under a name of their own is called by it.
_NAME: Final = (
    "coalesce(nullif(fan.public_name, ''), nullif(concat_ws(' ', fan.first_name, fan.last_name), ''))"
)

FOLLOWERS: Final = Export(
    "followers",
    "user-follow-group",
    group_of,
    sql("t.group_id = ", PLACE, " AND fan.deleted_at IS NULL"),
    columns=(
        column("public-profile-name", "Public Profile Name", _NAME),
        attribute("user", "Email", "email", alias="fan"),
        column("group-join-date", "Group Join Date", "t.created_at", Kind.MOMENT),
        column("role", "Role", _ROLE),
    ),
    listed=("public-profile-name", "email", "group-join-date", "role"),
    order="t.created_at DESC, t.id DESC",
    base="JOIN users fan ON fan.id = t.user_id",
    joins="JOIN groups followed ON followed.id = t.group_id",
)


def _sold() -> tuple[Column, ...]:
    return tuple(
        made
        for state in REPORTED
        for made in (
            column(
                f"tickets-{state}", f"Ticket ({state.capitalize()})", f"t.{state}_order_tickets", Kind.NUMBER
            ),
            column(
                f"sales-{state}",
                f"Sales ({state.capitalize()})",
                money(f"t.{state}_order_sales", "t.payment_currency"),
                Kind.MONEY,
            ),
        )
    )


SALES: Final = Export(
    "sales",
    "admin-sales-by-events",
    platform,
    sql("TRUE"),
    columns=(
        column("event-name", "Event Name", "t.name"),
        column("owner-name", "Owner Name", "nullif(concat_ws(' ', keeper.first_name, keeper.last_name), '')"),
        column("owner-email", "Owner Email", "t.owner"),
        column("event-type", "Event Type", "t.type"),
        # In the zone of each event: as if it were the zone of the list.
        column(
            "event-date",
            "Event Date",
            f"(t.starts_at AT TIME ZONE {_ZONE}) AT TIME ZONE 'UTC'",
            Kind.MOMENT,
        ),
        *_sold(),
        column("currency", "Currency", "t.payment_currency"),
    ),
    listed=("event-name", "owner-email", "event-date", "tickets-completed", "sales-completed", "currency"),
    order="t.starts_at DESC, t.id DESC",
    joins="JOIN events held ON held.id = t.id LEFT JOIN users keeper ON keeper.id = t.owner_id",
)
