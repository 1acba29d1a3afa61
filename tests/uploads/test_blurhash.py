"""A BlurHash is what the standard's own programs make of the same picture."""

import pytest

from chalicelib.uploads.blurhash import blurhash

SIDE = 32
SLOPES = bytes(item for y in range(SIDE) for x in range(SIDE) for item in (x * 8, y * 8, 128))


@pytest.mark.parametrize(
    ("pixels", "waves", "expected"),
    [
        # As blurhash 1.1.5 from PyPI encodes them.
        (SLOPES, (4, 3), "LxH2cX2swxX8l}WDjte;gJfjfQfj"),
        (SLOPES, (3, 4), "TxH2cX2swxl}WDjtgJfjfQnmWpjt"),
        (SLOPES, (1, 1), "00H2cX"),
        (
            SLOPES,
            (9, 9),
            "|xH2cX2swxX8a|ofWpofWpl}WDjte;fQe;fQe;fQgJfjfQfjfQfjfQfjfQnmWpjtfQfQfQfQfQfQf7fQfQfQfQfQfQfQfQofWpjtfQfQfQfQfQfQe;fQfQfQfQfQfQfQfQofWpjtfQfQfQfQfQfQe;fQfQfQfQfQfQfQfQ",
        ),
        (b"\xff" * 3 * SIDE * SIDE, (4, 3), "L9TSUA~qfQ~q~qoffQoffQfQfQfQ"),
        (b"\x00" * 3 * SIDE * SIDE, (4, 3), "L00000fQfQfQfQfQfQfQfQfQfQfQ"),
    ],
    ids=["slopes", "upright", "one colour", "finest", "white", "black"],
)
def test_it_is_the_standard_s(pixels: bytes, waves: tuple[int, int], expected: str) -> None:
    assert blurhash(pixels, SIDE, SIDE, *waves) == expected


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 40), (40, 1), (7, 5)])
def test_any_size_of_picture_has_one(width: int, height: int) -> None:
    made = blurhash(bytes(range(3)) * width * height, width, height, 4, 3)
    assert len(made) == 28
    assert made.isascii()
    assert not set(made) & set("\"'\\<>&")


def test_a_part_of_a_picture_is_no_picture() -> None:
    with pytest.raises(ValueError, match="zip"):
        blurhash(bytes(10), 2, 2, 4, 3)
