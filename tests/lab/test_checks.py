"""Checks against real servers, asked once with `standfast probe`: Debian's redis-server, and a web server."""

import hashlib
import http.server
import socket
import subprocess
import threading
import time

import pytest

from lab import PEERS, TOP, program


def run(*words):
    return subprocess.run([program("standfast"), *map(str, words)], capture_output=True, text=True, timeout=30)


def probe(tmp_path, port, checker):
    config = tmp_path / "checks.conf"
    config.write_text(
        f"""virtual_server 192.0.2.10 {port} {{
  lb_algo rr
  lb_kind NAT
  protocol TCP
  connect_timeout 2
  real_server 127.0.0.1 {port} {{
    {checker}
  }}
}}
""")
    done = run("probe", config)
    return done.returncode, done.stdout.strip() + done.stderr.strip()


@pytest.fixture
def redis(tmp_path):
    subprocess.run([TOP / "tools" / "fetch-peers"], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path), "--requirepass", "secret"]
    server = subprocess.Popen([PEERS / "redis-server", *words], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "redis-server does not listen"
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def test_redis_answers_and_is_the_master(redis, tmp_path):
    status, said = probe(tmp_path, redis, "REDIS_CHECK {\n auth secret\n role master\n }")
    assert (status, said) == (0, f"[127.0.0.1]:{redis} REDIS_CHECK: PONG, role master")


def test_redis_that_is_no_replica_or_wants_a_password(redis, tmp_path):
    status, said = probe(tmp_path, redis, "REDIS_CHECK {\n auth secret\n role replica\n }")
    assert status == 1 and "its role is 'master', expected slave" in said
    status, said = probe(tmp_path, redis, "REDIS_CHECK {\n }")
    assert status == 1 and "PING is answered with 'NOAUTH" in said
    status, said = probe(tmp_path, redis, "REDIS_CHECK {\n auth wrong\n }")
    assert status == 1 and "AUTH is answered with 'WRONGPASS" in said


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path == "/status"
        body = b"all is well\n" if found else b"no such page\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def test_genhash_gives_the_digest_that_http_get_wants(web, tmp_path):
    done = run("genhash", "-s", "127.0.0.1", "-p", web, "-u", "/status")
    assert done.stdout.strip() == hashlib.md5(b"all is well\n").hexdigest()
    page = f"HTTP_GET {{\n url {{\n path /status\n digest {done.stdout.strip()}\n regex \"is w.ll$\"\n }}\n }}"
    assert probe(tmp_path, web, page) == (0, f"[127.0.0.1]:{web} HTTP_GET /status: HTTP status 200")
    status, said = probe(tmp_path, web, "HTTP_GET {\n url {\n path /gone\n }\n }")
    assert (status, said) == (1, f"[127.0.0.1]:{web} HTTP_GET /gone: FAILED: HTTP status 404, expected 200-299")


def test_genhash_agrees_with_keepalived(web):
    subprocess.run([TOP / "tools" / "fetch-peers"], check=True)
    words = ["-s", "127.0.0.1", "-p", str(web), "-u", "/status"]
    theirs = subprocess.run([PEERS / "keepalived", "--genhash", *words], capture_output=True, text=True, timeout=30)
    assert run("genhash", *words).stdout.strip() == theirs.stdout.strip()


def test_a_script_decides_by_its_exit_status(web, tmp_path):
    script = tmp_path / "three"
    script.write_text("#!/bin/sh\nexit 3\n")
    script.chmod(0o755)
    config = f"MISC_CHECK {{\n misc_path {script}\n user root\n }}"
    status, said = probe(tmp_path, web, config)
    assert (status, said) == (1, f"[127.0.0.1]:{web} MISC_CHECK: FAILED: exit 3"), said
