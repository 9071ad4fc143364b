"""The front page, and the articles that lead to a request."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from practice.queries import (
    active_practitioners,
    article,
    offered_services,
    published_articles,
    the_practice,
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the practice offers; on a fresh installation, what to do first."""
    practice = the_practice()
    if practice is None:
        return render(request, "practice/fresh.html")
    return render(
        request,
        "practice/home.html",
        {
            "practice": practice,
            "practitioners": active_practitioners(),
            "services": offered_services(),
            "articles": published_articles(),
        },
    )


@require_safe
def articles(request: HttpRequest) -> HttpResponse:
    """Everything to read, newest first."""
    return render(request, "practice/articles.html", _frame() | {"articles": published_articles()})


@require_safe
def read_article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article. It ends with the way to ask for a session."""
    found = article(slug)
    if found is None:
        raise Http404
    paragraphs = [p.strip() for p in found.body.split("\n\n") if p.strip()]
    return render(
        request, "practice/article.html", _frame() | {"article": found, "paragraphs": paragraphs}
    )


def _frame() -> dict[str, object]:
    return {"practice": the_practice(), "practice_url": reverse("home")}
