"""`ops/journal`, `ops/parity` and `ops/attribution`: what was served and traded, in the lake, proven and explained."""

from decimal import Decimal
from typing import Any

import dagster as dg

from mt5_bridge.attribution.waterfall import Attribution
from ticklake_assets.core.day_files import journal_key
from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.checks import CheckOfDay
from ticklake_assets.defs.clean.assets import CLEAN_TICKS
from ticklake_assets.defs.gold.assets import KEYS
from ticklake_assets.defs.metadata import sentences
from ticklake_assets.defs.partitions import ONE_A_RUN, SYMBOL_DAY, as_of
from ticklake_assets.journal.reading import read_day
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.lifecycle.day_attribution import DayAttribution
from ticklake_assets.lifecycle.served_parity import ServedParity
from ticklake_assets.modeling.report.attribution import attribution_markdown, headline
from ticklake_assets.modeling.report.parity import ParityReport
from ticklake_assets.resources.bridge_records import BridgeRecords
from ticklake_assets.resources.endpoint import EndpointClient
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.storage.raw.sealed_journals import seal_journal

JOURNAL = dg.AssetKey(["ops", "journal"])
PARITY = dg.AssetKey(["ops", "parity"])
ATTRIBUTION = dg.AssetKey(["ops", "attribution"])
RECOMPUTED = "served_is_recomputed_to_the_bit"
EXPLAINED = "vendor_differences_are_explained"
SUMS = "steps_sum_to_the_account_to_the_cent"
NAMED = "every_difference_has_its_step"


@dg.asset(
    key=JOURNAL,
    partitions_def=SYMBOL_DAY,
    backfill_policy=ONE_A_RUN,
    group_name="ops",
    kinds={"fastapi"},
    owners=["team:data"],
    code_version="1",
)
def ops_journal(
    context: dg.AssetExecutionContext, lake: Lake, endpoint: EndpointClient
) -> dg.MaterializeResult:
    """A closed day as the endpoint was streamed it and answered it, byte for byte, sealed and never rewritten.

    A day that is not sealed at the endpoint yet is an error that says when it will be. Other bytes for a day that is
    sealed in the lake are kept in quarantine and raise an alarm. Of a day that was begun more than once the last stream
    counts: `older_streams` says how many stay at the endpoint alone.
    """
    day = as_of(context)
    content, older = endpoint.calls.journal(day)
    if older:
        context.log.warning(f"{day} was begun {older + 1} times: {older} older streams stay at the endpoint")
    journaled = read_day(day, content, f"journal of {day}")
    counts = WholeDay.of(journaled).counted()
    digest = seal_journal(lake.store, day, content)
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": sum(counts.ticks.values()),
            "ticks": counts.ticks,
            "quarantined": counts.quarantined,
            "events": counts.events,
            "signals": counts.signals,
            "abstentions": counts.abstentions,
            "bundles": sentences(counts.bundles),
            "complete": journaled.complete,
            "older_streams": older,
            "sha256": digest,
            "bytes": len(content),
            "uri": lake.store.uri(journal_key(day)),
        }
    )


@dg.asset(
    key=PARITY,
    deps=[JOURNAL, KEYS["features"]],
    check_specs=[
        dg.AssetCheckSpec(
            RECOMPUTED,
            asset=PARITY,
            description="Rules, kernel and bundles give the served verdicts, features and signals again, all bits.",
            partitions_def=SYMBOL_DAY,
        ),
        dg.AssetCheckSpec(
            EXPLAINED,
            asset=PARITY,
            description="No event differs from gold's before the first quote that differs from the vendor's.",
            partitions_def=SYMBOL_DAY,
        ),
    ],
    partitions_def=SYMBOL_DAY,
    backfill_policy=ONE_A_RUN,
    group_name="ops",
    kinds={"numba", "onnx"},
    owners=["team:research"],
    code_version=KERNEL_VERSION,
)
def ops_parity(
    context: dg.AssetExecutionContext, lake: Lake, gold: Gold, signing: Signing
) -> dg.MaterializeResult:
    """What was served on a day against what its journal gives again, and against the vendor's day in the lake.

    `parity_share` is the share of ticks of which verdict, event, features and signals come out again to the bit: less
    than 1 is an alarm. `report` is the whole comparison, `path` where it lies as Markdown, beside it as JSON.
    """
    day = as_of(context)
    compared = ServedParity(lake, gold, signing).of(day)
    report = compared.report
    own, other = report.recomputed, report.vendor
    metadata: dict[str, Any] = {
        "parity_share": own.share,
        "in_words": report.headline,
        "ticks": own.ticks,
        "events": own.events,
        "signals": own.signals,
        "differing": own.differing,
        "not_recomputed": own.not_recomputed,
        "complete": report.complete,
        "journal_sha256": report.journal_sha256,
        "report": dg.MetadataValue.md(compared.markdown),
        "path": dg.MetadataValue.path(compared.uri),
    }
    if other is not None:
        metadata |= {"vendor": other.model_dump(mode="json", exclude={"listed"})}
    return dg.MaterializeResult(
        metadata=metadata, check_results=[_recomputed(day, report), _explained(day, report)]
    )


