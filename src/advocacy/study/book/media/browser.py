"""Chromium, which prints the book and sets its formulas; it asks no other machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from advocacy.study.book.media.assembled import PrintError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 600
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=120000",
    "--allow-file-access-from-files",
)  # fmt: skip


def find_browser() -> str:
    """Return the path of the browser.

    Raises
    ------
    PrintError
        There is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise PrintError(
            f"No program that prints the book is installed; looked for {', '.join(BROWSERS)}.",
            remedy="Install Chromium, on Debian with: apt install chromium.",
        )
    return found


def opened(browser: str, page: Path, profile: Path, options: Sequence[str]) -> tuple[str, str]:
    """Open a page, its scripts run, and return what the browser wrote and what it complained of.

    Parameters
    ----------
    browser
        Its path.
    page
        File of the page.
    profile
        Folder for what the browser keeps.
    options
        What it does with the page.
    """
    command = [browser, *_OPTIONS, *options, f"--user-data-dir={profile}", page.resolve().as_uri()]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", errors="replace",
            check=False, timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "", f"it took more than {_SECONDS} seconds"
    return done.stdout, done.stderr
