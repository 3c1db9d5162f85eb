"""The parity report of a served day, as a document and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.judging.recompute import Recomputed
from ticklake_assets.modeling.judging.vendor_day import VendorDay


class ParityReport(Document):
    """What was served on a day, beside what its journal gives again and what the vendor delivered."""

    symbol: str
    trading_day: str
    journal_sha256: str
    complete: bool
    """Whether the stream held the whole day."""
    bundles: tuple[str, ...]
    unknown_bundles: dict[str, str]
    """Digests that cannot be opened, and why."""
    recomputed: Recomputed
    vendor: VendorDay | None
    """None where the lake has no gold of the day."""

    @property
    def headline(self) -> str:
        """One line for a person."""
        own = self.recomputed
        equal = f"{own.equal_ticks:,} of {own.ticks:,} ticks come out again to the bit"
        if self.vendor is None:
            return f"{equal}; the lake has no gold of the day"
        other = self.vendor
        return (
            f"{equal}; of {other.quotes:,} quotes in the lake {other.matched:,} were kept live, "
            f"{other.equal_events:,} events are gold's to the bit"
        )


def parity_markdown(report: ParityReport) -> str:
    """The report as a page: headline, what was served again, what differs from the vendor's day."""
    own, other = report.recomputed, report.vendor
    lines = [
        f"# Parity of {report.symbol} on {report.trading_day}",
        "",
        f"{report.headline}.",
        "",
        f"Journal sha256 `{report.journal_sha256}`, {'a complete' if report.complete else 'an incomplete'} stream.",
        "",
        "## Recomputed from the journal",
        "",
        *_table(
            {
                "ticks": own.ticks,
                "equal in everything": own.equal_ticks,
                "events": own.events,
                "signals, shadows too": own.signals,
                **{f"different: {name}": count for name, count in sorted(own.differing.items())},
                **{f"not recomputed: {name}": count for name, count in sorted(own.not_recomputed.items())},
            }
        ),
        *(f"- {text}" for text in own.differences),
        *(f"- bundle `{digest}` cannot be opened: {why}" for digest, why in report.unknown_bundles.items()),
        "",
        "## Against the vendor's day",
        "",
    ]
    if other is None:
        return "\n".join([*lines, "The lake has no gold of the day.", ""])
    return "\n".join([*lines, *_vendor(other), ""])


def _vendor(other: VendorDay) -> Iterable[str]:
    yield from _table(
        {
            "quotes in the lake": other.quotes,
            "kept live, too": other.matched,
            **{f"streamed, not kept: {what}": count for what, count in sorted(other.not_kept.items())},
            "never streamed": other.missing,
            "only live": other.only_live,
            "events equal to the bit": other.equal_events,
            "events with other bits": other.other_events,
            "events only live": other.only_live_events,
            "events only in gold": other.only_gold_events,
            "events of gold that the streamed ticks give in time order": other.equal_in_time_order,
            "events that no listed quote explains": other.unexplained,
        }
    )
    yield (
        ""
        if other.gold_is_of_its_quotes
        else "The kernel does not give gold's features from the lake's quotes."
    )
    yield from (f"- {text}" for text in other.listed)


def _table(rows: Mapping[str, int]) -> list[str]:
    return ["| | |", "| --- | ---: |", *(f"| {name} | {count:,} |" for name, count in rows.items()), ""]
