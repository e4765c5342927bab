"""Tables as files that no program runs."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from careflow.report.content.data_files import to_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    frame = pd.DataFrame({"level": [f"{start}cmd|' /C calc'!A0"]})

    assert pd.read_csv(BytesIO(to_csv(frame)))["level"].iloc[0].startswith("'")


def test_a_heading_is_a_text_too():
    assert to_csv(pd.DataFrame({"=a": [1]})) == b"'=a\n1\n"


def test_numbers_are_written_whole_and_below_zero_they_stay_numbers():
    frame = pd.DataFrame({"change": [-0.1, 1 / 3, np.nan], "n": [12.0, 13.0, np.nan]})
    back = pd.read_csv(BytesIO(to_csv(frame)))
    pd.testing.assert_frame_equal(back, frame)


def test_what_is_hidden_is_empty_and_said_to_be_hidden():
    frame = pd.DataFrame({"n": [np.nan], "hidden": [True], "clear": [None]})
    assert to_csv(frame) == b"n,hidden,clear\n,true,\n"
