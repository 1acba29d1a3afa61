"""The pages at /door as they are served: what is in them, how small they are, what they may do."""

import gzip
import hashlib
import re

import pytest

from chalicelib.door_page.files import _STATIC as STATIC
from chalicelib.door_page.files import FILES, PAGES
from tests.support.http_client import Client

# Bytes, compressed: everything that the three pages can fetch.
BUDGET = 200_000
# The library that reads and makes QR codes, as its authors have published it: npm qr 0.7.0.
LIBRARY = {
    "qr/decode.js": "00e209820dcb11d624e9a03d6383e580766792b57d1651318f0a29e4e1ff0fe8",
    "qr/index.js": "a0de370051f94bd74f218f74401fdf197585e3f9ef0143164f87ea941a3fdd6f",
    "qr/LICENSE-MIT": "07a9f887e9215644439b808628b09f8eece932d79130ff563f958f3a1783e684",
}
ADDRESSES = [f"/door/{name}".rstrip("/") for name in (*PAGES, *FILES, "worker.js")]


@pytest.mark.parametrize("address", ADDRESSES)
def test_each_file_is_revalidated_and_sent_when_it_changed(client: Client, address: str) -> None:
    kept = client.get(address)
    assert kept.status == 200
    assert kept.headers["cache-control"] == "private, no-cache"
    assert kept.headers["x-content-type-options"] == "nosniff"
    again = client.get(address, headers={"If-None-Match": kept.headers["etag"]})
    assert (again.status, again.content) == (304, b"")
    if not address.endswith(".png"):
        assert "$door" not in kept.text


def test_everything_together_is_small(client: Client) -> None:
    sizes = {address: len(gzip.compress(client.get(address).content, 6)) for address in ADDRESSES}
    assert sum(sizes.values()) < BUDGET, sizes


def test_the_worker_keeps_every_file_and_changes_with_them(client: Client) -> None:
    worker = client.get("/door/worker.js")
    assert worker.headers["service-worker-allowed"] == "/door"
    listed = re.search(r"ADDRESSES = `([^`]*)`", worker.text)
    assert listed is not None
    assert listed[1].split("\n") == [address for address in ADDRESSES if not address.endswith("worker.js")]
    assert re.search(r'"door-[0-9a-f]{12}"', worker.text)


def test_the_pages_may_run_and_fetch_nothing_but_their_own(client: Client) -> None:
    for name in PAGES:
        page = client.get(f"/door/{name}".rstrip("/"))
        allowed = dict(item.split(" ", 1) for item in page.headers["content-security-policy"].split("; "))
        assert allowed["default-src"] == "'none'"
        assert all(
            allowed[f"{kind}-src"] == "'self'"
            for kind in ("script", "style", "connect", "manifest", "worker")
        )
        assert allowed["frame-ancestors"] == allowed["base-uri"] == allowed["form-action"] == "'none'"
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page.text)
    for address in ADDRESSES:
        if not address.endswith(".png"):
            fetched = re.findall(
                r'(?:src|href|url|fetch|import)\s*[=(]\s*["\']?(https?:[^"\')\s]+)', client.get(address).text
            )
            assert fetched == [], address


def test_scripts_parse_no_text_as_markup(client: Client) -> None:
    for name in (name for name in FILES if name.endswith(".js")):
        text = client.get(f"/door/{name}").text
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ):
            assert forbidden not in text, name


def test_what_a_script_imports_is_served(client: Client) -> None:
    for name in (name for name in FILES if name.endswith(".js")):
        folder = name.rpartition("/")[0]
        for imported in re.findall(
            r'(?:from|import\()\s*["\']\./([\w./-]+)["\']', client.get(f"/door/{name}").text
        ):
            assert f"{folder}/{imported}".lstrip("/") in FILES, (name, imported)


def test_every_language_has_every_text(client: Client) -> None:
    texts = client.get("/door/texts.json").json
    assert texts.keys() == {"en", "de", "ar"}
    english = flat(texts["en"])
    for language in texts.values():
        other = flat(language)
        assert other.keys() == english.keys()
        for name, text in other.items():
            assert text.strip(), name
            assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[name])), name
    named = {
        name
        for file in FILES
        if file.endswith(".js") and not file.startswith("qr/")
        for name in re.findall(r'\bt\("([\w.-]+)"', client.get(f"/door/{file}").text)
    }
    named |= {
        name
        for page in PAGES
        for name in re.findall(r'data-(?:text|label)="(\w+)"', client.get(f"/door/{page}".rstrip("/")).text)
    }
    assert named <= english.keys(), named - english.keys()


def test_every_reason_of_the_gate_has_a_text(client: Client) -> None:
    from chalicelib.resources.onsite import gate, scan

    reasons = {*gate._SENTENCES, gate.ALREADY_IN, *scan.SENTENCES}
    assert reasons <= client.get("/door/texts.json").json["en"]["reason"].keys()


def test_it_can_be_installed(client: Client) -> None:
    manifest = client.get("/door/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json"
    told = manifest.json
    assert (told["start_url"], told["scope"], told["display"]) == ("/door", "/door", "standalone")
    for icon in told["icons"]:
        picture = client.get(icon["src"])
        assert (picture.status, picture.headers["content-type"]) == (200, icon["type"])
        if icon["type"] == "image/png":
            width = int.from_bytes(picture.content[16:20])
            assert f"{width}x{width}" == icon["sizes"]


def test_the_library_is_as_it_was_published() -> None:
    found = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in LIBRARY}
    assert found == LIBRARY


def test_other_files_are_not_there(client: Client) -> None:
    for name in (
        "files.py",
        "door.html",
        "qr/LICENSE-MIT",
        "..%2Ffiles.py",
        "qr/..%2Fdoor.js",
        "nothing",
        "qr/nothing",
    ):
        assert client.get(f"/door/{name}").status == 404


def flat(texts: dict[str, object]) -> dict[str, str]:
    """The texts by their names, such as reason.full."""
    found: dict[str, str] = {}
    for name, value in texts.items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": text for key, text in value.items()}
        else:
            found[name] = str(value)
    return found
