"""Pictures of every page of the portal: `python -m tools.screenshots OUT [URL NAME PASSWORD]`.

Without an address it is the lab's portal, once its machines have arrived or failed.
"""

import argparse
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from playwright.sync_api import sync_playwright

from tools.portal_pages import shown

WIDTHS = (1440, 390)
THEMES = ("light", "dark")
CHROMIUM = "/usr/bin/chromium"


FAULTS = ("install-stuck:2", "cloud-init-error:3", "commissioning-script:4")
LAB = (sys.executable, "-m", "gough", "lab", "--machines", "9", "--preinstalled", "2", "--port", "0")


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    asked.add_argument("out", help="folder for the pictures; it is made where it lacks")
    asked.add_argument("portal", nargs="*", metavar="URL NAME PASSWORD", help="a portal that runs already")
    given = asked.parse_args()
    if len(given.portal) not in (0, 3):
        asked.error("a portal is told by its URL, a name and its password")
    if given.portal:
        take(given.out, *given.portal)
    else:
        with lab() as found:
            take(given.out, *found)


@contextmanager
def lab() -> Iterator[tuple[str, str, str]]:
    """(address, name, password) of a lab's portal in which as much has happened as will."""
    with TemporaryDirectory(prefix="gough-lab-") as folder:
        options = [word for fault in FAULTS for word in ("--fault", fault)]
        process = subprocess.Popen([*LAB, *options, "--folder", folder], stderr=subprocess.PIPE, text=True)
        try:
            said = []
            assert process.stderr is not None
            for line in process.stderr:
                said.append(line)
                if re.search(r"\d+ of \d+ machines are in service", line):
                    break
            found = re.search(r"Portal +(\S+)\s+Login +(\S+) +/ +(\S+)", "".join(said))
            if found is None:
                raise RuntimeError("the lab did not start:\n" + "".join(said))
            Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop the lab
            yield found[1], found[2], found[3]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def take(out: str, url: str, name: str, password: str) -> None:
    """Every page in both themes and widths, as OUT/page-theme-width.png. Nothing is changed but one adoption."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for theme, width in product(THEMES, WIDTHS):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
            page.goto(f"{url}/login")
            page.screenshot(path=folder / f"login-{theme}-{width}.png")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Sign in").click()
            for title in shown(page, url):
                page.screenshot(path=folder / f"{title}-{theme}-{width}.png", full_page=width < 1000)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
