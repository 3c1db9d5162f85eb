"""The facts of risk in a bridge's journal, read beside a bridge that may be writing it."""

from __future__ import annotations

import json
from pathlib import Path

from mt5_bridge.errors import JournalError
from mt5_bridge.risk.facts import Fact, read_fact

KIND = "risk"
"""Of the journal's records that hold a fact, under `fact`."""


def recorded_facts(journal: Path) -> list[Fact]:
    """In their order; none where there is no journal yet. JournalError names the line that is no record."""
    try:
        content = journal.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalError(f"{journal}: {error.strerror}. Expected a journal that can be read") from error
    facts = []
    whole = content[: content.rfind(b"\n") + 1]  # a last line without its end is being written
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            record = json.loads(line)
            if record["kind"] == KIND:
                facts.append(read_fact(record["fact"]))
        except JournalError as error:
            raise JournalError(f"{journal}, line {number}: {error}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(f"{journal}, line {number}: Expected a record, was {line[:80]!r}") from error
    return facts
