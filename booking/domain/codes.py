"""Short codes that stand for a request or a person where a name should not be read."""

from uuid import UUID

_DIGITS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which are misread
_LENGTH = 4


def record_code(request_id: UUID) -> str:
    """The code of a request, such as K-7F2Q: the same on every page and on every day."""
    rest = request_id.int >> 60  # away from the version bits
    letters = []
    for _ in range(_LENGTH):
        rest, digit = divmod(rest, len(_DIGITS))
        letters.append(_DIGITS[digit])
    return f"K-{''.join(letters)}"


def person_code(request_id: UUID, position: int) -> str:
    """The code of a person within their request, such as K-7F2Q/2."""
    return f"{record_code(request_id)}/{position + 1}"
