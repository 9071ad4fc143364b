"""Will you be there? Asked on a person's page; told on the practitioner's."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.domain.refusals import NotTheirs
from booking.models import Participant
from booking.queries.dates import OwnDate
from booking.queries.people import person_page
from booking.views.answer import see_other
from booking.views.desk.page import desk_context
from booking.views.device import private_page
from notifications.domain.replies import Fate
from notifications.messages.times import moment
from notifications.messages.unused import TO_DO, UNUSED
from notifications.models import Reply
from notifications.operations import replies
from notifications.queries import replies as said
from notifications.queries.persons import zone_of
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

_ANSWERS = {"yes": True, "no": False}


@private_page()
@require_http_methods(["GET", "HEAD", "POST"])
def will_you_come(
    request: HttpRequest, participant: Participant, appointment_id: UUID
) -> HttpResponse:
    """Say whether one will be there. A no leads to moving or cancelling; by itself it does neither.

    Asked for by htmx it is a part of the person's page, else a page of its own.
    """
    now = database_now()
    dates = person_page(participant.pk, now=now).dates
    date = next((d for d in dates if d.appointment.pk == appointment_id), None)
    if date is None or date.appointment.starts_at <= now:
        raise Http404
    if request.method == "POST":
        return _answered(request, participant, date)
    context = {
        "participant": participant,
        "sign_out_url": reverse("leave-device"),
        "date": date,
        "reply": said.answer_of(participant.pk, appointment_id),
    }
    is_part = request.headers.get("HX-Request") == "true"
    template = "_will_you_come.html" if is_part else "will_you_come.html"
    response = render(request, f"notifications/{template}", context)
    response["Vary"] = "HX-Request"
    return response


def _answered(request: HttpRequest, participant: Participant, date: OwnDate) -> HttpResponse:
    comes = _ANSWERS.get(request.POST.get("answer", ""))
    # The press belongs to the time that the page showed.
    is_same = request.POST.get("starts_at") == date.appointment.starts_at.isoformat()
    if comes is None or not is_same:
        messages.warning(request, _("Something has changed meanwhile. This is how it stands now."))
        return see_other("you", participant_id=participant.pk)
    try:
        replies.answer(
            participant_id=participant.pk,
            appointment_id=date.appointment.pk,
            comes=comes,
            now=database_now(),
        )
    except NotTheirs:
        raise Http404 from None
    if comes:
        messages.success(request, _("Thank you, you are expected."))
        return see_other("you", participant_id=participant.pk)
    return see_other("messages:answer", participant.pk, date.appointment.pk)


@require_safe
@desk_page
def answers(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Who said what to the appointments ahead; what needs a look comes first.

    Asked for by htmx: a line for each appointment of a list that is on the screen.
    """
    now = database_now()
    rosters = said.rosters_ahead(practitioner.pk, now=now)
    waiting = said.waiting(practitioner.pk, now=now)
    if request.headers.get("HX-Request") == "true":
        context: dict[str, Any] = {
            "rows": said.answers_by_appointment(rosters).items(),
            "waiting": len(waiting),
        }
        return render(request, "notifications/_desk_answers_in_list.html", context)
    tz = zone_of(practitioner.time_zone)
    unused = said.unused_mail(UNUSED)
    context = {
        **desk_context(practitioner, section="agenda", now=now),
        "unused": unused,
        "unused_mails": [
            (moment(m.received_at, tz), UNUSED[Fate(m.fate)], TO_DO[Fate(m.fate)])
            for m in unused.mails
        ],
        "waiting": [
            (reply, moment(reply.attendance.appointment.starts_at, tz)) for reply in waiting
        ],
        "rosters": [(r, moment(r.appointment.starts_at, tz)) for r in rosters],
    }
    return render(request, "notifications/desk_answers.html", context)


@require_safe
@desk_page
def answers_of(
    request: HttpRequest, practitioner: Practitioner, appointment_id: UUID
) -> HttpResponse:
    """Who said what to one appointment: part of its page, or by itself."""
    roster = said.roster_of(appointment_id, practitioner.pk)
    if roster is None:
        raise Http404
    context: dict[str, Any] = {"roster": roster}
    if request.headers.get("HX-Request") == "true":
        return render(request, "notifications/_desk_answers_of.html", context)
    context |= desk_context(practitioner, section="calendar", now=database_now())
    context["when"] = moment(roster.appointment.starts_at, zone_of(practitioner.time_zone))
    return render(request, "notifications/desk_answers_of.html", context)


@require_POST
@desk_page
def settle(request: HttpRequest, practitioner: Practitioner, reply_id: UUID) -> HttpResponse:
    """An answer was looked at: genuine, not genuine, or simply seen."""
    outcome = request.POST.get("outcome", "")
    if outcome not in Reply.Outcome.values:
        raise Http404
    try:
        is_new = replies.settle(
            reply_id=reply_id,
            practitioner_id=practitioner.pk,
            outcome=Reply.Outcome(outcome),
            now=database_now(),
        )
    except Reply.DoesNotExist:
        raise Http404 from None
    if is_new:
        messages.success(request, _("Noted."))
    else:
        messages.info(request, _("That was looked at already."))
    return see_other("messages:answers")
