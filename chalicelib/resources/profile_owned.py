"""Rows that say whose they are, and may belong to one of that person's profiles (see people/profile/)."""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import linked_to


class ProfileOwned:
    """`profile_id` is null for the user's own account. Rules check it with `is_owner`."""

    profile_id: Mapped[int | None] = linked_to("profiles.id", index=False)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        table: Any = cls.__table__  # type: ignore[attr-defined]
        # A partial index, as most rows belong to no profile.
        Index(
            f"ix_{table.name}_profile_id",
            table.c.profile_id,
            postgresql_where=text("profile_id IS NOT NULL"),
        )
