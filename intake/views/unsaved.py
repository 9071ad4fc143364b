"""What somebody typed into a section that was closed to their device when they sent it.

It is kept as every draft is (`booking.views.drafts`): sealed, in this browser, for half an hour at
most; but nothing of what only the practitioner may ever read. It is shown to nobody but whoever
has come in, with their passcode if they have one. Whether there is such a person makes no
difference: what a stranger sends is kept and answered alike.

Whoever says that they are in danger gets help as the answer, closed page or not: they are not asked
to come in first (`intake.views.danger`).
"""

import functools
from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from booking.models import Participant
from booking.views import drafts
from booking.views.answer import not_here
from booking.views.device import knows
from intake.domain.loader import library
from intake.views import danger

#: The one page that is no section of the questionnaire; no section has a slug like it.
AFTERWARDS = "/after/"
_KEPT = _(
    "What you have just typed is not saved yet. It is kept sealed in this browser for half an "
    "hour: come in again here, and it stands on its page as you wrote it."
)
_BUT_SEALED = _(
    "But for what only your practitioner may read: that is not kept, because others may use this "
    "device. Please answer it once more."
)
_NOT_KEPT = _(
    "What you have just answered is not saved, and it is not kept in this browser either: only "
    "your practitioner may read it, and others may use this device. Please answer once more when "
    "you have come in again."
)
_WAITS = _(
    "This comes first. What you have just typed is not saved yet: it is kept sealed in this "
    "browser for half an hour, and stands on its page again when you are done here."
)
_WAITS_EMPTY = _(
    "This comes first. What you have just answered is not saved, and it is not kept in this "
    "browser either: only your practitioner may read it. Please answer once more when you are done "
    "here."
)
#: Never kept, not even sealed.
_SECRETS = ("passcode", "again")


def keeps_what_is_typed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that is sent when it is closed to this device: nothing typed is lost."""

    @functools.wraps(view)
    @never_cache
    def opened(request: HttpRequest, /, participant_id: UUID, **named: str) -> HttpResponse:
        if request.method != "POST":
            return view(request, participant_id=participant_id, **named)
        slug = named.get("slug", AFTERWARDS)
        is_danger = bool(danger.said_in(request))
        if not knows(request, participant_id):
            note = _keep(request, participant_id, slug)
            return danger.outside(request) if is_danger else not_here(request, note=note)

        def saved() -> HttpResponse:
            answer = view(request, participant_id=participant_id, **named)
            if answer.get("Location") == reverse("passcode", args=[participant_id]):
                note = _keep(request, participant_id, slug)
                if not is_danger:
                    messages.info(request, note)
            return answer

        return danger.heard(request, participant_id, saved) if is_danger else saved()

    return opened


def brought_back(request: HttpRequest, participant: Participant, slug: str) -> QueryDict | None:
    """What this person typed here while it was closed to them, and has not sent since."""
    draft = drafts.kept(request, _name(participant.id, slug), is_own=True)
    return draft.typed if draft else None


def keep(
    request: HttpRequest, participant: Participant, slug: str, *, without: Collection[str] = ()
) -> None:
    """It could not be taken as it is: it is there again on the page that follows."""
    _keep(request, participant.id, slug, without=without)


def keep_until_done(request: HttpRequest, participant: Participant, slug: str) -> None:
    """Something else comes first: say so, keep what may be kept, and say what is not."""
    messages.info(request, _WAITS if not library().is_safety(slug) else _WAITS_EMPTY)
    if _keep(request, participant.id, slug).endswith(str(_BUT_SEALED)):
        messages.info(request, _BUT_SEALED)


def waiting(request: HttpRequest, participant: Participant, slugs: Iterable[str]) -> str:
    """The first of these pages with something typed on it that is not saved yet."""
    found = (slug for slug in slugs if brought_back(request, participant, slug) is not None)
    return next(found, "")


def drop(request: HttpRequest, participant: Participant, slug: str) -> None:
    """It has arrived: nothing of it is kept."""
    drafts.drop(request, _name(participant.id, slug))


def _keep(
    request: HttpRequest, participant_id: UUID, slug: str, *, without: Collection[str] = ()
) -> str:
    """Keep what may be kept; what is to be said of it, the same for nobody in particular."""
    if library().is_safety(slug):
        drafts.drop(request, _name(participant_id, slug))
        return str(_NOT_KEPT)
    typed = request.POST.copy()
    # A question's fields are named by its key, a dash, and what they are of it.
    sealed = {name for name in typed if name.split("-")[0] in library().sealed}
    is_partly = any(request.POST.get(name) for name in sealed if not name.endswith("-seen"))
    for name in {*sealed, *_SECRETS, *without}:
        typed.pop(name, None)
    drafts.keep(request, _name(participant_id, slug), typed=typed)
    return f"{_KEPT} {_BUT_SEALED}" if is_partly else str(_KEPT)


def _name(participant_id: UUID, slug: str) -> str:
    return f"part:{participant_id}:{slug}"
