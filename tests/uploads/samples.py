"""Small files of many kinds, made when they are asked for."""

import io
import random
import zipfile

from PIL import Image

CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/{folder}/{part}.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
)


def image(kind: str = "PNG", size: tuple[int, int] = (640, 480), mode: str = "RGB") -> bytes:
    """A noisy picture, so that it does not compress to nothing."""
    noise = random.Random(7).randbytes(size[0] * size[1])  # noqa: S311 - always the same picture
    target = io.BytesIO()
    Image.frombytes("L", size, noise).convert(mode).save(target, kind)
    return target.getvalue()


def archive(*members: tuple[str, str], stored: bool = False) -> bytes:
    """A ZIP file of these members in this order; an OpenDocument's "mimetype" is never compressed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, content in members:
            plain = stored or name == "mimetype"
            made.writestr(name, content, zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED)
    return target.getvalue()


def office(folder: str, part: str, kind: str, *, listing_first: bool = True) -> bytes:
    """A Microsoft office document, with its table of contents first (as Office writes it) or last."""
    listing = ("[Content_Types].xml", CONTENT_TYPES.format(folder=folder, part=part, kind=kind))
    others = [("_rels/.rels", "<Relationships/>"), (f"{folder}/{part}.xml", "<content/>")]
    return archive(listing, *others) if listing_first else archive(*others, listing)


PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
MP3 = b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x64" * 200
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(200)
WEBM = (
    b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04"
    + bytes(99)
)
