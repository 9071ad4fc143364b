"""Tokens that name a link, and that only who has the key can make: its id with a signature."""

import base64
import hmac
from enum import StrEnum
from uuid import UUID

_ID_BYTES, _SIGNATURE_BYTES = 16, 16


class Purpose(StrEnum):
    """What is made of a link's id: what was made for one of them is worth nothing for another."""

    LINK = "link"
    CODE = "code"
    UNDO = "undo"


def mac(link_id: UUID, purpose: Purpose, *, key: bytes) -> bytes:
    """32 bytes that only who has the key can make."""
    return hmac.digest(key, purpose.encode() + b":" + link_id.bytes, "sha256")


def signed(link_id: UUID, purpose: Purpose, *, key: bytes) -> str:
    """What stands in a URL: the 128 bits of the id, and 128 bits of signature."""
    raw = link_id.bytes + mac(link_id, purpose, key=key)[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def id_in(token: str, purpose: Purpose, *, key: bytes) -> UUID | None:
    """The link that a token names, or None if it was not made for this with this key."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    if len(raw) != _ID_BYTES + _SIGNATURE_BYTES:
        return None
    link_id = UUID(bytes=raw[:_ID_BYTES])
    right = mac(link_id, purpose, key=key)[:_SIGNATURE_BYTES]
    return link_id if hmac.compare_digest(raw[_ID_BYTES:], right) else None
