"""What people said after sessions, at the desk: who, and how it changed since last time.

Nothing of it is ever printed, and a low mark raises nothing by itself: the practitioner looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.models import Participant
from intake.domain.feedback import Slider
from intake.domain.refusals import NotTheirPractitioner
from intake.forms.feedback import SLIDERS
from intake.forms.words import PASSED
from intake.operations.feedback import open_feedback, take_off_the_list
from intake.queries.feedback import Said, everybody_who_said, new_at_the_desk
from intake.queries.people import people_to_read
from intake.views.desk_frame import names_for, show
from intake.views.desk_reading import Mark
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

_PER_PAGE = 50
#: So many sessions stand in the drawing of a slider.
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Course:
    """One slider over the sessions, the newest first. `change`: since the time before, if known."""

    label: str
    low: str
    high: str
    marks: Sequence[Mark]
    change: int | None

    @property
    def change_in_words(self) -> str:
        """More, less or the same; empty when there is nothing to compare."""
        if self.change is None:
            return ""
        if not self.change:
            return _("as last time")
        return _("%(change)s since last time") % {"change": f"{self.change:+d}".replace("-", "−")}


@require_safe
@desk_page
def everybody(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Who said something: what is new first, then everybody else. Nothing of what they said."""
    names = names_for(request)
    new = list(new_at_the_desk(practitioner.pk))
    rest = everybody_who_said(practitioner.pk).exclude(pk__in=[p.pk for p in new])
    shown = Paginator(rest, _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "new": [(p, names.of(p)) for p in new],
        "earlier": [(p, names.of(p)) for p in shown],
        "shown": shown,
        "is_about_feedback": True,
    }
    return show(
        request,
        practitioner,
        "desk_feedback_list",
        context,
        section="waiting",
        now=database_now(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def of_person(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID, participant_id: UUID
) -> HttpResponse:
    """What one person said; opening it leaves a row. A press takes what is shown off the list."""
    people = people_to_read(request_id, practitioner.pk)
    person = next((p for p in people if p.id == participant_id), None)
    if person is None:
        raise Http404
    if request.method == "POST":
        return _seen(request, practitioner, person)
    now = database_now()
    try:
        said = open_feedback(
            practitioner_id=practitioner.pk, participant_id=participant_id, now=now
        )
    except NotTheirPractitioner:
        raise Http404 from None
    if not said:
        raise Http404
    with timezone.override(zone(practitioner.time_zone)):
        context = {
            "name": names_for(request).of(person),
            "asked": person.request,
            "person_id": person.id,
            "courses": courses(said),
            "told": [(one, _day(one.session_at)) for one in said],
            "new": [one.feedback.id for one in said if one.feedback.seen_at is None],
            "is_about_feedback": True,
        }
    return show(request, practitioner, "desk_feedback", context, section="waiting", now=now)


def _seen(request: HttpRequest, practitioner: Practitioner, person: Participant) -> HttpResponse:
    take_off_the_list(
        practitioner_id=practitioner.pk,
        participant_id=person.id,
        shown=[pk for text in request.POST.getlist("shown") if (pk := _id(text)) is not None],
        now=database_now(),
    )
    messages.success(request, _("Taken off the list. It stays on their page."))
    return redirect("desk-feedback-list")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def courses(said: Sequence[Said]) -> Sequence[Course]:
    """The four sliders with what was said lately; nothing is averaged."""
    found = []
    for slider, (label, low, high) in SLIDERS.items():
        marked = [one for one in said if slider in one.marks]
        if marked:
            marks = [_mark(one, slider) for one in marked[:_SHOWN]]
            found.append(Course(str(label), str(low), str(high), marks, _change(said, slider)))
    return found


def _mark(said: Said, slider: Slider) -> Mark:
    mark, day = said.marks[slider], _day(said.session_at)
    if isinstance(mark, int):
        return Mark(day, mark)
    return Mark(day, None, str(PASSED[mark]))


def _change(said: Sequence[Said], slider: Slider) -> int | None:
    """From the last number to the newest: only if the newest session has one."""
    numbers = [n for one in said if isinstance(n := one.marks.get(slider), int)]
    is_new = bool(said) and isinstance(said[0].marks.get(slider), int)
    return numbers[0] - numbers[1] if is_new and len(numbers) > 1 else None


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j M Y")
