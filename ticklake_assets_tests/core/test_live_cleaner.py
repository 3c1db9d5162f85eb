"""The live cleaner against the Polars oracle, and against cases counted by hand."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import timedelta

import polars as pl
from hypothesis import given

from ticklake_assets.core.live_cleaner import LiveCleaner, RawTick, Verdict, clean_day_live
from ticklake_assets_tests.core.dirty_days import DAY, dirty_days, in_time_order, ticks_table
from ticklake_assets_tests.oracles.clean_polars import Cleaned, clean_by_polars

Numbered = list[tuple[int, RawTick]]


def tick(second: float, bid: float, ask: float | None = None, size: float | None = 1.0) -> RawTick:
    return DAY.start_us + round(second * 1e6), bid, bid + 0.01 if ask is None else ask, size, size


def verdicts_of(ticks: Iterable[RawTick]) -> list[Verdict]:
    cleaner = LiveCleaner(DAY)
    return [cleaner.push(*each) for each in ticks]


def rules_of(ticks: Iterable[RawTick]) -> list[str | None]:
    return [verdict.rule for verdict in verdicts_of(ticks)]


def by_oracle(rows: Numbered) -> Cleaned:
    return clean_by_polars(pl.DataFrame(ticks_table({DAY: rows})))


def bits(*values: float) -> bytes:
    return struct.pack(f"{len(values)}d", *values)


def assert_live_is_batch(fed: Numbered, batch: Cleaned) -> None:
    """The same rows kept with the same bits, the others refused by the same rules."""
    live = {number: verdict for (number, _), verdict in zip(fed, verdicts_of(t for _, t in fed), strict=True)}
    refused = {number: verdict.rule for number, verdict in live.items() if verdict.status == "quarantined"}
    assert refused == dict(batch.quarantine.select("source_row", "rule").iter_rows())
    kept = [(n, verdict.quote) for n, verdict in live.items() if verdict.quote is not None]
    assert [number for number, _ in kept] == batch.clean["source_row"].to_list()
    for (_, quote), row in zip(kept, batch.clean.iter_rows(named=True), strict=True):
        prices = (quote.bid, quote.ask, quote.bid_size, quote.ask_size)
        assert bits(*prices) == bits(*(row[name] for name in ("bid", "ask", "bid_size", "ask_size")))
        assert (quote.gap_us, quote.is_unchanged, quote.is_size_missing) == (
            row["gap_us"],
            row["is_unchanged"],
            row["is_size_missing"],
        )


@given(dirty_days())
def test_a_day_in_time_order_is_cleaned_as_the_batch_cleans_it(rows: list[RawTick]) -> None:
    numbered = in_time_order(enumerate(rows, 1))
    assert_live_is_batch(numbered, by_oracle(numbered))


@given(dirty_days())
def test_ticks_that_come_late_are_the_only_difference(rows: list[RawTick]) -> None:
    numbered = list(enumerate(rows, 1))
    verdicts = verdicts_of(rows)
    punctual = [row for row, verdict in zip(numbered, verdicts, strict=True) if verdict.status != "late"]
    assert_live_is_batch(punctual, by_oracle(in_time_order(punctual)))


@given(dirty_days())
def test_cleaning_a_spikeless_day_again_keeps_every_row(rows: list[RawTick]) -> None:
    """A refused spike was still seen by the rows after it, so a day without it may judge those otherwise."""
    numbered = list(enumerate(rows, 1))
    batch = by_oracle(numbered)
    if "spike" not in batch.quarantine["rule"]:
        kept = set(batch.clean["source_row"])
        again = by_oracle([row for row in numbered if row[0] in kept])
        assert again.quarantine.is_empty()
        assert again.clean.equals(batch.clean.with_columns(gap_us=again.clean["gap_us"]))


def test_the_first_broken_rule_is_named() -> None:
    nan, good = float("nan"), DAY.start_us
    assert rules_of(
        [
            (None, nan, 1.0, None, None),
            (good, nan, -1.0, None, None),
            (DAY.end_us, -1.0, 1.0, None, None),
            (DAY.start_us - 1, 2.0, 1.0, None, None),
            (good, 2.0, 1.0, None, -1.0),
            (good, 2.0, 1.0, None, None),
        ]
    ) == ["missing_field", "non_finite", "wrong_day", "wrong_day", "non_positive", "crossed"]


def test_a_repeat_within_its_time_is_a_duplicate_and_later_is_data() -> None:
    first, other = tick(1, 100.0), tick(1, 100.01)
    assert rules_of([first, other, first, other, tick(2, 100.01)]) == [
        None,
        None,
        "duplicate",
        "duplicate",
        None,
    ]


def test_missing_and_zero_sizes_differ_until_they_are_kept() -> None:
    missing, zero = verdicts_of([tick(1, 100.0, size=None), tick(1, 100.0, size=0.0)])
    assert missing.quote is not None
    assert zero.quote is not None
    assert missing.quote[:5] == zero.quote[:5]
    assert (missing.quote.is_size_missing, zero.quote.is_size_missing) == (True, False)
    assert not zero.quote.is_unchanged


def test_a_spike_needs_five_rows_before_it() -> None:
    calm = [tick(second, 100.0 + second / 1000) for second in range(5)]
    assert rules_of([*calm[:4], tick(9, 150.0)])[-1] is None
    assert rules_of([*calm, tick(9, 150.0), tick(10, 100.0)])[-2:] == ["spike", None]


def test_the_jump_of_gold_at_the_payrolls_is_believed_at_once() -> None:
    """XAUUSD 2014-05-02 12:30:01: it moved 0.7 % within five quotes, and stayed."""
    bids = [1284.306, 1278.738, 1277.028, 1276.087, 1275.507]
    calm = [tick(second, 1284.3 + second / 1000, 1284.7 + second / 1000) for second in range(8)]
    jump = [tick(9 + at / 10, bid, bid + 0.4) for at, bid in enumerate(bids)]
    stayed = [tick(10 + second, 1275.5 + second / 1000, 1275.9 + second / 1000) for second in range(9)]
    assert rules_of(calm + jump + stayed) == [None] * 22


def test_half_a_percent_is_not_yet_a_spike() -> None:
    calm = [tick(second, 100.0, 100.0, size=second) for second in range(5)]
    assert rules_of([*calm, tick(9, 100.5, 100.5)])[-1] is None
    assert rules_of([*calm, tick(9, 100.5, 100.501)])[-1] == "spike"


def test_a_real_jump_is_believed_from_its_second_row_on() -> None:
    calm = [tick(second, 100.0 + second / 1000) for second in range(8)]
    jumped = [tick(20 + second, 102.0 + second / 1000) for second in range(7)]
    assert rules_of(calm + jumped)[8:] == ["spike"] + [None] * 6


def test_a_level_that_the_market_comes_back_from_is_not_confirmed() -> None:
    calm = [tick(second, 100.0 + second / 1000) for second in range(8)]
    flicker = [tick(20 + second, (102.0, 100.0)[second % 2] + second / 1000) for second in range(6)]
    assert rules_of(calm + flicker)[8:] == ["spike", None] * 3


def test_a_leap_is_confirmed_by_the_median_alone() -> None:
    """Two tenfold prices in a row are two errors, and five of them the market."""
    calm = [tick(second, 100.0 + second / 1000) for second in range(8)]
    tenfold = [tick(20 + second, 1000.0 + second / 1000) for second in range(6)]
    assert rules_of(calm + tenfold)[8:] == ["spike"] * 5 + [None]


def test_wide_quotes_and_fast_markets_reach_further() -> None:
    wide = [tick(second, 100.0 + second / 1000, 101.0) for second in range(8)]
    assert rules_of([*wide, tick(9, 101.4, 102.4)])[-1] is None  # 2.8 of bid + ask, and 3 spreads are 3
    assert rules_of([*wide, tick(9, 101.6, 102.6)])[-1] == "spike"
    fast = [tick(second, 100.0 + second % 4 * 0.3) for second in range(8)]
    assert rules_of([*fast, tick(9, 101.7)])[-1] is None  # 0.8 from the row before, 1.4 from the median
    assert rules_of([*fast, tick(9, 101.9)])[-1] == "spike"  # the range of the middle four is 0.3


def test_without_sizes_no_row_is_stale() -> None:
    assert rules_of([tick(second, 100.0, size=None) for second in range(12)]) == [None] * 12


def test_the_ninth_equal_row_is_stale_and_gaps_count_from_the_last_kept_one() -> None:
    verdicts = verdicts_of([*(tick(second, 100.0) for second in range(10)), tick(20, 100.01)])
    assert [verdict.rule for verdict in verdicts] == [None] * 8 + ["stale_run"] * 2 + [None]
    kept = [verdict.quote for verdict in verdicts if verdict.quote is not None]
    assert [quote.is_unchanged for quote in kept] == [False] + [True] * 7 + [False]
    assert [quote.gap_us for quote in kept] == [0] + [1_000_000] * 7 + [13_000_000]


def test_an_earlier_tick_is_late_and_changes_nothing() -> None:
    statuses = [verdict.status for verdict in verdicts_of([tick(2, 100.0), tick(1, 100.0), tick(2, 100.01)])]
    assert statuses == ["clean", "late", "clean"]


def test_a_wrong_day_does_not_make_later_ticks_late() -> None:
    tomorrow = (DAY.end_us + 5, 100.0, 100.1, 1.0, 1.0)
    assert [verdict.status for verdict in verdicts_of([tomorrow, tick(1, 100.0)])] == ["quarantined", "clean"]


def test_a_day_before_the_epoch_is_a_day() -> None:
    day = DAY.shifted(-timedelta(days=30_000).days)
    assert day.start_us < 0
    assert len(clean_day_live(day, [(day.start_us, 1.0, 1.1, 1.0, 1.0)]).ts_us) == 1


def test_a_whole_day_becomes_columns() -> None:
    quotes = clean_day_live(DAY, [tick(1, 100.0), tick(1, 100.0), tick(3, 100.02, size=None)])
    assert quotes.ts_us.tolist() == [DAY.start_us + 1_000_000, DAY.start_us + 3_000_000]
    assert quotes.bid.tolist() == [100.0, 100.02]
    assert quotes.bid_size.tolist() == [1.0, 0.0]
    assert len(clean_day_live(DAY, []).ask) == 0
