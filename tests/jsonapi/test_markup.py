"""Reading markup: in one pass, to a small depth, and to the same end however often it is done."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.jsonapi.model.markup import DEEPEST, MOST_TAGS, pieces, sanitize
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.resources.excerpts import excerpt, plain_text
from tests.support.texts import is_live

# What a parser may have to read again and again.
SHAPES = (
    "<a/", "<ul><li>", "<b>", "<a>", "<p>", "<!--", "<?", "</", "<a ='", '<a ="', "<a aaaa", "<a a= ",
    "<script>", "<![CDATA[", "<pre>\n", "<a href=x>y</a>", "<b><i><u><s><p>", "<ul><object></ul></object>",
    "<table><b>", "<svg><ul>", "<a =x", "&lt;", "&#x3c;b&#62;", "<h1><b>", "< ", "<3", "&", "<textarea><ul></textarea>",
)  # fmt: skip
MARKED = st.lists(
    st.sampled_from(
        [
            *(
                "<b>",
                "</b>",
                "<p>",
                "</p>",
                "<ul>",
                "<li>",
                "</li>",
                "</ul>",
                "<pre>",
                "</pre>",
                "\n",
                "<br>",
                "<hr/>",
            ),
            *(
                "<a href='https://example.org/?a=1&copy=2'>",
                "</a>",
                '<a title="\'>" href=x>',
                "<h1>",
                "<h2>",
                "</h1>",
            ),
            *(
                "<script>",
                "</script>",
                "<style>",
                "<svg>",
                "<math>",
                "<template>",
                "<select>",
                "<table>",
                "<td>",
            ),
            *(
                "<",
                ">",
                "</",
                "<!--",
                "-->",
                "<!",
                "<?x",
                "&lt;",
                "&amp;",
                "&",
                "&#10;",
                "&#13;",
                "&#xfeff;",
                "\ufeff",
            ),
            *(
                "x",
                " ",
                "\r\n",
                "\r",
                '"',
                "'",
                "=",
                "\u00a0",
                "<x",
                "<blockquote>",
                "<textarea>",
                "&nbsp",
                "<i<b>",
            ),
        ]
    ),
    max_size=25,
).map("".join)


@pytest.mark.parametrize(
    "typed", ["Tom & Jerry", "I <3 it", "a < b > c", "x<5", "&lt;b&gt;", "5 <", "a\r\nb", ""]
)
def test_a_text_that_holds_no_tag_stays_as_it_was_typed(typed: str) -> None:
    assert sanitize(typed) == typed


@pytest.mark.parametrize(
    "trick",
    [
        "<<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "x <img src=x onerror=alert(1)",
        "<svg/onload=alert(1)>",
        '<a href="java&#115;cript:alert(1)">x</a>',
        '<a href="&#1;javascript:alert(1)">x</a>',
        '<a href="">x</a><a title="><img src=x onerror=alert(1)>">y</a>',
        "<math><mi><mglyph><style><img src=x onerror=alert(1)>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<!--><img src=x onerror=alert(1)>-->",
        '<b onclick="f()">x</b>',
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    ],
)
def test_no_trick_leaves_live_markup(trick: str) -> None:
    clean = sanitize(trick)
    assert not is_live(clean)
    assert "script:" not in clean
    assert not is_live(excerpt(trick) or "")


def test_entities_stay_entities_and_are_no_tags_in_an_excerpt_either() -> None:
    typed = "&lt;img src=x onerror=alert(1)&gt; <b>bold</b>"
    assert sanitize(typed) == typed
    assert excerpt(typed) == "\u2039img src=x onerror=alert(1)> bold"


@given(MARKED)
@settings(max_examples=200)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    once = sanitize(text)
    assert not is_live(once)
    assert sanitize(once) == once
    assert not is_live(plain_text(text))


@given(st.text(alphabet="<>/!ab\"'= -&;\n", max_size=60))
@settings(max_examples=150)
def test_whatever_is_typed_comes_out_harmless_and_stays(text: str) -> None:
    once = sanitize(text)
    assert not is_live(once)
    assert sanitize(once) == once


def test_what_begins_like_a_tag_and_never_ends_is_looked_at_once() -> None:
    for shape in ("<a/", "<a ='", "<!--", "<?", "<a x"):
        assert len(list(pieces(shape * 5_000))) == 1, shape


@pytest.mark.parametrize("shape", SHAPES)
def test_elements_are_a_few_deep_and_too_many_tags_are_none(shape: str) -> None:
    for times in (100, MOST_TAGS, 3 * MOST_TAGS):
        clean = sanitize(shape * times)
        depth = deepest = 0
        for _, tag, closes, _ in pieces(clean):
            depth += (-1 if closes else 1) if tag not in {"", "br", "hr"} else 0
            deepest = max(deepest, depth)
        assert depth == 0
        assert deepest <= DEEPEST
        assert times <= MOST_TAGS or "<b" not in clean


def test_the_longest_hostile_texts_are_read_before_anybody_would_wait() -> None:
    """In a process of its own, which is ended where a parser takes the square of a text's length."""
    work = (
        "from tests.jsonapi.test_markup import SHAPES\n"
        "from chalicelib.jsonapi.model.markup import sanitize\n"
        "from chalicelib.resources.excerpts import excerpt\n"
        "from chalicelib.jsonapi.model.plain_text import plain_lines\n"
        "for shape in SHAPES:\n"
        "    text = shape * (200_000 // len(shape))\n"
        "    for read in (sanitize, excerpt, plain_lines): read(text)\n"
    )
    subprocess.run([sys.executable, "-c", work], check=True, timeout=300)  # minutes for each, if it were


def test_mails_have_lines_of_what_is_marked_up() -> None:
    lines = plain_lines(
        '<p>Dear <b>you</b>,</p><ul><li>one</li></ul><a href="https://example.org/?a&amp;b">go</a>'
    )
    assert lines == ["Dear you,", "- one", "go (https://example.org/?a&b)"]
