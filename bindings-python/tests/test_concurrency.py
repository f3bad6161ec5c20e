"""Threads, processes, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Callable

import pytest

import refmark


def _resolve(reg: refmark.Registry) -> int | None:
    return reg.resolve("sentiment@champion").version


def _pull(reg: refmark.Registry) -> str:
    return (reg.pull("sentiment/1") / "config.json").read_text()


def _register(at: tuple[refmark.Registry, int]) -> int:
    reg, number = at
    file = Path(os.environ["REFMARK_CACHE"]) / f"package-{number}" / "weights.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(str(number))
    return reg.register("counted", file, progress=False).version


def test_threads_share_a_registry(two: refmark.Registry) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(_resolve, [two] * 60)) == {2}
        assert set(pool.map(_pull, [two] * 12)) == {'{"text": "one"}'}
        versions = list(pool.map(_register, [(two, n) for n in range(6)]))
    assert sorted(versions) == [1, 2, 3, 4, 5, 6]
    assert two.verify().ok


def test_processes_share_a_registry_and_a_cache(two: refmark.Registry) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        assert set(pool.map(_pull, [two] * 6)) == {'{"text": "one"}'}
        versions = list(pool.map(_register, [(two, n) for n in range(4)]))
    assert sorted(versions) == [1, 2, 3, 4]
    assert two.verify().ok


def test_the_interpreter_lock_is_free_while_work_goes_on(two: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(os.urandom(1 << 20) * 48)
    ticks, done = 0, threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    began = time.monotonic()
    two.register("big", tmp_path / "big.bin", progress=False)
    took = time.monotonic() - began
    done.set()
    thread.join()
    assert ticks > took * 1000 / 40


def test_progress_is_told_to_a_callable(two: refmark.Registry, tmp_path: Path) -> None:
    heard: list[refmark.ProgressEvent] = []
    (tmp_path / "big.bin").write_bytes(os.urandom(1 << 20) * 32)
    two.register("big", tmp_path / "big.bin", progress=heard.append)
    assert heard and heard[-1].done <= (heard[-1].total or heard[-1].done)
    assert any(it.unit == "bytes" and it.done for it in heard)


def test_a_bar_is_shown_where_tqdm_is_and_nothing_where_it_is_not(
    two: refmark.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from refmark import _progress

    monkeypatch.setattr(_progress, "_PATIENCE", 0)
    file = tmp_path / "big.bin"
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    file.write_bytes(os.urandom(1 << 20) * 64)
    assert two.register("big", file).created
    assert capfd.readouterr().err == ""
    monkeypatch.delitem(sys.modules, "tqdm.auto")
    file.write_bytes(os.urandom(1 << 20) * 64)
    # A notebook without ipywidgets: tqdm warns, and the bar is text.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert two.register("big", file).created
    assert "storing files" in capfd.readouterr().err
    assert two.register("big", file, progress=False).created is False
    assert capfd.readouterr().err == ""


def test_an_exception_of_the_listener_stops_the_work(two: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(os.urandom(1 << 20) * 96)
    head = two.head

    def refuse(event: refmark.ProgressEvent) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        two.register("big", tmp_path / "big.bin", progress=refuse)
    assert two.head == head or "big" in [it.model for it in two.models()]
    assert two.verify().ok


SCRIPT = """
import sys, refmark
reg = refmark.open(sys.argv[1])
print("started", flush=True)
try:
    reg.register("huge", sys.argv[2], progress=False)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_stops_a_long_ingest_and_leaves_nothing_behind(two: refmark.Registry, tmp_path: Path) -> None:
    with open(tmp_path / "huge.bin", "wb") as file:
        file.truncate(6 << 30)
    head, before = two.head, sorted(two.path.rglob("*"))
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(two.path), str(tmp_path / "huge.bin")], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout and child.stdout.readline() == "started\n"
    time.sleep(0.5)
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    assert out == "interrupted\n" and child.returncode == 0
    assert time.monotonic() - began < 5
    assert two.head == head
    left = [it for it in two.path.rglob("*") if it not in before and it.is_file() and it.stat().st_size > 1 << 20]
    assert left == []
    assert two.register("after", tmp_path / "home" / ".config" / "refmark" / "trust.toml").version == 1


def test_a_fork_while_another_thread_works_does_not_hang(two: refmark.Registry, tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(os.urandom(1 << 20) * 8)
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            two.resolve("sentiment@champion")
            two.versions("sentiment")
            two.label("sentiment/1", str(number))
            number += 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                try:
                    same = two.resolve("sentiment@champion").version == 2 and len(two.versions("sentiment")) == 2
                    os._exit(0 if same else 1)
                except BaseException:
                    os._exit(2)
            until = time.monotonic() + 30
            while time.monotonic() < until:
                done, status = os.waitpid(child, os.WNOHANG)
                if done:
                    break
                time.sleep(0.01)
            else:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                pytest.fail("the child hung")
            assert os.waitstatus_to_exitcode(status) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
