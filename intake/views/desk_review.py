"""What is urgent: seen, talked about alone, decided. Nothing here is visible outside."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking.models import Participant, Request
from intake.domain import scoring
from intake.domain.definitions import Tier
from intake.domain.flags import Level
from intake.domain.refusals import NotContacted, NotTheirPractitioner, ReviewClosed
from intake.forms.desk import ReviewForm
from intake.forms.flag_words import HISTORY, LEVELS, SOURCES
from intake.models import Alert, Review
from intake.operations import safety
from intake.operations.reading import OpenedFlags, open_flags
from intake.queries.answers import Shown
from intake.queries.attention import (
    Attention,
    Flagged,
    attention,
    attention_of,
    review_history,
)
from intake.queries.parting import separation_of
from intake.queries.people import who_forgot
from intake.queries.settings import intake_settings, support_for
from intake.views.desk_frame import Names, names_for, show
from intake.views.told import told
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

#: Answers of the safety section that say how to reach somebody; they stand by themselves.
_ROUTE = ("sf_private_route", "sf_phrase", "ct_safe_times", "ct_voicemail")
#: How many items PHQ-2 and GAD-2 have.
_SHORT = 2


@require_safe
@desk_page
def attention_list(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Everything that waits to be seen or decided, most urgent first."""
    names = names_for(request)
    rows = [_row(a, names) for a in attention(practitioner.pk)]
    return show(
        request,
        practitioner,
        "desk_attention",
        {
            "rows": rows,
            "settings": intake_settings(),
            "is_about_attention": True,
            "forgot": [(p, names.of(p)) for p in who_forgot(practitioner.pk)],
        },
        section="waiting",
        now=database_now(),
    )


