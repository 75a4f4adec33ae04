"""Statuses and refusals of the command line."""

import subprocess

import pytest

from lab import eventually, program
from lab.configuration import instance

GOOD = instance(addresses=["172.20.76.100/24"])
BAD = GOOD.replace("virtual_ipaddress", "virtual_ipadress")


def run(*words):
    return subprocess.run([program("standfast"), *words], text=True, capture_output=True, timeout=20)


@pytest.fixture
def files(tmp_path):
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text(GOOD)
    bad.write_text(BAD)
    return good, bad


def test_a_good_file_is_clean(files):
    assert run("check", files[0]).returncode == 0


def test_a_bad_file_is_refused_with_its_place_and_a_suggestion(files):
    done = run("check", files[1])
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert f"{files[1]}:" in said and "virtual_ipaddress" in said and "did you mean" in said


def test_warnings_alone_count_only_when_strict(tmp_path):
    path = tmp_path / "warned.conf"
    path.write_text(instance(addresses=["172.20.76.100/24"], extra=["authentication {", "    auth_type PASS",
                                                                      "    auth_pass far_too_long_a_word", "}"]))
    assert run("check", path).returncode == 0
    assert run("check", "--strict", path).returncode == 2


def test_the_version_and_the_signals_are_told():
    version = run("--version")
    assert version.returncode == 0 and "standfast" in (version.stdout + version.stderr).lower()


def test_the_compatible_name_tells_keepalives_signal_numbers(tmp_path):
    link = tmp_path / "keepalived"
    link.symlink_to(program("standfast"))
    for name, number in (("STOP", 15), ("RELOAD", 1), ("DATA", 10), ("STATS", 12), ("STATS_CLEAR", 63), ("JSON", 36)):
        done = subprocess.run([link, f"--signum={name}"], text=True, capture_output=True)
        assert (done.returncode, done.stdout.strip()) == (0, str(number))


def test_an_unusable_file_ends_the_daemon_with_status_2(pair, subject):
    a, _, _ = pair
    daemon = subject(a, a.network.file("a.conf", GOOD.replace("virtual_router_id 51", "")))
    assert daemon.wait(10) == 2
    assert "virtual_router_id" in daemon.log()


def test_a_missing_interface_is_named_and_waited_for(pair, subject):
    a, _, _ = pair
    daemon = subject(a, a.network.file("a.conf", GOOD.replace("eth0", "nowhere0")))
    eventually(lambda: "nowhere0" in daemon.log(), 5, "the log names it")
    eventually(lambda: [r["state"] for r in daemon.status()["routers"]] == ["fault"], 5, "the router is in FAULT")
    assert daemon.stop() == 0


def test_a_missing_file_ends_the_daemon_with_status_6(pair, subject):
    a, _, _ = pair
    daemon = subject(a, f"{a.network.directory}/absent.conf")
    assert daemon.wait(10) == 6


def test_a_second_daemon_says_that_one_runs_already(pair, subject):
    a, _, _ = pair
    first = subject(a, a.network.file("a.conf", GOOD))
    eventually(lambda: a.has("172.20.76.100"), 8, "the first is master")
    second = first.enter(first.argv[0], "-n", "-l", "-f", f"{a.network.directory}/a.conf", check=False, timeout=10)
    assert second.returncode == 0 and "already" in (second.stdout + second.stderr)
    assert a.has("172.20.76.100") and first.running()
