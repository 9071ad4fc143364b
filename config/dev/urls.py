from django.urls import path

from config.dev import views

app_name = "dev"

urlpatterns = [
    path("", views.index, name="index"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<str:name>/", views.message, name="message"),
    path("mailbox/<str:name>/source/", views.source, name="source"),
    path("mailbox/<str:name>/html/", views.html, name="html"),
    path("mailbox/<str:name>/parts/<int:number>/", views.part, name="part"),
]
