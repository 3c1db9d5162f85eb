from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from stack import supervisor
from stack.ports import GRPC_OFFSET
from stack.process import is_alive, marked
from stack.service import Program
from stack.site import Site
from stack.supervisor import State
from ticklake_assets.core.errors import SetupError
from ticklake_assets.environment import environment_file, read_environment
from ticklake_assets.spark.java import JavaNeed
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, kill, new_site, process_of, running

DEAD, ALIVE = False, True


def test_up_starts_in_order_and_settles(tmp_path: Path) -> None:
    site, steps = new_site(tmp_path), []
    below, above = Scripted("below"), Scripted("above", needs=["below"])
    try:
        outcomes = supervisor.up(
            site, [below, above], lambda service, state: steps.append((service.name, state))
        )
        assert [outcome.state for outcome in outcomes] == [State.HEALTHY, State.HEALTHY]
        assert steps.index(("below", State.HEALTHY)) < steps.index(("above", State.INSTALLING))
        assert below.calls == ["install", "configure", "settle"]
        assert process_of(site, above).started >= process_of(site, below).started
    finally:
        supervisor.down(site, [below, above])


def test_independent_ones_start_side_by_side(tmp_path: Path) -> None:
    slow = "import time; time.sleep(1.5)"
    site, services = new_site(tmp_path), [Scripted(name, code=slow) for name in "abc"]
    began = time.monotonic()
    with running(site, *services):
        assert 1.5 < time.monotonic() - began < 4.5


def test_up_again_leaves_the_healthy_alone_and_starts_the_dead(tmp_path: Path) -> None:
    site, one, two = new_site(tmp_path), Scripted("one"), Scripted("two", needs=["one"])
    with running(site, one, two):
        first, second = process_of(site, one), process_of(site, two)
        ports = site.port("one"), site.port("two")
        assert kill(site, one) == first
        assert bring_up(site, one, two)["one"].state == State.HEALTHY
        assert process_of(site, one) != first
        assert process_of(site, two) == second
        assert (site.port("one"), site.port("two")) == ports
        assert one.calls == ["install", "configure", "settle"] * 2
        assert two.calls == ["install", "configure", "settle"]


