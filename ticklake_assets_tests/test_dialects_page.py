"""docs/dialects.md: its keys are those of the schema, and its declaration reads the line that it is for."""

from __future__ import annotations

import re

from ticklake_assets.sources.csv_dialects import Dialect
from ticklake_assets.sources.csv_rows import CsvText, parse_rows
from ticklake_assets.sources.dialect_files import read_dialect
from ticklake_assets_tests.test_docs import DOCS, rows

DIALECTS = DOCS / "dialects.md"


def test_every_key_of_a_dialect_is_in_its_page_with_its_default() -> None:
    fields = {name: field for name, field in Dialect.model_fields.items() if name != "name"}
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(DIALECTS, "key")}
    assert told == {
        name: "required" if field.is_required() else str(field.default).replace("False", "false")
        for name, field in fields.items()
    }


def test_the_declaration_of_the_page_is_one() -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```", DIALECTS.read_text(), re.DOTALL | re.MULTILINE)
    (line,) = re.findall(r"a broker writes `(.*?)`", DIALECTS.read_text())
    mine = read_dialect("mine", text, "the page")
    found = parse_rows(CsvText(line.encode(), "the page", 1), mine, {}).table.to_pylist()
    assert [str(value) for value in found[0].values()] == [
        "2014-05-01 00:00:00.292000+00:00",
        "1.38676",
        "1.38686",
        "1.5",
        "2.25",
    ]
