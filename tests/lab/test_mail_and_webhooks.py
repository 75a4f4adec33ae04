"""Alert mail through servers that want TLS and a password, and through bad ones; webhooks."""

import os
import pathlib
import re
import signal
import time

import pytest

from lab import Standfast, eventually, hold
from lab.configuration import instance
from lab.receivers import Authority, MailServer, RawServer, WebServer, signature

VIP = "172.20.76.100"
SERVER = "172.20.76.200"
MASTER = "[lb1] VRRP Instance VI - Entering MASTER state"
BACKUP = "[lb1] VRRP Instance VI - Entering BACKUP state"


@pytest.fixture
def state(network, monkeypatch):
    directory = pathlib.Path(network.directory) / "state"
    monkeypatch.setenv("STATE_DIRECTORY", str(directory))
    return directory


def mailing(*lines, port=2525):
    return ["router_id lb1", "notification_email {", "    ops@example.net", "    boss@example.net", "}",
            "notification_email_from lb1@example.net", f"smtp_server {SERVER} {port}", "smtp_helo_name lb1.example.net",
            "smtp_connect_timeout 2", "smtp_alert", *lines]


def start(node, lines, name="a.conf", extra=()):
    text = "\n".join(["global_defs {", *(f"    {line}" for line in lines), "}", ""])
    return Standfast(node, node.network.file(name, text + instance(priority=150, addresses=[f"{VIP}/24"], extra=extra)))


def waiting(state):
    return sorted((state / "mail").glob("*.mail"))


def test_mail_says_what_keepaliveds_does(pair, state):
    a, _, client = pair
    server = MailServer(client, SERVER, 2525)
    daemon = start(a, mailing())
    eventually(lambda: server.subjects() == [BACKUP, MASTER], 10, f"two mails; now {server.subjects()}")
    mail = server.mails[1]
    assert server.envelopes[1][:2] == ("lb1@example.net", ["ops@example.net", "boss@example.net"])
    assert mail["From"] == "lb1@example.net" and mail["To"] == "ops@example.net, boss@example.net"
    assert mail["Message-ID"] and mail["Date"].datetime.timestamp() == pytest.approx(time.time(), abs=60)
    body = mail.get_content().splitlines()
    assert body[0] == "=> VRRP Instance is now owning VRRP VIPs <="
    assert any("the master fell silent" in line for line in body)
    daemon.stop()
    eventually(lambda: server.subjects()[2:] == ["[lb1] VRRP Instance VI - Stopping"], 3, f"now {server.subjects()}")
    assert not waiting(state)


def test_mail_through_starttls_and_a_password(pair, state):
    a, _, client = pair
    authority = Authority(a.network.directory)
    server = MailServer(client, SERVER, 2525, authority.context(SERVER), user="lb1", password="s3cret")
    password = a.network.file("password", "s3cret\n")
    os.chmod(password, 0o600)
    start(a, mailing("smtp_user lb1", f"smtp_password file:{password}", f"smtp_ca_file {authority.certificate}"))
    eventually(lambda: server.subjects() == [BACKUP, MASTER], 10, f"two mails; now {server.subjects()}\n")
    assert all(safe for _, _, safe in server.envelopes)


def test_mail_through_implicit_tls_with_a_credential(pair, state, monkeypatch):
    a, _, client = pair
    authority = Authority(a.network.directory)
    server = MailServer(client, SERVER, 4650, authority.context(SERVER), implicit=True, user="lb1", password="s3cret")
    a.network.file("mail-password", "s3cret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", a.network.directory)
    start(a, mailing("smtp_tls implicit", "smtp_user lb1", "smtp_password credential:mail-password",
                     f"smtp_ca_file {authority.certificate}", port=4650))
    eventually(lambda: server.subjects() == [BACKUP, MASTER], 10, f"two mails; now {server.subjects()}")


def test_no_mail_and_no_password_to_a_server_that_cannot_prove_itself(pair, state):
    a, _, client = pair
    authority = Authority(a.network.directory)
    stranger = Authority(a.network.directory, "stranger")
    server = MailServer(client, SERVER, 2525, stranger.context(SERVER), user="lb1", password="s3cret")
    daemon = start(a, mailing("smtp_user lb1", "smtp_password s3cret", f"smtp_ca_file {authority.certificate}"))
    eventually(lambda: a.has(VIP) and server.sessions > 0, 10, "it tried")
    eventually(lambda: len(waiting(state)) == 2, 3, "both wait on disk")
    assert not server.mails
    eventually(lambda: re.search("certificate", daemon.log()), 3, "and the log says why")
    configuration = pathlib.Path(daemon.configuration)
    configuration.write_text(configuration.read_text().replace("smtp_ca_file", "smtp_verify off\n    smtp_ca_file"))
    daemon.signal(signal.SIGHUP)
    eventually(lambda: server.subjects() == [BACKUP, MASTER], 8, "unless the operator says so")


def test_mail_waits_for_its_server_and_survives_a_restart(pair, state):
    a, _, client = pair
    daemon = start(a, mailing())
    eventually(lambda: a.has(VIP) and len(waiting(state)) == 2, 10, "two mails wait")
    assert daemon.log().count("mail cannot be delivered") == 1
    text = waiting(state)[0].read_text()
    assert "Subject: " + BACKUP in text and waiting(state)[0].stat().st_mode & 0o077 == 0
    daemon.kill()
    server = MailServer(client, SERVER, 2525)
    start(a, mailing(), name="again.conf")
    eventually(lambda: BACKUP in server.subjects() and MASTER in server.subjects(), 20, f"now {server.subjects()}")
    eventually(lambda: not waiting(state), 5, "and nothing waits any more")


def stalls(connection):
    connection.recv(1)
    time.sleep(60)


