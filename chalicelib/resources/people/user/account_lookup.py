"""Finds the account with an email address."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chalicelib.resources.people.user.user import User
from chalicelib.values.addresses import stored_form


def account_with(session: Session, email: str, *, locked: bool = False) -> "User | None":
    """The account with this address that is not deleted, or None. `locked` locks it until the commit.

    An address stored before normalization is found as it was written.
    """
    forms = dict.fromkeys([stored_form(email), email.strip()])
    meant = func.lower(User.email).in_([func.lower(form) for form in forms])
    select_user = select(User).where(meant, User.deleted_at.is_(None))
    if locked:
        select_user = select_user.with_for_update().execution_options(populate_existing=True)
    users = session.scalars(select_user).all()
    return min(users, key=lambda user: stored_form(user.email) != user.email, default=None)
