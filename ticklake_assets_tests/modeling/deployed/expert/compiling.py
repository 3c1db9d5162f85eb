"""The expert's source as C++: what of MQL5 C++ writes in another way, and the compiler."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_DYNAMIC = re.compile(r"^(\s*)(\w+)(\s+)(\w+)\[\];", re.MULTILINE)
_RESOURCE = re.compile(r'^#resource ".*" as (\w+) (\w+)\[\]$', re.MULTILINE)
_FUNCTION = re.compile(r"^(\w+ \w+\([^;{}]*?\))\n  \{", re.MULTILINE)
needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here (g++)")


def as_cpp(text: str) -> str:
    """Dynamic arrays and resources by C++'s names, without properties."""
    text = re.sub(r"^#property.*$", "", text, flags=re.MULTILINE)
    text = _RESOURCE.sub(r"static Array<\1> \2;", text)
    return _DYNAMIC.sub(r"\1Array<\2>\3\4;", text)


def declared_first(text: str) -> str:
    """MQL5 calls functions that come later; C++ wants them declared."""
    first = _FUNCTION.search(text)
    assert first is not None
    declarations = "".join(f"{each};\n" for each in _FUNCTION.findall(text))
    return text[: first.start()] + declarations + text[first.start() :]


def write_sources(files: dict[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        if name.endswith(".mqh"):
            (folder / name).write_text(as_cpp(data.decode()))


def compiled(source: str, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Compile to `folder/program`; without contraction, as every double is rounded by itself in ours, too."""
    (folder / "main.cpp").write_text(source)
    command = ["g++", "-std=c++17", "-Wall", "-Werror", "-ffp-contract=off", *flags]
    command += ["-I", str(HERE), "-I", str(folder), str(folder / "main.cpp"), "-o", str(folder / "program")]
    return subprocess.run(command, capture_output=True, text=True, check=False)
