"""Parses a badge form as clients send it for a preview: names in camel case, with underscores or dashes."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.badges.layout import Badge, Field, Image
from chalicelib.badges.vcard import vcard
from chalicelib.jsonapi.ground.errors import bad_document, invalid
from chalicelib.jsonapi.model.whole_numbers import whole
from chalicelib.pdf.page import Color

MOST_FIELDS: Final = 100
MOST_CODES: Final = 4  # a large one takes half a second
_LONGEST: Final = 1000
_HEX: Final = re.compile(r"#([0-9a-fA-F]{3}){1,2}")
_SAMPLE: Final = "Sample Data"
_QR: Final = "qr"
_MARGINS: Final = ("margin_top", "margin_right", "margin_bottom", "margin_left")
_BOLD: Final = re.compile(r"bold|[6-9]00", re.IGNORECASE)


class Members:
    """The members of a JSON object, by names in any spelling; `at` is the pointer to it."""

    def __init__(self, content: Any, at: str) -> None:
        if not isinstance(content, dict):
            raise bad_document("This must be an object.", at)
        self.at = at
        self._content = {plain(name): (name, value) for name, value in content.items()}

    def value(self, name: str) -> Any:
        """The value, or None."""
        return self._content.get(plain(name), (name, None))[1]

    def pointer(self, name: str) -> str:
        """The JSON pointer to the member."""
        return f"{self.at}/{self._content.get(plain(name), (name, None))[0]}"

    def text(self, name: str) -> str:
        """A text; "" where there is none. Raises Problem 422."""
        value = self.value(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise invalid(f"{name} is a text of up to {_LONGEST} characters.", self.pointer(name))
        return value

    def number(self, name: str, usual: int, least: int, most: int) -> int:
        """A whole number in these bounds; `usual` where there is none. Raises Problem 422."""
        value = self.value(name)
        if value is None or value == "":
            return usual
        try:
            found = whole(value)
        except ValueError:
            found = most + 1
        if not least <= found <= most:
            raise invalid(f"{name} is a whole number from {least} to {most}.", self.pointer(name))
        return found

    def texts(self, name: str) -> list[str]:
        """A list of texts. Raises Problem 422."""
        value = self.value(name) or []
        if not isinstance(value, list) or len(value) > MOST_FIELDS:
            raise invalid(f"{name} is a list of up to {MOST_FIELDS} texts.", self.pointer(name))
        if not all(isinstance(text, str) and len(text) <= _LONGEST for text in value):
            raise invalid(f"{name} is a list of texts.", self.pointer(name))
        return value

    def color(self, name: str) -> Color | None:
        """A color, or None. Raises Problem 422."""
        text = self.text(name).strip()
        if not text:
            return None
        if not _HEX.fullmatch(text):
            raise invalid(f"{name} is a color such as #1f6feb.", self.pointer(name))
        digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
        red, green, blue = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
        return red, green, blue


def plain(name: str) -> str:
    """A name without case, underscores and dashes: badgeID is badge_id."""
    return re.sub(r"[-_]", "", name).lower()


def underscored(name: str) -> str:
    """A field identifier such as jobTitle as the name of an attribute, job_title."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def badge_of(
    members: Members,
    image: Image | None,
    values: Mapping[str, str] | None = None,
    shown: frozenset[str] | None = None,
    attendee_id: int | None = None,
) -> Badge:
    """The badge in a form. Raises Problem 400, 422.

    Without `values` the fields have their sample texts, and the QR code sample data. With them, which are by
    the names of attributes, only the fields in `shown` (by field identifier) are filled in.
    """
    sent = members.value("badge_fields") or []
    if not isinstance(sent, list) or len(sent) > MOST_FIELDS:
        raise invalid(
            f"badgeFields is a list of up to {MOST_FIELDS} fields.", members.pointer("badge_fields")
        )
    listed = [
        Members(sent_field, f"{members.pointer('badge_fields')}/{n}") for n, sent_field in enumerate(sent)
    ]
    fields = [
        _field(member, values, shown, attendee_id) for member in listed if not member.value("is_deleted")
    ]
    if sum(field.qr is not None for field in fields) > MOST_CODES:
        raise invalid(f"A badge has {MOST_CODES} QR codes at most.", members.pointer("badge_fields"))
    return Badge(
        members.text("badge_size"),
        members.text("badge_orientation"),
        members.color("badge_color"),
        image,
        fields,
    )


def _field(
    members: Members, values: Mapping[str, str] | None, shown: frozenset[str] | None, attendee_id: int | None
) -> Field:
    identifier, text, qr = members.text("field_identifier"), members.text("sample_text"), None
    if members.text("custom_field").strip().lower() == _QR:
        names = members.texts("qr_custom_field")
        known = {underscored(name): _value(name, values) for name in names}
        qr = vcard(known, attendee_id)
    elif values is not None:
        text = _value(identifier, values) if shown is None or identifier in shown else ""
    weights = members.value("font_weight") or []
    looks = " ".join(_looks(weight) for weight in weights) if isinstance(weights, list) else str(weights)
    top, right, bottom, left = (float(members.number(name, 0, -500, 500)) for name in _MARGINS)
    return Field(
        text,
        qr,
        float(members.number("font_size", 14, 1, 400)),
        members.color("font_color") or (0.0, 0.0, 0.0),
        members.text("text_alignment").strip().lower() or "center",
        members.text("text_type"),
        bool(_BOLD.search(looks)),
        "italic" in looks.lower(),
        "underline" in looks.lower(),
        (top, right, bottom, left),
        float(members.number("text_rotation", 0, -360, 360)),
    )


def _value(name: str, values: Mapping[str, str] | None) -> str:
    if values is None:
        return _SAMPLE
    return values.get(underscored(name)) or values.get(name) or ""


def _looks(style: Any) -> str:
    """The words of a font style: {name, font_weight, font_style, text_decoration} or a text."""
    return " ".join(map(str, style.values())) if isinstance(style, dict) else str(style)
