"""`ticklake-bridge export-ea`."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mt5_bridge.commands.telling import read_token, told
from mt5_bridge.errors import EndpointError, SetupError
from mt5_bridge.files import create_file

_ENDINGS = (".mq5", ".mqh", ".onnx", ".txt")
_MOST_BYTES = 256 * 2**20


def export_ea(
    symbol: Annotated[str, typer.Argument(help="instrument, like EURUSD", metavar="SYMBOL")],
    token_file: Annotated[Path, typer.Option(help="the endpoint's token", exists=True, dir_okay=False)],
    out: Annotated[
        Path, typer.Option(help="folder of the files; none in it is replaced", file_okay=False, metavar="DIR")
    ],
    endpoint: Annotated[str, typer.Option(help="URL of the live endpoint")] = "http://127.0.0.1:8750",
    digest: Annotated[
        str | None,
        typer.Option(
            help="bundle in service, hexadecimal", show_default="the live one, else the oldest shadow"
        ),
    ] = None,
) -> None:
    """Fetch a model as an Expert Advisor for MetaTrader's Strategy Tester: MQL5 source beside its ONNX file.

    DIR/README.txt says how to compile it, and what could be tried only in MetaTrader itself.
    """
    with told(Console(stderr=True)):
        from mt5_bridge.wire.client import EndpointClient  # websockets come with the extra `bridge` alone

        files = unpacked(EndpointClient(endpoint, read_token(token_file)).expert(symbol, digest))
        write_new(out, files)
    typer.echo(f"{out}: {len(files)} files; README.txt says what MetaEditor must do")


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files of the endpoint's zip by name; EndpointError where it holds anything but the files of an expert."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                name = entry.filename
                if (
                    Path(name).name != name
                    or "\\" in name
                    or not name.endswith(_ENDINGS)
                    or name.startswith(".")
                ):
                    raise EndpointError(f"The expert's zip holds {name!r}. Expected names like rules.mqh")
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise EndpointError(f"The expert's zip is too large. Expected at most {_MOST_BYTES} bytes")
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise EndpointError(f"Expected the expert's zip, was other bytes: {error}") from error


def write_new(folder: Path, files: dict[str, bytes]) -> None:
    """Write files that are not there yet; SetupError, before one is written, where one is there with other bytes."""
    for name, data in files.items():
        path = folder / name
        if path.exists() and path.read_bytes() != data:
            raise SetupError(f"--out {path}: Expected no such file, or the same one, was another")
    for name, data in files.items():
        if not (folder / name).exists():
            create_file(folder / name, data)
