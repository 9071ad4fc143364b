"""The caught mail, and a way to let time pass."""

from datetime import timedelta
from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.management import call_command
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_safe

from config.dev import mailbox as caught
from config.dev.mailbox import CaughtMail

_HTML_POLICY: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": ["allow-popups"],
}


class TimePasses(forms.Form):
    """How far to look ahead."""

    hours = forms.IntegerField(min_value=1, max_value=24 * 90, initial=24)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Where to go; and a form that runs the sweep as if it were later.

    Only on embedded servers: the sweep releases holds and sends reminders, which on real data
    nobody may do ahead of time. The clock itself stays.
    """
    form = TimePasses(request.POST or None)
    if request.method == "POST":
        if not settings.EMBEDDED:
            raise Http404
        if form.is_valid():
            later = timezone.now() + timedelta(hours=form.cleaned_data["hours"])
            call_command("sweep", now=later.isoformat())
            messages.success(request, f"Everything due by {later:%d %B %Y, %H:%M} UTC was done.")
            return redirect("dev:index")
    return render(request, "dev/index.html", {"form": form, "embedded": settings.EMBEDDED})


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    return render(request, "dev/mailbox.html", {"mails": caught.newest_first(_folder())})


@require_safe
def message(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "dev/message.html", {"mail": _mail(name)})


@require_safe
def source(_request: HttpRequest, name: str) -> HttpResponse:
    mail = _mail(name)
    return _download(mail.raw, "message/rfc822", f"{mail.name}.eml")


@require_safe
@xframe_options_sameorigin
@csp_override(_HTML_POLICY)
def html(_request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part for the frame in the page of the message: no script, no request to anywhere."""
    return HttpResponse(_mail(name).html)


@require_safe
def part(_request: HttpRequest, name: str, number: int) -> HttpResponse:
    for found in _mail(name).parts:
        if found.number == number:
            return _download(found.content, found.content_type, found.filename or f"part-{number}")
    raise Http404


def _folder() -> Path:
    if settings.MAIL_CATCHER_DIR is None:
        raise Http404
    return settings.MAIL_CATCHER_DIR


def _mail(name: str) -> CaughtMail:
    mail = caught.find(_folder(), name)
    if mail is None:
        raise Http404
    return mail


def _download(content: bytes, content_type: str, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
