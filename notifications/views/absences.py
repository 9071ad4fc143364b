"""Somebody of several was not there: what they would be written, and the press that sends it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.domain.refusals import NotTheirs
from booking.models import Appointment
from booking.operations import absences
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_context
from notifications.domain.kinds import Kind
from notifications.domain.plan.afterwards import FOLLOW_UP
from notifications.messages.samples import sample_letter
from notifications.messages.slots import Slot
from notifications.messages.structure import Message
from notifications.messages.times import moment
from notifications.messages.wording import compose
from notifications.queries.afterwards import Absentee, absentees, had_alert
from notifications.queries.letters import has_other_dates
from notifications.queries.persons import says_details, zone_of
from practice.models import Practice, Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page


@dataclass(frozen=True, slots=True)
class Draft:
    """What one person would be written. Without a message: nothing more for now.

    `told`: when they were written to. `again`: this would be the second time.
    """

    person_id: UUID
    name: str
    told: tuple[str, ...]
    again: bool
    message: Message | None


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def missed(request: HttpRequest, practitioner: Practitioner, appointment_id: UUID) -> HttpResponse:
    """Everybody who was to come, with a draft to each. Nothing leaves without a press."""
    now = database_now()
    appointment = (
        Appointment.objects.filter(pk=appointment_id, practitioner=practitioner)
        .select_related("service")
        .first()
    )
    found = absentees(appointment, now=now) if appointment is not None else []
    if appointment is None or not found:
        raise Http404
    names = names_for(request)
    drafts = [
        _draft(one, names.of(one.participant), appointment, practitioner, now=now) for one in found
    ]
    if request.method == "POST":
        return _sent(request, practitioner, appointment_id, drafts, now=now)
    context = {
        **desk_context(practitioner, section="calendar", now=now),
        "appointment": appointment,
        "when": moment(appointment.starts_at, zone_of(practitioner.time_zone)),
        "drafts": drafts,
        "had_alert": had_alert(appointment),
    }
    return render(request, "notifications/desk_missed.html", context)


def _sent(
    request: HttpRequest,
    practitioner: Practitioner,
    appointment_id: UUID,
    drafts: list[Draft],
    *,
    now: datetime,
) -> HttpResponse:
    draft = next((d for d in drafts if str(d.person_id) == request.POST.get("person")), None)
    # The press belongs to the draft that the page showed.
    is_same = draft is not None and request.POST.get("again") == ("yes" if draft.again else "no")
    if draft is None or draft.message is None or not is_same:
        messages.info(request, _("That was sent already."))
        return redirect("messages:missed", appointment_id)
    try:
        absences.tell_absent(
            appointment_id=appointment_id,
            participant_id=draft.person_id,
            practitioner_id=practitioner.pk,
            again=draft.again,
            now=now,
        )
    except NotTheirs:
        raise Http404 from None
    messages.success(request, _("It leaves now, or in the morning if it is quiet where they are."))
    return redirect("messages:missed", appointment_id)


def _draft(
    one: Absentee, name: str, appointment: Appointment, practitioner: Practitioner, *, now: datetime
) -> Draft:
    again = bool(one.told)
    is_too_soon = again and now < one.told[-1] + FOLLOW_UP
    is_enough = len(one.told) > 1 or one.came_back or is_too_soon
    return Draft(
        person_id=one.participant.pk,
        name=name,
        told=tuple(moment(at, zone_of(practitioner.time_zone)) for at in one.told),
        again=again,
        message=None
        if is_enough
        else _message(one, appointment, practitioner, again=again, now=now),
    )


def _message(
    one: Absentee,
    appointment: Appointment,
    practitioner: Practitioner,
    *,
    again: bool,
    now: datetime,
) -> Message:
    """As it would be written now, without their way in: that is nobody's but theirs."""
    kind = Kind.MISSED_FOLLOW_UP if again else Kind.MISSED_YOU
    sample = sample_letter(
        Slot(kind),
        practice=Practice.objects.get(),
        practitioner=practitioner,
        now=now,
        details=says_details(one.participant),
    )
    if sample.session is None:
        raise ValueError("the sample has no session")
    session = replace(
        sample.session,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        may_move=appointment.cohort_id is None,
    )
    return compose(
        replace(
            sample,
            sent_at=now,
            zone=zone_of(one.participant.time_zone),
            session=session,
            has_other_dates=has_other_dates(kind, one.participant, now=now),
        )
    )
