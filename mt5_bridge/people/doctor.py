"""What keeps a bridge from trading, in plain words: terminal, account, symbols, clock, costs, endpoint.

Each check asks one thing and says what it found and, where that is wrong, what to do. Nothing is changed but the Market
Watch, which a symbol's quotes need.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from mt5_bridge.config import BridgeConfig
from mt5_bridge.errors import BridgeError, EndpointError, ModeRefused
from mt5_bridge.moments import moment_of, wall_of
from mt5_bridge.running.opening import Market, cost_misfits, open_session
from mt5_bridge.running.session import TerminalSession
from mt5_bridge.ticks.zone import fitting_zones
from mt5_bridge.trading.modes import Account, Asked, Mode, assert_champion_trades, assert_mode_fits
from mt5_bridge.wire.client import EndpointClient

_HOURLY_BARS = 24 * 7 * 60
"""Some sixty weeks: over each change of summer time."""
_OLD_QUOTE = timedelta(minutes=10)
_AHEAD = timedelta(seconds=5)
_FULL = 4
"""`SYMBOL_TRADE_MODE_FULL` of the vendor's package: both sides may be traded."""
_TRADE_MODES = ("not tradable", "long only", "short only", "close only", "full")
_FOK_OR_IOC = 3
_MARKET_EXECUTION = 2


