from __future__ import annotations

from time import perf_counter_ns

from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.telemetry.stages import Stage, Stages


def _busy(nanoseconds: int) -> None:
    until = perf_counter_ns() + nanoseconds
    while perf_counter_ns() < until:
        pass


def test_the_stages_of_a_message_make_up_its_time() -> None:
    counters = Counters()
    before = perf_counter_ns()
    stages = Stages(counters.stages)
    _busy(200_000)
    stages.done(Stage.READ)
    for _ in range(3):
        _busy(50_000)
        stages.done(Stage.CLEAN)
    stages.finish()
    passed = perf_counter_ns() - before
    read, clean, total = (counters.stages[each] for each in (Stage.READ, Stage.CLEAN, Stage.TOTAL))
    assert read.sum_ns >= 200_000
    assert clean.sum_ns >= 150_000
    assert read.sum_ns + clean.sum_ns <= total.sum_ns <= passed
    assert {stage: each.count for stage, each in counters.stages.items() if each.count} == {
        Stage.READ: 1,
        Stage.CLEAN: 1,
        Stage.TOTAL: 1,
    }
    assert stages.spans is None


def test_spans_follow_each_other_without_a_gap() -> None:
    stages = Stages(Counters().stages, traced=True)
    for stage in (Stage.READ, Stage.CLEAN, Stage.SCORE):
        stages.done(stage)
    stages.finish()
    assert stages.spans is not None
    *parts, total = stages.spans
    assert [span.stage for span in parts] == [Stage.READ, Stage.CLEAN, Stage.SCORE]
    assert parts[0].start_ns == total.start_ns
    assert [span.start_ns for span in parts[1:]] == [span.end_ns for span in parts[:-1]]
    assert parts[-1].end_ns <= total.end_ns
