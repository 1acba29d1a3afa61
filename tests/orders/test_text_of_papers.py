"""Texts on papers: in any script, in the right order, embedded in full, and nothing from elsewhere."""

import io

import pikepdf
import pypdfium2
import pytest
from bidi import get_display
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.papers.document import About, Document
from chalicelib.papers.faces import CHINESE, JAPANESE, KOREAN, LATIN, faces
from chalicelib.papers.runs import clean, runs_of
from chalicelib.papers.shaping import Line, shaped, wrapped

NAMES = {
    "Latin": "Zoë Żółć Nguyễn",
    "Greek": "Ελένη",
    "Cyrillic": "Жуковский",
    "Arabic": "محمد عبد الله",
    "Persian": "می\u200cخواهم",
    "Hebrew": "דוד בן־גוריון",
    "Devanagari": "श्रीकृष्ण क्षत्रिय",
    "Thai": "สมชาย น้ำใจ",
    "Chinese": "李小龍 刘德华",
    "Japanese": "山田太郎 さくら",
    "Korean": "김철수",
    "Tamil": "தமிழ்",
    "emoji": "\U0001f469\u200d\U0001f4bb\U0001f389\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd\u2764\ufe0f",
}
_LETTERS = st.sampled_from("abc אבג دمح 123 ٤٥ ()[]- .,+%$/:!")


def drawn(*lines: Line) -> bytes:
    document = Document(About("Names"))
    page = document.page()
    for number, line in enumerate(lines):
        document.text(page, line, 20, 40 + 30 * number, 20)
    return document.content()


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("bold", [False, True])
def test_a_name_in_any_script_has_its_glyphs(script: str, bold: bool) -> None:
    line = shaped(NAMES[script], bold=bold)
    assert line.glyphs
    assert all(glyph.number for glyph in line.glyphs), "none is a box"
    assert 0 < line.width < 20_000
    content = drawn(line)
    assert len(content) < 40_000
    page = pypdfium2.PdfDocument(content)[0].render(scale=1).to_pil().convert("L")
    assert min(page.tobytes()) < 100, "something is drawn"


def test_letters_are_joined_and_sequences_are_one_glyph() -> None:
    isolated = {shaped(letter).glyphs[0].number for letter in "محمد"}
    assert not {glyph.number for glyph in shaped("محم").glyphs} <= isolated, "Arabic letters are joined"
    assert len(shaped("क्ष").glyphs) < 3, "a conjunct"
    for sequence in ("\U0001f469\u200d\U0001f4bb", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd"):
        assert len([glyph for glyph in shaped(sequence).glyphs if glyph.advance]) == 1, sequence
    assert shaped("می\u200cخواهم").glyphs != shaped("میخواهم").glyphs, "a joiner that keeps letters apart"


def test_chinese_characters_look_as_the_language_of_the_text_has_them() -> None:
    for text, index in (("直", CHINESE), ("直す", JAPANESE), ("直 한", KOREAN)):
        used = {glyph.face.source.index for glyph in shaped(text).glyphs if glyph.face.is_cff}
        assert used == {index}, text
    assert faces("直", 400)[0].source is LATIN


@given(st.text(_LETTERS, min_size=1, max_size=12))
def test_the_order_of_what_is_seen_is_that_of_another_implementation(text: str) -> None:
    line = clean(text)
    seen = "".join(run[::-1] if leftward else run for run, leftward in runs_of(line))
    brackets = str.maketrans("([", ")]")  # which of them is drawn is left to the font
    assert seen.translate(brackets) == get_display(line).translate(brackets)


def test_a_name_cannot_turn_what_is_beside_it() -> None:
    assert clean("Ada \u202eevil\u202c \u2066x\u2069\x00\ud800 b") == "Ada evil x b"
    assert runs_of(clean("\u202eabc")) == [("abc", False)]


def test_long_texts_are_broken_and_end_with_an_ellipsis() -> None:
    for text in ("word " * 200, "W" * 900, "李" * 500, "محمد " * 100, "\U0001f389" * 300):
        lines = wrapped(text, 200, 12)
        assert len(lines) == 3
        assert all(line.width * 12 / 1000 <= 200 for line in lines)
        assert lines[-1].text.endswith("\u2026")
    assert [line.text for line in wrapped("Ada Lovelace", 500, 12)] == ["Ada Lovelace"]
    assert wrapped("W", 1, 12)[0].text == "W", "at least one letter"
    assert [line.text for line in wrapped("", 100, 12)] == [""]


def test_fonts_are_embedded_as_subsets_and_texts_can_be_searched() -> None:
    content = drawn(*(shaped(name) for name in NAMES.values()))
    assert content == drawn(*(shaped(name) for name in NAMES.values())), "the same bytes"
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert opened.check_pdf_syntax() == []
        for font in opened.pages[0].Resources.Font.values():
            described = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile2" in described or "/FontFile3" in described
            assert str(font.BaseFont).startswith("/ABCDEF+Noto")
            assert "/ToUnicode" in font
    told = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    for script in ("Latin", "Greek", "Cyrillic", "Chinese", "Japanese", "Korean"):
        assert NAMES[script] in told
