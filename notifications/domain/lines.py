"""Lines of iCalendar (RFC 5545), written by hand: what is fixed needs no object to write it.

To the byte what icalendar writes; tests hold the two together.
"""

from datetime import UTC, datetime

#: Octets of content in a line. RFC 5545 allows one more in the first, icalendar does not use it.
_LINE = 74


def instant(at: datetime) -> str:
    """An instant, in UTC."""
    utc = at.astimezone(UTC)
    # Twice as fast as strftime, and it is called several times per event.
    return f"{utc.year:04}{utc.month:02}{utc.day:02}T{utc.hour:02}{utc.minute:02}{utc.second:02}Z"


def escaped(value: str) -> str:
    """Text as a value: it can neither end its line nor begin another property."""
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return value.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def lines(*written: str) -> bytes:
    """The lines with their ends, folded."""
    return b"".join(_folded(line.encode()) for line in written)


def _folded(line: bytes) -> bytes:
    """The line with its end, folded so that it is short, and never inside a character."""
    if len(line) <= _LINE:
        return line + b"\r\n"
    pieces: list[bytes] = []
    while line:
        end = min(_LINE, len(line))
        while end < len(line) and line[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(line[:end])
        line = line[end:]
    return b"\r\n ".join(pieces) + b"\r\n"
