"""Cost of sanitizing and excerpting the longest accepted texts, hostile ones included."""

import time

from chalicelib.jsonapi.model.markup import MOST_TAGS, sanitize
from chalicelib.jsonapi.model.texts import LONGEST_TEXT
from chalicelib.resources.excerpts import excerpt

# Each is what some parser reads again and again.
HOSTILE = (
    "<a/", "<ul><li>", "<b>", "<a>", "<p>", "<!--", "<?", "</", "<a ='", "<a aaaa", "<a a= ", "<pre>\n",
    "<a href=x>y</a>", "<b><i><u><s><p>", "<table><b>", "<svg><ul>", "&lt;", "&#x3c;b&#62;", "<h1><b>", "<3",
)  # fmt: skip
_TIMES = 5


def measured() -> dict[str, float]:
    """Milliseconds of our processor: plain words, and the worst of the hostile shapes."""
    return {"plain words": _cost("Word "), "worst of hostile shapes": max(map(_cost, HOSTILE))}


def _cost(shape: str) -> float:
    tags = max(1, shape.count("<"))
    times = min(LONGEST_TEXT // len(shape), MOST_TAGS // tags if "<" in shape else LONGEST_TEXT)
    text = (shape * times).ljust(LONGEST_TEXT, "x")
    found = []
    for _ in range(_TIMES):
        began = time.process_time()
        excerpt(sanitize(text))
        found.append(time.process_time() - began)
    return min(found) * 1000
