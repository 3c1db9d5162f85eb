from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.pipeline.sources.all import Sources
from serving.pipeline.sources.commands import CommandRefused, Commands
from ticklake_assets.core.errors import TransientError
from ticklake_assets.settings import Settings

_ENDLESS = ("sql", "SELECT count(*) FROM range(100000000000) AS a, range(1000) AS b")


def test_what_a_command_says_is_the_answer_and_so_is_its_refusal(settings: Settings) -> None:
    assert Commands(settings).run("--version").startswith("ticklake ")
    with pytest.raises(CommandRefused, match="SELECT"):
        Commands(settings).run("sql", "DROP TABLE gold.bars")


def test_one_that_has_no_end_is_ended_and_frees_its_place(settings: Settings) -> None:
    commands = Commands(settings, longest_s=2)
    began = time.monotonic()
    with pytest.raises(TransientError, match="Expected an end within 2 s"):
        commands.run(*_ENDLESS)
    assert time.monotonic() - began < 20
    with pytest.raises(TransientError, match="Expected an end within 2 s"):
        commands.run(*_ENDLESS)


def test_who_finds_no_turn_is_told_to_ask_again(settings: Settings) -> None:
    commands = Commands(settings, longest_s=4, turn_s=0.1)
    with ThreadPoolExecutor(3) as beside:
        said = [
            str(asked.exception()) for asked in [beside.submit(commands.run, *_ENDLESS) for _ in range(3)]
        ]
    assert sorted("Others ask already" in each for each in said) == [False, False, True]


def test_questions_keep_no_deed_from_its_turn(settings: Settings) -> None:
    sources = Sources(settings)
    assert sources.questions is not sources.commands
