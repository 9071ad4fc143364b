"""The practitioner's settings of their own messages, and of what the practice promises."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.views.desk.page import desk_context
from notifications.domain.refusals import WordingMoved
from notifications.forms.own import OwnMessagesForm, PromiseForm
from notifications.operations.own import change_promise, choose_own_messages
from practice.models import Practice, Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def own_messages(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Which messages come to the practitioner, and when the morning's does."""
    typed = request.POST if request.method == "POST" else None
    form = OwnMessagesForm(typed, practitioner=practitioner)
    if form.is_bound and form.is_valid():
        choose_own_messages(
            practitioner_id=practitioner.pk, choices=form.choices(), now=database_now()
        )
        messages.success(request, _("Saved."))
        return redirect("messages:own")
    return _page(request, practitioner, "own_messages", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def promise(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """When the practice answers, as its pages and its first message say."""
    now_promised = Practice.objects.get().reply_promise
    form = PromiseForm(
        request.POST if request.method == "POST" else None,
        initial={"text": now_promised, "seen": now_promised},
    )
    if form.is_bound and form.is_valid():
        try:
            change_promise(
                text=form.cleaned_data["text"],
                seen=form.cleaned_data["seen"],
                practitioner_id=practitioner.pk,
                now=database_now(),
            )
        except WordingMoved:
            # The next press is made with the other one before their eyes.
            form = PromiseForm({"text": form.cleaned_data["text"], "seen": now_promised})
            form.add_error(
                "text",
                _("Somebody saved another one meanwhile: “%(promise)s”. Save again to replace it.")
                % {"promise": now_promised},
            )
        else:
            messages.success(request, _("Saved. It is promised like this from now on."))
            return redirect("messages:wordings")
    return _page(request, practitioner, "promise", {"form": form, "promise": now_promised})


def _page(
    request: HttpRequest, practitioner: Practitioner, name: str, context: dict[str, Any]
) -> HttpResponse:
    everything = {
        **desk_context(practitioner, section="settings", now=database_now()),
        **context,
    }
    status = 422 if context["form"].is_bound else 200
    return render(request, f"notifications/{name}.html", everything, status=status)
