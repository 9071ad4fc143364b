"""One message to one recipient over an open connection, in as few turns as the server allows.

`smtplib` opens the connection, signs in and reads replies. Its own `sendmail` takes every address
apart again and waits for each reply before it says the next thing, which cost more than all that
is said. A server that announces PIPELINING (RFC 2920) gets sender, recipient and DATA in one go;
with any other, each waits for the reply to the one before.
"""

import smtplib
from contextlib import suppress

#: What MAIL, RCPT and DATA are to be answered with.
_WANTED = ((250,), (250, 251), (354,))
_GO_AHEAD, _TAKEN, _CLOSING = 354, 250, 421

_Reply = tuple[int, bytes]


class NotHandedOver(smtplib.SMTPServerDisconnected):
    """The connection broke off before the end of the message was said: it was not sent."""


def hand_over(server: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> None:
    """Hand over a message whose lines end with CRLF, from and to addresses that are bare.

    Raises what `sendmail` raises where the server says no: `SMTPSenderRefused`,
    `SMTPRecipientsRefused` or `SMTPDataError`, and `SMTPHeloError`. `ValueError`: an address that
    is none. `NotHandedOver`: whatever broke off, no server can have taken it. After that and any
    other exception the connection is of no use any more.
    """
    try:
        server.ehlo_or_helo_if_needed()
        commands = _commands(server, sender, recipient, len(content))
        step, (code, reply) = _introduced(server, commands)
        if code == _GO_AHEAD:
            server.send(_dotted(content))
    except smtplib.SMTPResponseException:
        raise
    except OSError as error:
        raise NotHandedOver(type(error).__name__) from error
    if code == _GO_AHEAD:
        code, reply = server.getreply()
        if code == _TAKEN:
            return
    _start_over(server, code)
    if step == 0:
        raise smtplib.SMTPSenderRefused(code, reply, sender)
    if step == 1:
        raise smtplib.SMTPRecipientsRefused({recipient: (code, reply)})
    raise smtplib.SMTPDataError(code, reply)


def _commands(server: smtplib.SMTP, sender: str, recipient: str, size: int) -> tuple[bytes, ...]:
    """What is said before the message itself."""
    if not (sender + recipient).isprintable():  # a line break would begin another command
        raise ValueError("an address with a control character")
    sized = f" size={size}" if server.has_extn("size") else ""
    said = (f"mail FROM:<{sender}>{sized}", f"rcpt TO:<{recipient}>", "data")
    return tuple(f"{line}\r\n".encode("ascii") for line in said)


def _introduced(server: smtplib.SMTP, commands: tuple[bytes, ...]) -> tuple[int, _Reply]:
    """Say all commands; the first that was refused, else the last, and the reply to it.

    Afterwards no reply is on its way.
    """
    if not server.has_extn("pipelining"):
        return _one_by_one(server, commands)
    server.send(b"".join(commands))
    replies: list[_Reply] = []
    refused: int | None = None
    for step, wanted in enumerate(_WANTED):
        try:
            replies.append(server.getreply())
        except smtplib.SMTPServerDisconnected:
            if refused is None:
                raise
            break  # it said no, and left without a word on the rest
        if refused is None and replies[step][0] not in wanted:
            refused = step
        if replies[step][0] == _CLOSING:
            break
    if refused is None:
        return step, replies[step]
    if replies[-1][0] == _GO_AHEAD:
        # It waits for a message that would go to nobody: an empty one, as RFC 2920 has it.
        with suppress(smtplib.SMTPServerDisconnected):
            server.send(b".\r\n")
            server.getreply()
    return refused, replies[refused]


def _one_by_one(server: smtplib.SMTP, commands: tuple[bytes, ...]) -> tuple[int, _Reply]:
    """The same for a server that wants to be waited for."""
    step, reply = 0, (0, b"")
    for step, command in enumerate(commands):
        server.send(command)
        reply = server.getreply()
        if reply[0] not in _WANTED[step]:
            break
    return step, reply


def _start_over(server: smtplib.SMTP, code: int) -> None:
    """Leave the connection ready for the next message; one that the server closes is closed."""
    if code == _CLOSING:
        server.close()
        return
    with suppress(smtplib.SMTPServerDisconnected):
        server.rset()


def _dotted(content: bytes) -> bytes:
    """The message as it travels: no line of its own can end it, and the last one does."""
    dotted = content.replace(b"\r\n.", b"\r\n..")
    if dotted.startswith(b"."):
        dotted = b"." + dotted
    return dotted + (b".\r\n" if dotted.endswith(b"\r\n") else b"\r\n.\r\n")
