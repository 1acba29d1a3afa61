"""Excerpts are short, plain and made of whole words, in any script."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.resources.excerpts import LONGEST, excerpt, plain_text
from tests.factories import stored
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.user import make_user
from tests.support.databases import TestDatabase
from tests.support.documents import document
from tests.support.http_client import Client

WORD = "telescope "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        (" \n\t ", None),
        ("<p><br></p>", None),
        ("A short one.", "A short one."),
        ("<p>One</p><p>two</p>", "One two"),
        ("one<br>two", "one two"),
        ("bo<b>ld</b>", "bold"),
        ("Fish &amp; chips &lt;today&gt;&nbsp;only", "Fish & chips \u2039today> only"),
        ("&#8364; 5 &eacute;", "€ 5 é"),
        ("<script>alert(1)</script>safe<style>p{}</style>", "safe"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("line\r\n  and\tline", "line and line"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
    ],
)
def test_short_texts_are_only_made_plain(text: str | None, expected: str | None) -> None:
    assert excerpt(text) == expected


def test_a_text_that_just_fits_is_whole() -> None:
    assert excerpt("x" * LONGEST) == "x" * LONGEST
    assert excerpt("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"


def test_a_long_text_ends_with_a_whole_word_and_an_ellipsis() -> None:
    found = excerpt(WORD * 50)
    assert found is not None
    assert len(found) <= LONGEST
    assert found.removesuffix("…").split() == ["telescope"] * 20


def test_punctuation_does_not_hang_before_the_ellipsis() -> None:
    found = excerpt("well, " * 60)
    assert found is not None
    assert found.endswith("well…")


@pytest.mark.parametrize(
    "character",
    ["漢", "あ", "ก็", "é".encode().decode(), "e\u0301", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "❤️", "नि"],
)
def test_scripts_without_spaces_are_cut_between_characters(character: str) -> None:
    found = excerpt(character * 300)
    assert found is not None
    assert len(found) <= LONGEST
    assert len(found) > LONGEST - 20
    kept = unicodedata.normalize("NFC", found.removesuffix("…"))
    whole = unicodedata.normalize("NFC", character)
    assert kept == whole * (len(kept) // len(whole))


@given(st.text(max_size=700))
@settings(deadline=None, max_examples=150, derandomize=True)
def test_an_excerpt_is_a_beginning_of_the_plain_text(text: str) -> None:
    found, plain = excerpt(text), plain_text(text)
    if not plain:
        assert found is None
    elif len(plain) <= LONGEST:
        assert found == plain
    else:
        assert found is not None
        assert len(found) <= LONGEST
        assert found.endswith("…")
        assert plain.startswith(found.removesuffix("…"))


def test_the_excerpt_follows_its_text(client: Client, database: TestDatabase) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner, description=f"<p>{WORD * 40}</p>")
    mine = client.signed_in_as(owner)
    shown = mine.get(f"/v1/events/{event.id}").json["data"]["attributes"]["excerpt"]
    assert shown == ("telescope " * 20).strip() + "…"
    change = document("event", {"description": "<b>New</b> &amp; short", "excerpt": "mine"}, id=event.id)
    answer = mine.patch(f"/v1/events/{event.id}", change)
    assert answer.json["data"]["attributes"]["excerpt"] == "New & short"
    assert database.one("SELECT excerpt FROM events") == "New & short"


def test_a_session_without_a_short_abstract_has_an_excerpt_of_the_long_one(
    client: Client, database: TestDatabase
) -> None:
    owner = stored(make_user)
    event = stored(make_event, owner=owner)
    mine = client.signed_in_as(owner)
    session = stored(make_session, event=event, short_abstract="", long_abstract="The whole story.")
    assert database.one("SELECT excerpt FROM sessions") == "The whole story."
    change = document("session", {"short-abstract": "In short."}, id=session.id)
    assert mine.patch(f"/v1/sessions/{session.id}", change).status == 200
    assert database.one("SELECT excerpt FROM sessions") == "In short."
    change = document("session", {"short-abstract": None}, id=session.id)
    assert mine.patch(f"/v1/sessions/{session.id}", change).status == 200
    assert database.one("SELECT excerpt FROM sessions") == "The whole story."
