"""Font faces: Noto Sans in every script, one face for each weight, opened when a text needs it.

The fonts are the packages manimgx-fonts and manimgx-fonts-cjk (SIL Open Font License 1.1), in the layer of
papers. A face is a variable font at one weight; what a document embeds is a subset without variations.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import uharfbuzz

REGULAR, BOLD = 400, 700
# Whatever Noto Sans itself lacks is looked for in this order. An emoji that is a text in Unicode, such as
# a digit, is in Noto Sans first.
_SCRIPTS: Final = (
    "Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Tamil", "Telugu", "Gujarati", "Gurmukhi", "Kannada",
    "Malayalam", "Oriya", "Sinhala", "Myanmar", "Khmer", "Lao", "Ethiopic", "Georgian", "Armenian",
)  # fmt: skip
_CJK: Final = "NotoSansCJK-VF.otf.ttc"
# Faces of the collection, by what else is in the text: Chinese characters look different in each language.
JAPANESE, KOREAN, CHINESE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Source:
    """A font file, and which font of it."""

    package: str
    file: str
    index: int = 0


LATIN: Final = Source("manimgx_fonts", "NotoSans[wght].ttf")
EMOJI: Final = Source("manimgx_fonts", "NotoEmoji[wght].ttf")
_OTHERS: Final = (
    *(Source("manimgx_fonts", f"NotoSans{script}[wght].ttf") for script in _SCRIPTS),
    Source("manimgx_fonts", "NotoSansSymbols[wght].ttf"),
)


class Face:
    """One font at one weight. Lengths are in thousandths of the font size."""

    def __init__(self, source: Source, weight: int) -> None:
        import uharfbuzz  # lazy: 100 ms, and in the layer of papers alone

        self._library: Any = uharfbuzz
        self.source, self.weight = source, weight
        self._face = uharfbuzz.Face(_blob(source.package, source.file), source.index)
        self.font = uharfbuzz.Font(self._face)
        self.font.set_variations({"wght": weight})
        self._per_em = self._face.upem
        self.is_cff = "CFF2" in self._face.table_tags or "CFF " in self._face.table_tags
        extents = self.font.get_font_extents("ltr")
        self.ascent, self.descent = self.scaled(extents.ascender), self.scaled(extents.descender)

    @property
    def name(self) -> str:
        """The PostScript name of the embedded subset, such as ABCDEF+NotoSansThai-Bold."""
        stem = self.source.file.partition("[")[0].partition("-")[0]
        return f"ABCDEF+{stem}-{'Bold' if self.weight == BOLD else 'Regular'}"

    def scaled(self, length: int) -> float:
        """A length of the font's own units."""
        return float(length * 1000 / self._per_em)

    def has(self, character: str) -> bool:
        """Whether the font has a glyph for it."""
        return self.font.get_nominal_glyph(ord(character)) not in {None, 0}

    def advance(self, glyph: int) -> float:
        """How wide the glyph is by itself."""
        return self.scaled(self.font.get_glyph_h_advance(glyph))

    def subset(self, glyphs: set[int]) -> tuple[bytes, dict[int, int]]:
        """What is embedded (a TrueType file, or the table CFF), and the numbers of the glyphs in it."""
        library = self._library
        wanted = library.SubsetInput()
        wanted.glyph_set.update({0, *glyphs})
        flags = library.SubsetFlags
        wanted.flags = (
            flags.NO_HINTING | flags.NO_LAYOUT_CLOSURE | flags.DOWNGRADE_CFF2 | flags.CFF_IDENTITY_CHARSET
        )
        wanted.pin_axis_location(self._face, "wght", self.weight)
        unused = wanted.sets(library.SubsetInputSets.DROP_TABLE_TAG)
        unused.update(int.from_bytes(tag.encode(), "big") for tag in _UNUSED)
        plan = library.SubsetPlan(self._face, wanted)
        made = plan.execute()
        numbers = dict(plan.old_to_new_glyph_mapping)
        content = made.reference_table("CFF ").data if self.is_cff else made.blob.data
        return content, numbers


_UNUSED: Final = (
    "GSUB",
    "GPOS",
    "GDEF",
    "BASE",
    "STAT",
    "name",
    "post",
    "OS/2",
    "cmap",
    "VORG",
    "vhea",
    "vmtx",
    "gasp",
)


@cache
def face(source: Source, weight: int) -> Face:
    """The face, opened once: its file is mapped into memory, not read."""
    return Face(source, weight)


def faces(text: str, weight: int) -> list[Face]:
    """The faces for a text, in the order in which a character is looked up. Raises LookupError."""
    return [face(source, weight) for source in (LATIN, *_OTHERS, _chinese(text), EMOJI)]


def _chinese(text: str) -> Source:
    if any("\u3040" <= letter <= "\u30ff" for letter in text):
        index = JAPANESE
    elif any("\uac00" <= letter <= "\ud7a3" or "\u1100" <= letter <= "\u11ff" for letter in text):
        index = KOREAN
    else:
        index = CHINESE
    return Source("manimgx_fonts_cjk", _CJK, index)


@cache
def _blob(package: str, file: str) -> "uharfbuzz.Blob":
    import uharfbuzz  # lazy: 100 ms, and in the layer of papers alone

    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"the fonts of the package {package} are not installed")
    return uharfbuzz.Blob.from_file_path(str(Path(spec.origin).with_name(file)))
