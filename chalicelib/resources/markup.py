"""Text with a little markup, as people write it into descriptions; everything dangerous is taken out."""

from collections.abc import Mapping
from typing import Any

from chalicelib.jsonapi.fields import fields

_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p",
    "pre", "s", "strong", "sub", "sup", "u", "ul",
}  # fmt: skip


def sanitised(text: str) -> str:
    """The text with only harmless tags; links open a new window and pass on no reputation."""
    import nh3  # only writes need it

    return nh3.clean(
        text,
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


class RichText(fields.String):
    """An attribute whose markup is sanitised when it comes in."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        return self.stored_form(super()._deserialize(value, attr, data, **kwargs))

    def stored_form(self, value: str) -> str:
        """The text as it is stored."""
        return sanitised(value)
