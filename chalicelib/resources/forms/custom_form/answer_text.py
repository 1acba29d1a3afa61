"""Answers to forms as people read them: on a badge, and at the door."""

from datetime import datetime
from typing import Any


def answer_text(value: Any) -> str:
    """An answer of any kind as a text: Yes or No, a day, items with commas, "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, list):
        return ", ".join(map(answer_text, value))
    return str(value)
