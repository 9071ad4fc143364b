"""A look at a page: axe finds nothing, nothing overflows, and a picture is left."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from tests.browser.people import settled

PICTURES = Path("test-results/pages")
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
LOOKS: Sequence[tuple[str, ViewportSize, Literal["light", "dark"]]] = (
    ("phone", PHONE, "light"),
    ("desktop", DESKTOP, "dark"),
)


class Gallery:
    """Looks at pages, on a phone in daylight and at a desk in the dark."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        PICTURES.mkdir(parents=True, exist_ok=True)

    def looks_at(self, page: Page, name: str, path: str = "", *, status: int = 200) -> None:
        if path:
            answer = page.goto(path)
            assert answer is not None
            if answer.status != status:
                self.findings.append(f"{name}: {path} answered {answer.status}")
        settled(page)
        for device, size, scheme in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=PICTURES / f"{name}-{device}-{scheme}.png", full_page=True)
            self._note(page, f"{name} ({device}, {scheme})")
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")
        page.screenshot(path=PICTURES / f"{name}-desktop-light.png", full_page=True)

    def _note(self, page: Page, where: str) -> None:
        for violation in Axe().run(page).response["violations"]:
            targets = [node["target"] for node in violation["nodes"]][:3]
            self.findings.append(f"{where}: {violation['id']} at {targets}")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.findings.append(f"{where}: wider than the screen")
