"""An e-mail as bytes (RFC 5322, RFC 2045), written in one go.

By hand, because the standard library parses every header that it writes, and that was half of
what a message took. A header that is more than a line of plain words is left to the library.
Tests hold the two together.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from email.policy import SMTP

_LINE = 78
#: ASCII words with a single space between them: written, read and folded by anybody as they are.
_PLAIN = re.compile(rb"[!-~]+(?: [!-~]+)*")
# Seven bits: no server on the way has a reason to re-encode anything.
_POLICY = SMTP.clone(cte_type="7bit")

Header = tuple[str, str]


def message(headers: Iterable[Header], part: bytes) -> bytes:
    """A whole e-mail: its headers, and the part that is its body."""
    return b"".join(map(_header, headers)) + b"MIME-Version: 1.0\r\n" + part


def text(subtype: str, content: str) -> bytes:
    """A part of text: as it is if all its lines are short and ASCII, else quoted-printable."""
    lines = content.encode().splitlines()
    body = b"\r\n".join([*lines, b""])
    encoding = b"7bit"
    if not body.isascii() or any(len(line) > _LINE for line in lines):
        encoding, body = b"quoted-printable", binascii.b2a_qp(body, istext=True)
    return (
        b'Content-Type: text/%b; charset="utf-8"\r\n' % subtype.encode()
        + b"Content-Transfer-Encoding: %b\r\n\r\n" % encoding
        + body
    )


def encoded(content: bytes) -> bytes:
    """Bytes in base64: the body of a part whose line ends must survive."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def part(headers: Iterable[Header], body: bytes) -> bytes:
    """A part with a body that is written already, by `encoded`."""
    encoding = ("Content-Transfer-Encoding", "base64")
    return b"".join(map(_header, [*headers, encoding])) + b"\r\n" + body


def multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """Several parts in one. The boundary must stand in none of them."""
    mark = boundary.encode()
    return (
        b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n\r\n' % (subtype.encode(), mark)
        + b"".join(b"--%b\r\n%b\r\n" % (mark, written) for written in parts)
        + b"--%b--\r\n" % mark
    )


def _header(header: Header) -> bytes:
    name, value = header
    line = f"{name}: {value}".encode()
    if len(line) <= _LINE and _PLAIN.fullmatch(line) and b"=?" not in line:
        return line + b"\r\n"
    # Raises `ValueError` for a line break in it.
    _name, parsed = _POLICY.header_store_parse(name, value)
    folded: str = parsed.fold(policy=_POLICY)
    return folded.encode("ascii")
