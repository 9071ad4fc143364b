"""The readiness board: who is missing what, and one neutral nudge."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from booking.views.desk import words
from intake.domain.refusals import NobodyToNudge, NotTheirPractitioner, NudgedLately
from intake.operations.nudges import BETWEEN_NUDGES, nudge
from intake.queries.readiness import Missing, Ready
from intake.queries.readiness import readiness as ready_requests
from intake.views.desk_frame import Names, names_for, show
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page


@require_safe
@desk_page
def readiness(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Requests for which somebody has yet to do something, the soonest session first."""
    now = database_now()
    names = names_for(request)
    rows = [
        {
            **_row(ready, names),
            "may_nudge": bool(ready.nudgeable)
            and (ready.nudged_at is None or now - ready.nudged_at >= BETWEEN_NUDGES),
        }
        for ready in ready_requests(practitioner.pk, now=now)
    ]
    return show(
        request, practitioner, "desk_readiness", {"rows": rows}, section="readiness", now=now
    )


@require_POST
@desk_page
def send_nudge(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """The one neutral line, to everybody for whom a step waits."""
    try:
        count = nudge(request_id=request_id, practitioner_id=practitioner.pk, now=database_now())
    except NotTheirPractitioner:
        raise Http404 from None
    except NudgedLately:
        messages.info(request, _("They were reminded a short while ago. Nothing was sent."))
    except NobodyToNudge:
        messages.info(request, _("Nobody has a step waiting any more. Nothing was sent."))
    else:
        messages.success(
            request,
            ngettext(
                "%(count)s person is reminded that a step waits, and of nothing else.",
                "%(count)s people are reminded that a step waits, and of nothing else.",
                count,
            )
            % {"count": count},
        )
    return redirect("desk-readiness")


def _row(ready: Ready, names: Names) -> dict[str, Any]:
    attending = [p.person.participant for p in ready.people if p.person.participant.attends != "no"]
    return {
        "ready": ready,
        "asked": ready.request,
        "names": names.request(ready.request, attending),
        "people": [_person(p, names) for p in ready.open_people],
    }


def _person(missing: Missing, names: Names) -> dict[str, Any]:
    return {
        "name": names.of(missing.person.participant),
        "words": words.STANDINGS[missing.person.standing],
        "sections": [_(s.title) for s in missing.sections],
        "documents": [d.title for d in missing.documents],
        "is_to_ask_privately": missing.is_to_ask_privately,
    }
