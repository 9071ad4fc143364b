"""Handing one message to servers that answer as they are told, with and without PIPELINING."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes

import pytest

from notifications.operations.handover import hand_over
from tests.conftest import MailCatcher

LETTER = b"Subject: A line\r\n\r\n.one dot\r\nlast\r\n"
EXTENSIONS = pytest.mark.parametrize("extension", ["PIPELINING", "8BITMIME"])


@dataclass
class Script:
    """A server that reads as real ones do, and says what stands here instead of 250 or 354.

    `answers`: by the word a command begins with, or "." for the end of a message; CLOSE after the
    reply hangs up.
    """

    extension: str
    answers: dict[str, str] = field(default_factory=dict)
    #: What was said, line by line, and what was taken as a message.
    said: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    #: What arrived together, before anything was answered.
    together: list[bytes] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def serving(self) -> Iterator[None]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
            thread = threading.Thread(target=self._serve, args=(listening,))
            thread.start()
            try:
                yield
            finally:
                thread.join(timeout=10)

    def _serve(self, listening: socket.socket) -> None:
        connection, _peer = listening.accept()
        with connection:
            connection.settimeout(10)
            connection.sendall(b"220 here\r\n")
            self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        waiting = b""
        while True:
            while b"\r\n" not in waiting:
                piece = connection.recv(65536)
                if not piece:
                    return
                waiting += piece
            if waiting.startswith(b"mail"):
                self.together.append(waiting)
            line, _, waiting = waiting.partition(b"\r\n")
            self.said.append(line.decode())
            reply = self._reply(line.decode().upper().split(maxsplit=1)[0])
            connection.sendall(reply.removesuffix(" CLOSE").encode() + b"\r\n")
            if reply.endswith(" CLOSE") or reply.startswith("221"):
                return
            if reply.startswith("354"):
                while not (end := b"\r\n" + waiting).endswith(b"\r\n.\r\n"):
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    waiting += piece
                self.taken.append(end[2:-3])
                waiting = b""
                connection.sendall(self.answers.get(".", "250 taken").encode() + b"\r\n")

    def _reply(self, word: str) -> str:
        usual = {
            "EHLO": f"250-here\r\n250-SIZE 1000000\r\n250 {self.extension}",
            "DATA": "354 go on",
            "QUIT": "221 bye",
        }
        return self.answers.get(word, usual.get(word, "250 fine"))


@EXTENSIONS
def test_a_message_arrives_as_it_is_and_the_next_one_after_it(extension: str) -> None:
    script = Script(extension)
    with script.serving(), smtplib.SMTP("127.0.0.1", script.port, timeout=10) as server:
        hand_over(server, "office@a.test", "one@b.test", LETTER)
        hand_over(server, "office@a.test", "two@b.test", b".begins with a dot, has no line end")

    assert script.taken == [
        LETTER.replace(b"\r\n.", b"\r\n.."),
        b"..begins with a dot, has no line end\r\n",
    ]
    assert script.said[1:4] == [
        f"mail FROM:<office@a.test> size={len(LETTER)}",
        "rcpt TO:<one@b.test>",
        "data",
    ]


def test_only_a_server_that_announces_it_gets_several_commands_at_once() -> None:
    counts = {}
    for extension in ("PIPELINING", "8BITMIME"):
        script = Script(extension)
        with script.serving(), smtplib.SMTP("127.0.0.1", script.port, timeout=10) as server:
            hand_over(server, "office@a.test", "one@b.test", LETTER)
        counts[extension] = [arrived.count(b"\r\n") for arrived in script.together]

    assert counts == {"PIPELINING": [3], "8BITMIME": [1]}


@EXTENSIONS
@pytest.mark.parametrize("code", [451, 552])
@pytest.mark.parametrize(
    ("word", "raised"),
    [
        ("MAIL", smtplib.SMTPSenderRefused),
        ("RCPT", smtplib.SMTPRecipientsRefused),
        ("DATA", smtplib.SMTPDataError),
        (".", smtplib.SMTPDataError),
    ],
)
def test_a_refusal_at_any_step_is_told_and_the_next_message_leaves(
    extension: str, word: str, raised: type[smtplib.SMTPException], code: int
) -> None:
    script = Script(extension, {word: f"{code} not now"})
    with script.serving(), smtplib.SMTP("127.0.0.1", script.port, timeout=10) as server:
        with pytest.raises(raised) as refusal:
            hand_over(server, "office@a.test", "one@b.test", LETTER)
        script.answers.clear()
        script.taken.clear()
        hand_over(server, "office@a.test", "two@b.test", LETTER)

    assert _code(refusal.value) == code
    assert len(script.taken) == 1


def test_a_server_that_goes_on_without_a_recipient_gets_an_empty_message() -> None:
    # Nothing is said about DATA, so it is answered with 354, as RFC 2920 allows.
    script = Script("PIPELINING", {"RCPT": "550 5.1.1 nobody", ".": "554 no recipients"})
    with (
        script.serving(),
        smtplib.SMTP("127.0.0.1", script.port, timeout=10) as server,
        pytest.raises(smtplib.SMTPRecipientsRefused) as refusal,
    ):
        hand_over(server, "office@a.test", "one@b.test", LETTER)

    assert _code(refusal.value) == 550
    assert script.taken == [b""]


@EXTENSIONS
@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA", "."])
def test_a_server_that_closes_is_not_spoken_to_any_more(extension: str, word: str) -> None:
    script = Script(extension, {word: "421 4.3.2 closing CLOSE"})
    with script.serving(), smtplib.SMTP("127.0.0.1", script.port, timeout=10) as server:
        with pytest.raises(smtplib.SMTPException) as refusal:
            hand_over(server, "office@a.test", "one@b.test", LETTER)
        assert server.sock is None

    assert _code(refusal.value) == 421


def test_a_server_that_refuses_and_hangs_up_has_refused() -> None:
    script = Script("PIPELINING", {"MAIL": "450 4.7.1 not now CLOSE"})
    with (
        script.serving(),
        smtplib.SMTP("127.0.0.1", script.port, timeout=10) as server,
        pytest.raises(smtplib.SMTPSenderRefused) as refusal,
    ):
        hand_over(server, "office@a.test", "one@b.test", LETTER)

    assert refusal.value.smtp_code == 450


@EXTENSIONS
def test_a_connection_that_breaks_before_any_answer_is_no_refusal(extension: str) -> None:
    script = Script(extension, {"EHLO": f"250-here\r\n250 {extension} CLOSE"})
    with (
        script.serving(),
        smtplib.SMTP("127.0.0.1", script.port, timeout=10) as server,
        pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)),
    ):
        hand_over(server, "office@a.test", "one@b.test", LETTER)


@pytest.mark.parametrize(
    "address", ["one@b.test>\r\nrcpt TO:<two@b.test", "one@b.test\n", "né@b.test"]
)
def test_an_address_that_is_none_never_reaches_the_server(address: str) -> None:
    script = Script("PIPELINING")
    with (
        script.serving(),
        smtplib.SMTP("127.0.0.1", script.port, timeout=10) as server,
        pytest.raises(ValueError, match=r"control character|can't encode"),
    ):
        hand_over(server, "office@a.test", address, LETTER)

    assert [line.split()[0] for line in script.said] == ["ehlo", "QUIT"]


def test_the_server_that_we_develop_against_takes_them_at_once(mailcatcher: MailCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", mailcatcher.port) as server:
        hand_over(server, "office@a.test", "one@b.test", LETTER)
        assert server.has_extn("pipelining")

    assert [m.as_bytes() for m in mailcatcher.messages] == [
        message_from_bytes(LETTER.replace(b"\r\n", b"\n")).as_bytes()
    ]


def _code(refusal: smtplib.SMTPException) -> int:
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        ((code, _reply),) = refusal.recipients.values()
        return code
    assert isinstance(refusal, smtplib.SMTPResponseException)
    return refusal.smtp_code
