"""The cipher bound to this installation's keyring (`settings.ENCRYPTION_KEYS`).

Operations and queries call `seal` and `unseal` by name; no model field does it behind their
back, so a reader of the code sees every place where private text is opened.
"""

from functools import cache
from uuid import UUID

from django.conf import settings

from practice.domain import cipher
from practice.domain.cipher import Tampered, UnknownKey, sealed_with

__all__ = ["Tampered", "UnknownKey", "current_header", "seal", "sealed_with", "unseal"]


@cache
def _keyring() -> cipher.Keyring:
    keys: dict[str, bytes] = settings.ENCRYPTION_KEYS
    return cipher.Keyring(keys=keys, current=next(iter(keys)))


def _context(label: str, row: UUID, field: str) -> str:
    return f"{label}:{row}:{field}"


def seal(text: str, *, label: str, row: UUID, field: str) -> bytes:
    """Encrypt `text` for one field of one row; `label` is a fixed name for the table."""
    return cipher.seal(text, context=_context(label, row, field), keyring=_keyring())


def unseal(value: bytes | memoryview, *, label: str, row: UUID, field: str) -> str:
    """Decrypt what was sealed for the same label, row and field.

    Raises `UnknownKey` when the key is no longer in the keyring and `Tampered` when the value
    was altered or moved.
    """
    return cipher.unseal(bytes(value), context=_context(label, row, field), keyring=_keyring())


def current_header() -> bytes:
    """What every value begins with that is sealed with the key of today."""
    return cipher.header(_keyring().current)
