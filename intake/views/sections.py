"""The questionnaire: a section on a page, the agreements, help, what the others will see."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from booking.models import Participant
from booking.views.device import passcode_first, private_page
from intake.domain.definitions import Section
from intake.domain.refusals import NotComplete, NotOpen, PasscodeNeeded, TextChanged
from intake.forms.agreements import AgreementsForm
from intake.forms.passcode import PasscodeForm
from intake.forms.sections import SectionForm, known_facts
from intake.operations import consents, sheets
from intake.queries.people import names_known_to
from intake.queries.sharing import for_the_others
from intake.queries.standings import AGREEMENTS, Standing, standing
from intake.views import underage
from intake.views.passcodes import choose_passcode
from intake.views.private import show
from intake.views.support import support_context
from intake.views.told import told
from intake.views.unsaved import (
    brought_back,
    drop,
    keep_until_done,
    keeps_what_is_typed,
    waiting,
)
from practice.queries import database_now

_CONTACT = "contact"
_SHARED = "ct_shared"
_CONTACT_FIRST = gettext_lazy(
    "This page comes first: whether others can see your messages decides how what you answer is "
    "kept from them."
)
_AGREEMENTS_FIRST = gettext_lazy(
    "The agreements come first: read what stays private and what does not before you write "
    "anything private."
)


def _steps(own: Standing) -> Sequence[Mapping[str, str]]:
    """The progress line: every section, then what the others will see."""
    names = [
        {
            "name": _(s.title),
            "url": reverse("you-section", args=[own.participant.id, s.slug]),
        }
        for s in own.form.sections
    ]
    last = reverse("you-answers-seen", args=[own.participant.id])
    return [*names, {"name": _("Finish"), "url": last}]


def _neighbours(own: Standing, section: Section) -> tuple[str, str]:
    """The addresses of the page before and the page after."""
    at = own.form.sections.index(section)
    steps = _steps(own)
    before = steps[at - 1]["url"] if at else reverse("you", args=[own.participant.id])
    return before, steps[at + 1]["url"]


@keeps_what_is_typed
@private_page(answers=True, before_choosing=True)
def section(request: HttpRequest, participant: Participant, slug: str) -> HttpResponse:
    """One section: shown, or saved and on to the next."""
    own = standing(participant.id)
    part = own.form.section(slug)
    if part is None:
        raise Http404
    if not own.is_open:
        return redirect("you", participant_id=participant.id)
    if own.needs_passcode and slug != _CONTACT and part is not own.form.sections[0]:
        return _before_anything_private(request, own, slug)
    if slug == AGREEMENTS:
        return _agreements(request, own, part)
    if own.unsigned and _comes_after_agreements(own, part):
        # What stays private and what does not is read before anything private is written.
        if request.method == "POST":
            keep_until_done(request, participant, slug)
        else:
            messages.info(request, _AGREEMENTS_FIRST)
        return redirect("you-section", participant_id=participant.id, slug=AGREEMENTS)
    if request.method == "POST":
        drop(request, participant, slug)
        if part.may_skip and request.POST.get("then") == "skip":
            return _skip(own, part)
        return _save_safety(request, own, part) if part.is_safety else _save(request, own, part)
    if own.is_over(part):
        drop(request, participant, slug)
        return _page(request, own, part, None, None)
    more = 1 if "more" in request.GET else 0
    typed = brought_back(request, participant, slug)
    form = SectionForm(
        part, own, typed, known=known_facts(own), more_rows=more, leaving=typed is not None
    )
    return _page(
        request, own, part, form, _passcode_form(own, part), is_brought_back=typed is not None
    )


def _before_anything_private(request: HttpRequest, own: Standing, slug: str) -> HttpResponse:
    """Who else can see their mail is said first; then a passcode is chosen, if it needs one."""
    participant = own.participant
    is_shared = participant.shared_mailbox == Participant.SharedMailbox.YES
    has_said = is_shared or _SHARED in own.present
    if request.method == "POST" and slug != AGREEMENTS:
        keep_until_done(request, participant, slug)
    elif not has_said:
        messages.info(request, _CONTACT_FIRST)
    if has_said:
        return passcode_first(request, participant, "you-passcode")
    return redirect("you-section", participant_id=participant.id, slug=_CONTACT)


def _comes_after_agreements(own: Standing, part: Section) -> bool:
    slugs = [s.slug for s in own.form.sections]
    return AGREEMENTS in slugs and slugs.index(part.slug) > slugs.index(AGREEMENTS)


def _page(
    request: HttpRequest,
    own: Standing,
    part: Section,
    form: SectionForm | None,
    passcode: PasscodeForm | None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    is_partly_saved: bool = False,
    is_brought_back: bool = False,
) -> HttpResponse:
    back, after = _neighbours(own, part)
    country = own.participant.request.country
    context = {
        "own": own,
        "part": part,
        "title": _(part.title),
        "lead": _paragraphs(part),
        "after": reverse("you-support", args=[own.participant.id]) if part.is_safety else after,
        # Help stands on the page, so that nothing has to be loaded before it can be read.
        **(support_context(country) if part.is_safety else {}),
        "form": form,
        "passcode": passcode,
        "wrong": [f for f in (form, passcode) if f is not None and f.errors],
        "steps": _steps(own),
        "current": own.form.sections.index(part) + 1,
        "back": back,
        "is_partly_saved": is_partly_saved,
        "is_brought_back": is_brought_back,
    }
    return show(request, own.participant, "section", context, status=status)


def _paragraphs(part: Section) -> Sequence[str]:
    return [" ".join(p.split()) for p in _(part.lead).split("\n\n")] if part.lead else []


def _passcode_form(
    own: Standing, part: Section, data: Mapping[str, Any] | None = None
) -> PasscodeForm | None:
    """The passcode is chosen where one says that others can see one's mail."""
    if part.slug != _CONTACT or own.participant.passcode_hash:
        return None
    return PasscodeForm(data)


