"""The practice's messages: every one as it is sent, and each in words of the practice's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_safe

from booking.views.desk.page import desk_context
from notifications.domain.refusals import InvalidWording, WordingMoved
from notifications.forms.wording import OURS, WordingForm
from notifications.messages.placeholders import allowed_in
from notifications.messages.preview import PROFILES, Seen, seen, seen_by_all, with_wording
from notifications.messages.samples import our_words, sample_letter
from notifications.messages.slots import Slot, every_slot
from notifications.operations.wordings import reset_wording, set_wording
from notifications.queries.persons import zone_of
from notifications.queries.wordings import editions_of, version_of
from practice.models import Practice, Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

_SECTION = "settings"
_DRAFT = "notifications.wording"

#: The HTML part is shown as mail programs show it: with its own styles, and nothing from anywhere.
_PART_POLICY: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": ["allow-popups"],
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A message for one sort of reader, and where its HTML part is."""

    seen: Seen
    part_url: str


@require_safe
@desk_page
def wording_list(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Every message that people get, and which of them the practice has put in its own words."""
    practice = Practice.objects.get()
    rows = [
        {"slot": slot, "is_own": slot.key in practice.wordings}
        for slot in every_slot()
        if not slot.is_to_practitioner
    ]
    return _page(request, practitioner, "wordings", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def wording(request: HttpRequest, practitioner: Practitioner, key: str) -> HttpResponse:
    """One message: written, looked at (`look`), saved, or brought back to ours (`reset`)."""
    slot = _slot(key, to_practitioner=False)
    practice, now = Practice.objects.get(), database_now()
    letter = sample_letter(slot, practice=practice, practitioner=practitioner, now=now)
    our_subject, words = our_words(slot, letter)
    own = practice.wordings.get(slot.key, {"subject": "", "words": words})
    version = version_of(slot)
    form = WordingForm(
        request.POST if request.method == "POST" else None,
        slot=slot,
        our_subject=our_subject,
        initial={
            "seen": version,
            "subject": own["subject"] or OURS,
            "text": "\n\n".join(own["words"]),
        },
    )
    if request.method == "POST" and "look" not in request.POST:
        answer = _saved(request, practitioner, slot, form)
        if answer is not None:
            return answer
    is_looked_at = form.is_bound and form.is_valid()
    if is_looked_at:
        practice = with_wording(practice, slot, form.cleaned_data["subject"], form.paragraphs)
    context = {
        "slot": slot,
        "form": form,
        "is_own": slot.key in Practice.objects.get().wordings,
        "version": version,
        "editions": editions_of(slot),
        "our_subject": our_subject,
        "our_words": words,
        "placeholders": [(f"{{{name}}}", meaning) for name, meaning in _meanings(slot).items()],
        "shown": _shown(
            slot,
            seen_by_all(slot, practice=practice, practitioner=practitioner, now=now),
            draft=_draft(form) if is_looked_at else "",
        ),
        "is_unsaved": is_looked_at,
        "cannot_be_shown": form.is_bound and not form.is_valid(),
    }
    status = 422 if context["cannot_be_shown"] and "look" not in request.POST else 200
    return _page(request, practitioner, "wording", context, status=status)


def _saved(
    request: HttpRequest, practitioner: Practitioner, slot: Slot, form: WordingForm
) -> HttpResponse | None:
    """Save or reset; None: something is to be put right first."""
    now, is_reset = database_now(), "reset" in request.POST
    is_valid = form.is_valid()
    seen_version = form.cleaned_data.get("seen")
    if seen_version is None or not (is_valid or is_reset):
        return None
    try:
        if is_reset:
            reset_wording(slot=slot, seen=seen_version, practitioner_id=practitioner.pk, now=now)
        else:
            set_wording(
                slot=slot,
                subject=form.cleaned_data["subject"],
                text=form.cleaned_data["text"],
                seen=seen_version,
                practitioner_id=practitioner.pk,
                now=now,
            )
    except WordingMoved:
        form.add_error(
            None, _("Somebody saved another version meanwhile. It stands below, under Versions.")
        )
        return None
    except InvalidWording as refusal:
        for problem in refusal.problems:
            form.add_error("text", problem)
        return None
    done = _("These are our words again.") if is_reset else _("Saved. It is sent like this now.")
    messages.success(request, done)
    return redirect("messages:wording", key=slot.key)


@require_safe
@desk_page
def every_message(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """All of them with sample data, as text and as HTML, for one sort of reader."""
    practice, now = Practice.objects.get(), database_now()
    profile = _profile(request)
    rows = [
        {
            "slot": slot,
            "shown": _shown(
                slot,
                [seen(slot, profile, practice=practice, practitioner=practitioner, now=now)],
            )[0],
        }
        for slot in every_slot()
    ]
    context = {"rows": rows, "profile": profile, "profiles": PROFILES.items()}
    return _page(request, practitioner, "every_message", context)


@require_safe
@xframe_options_sameorigin
@csp_override(_PART_POLICY)
@desk_page
def as_sent(request: HttpRequest, practitioner: Practitioner, key: str) -> HttpResponse:
    """The HTML part of one message, for the frame in the pages above. `draft`: not saved yet."""
    slot = _slot(key)
    practice = Practice.objects.get()
    draft = request.GET.get("draft")
    if draft is not None:
        try:
            subject, words = signing.loads(draft, salt=_DRAFT)
        except signing.BadSignature as error:
            raise Http404 from error
        practice = with_wording(practice, slot, subject, words)
    found = seen(
        slot, _profile(request), practice=practice, practitioner=practitioner, now=database_now()
    )
    return HttpResponse(found.html)


def _slot(key: str, *, to_practitioner: bool = True) -> Slot:
    slot = Slot.of(key)
    if slot is None or (slot.is_to_practitioner and not to_practitioner):
        raise Http404
    return slot


def _profile(request: HttpRequest) -> str:
    profile = request.GET.get("for", "details")
    return profile if profile in PROFILES else "details"


def _meanings(slot: Slot) -> Mapping[str, Any]:
    return allowed_in(slot.kind)


def _draft(form: WordingForm) -> str:
    return signing.dumps(
        [form.cleaned_data["subject"], list(form.paragraphs)], salt=_DRAFT, compress=True
    )


def _shown(slot: Slot, found: Sequence[Seen], *, draft: str = "") -> list[Shown]:
    def url(one: Seen) -> str:
        query = {"for": one.profile} | ({"draft": draft} if draft else {})
        return reverse("messages:as-sent", args=[slot.key], query=query)

    return [Shown(one, url(one) if one.html else "") for one in found]


def _page(
    request: HttpRequest,
    practitioner: Practitioner,
    name: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    everything = {
        **desk_context(practitioner, section=_SECTION, now=database_now()),
        "zone": zone_of(practitioner.time_zone).key,
        **context,
    }
    return render(request, f"notifications/{name}.html", everything, status=status)
