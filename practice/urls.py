"""Addresses of the practice's own pages."""

from django.urls import URLPattern, path

from practice.views import articles

urlpatterns: list[URLPattern] = [
    path("", articles.home, name="home"),
    path("articles/", articles.articles, name="articles"),
    path("articles/<slug:slug>/", articles.read_article, name="article"),
]
