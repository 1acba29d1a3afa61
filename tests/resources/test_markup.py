"""Markup that people write: what may stay and what must go."""

import pytest

from chalicelib.jsonapi.model.markup import sanitize


@pytest.mark.parametrize(
    "harmless",
    ["plain text", "<p>One<br>two</p>", "<ul><li><strong>a</strong></li></ul>", "5 &lt; 6 &amp; 7"],
)
def test_a_little_markup_stays_as_it_is(harmless: str) -> None:
    assert sanitize(harmless) == harmless


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,alert(1)">x</a>',
        '<p style="position:fixed" onclick="alert(1)">x</p>',
        "<iframe src=//evil.example></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<style>*{display:none}</style>",
    ],
)
def test_what_could_do_harm_goes(evil: str) -> None:
    clean = sanitize(evil)
    for trace in ("alert", "script", "onerror", "onclick", "style", "iframe", "evil", "display"):
        assert trace not in clean


def test_links_open_a_new_window_and_pass_on_no_reputation() -> None:
    clean = sanitize('<a href="https://example.org" target="_self" rel="follow">there</a>')
    assert 'target="_blank"' in clean
    assert 'rel="nofollow noopener noreferrer"' in clean
    assert "_self" not in clean
