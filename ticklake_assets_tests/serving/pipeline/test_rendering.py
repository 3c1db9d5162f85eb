from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from markupsafe import Markup

from serving.pipeline.navigation import PAGES, of_path
from serving.pipeline.rendering import (
    _TEMPLATES,
    NOTHING,
    coded,
    duration,
    moment,
    moment_us,
    money,
    number,
    price,
    short,
    signed,
)


def test_numbers_have_groups_digits_and_units() -> None:
    assert number(1234567.891, 1, "ms") == "1\u202f234\u202f567.9\u00a0ms"
    assert number(-3) == "\u22123"
    assert number(None, 2, "ms") == NOTHING


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1234.5"), "+1\u202f234.50\u00a0EUR"),
        (-0.5, "\u22120.50\u00a0EUR"),
        (-0.004, "0.00\u00a0EUR"),  # a loss that is none to the cent has no sign
        (0, "0.00\u00a0EUR"),
        (None, NOTHING),
    ],
)
def test_money_is_to_the_cent_with_its_sign(value: float | None, shown: str) -> None:
    assert money(value, "EUR") == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.25, "0.2 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (7500, "2 h 5 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_durations_have_two_units(seconds: float, shown: str) -> None:
    assert duration(seconds).replace("\u00a0", " ") == shown


def test_times_are_utc_whatever_zone_they_came_in() -> None:
    there = datetime(2024, 1, 1, 2, 0, tzinfo=timezone(timedelta(hours=9)))
    assert "2023-12-31 17:00:00\u00a0UTC" in moment(there)
    us = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1e6) + 1500
    assert "2024-01-01 00:00:00.001" in moment_us(us)


def test_no_text_leaves_the_attribute_of_figures() -> None:
    shown = _TEMPLATES.from_string('<figure data-figures="{{ value | figures }}">').render(
        value={"name": '"><script>'}
    )
    assert html.unescape(shown) == '<figure data-figures="{"name":"\\"><script>"}">'
    assert "<script>" not in shown


def test_digests_are_escaped() -> None:
    assert short('"><b>') == Markup('<code title="&#34;&gt;&lt;b&gt;">&#34;&gt;&lt;b&gt;</code>')


def test_commands_of_a_sentence_are_code_and_all_of_it_is_escaped() -> None:
    assert coded("<b> `ticklake <dev>`, or not") == "&lt;b&gt; <code>ticklake &lt;dev&gt;</code>, or not"
    assert coded("no command") == "no command"


def test_an_address_belongs_to_one_page() -> None:
    assert [of_path(each.path) for each in PAGES] == [each.path for each in PAGES]
    assert of_path("/models/EURUSD/3") == "/models"
    assert of_path("/modelsx") == ""


def test_a_price_has_the_digits_of_its_instrument() -> None:
    assert price(1.1162, "EURUSD") == "1.11620"
    assert price(156.7, "USDJPY") == "156.700"
    assert price(1.1162, "NOBODYS") == "1.1162"
    assert price(None, "EURUSD") == NOTHING


def test_a_difference_has_its_sign() -> None:
    assert [signed(value, 1) for value in (1234.5, -0.04, 0.0, -2, None)] == [
        "+1\u202f234.5", "0.0", "0.0", "\u22122.0", NOTHING
    ]  # fmt: skip
