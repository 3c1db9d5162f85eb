"""What a promotion or a rollback would change, said before it is done: who trades, who then, and what stays."""

from __future__ import annotations

from typing import Literal, NamedTuple

from serving.pipeline.answers import Answer, ask
from serving.pipeline.pages.model.verdicts import Verdict, verdict_of
from serving.pipeline.sources.models import Models
from ticklake_assets.modeling.deployed.decision import NEVER
from ticklake_assets.modeling.deployed.manifest import BundleManifest
from ticklake_assets.storage.models.versions import CHAMPION, ModelVersion

Action = Literal["promote", "rollback"]
_AGAIN = (
    "Version {number} trades {symbol} already. Promoting it again gives the endpoint the very file that it had: what "
    "an endpoint that lost it needs."
)
_FIRST = "No version trades {symbol} now; version {number} will, once the endpoint took it on."
_OPEN = (
    "Open positions stay as they are: each keeps its stop, target and latest end. One position a symbol is the rule "
    "for the new version, too."
)
_WHATEVER = (
    _OPEN,
    "Signals that were sent stay what they are. An event that is being scored ends on the old version.",
    "The endpoint checks signatures and golden ticks first; where it refuses or does not answer, nothing changes.",
)


class Change(NamedTuple):
    action: Action
    symbol: str
    now: ModelVersion | None
    """Who trades."""
    then: ModelVersion | None
    """Who would; None where there is nobody to roll back to."""
    verdict: Verdict | None
    """Of `then`."""
    effects: list[str]
    """A sentence each."""
    obstacle: str
    """Why it can't be done, with the next step; empty where it can be tried."""


def promotion(models: Models, then: ModelVersion) -> Change:
    now, verdict = models.champion(then.symbol), verdict_of(models, then)
    effects = _effects(models, now, then)
    return Change("promote", then.symbol, now, then, verdict, effects, _obstacle(verdict, then))


def rollback(models: Models, symbol: str) -> Change:
    now, then = models.champion(symbol), models.previous(symbol)
    if then is None:
        obstacle = (
            f"{symbol} has no previous champion, so there is none to go back to. There is one from the second "
            "promotion on. To stop trading, open the breaker on the live page"
        )
        return Change("rollback", symbol, now, None, None, [], obstacle)
    return Change("rollback", symbol, now, then, verdict_of(models, then), _effects(models, now, then), "")


def _obstacle(verdict: Verdict, then: ModelVersion) -> str:
    if verdict.may_trade:
        return ""
    if verdict.gates is None and verdict.word == "not judged":
        return (
            f"No gate has judged version {then.number}. Only what passed may trade: judge the chain that ends with it, "
            f"by `ticklake walk-forward {then.symbol} --from {then.as_of} --to {then.as_of}` or on the lifecycle page"
        )
    if verdict.gates is None:
        return f"The judgement of version {then.number} can't be read, so it can't be promoted: {verdict.sentence}"
    return (
        f"The gates refused version {then.number}, and no role may overrule them: {verdict.sentence} It scores as a "
        "shadow, for research alone. Train it on other days, or with other settings, on the lifecycle page"
    )


def _effects(models: Models, now: ModelVersion | None, then: ModelVersion) -> list[str]:
    if now and now.number == then.number:
        return [_AGAIN.format(number=then.number, symbol=then.symbol)]
    return [
        *(_succession(now, then) if now else [_FIRST.format(number=then.number, symbol=then.symbol)]),
        *_thresholds(models, now, then),
        *_WHATEVER,
        f"Only {then.symbol}: other symbols, modes of bridges, risk limits and kill switches are left alone.",
    ]


def _succession(now: ModelVersion, then: ModelVersion) -> list[str]:
    told = [
        f"{_named(now)} trades {now.symbol} now; version {then.number} will, once the endpoint took it on.",
        f"{_named(now)} becomes the previous champion: rolling back gives the endpoint the very file that it had.",
    ]
    if then.as_of < now.as_of:
        told.append(
            f"Version {then.number} is the older one: as of {then.as_of}, and {now.as_of} trades now."
        )
    return told


def _thresholds(models: Models, now: ModelVersion | None, then: ModelVersion) -> list[str]:
    """What the champion acts from, now and then."""
    if now is None:
        return []
    before, after = (_acts(ask(models.manifest, each)) for each in (now, then))
    if not before or not after:
        return []
    return [f"It will act from a probability of {after} on, as against {before} now."]


def _acts(answer: Answer[BundleManifest]) -> str:
    """Empty where the bundle can't tell."""
    if answer.value is None:
        return ""
    act = answer.value.thresholds.act
    return "never" if act >= NEVER else f"{act:.3f}"


def _named(version: ModelVersion) -> str:
    return f"Version {version.number}{', the champion,' if CHAMPION in version.aliases else ''}"
