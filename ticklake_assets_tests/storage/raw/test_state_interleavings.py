"""Whatever happens to raw objects, wherever a run dies: each content reaches gold once, none is forgotten."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.partitions.csv_ingest import ingest
from ticklake_assets.storage.raw.csv_shape import measure
from ticklake_assets.storage.raw.sealed_bytes import read_sealed
from ticklake_assets.storage.raw.seals import Seal, current_seal, seal_day
from ticklake_assets.storage.raw.state import (
    RawState,
    forget_made_from,
    made_from,
    observe,
    write_made_from,
    write_refusal,
)
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw

DAYS = (DAY, DAY.shifted(1))
MOST_LOOKS = 8
MEMORY = Path("/dev/shm")  # thousands of small synced writes: a busy disk would take most of the time
days = st.sampled_from(DAYS)


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


class Lake(RuleBasedStateMachine):
    """Real objects, seals and markers in a folder; gold is a dictionary; runs are generators that may die."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.store = open_store(Path(self.folder.name).as_uri())
        self.ticks = 0
        self.published: dict[tuple[SymbolDay, int], bytes] = {}
        """What the landing side delivered: never changed by what happens to the objects."""
        self.objects: dict[tuple[SymbolDay, int], bytes] = {}
        self.sealed: dict[tuple[SymbolDay, int], str] = {}
        self.gold: dict[SymbolDay, str] = {}
        self.built: Counter[tuple[SymbolDay, int]] = Counter()
        self.built_instead: set[tuple[SymbolDay, int]] = set()
        """By runs whose own revision was deleted before they could seal it: they find an older one."""
        self.running: dict[SymbolDay, Iterator[None]] = {}

    def teardown(self) -> None:
        self.settle()
        self.folder.cleanup()

    # What happens to the objects.

    @rule(day=days, kind=st.sampled_from(["good", "good", "good", "first", "empty", "unparsable"]))
    def deliver(self, day: SymbolDay, kind: str) -> None:
        """A file, or its next correction; `first` goes back to the first revision's bytes."""
        revision = max((held for of, held in self.published if of == day), default=0) + 1
        fresh = make_raw(3, day, price=1 + revision / 100)
        kinds = {
            "good": fresh,
            "first": self.published.get((day, 1), fresh),
            "empty": b"",
            "unparsable": fresh.replace(b"1.5", b"abc"),
        }
        self.published[day, revision] = kinds[kind]
        self.write(day, revision, kinds[kind])

    @precondition(lambda self: self.objects)
    @rule(data=st.data(), change=st.sampled_from(["touch", "other bytes", "other size", "restore", "delete"]))
    def meddle(self, data: st.DataObject, change: str) -> None:
        day, revision = data.draw(st.sampled_from(sorted(self.objects)))
        held = self.objects[day, revision]
        if change == "delete":
            del self.objects[day, revision]
            self.store.delete(raw_key(day, revision))
            return
        changed = {
            "other bytes": held.replace(b",1.", b",2."),
            "other size": held + b"x",
            "restore": self.published[day, revision],
        }
        self.write(day, revision, changed.get(change, held))

    def write(self, day: SymbolDay, revision: int, data: bytes) -> None:
        self.objects[day, revision] = data
        key = raw_key(day, revision)
        self.store.put(key, data)
        self.ticks += 1  # a clock of our own: the file system's may stand still between two writes
        os.utime(self.store.uri(key), (self.ticks, self.ticks))

    # What the sensor and the runs do.

    @rule()
    def look(self) -> None:
        self.launch()

    @rule()
    def run_to_the_end(self) -> None:
        """Nothing gets in between: most of the time this is what happens."""
        self.launch()
        for day in list(self.running):
            list(self.running.pop(day))

    def launch(self) -> RawState:
        """Run what is asked for, each day at most once at a time."""
        state = observe(self.store)
        for day in [*state.to_build, *state.to_reseal]:
            if day not in self.running:
                newest = max(revision for of, revision in self.objects if of == day)
                self.running[day] = self.run(day, newest, reseal_only=day in state.to_reseal)
        return state

    @precondition(lambda self: self.running)
    @rule(data=st.data(), steps=st.sampled_from([1, 1, 2, 3, 4]))
    def advance(self, data: st.DataObject, steps: int) -> None:
        day = data.draw(st.sampled_from(sorted(self.running)))
        for _ in range(steps):
            if next(self.running[day], "ended") == "ended":
                del self.running[day]
                return

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        del self.running[data.draw(st.sampled_from(sorted(self.running)))]

    def run(self, day: SymbolDay, asked: int, *, reseal_only: bool) -> Iterator[None]:
        """raw -> parquet -> gold of one day, asked for a revision; the process can die at every `yield`."""
        layer = "raw"
        try:
            seal = seal_day(self.store, day)
            self.note(day, seal)
            yield
            if reseal_only:
                return
            layer = "parquet"
            seal = current_seal(self.store, day)
            ingest(read_sealed(self.store, seal), day, seal.key, seal.rows)
        except MissingDataError:
            return
        except DataError as error:
            write_refusal(self.store, day, layer, str(error))
            return
        yield
        forget_made_from(self.store, day)
        yield
        self.gold[day] = seal.sha256
        yield
        write_made_from(self.store, day, seal.sha256, {})
        if seal.revision < asked:
            self.built_instead.add((day, seal.revision))
        else:
            self.built[day, seal.revision] += 1

    def note(self, day: SymbolDay, seal: Seal) -> None:
        """Law 2: a key has one sealed content for ever."""
        assert self.sealed.setdefault((day, seal.revision), seal.sha256) == seal.sha256

    # What must hold.

    @invariant()
    def no_content_is_built_twice(self) -> None:
        assert max(self.built.values(), default=0) <= 1

    @invariant()
    def gold_is_made_of_sealed_content_only(self) -> None:
        for day, made in self.gold.items():
            assert made in {sealed for (of, _), sealed in self.sealed.items() if of == day}

    @rule()
    def settle(self) -> None:
        """Every run dies where it is; afterwards nothing happens but looks and whole runs."""
        self.running.clear()
        for _ in range(MOST_LOOKS):
            state = self.launch()
            if not self.running:
                break
            self.run_to_the_end()
        asked = {**state.to_build, **state.to_reseal}
        assert asked == {}, "a look without a change still asks for something"
        assert observe(self.store) == state
        for day in DAYS:
            self.judge(day, state)

    def judge(self, day: SymbolDay, state: RawState) -> None:
        """The expected end, from what was delivered and what lies there."""
        known = [revision for of, revision in self.objects.keys() | self.sealed.keys() if of == day]
        if not known:
            assert day not in self.gold
            return
        newest = max(known)
        held, sealed = self.objects.get((day, newest)), self.sealed.get((day, newest))
        recorded = [source.sha256 for source in made_from(self.store, day)]
        if sealed is None:
            assert held is not None
            assert day in state.refused
        elif held is not None and digest(held) != sealed:
            assert day in state.violated
        elif day in state.done:
            assert state.done[day] == sealed == self.gold[day]
            assert recorded == [sealed]
            same = [of for of, content in self.sealed.items() if of[0] == day and content == sealed]
            assert any(self.built[of] or of in self.built_instead for of in same)
        elif held is None:
            assert day in state.gone
            assert sealed not in recorded
        else:
            assert day in state.refused
            assert not is_good(held, day)
        if held is not None and sealed in (None, digest(held)) and is_good(held, day):
            assert self.gold.get(day) == digest(held), "a good content is forgotten"


def is_good(data: bytes, day: SymbolDay) -> bool:
    try:
        ingest(data, day, "raw", measure([data], day, "raw").rows)
    except DataError:
        return False
    return True


TestInterleavings = Lake.TestCase
TestInterleavings.settings = settings(max_examples=200, stateful_step_count=20)
