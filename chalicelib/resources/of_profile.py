"""Rows that say whose they are, and may belong to one of that person's profiles (see people/profile/)."""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import linked_to


class OfProfile:
    """`profile_id` is empty where the row is the person's own. Rules see to it with `myself`."""

    profile_id: Mapped[int | None] = linked_to("profiles.id", index=False)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        table: Any = cls.__table__  # type: ignore[attr-defined]
        # Most rows belong to none, and cost the index nothing.
        Index(
            f"ix_{table.name}_profile_id",
            table.c.profile_id,
            postgresql_where=text("profile_id IS NOT NULL"),
        )
