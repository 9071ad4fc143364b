"""Authenticated encryption of sensitive text (AES-256-GCM, NIST SP 800-38D).

Every value carries the id of the key that sealed it, so keys can be rotated one value at a
time. The additional authenticated data (AAD) binds a value to the row and the field it was
written for: a ciphertext moved elsewhere does not open as another person's text, it fails.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = 1
_NONCE_BYTES = 12
_KEY_BYTES = 32


class UnknownKey(Exception):
    """The value was sealed with a key that is not in the keyring (any more)."""


class Tampered(Exception):
    """The value does not authenticate: altered, or moved from another row or field."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that open values, and the one that seals new ones (`current`)."""

    keys: Mapping[str, bytes]
    current: str

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError(f"the current key {self.current!r} is not in the keyring")
        for key_id, key in self.keys.items():
            if len(key) != _KEY_BYTES:
                raise ValueError(f"key {key_id!r} has {len(key)} bytes, not {_KEY_BYTES}")
            if not 1 <= len(key_id.encode()) <= 255:
                raise ValueError("a key id is 1 to 255 bytes of UTF-8")


def header(key_id: str) -> bytes:
    """What every value sealed with this key begins with."""
    name = key_id.encode()
    return bytes([_FORMAT, len(name)]) + name


def seal(text: str, *, context: str, keyring: Keyring) -> bytes:
    """Encrypt `text` for the place that `context` names (for example `request:<uuid>:words`)."""
    head = header(keyring.current)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(keyring.keys[keyring.current]).encrypt(
        nonce, text.encode(), head + context.encode()
    )
    return head + nonce + sealed


def unseal(value: bytes, *, context: str, keyring: Keyring) -> str:
    """Decrypt what `seal` made for the same context.

    Raises `UnknownKey` if the key has left the keyring, `Tampered` if the value was altered
    or belongs to another place.
    """
    key_id = sealed_with(value)
    key = keyring.keys.get(key_id)
    if key is None:
        raise UnknownKey(key_id)
    start = 2 + len(key_id.encode())
    head, nonce, sealed = value[:start], value[start:][:_NONCE_BYTES], value[start:]
    try:
        return AESGCM(key).decrypt(nonce, sealed[_NONCE_BYTES:], head + context.encode()).decode()
    except InvalidTag as error:
        raise Tampered(context) from error


def sealed_with(value: bytes) -> str:
    """The id of the key that sealed `value`. Raises `Tampered` for what `seal` never made."""
    if len(value) < 2 or value[0] != _FORMAT or len(value) < 2 + value[1] + _NONCE_BYTES:
        raise Tampered("not a sealed value")
    try:
        return value[2 : 2 + value[1]].decode()
    except UnicodeDecodeError as error:
        raise Tampered("not a sealed value") from error
