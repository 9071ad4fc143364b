"""The practitioner's page of messages that came back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking.domain.reference import reference
from booking.views.answer import see_other
from booking.views.desk.page import desk_context
from notifications.domain.kinds import Kind
from notifications.messages.times import moment
from notifications.messages.titles import title
from notifications.models import Delivery
from notifications.operations import bounces
from notifications.queries import bounces as bounced
from notifications.queries.persons import zone_of
from notifications.queries.routes import ways_to
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page


@require_safe
@desk_page
def came_back(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Whose address sends things back, how else to reach them, and a way to try it once more."""
    tz = zone_of(practitioner.time_zone)
    now = database_now()
    found = bounced.came_back(practitioner.pk)
    ways = ways_to([d.participant for d in found if d.participant is not None], now=now)
    rows = [
        {
            "delivery": delivery,
            "ways": ways.get(delivery.participant_id) if delivery.participant_id else None,
            "title": title(Kind(delivery.kind)),
            "when": moment(delivery.bounced_at, tz) if delivery.bounced_at else "",
            "code": reference(delivery.subject_id)
            if delivery.subject_type == "appointment"
            else "",
        }
        for delivery in found
    ]
    context = {
        **desk_context(practitioner, section="messages", now=now),
        "rows": rows,
        "here": request.path,
    }
    return render(request, "notifications/came_back.html", context)


@require_POST
@desk_page
def write_again(
    request: HttpRequest, practitioner: Practitioner, delivery_id: UUID
) -> HttpResponse:
    """The address works again, says the practitioner."""
    try:
        is_new = bounces.write_again(
            delivery_id=delivery_id, practitioner_id=practitioner.pk, now=database_now()
        )
    except Delivery.DoesNotExist:
        raise Http404 from None
    if is_new:
        messages.success(request, _("Messages go to that address again."))
    else:
        messages.info(request, _("Messages went to that address already."))
    return see_other("messages:came-back")
