"""The command line's main job."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bluecellab.cli import main


def test_demo_writes_traces_and_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--output", str(tmp_path / "out"), "--duration", "50", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert "spikes at the soma: " in shown.out
    assert shown.err == ""
    table = pd.read_csv(tmp_path / "out" / "demo_traces.csv", index_col=0)
    assert len(table) == 2001
    assert table.max().max() > 0
    assert (tmp_path / "out" / "demo.png").stat().st_size > 10_000


def test_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "demo" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main(["no-such-command"])
    assert caught.value.code == 2
    assert main(["demo", "--duration", "-5", "--quiet"]) == 1
    assert "bluecellab:" in capsys.readouterr().err
