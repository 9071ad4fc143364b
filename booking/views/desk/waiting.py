"""What waits for a decision."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.models import Participant
from booking.queries.desk import waiting as waiting_queries
from booking.queries.desk.standings import Standing
from booking.views.desk import words
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from practice.models import Practitioner
from practice.views.desk import desk_page


@require_safe
@desk_page
def waiting(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Everything open, most urgent first."""
    now = timezone.now()
    names = names_for(request)
    board = waiting_queries.board(practitioner.pk, now=now)
    sections = [
        {
            "key": section,
            "title": words.SECTIONS[section][0],
            "text": words.SECTIONS[section][1],
            "rows": [
                {
                    "waiting": row,
                    "names": names.all_of(words.attending(row.people)),
                    "attending": sum(
                        p.participant.attends == Participant.Attends.YES
                        and p.standing is not Standing.EXCUSED
                        for p in row.people
                    ),
                    "missing": [
                        words.missing(p, names) for p in row.people if p.is_awaited or p.has_left
                    ],
                    "failure": words.failure(row.failed) if row.failed else [],
                    "objections": [words.reason(u) for u in row.objections],
                    "decision": words.DECISIONS[row.queued.kind] if row.queued else "",
                }
                for row in rows
            ],
        }
        for section, rows in board.sections
    ]
    context = {"sections": sections, "board": board}
    return desk_response(request, practitioner, "waiting.html", context, section="waiting", now=now)
