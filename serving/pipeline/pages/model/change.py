"""What a promotion or a rollback would change, said before it is done: who trades, who then, and what stays."""

from __future__ import annotations

from typing import Literal, NamedTuple

from serving.pipeline.answers import Answer, ask
from serving.pipeline.pages.model.verdicts import Verdict, verdict_of
from serving.pipeline.sources.models import Models
from ticklake_assets.modeling.deployed.decision import NEVER
from ticklake_assets.storage.models.versions import CHAMPION, ModelVersion

Action = Literal["promote", "rollback"]


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
        return f"The judgement of version {then.number} can't be trusted: {verdict.sentence}"
    return (
        f"The gates refused version {then.number}, and no role may overrule them: {verdict.sentence} It scores as a "
        "shadow, for research alone. Train it on other days, or with other settings, on the lifecycle page"
    )


def _effects(models: Models, now: ModelVersion | None, then: ModelVersion) -> list[str]:
    symbol = then.symbol
    if now and now.number == then.number:
        return [
            f"Version {then.number} trades {symbol} already. Promoting it again gives the endpoint the very file that "
            "it had: what an endpoint that lost it needs."
        ]
    is_older = now is not None and then.as_of < now.as_of
    return [
        f"{_named(now)} trades {symbol} now; version {then.number} will, from the next tick after the endpoint took it "
        "on."
        if now
        else f"No version trades {symbol} now; version {then.number} will.",
        *([f"Version {then.number} is older: its last days are of {then.as_of}, those of now of {now.as_of}."] if now and is_older else []),
        *([f"{_named(now)} becomes the previous champion: roll back gives the endpoint the very file that it had."] if now else []),
        *_thresholds(models, now, then),
        "Open positions stay as they are: each keeps its stop, target and latest end, and one position a symbol is the "
        "rule for the new version, too.",
        "Signals that were sent stay what they are. An event that is being scored ends on the old version.",
        "The endpoint checks signatures and golden ticks first; where it refuses or does not answer, nothing changes.",
        f"Only {symbol}: other symbols, bridges' modes, risk limits and kill switches are left alone.",
    ]  # fmt: skip


def _thresholds(models: Models, now: ModelVersion | None, then: ModelVersion) -> list[str]:
    """What the champion acts from, now and then."""
    acts = [ask(models.manifest, each) for each in (now, then) if each]
    told = [_acts(answer) for answer in acts]
    if len(told) != 2 or None in told:
        return []
    return [f"It will act from a probability of {told[1]} on, as against {told[0]} now."]


def _acts(answer: Answer) -> str | None:
    if answer.value is None:
        return None
    act = answer.value.thresholds.act
    return "never" if act >= NEVER else f"{act:.3f}"


def _named(version: ModelVersion | None) -> str:
    assert version is not None
    champion = ", the champion," if CHAMPION in version.aliases else ""
    return f"Version {version.number}{champion}"
