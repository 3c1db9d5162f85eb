"""The cleaning rules as a table: their names, order, meaning and thresholds; `core.rule_kernel` is what they do.

Rows that pass the row-local rules are *well-formed*; they are ordered by (`ts_event`, `source_row`).
Well-formed rows that are no duplicates are *distinct*. The rules after `duplicate` see their row and at most
`LOOKBACK` preceding distinct rows of the day, whether or not those were kept: a rule that remembered only
kept rows would lock every quote out after a real jump. They look backwards only, so that the endpoint decides
at once what the batch decides.
"""

from __future__ import annotations

from typing import NamedTuple

from ticklake_assets.core.rule_kernel import LEAST_PRECEDING, LOOKBACK, SPIKE_SHARE

RULES_VERSION = "2"
"""Grows when the rules keep other rows or other bits than before."""


class Rule(NamedTuple):
    name: str
    doc: str
    row_local: bool
    """Whether the row alone (and its trading day) decides."""
    threshold: float | None = None
    unit: str | None = None
    """Unit of the threshold."""
    least_preceding: int = 0
    """Preceding distinct rows below which the rule is silent."""


MISSING_FIELD = Rule("missing_field", "ts_event, bid or ask is missing", row_local=True)
NON_FINITE = Rule("non_finite", "bid, ask or a delivered size is NaN or infinite", row_local=True)
WRONG_DAY = Rule("wrong_day", "ts_event lies outside the partition's UTC day", row_local=True)
NON_POSITIVE = Rule(
    "non_positive", "bid or ask is not above 0, or a delivered size is below 0", row_local=True
)
CROSSED = Rule("crossed", "bid is above ask", row_local=True)
DUPLICATE = Rule(
    "duplicate",
    "repeats bid, ask and both sizes of an earlier row of the same ts_event; missing equals missing",
    row_local=False,
)
SPIKE = Rule(
    "spike",
    "bid + ask is far from the lower median of the preceding rows' and from the row before: further than the "
    "threshold, 3 of their median spreads and 3 ranges of them but for the two highest and lowest; from the median "
    "alone where it is more than 10 % of it",
    row_local=False,
    threshold=SPIKE_SHARE,
    unit="share of that median",
    least_preceding=LEAST_PRECEDING,
)
STALE_RUN = Rule(
    "stale_run",
    "bid, ask and both sizes, which are there, have not changed for this many rows: without sizes nothing tells a feed "
    "that is stuck from a market that rests",
    row_local=False,
    threshold=LOOKBACK,
    unit="preceding distinct rows",
    least_preceding=LOOKBACK,
)

RULES = (MISSING_FIELD, NON_FINITE, WRONG_DAY, NON_POSITIVE, CROSSED, DUPLICATE, SPIKE, STALE_RUN)
"""In the order in which they are asked: a row is quarantined by the first that it breaks. The kernel's code of a rule
is its place here, counted from 1."""
