"""Examples 5 and 13, their files unchanged: scripts, mail over TLS with a password, clouds that must be told."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from lab import TOP, eventually
from lab.installed import InstalledStandfast
from lab.receivers import Authority, MailServer, WebServer

EXAMPLES = TOP / "examples"
VIP = "172.20.76.187"
RELAY = "172.20.76.200"


def test_05_the_script_of_one_node_and_the_mail_of_the_other(pair, monkeypatch):
    a, b, client = pair
    directory = pathlib.Path(a.network.directory)
    monkeypatch.setenv("STATE_DIRECTORY", str(directory / "state"))
    # Node a: somebody's `mail` program, which writes down what it is given.
    programs, written = directory / "bin", directory / "written"
    programs.mkdir()
    mail = programs / "mail"
    mail.write_text(f'#!/bin/sh\n{{ echo "$@"; cat; }} >>{written}\n')
    mail.chmod(0o755)
    # Node b: a relay on port 587 that wants STARTTLS and a password.
    authority = Authority(directory)
    relay = MailServer(client, RELAY, 587, authority.context(RELAY), user="node-b", password="s3cret")
    password = a.network.file("smtp.password", "s3cret\n")

    on_a = InstalledStandfast(a, EXAMPLES / "05-notify-mail/node-a.conf",
                              {"/etc/keepalived/notify.sh": EXAMPLES / "05-notify-mail/notify.sh"},
                              {"PATH": f"{programs}:{os.environ['PATH']}"})
    on_b = InstalledStandfast(b, EXAMPLES / "05-notify-mail/node-b.conf",
                              {"/etc/standfast/smtp.password": password,
                               "/etc/standfast/mail-authority.pem": authority.certificate})
    eventually(lambda: a.has(VIP) and not b.has(VIP), 12, "a is master")

    def mailed():
        text = written.read_text() if written.exists() else ""
        return re.findall(r"changed to be (\w+)", text)

    eventually(lambda: mailed() == ["backup", "master"], 4, f"the script of a ran for both; now {mailed()}")
    assert "ops@example.net" in written.read_text() and "a to be master" in written.read_text()
    title = "[node-b] VRRP Instance VIP1 - Entering {} state"
    eventually(lambda: relay.subjects() == [title.format("BACKUP")], 4, f"now {relay.subjects()}\n{on_b.log()}")
    on_a.crash_host()
    eventually(lambda: relay.subjects()[1:] == [title.format("MASTER")], 15, f"now {relay.subjects()}")
    assert relay.mails[1]["To"] == "ops@example.net" and b.has(VIP)


class Hetzner:
    """The part of the API that the recipe uses."""

    def __init__(self, node, address):
        self.server, self.assigned, self.broken = 0, [], False
        self.web = WebServer(node, address, 8000, answer=self._answer)

    def _answer(self, command, path, headers, body):
        if headers["Authorization"] != "Bearer t0ken":
            return 401, {"error": {"code": "unauthorized"}}
        if self.broken:
            return 503, {"error": {"code": "unavailable"}}
        if command == "POST" and path == "/v1/floating_ips/4711/actions/assign":
            self.server = json.loads(body)["server"]
            self.assigned.append(self.server)
            return 201, {"action": {"status": "running"}}
        if command == "GET" and path == "/v1/floating_ips/4711":
            return 200, {"floating_ip": {"id": 4711, "server": self.server}}
        return 404, {"error": {"code": "not_found"}}


def test_13_the_cloud_follows_the_master_and_stays_with_it(pair):
    a, b, client = pair
    cloud = Hetzner(client, RELAY)
    token = a.network.file("token", "t0ken\n")
    files = {"/etc/standfast/hetzner-floating-ip": EXAMPLES / "13-cloud-owner/hetzner-floating-ip",
             "/etc/standfast/hetzner.token": token}
    environment = {"HETZNER_API": f"http://{RELAY}:8000/v1"}
    on_a, on_b = (InstalledStandfast(node, EXAMPLES / f"13-cloud-owner/node-{node.name}.conf", files, environment)
                  for node in (a, b))
    eventually(lambda: a.has(VIP) and cloud.server == 1001, 15, f"the cloud knows a\n{on_a.log()}")
    cloud.server = 1002  # a late request of the other node, or somebody's mistake
    eventually(lambda: cloud.server == 1001, 14, "it is put right within the interval")
    cloud.broken = True
    on_a.crash_host()
    eventually(lambda: b.has(VIP), 12, "b is master while the API is down")
    cloud.broken = False
    eventually(lambda: cloud.server == 1002, 15, "and the cloud hears of it when it is back")
    assert on_b.stop() == 0


def recipe(name, *arguments, **environment):
    return subprocess.run([EXAMPLES / "13-cloud-owner" / name, *map(str, arguments)], capture_output=True, text=True,
                          timeout=30, env={**os.environ, **environment})


@pytest.fixture
def loopback(network):
    """A node of its own whose loopback the recipe and the API share."""
    return network.node("a", 18)


def test_13_the_recipe_for_openstack(loopback):
    ports = {"fip": None}

    def answer(command, path, headers, body):
        if headers["X-Auth-Token"] != "t0ken":
            return 401, {}
        if path != "/v2.0/floatingips/fip":
            return 404, {}
        if command == "PUT":
            ports["fip"] = json.loads(body)["floatingip"]["port_id"]
        return 200, {"floatingip": {"id": "fip", "port_id": ports["fip"]}}

    WebServer(loopback, "127.0.0.1", 9696, answer=answer)
    settings = {"OS_NETWORK_API": "http://127.0.0.1:9696/v2.0", "OS_TOKEN_FILE": loopback.network.file("t", "t0ken\n")}
    with loopback.inside():
        assert recipe("openstack-port-address", "fip", "port-a", "verify", **settings).returncode != 0
        assert recipe("openstack-port-address", "fip", "port-a", "acquire", **settings).returncode == 0
        assert recipe("openstack-port-address", "fip", "port-a", "verify", **settings).returncode == 0
        assert recipe("openstack-port-address", "fip", "port-b", "verify", **settings).returncode != 0
        settings["OS_TOKEN_FILE"] = loopback.network.file("t", "stale\n")
        assert recipe("openstack-port-address", "fip", "port-b", "acquire", **settings).returncode != 0


def test_13_the_recipe_for_aws(loopback):
    held = {}
    asked = []

    def answer(command, path, headers, body):
        if path == "/latest/api/token":
            return 200, "session"
        if path == "/latest/meta-data/iam/security-credentials/":
            return 200, "role"
        if path == "/latest/meta-data/iam/security-credentials/role":
            return 200, {"AccessKeyId": "AKIA", "SecretAccessKey": "secret", "Token": "token"}
        asked.append(headers)
        form = dict(part.split("=", 1) for part in body.decode().split("&"))
        if form["Action"] == "AssignPrivateIpAddresses" and form["AllowReassignment"] == "true":
            held[form["PrivateIpAddress.1"]] = form["NetworkInterfaceId"]
            return 200, "<return>true</return>"
        mine = [a for a, i in held.items() if i == form["NetworkInterfaceId.1"]]
        return 200, "".join(f"<privateIpAddress>{address}</privateIpAddress>" for address in mine)

    WebServer(loopback, "127.0.0.1", 8000, answer=answer)
    settings = {"AWS_EC2_API": "http://127.0.0.1:8000", "AWS_METADATA": "http://127.0.0.1:8000"}
    with loopback.inside():
        ours = ("10.0.0.9", "eni-a", "eu-central-1")
        assert recipe("aws-private-address", *ours, "verify", **settings).returncode != 0
        done = recipe("aws-private-address", *ours, "acquire", **settings)
        assert done.returncode == 0, done.stderr
        assert recipe("aws-private-address", *ours, "verify", **settings).returncode == 0
        assert recipe("aws-private-address", "10.0.0.9", "eni-b", "eu-central-1", "acquire", **settings).returncode == 0
        assert recipe("aws-private-address", *ours, "verify", **settings).returncode != 0, "somebody else has it now"
    assert all(h["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA/") for h in asked)
    assert all(h["X-Amz-Security-Token"] == "token" for h in asked)
