"""Who counts as what in a group: its owner made it, its organizers accepted an invitation."""

from chalicelib.auth.viewer import Kind
from chalicelib.jsonapi.ask import Ask
from chalicelib.jsonapi.policy import FALSE, Rule, of_viewer, where_sql


def organises(column: str) -> Rule:
    """The viewer is an accepted organizer of the group in this column ("id": the group itself)."""

    def sql(ask: Ask, t: str) -> str:
        if ask.kind is Kind.NOBODY:
            return FALSE
        return (
            f'EXISTS (SELECT 1 FROM users_groups_roles held WHERE held.group_id = {t}."{column}" '  # noqa: S608
            f"AND {of_viewer(ask, 'held')} AND held.accepted)"
        )

    return where_sql(sql, "accepted organizer of the group")


def owns(column: str) -> Rule:
    """The viewer made the living group in this column. Staff does not pass by itself: say `| staff`."""

    def sql(ask: Ask, t: str) -> str:
        if ask.kind is Kind.NOBODY:
            return FALSE
        return (
            f'EXISTS (SELECT 1 FROM groups owned WHERE owned.id = {t}."{column}" '  # noqa: S608
            f"AND {of_viewer(ask, 'owned')} AND owned.deleted_at IS NULL)"
        )

    return where_sql(sql, "group_owner")
