"""In a notebook an error is one line that says what to do, not a traceback that could show a row."""

import pytest
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def shell():
    made = InteractiveShell.instance()
    yield made
    InteractiveShell.clear_instance()


def test_an_error_of_careflow_is_one_line(shell, capsys):
    done = shell.run_cell("import careflow as cf\ncf.read_episodes('no such file.csv', cutoff='2025-12-31')")
    assert done.error_in_exec is not None
    printed = capsys.readouterr()
    shown = (printed.out + printed.err).strip()
    assert shown.startswith("RecordError: ")
    assert "\n" not in shown


@pytest.mark.slow
def test_an_error_of_python_keeps_its_traceback(shell, capsys):
    shell.run_cell("1 / 0")
    printed = capsys.readouterr()
    assert "Traceback" in printed.out + printed.err
