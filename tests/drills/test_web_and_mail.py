"""The web server answers throughout while the mail server is down, slow or rude."""

import time
from dataclasses import dataclass

import pytest

from notifications.models import Delivery
from tests.conftest import Site
from tests.drills.ground import Stub, celery_worker, make_due, ring, wait_until_all_ended
from tests.drills.visitors import visitors

DUE = 40
#: For so long people look while the mail server is like this.
SECONDS = 8.0


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the mail server: it is away, or as slow and as rude as this."""

    answer: str = ""
    seconds: float = 0.0
    is_away: bool = False

    def begin(self, stub: Stub) -> None:
        stub.always, stub.seconds = self.answer, self.seconds
        if self.is_away:
            stub.stop()

    def end(self, stub: Stub) -> None:
        stub.always, stub.seconds = "", 0.0
        if self.is_away:
            stub.start()


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Trouble(is_away=True), id="down", marks=pytest.mark.drill),
        pytest.param(Trouble(seconds=3.0), id="slow"),
        pytest.param(Trouble("421 4.3.2 closing"), id="421", marks=pytest.mark.drill),
        pytest.param(Trouble("451 4.3.0 later"), id="451", marks=pytest.mark.drill),
        pytest.param(Trouble("550 5.1.1 no such user"), id="550", marks=pytest.mark.drill),
    ],
)
def test_whatever_the_mail_server_does_people_are_answered(
    stub: Stub,
    environment: dict[str, str],
    site: Site,
    trouble: Trouble,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_due(DUE)
    trouble.begin(stub)

    with celery_worker(environment, stub), visitors(site.url, number=2) as people:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            ring()
            time.sleep(0.5)
        not_sent = Delivery.objects.exclude(state="sent").count()
        trouble.end(stub)
        wait_until_all_ended()

    with capsys.disabled():
        print(f"\n{trouble}: {people}")  # noqa: T201  (the figure for docs/reliability.md)
    assert not_sent > 0  # it was as bad as it was meant to be
    assert people.statuses == {200}
