"""`manage.py seed_demo`: the demo practice of `make run`."""

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.practice import SIGN_IN, set_up
from config.demo.story import tell
from practice.models import Practice, Service
from practice.operations.tokens import issue_token
from practice.queries import database_now


class Command(BaseCommand):
    """Makes the demo practice once; a second run only brings demo.json up to date."""

    help = "Set up the demo practice (embedded servers only) and write .data/demo.json."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "The demo practice is only for the embedded servers of `make run`. "
                "For a real practice: manage.py create_practice"
            )
        path = Path(settings.DATA_DIR) / "demo.json"
        if Practice.objects.exists():
            self._refresh(path)
            return
        now = database_now()
        # Made up at random on each machine: no installation ever has a known password.
        password = f"harbor-{secrets.token_hex(4)}"
        practitioner = set_up(password=password, now=now)
        tell(practitioner, now=now)
        token = issue_token(practitioner=practitioner, name="demo", now=now)
        path.write_text(
            json.dumps(
                {
                    "base_url": settings.BASE_URL,
                    "practitioner": practitioner.slug,
                    "services": list(Service.objects.values_list("slug", flat=True)),
                    "sign_in": {"email": SIGN_IN, "password": password},
                    "api_token": token,
                    "mail_folder": str(settings.MAIL_CATCHER_DIR or ""),
                },
                indent=2,
            )
            + "\n"
        )
        path.chmod(0o600)
        self.stdout.write("The demo practice is ready.")

    def _refresh(self, path: Path) -> None:
        if not path.exists():
            return
        demo = json.loads(path.read_text())
        demo["base_url"] = settings.BASE_URL
        demo["mail_folder"] = str(settings.MAIL_CATCHER_DIR or "")
        path.write_text(json.dumps(demo, indent=2) + "\n")
