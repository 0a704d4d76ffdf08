"""Running commands as the installed program does, in this process."""

from __future__ import annotations

import sys

import pytest
from outcome import Command, Outcome

from advocacy.cli import main


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs `advocacy` with arguments through its `main`."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["advocacy", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    return run
