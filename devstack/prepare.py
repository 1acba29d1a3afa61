"""Prepares the data at a start: admin account, demo data, unsent tasks.

Lines that begin with "say: " are shown to the user.
"""

import os

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import chalicelib.entrypoints  # noqa: F401 - knows every model, so that they can refer to each other
from chalicelib import clock, db, health, outbox, signals
from chalicelib.auth import passwords
from chalicelib.outbox import OutboxMessage
from chalicelib.resources.admin.setting import Setting
from chalicelib.resources.people.user.user import User
from chalicelib.resources.video.video_channel import VideoChannel
from devstack import (
    database,
    demo,
    demo_door,
    local_clock,
    paypal_stand_in,
    stripe_connect,
    video_stand_in,
)


def main() -> None:
    """Do what is missing. Idempotent."""
    check_schema()
    with signals.muted(), db.transaction() as session:
        look_after_admin(
            session,
            os.environ["ADMIN_EMAIL"],
            os.environ["ADMIN_PASSWORD"],
            insist=os.environ["ADMIN_PASSWORD_WAS_GIVEN"] == "True",
        )
        if demo.is_wanted(session):
            demo.create(session)
        if demo.is_there(session):
            print(f"say: {demo.INTRODUCTION}")
            for line in demo_door.prepare(session, os.environ.get("API_URL", "")):
                print(f"say: {line}")
        lead_to_stand_in(session, os.environ.get("VIDEO_STAND_IN", ""))
        connect_to_stripe(session)
        connect_to_paypal(session)
    with db.transaction() as session:
        send_again(session)
    outbox.sweep()
    while outbox.relay():  # one relay is limited, and overdue tasks would fail the health check
        pass


def check_schema() -> None:
    """Raise SystemExit where a migration was inserted before one that the database has already.

    Alembic knows the newest revision of a database alone, and does not notice.
    """
    missing = health.lacking()
    if missing:
        raise SystemExit(f"{missing[0]}, and so on: {database.ANOTHER_VERSION}")


def look_after_admin(session: Session, email: str, password: str, *, insist: bool) -> None:
    """Create the admin if there is none; with `insist`, set the password of an existing one.

    The password may be any that the policy allows. Raises SystemExit.
    """
    try:
        passwords.fit(password)
    except passwords.Unfit as reason:
        raise SystemExit(f"ADMIN_PASSWORD: {reason}") from None
    admin = session.scalar(select(User).where(func.lower(User.email) == email.lower()))
    if admin is None:
        admin = User(email=email, first_name="Ada", last_name="Admin")
        admin.password_hash = passwords.hashed(password)
        session.add(admin)
    elif insist and not passwords.matches(password, admin.password_hash):
        admin.password_hash = passwords.hashed(password)
    admin.is_admin = admin.is_super_admin = admin.is_verified = True
    admin.is_blocked = False
    admin.deleted_at = None
    known = passwords.matches(password, admin.password_hash)
    print(f"say: the admin is {email}, password {password if known else 'as it was changed'}")


def lead_to_stand_in(session: Session, api_url: str) -> None:
    """Let the demo's BigBlueButton channel lead to the stand-in, which has another port at each start."""
    if api_url:
        demos = VideoChannel.provider == "bbb", VideoChannel.api_key == video_stand_in.SECRET
        session.execute(update(VideoChannel).where(*demos).values(api_url=api_url))


def connect_to_stripe(session: Session) -> None:
    """Let the platform be paid through the stand-in.

    Keys that somebody has set are left alone.
    """
    setting = session.scalars(select(Setting).order_by(Setting.id).limit(1)).one_or_none()
    if setting is None or setting.stripe_test_secret_key:
        return
    setting.stripe_test_client_id = stripe_connect.CLIENT_ID
    setting.stripe_test_secret_key = stripe_connect.SECRET_KEY
    setting.stripe_test_publishable_key = stripe_connect.PUBLISHABLE_KEY


def connect_to_paypal(session: Session) -> None:
    """The same for the stand-in for PayPal's sandbox."""
    setting = session.scalars(select(Setting).order_by(Setting.id).limit(1)).one_or_none()
    if setting is None or setting.paypal_sandbox_secret or setting.paypal_mode:
        return
    setting.paypal_mode = "sandbox"
    setting.paypal_sandbox_client = paypal_stand_in.CLIENT_ID
    setting.paypal_sandbox_secret = paypal_stand_in.SECRET


def send_again(session: Session) -> None:
    """Mark tasks that were sent but not done as unsent: the in-memory queue has lost them."""
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.sent_at.is_not(None),
            OutboxMessage.done_at.is_(None),
            OutboxMessage.failed_at.is_(None),
            OutboxMessage.held_at.is_(None),
            OutboxMessage.sent_at <= clock.now(),
        )
        .values(sent_at=None)
    )


if __name__ == "__main__":
    with local_clock.followed():
        main()
