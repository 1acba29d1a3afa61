"""Builds the Lambda layer with libmagic, which tells what an uploaded file really is.

    python layers/build.py [x86_64|aarch64] [target.zip]

No Docker and no compiler: the library and its database come out of the wheel
python-magic-standalone. In Lambda they appear as /opt/lib/libmagic.so.1 and
/opt/share/misc/magic.mgc, where chalicelib/uploads/sniff.py looks for them.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

WHEEL = "python-magic-standalone==0.4.28"
MACHINES = ("x86_64", "aarch64")
CONTENT = {
    "magic/libmagic.so.1": "lib/libmagic.so.1",
    "magic/magic.mgc": "share/misc/magic.mgc",
}
LICENSE = "share/licenses/python-magic-standalone/LICENSE"
_PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014", "manylinux_2_12", "manylinux2010")


def main(arguments: list[str]) -> int:
    """The process's exit code."""
    machine = arguments[0] if arguments else "x86_64"
    if machine not in MACHINES or len(arguments) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    target = Path(arguments[1]) if len(arguments) == 2 else Path(f"build/layers/libmagic-{machine}.zip")
    with tempfile.TemporaryDirectory() as directory:
        build(_downloaded(machine, Path(directory)), target)
    print(f"{target}: {target.stat().st_size:,} bytes")
    return 0


def build(wheel: Path, target: Path) -> None:
    """Write the layer from this wheel. The same wheel gives the same bytes."""
    with ZipFile(wheel) as opened:
        files = {inside: opened.read(name) for name, inside in CONTENT.items()}
        files[LICENSE] = next(opened.read(name) for name in opened.namelist() if name.endswith("/LICENSE"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w") as layer:
        for name in sorted(files):
            entry = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            layer.writestr(entry, files[name], ZIP_DEFLATED, compresslevel=9)


def _downloaded(machine: str, directory: Path) -> Path:
    platforms = [option for name in _PLATFORMS for option in ("--platform", f"{name}_{machine}")]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*command, *platforms, "--dest", str(directory), WHEEL], check=True)  # noqa: S603
    return next(directory.glob("*.whl"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
