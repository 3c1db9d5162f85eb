from __future__ import annotations

from pathlib import Path

from stack.offer import unknown_to
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, new_site, running


def test_what_is_offered_later_is_unknown_to_one_that_reads_it_at_its_start(tmp_path: Path) -> None:
    site, one, last = new_site(tmp_path), Scripted("one"), Scripted("last")
    assert unknown_to(site, last) == []
    with running(site, last, one):
        assert unknown_to(site, last) == [], "it reads none of it"
        last.after = ("one",)
        assert unknown_to(site, last) == ["AT_LAST", "AT_ONE"]
        bring_up(site, one)
    assert unknown_to(site, last) == []