class Health(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    """It trades, and somebody should look."""
    BAD = "bad"
    """It does not trade, or not what it should."""


@dataclass(frozen=True)
class Finding:
    what: str
    health: Health
    found: str
    remedy: str = ""
    """What to do; empty where all is well."""


def examine(config: BridgeConfig, asked: Asked, market: Market, client: EndpointClient) -> Iterator[Finding]:
    """Every finding, in the order in which things need one another; it ends where nothing more can be asked."""
    yield from _endpoint(config, client, market)
    with closing(open_session(config, market)) as session:
        try:
            account = session.connect()
        except BridgeError as error:
            yield Finding("terminal", Health.BAD, str(error), _connection_remedy(str(error)))
            return
        yield from _terminal(market.mt5)
        yield from _account(asked, account, market.mt5)
        yield from _clock(config, session)
        for symbol in config.symbols:
            yield from _symbol(config, symbol, session, client)


def _endpoint(config: BridgeConfig, client: EndpointClient, market: Market) -> Iterator[Finding]:
    try:
        models = client.models()
        ahead = client.clock_ahead_seconds()
    except EndpointError as error:
        yield Finding("endpoint", Health.BAD, str(error), "start it, or mend endpoint.url and the token")
        return
    skewed = abs(ahead) > config.freshness.clock_skew_seconds
    yield Finding(
        "endpoint",
        Health.BAD if skewed else Health.GOOD,
        f"{config.endpoint.url} answers; its clock is {ahead:+.1f} s from this machine's",
        "set this machine's clock by NTP" if skewed else "",
    )
    now = moment_of(market.clock.now_us())
    for symbol in config.symbols:
        try:
            champion = assert_champion_trades(models, symbol, now)
        except ModeRefused as error:
            fails = config.mode is Mode.LIVE
            yield Finding(
                f"{symbol} model",
                Health.BAD if fails else Health.WARNING,
                str(error).removeprefix(f"Mode live, {symbol}: "),
                "promote a model that passed its gates",
            )
        else:
            found = f"{champion.digest[:12]}, until {champion.expires:%Y-%m-%d %H:%M} UTC"
            yield Finding(f"{symbol} model", Health.GOOD, found)


def _connection_remedy(found: str) -> str:
    if "-10003" in found:
        return "install MetaTrader 5 and start it once, or start the terminal and sign in"
    if "-10005" in found:
        return "the terminal does not answer: close its open windows (updates, sign-in) and try again"
    if "-6" in found:
        return "sign in to the account in the terminal"
    return "start the terminal, sign in, and see that its corner shows a connection"


def _terminal(mt5: Any) -> Iterator[Finding]:
    info = mt5.terminal_info()
    yield Finding("terminal", Health.GOOD, f"{info.name}, build {info.build}, at {info.path}")
    yield _asked(
        "algo trading",
        "allowed" if info.trade_allowed else "disabled in the terminal",
        good=info.trade_allowed,
        remedy="press the button Algo Trading, or tick Tools > Options > Expert Advisors > Allow algorithmic trading",
    )
    yield _asked(
        "Python interface",
        "disabled in the terminal" if info.tradeapi_disabled else "may trade",
        good=not info.tradeapi_disabled,
        remedy="untick Tools > Options > Expert Advisors > Disable algorithmic trading via external Python API",
    )


def _account(asked: Asked, account: Account, mt5: Any) -> Iterator[Finding]:
    info = mt5.account_info()
    netting = info.margin_mode != mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
    found = f"{account}, {'netting' if netting else 'hedging'}, {info.currency}, 1:{info.leverage}"
    try:
        assert_mode_fits(asked, account)
    except ModeRefused as error:
        yield Finding("account", Health.BAD, str(error), "sign in to the other account, or change the mode")
    else:
        yield Finding("account", Health.GOOD, found)
    may_trade = info.trade_allowed and info.trade_expert
    yield _asked(
        "permission",
        "programs may trade this account"
        if may_trade
        else "the broker does not let programs trade this account",
        good=may_trade,
        remedy="sign in with the master password (an investor's cannot trade), or ask the broker",
    )


def _clock(config: BridgeConfig, session: TerminalSession) -> Iterator[Finding]:
    """The server's zone by its hourly bars; and by its newest quote, on an open market."""
    mt5: Any = session.mt5
    name = config.broker_name(next(iter(config.symbols)))
    bars = mt5.copy_rates_from_pos(name, mt5.TIMEFRAME_H1, 0, _HOURLY_BARS)
    times = [] if bars is None else bars["time"].tolist()
    fits = [fit.zone for fit in fitting_zones(wall_of(each * 1_000) for each in times)]
    zone = config.terminal.zone
    if not fits:
        found = f"{zone} as configured; {len(times)} hourly bars of {name} do not tell the server's zone"
        yield Finding(
            "server's clock", Health.WARNING, found, "open a chart of a currency pair, and try again"
        )
    else:
        yield Finding(
            "server's clock",
            Health.GOOD if zone in fits else Health.BAD,
            f"{zone} as configured; its weeks begin as in {', '.join(fits)}",
            "" if zone in fits else f'set terminal.zone = "{fits[0]}"',
        )
    ahead = session.ahead_seconds()
    if ahead is None or abs(ahead) > _OLD_QUOTE.total_seconds():
        yield Finding(
            "quotes", Health.WARNING, "no quote of these minutes", "try again while the market is open"
        )
    else:
        yield Finding(
            "quotes",
            Health.BAD if ahead > _AHEAD.total_seconds() else Health.GOOD,
            f"the newest is {ahead:+.1f} s from this machine's clock",
            "set this machine's clock by NTP, and look at terminal.zone"
            if ahead > _AHEAD.total_seconds()
            else "",
        )


def _symbol(
    config: BridgeConfig, symbol: str, session: TerminalSession, client: EndpointClient
) -> Iterator[Finding]:
    mt5: Any = session.mt5
    name = config.broker_name(symbol)
    info = mt5.symbol_info(name)
    if info is None:
        yield Finding(symbol, Health.BAD, f"the broker has no {name}", f"set symbols.{symbol}.broker_name")
        return
    mode = _TRADE_MODES[info.trade_mode] if info.trade_mode < len(_TRADE_MODES) else str(info.trade_mode)
    yield _asked(
        f"{symbol} trading", f"{name}: {mode}", good=info.trade_mode == _FULL, remedy="ask the broker"
    )
    fills = bool(info.filling_mode & _FOK_OR_IOC) or info.trade_exemode != _MARKET_EXECUTION
    yield _asked(
        f"{symbol} filling",
        f"mask {info.filling_mode}, execution {info.trade_exemode}; "
        f"{info.volume_min:g} to {info.volume_max:g} lots in steps of {info.volume_step:g}",
        good=fills,
        remedy="this symbol cannot be filled or killed, nor at once: it cannot be traded by the bridge",
    )
    try:
        facts = client.symbol_facts(symbol)
        judged = next((each.costs for each in client.models() if each.symbol == symbol), facts.costs)
    except EndpointError:
        return  # told above
    yield _asked(
        f"{symbol} grid",
        f"{info.digits} digits at the broker, {facts.digits} in the lake",
        good=info.digits == facts.digits,
        remedy="the models were trained on another grid: their stops are rounded",
    )
    wrong = cost_misfits(config, session, facts, judged)
    yield Finding(
        f"{symbol} costs",
        (Health.BAD if config.mode is Mode.LIVE else Health.WARNING) if wrong else Health.GOOD,
        "; ".join(wrong) or f"within the profile {judged.profile}",
        _cost_remedy(symbol, wrong),
    )


def _cost_remedy(symbol: str, wrong: list[str]) -> str:
    if any("commission_per_lot" in each for each in wrong):
        return f"set symbols.{symbol}.commission_per_lot, by the broker's contract"
    return "choose the cost profile of this account, and let the gates judge anew" if wrong else ""


def _asked(what: str, found: str, *, good: bool, remedy: str) -> Finding:
    return Finding(what, Health.GOOD if good else Health.BAD, found, "" if good else remedy)