def test_another_command_finds_them_running(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    with running(site, one):
        later = new_site(tmp_path)
        bring_up(later, one)
        assert process_of(later, one) == process_of(site, one)


def test_one_that_stopped_answering_is_started_anew(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one", ready_s=2)
    with running(site, one):
        before = process_of(site, one)
        (site.folder_of("one") / "well").unlink()
        began = time.monotonic()
        assert bring_up(site, one)["one"].state == State.HEALTHY
        assert time.monotonic() - began > supervisor.STALL_S
        assert not is_alive(before)
        assert process_of(site, one) != before


def test_one_that_still_starts_is_waited_for(tmp_path: Path) -> None:
    """As after a Ctrl-C: the process was left alone."""
    site, one = new_site(tmp_path), Scripted("one", code="import time; time.sleep(1.5)", ready_s=0.2)
    assert bring_up(site, one)["one"].state == State.FAILED
    before = process_of(site, one)
    one.ready_s = 30
    with running(site, one):
        assert process_of(site, one) == before


def test_one_that_ends_early_shows_why_and_takes_along_what_needs_it(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    broken = Scripted("broken", code="print('no such table'); raise SystemExit(3)")
    above, beside = Scripted("above", needs=["broken"]), Scripted("beside")
    try:
        outcomes = bring_up(site, broken, above, beside)
        assert outcomes["broken"].state == State.FAILED
        assert "ended before it was ready" in outcomes["broken"].problem
        assert outcomes["broken"].problem.endswith("no such table")
        assert outcomes["above"] == (above, State.SKIPPED, "above: it needs broken")
        assert outcomes["beside"].state == State.HEALTHY
        assert above.calls == []
        assert set(read_environment(site.home)) == {"AT_BESIDE"}
    finally:
        supervisor.down(site, [broken, above, beside])


def test_one_that_is_never_ready_says_so(tmp_path: Path) -> None:
    site, one = (
        new_site(tmp_path),
        Scripted("one", code="print('busy', flush=True); import time; time.sleep(60)", ready_s=1),
    )
    try:
        problem = bring_up(site, one)["one"].problem
        assert "one isn't ready after 1 s" in problem
        assert problem.endswith("busy")
    finally:
        supervisor.down(site, [one])


def test_a_port_that_somebody_else_took_is_named(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    with socket.create_server(("127.0.0.1", site.port("one"))):
        problem = bring_up(site, one)["one"].problem
    assert f"Expected port {site.port('one')} to be free" in problem
    assert "one" in problem
    assert site.process("one") is None


def test_strays_of_a_dead_leader_are_ended_before_the_next(tmp_path: Path) -> None:
    child = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    site, one = new_site(tmp_path), Scripted("one", code=child)
    with running(site, one):
        before = set(marked(site.mark_of("one")))
        assert len(before) == 2
        kill(site, one)
        bring_up(site, one)
        assert not before & set(marked(site.mark_of("one")))
    assert not list(marked(site.mark_of("one")))


def test_a_service_without_its_java_is_skipped_and_the_rest_starts(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    future, above, beside = Scripted("future"), Scripted("above", needs=["future"]), Scripted("beside")
    future.java = JavaNeed(least=99)
    try:
        outcomes = bring_up(site, future, above, beside)
        assert outcomes["future"].problem.startswith("future: Expected Java 99 or later, was ")
        assert [outcome.state for outcome in outcomes.values()] == [
            State.SKIPPED,
            State.SKIPPED,
            State.HEALTHY,
        ]
    finally:
        supervisor.down(site, [future, above, beside])


def test_a_running_one_is_found_and_stopped_where_its_java_is_missing(tmp_path: Path) -> None:
    """Started by a shell with JAVA_HOME, stopped by one without."""

    class Homeless(Scripted):
        def program(self, site: Site) -> Program:
            raise SetupError("no Java")

    site, one = new_site(tmp_path), Scripted("one")
    bring_up(site, one)
    process, homeless = process_of(site, one), Homeless("one")
    homeless.java = JavaNeed(least=99)
    assert bring_up(site, homeless)["one"].state == State.HEALTHY
    assert process_of(site, one) == process
    assert supervisor.down(site, [homeless]) == [homeless]
    assert not is_alive(process)
    assert not environment_file(site.home).exists()


def test_one_that_cannot_be_ended_stays_on_offer(tmp_path: Path) -> None:
    class Odd(Scripted):
        @property
        def stop_signal(self) -> int:
            return 999

    site, odd, one = new_site(tmp_path), Odd("odd"), Scripted("one")
    bring_up(site, odd, one)
    with pytest.raises(OSError, match="Invalid argument"):
        supervisor.down(site, [odd, one])
    assert set(read_environment(site.home)) == {"AT_ODD"}
    supervisor.down(site, [Scripted("odd")])


def test_one_comes_after_others_that_start_with_it_and_needs_none_of_them(tmp_path: Path) -> None:
    site, steps = new_site(tmp_path), []
    slow, broken = Scripted("slow", code="import time; time.sleep(1)"), Scripted("broken", code="exit(3)")
    last = Scripted("last")
    last.after = ("slow", "broken", "absent")
    services = [slow, broken, last]
    try:
        supervisor.up(site, services, lambda service, state: steps.append((service.name, state)))
        assert steps.index(("slow", State.HEALTHY)) < steps.index(("last", State.INSTALLING))
        assert steps.index(("broken", State.FAILED)) < steps.index(("last", State.INSTALLING))
        assert ("last", State.HEALTHY) in steps
    finally:
        supervisor.down(site, services)


def test_what_was_settled_is_left_as_people_have_set_it_until_the_next_start(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    with running(site, one):
        bring_up(new_site(tmp_path), one)
        assert one.calls.count("settle") == 1
        kill(site, one)
        bring_up(new_site(tmp_path), one)
        assert one.calls.count("settle") == 2


def test_an_error_of_a_library_takes_along_only_those_that_need_it(tmp_path: Path) -> None:
    class Refused(Scripted):
        refuses = True

        def settle(self, site: Site) -> None:
            super().settle(site)
            if self.refuses:
                raise ClientError({"Error": {"Code": "500", "Message": "no room\nat all"}}, "CreateBucket")

    site, refused = new_site(tmp_path), Refused("refused")
    above, beside = Scripted("above", needs=["refused"]), Scripted("beside")
    services = [refused, above, beside]
    try:
        outcomes = bring_up(site, *services)
        assert [outcome.state for outcome in outcomes.values()] == [
            State.FAILED,
            State.SKIPPED,
            State.HEALTHY,
        ]
        assert outcomes["refused"].problem.startswith("refused: ClientError: An error occurred (500)")
        assert "\n" not in outcomes["refused"].problem
        process, refused.refuses = process_of(site, refused), False
        assert bring_up(site, *services)["above"].state == State.HEALTHY
        assert process_of(site, refused) == process
        assert refused.calls.count("settle") == 2
    finally:
        supervisor.down(site, services)


def test_a_taken_grpc_neighbour_is_named(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    one.has_grpc = True
    neighbour = site.port("one") + GRPC_OFFSET
    with socket.create_server(("127.0.0.1", neighbour)):
        assert f"one: Expected port {neighbour} to be free" in bring_up(site, one)["one"].problem


def test_down_stops_users_first_and_again_does_nothing(tmp_path: Path) -> None:
    told = """
import atexit, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
atexit.register(lambda: (time.sleep({}), open("../order", "a").write("{}")))
"""
    site = new_site(tmp_path)
    below = Scripted("below", code=told.format(0, "b"))
    above = Scripted("above", needs=["below"], code=told.format(0.5, "a"))
    bring_up(site, below, above)
    processes = process_of(site, below), process_of(site, above)
    assert supervisor.down(site, [below, above]) == [below, above]
    assert not any(is_alive(process) for process in processes)
    assert (site.folder / "order").read_text() == "ab"
    assert supervisor.down(site, [below, above]) == []


def test_down_of_one_leaves_the_others(tmp_path: Path) -> None:
    site, one, two = new_site(tmp_path), Scripted("one"), Scripted("two")
    with running(site, one, two):
        supervisor.down(site, [one])
        assert set(read_environment(site.home)) == {"AT_TWO"}
        assert is_alive(site.process("two"))


def test_the_environment_is_offered_until_down(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    with running(site, one):
        file = environment_file(site.home)
        assert file.read_text() == f"AT_ONE=http://127.0.0.1:{site.port('one')}\n"
        assert file.stat().st_mode & 0o777 == 0o600
        kill(site, one)
        assert file.exists(), "a command must not turn to the embedded store because a server has crashed"
    assert not file.exists()


def test_wipe_removes_the_stack_and_nothing_else(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    site.cache.mkdir()
    with running(site, one):
        pass
    supervisor.wipe(site)
    assert not site.folder.exists()
    assert site.cache.exists()
    assert [path.name for path in site.home.iterdir()] == ["stack.lock"]


def test_a_second_up_waits_for_the_first(tmp_path: Path) -> None:
    one = Scripted("one", code="import time; time.sleep(1)")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(bring_up(new_site(tmp_path), one)["one"].state))
        for _ in range(2)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [State.HEALTHY, State.HEALTHY]
        assert one.calls.count("install") == 1
    finally:
        supervisor.down(new_site(tmp_path), [one])


def test_ctrl_c_ends_the_command_at_once_and_leaves_the_process(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, new_site
code = "print(1, flush=True); import time; time.sleep(60)"
bring_up(new_site(Path({str(tmp_path)!r})), Scripted("one", code=code, ready_s=60))
"""
    command = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    log = new_site(tmp_path).log_of("one")
    while not (log.exists() and log.read_text()):
        time.sleep(0.05)
    time.sleep(0.3)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=10)
    assert b"KeyboardInterrupt" in said
    site = new_site(tmp_path)
    assert is_alive(site.process("one"))
    supervisor.down(site, [Scripted("one")])


def test_ctrl_c_while_it_is_waited_for_neither_ends_nor_doubles_it(tmp_path: Path) -> None:
    slow = "print(1, flush=True); import time; time.sleep(60)"
    site, one = new_site(tmp_path), Scripted("one", code=slow, ready_s=0.2)
    assert bring_up(site, one)["one"].state == State.FAILED
    before = process_of(site, one)
    code = f"""
from pathlib import Path
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, new_site
print("in", flush=True)
bring_up(new_site(Path({str(tmp_path)!r})), Scripted("one", code={slow!r}, ready_s=60))
"""
    command = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert command.stdout
    command.stdout.readline()
    time.sleep(1)
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=20)
    assert process_of(new_site(tmp_path), one) == before
    assert is_alive(before)
    supervisor.down(site, [one])
