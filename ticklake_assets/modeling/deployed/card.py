"""The model card of a bundle: what it is for, made from what, at which costs, with which verdict, for whom.

After Mitchell et al., Model Cards for Model Reporting (2019). The bundle's own card is written before any test day is
seen and says so; the one with the verdict lies beside the gate record, in the report and in MLflow. It is a pure
function of both documents: the same ones give the same text.
"""

from __future__ import annotations

from typing import NamedTuple

from ticklake_assets.core.broker import Costs
from ticklake_assets.modeling.deployed.decision import NEVER
from ticklake_assets.modeling.deployed.gates import PASSED, GateReport
from ticklake_assets.modeling.deployed.manifest import BundleManifest, DayRange


class CardSection(NamedTuple):
    title: str
    lines: tuple[str, ...]
    """A sentence or a fact each."""


def card_title(manifest: BundleManifest) -> str:
    return f"Model card: {manifest.symbol} as of {manifest.as_of}"


def card_sections(manifest: BundleManifest, gates: GateReport | None = None) -> tuple[CardSection, ...]:
    """The card, a page of it; without `gates` it stands before the test."""
    return (
        CardSection("What it is for", _purpose(manifest)),
        CardSection("Model", _model(manifest)),
        CardSection("Data and windows", _data(manifest)),
        CardSection("Costs and order rules", _costs(manifest)),
        CardSection("Verdict", _verdict(gates)),
        CardSection("Limits", _limits(manifest)),
        CardSection("Who may use it", _users(gates)),
    )


def card_markdown(manifest: BundleManifest, gates: GateReport | None = None) -> str:
    """The same as Markdown."""
    parts = [f"# {card_title(manifest)}"]
    for title, lines in card_sections(manifest, gates):
        parts += [f"## {title}", "\n".join(f"- {line}" for line in lines)]
    return "\n\n".join(parts) + "\n"


def _purpose(manifest: BundleManifest) -> tuple[str, ...]:
    return (
        f"At each event of {manifest.symbol} it says how probable it is that a long order wins, a short one, or none.",
        "It names a side where the likelier win is probable enough, and abstains where market or feed are strange.",
        "Orders have a stop, a target and a latest end inside the day; one order or position at a time.",
    )


def _model(manifest: BundleManifest) -> tuple[str, ...]:
    features, chosen, fitted = len(manifest.features), manifest.thresholds, manifest.calibration
    biases = f"{fitted.bias_short:+.4g} short, {fitted.bias_long:+.4g} long"
    return (
        f"Boosted trees of three classes (XGBoost, as ONNX), {features} features of kernel {manifest.kernel_version}.",
        "Parameters: "
        + ", ".join(f"{name} {value:.4g}" for name, value in sorted(manifest.parameters.items()))
        + ".",
        f"Calibrated on validation days: temperature {fitted.temperature:.4g}, biases {biases}.",
        f"Acts from a probability of {chosen.act:.4g} on."
        if chosen.act < NEVER
        else "Never acts: no threshold earned on its validation days.",
        f"Abstains above an anomaly score of {chosen.anomaly:.4g}, and by {len(chosen.feed)} rules of the feed.",
    )


def _data(manifest: BundleManifest) -> tuple[str, ...]:
    windows, samples = manifest.windows, manifest.samples
    train = _labels(samples.train_events, samples.train_effective)
    validation = _labels(samples.validation_events, samples.validation_effective)
    return (
        "Dataset: " + ", ".join(f"{name} {value}" for name, value in sorted(manifest.dataset.items())) + ".",
        f"Trained on {_span(windows.train)}: {train}.",
        f"Validated on {_span(windows.validation)}: {validation}.",
        f"Test days: {_span(windows.test)}.",
    )


def _labels(events: int, effective: float) -> str:
    return f"{events:,} labels that overlap, worth {effective:,.0f} of their own"


def _costs(manifest: BundleManifest) -> tuple[str, ...]:
    rules = manifest.order.model_dump(mode="json", exclude={"costs"})
    return (
        "Outcomes were simulated on bid and ask, with these rules; the endpoint refuses others.",
        *(f"{name.replace('_', ' ')}: {value}" for name, value in rules.items()),
        *_charged(manifest.order.costs, manifest.order.pip),
    )


def _charged(costs: Costs, pip: float) -> tuple[str, ...]:
    side, account, late = costs.commission, costs.account, sorted(costs.latency_ms)
    return (
        f"costs: {costs.version}, {account.lots:g} lots a trade, account in {account.currency}",
        f"slippage of a fill: {costs.slippage_pips:g} pips, in the dearest hour times {max(costs.slippage_by_hour):g}",
        f"commission of a side: {side.share * 1e6:g} a million and {side.fixed / pip:.3g} pips",
        f"mark-up of the spread: {costs.markup_pips:g} pips",
        f"swap of a night: {costs.swap_long_pips:g} pips long, {costs.swap_short_pips:g} short; below 0 it is a credit",
        f"latency: {late[0]} to {late[-1]} ms, as likely {late[len(late) // 2]} or more as less",
    )


def _verdict(gates: GateReport | None) -> tuple[str, ...]:
    if gates is None:
        return (
            "None yet: this file was fixed and signed before any of its test days was seen.",
            "The verdict is in the gate record, and in the card beside it.",
        )
    days = f"{gates.days_had} open test days (at least {gates.days_needed} needed)"
    return (
        gates.headline,
        *(f"{reason}." for reason in gates.reasons),
        f"Evidence: {days}, {gates.trades_had} trades (at least {gates.trades_needed}).",
    )


def _limits(manifest: BundleManifest) -> tuple[str, ...]:
    return (
        "A few test days can refute an edge; they hardly confirm one.",
        f"It knows the market of {_span(manifest.windows.train)}, no other symbol, and nothing that has changed since.",
        "Costs are those of a profile, in part assumptions; orders larger than what is quoted are not modelled.",
        "It explains nothing: the features that weigh most need not be what moves the price.",
    )


def _users(gates: GateReport | None) -> tuple[str, ...]:
    if gates is None:
        return ("Nobody yet: it waits for its test.",)
    if gates.verdict == PASSED:
        return (
            "A person who answers for the account may trade it through the endpoint, at no worse costs than these.",
        )
    return ("Nobody may trade it. As a shadow it may score, for research alone.",)


def _span(window: DayRange) -> str:
    return f"{window.first} to {window.last}"
