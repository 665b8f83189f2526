"""A mail server for tests: aiosmtpd, told by its first line of input what to do, telling what happens line by line.

It ends with its input, so that nothing of it outlives the test.
"""

import asyncio
import email
import email.policy
import json
import os
import ssl
import sys
import tempfile
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

warnings.simplefilter("ignore")


telling = threading.Lock()


def tell(event, **more):
    with telling:
        print(json.dumps({"event": event, **more}), flush=True)


def read_mail(envelope):
    """What Python's own mail library makes of a mail."""
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    parts = [
        {
            "type": part.get_content_type(),
            "charset": part.get_content_charset(),
            "encoding": part.get("Content-Transfer-Encoding"),
            "content": part.get_content(),
        }
        for part in mail.walk()
        if not part.is_multipart()
    ]
    defects = [repr(defect) for part in mail.walk() for defect in part.defects]
    defects += [repr(defect) for value in mail.values() for defect in getattr(value, "defects", ())]
    lines = envelope.content.split(b"\r\n")
    return {
        "from": envelope.mail_from,
        "smtp_utf8": envelope.smtp_utf8,
        "to": envelope.rcpt_tos,
        "type": mail.get_content_type(),
        "headers": [[name, str(value)] for name, value in mail.items()],
        "parts": parts,
        "defects": defects,
        "longest_line": max(map(len, lines)),
        "bare_line_ends": any(b"\r" in line or b"\n" in line for line in lines),
        "raw": envelope.content.decode("ascii", "backslashreplace"),
    }


class Handler:
    """Answers with what it was told, each once, and with 250 when that is used up."""

    def __init__(self, answers):
        self.answers = {verb: list(lines) for verb, lines in answers.items()}

    def next(self, verb):
        lines = self.answers.get(verb) or []
        return lines.pop(0) if lines else None

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.next("RCPT")
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.next("DATA")
        if answer:
            return answer
        tell("mail", mail=read_mail(envelope))
        return "250 OK"


class Server(SMTP):
    """Breaks where it was told to."""

    script = {}
    cuts = {}
    late = {}

    def connection_made(self, transport):
        if self._original_transport is None:
            tell("connection")
        else:
            tell("tls")
        super().connection_made(transport)

    async def _call_handler_hook(self, command, *args):
        return await super()._call_handler_hook(command, *args)

    async def push(self, status):
        hang = self.script["hang"]
        if hang and self.verb == hang:
            tell("hang", verb=hang)
            await asyncio.sleep(3600)
        late = self.late.pop(self.verb, 0)
        if late:
            tell("late", verb=self.verb)
            await asyncio.sleep(late / 1000)
        behind, self.behind = self.behind, ""
        if behind:
            self._writer.write((status + "\r\n" + behind).encode())
            await self._writer.drain()
            return
        await super().push(status)

    verb = "CONNECT"
    behind = ""

    async def at(self, verb):
        self.verb = verb
        tell("command", verb=verb)
        if self.cuts.get(verb, 0) > 0:
            self.cuts[verb] -= 1
            tell("cut", verb=verb)
            self.transport.abort()
            raise asyncio.CancelledError

    async def smtp_EHLO(self, arg):
        await self.at("EHLO")
        await super().smtp_EHLO(arg)

    async def smtp_STARTTLS(self, arg):
        await self.at("STARTTLS")
        # An attacker on the line: answers in clear text behind the one to STARTTLS, in one piece. The handshake goes on.
        self.behind = self.script["inject"]
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg):
        await self.at("AUTH")
        await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg):
        await self.at("MAIL")
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        await self.at("RCPT")
        await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        self.verb = "DATA"
        tell("command", verb="DATA")
        if self.cuts.get("DATA", 0) > 0:
            self.cuts["DATA"] -= 1
            await self.push("354 Go ahead")
            head = b""
            while b"\r\n\r\n" not in head:
                head += await self._reader.readline()
            tell("cut", verb="DATA", headers=head.decode("ascii", "replace"))
            self.transport.abort()
            raise asyncio.CancelledError
        await super().smtp_DATA(arg)

    async def smtp_NOOP(self, arg):
        await self.at("NOOP")
        await super().smtp_NOOP(arg)


async def main(script):
    context = None
    if script["tls"] != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pem:
            pem.write(script["key"] + script["certificate"])
            pem.flush()
            context.load_cert_chain(pem.name)
    starttls = script["tls"] == "starttls"

    def authenticator(server, session, envelope, mechanism, data):
        right = (data.login.decode(), data.password.decode()) == (script["account"], script["password"])
        tell("auth", mechanism=mechanism, right=right)
        return AuthResult(success=right, handled=False)

    handler = Handler(script["answers"])
    Server.script = script
    Server.cuts = dict(script["cuts"])
    Server.late = dict(script["late"])
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)

    def protocol():
        return Server(
            handler,
            hostname="mail.test",
            loop=loop,
            tls_context=context if starttls else None,
            require_starttls=starttls,
            auth_required=True,
            auth_require_tls=starttls,
            auth_exclude_mechanism=script["without"],
            authenticator=authenticator,
            enable_SMTPUTF8=script["smtputf8"],
        )

    server = await loop.create_server(
        protocol, "127.0.0.1", script["port"], ssl=context if script["tls"] == "implicit" else None
    )
    tell("listening", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


def listen_to_input():
    # Every line is answered, so that the test knows to have read all that was told before.
    for line in sys.stdin:
        tell("asked")
    # No farewell: the test may want a server that is suddenly gone.
    os._exit(0)


if __name__ == "__main__":
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=listen_to_input, daemon=True).start()
    asyncio.run(main(told))
