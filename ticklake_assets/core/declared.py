"""Features and labels that are declared by one function in one file.

A file in `core/added/features` or `core/added/labels` is all: it is found by being there, its columns join gold,
the endpoint runs it, and the tests of the laws check it (docs/add-a-feature.md). `ticklake lookahead FILE` checks
such a file wherever it lies.

    @feature(slots=2)
    def quotes_at_this_spread(memory: Floats, quote: Quote) -> float:
        '''Quotes since the spread last changed.'''
"""

from __future__ import annotations

import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from importlib import import_module
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, TypeVar

from ticklake_assets.core.added_imports import refuse_other_imports
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.schemas import Column, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, Ints, Quotes


class Quote(NamedTuple):
    """The clean quote that has just arrived, and what the kernel knows with it."""

    ts_us: int
    bid: float
    ask: float
    bid_size: float
    """Millions; 0 where not delivered."""
    ask_size: float
    mid: float
    sigma_1m: float
    """Standard deviation of a one-minute change of mid, price units; 0 in a dead market."""
    ew_spread: float
    """Time-weighted spread, tau 1 min, price units."""
    day_start_us: int


class Known(NamedTuple):
    """A label of each event of a day, row by row as `DayFeatures`."""

    values: Floats
    known_at_us: Ints
    """When each value is known: inside the day, never before its event."""


Step = Callable[[Floats, Quote], float]
WholeDay = Callable[[SymbolDay, Quotes, DayFeatures, Instrument], Floats]
Outcome = Callable[[SymbolDay, Quotes, DayFeatures, Instrument], Known]


class Feature(NamedTuple):
    """A column of `gold/features`: a step that the kernel makes with every quote, written where there is an event."""

    name: str
    doc: str
    slots: int
    """float64 numbers that the step remembers; all 0 before the day's first quote."""
    step: Step


class BatchFeature(NamedTuple):
    """A value of each event, computed from the whole day at once: research that gold and the endpoint can't run."""

    name: str
    doc: str
    values: WholeDay


class Label(NamedTuple):
    """Two columns of `gold/labels`: a value of each event, and `NAME_known_at`."""

    name: str
    doc: str
    outcome: Outcome


def feature(*, slots: int = 0) -> Callable[[Step], Feature]:
    """Declare a feature. It is compiled by numba: only `+ - * /`, `math.sqrt` and comparisons keep the same bits."""
    return lambda step: Feature(_name(step), _doc(step), slots, step)


def batch_feature(values: WholeDay) -> BatchFeature:
    """Declare a feature of the whole day, for `ticklake lookahead` to look for the future in it."""
    return BatchFeature(_name(values), _doc(values), values)


def label(outcome: Outcome) -> Label:
    """Declare a label."""
    return Label(_name(outcome), _doc(outcome), outcome)


Declared = TypeVar("Declared", Feature, BatchFeature, Label)


def declared_in(module: ModuleType, kind: type[Declared]) -> tuple[Declared, ...]:
    """What a module declares of a kind, in the order of its text."""
    return tuple(found for found in vars(module).values() if isinstance(found, kind))


def modules_of(package: ModuleType) -> list[ModuleType]:
    """The modules that lie in a package, by name; SetupError, before one runs, where one imports from elsewhere."""
    for path in package.__path__:
        for file in sorted(Path(path).rglob("*.py")):
            refuse_other_imports(file)
    return [
        import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]


def run_anew(module: ModuleType) -> ModuleType:
    """The same module, run once more beside itself: it remembers nothing of what its functions were called with."""
    spec = module.__spec__
    if spec is None or spec.loader is None:
        raise SetupError(f"Module {module.__name__} can't be run anew. Expected a Python file, was none")
    anew = module_from_spec(spec)
    spec.loader.exec_module(anew)
    return anew


def added(package: ModuleType, kind: type[Declared], taken: Iterable[Column]) -> tuple[Declared, ...]:
    """Everything that the files of a package declare, beside the columns that are there already.

    Raises:
        SetupError: a file declares nothing of this kind (it would be forgotten in silence), or a name twice.
    """
    found: list[Declared] = []
    for module in modules_of(package):
        here = declared_in(module, kind)
        if not here:
            raise SetupError(
                f"{module.__file__}: Expected a function under @{kind.__name__.lower()}, was none"
            )
        found += here
    refuse_names(found, taken, package.__name__)
    return tuple(found)


def refuse_names(
    found: Iterable[Feature | BatchFeature | Label], taken: Iterable[Column], where: str
) -> None:
    """SetupError where a column would be called like one that is taken or like another; SQL knows no case."""
    columns = [
        name
        for each in found
        for name in ((each.name, f"{each.name}_known_at") if isinstance(each, Label) else (each.name,))
    ]
    uses = Counter(name.lower() for name in (*columns, *names(tuple(taken))))
    if twice := sorted({name for name in columns if uses[name.lower()] > 1}):
        raise SetupError(f"{where} declares {twice}. Expected names that no other column of gold has")


def columns_of(features: Iterable[Feature]) -> tuple[Column, ...]:
    """They may be missing: in rows of code without the feature."""
    return tuple(Column(each.name, "float64", each.doc, nullable=True) for each in features)


def sources_digest(*modules: ModuleType) -> str:
    """sha256 over the text of modules; empty for none."""
    texts = [Path(inspect.getfile(module)).read_bytes() for module in modules]
    return sha256(b"\0".join(texts)).hexdigest() if texts else ""


def _name(function: Callable[..., object]) -> str:
    return function.__name__


def _doc(function: Callable[..., object]) -> str:
    """The first line of the docstring: what the column's reader sees in Iceberg, MLflow and SQL."""
    text = (inspect.getdoc(function) or "").partition("\n")[0].rstrip(".")
    if not text:
        raise SetupError(f"{function.__name__} says nothing of itself. Expected a docstring, was none")
    return text
