"""What somebody has typed and not sent yet, between the press of a button and the page after it.

Every press is answered by leading on to a page that is fetched (a page that answers a press cannot
be gone back to: browsers may not store it). What the next page must still show is kept meanwhile:
sealed, in the session of this browser, for half an hour at most, and dropped once it is sent.

Each page has one draft, the latest. Its key stands in the page's address, so that going back to
that address shows it, and opening the page anew does not.
"""

import base64
import json
import secrets
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, QueryDict

from booking.views.answer import see_other
from practice.sealing import Tampered, UnknownKey, seal, unseal

KEY = "again"
LIFE_SECONDS = 30 * 60

_DRAFTS = "drafts"
_MOST = 6
_LABEL, _FIELD = "draft", "typed"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, and what was to be said about it."""

    typed: QueryDict = field(default_factory=QueryDict)
    note: Mapping[str, Any] = field(default_factory=dict)


def show_again(
    request: HttpRequest,
    name: str,
    address: str,
    /,
    *,
    typed: QueryDict | None = None,
    query: Mapping[str, str] | None = None,
    **note: Any,
) -> HttpResponse:
    """Keep what was typed and lead on to `address`, which shows it.

    `name` is the page's own, with the id of whose page it is; never a token. `note` is JSON.
    """
    key = keep(request, name, typed=typed, **note)
    return see_other(f"{address}?{urlencode({**(query or {}), KEY: key})}")


def keep(request: HttpRequest, name: str, /, *, typed: QueryDict | None = None, **note: Any) -> str:
    """Keep what was typed; returns the key of the page's draft."""
    said = typed.copy() if typed is not None else QueryDict(mutable=True)
    said.pop("csrfmiddlewaretoken", None)
    drafts = _live(request)
    known = drafts.pop(name, None)
    row = uuid4()
    text = json.dumps({"typed": said.urlencode(), "note": note})
    packed = base64.b64encode(zlib.compress(text.encode())).decode()
    drafts[name] = {
        "key": known["key"] if known else secrets.token_urlsafe(6),
        "at": int(time.time()),
        "row": str(row),
        "sealed": base64.b64encode(seal(packed, label=_LABEL, row=row, field=_FIELD)).decode(),
    }
    request.session[_DRAFTS] = dict(list(drafts.items())[-_MOST:])
    key: str = drafts[name]["key"]
    return key


def kept(request: HttpRequest, name: str, *, is_own: bool = False) -> Draft | None:
    """What was typed on a page: where its address says so, or on a page that is one's own."""
    found = _live(request).get(name)
    if found is None or not (is_own or request.GET.get(KEY) == found["key"]):
        return None
    try:
        packed = unseal(
            base64.b64decode(found["sealed"]), label=_LABEL, row=UUID(found["row"]), field=_FIELD
        )
    except (Tampered, UnknownKey):
        return None
    said = json.loads(zlib.decompress(base64.b64decode(packed)))
    return Draft(QueryDict(said["typed"]), said["note"])


def drop(request: HttpRequest, name: str) -> None:
    """It was sent: nothing of it is kept."""
    drafts = _live(request)
    if drafts.pop(name, None) is not None:
        request.session[_DRAFTS] = drafts


def _live(request: HttpRequest) -> dict[str, dict[str, Any]]:
    oldest = time.time() - LIFE_SECONDS
    kept_now: dict[str, dict[str, Any]] = request.session.get(_DRAFTS, {})
    return {name: draft for name, draft in kept_now.items() if draft["at"] > oldest}
