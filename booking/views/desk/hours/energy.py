"""How much of what in one day, and what not after what."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from booking.domain.availability import Draft
from booking.domain.slots import AtMost, NotAfter
from booking.forms.energy import EnergyForm
from booking.operations import availability
from booking.queries import availability as queries
from booking.queries import versions
from booking.queries.availability import Change
from booking.views.desk import meanwhile
from booking.views.desk.hours.words import at_most_words, not_after_words, rule_words
from booking.views.desk.meanwhile import Stand
from booking.views.desk.page import desk_response
from booking.views.desk.review import Edit, is_going_back, review
from booking.views.desk.words import Notice
from practice.models import EnergyRule, Practitioner
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def energy(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """How much of what in one day, and what not after what."""
    now = timezone.now()
    rules = queries.overview(practitioner, now=now).energy

    def show(form: EnergyForm, *, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "notice": notice,
            **meanwhile.carried(request, _stand(practitioner, rules), notice=notice),
        }
        return desk_response(
            request, practitioner, "energy.html", context, section="hours", now=now, status=status
        )

    if request.method != "POST":
        return show(EnergyForm(initial=EnergyForm.initial_of(rules)))
    form = EnergyForm(request.POST)
    if is_going_back(request):
        return show(form)
    if not form.is_valid():
        return show(form, status=400)
    return review(
        request,
        practitioner,
        _edit(practitioner, form, rules, seen=meanwhile.seen(request), now=now),
        now=now,
        again=lambda notice: show(form, notice=notice, status=notice.status),
    )


def _edit(
    practitioner: Practitioner,
    form: EnergyForm,
    rules: Sequence[EnergyRule],
    *,
    seen: str | None,
    now: datetime,
) -> Edit:
    at_most, not_after = form.at_most, form.not_after
    wanted: list[AtMost | NotAfter] = [
        *(AtMost(kind, limit) for kind, limit in at_most.items()),
        *(NotAfter(kind, after) for kind, after in not_after),
    ]
    return Edit(
        title=gettext("What you take on in one day"),
        summary=[
            *(at_most_words(kind, limit) for kind, limit in at_most.items()),
            *(not_after_words(kind, after) for kind, after in sorted(not_after)),
        ]
        or [gettext("No rules: only your hours and each session's own limits count.")],
        change=Change(
            Draft(energy=wanted), kinds=_touched([queries.rule(r) for r in rules], wanted)
        ),
        save=lambda: availability.set_energy(
            practitioner_id=practitioner.pk,
            at_most=at_most,
            not_after=not_after,
            seen=seen,
            now=now,
        ),
        done=gettext("Your rules are saved."),
        stand=lambda: _stand(practitioner, rules),
    )


def _touched(
    before: Collection[AtMost | NotAfter], after: Collection[AtMost | NotAfter]
) -> frozenset[str]:
    """The kinds of sessions whose rules become others."""
    return frozenset(rule.relationship_type for rule in set(before) ^ set(after))


def _stand(practitioner: Practitioner, rules: Sequence[EnergyRule]) -> Stand:
    return Stand(versions.of_energy(practitioner.pk), [rule_words(rule) for rule in rules])
