"""Third-party libraries for Lambda: downloaded as wheels, trimmed, compiled, and cached.

Chalice would download them too, but silently builds a library for the local machine where there is no
suitable wheel, and it takes a minute each time.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy import elf
from deploy.artefacts import BUILD
from deploy.requirements import GLIBC, PYTHON
from deploy.stop import Stop

IN_LAMBDA: Final = "/var/task"  # the path in Lambda, and in tracebacks
_KEPT: Final = BUILD / "libraries"
# Not needed at run time. Some libraries read their own version from their metadata.
_USELESS_DIRECTORIES: Final = re.compile(r"(tests?|testing|__pycache__|bin|licenses)")
_METADATA: Final = "*.dist-info/METADATA"
_USELESS_FILES: Final = re.compile(r".+\.(pyi|pyx|pxd|c|h)|py\.typed")
# Large and unused: AVIF images are not accepted, Pillow draws no text, manages no colors and shows no window,
# cffi is only needed to build argon2 (its _cffi_backend stays), and SQLAlchemy imports the dialect of a
# database when it connects to one; asynchronous connections are not used. dateutil has a copy of the zones
# that tzdata has, for systems without any.
_DIALECTS: Final = tuple(f"sqlalchemy/dialects/{name}" for name in ("mssql", "mysql", "oracle", "sqlite"))
_PILLOW: Final = (
    *("PIL/_avif.*", "PIL/_imagingft.*", "PIL/_imagingcms.*", "PIL/_imagingtk.*"),
    "PIL/_imagingmorph.*",
    # What these are linked with, and nothing else is.
    *(
        f"pillow.libs/lib{name}*"
        for name in ("avif-", "freetype-", "harfbuzz-", "brotli", "png16-", "lcms2-")
    ),
)
# Kinds of pictures that are not accepted: each is a module that Pillow imports where it is wanted.
_KINDS: Final = (
    "Avif Blp BufrStub Cur Dcx Dds Eps Fits Fli Fpx Ftex Gbr GribStub Hdf5Stub Icns Im Imt McIdas Mic Mpeg "
    "Msp Palm Pcd Pcx Pdf Pixar Psd Qoi Sgi Spider Sun Tga Wmf XVThumb Xbm Xpm"
)
# Nothing is drawn, shown, measured or read from archives, either.
_TOOLS: Final = (
    "BdfFontFile ContainerIO FontFile GdImageFile ImageCms ImageDraw ImageDraw2 ImageEnhance ImageFont "
    "ImageGrab ImageMorph ImagePath ImageQt ImageShow ImageStat ImageText ImageTk ImageTransform "
    "ImageWin PSDraw PcfFontFile PdfParser TarIO WalImageFile _tkinter_finder report"
)
_PLUGINS: Final = (
    *(f"PIL/{kind}ImagePlugin.py" for kind in _KINDS.split()),
    *(f"PIL/{tool}.py" for tool in _TOOLS.split()),
)
# Of numbers of all countries, VAT identification numbers of the EU alone are checked.
_OTHER_COUNTRIES: Final = (
    "ad al ar au az br by ca ch cl cn co cr cu do dz ec eg fo gh gn gt id il in_ is_ jp ke kr li ma mc md me "
    "mk mu mx my mz no nz pe pk py rs ru sg sm sn sv th tn tr tw ua us uy ve vn za"
)
_OTHER_NUMBERS: Final = (
    "bic bitcoin casrn cfi cusip damm ean figi grid gs1_128 iban imei imo imsi isan isbn isil isin ismn isni "
    "iso11649 iso6346 iso9362 isrc issn lei mac meid vatin verhoeff "
    "at/businessid at/tin be/bis be/eid be/iban be/ogm_vcs be/ssn cz/bankaccount de/idnr de/leitweg de/stnr "
    "de/wkn es/cae es/ccc es/cups es/iban es/postal_code es/referenciacatastral eu/at_02 eu/banknote "
    "eu/ecnumber eu/eic eu/excise eu/nace fi/associationid fi/veronumero fr/nif fr/nir fr/rcs fr/siret "
    "gb/nhs gb/sedol gb/upn gb/utr gr/amka iso7064/mod_11_2 iso7064/mod_37_2 iso7064/mod_37_36 it/aic "
    "it/codicefiscale lt/asmens nl/brin nl/identiteitskaartnummer nl/onderwijsnummer pl/pesel pl/regon pt/cc"
)
_STDNUM: Final = (
    *("stdnum/*.dat", "stdnum/*/*.dat"),
    *(f"stdnum/{country}" for country in _OTHER_COUNTRIES.split()),
    *(f"stdnum/{number}.py" for number in _OTHER_NUMBERS.split()),
)
# Connections to PostgreSQL have plain certificates; frameworks and other clients are not traced.
_ASN1: Final = tuple(
    f"asn1crypto/{part}.py" for part in ("cms", "crl", "csr", "ocsp", "pdf", "pkcs12", "tsp")
)
_TRACED: Final = (
    "aiobotocore aiohttp bottle django flask flask_sqlalchemy httplib httpx mysql pg8000 psycopg psycopg2 "
    "pymongo pymysql pynamodb requests sqlalchemy sqlalchemy_core sqlite3"
)
_TEMPLATES: Final = "constants ext meta nativetypes sandbox"
_ORM: Final = (
    "associationproxy automap baked horizontal_shard hybrid indexable instrumentation mutable orderinglist "
    "serializer"
)
_UNUSED: Final = (
    *_PILLOW,
    *_PLUGINS,
    *_STDNUM,
    *_ASN1,
    *(f"aws_xray_sdk/ext/{library}" for library in _TRACED.split()),
    *_DIALECTS,
    *(f"sqlalchemy/connectors/{module}.py" for module in ("aioodbc", "pyodbc")),
    *("sqlalchemy/ext/asyncio", *(f"sqlalchemy/ext/{module}.py" for module in _ORM.split())),
    *("alembic/templates", "cffi", "dateutil/zoneinfo", "dateutil/tz/win.py", "pycparser"),
    # Command lines, and lists of zones: each zone is a file of its own.
    *("icalendar/cli.py", "idna/cli.py", "segno/cli.py", "segno/helpers.py"),
    *("tzdata/zoneinfo/*.tab", "tzdata/zoneinfo/*.zi"),
    # Extensions of templates; wrapt has the same in Python, and wraps the calls of AWS alone.
    *("mako/ext", "wrapt/_wrappers.*", *(f"jinja2/{module}.py" for module in _TEMPLATES.split())),
)


def prepared(pins: Sequence[str], machine: str) -> Path:
    """A directory with these libraries for Lambda's machine. Cached. Raises Stop."""
    mark = hashlib.sha256("\n".join([*pins, machine, str(PYTHON)]).encode() + _own())
    target = _KEPT / f"{machine}-{mark.hexdigest()[:16]}"
    if target.exists():
        return target
    unfinished = target.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    install(pins, machine, unfinished)
    trim(unfinished)
    compile_all(unfinished)
    for other in _KEPT.glob(f"{machine}-*"):
        if other != unfinished:
            shutil.rmtree(other)
    return unfinished.rename(target)


