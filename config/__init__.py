"""The composition root: settings, URLs, Celery, the embedded servers, the site-wide frame.

It imports the apps; no app imports it.
"""
