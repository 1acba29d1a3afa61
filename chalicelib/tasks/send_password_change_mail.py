"""A password was changed: tell its owner, in case it was somebody else."""

from sqlalchemy.orm import Session

from chalicelib import outbox, signals
from chalicelib.limits.limit import Exempt
from chalicelib.mail import Mail
from chalicelib.resources.people.user.user import User
from chalicelib.settings import settings
from chalicelib.tasks.post import post
from chalicelib.tasks.registry import NotYet, task

NAME = "send_password_change_mail"


@task(NAME, limited_by=(Exempt("whoever sets a password has shown that the account is theirs"),))
def send_password_change_mail(session: Session, user_id: int) -> None:
    """Mail that the password is another one now, with the way back if that was not wanted."""
    user = session.get(User, user_id)
    if user is None:
        raise NotYet(f"there is no user {user_id}")
    if user.deleted_at is not None:
        return
    post(
        session,
        "password_change",
        Mail(
            to=user.email,
            subject="Your password was changed",
            paragraphs=(
                "The password of your account was changed just now.",
                "If it was not you, set a new one at once: whoever did it could sign in as you.",
            ),
            link=("Set a new password", f"{settings().web_url}/forgot-password"),
        ),
    )


@signals.on("user.password_changed")
def _tell_the_owner(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"user_id": id})
