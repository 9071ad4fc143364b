"""A form that needs another look, shown by the page that a press leads on to."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from booking.views import drafts


def see_errors(
    request: HttpRequest, name: str, address: str, form: forms.Form, **query: str
) -> HttpResponse:
    """Lead on to the page of this form, which shows it as it was sent, with what is wrong."""
    own: dict[str, list[str]] = {
        field: [str(error) for error in errors] for field, errors in form.errors.items()
    }
    return drafts.show_again(request, name, address, typed=request.POST, query=query, errors=own)


def form_again[F: forms.Form](
    request: HttpRequest, name: str, make: Callable[..., F], **options: Any
) -> F:
    """The form of a page: as it was sent, where the page's address says so; else as it opens."""
    draft = drafts.kept(request, name)
    if draft is None:
        return make(**options)
    form = make(draft.typed, **options)
    # What only sending it could tell (a wrong code) is said again, not tried again.
    for field, sentences in draft.note.get("errors", {}).items():
        for sentence in sentences:
            if sentence not in form.errors.get(field, ()):
                form.add_error(None if field == "__all__" else field, sentence)
    return form
