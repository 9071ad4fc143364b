"""What holds for all sessions: how many people, how long time is held, when decisions leave."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from booking.forms.defaults import DefaultsForm
from booking.views.desk.page import desk_response
from practice.models import Practice, Practitioner
from practice.operations.defaults import set_defaults
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def defaults(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """See them and change them; what is held or offered already keeps its end."""
    now = timezone.now()
    if request.method == "POST":
        form = DefaultsForm(request.POST)
        if form.is_valid():
            set_defaults(practitioner_id=practitioner.pk, defaults=form.defaults, now=now)
            messages.success(request, gettext("Saved. What is held or offered keeps its end."))
            return redirect("desk:defaults")
    else:
        form = DefaultsForm(initial=DefaultsForm.initial_of(Practice.objects.get()))
    return desk_response(
        request,
        practitioner,
        "defaults.html",
        {"form": form},
        section="settings",
        now=now,
        status=400 if form.errors else 200,
    )
