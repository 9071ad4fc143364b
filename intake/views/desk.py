"""The practitioner reads a person's answers; every reading leaves a row in the journal first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from booking.models import Participant
from intake.domain.definitions import Tier
from intake.domain.refusals import NotTheirPractitioner
from intake.operations.reading import open_answers
from intake.queries.answers import Shown
from intake.queries.feedback import have_said
from intake.queries.people import people_to_read
from intake.views.desk_frame import names_for, show
from intake.views.told import Told, told
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page


@require_safe
@desk_page
def answers(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """The people of a request; `?person=` opens the answers of one of them."""
    people = people_to_read(request_id, practitioner.pk)
    if not people:
        raise Http404
    person = _chosen(people, request.GET.get("person"))
    now = database_now()
    names = names_for(request)
    context: dict[str, Any] = {
        "people": [(one, names.of(one)) for one in people],
        "person": person,
        "has_said": person is not None and bool(have_said([person])),
        "name": names.of(person) if person else "",
        "request_id": request_id,
        "sections": None,
    }
    if person is not None:
        try:
            shown = open_answers(practitioner_id=practitioner.id, participant_id=person.id, now=now)
        except NotTheirPractitioner:
            raise Http404 from None
        context["sections"] = _by_section(shown)
    return show(request, practitioner, "desk_answers", context, section="waiting", now=now)


def _chosen(people: Sequence[Participant], wanted: str | None) -> Participant | None:
    """The person asked for, or the only one there is."""
    if wanted is None:
        return people[0] if len(people) == 1 else None
    for person in people:
        if str(person.id) == wanted:
            return person
    raise Http404


def _by_section(shown: Sequence[Shown]) -> Sequence[tuple[str, Sequence[Told]]]:
    """The answers in words, under the titles of their sections.

    Without anything sealed: that is opened by itself, and never lies in the printer.
    """
    sections: dict[str, list[Told]] = {}
    for answer in shown:
        if answer.question.tier is Tier.SEALED:
            continue
        sections.setdefault(_(answer.section.title), []).append(told(answer))
    return list(sections.items())
