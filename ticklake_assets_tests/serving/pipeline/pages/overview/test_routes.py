from __future__ import annotations

import re
import time
from dataclasses import replace

from fastapi import FastAPI

from serving.pipeline.pages.overview.facts import Known
from serving.pipeline.sources.refreshed import Refreshed
from ticklake_assets_tests.serving.pipeline.conftest import SignIn
from ticklake_assets_tests.serving.pipeline.pages.overview.known import BRIDGE, SYMBOL, WELL


def shown(app: FastAPI, known: Known) -> None:
    app.state.overview = Refreshed(lambda: known, every_s=60)
    assert app.state.overview.value is known


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_page_comes_before_its_sources_have_answered(signed_in: SignIn) -> None:
    start = time.perf_counter()
    page = signed_in().get("/")
    assert time.perf_counter() - start < 1
    assert page.status_code == 200
    assert 'hx-get="/overview/now"' in page.text


def test_an_empty_home_says_what_to_do_first(signed_in: SignIn) -> None:
    told = words(signed_in().get("/overview/now").text)
    assert "Nothing is here yet" in told
    assert "ticklake demo" in told
    assert "ticklake endpoint" in told, "what is down says its next step"


def test_cards_and_troubles_of_many_symbols_come_at_once(app: FastAPI, signed_in: SignIn) -> None:
    many = [replace(SYMBOL, name=f"SYM{number:02}") for number in range(30)]
    shown(app, replace(WELL, symbols=tuple(many), bridges=(replace(BRIDGE, state="killed", why="<news>"),)))
    client = signed_in()
    start = time.perf_counter()
    page = client.get("/").text
    assert time.perf_counter() - start < 0.5
    assert page.count('class="card good"') == 30
    assert "1 thing needs a person" in words(page)
    assert "is killed: &lt;news&gt;." in page, "what a person wrote is no markup"


def test_nobody_sees_it_who_is_not_signed_in(app: FastAPI, signed_in: SignIn) -> None:
    client = signed_in()
    client.cookies.clear()
    assert client.get("/").headers["location"].startswith("/enter")
