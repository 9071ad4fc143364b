"""What every press of a button on the desk has in common: do it and say so, or say why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from booking.domain.refusals import InvalidRequest, Refusal, SlotTaken
from booking.domain.states import TransitionNotAllowed
from booking.forms.desk import TimesForm, add_problems, typed_times
from booking.views.desk import words
from booking.views.desk.words import Notice


def press(
    request: HttpRequest,
    operation: Callable[[], str],
    *,
    back: str,
    show: Callable[[Notice], HttpResponse],
    leaves: str = "",
) -> HttpResponse:
    """Carry out what was pressed: its sentence and `back`, or the page with why it was refused.

    `leaves`: when a decision made now would leave, in words.
    """
    try:
        done = operation()
    except (Refusal, TransitionNotAllowed) as refusal:
        return show(words.refused(refusal, leaves=leaves))
    messages.success(request, done)
    return redirect(back)


@dataclass(frozen=True, slots=True)
class Choosing:
    """A page on which times are being chosen, as it stands."""

    form: TimesForm
    taken: SlotTaken | None = None
    status: int = 200

    @property
    def selected(self) -> list[datetime]:
        """What is ticked, without the time that has just turned out to be taken."""
        gone = self.taken.wanted if self.taken else None
        return [at for at in self.form.chosen if at != gone]

    @property
    def notice(self) -> Notice | None:
        """Why the time was not free, with the nearest that are."""
        return words.refused(self.taken) if self.taken else None


def choose_times(
    request: HttpRequest,
    form_class: type[TimesForm],
    tz: ZoneInfo,
    *,
    take: Callable[[list[datetime]], str],
    ask: Callable[[Choosing], HttpResponse],
    refused: Callable[[Notice], HttpResponse],
    back: str,
) -> HttpResponse:
    """Ask for times until they can be taken; nothing typed is lost on the way.

    `ask` shows the page with its picker, `take` carries out what was chosen and says so, and
    `refused` shows the page that one came from when choosing another time would not help.
    """
    if request.method != "POST" or "week" in request.POST:
        typed = request.POST if request.method == "POST" else request.GET
        return ask(Choosing(form_class(initial=typed_times(typed), tz=tz)))
    form = form_class(request.POST, tz=tz)
    if not form.is_valid():
        return ask(Choosing(form, status=400))
    try:
        done = take(form.cleaned_data["times"])
    except InvalidRequest as invalid:
        add_problems(form, (), invalid.problems)
        return ask(Choosing(form, status=400))
    except SlotTaken as taken:
        return ask(Choosing(form, taken, status=409))
    except (Refusal, TransitionNotAllowed) as refusal:
        return refused(words.refused(refusal))
    messages.success(request, done)
    return redirect(back)