def _save(request: HttpRequest, own: Standing, part: Section) -> HttpResponse:
    then = request.POST.get("then", "on")
    participant = own.participant
    form = SectionForm(
        part, own, request.POST, known=known_facts(own), leaving=then in ("later", "more")
    )
    if form.stopped():
        return underage.stopping(request, own, form)
    is_valid = form.is_valid()
    passcode = _passcode_form(own, part)
    if passcode is not None:
        given = form.given.get(_SHARED)
        says = given.value if given else None
        if says is None:
            # Nothing of this page is kept before it is known who else can see it.
            if _SHARED not in form.errors:
                form.add_error(_SHARED, _("Please answer this one first."))
            return _page(request, own, part, form, passcode, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if says != Participant.SharedMailbox.NO:
            passcode = PasscodeForm(request.POST)
            if not passcode.is_valid():
                return _page(
                    request, own, part, form, passcode, status=HTTPStatus.UNPROCESSABLE_ENTITY
                )
            choose_passcode(request, participant, passcode)
    try:
        saved = sheets.save_section(
            participant_id=participant.id,
            section=part.slug,
            given=form.given,
            now=database_now(),
        )
    except (PasscodeNeeded, NotOpen) as refusal:
        return _elsewhere(participant, refusal)
    if not is_valid or saved.conflicts:
        own = standing(participant.id)
        form.after_saving(own, saved.conflicts)
        return _page(
            request,
            own,
            part,
            form,
            _passcode_form(own, part),
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            is_partly_saved=True,
        )
    if _is_one_of_them(form, own):
        messages.warning(
            request,
            _(
                "The person to call in an emergency seems to be somebody who comes along. "
                "Somebody outside would be better: you can change it at any time."
            ),
        )
    if then == "more":
        here = reverse("you-section", args=[participant.id, part.slug])
        return redirect(f"{here}?more")
    if then == "later":
        messages.success(request, _("Saved. Come back whenever you like."))
        return redirect("you", participant_id=participant.id)
    return redirect(_neighbours(own, part)[1])


def _save_safety(request: HttpRequest, own: Standing, part: Section) -> HttpResponse:
    """The safety section: everybody goes on to the same page, whatever they answered.

    An answer that says danger is stored with whatever else is right on the page; that help is the
    response is up to `intake.views.danger`.
    """
    form = SectionForm(part, own, request.POST, known=known_facts(own))
    is_urgent = form.is_urgent()
    form.leaving = is_urgent
    if not form.is_valid() and not is_urgent:
        return _page(request, own, part, form, None, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    participant = own.participant
    try:
        sheets.save_section(
            participant_id=participant.id,
            section=part.slug,
            given=form.given,
            now=database_now(),
        )
    except (PasscodeNeeded, NotOpen) as refusal:
        return _elsewhere(participant, refusal)
    return redirect("you-support", participant_id=participant.id)


def _is_one_of_them(form: SectionForm, own: Standing) -> bool:
    """Whether the emergency contact just given carries the name of somebody who attends."""
    given = form.given.get("em_name")
    if given is None or not isinstance(given.value, str):
        return False
    name = given.value.casefold()
    return not {name, name.split()[0]}.isdisjoint(names_known_to(own.participant))


def _elsewhere(participant: Participant, refusal: PasscodeNeeded | NotOpen) -> HttpResponse:
    """Where somebody goes on whose answers cannot be saved now."""
    name = "you-passcode" if isinstance(refusal, PasscodeNeeded) else "you"
    return redirect(name, participant_id=participant.id)


def _skip(own: Standing, part: Section) -> HttpResponse:
    participant = own.participant
    try:
        sheets.skip_section(participant_id=participant.id, section=part.slug, now=database_now())
    except (PasscodeNeeded, NotOpen) as refusal:
        return _elsewhere(participant, refusal)
    return redirect(_neighbours(own, part)[1])


@private_page(after_the_end=True)
def support(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Other ways to get support: everybody comes here after the safety section.

    It is there on every page of theirs too, and for those who have finished, ended or been ended:
    that somebody looks at it tells nothing. No passcode: nothing on it is anybody's answer.
    """
    own = standing(participant.id)
    safety = next((s for s in own.form.sections if s.is_safety), None)
    context = dict(support_context(participant.request.country))
    if own.is_open and safety is not None and safety.slug in own.settled:
        context |= {
            "steps": _steps(own),
            "current": own.form.sections.index(safety) + 1,
            "after": _neighbours(own, safety)[1],
        }
    return show(request, participant, "support", context)


def _agreements(request: HttpRequest, own: Standing, part: Section) -> HttpResponse:
    back, after = _neighbours(own, part)
    form = AgreementsForm(own, request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            try:
                consents.sign(
                    participant_id=own.participant.id,
                    legal_name=form.cleaned_data["cn_sign"],
                    agreed=form.agreed,
                    shown=form.shown,
                    now=database_now(),
                )
            except TextChanged as changed:
                form = form.with_new_texts(changed.documents)
            else:
                slugs = [s.slug for s in own.form.sections]
                if slug := waiting(request, own.participant, slugs):
                    return redirect("you-section", participant_id=own.participant.id, slug=slug)
                if not standing(own.participant.id).incomplete:
                    # Only this was missing, as after a new version: what is left is to finish.
                    return redirect("you-answers-seen", participant_id=own.participant.id)
                return redirect(after)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "own": own,
        "title": _(part.title),
        "lead": _(part.lead),
        "form": form,
        "is_signed": not own.unsigned,
        "new_titles": [d.title for d in own.documents if d.consent.key in own.unsigned]
        if own.signatures
        else [],
        "steps": _steps(own),
        "current": own.form.sections.index(part) + 1,
        "back": back,
        "after": after,
    }
    return show(request, own.participant, "agreements", context, status=status)


@private_page(answers=True)
@require_POST
def take_back(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Take one agreement back; the document is named in the body, never in the address."""
    named = request.POST.get("document", "")
    signed = standing(participant.id).signatures
    if named in signed:
        consents.take_back(participant_id=participant.id, document=named, now=database_now())
        messages.success(request, _("Taken back."))
    return redirect("you-section", participant_id=participant.id, slug=AGREEMENTS)


@private_page(answers=True)
def seen(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The last page: what the others will see, what is still missing, and finish."""
    own = standing(participant.id)
    if not own.is_open:
        return redirect("you", participant_id=participant.id)
    if request.method == "POST":
        try:
            sheets.finish(participant_id=participant.id, now=database_now())
        except NotComplete:
            pass  # the page says what is missing
        except PasscodeNeeded:
            return redirect("you-passcode", participant_id=participant.id)
        else:
            messages.success(request, _("All set on your side. Thank you."))
            return redirect("you", participant_id=participant.id)
    titles = {s.slug: _(s.title) for s in own.form.sections}
    steps = _steps(own)
    context = {
        "own": own,
        "answers": [told(s) for s in for_the_others(own) if not s.is_unreadable],
        "has_others": own.facts.people > 1 or own.facts.relationship_type == "group",
        "incomplete": [
            (titles[slug], reverse("you-section", args=[participant.id, slug]))
            for slug in own.incomplete
        ],
        "steps": steps,
        "current": len(steps),
        "back": steps[-2]["url"],
    }
    is_refused = request.method == "POST"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return show(request, participant, "seen", context, status=status)
