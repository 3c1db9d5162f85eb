from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from stack.nifi.assembly import VERSION, digests, verify
from ticklake_assets.core.errors import SetupError


def make_home(home: Path) -> Path:
    """A home of one jar, one Python file, and the NAR that is packed here."""
    (home / "lib").mkdir(parents=True)
    (home / "python").mkdir()
    (home / "lib" / "a.jar").write_bytes(b"a")
    (home / "python" / "b.py").write_text("b")
    with zipfile.ZipFile(home / "lib" / f"nifi-standard-nar-{VERSION}.nar", "w") as nar:
        nar.writestr("META-INF/MANIFEST.MF", "packed at noon")
        nar.writestr("META-INF/bundled-dependencies/c.jar", b"c")
    return home


def listed(home: Path) -> Path:
    artefacts = home.parent / "artefacts.sha256"
    artefacts.write_text("".join(f"{digest}  {name}\n" for name, digest in digests(home)))
    return artefacts


def test_a_home_of_the_listed_files_passes_whatever_the_time_of_packing(tmp_path: Path) -> None:
    artefacts = listed(make_home(tmp_path / "first"))
    assert len(artefacts.read_text().splitlines()) == 3
    home = make_home(tmp_path / "second")
    (home / "python" / "b.cpython-311.pyc").write_bytes(b"compiled")
    with zipfile.ZipFile(home / "lib" / f"nifi-standard-nar-{VERSION}.nar", "a") as nar:
        nar.writestr("META-INF/built", "packed at one")
    verify(home, artefacts)


@pytest.mark.parametrize("change", ["changed", "missing", "more"])
def test_another_file_is_named(tmp_path: Path, change: str) -> None:
    home = make_home(tmp_path / "home")
    artefacts = listed(home)
    jar = home / "lib" / "a.jar"
    if change == "missing":
        jar.unlink()
    else:
        (jar if change == "changed" else home / "lib" / "d.jar").write_bytes(b"other")
    name = "lib/d.jar" if change == "more" else "lib/a.jar"
    with pytest.raises(SetupError, match=rf"Expected those of artefacts\.sha256, was different in {name}$"):
        verify(home, artefacts)


def test_what_is_inside_the_nar_counts(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    artefacts = listed(home)
    with zipfile.ZipFile(home / "lib" / f"nifi-standard-nar-{VERSION}.nar", "a") as nar:
        nar.writestr("META-INF/bundled-dependencies/d.jar", b"d")
    with pytest.raises(SetupError, match=r"bundled-dependencies/d\.jar"):
        verify(home, artefacts)
