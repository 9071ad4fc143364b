"""The last step of a request, and sending it. What is typed is kept sealed until it is sent."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.domain import asking as asking_rules
from booking.domain.asking import TIMES_MAX, Asking
from booking.domain.refusals import (
    IdempotencyKeyReused,
    InvalidRequest,
    NoSeatLeft,
    Problem,
    SlotTaken,
)
from booking.forms.details import TOGETHER, WAIT, Details, asks_for_others
from booking.forms.fields import small_number
from booking.operations.requests import Submitted, network_hash, offer_of, submit
from booking.queries.access import client_address, requester_of
from booking.queries.requesting import WantedTime, week_of_times
from booking.views import choices as choices_of
from booking.views import drafts
from booking.views.answer import see_other
from booking.views.asked import remember_sent
from booking.views.choices import TIME_NAMES, WHEN_NAMES, Choices, value_of
from booking.views.drafts import Draft
from booking.views.picker import Picker, few_times, parsed_date, week_picker, without
from booking.views.request import article_slug, article_title, forget_article, known_slug
from booking.views.steps import (
    NotYet,
    Offered,
    chosen_offer,
    chosen_zone,
    frame,
    open_times,
    request_page,
)
from practice.models import Modality, Practice, RelationshipType

_DRAFT = "details"
#: Presses that change the page and send nothing.
_CHANGES = frozenset({"add", "remove", "week", "pick", "take_off"})

#: Problems of an earlier step, and the step that puts them right.
_EARLIER_STEPS = {
    "relationship_type": "request",
    "service": "request-session",
    "modality": "request-session",
    "cohort": "request-session",
    "practitioner": "request-time",
    "time_zone": "request-time",
    "find_together": "request-time",
    "wait": "request-time",
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

    def render(
        self, details: Details, picker: Picker | None = None, *, picking: str = "start"
    ) -> HttpResponse:
        """The page; with a picker, one of its times is being chosen."""
        zone = chosen_zone(self.choices)
        times = self.choices.times
        others = [t for name, t in zip(TIME_NAMES, times, strict=False) if name != picking]
        current = dict(zip(TIME_NAMES, times, strict=False)).get(picking)
        picker = picker and without(picker, others)
        selected = value_of(current) if current else ""
        context: dict[str, Any] = {
            "details": details,
            "form": details.form,
            "offered": self.offered,
            "zone": zone.key,
            "way": self.choices.way,
            "times": [
                {
                    "name": name,
                    "value": value_of(start),
                    "time": WantedTime(start, self.offered.end_of(start)),
                }
                for name, start in zip(TIME_NAMES, times, strict=False)
            ],
            "next_name": TIME_NAMES[len(times)] if len(times) < TIMES_MAX else "",
            "picker": picker,
            "picking": picking,
            "start": current,
            "selected": selected,
            "offers_current": picker is not None and current and selected not in picker.values,
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
    draft = drafts.kept(request, _DRAFT)
    if draft is not None:
        return _again(request, practice, draft)
    choices = choices_of.load(request)
    offered = chosen_offer(choices)
    chosen_zone(choices)
    times = open_times(choices, offered, now=timezone.now())
    if len(times) < len(choices.times):
        messages.warning(request, _("One of your times is not free any more. The others are."))
    choices = choices.with_times(times)
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
        drafts.drop(request, _DRAFT)
        response = see_other("request-younger")
        forget_article(response)
        return response
    page = _page_of(request, practice, typed)
    if typed.keys() & _CHANGES:
        return _keep(page, typed)
    return _sent(page, typed)


def _again(request: HttpRequest, practice: Practice, draft: Draft) -> HttpResponse:
    """The page after a press that did not send the request, with everything typed so far."""
    page = _page_of(request, practice, draft.typed)
    if draft.typed.keys() & _CHANGES:
        return _changed(page, draft.typed)
    sent = Details.sent(draft.typed, practice=page.practice, article_title=page.title)
    sent.is_valid()
    match draft.note:
        case {"problems": problems}:
            _explain(sent, InvalidRequest([Problem(*one) for one in problems]))
        case {"left": left, "nearest": nearest}:
            return _taken(page, sent, left=left, nearest=nearest)
        case {"sentence": "no_seat"}:
            sentence = _(
                "The last place was taken a moment ago. Send it again to be put on the list."
            )
            sent.form.add_error(None, sentence)
        case {"sentence": "sent_before"}:
            sentence = _(
                "You have sent this already. If you want to ask for another session, send it again."
            )
            sent.form.add_error(None, sentence)
        case _:
            _explain(sent, _problems(page, sent, now=timezone.now()))
    return _wrong(page, sent, draft.typed)


def _page_of(request: HttpRequest, practice: Practice, typed: QueryDict) -> _Page:
    # The page carries its own choices: another tab may have gone on to others meanwhile.
    choices = Choices(**{name: typed.get(name, "") for name in choices_of.NAMES})
    offered = chosen_offer(choices)
    chosen_zone(choices)
    choices = replace(
        choices,
        practitioner=offered.practitioner.slug,
        way=choices.way if choices.way in (TOGETHER, WAIT) else "",
    )
    return _Page(request, practice, choices, offered, known_slug(typed.get("article", "")))


def _keep(page: _Page, typed: QueryDict, **note: Any) -> HttpResponse:
    return drafts.show_again(page.request, _DRAFT, reverse("request-details"), typed=typed, **note)


def _changed(page: _Page, typed: QueryDict) -> HttpResponse:
    """One more person, one less, or other times to choose from: nothing typed is lost."""
    kept = Details.kept(
        typed,
        practice=page.practice,
        article_title=page.title,
        add="add" in typed,
        remove=small_number(typed.get("remove", "")),
    )
    if "take_off" in typed:
        gone = choices_of.instant_of(typed.get("take_off", ""))
        left = [start for start in page.choices.times if start != gone]
        return replace(page, choices=page.choices.with_times(left)).render(
            kept, None if left else _week(page, "", "start")
        )
    picking = _picking(typed)
    shown = typed.get("week", typed.get("shown", ""))
    if "pick" in typed:
        page = replace(page, choices=replace(page.choices, way=""))
        return page.render(kept, _week(page, "", picking), picking=picking)
    return page.render(kept, _week(page, shown, picking) if shown else None, picking=picking)


def _picking(typed: QueryDict) -> str:
    """Which of the times is being chosen."""
    name = typed.get("pick", typed.get("picking", ""))
    return name if name in TIME_NAMES else "start"


def _sent(page: _Page, typed: QueryDict) -> HttpResponse:
    now = timezone.now()
    sent = Details.sent(typed, practice=page.practice, article_title=page.title)
    if not sent.is_valid():
        _explain(sent, _problems(page, sent, now=now))
        return _keep(page, typed)
    asking = _asking(page, sent)
    try:
        submitted = _submit(page.request, asking, key=sent.form.cleaned_data["key"], now=now)
    except InvalidRequest as refusal:
        _explain(sent, refusal)
        return _keep(page, typed, problems=[_plain(problem) for problem in refusal.problems])
    except SlotTaken as taken:
        left = _left_of(page, taken)
        nearest = [value_of(start) for start in taken.alternatives]
        return _keep(page, typed, left=[value_of(start) for start in left], nearest=nearest)
    except NoSeatLeft:
        # The last place went to somebody else: ask whether they want to wait for one.
        nothing = dict.fromkeys(TIME_NAMES, "")
        waiting = _with(typed, way=WAIT, key=uuid.uuid4().hex, **nothing)
        return _keep(page, waiting, sentence="no_seat")
    except IdempotencyKeyReused:
        # The same page was sent already, with something else in it: ask what is meant.
        return _keep(page, _with(typed, key=uuid.uuid4().hex), sentence="sent_before")
    remember_sent(page.request, requester_of(submitted.request.id).id)
    choices_of.forget(page.request)
    drafts.drop(page.request, _DRAFT)
    response = see_other("request-sent")
    forget_article(response)
    return response


def _asking(page: _Page, sent: Details) -> Asking:
    # Another way to find a time, and a time left over from an earlier page, exclude each other.
    times = [] if page.choices.way else page.choices.times
    return replace(
        sent.asking(times=times, article=page.article), practitioner=page.choices.practitioner
    )


def _problems(page: _Page, sent: Details, *, now: datetime) -> InvalidRequest:
    """What the rules say of a page whose forms have errors of their own."""
    offer = offer_of(page.offered.service, page.practice)
    return InvalidRequest(asking_rules.problems(_asking(page, sent), offer, now=now))


def _plain(problem: Problem) -> list[Any]:
    return [problem.field, problem.code, problem.message, dict(problem.params)]


def _with(typed: QueryDict, **changes: str) -> QueryDict:
    changed = typed.copy()
    for name, value in changes.items():
        changed[name] = value
    return changed


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
    picking = _picking(typed)
    has_no_time = "start" in sent.form.errors
    picker = _week(page, typed.get("shown", ""), picking) if has_no_time else None
    return page.render(sent, picker, picking=picking)


def _explain(sent: Details, refusal: InvalidRequest) -> None:
    """Problems beside their fields; one of an earlier step leads back there."""
    for problem in sent.add_problems(refusal.problems):
        raise NotYet(
            _EARLIER_STEPS.get(problem.field, "request"),
            _(problem.message) % problem.params,
            tuple({problem.field, *WHEN_NAMES} & set(choices_of.NAMES)),
        )


def _left_of(page: _Page, taken: SlotTaken) -> Sequence[datetime]:
    """The times wanted that are still there; none where it is not known which one was taken."""
    left = [t for t in page.choices.times if t != taken.wanted]
    return [] if taken.wanted is None or len(left) == len(page.choices.times) else left


def _taken(
    page: _Page, sent: Details, *, left: Sequence[str], nearest: Sequence[str]
) -> HttpResponse:
    still = [datetime.fromisoformat(start) for start in left]
    gone = replace(page, choices=page.choices.with_times(still))
    if still:
        sent.form.add_error(
            "start",
            _("One of your times was taken a moment ago. Send your request with what is left."),
        )
        return gone.render(sent)
    sent.form.add_error(
        "start", _("That time was taken a moment ago. Here are the nearest ones that are free.")
    )
    if nearest:
        found = [datetime.fromisoformat(start) for start in nearest]
        return gone.render(sent, few_times(found, chosen_zone(page.choices)))
    return gone.render(sent, _week(gone, "", "start"))


def _week(page: _Page, shown: str, picking: str) -> Picker:
    zone = chosen_zone(page.choices)
    times = page.choices.times
    current = dict(zip(TIME_NAMES, times, strict=False)).get(picking) or next(iter(times), None)
    first = parsed_date(shown) or (current.astimezone(zone).date() if current else None)
    week = week_of_times(page.offered.bookable, first=first, zone=zone, now=timezone.now())
    return week_picker(week, zone)