def _own() -> bytes:
    return Path(__file__).read_bytes() + Path(elf.__file__).read_bytes()


def trim(directory: Path) -> None:
    """Delete what is never imported: tests, types, C sources, and unused modules.

    Metadata is reduced to names and versions.
    """
    for metadata in directory.glob(_METADATA):
        lines = metadata.read_text().splitlines()
        for path in metadata.parent.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        kept = [line for line in lines if line.startswith(("Metadata-Version:", "Name:", "Version:"))]
        metadata.write_text("\n".join(kept[:3]) + "\n")
    for pattern in _UNUSED:
        for path in directory.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(directory.rglob("*"), reverse=True):  # files before their directory
        if path.is_dir() and _USELESS_DIRECTORIES.fullmatch(path.name):
            shutil.rmtree(path)
        elif path.is_file() and _USELESS_FILES.fullmatch(path.name):
            path.unlink()


def compile_all(directory: Path) -> None:
    """Compile all modules: Lambda cannot write byte-code, and file times are not preserved."""
    command = [sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(directory), "-p", IN_LAMBDA, str(directory)]
    # Reproducible: constant sets are written in hash order.
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Stop(f"the code cannot be compiled: {_last_line(done.stdout + done.stderr)}")


def install(pins: Sequence[str], machine: str, target: Path, python: tuple[int, int] = PYTHON) -> None:
    """Install wheels for this Python on Lambda's machine into a directory, without debug information.

    Raises Stop.
    """
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC[python], 16, -1)]
    platforms.append(f"manylinux2014_{machine}")  # pip reads older names into this one
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--target", str(target)]
    command += [option for name in platforms for option in ("--platform", name)]
    command += ["--python-version", f"{python[0]}.{python[1]}", "--implementation", "cp"]
    done = subprocess.run([*command, *pins], capture_output=True, text=True, check=False)
    if done.returncode:
        missing = re.search(r"No matching distribution found for (\S+)", done.stderr)
        if missing:
            raise Stop(
                f"{missing[1]} has no wheel for Lambda's Python {python[0]}.{python[1]} on {machine} "
                f"(glibc 2.{GLIBC[python]}): name a version that has one in deploy/lambda-versions.txt"
            )
        raise Stop(f"the libraries cannot be fetched: {_last_line(done.stderr)}")
    elf.drop_debug_information(target)


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason was given"
