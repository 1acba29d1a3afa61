"""The name under which a person appears in video rooms and chats."""

from typing import Final

ANONYMOUS: Final = "Anonymous User"


def display_name(user: str, profile: str) -> str:
    """SQL: the name of the profile, else the public name, else the full name; NULL without any.

    `user` and `profile` are SQL of their ids; the latter may be null.
    """
    return f"""(
      SELECT coalesce(
        (SELECT nullif(btrim(profile.name), '') FROM profiles profile WHERE profile.id = {profile}),
        nullif(btrim(person.public_name), ''),
        nullif(btrim(concat_ws(' ', person.first_name, person.last_name)), '')
      ) FROM users person WHERE person.id = {user}
    )"""  # noqa: S608 - no user input