def _recomputed(day: SymbolDay, report: ParityReport) -> CheckOfDay:
    own = report.recomputed
    return CheckOfDay(
        passed=own.equal_ticks == own.ticks,
        check_name=RECOMPUTED,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{day}: {own.equal_ticks:,} of {own.ticks:,} ticks are the same in everything",
        metadata={"differences": sentences(own.differences)},
    )


def _explained(day: SymbolDay, report: ParityReport) -> CheckOfDay:
    other = report.vendor
    if other is None:
        told, passed = "the lake has no gold of the day", True
    else:
        told, passed = f"{other.unexplained:,} events differ without a quote that does", other.is_explained
    return CheckOfDay(
        passed=passed,
        check_name=EXPLAINED,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{day}: {told}",
        metadata={"listed": sentences(other.listed if other else ())},
    )


@dg.asset(
    key=ATTRIBUTION,
    deps=[JOURNAL, KEYS["features"], CLEAN_TICKS],
    check_specs=[
        dg.AssetCheckSpec(
            SUMS,
            asset=ATTRIBUTION,
            description="Tested money, rounding and steps sum to the account's deals; so do each trade's.",
            partitions_def=SYMBOL_DAY,
        ),
        dg.AssetCheckSpec(
            NAMED,
            asset=ATTRIBUTION,
            description="Each field of a trade that is not the test's was changed by a step that is named.",
            partitions_def=SYMBOL_DAY,
        ),
    ],
    partitions_def=SYMBOL_DAY,
    backfill_policy=ONE_A_RUN,
    group_name="ops",
    kinds={"onnx"},
    owners=["team:research"],
    code_version=f"{KERNEL_VERSION}.1",
)
def ops_attribution(
    context: dg.AssetExecutionContext, lake: Lake, gold: Gold, signing: Signing, bridge_records: BridgeRecords
) -> dg.MaterializeResult:
    """Why a day's money in the account differs from the test's: a waterfall that sums to the cent.

    The day as `model/tested` would have it, by the bundles that were in service; then one ingredient after the other
    is replaced by what really was, from the journal of the endpoint and the bridge's own record. A day without that
    record is an error that says how it is made.
    """
    day = as_of(context)
    explained = DayAttribution(lake, gold, signing, bridge_records.path).of(day)
    found = explained.attribution
    return dg.MaterializeResult(
        metadata={
            "in_words": headline(found),
            "currency": found.currency,
            "tested": float(found.tested),
            "account": float(found.real),
            "unexplained": float(found.unexplained),
            "steps": {str(each.step): float(each.difference) for each in found.steps if each.difference},
            "fates": found.fates,
            "equal_trades": found.equal_trades,
            "trades": len(found.trades),
            "report": dg.MetadataValue.md(attribution_markdown(found)),
            "path": dg.MetadataValue.path(explained.uri),
        },
        check_results=[_sums(day, found), _named(day, found)],
    )


def _sums(day: SymbolDay, found: Attribution) -> CheckOfDay:
    total = found.tested + found.rounding + sum((each.difference for each in found.steps), Decimal(0))
    return CheckOfDay(
        passed=total == found.real and all(each.is_whole for each in found.trades),
        check_name=SUMS,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{day}: {total} {found.currency} by steps, {found.real} in the account",
        metadata={"unexplained": float(found.unexplained)},
    )


def _named(day: SymbolDay, found: Attribution) -> CheckOfDay:
    differing = [each for trade in found.trades for each in trade.differences]
    nameless = [each for each in differing if not each.by]
    return CheckOfDay(
        passed=not nameless,
        check_name=NAMED,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{day}: {len(differing)} fields differ, {len(nameless)} of them without a step",
        metadata={"nameless": sentences([each.name for each in nameless])},
    )
