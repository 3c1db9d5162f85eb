"""A CPython for Windows that runs under Wine 8, from two jars of Maven's: `python -m stack.windows FOLDER`.

What Wine 8 lacks is made up for in its folder, where Windows looks for libraries first: Microsoft's own C runtime
(numpy 2 needs `crealf`) and a `bcryptprimitives.dll` (Rust's library of pydantic-core needs `ProcessPrng`).
"""

from __future__ import annotations

import shutil
import struct
import sys
import zipfile
from pathlib import Path

from stack.maven import fetch
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings

_CPYTHON = "org.bytedeco:cpython:3.13.5-1.5.12:jar:windows-x86_64"
_RUNTIME = "org.bytedeco:javacpp:1.5.12:jar:windows-x86_64"
_INSIDE = "org/bytedeco/cpython/windows-x86_64/"
_NOT_NEEDED = (
    "include/", "libs/", "share/", "jnipython.dll", "lib/ensurepip/", "lib/idlelib/", "lib/pip", "lib/site-packages/",
    "lib/test/", "lib/tkinter/", "lib/turtledemo/",
    "lib/_wmi.pyd",  # Wine 8 lacks VariantToString: platform.uname() would end the process
)  # fmt: skip


def bring_windows_python(cache: Path, folder: Path) -> None:
    """Unpack it into the folder, which is made anew. Raises SetupError without Maven or its repositories."""
    cpython, runtime = fetch(cache, _CPYTHON), fetch(cache, _RUNTIME)
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(cpython) as archive:
        for member in archive.infolist():
            name = member.filename.removeprefix(_INSIDE)
            if (
                member.filename.startswith(_INSIDE)
                and not member.is_dir()
                and not name.startswith(_NOT_NEEDED)
            ):
                _write(folder / name, archive.read(member))
    with zipfile.ZipFile(runtime) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/ucrtbase.dll")]
        _write(folder / "ucrtbase.dll", archive.read(name))
    _write(folder / "bcryptprimitives.dll", forwarding_dll("ProcessPrng", "ADVAPI32.SystemFunction036"))


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def forwarding_dll(function: str, to: str) -> bytes:
    """A PE file (64 bits) without code: its one export leads to a function of another library.

    Layout: Microsoft, "PE Format"; a DOS header, COFF and optional header and one section with the export table.
    """
    table = 0x1000  # address of the section
    name, exported, target = (text.encode() + b"\0" for text in ("forward.dll", function, to))
    at_name = table + 40 + 12
    at_exported = at_name + len(name)
    at_target = at_exported + len(exported)
    addresses = (at_name, 1, 1, 1, table + 40, table + 44, table + 48)
    exports = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, *addresses)
    exports += struct.pack("<IIHxx", at_target, at_exported, 0) + name + exported + target
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 112 + 16 * 8, 0x2022)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, 0x200, 0, 0, table)
    optional += struct.pack(
        "<QIIHHHHHHIIIIHH", 0x180000000, 0x1000, 0x200, 6, 0, 0, 0, 6, 0, 0, 0x2000, 0x200, 0, 2, 0x160
    )
    optional += struct.pack("<QQQQII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    optional += struct.pack("<II", table, len(exports)) + bytes(8 * 15)
    section = struct.pack("<8sIIIIIIHHI", b".rdata", 0x200, table, 0x200, 0x200, 0, 0, 0, 0, 0x40000040)
    return (dos + coff + optional + section).ljust(0x200, b"\0") + exports.ljust(0x200, b"\0")


if __name__ == "__main__":
    try:
        bring_windows_python(Settings().cache_dir, Path(sys.argv[1]))
    except SetupError as error:
        sys.exit(f"ticklake: {error}")
