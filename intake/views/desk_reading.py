"""The page to read before a session: what each person wants, and where they differ.

Numbers of different people stand beside each other and are never summed up or averaged. Sealed
answers are not on it: it may be printed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from booking.forms.details import TOPIC_LABELS
from booking.models import Appointment, Participant
from booking.operations import reading as booking_reading
from booking.queries.desk.request import next_appointment
from intake.domain.definitions import Connection, Kind, Passed, Question, Tier
from intake.forms.flag_words import LEVELS
from intake.operations.reading import open_answers
from intake.queries.answers import Shown
from intake.queries.attention import attention_of
from intake.queries.feedback import have_said
from intake.queries.parting import separation_of
from intake.queries.people import people_to_read
from intake.views import paper
from intake.views.desk_frame import Names, hides_names, show
from intake.views.told import Told, told
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.queries import database_now
from practice.sealing import Tampered, UnknownKey
from practice.views.desk import desk_page

_NOT_IN_FRONT = "go_not_in_front"
_ACCESS = "id_access"
_WANTS = (
    "go_why_now",
    "go_better",
    "go_tried",
    "go_fear",
    "in_behaviour",
    "cp_view",
    "cp_strength",
    "cp_fair",
    "nm_agree",
    "gr_goal",
)
_ALONE_FIRST = "cp_solo"
_CAUTION = "nm_caution"
_PROFILE = ("you", "contact")
#: From here on two numbers are marked as far apart: the practitioner decides what it means.
_FAR = 3
#: The geometry of a slider's drawing.
_LEFT, _STEP = 8, 20


@dataclass(frozen=True, slots=True)
class Mark:
    """One person's number on a scale, or the words they said instead."""

    name: str
    value: int | None
    words: str = ""

    @property
    def x(self) -> int:
        """Where the mark stands in the drawing."""
        return _LEFT + _STEP * (self.value or 0)


@dataclass(frozen=True, slots=True)
class Slider:
    """One scale with everybody's marks."""

    label: str
    low: str
    high: str
    marks: Sequence[Mark]

    @property
    def apart(self) -> int:
        """How far the two outermost numbers are from each other."""
        numbers = [m.value for m in self.marks if m.value is not None]
        return max(numbers) - min(numbers) if len(numbers) > 1 else 0

    @property
    def is_far(self) -> bool:
        """Whether that is worth a look."""
        return self.apart >= _FAR