@require_safe
@desk_page
def marks(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """The flags of a request as icons that lead to what is behind them: part of another page."""
    found = _found(request_id, practitioner)
    names = names_for(request)
    context = {
        **_row(found, names),
        "forgot": [
            (p, names.of(p)) for p in who_forgot(practitioner.pk) if p.request_id == request_id
        ],
        "is_parted": separation_of(request_id) is not None,
    }
    return render(request, "intake/desk_marks.html", context)


@require_safe
@desk_page
def review(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """A request's alerts and review: what happened, and what is to be recorded."""
    return _review_page(request, practitioner, _found(request_id, practitioner))


@require_safe
@desk_page
def flags(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID, participant_id: UUID
) -> HttpResponse:
    """What is behind one person's flag. Opening it is a reading of their answers."""
    found = _found(request_id, practitioner)
    person = next((p for p in found.people if p.participant.id == participant_id), None)
    if person is None:
        raise Http404
    now = database_now()
    try:
        opened = open_flags(practitioner_id=practitioner.pk, participant_id=participant_id, now=now)
    except NotTheirPractitioner:
        raise Http404 from None
    names = names_for(request)
    context = {
        **_row(found, names),
        "is_about_attention": True,
        "person": person,
        "name": names.of(person.participant),
        "reasons": _reasons(opened),
        "safety": [told(s) for s in opened.answers if _is_safety(s)],
        "route": [told(s) for s in opened.answers if s.question.key in _ROUTE],
        "scores": _scores(opened.answers),
        "support": support_for(found.request.country),
    }
    return show(request, practitioner, "desk_flags", context, section="waiting", now=now)


@require_POST
@desk_page
def acknowledge(request: HttpRequest, practitioner: Practitioner, alert_id: UUID) -> HttpResponse:
    """Somebody has seen it: no more reminders of it."""
    alert = Alert.objects.filter(pk=alert_id, request__practitioner_id=practitioner.pk).first()
    if alert is None:
        raise Http404
    safety.acknowledge(alert_id=alert_id, practitioner_id=practitioner.pk, now=database_now())
    messages.success(request, _("Acknowledged. You are not reminded of it again."))
    return redirect("desk-review", request_id=alert.request_id)


@require_POST
@desk_page
def contact(request: HttpRequest, practitioner: Practitioner, review_id: UUID) -> HttpResponse:
    """A private talk with one person was had; the decision may follow another day."""
    found = _own_review(review_id, practitioner)
    wanted = request.POST.get("person")
    people = _found(found.request_id, practitioner).people
    person = next((p for p in people if str(p.participant.id) == wanted), None)
    if person is None:
        raise Http404
    return _press(
        request,
        found.request_id,
        lambda now: safety.record_contact(
            review_id=review_id,
            participant_id=person.participant.id,
            practitioner_id=practitioner.pk,
            now=now,
        ),
        done=_("Recorded, with the time."),
    )


@require_POST
@desk_page
def decide(request: HttpRequest, practitioner: Practitioner, review_id: UUID) -> HttpResponse:
    """What follows from the talk."""
    found = _own_review(review_id, practitioner)
    page = _found(found.request_id, practitioner)
    form = ReviewForm(request.POST, people=_to_contact(page, names_for(request)))
    if not form.is_valid():
        return _review_page(request, practitioner, page, form=form, status=400)
    return _press(
        request,
        found.request_id,
        lambda now: safety.close(
            review_id=review_id,
            practitioner_id=practitioner.pk,
            contacted=[UUID(pk) for pk in form.cleaned_data.get("contacted", ())],
            decision=form.cleaned_data["decision"],
            supervised=form.cleaned_data["supervised"],
            now=now,
        ),
        done=_("Your decision is recorded. Nobody outside can see it."),
    )


def _press(
    request: HttpRequest, request_id: UUID, operation: Callable[[datetime], None], *, done: str
) -> HttpResponse:
    try:
        operation(database_now())
    except ReviewClosed:
        messages.warning(request, _("This was decided meanwhile. Nothing was changed."))
    except NotContacted:
        messages.warning(request, _("A decision follows a private talk. Nothing was changed."))
    else:
        messages.success(request, done)
    return redirect("desk-review", request_id=request_id)


def _found(request_id: UUID, practitioner: Practitioner) -> Attention:
    found = attention_of(request_id, practitioner.pk)
    if found is None:
        raise Http404
    return found


def _own_review(review_id: UUID, practitioner: Practitioner) -> Review:
    found = Review.objects.filter(pk=review_id, request__practitioner_id=practitioner.pk).first()
    if found is None:
        raise Http404
    return found


def _review_page(
    request: HttpRequest,
    practitioner: Practitioner,
    found: Attention,
    *,
    form: ReviewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    newest = found.review
    if form is None and newest is not None:
        form = ReviewForm(
            initial={"decision": newest.decision, "supervised": newest.supervised},
            people=_to_contact(found, names_for(request)),
        )
    context = {
        **_row(found, names_for(request)),
        "is_about_attention": True,
        "review": newest,
        "form": form,
        "history": [
            (change.occurred_at, _told_change(change.kind, change.snapshot, found))
            for change in review_history(found)
        ],
    }
    return show(
        request,
        practitioner,
        "desk_review",
        context,
        section="waiting",
        now=database_now(),
        status=status,
    )


def _to_contact(found: Attention, names: Names) -> Sequence[tuple[str, str]]:
    """With whom a talk is open, as the form names them."""
    return [(str(p.participant.id), _name(p.participant, names)) for p in found.to_contact]


def _name(participant: Participant, names: Names) -> str:
    """Whoever said that they are under 18, and deleted everything, has none any more."""
    return names.of(participant) if participant.label else _("Somebody whose name is deleted")


def _told_change(kind: str, snapshot: dict[str, Any], found: Attention) -> str:
    """A row of the audit trail in words. How urgent it was is known for as long as the alert is."""
    words = str(HISTORY[kind])
    details = []
    levels = {str(alert.pk): alert.level for alert in found.request.alerts.all()}
    if level := levels.get(str(snapshot.get("alert")), snapshot.get("level")):
        details.append(str(LEVELS[Level(level)]))
    if decision := snapshot.get("decision"):
        details.append(str(Review.Decision(decision).label))
    if snapshot.get("supervised"):
        details.append(_("supervised"))
    return f"{words}: {', '.join(details)}" if details else words


def _row(found: Attention, names: Names) -> dict[str, Any]:
    """A request as the pages about flags show it."""
    asked: Request = found.request
    return {
        "found": found,
        "asked": asked,
        "names": names.request(asked, [p.participant for p in found.people]),
        "level": found.level,
        "level_words": LEVELS[found.level] if found.level else "",
        "unseen": [(alert, _about(alert, found, names)) for alert in found.unseen],
        "people": [_person(p, names) for p in found.people],
    }


def _about(alert: Alert, found: Attention, names: Names) -> str:
    """How urgent an alert is, and whom it is about."""
    level = str(LEVELS[Level(alert.level)])
    whose = (p.participant for p in found.people if p.participant.id == alert.participant_id)
    person = next(whose, None)
    return f"{level}: {_name(person, names)}" if person else level


def _person(flagged: Flagged, names: Names) -> dict[str, Any]:
    level = flagged.level
    return {
        "participant": flagged.participant,
        "name": _name(flagged.participant, names),
        "is_to_contact": flagged.is_to_contact,
        "contacted_at": flagged.contacted_at,
        "level": level,
        "level_words": LEVELS[level] if level else "",
        "raised_at": max((f.raised_at for f in flagged.flags), default=None),
    }


def _reasons(opened: OpenedFlags) -> list[dict[str, Any]]:
    return [
        {
            "level": reason.flag.level,
            "level_words": LEVELS[Level(reason.flag.level)],
            "raised_at": reason.flag.raised_at,
            "sentences": [str(SOURCES[source]) for source in reason.sources],
        }
        for reason in opened.reasons
    ]


def _is_safety(shown: Shown) -> bool:
    return shown.question.tier is Tier.SEALED and shown.question.key not in _ROUTE


def _scores(shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """The sums of what was answered, each with where it comes from. Never for showing."""
    answers = {s.question.key: s.value for s in shown if s.value is not None}
    found = [
        ("HARK", scoring.hark(answers), _("1 or more is positive")),
        ("PHQ-2", scoring.phq2(answers), _("3 or more is positive")),
        ("PHQ-9", scoring.phq9(answers), _("5, 10, 15, 20: mild to severe")),
        ("GAD-2", scoring.gad2(answers), _("3 or more is positive")),
        ("GAD-7", scoring.gad7(answers), _("5, 10, 15: mild to severe")),
        ("PC-PTSD-5", scoring.pcptsd5(answers), _("3 or more is positive")),
        ("AUDIT-C", scoring.auditc(answers), _("3 or more is worth a word")),
    ]
    # The long forms begin with the items of the short ones: two answers are a short one.
    return [
        {"name": name, "score": score, "about": about}
        for name, score, about in found
        if score.answered > (_SHORT if name in ("PHQ-9", "GAD-7") else 0)
    ]
