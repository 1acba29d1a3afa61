"""BlurHash encoder: a blurred placeholder of an image in some thirty characters.

Source: https://github.com/woltapp/blurhash/blob/master/Algorithm.md. Apps have decoders for it.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import copysign, cos, floor, pi
from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_KNEE: Final = 0.04045  # end of the linear part of the sRGB curve
_LIGHT: Final = tuple(
    level / 255 / 12.92 if level / 255 <= _KNEE else ((level / 255 + 0.055) / 1.055) ** 2.4
    for level in range(256)
)

Color = tuple[float, float, float]


def blurhash(pixels: bytes, width: int, height: int, columns: int, rows: int) -> str:
    """The BlurHash of an image, of 4 + 2 * columns * rows characters.

    `pixels` are RGB bytes, row by row. `columns` and `rows` (1 to 9) are the numbers of components. It takes
    O(width * height * columns) time, so pass a small image.
    """
    across = [[cos(pi * wave * x / width) for x in range(width)] for wave in range(columns)]
    down = [[cos(pi * wave * y / height) for y in range(height)] for wave in range(rows)]
    edges = pairwise(range(0, 3 * width * (height + 1), 3 * width))
    lines = [[_LIGHT[value] for value in pixels[start:end]] for start, end in edges]
    # The sums per line are the same for all vertical components.
    sums = [[_weighed(line, wave) for line in lines] for wave in across]
    coefficients = [
        _strength(sums[i], down[j], i or j, width * height) for j in range(rows) for i in range(columns)
    ]
    return _encoded(coefficients, columns, rows)


def _weighed(line: list[float], wave: list[float]) -> Color:
    red, green, blue = (
        sum(light * weight for light, weight in zip(line[channel::3], wave, strict=True))
        for channel in range(3)
    )
    return red, green, blue


def _strength(sums: list[Color], wave: list[float], varies: int, pixels: int) -> Color:
    scale = (2 if varies else 1) / pixels
    red, green, blue = (
        scale * sum(color[channel] * weight for color, weight in zip(sums, wave, strict=True))
        for channel in range(3)
    )
    return red, green, blue


def _encoded(coefficients: Sequence[Color], columns: int, rows: int) -> str:
    average, *waves = coefficients
    strongest = max((abs(value) for wave in waves for value in wave), default=0.0)
    step = max(0, min(82, floor(strongest * 166 - 0.5)))
    largest = (step + 1) / 166 if waves else 1.0
    red, green, blue = map(_srgb, average)
    text = _digits(columns - 1 + (rows - 1) * 9, 1) + _digits(step, 1)
    text += _digits((red << 16) + (green << 8) + blue, 4)
    for wave in waves:
        levels = [_level(value / largest) for value in wave]
        text += _digits(levels[0] * 19 * 19 + levels[1] * 19 + levels[2], 2)
    return text


def _level(value: float) -> int:
    return max(0, min(18, floor(copysign(abs(value) ** 0.5, value) * 9 + 9.5)))


def _srgb(light: float) -> int:
    light = max(0.0, min(1.0, light))
    value = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return int(value * 255 + 0.5)


def _digits(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(length)))