@require_safe
@desk_page
def reading(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Everything for a session on one page; every opening leaves a row for each person."""
    now = database_now()
    context = gathered(request, practitioner, request_id, now=now)
    return show(request, practitioner, "desk_reading", context, section="waiting", now=now)


@require_safe
@desk_page
def reading_file(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID
) -> HttpResponse:
    """The same as a PDF, through the same reading: a row for each person comes first."""
    if not paper.is_possible():
        return paper.not_possible(request, "desk-reading", request_id)
    context = gathered(request, practitioner, request_id, now=database_now())
    with timezone.override(zone(practitioner.time_zone)):
        return paper.paper(request, "reading", context, file_name="reading.pdf")


def gathered(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID, *, now: datetime
) -> dict[str, Any]:
    """What the page says, after the journal's rows. Raises `Http404` for anybody else's request."""
    found = attention_of(request_id, practitioner.pk)
    people = people_to_read(request_id, practitioner.pk)
    if found is None or not people:
        raise Http404
    opened = {
        p.id: open_answers(practitioner_id=practitioner.pk, participant_id=p.id, now=now)
        for p in people
    }
    by_key = {
        person: {
            s.question.key: s
            for s in shown
            if s.question.tier is not Tier.SEALED and not s.is_closed
        }
        for person, shown in opened.items()
    }
    names = Names(
        are_hidden=hides_names(request),
        are_initials=any(_value(answers, _CAUTION) == "yes" for answers in by_key.values()),
    )
    levels = {p.participant.id: p.level for p in found.people}
    said = have_said(people)
    appointment: Appointment | None = next_appointment(request_id, now=now)
    return {
        "asked": found.request,
        "appointment": appointment,
        "is_record_closed": separation_of(request_id) is not None,
        "names": names.request(found.request, list(people)),
        "are_initials": names.are_initials,
        "people": [
            {
                "participant": p,
                "name": names.of(p),
                "level": levels.get(p.id),
                "level_words": LEVELS[level] if (level := levels.get(p.id)) else "",
                "wants": _told(by_key[p.id], _WANTS),
                "wants_alone_first": _value(by_key[p.id], _ALONE_FIRST) == "yes",
                "aloud": _aloud(by_key[p.id]),
                "connections": _connections(by_key[p.id], names),
                "has_answered": bool(opened[p.id]),
                # That there is something is said; what it says is on no page that is printed.
                "has_said": p.id in said,
            }
            for p in people
        ],
        "not_in_front": _each(people, by_key, names, _NOT_IN_FRONT),
        "access": _each(people, by_key, names, _ACCESS),
        "sliders": _sliders(people, by_key, names),
        "differing": _differing(people, by_key, names),
        **_their_words(request_id, practitioner, now=now),
    }


type _Answers = Mapping[str, Shown]
type _Everybody = Mapping[UUID, _Answers]


def _value(answers: _Answers, key: str) -> object:
    return answers[key].value if key in answers else None


def _told(answers: _Answers, keys: Sequence[str]) -> list[Told]:
    return [told(answers[key]) for key in keys if key in answers]


def _each(
    people: Sequence[Participant], everybody: _Everybody, names: Names, key: str
) -> list[tuple[str, Told]]:
    """One question, with the answer of everybody who gave one."""
    return [(names.of(p), told(everybody[p.id][key])) for p in people if key in everybody[p.id]]


def _aloud(answers: _Answers) -> list[str]:
    """What they would rather say than write: where a talk may begin."""
    return [_(s.question.label) for s in answers.values() if s.value is Passed.SAY_ALOUD]


def _questions(everybody: _Everybody) -> list[Question]:
    """Every question that somebody answered, in the order of the questionnaires; without those
    whose answers stand beside nobody else's.
    """
    found: dict[str, Question] = {}
    for answers in everybody.values():
        for shown in answers.values():
            if shown.section.slug not in _PROFILE and not shown.question.never_jointly:
                found.setdefault(shown.question.key, shown.question)
    return list(found.values())


def _sliders(people: Sequence[Participant], everybody: _Everybody, names: Names) -> list[Slider]:
    return [
        Slider(
            label=_(question.label),
            low=_(question.low) if question.low else "",
            high=_(question.high) if question.high else "",
            marks=[
                _mark(names.of(p), everybody[p.id][question.key])
                for p in people
                if question.key in everybody[p.id]
            ],
        )
        for question in _questions(everybody)
        if question.kind is Kind.SCALE
    ]


def _mark(name: str, shown: Shown) -> Mark:
    if isinstance(shown.value, int):
        return Mark(name, shown.value)
    return Mark(name, None, " ".join(told(shown).lines) or _("cannot be opened"))


def _connections(answers: _Answers, names: Names) -> list[dict[str, Any]]:
    """The people somebody named, each with their own sliders; matched with nobody."""
    found = []
    for shown in answers.values():
        if shown.question.kind is not Kind.CONNECTIONS or not isinstance(shown.value, tuple):
            continue
        links = {o.key: _(o.label) for o in shown.question.options}
        for one in shown.value:
            if not isinstance(one, Connection):
                continue
            found.append(
                {
                    "label": names.text(one.label),
                    "links": ", ".join(links.get(link, link) for link in one.links),
                    "sliders": [
                        Mark(_(scale.label), one.scales[scale.key])
                        for scale in shown.question.scales
                        if scale.key in one.scales
                    ],
                }
            )
    return found


def _differing(
    people: Sequence[Participant], everybody: _Everybody, names: Names
) -> list[dict[str, Any]]:
    """Choices that two or more people made, and not in the same way."""
    found = []
    for question in _questions(everybody):
        if question.kind not in (Kind.SINGLE, Kind.MULTI):
            continue
        given = [
            (p, everybody[p.id][question.key]) for p in people if question.key in everybody[p.id]
        ]
        if len({str(s.value) for _person, s in given}) > 1:
            found.append(
                {
                    "label": _(question.label),
                    "answers": [(names.of(p), told(s)) for p, s in given],
                }
            )
    return found


def _their_words(request_id: UUID, practitioner: Practitioner, *, now: datetime) -> dict[str, Any]:
    """What the requester wrote when they asked; reading it leaves its own row."""
    try:
        read = booking_reading.read_words(
            request_id=request_id, practitioner_id=practitioner.pk, now=now
        )
    except (Tampered, UnknownKey):
        return {"are_words_unreadable": True}
    return {"topics": [TOPIC_LABELS.get(t, t) for t in read.topics], "their_words": read.words}
