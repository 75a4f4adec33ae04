"""Who is told: mail servers and web servers of our own making, good ones and bad ones."""

import email
import email.policy
import hashlib
import hmac
import http.server
import json
import pathlib
import socket
import ssl
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from lab.network import run


class Authority:
    """A certificate authority of a test, and certificates it gave."""

    def __init__(self, directory, name="authority"):
        self.directory = pathlib.Path(directory)
        self.certificate = self.directory / f"{name}.pem"
        self._key = self.directory / f"{name}.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN=lab {name}", "-keyout", self._key, "-out", self.certificate)

    def context(self, address):
        """What a server at that address needs."""
        key, request, certificate, extension = (self.directory / f"{address}.{part}" for part in ("key", "csr", "pem", "ext"))
        extension.write_text(f"subjectAltName=IP:{address}\n")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={address}",
            "-keyout", key, "-out", request)
        run("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
            "-days", "2", "-extfile", extension, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


class MailServer:
    """Listens in a node; keeps what arrives. With `context` it demands STARTTLS, or speaks TLS at once if `implicit`."""

    def __init__(self, node, address, port, context=None, implicit=False, user=None, password=None):
        self.mails, self.envelopes, self.sessions = [], [], 0
        self._user, self._password = user, password
        options = {"enable_SMTPUTF8": False}
        if user:
            options |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": bool(context)}
        if context and not implicit:
            options |= {"tls_context": context, "require_starttls": True}
        server = self

        class In(Controller):
            def factory(self):
                server.sessions += 1
                return SMTP(self.handler, hostname="mail.lab", **options)

        # aiosmtpd asks whether the connection is encrypted by the transport it has; implicit TLS is one from the start.
        if implicit and user:
            options["auth_require_tls"] = False
        controller = In(self, hostname=address, port=port, ssl_context=context if implicit else None)
        # The controller connects to itself to see that it works; with a certificate for an address it need not trust itself.
        controller._trigger_server = lambda: None
        with node.inside():
            socket_ = socket.create_server((address, port))
        controller._create_server = lambda: controller.loop.create_server(
            controller._factory_invoker, sock=socket_, ssl=context if implicit else None)
        controller.start_timeout = 10
        self._start(controller)
        node.network.on_close(controller.stop)

    @staticmethod
    def _start(controller):
        ready = threading.Event()
        controller._thread_exception = None
        thread = threading.Thread(target=controller._run, args=(ready,), daemon=True)
        controller._thread = thread
        thread.start()
        assert ready.wait(10), "the mail server starts"

    def _authenticate(self, server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and data.login.decode() == self._user and \
            data.password.decode() == self._password
        return AuthResult(success=good, handled=False)

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos), bool(session.ssl) or bool(session.authenticated)))
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 kept"

    def subjects(self):
        return [str(mail["Subject"]) for mail in self.mails]


class RawServer:
    """Accepts connections and hands each to `talk` in a thread."""

    def __init__(self, node, address, port, talk):
        with node.inside():
            self._listener = socket.create_server((address, port))
        self.connections = 0
        self._talk = talk
        node.network.on_close(self._listener.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                self._talk(connection)
            except OSError:
                pass


class WebServer:
    """Keeps every JSON body that is posted; the first `failures` requests are answered 503."""

    def __init__(self, node, address, port, failures=0, answer=None, context=None):
        server = self
        self.bodies, self.headers, self.requests = [], [], []
        self.failures = failures

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                server.requests.append((self.command, self.path))
                if server.failures > 0:
                    server.failures -= 1
                    return self._reply(503, b"{}")
                if answer:
                    status, reply = answer(self.command, self.path, self.headers, body)
                    text = reply if isinstance(reply, str) else json.dumps(reply)
                    return self._reply(status, text.encode())
                server.bodies.append(body)
                server.headers.append(self.headers)
                return self._reply(204, b"")

            def _reply(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = _handle

            def log_message(self, *_):
                pass

        with node.inside():
            self._server = http.server.ThreadingHTTPServer((address, port), Handler)
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        node.network.on_close(self._server.shutdown)

    def events(self):
        return [json.loads(body) for body in self.bodies]


def signature(key, body):
    return "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
