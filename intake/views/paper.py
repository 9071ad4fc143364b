"""Pages as PDF. They are made in memory: nothing is fetched for them and nothing is written."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


class PaperMissing(Exception):
    """This machine has no Pango, the library that sets the type."""


@cache
def _weasyprint() -> ModuleType:
    """The library, loaded at the first PDF: it costs as much time as the rest of a start."""
    try:
        return import_module("weasyprint")
    except OSError as error:
        raise PaperMissing from error


def is_possible() -> bool:
    """Whether a PDF can be made here."""
    try:
        _weasyprint()
    except PaperMissing:
        return False
    return True


def not_possible(request: HttpRequest, back: str, *args: Any) -> HttpResponse:
    """Back to the page, which prints by itself."""
    messages.info(
        request,
        _("This server cannot make a PDF. Your browser can: print the page, and save it as a PDF."),
    )
    return redirect(back, *args)


def paper(
    request: HttpRequest, name: str, context: Mapping[str, Any], *, file_name: str
) -> HttpResponse:
    """The page `intake/paper/<name>.html` as a file to keep. Raises `PaperMissing`.

    The file's name, like the title inside it, says nothing of what it holds.
    """
    made = _weasyprint()
    html = render_to_string(f"intake/paper/{name}.html", dict(context), request)
    style = made.CSS(string=render_to_string("intake/paper/paper.css"), url_fetcher=_nothing)
    content = made.HTML(string=html, url_fetcher=_nothing).write_pdf(stylesheets=[style])
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _nothing(url: str, *_args: Any, **_options: Any) -> NoReturn:
    """What somebody wrote must not make the server open an address."""
    raise ValueError(url)
