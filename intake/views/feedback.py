"""One minute after a session: how it goes, said by one person to their practitioner alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.models import Participant
from booking.views.answer import see_other
from booking.views.device import private_page
from intake.domain.definitions import Passed
from intake.domain.feedback import Slider
from intake.domain.refusals import AlreadyRead, NotAsked
from intake.forms.feedback import SLIDERS, FeedbackForm
from intake.forms.words import PASSED
from intake.operations.feedback import Saying, say
from intake.queries.answers import Author
from intake.queries.feedback import Asked, Said, asked_now, said_by
from intake.views.private import show
from intake.views.support import support_context
from intake.views.times import Moment, moment
from intake.views.unsaved import AFTERWARDS, brought_back, drop, keep, keeps_what_is_typed
from practice.queries import database_now


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody said about one session, in words. `marks`: label and answer."""

    moment: Moment
    marks: Sequence[tuple[str, str]]
    words: str
    is_unreadable: bool


def told_after(participant: Participant) -> Sequence[Told]:
    """Everything that this person said after sessions, for their own pages."""
    said = said_by(reader=Author(participant.id), participant_id=participant.id)
    return [told(one, participant.time_zone) for one in said]


def told(said: Said, zone: str) -> Told:
    """One of them, in the reader's language."""
    return Told(
        moment=moment(said.session_at, None, zone),
        marks=[
            (str(SLIDERS[slider][0]), mark_in_words(slider, said.marks[slider]))
            for slider in Slider
            if slider in said.marks
        ],
        words=said.words,
        is_unreadable=said.is_unreadable,
    )


def mark_in_words(slider: Slider, mark: int | Passed) -> str:
    """A number with what stands at its ends, or how it was passed."""
    if isinstance(mark, Passed):
        return str(PASSED[mark])
    _label, low, high = SLIDERS[slider]
    return _("%(number)s of 10 (0: %(low)s, 10: %(high)s)") % {
        "number": mark,
        "low": low,
        "high": high,
    }


@keeps_what_is_typed
@private_page(answers=True)
@require_http_methods(["GET", "HEAD", "POST"])
def after(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Four sliders and room for something private: shown, or kept and back to one's page."""
    now = database_now()
    if request.method == "POST":
        return _kept(request, participant, now=now)
    asked = asked_now(participant, now=now)
    typed = None if "new" in request.GET else brought_back(request, participant, AFTERWARDS)
    if asked is None and typed is None:
        raise Http404
    own = [one for one in _own(participant) if asked and asked.said == one.feedback]
    form = FeedbackForm(typed, said=own[0] if own else None)
    if typed is None and asked is not None:
        form.initial["about"] = asked.appointment.pk
    context = {
        **_about(participant, asked),
        "form": form,
        "said": told(own[0], participant.time_zone) if own else None,
        "is_brought_back": typed is not None,
        "is_of_now": typed is None or _is_about(asked, typed.get("about", "")),
        "typed_words": typed.get("words", "") if typed is not None else "",
        **support_context(participant.request.country),
    }
    return show(request, participant, "after", context)


def _own(participant: Participant) -> Sequence[Said]:
    return said_by(reader=Author(participant.id), participant_id=participant.id)


def _is_about(asked: Asked | None, typed: str) -> bool:
    return asked is not None and not asked.is_read and typed == str(asked.appointment.pk)


def _about(participant: Participant, asked: Asked | None) -> dict[str, object]:
    if asked is None:
        return {"asked": None}
    zone = participant.time_zone
    appointment = asked.appointment
    return {
        "asked": asked,
        "session": moment(appointment.starts_at, appointment.ends_at, zone),
        "until": moment(asked.until, None, zone),
        "practitioner": participant.request.practitioner,
    }


def _kept(request: HttpRequest, participant: Participant, *, now: datetime) -> HttpResponse:
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        keep(request, participant, AFTERWARDS)
        return see_other("you-after", participant.id)
    try:
        is_kept = say(
            participant_id=participant.id,
            appointment_id=form.cleaned_data["about"],
            saying=Saying(form.marks, form.cleaned_data["words"]),
            now=now,
        )
    except (NotAsked, AlreadyRead):
        keep(request, participant, AFTERWARDS)
        messages.warning(request, _("This was not sent. Please see below why."))
        return see_other("you-after", participant.id)
    drop(request, participant, AFTERWARDS)
    if is_kept:
        messages.success(request, _("Thank you. Your practitioner reads it, and nobody else."))
    else:
        messages.info(request, _("You left everything open, so nothing is kept."))
    return see_other("you", participant.id)