def nonsense(connection):
    connection.sendall(bytes(range(256)) * 40 + b"\r\n" + b"x" * 100_000)


def closes(connection):
    pass


def refuses_recipients(connection):
    connection.sendall(b"220 mail.lab\r\n")
    with connection.makefile("rb") as lines:
        for line in lines:
            word = line[:4].upper()
            if word == b"RCPT":
                connection.sendall(b"550 5.1.1 nobody of that name\r\n")
            elif word == b"QUIT":
                return connection.sendall(b"221 bye\r\n")
            else:
                connection.sendall(b"250 well\r\n")


@pytest.mark.parametrize("talk", [stalls, nonsense, closes])
def test_a_bad_mail_server_costs_only_its_mail(pair, state, talk):
    a, _, client = pair
    server = RawServer(client, SERVER, 2525, talk)
    fifo = pathlib.Path(a.network.directory) / "fifo"
    daemon = start(a, mailing(f"vrrp_notify_fifo {fifo}"))
    eventually(lambda: server.connections > 0, 8, "it is tried")
    eventually(lambda: a.has(VIP), 8, "master all the same")
    a.unplug()
    eventually(lambda: not a.has(VIP), 3, "fault")
    a.plug()
    eventually(lambda: a.has(VIP), 10, "and back")
    eventually(lambda: len(waiting(state)) == 5, 3, f"all mails wait; now {waiting(state)}")
    assert daemon.log().count("mail cannot be delivered") == 1, "said once"
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < 8


def test_a_mail_that_is_refused_for_good_is_given_up_with_the_servers_words(pair, state):
    a, _, client = pair
    server = RawServer(client, SERVER, 2525, refuses_recipients)
    daemon = start(a, mailing())
    eventually(lambda: server.connections >= 2, 10, "both are tried")
    eventually(lambda: not waiting(state) and "nobody of that name" in daemon.log(), 5, daemon.log())


def test_flapping_becomes_one_summary(pair, state):
    a, _, client = pair
    server = MailServer(client, SERVER, 2525)
    start(a, mailing("smtp_rate_limit 2 6"))
    eventually(lambda: server.subjects() == [BACKUP, MASTER], 10, "two go at once")
    a.unplug()
    eventually(lambda: not a.has(VIP), 3, "fault")
    a.plug()
    eventually(lambda: len(server.subjects()) == 3, 12, f"then one for the rest; now {server.subjects()}")
    assert re.search(r"after \d changes$", server.subjects()[2])
    hold(lambda: len(server.subjects()) == 3, 2, "and no more")


def test_no_mail_of_faults_if_they_are_not_wanted(pair, state):
    a, _, client = pair
    server = MailServer(client, SERVER, 2525)
    start(a, mailing("no_email_faults"))
    eventually(lambda: len(server.subjects()) == 2, 10, "backup, master")
    a.unplug()
    eventually(lambda: not a.has(VIP), 3, "fault")
    a.plug()
    eventually(lambda: server.subjects()[2:] == [BACKUP, MASTER], 12, f"no fault; now {server.subjects()}")


# Webhooks.

def test_a_webhook_is_told_in_order_signed_and_again_after_failures(pair):
    a, _, client = pair
    server = WebServer(client, SERVER, 8000, failures=2)
    key = a.network.file("key", "webhook key\n")
    os.chmod(key, 0o600)
    daemon = start(a, ["router_id lb1", f"notify_webhook http://{SERVER}:8000/vrrp {{", f"    secret file:{key}", "    timeout 2", "}"])
    eventually(lambda: [e["state"] for e in server.events()] == ["BACKUP", "MASTER"], 12, f"now {server.events()}")
    a.unplug()
    eventually(lambda: not a.has(VIP), 3, "fault, which cannot be told now")
    a.plug()
    eventually(lambda: len(server.events()) == 5, 20, "what waited comes")
    events = server.events()
    assert [event["state"] for event in events] == ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"]
    assert [event["sequence"] for event in events] == [1, 2, 3, 4, 5]
    expected = {"version": 1, "node": "lb1", "kind": "instance", "name": "VI", "previous": "BACKUP", "priority": 150,
                "reason": "master_silent", "repeated": False}
    assert expected.items() <= events[1].items()
    for body, headers in zip(server.bodies, server.headers):
        assert headers["X-Standfast-Signature"] == signature("webhook key", body)
        assert headers["Content-Type"] == "application/json"
    assert daemon.log().count("HTTP status 503") == 1
    daemon.stop()
    assert server.events()[-1]["state"] == "STOP"


def test_a_webhook_over_tls_is_checked(pair):
    a, _, client = pair
    authority = Authority(a.network.directory)
    server = WebServer(client, SERVER, 8443, context=authority.context(SERVER))
    stranger = Authority(a.network.directory, "stranger")
    liar = WebServer(client, SERVER, 8444, context=stranger.context(SERVER))
    start(a, [f"notify_webhook https://{SERVER}:8443/ {{", f"    ca_file {authority.certificate}", "}",
              f"notify_webhook https://{SERVER}:8444/ {{", f"    ca_file {authority.certificate}", "}"])
    eventually(lambda: len(server.events()) == 2, 10, "the one that proves itself is told")
    assert not liar.bodies


def test_a_webhook_that_never_answers_costs_only_itself(pair):
    a, _, client = pair
    RawServer(client, SERVER, 8001, stalls)
    good = WebServer(client, SERVER, 8000)
    start(a, [f"notify_webhook http://{SERVER}:8001/ {{", "    timeout 30", "}", f"notify_webhook http://{SERVER}:8000/"])
    eventually(lambda: [e["state"] for e in good.events()] == ["BACKUP", "MASTER"], 10, f"now {good.events()}")
