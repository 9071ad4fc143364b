"""The last step of a request, and sending it. What is typed here is never kept in the session."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.domain import asking as asking_rules
from booking.domain.asking import Asking
from booking.domain.refusals import IdempotencyKeyReused, InvalidRequest, SlotTaken
from booking.forms.details import Details, asks_for_others
from booking.forms.fields import small_number
from booking.operations.requests import Submitted, network_hash, offer_of, submit
from booking.queries.access import client_address, requester_of
from booking.queries.requesting import week_of_times
from booking.templatetags.times import span_words
from booking.views import choices as choices_of
from booking.views.answer import see_other
from booking.views.choices import Choices
from booking.views.picker import Picker, few_times, parsed_date, value_of, week_picker
from booking.views.request import article_slug, article_title, forget_article, known_slug
from booking.views.sent import remember_sent
from booking.views.steps import (
    NotYet,
    Offered,
    chosen_offer,
    chosen_start,
    chosen_zone,
    frame,
    request_page,
)
from practice.models import Modality, Practice, RelationshipType

#: Problems of an earlier step, and the step that puts them right.
_EARLIER_STEPS = {
    "relationship_type": "request",
    "service": "request-session",
    "modality": "request-session",
    "practitioner": "request-time",
    "time_zone": "request-time",
}


@dataclass(frozen=True, slots=True)
class _Page:
    """What this page knows while it answers one press."""

    request: HttpRequest
    practice: Practice
    choices: Choices
    offered: Offered
    article: str

    @property
    def title(self) -> str:
        return article_title(self.article)

    def render(self, details: Details, picker: Picker | None = None) -> HttpResponse:
        start = choices_of.instant_of(self.choices.start)
        zone = chosen_zone(self.choices)
        value = value_of(start) if start else ""
        context: dict[str, Any] = {
            "details": details,
            "form": details.form,
            "offered": self.offered,
            "zone": zone.key,
            "start": start,
            "picker": picker,
            "selected": value,
            "offers_current": picker is not None and start and value not in picker.values,
            "start_date": start.astimezone(zone).date().isoformat() if start else "",
            "hours": span_words(start, self.offered.end_of(start), zone.key) if start else "",
            "modality_label": Modality(self.choices.modality).label,
            "for_others": asks_for_others(self.choices.relationship_type),
            "for_two": self.choices.relationship_type == RelationshipType.COUPLE,
            "is_group": self.choices.relationship_type == RelationshipType.GROUP,
        }
        return render(
            self.request, "booking/client/details.html", frame(self.practice, 4, **context)
        )


@request_page
def details(request: HttpRequest, practice: Practice) -> HttpResponse:
    """Where, about what, who asks and who comes; then the request is sent."""
    if request.method == "POST":
        return _posted(request, practice)
    choices = choices_of.load(request)
    offered = chosen_offer(choices)
    chosen_zone(choices)
    start = chosen_start(choices)
    if not offered.is_open(start, now=timezone.now()):
        raise NotYet(
            "request-time",
            _("That time is not free any more. These are the times that are."),
            ("start",),
        )
    page = _Page(request, practice, choices, offered, article_slug(request))
    return page.render(
        Details.blank(
            asdict(choices) | {"article": page.article},
            practice=practice,
            article_title=page.title,
        )
    )


def _posted(request: HttpRequest, practice: Practice) -> HttpResponse:
    typed = request.POST
    if typed.get("adult") == "no":
        choices_of.forget(request)
        response = see_other("request-younger")
        forget_article(response)
        return response
    # The page carries its own choices: another tab may have gone on to others meanwhile.
    choices = Choices(**{name: typed.get(name, "") for name in choices_of.NAMES})
    offered = chosen_offer(choices)
    chosen_zone(choices)
    choices = replace(choices, practitioner=offered.practitioner.slug)
    page = _Page(request, practice, choices, offered, known_slug(typed.get("article", "")))
    if typed.keys() & {"add", "remove", "week"}:
        return _changed(page, typed)
    return _sent(page, typed)


def _changed(page: _Page, typed: QueryDict) -> HttpResponse:
    """One more person, one less, or other times to choose from: nothing typed is lost."""
    kept = Details.kept(
        typed,
        practice=page.practice,
        article_title=page.title,
        add="add" in typed,
        remove=small_number(typed.get("remove", "")),
    )
    shown = typed.get("week", typed.get("shown", ""))
    return page.render(kept, _week(page, shown) if shown else None)


def _sent(page: _Page, typed: QueryDict) -> HttpResponse:
    now = timezone.now()
    sent = Details.sent(typed, practice=page.practice, article_title=page.title)
    start = choices_of.instant_of(page.choices.start)
    is_valid = sent.is_valid()
    asking = replace(
        sent.asking(start=start, article=page.article), practitioner=page.choices.practitioner
    )
    if not is_valid:
        offer = offer_of(page.offered.service, page.practice)
        _explain(sent, InvalidRequest(asking_rules.problems(asking, offer, now=now)))
        return _wrong(page, sent, typed)
    try:
        submitted = _submit(page.request, asking, key=sent.form.cleaned_data["key"], now=now)
    except InvalidRequest as refusal:
        _explain(sent, refusal)
        return _wrong(page, sent, typed)
    except SlotTaken as taken:
        return _taken(page, sent, taken)
    except IdempotencyKeyReused:
        return _sent_before(page, typed)
    remember_sent(page.request, requester_of(submitted.request.id).id)
    choices_of.forget(page.request)
    response = see_other("request-sent")
    forget_article(response)
    return response


def _submit(request: HttpRequest, asking: Asking, *, key: str, now: datetime) -> Submitted:
    body = json.dumps(asdict(asking), sort_keys=True, default=str).encode()
    return submit(
        asking=asking,
        now=now,
        idempotency_key=f"web:{key}" if key else None,
        body_hash=hashlib.sha256(body).digest(),
        network=network_hash(client_address(request.META)),
    )


def _wrong(page: _Page, sent: Details, typed: QueryDict) -> HttpResponse:
    has_no_time = "start" in sent.form.errors
    return page.render(sent, _week(page, typed.get("shown", "")) if has_no_time else None)


def _explain(sent: Details, refusal: InvalidRequest) -> None:
    """Problems beside their fields; one of an earlier step leads back there."""
    for problem in sent.add_problems(refusal.problems):
        raise NotYet(
            _EARLIER_STEPS.get(problem.field, "request"),
            _(problem.message) % problem.params,
            tuple({problem.field, "start"} & set(choices_of.NAMES)),
        )


def _taken(page: _Page, sent: Details, taken: SlotTaken) -> HttpResponse:
    sent.form.add_error(
        "start", _("That time was taken a moment ago. Here are the nearest ones that are free.")
    )
    gone = replace(page, choices=replace(page.choices, start=""))
    if taken.alternatives:
        zone = chosen_zone(page.choices)
        return gone.render(sent, few_times(taken.alternatives, zone))
    return gone.render(sent, _week(gone, ""))


def _sent_before(page: _Page, typed: QueryDict) -> HttpResponse:
    """The same page was sent already, with something else in it: ask what is meant."""
    again = typed.copy()
    again["key"] = uuid.uuid4().hex
    fresh = Details.sent(again, practice=page.practice, article_title=page.title)
    fresh.is_valid()
    fresh.form.add_error(
        None,
        _("You have sent this already. If you want to ask for another session, send it again."),
    )
    return page.render(fresh)


def _week(page: _Page, shown: str) -> Picker:
    zone = chosen_zone(page.choices)
    start = choices_of.instant_of(page.choices.start)
    first = parsed_date(shown) or (start.astimezone(zone).date() if start else None)
    week = week_of_times(page.offered.bookable, first=first, zone=zone, now=timezone.now())
    return week_picker(week, zone)
