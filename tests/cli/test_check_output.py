"""The first line of ``careflow check``: how many stays are kept, of how many rows or lines how many are not."""

import pandas as pd
from support.drawn import drawn

import careflow as cf
from careflow.cli.check_output import matters_told

STAYS = """
person | level | admit | discharge
Ana    | php   | 0     | 10
Bob    | iop   | 5     | 20
       | php   | 5     | 20
"""


def test_rows_set_aside_are_a_share_of_the_rows():
    episodes = cf.read_episodes(drawn(STAYS), cutoff="2024-12-31", accept=["R01"])
    assert next(matters_told(episodes)) == "Can be counted: 2 stays kept, 1 of 3 rows set aside (33.3%)."


def test_lines_of_a_source_are_a_share_of_its_lines_not_of_stays(tmp_path):
    """Ten lines of one stay in an IOP, of which two were denied: two of ten lines, not two of three."""
    lines = pd.DataFrame({
        "person_id": "p1", "claim_id": [f"c{i}" for i in range(10)], "claim_line_number": "1",
        "claim_line_start_date": [f"2024-03-{i + 1:02d}" for i in range(10)],
        "hcpcs_code": "H0015", "claim_status": ["denied"] * 2 + ["paid"] * 8,
    })  # fmt: skip
    lines.to_csv(tmp_path / "lines.csv", index=False)
    source = cf.sources.claims(tmp_path / "lines.csv", scope="file")
    episodes = cf.read_episodes(source, cutoff="2024-12-31", accept=["C07"])
    assert next(matters_told(episodes)) == "Can be counted: 1 stays kept, 2 of 10 lines set aside (20.0%)."
