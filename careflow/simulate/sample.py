"""``data/sample``: the made-up file of the README, the notebooks and the tests, and the page that describes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from careflow.atomic_files import write_whole
from careflow.records.schema import FIELDS
from careflow.simulate.claims import PEOPLE
from careflow.simulate.faults import FAULTS, add_faults, fault_counts
from careflow.simulate.parameters import Truth
from careflow.simulate.process import LAST_MOVE, LEVELS
from careflow.simulate.records import COLUMNS, CUTOFF, FIRST, SEED, simulate
from careflow.simulate.standard import CT_ADMISSIONS


def write_sample(folder: str | Path) -> tuple[Path, Path]:
    """Write ``episodes.csv`` and its ``README.md`` into ``folder``, and return their paths.

    The bytes are the same on every machine: UTF-8, line ends LF.
    """
    clean = simulate()
    faulty = add_faults(clean)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    episodes, readme = target / "episodes.csv", target / "README.md"
    write_whole(episodes, faulty.to_csv(index=False, lineterminator="\n").encode())
    write_whole(readme, sample_readme(clean, faulty).encode())
    return episodes, readme


def sample_readme(clean: pd.DataFrame, faulty: pd.DataFrame) -> str:
    """Return the README of the sample: columns, true values, sources and faults, from the objects that define them."""
    return "\n".join((_head(clean, faulty), _truth(Truth.standard()), _sources(), _faulty(len(clean)), _claims()))


def _head(clean: pd.DataFrame, faulty: pd.DataFrame) -> str:
    open_stays = int(clean.discharge_date.isna().sum())
    return f"""# Made-up episodes

`episodes.csv` is made up: no person, stay, facility or payer in it exists. It has {len(faulty):,} rows:
{len(clean):,} stays of {clean.person_id.nunique():,} people from {FIRST} to {CUTOFF}, {open_stays:,} of them open at
the end, and the duplicates among its faults. UTF-8, line ends LF, dates `%Y-%m-%d`, missing values empty.

The file and this page are written by `python -m careflow.simulate data/sample` (seed {SEED}). A test writes both again
and compares every byte.

## Columns

{_columns()}"""


def _truth(truth: Truth) -> str:
    before, after = (_percent(truth, changed=changed) for changed in (False, True))
    return f"""## True values

The stays are drawn at random with known parameters, so estimates can be compared with true values. A person is admitted
to a level. The discharge reason depends on the level; the nights, and the next level within {LAST_MOVE} days, depend on
level and reason. A person without a next level may come back later. Facility and payer have no effect, so differences
between them are random. A few stays begin up to {truth.taper_days} days before the previous stay ends (PHP into IOP,
IOP into outpatient). Admissions of new people vary with the season, and are fewer at weekends.

The network of care opens on {FIRST}, with a waiting list. Later there are fewer first admissions and more returns, so
that admissions grow by about 2% a year. Nobody is in care before that day, so no stay is left-truncated. The census
grows in the first year, longest for outpatient. Short stays, which more often end early, are a larger share of the
discharges in the first quarters than later.

**There is one change.** From {truth.changed_on:%Y-%m-%d} on, planned discharges from residential care move to PHP about
twice as often: **residential to PHP within {LAST_MOVE} days is {before}% before and {after}% after.** Most of these
people would have had no next level. No length of stay changes.

True share of discharges by next level or outcome within {LAST_MOVE} days, in %, before the change (`residential*`:
after it):

{_rates(truth)}
True length of stay in nights, without censoring:

{_lengths(truth)}
`Truth.standard()` has all parameters; its `.transitions(within=, changed=)`, `.quantiles(level, shares)` and
`.mean(level, horizon)` give the true values.
"""


def _sources() -> str:
    return f"""## Sources

- Level mix: admissions to addiction programmes, Connecticut DMHAS annual reports, state fiscal years 2016-2019
  ({_mix()}).
  Inpatient, residential and outpatient have the ratios of those admissions. PHP and IOP have a larger share here: at
  Connecticut's share a quarter would have about 7 PHP stays, and every cell about them would be suppressed.
- Discharge reasons: TEDS 2004, table 2.5, by service (SAMHSA); incarcerated, died and other split as in TEDS-D 2019.
  TEDS has no PHP; its reasons are half-way between IOP and residential.
- Nights: inpatient as the detoxification stays of the CTN-0051 trial (quartiles 4, 6, 8); residential as short term
  (TEDS 2005: median 21, mean 26) and long term (TEDS 2004: median 46, mean 74) in 60 to 40; outpatient so that about
  4% of all stays exceed a year (5.4% in TEDS-D 2019).
- Season: Connecticut DMHAS admissions by month, July 2013 to June 2016.
- Assumed, without a public source: next levels, gaps, returns, nights at PHP and IOP, payers, facilities,
  weekdays, the pace of arrivals, overlaps, and the change.
"""


def _faulty(rows: int) -> str:
    return f"""## Faults

{sum(fault_counts(rows).values())} rows (0.5%) have one fault each, of the kinds that real files have, for the
checks to find:

{_faults(rows)}"""


def _claims() -> str:
    return f"""## Claims

`claims.csv.gz` is made up, too: claims lines of the stays of the first {PEOPLE:,} people, as a payer would hold them,
without the faults above. 24-hour care is billed by month or by stay, day programs by week, sessions one by one; some
claims are denied and billed again, some are replaced, and professionals bill sessions within 24-hour stays. Read it
with `cf.read_episodes(cf.sources.claims("claims.csv.gz"), cutoff="{CUTOFF}")`. Most stays come back as they were; stays
at one level that are near each other are joined, sessions within a more intensive stay are part of it, and a day
program that ended shortly before the cut-off may still go on, for all that claims say.
"""


def _columns() -> str:
    fields = {field.name: field for field in FIELDS}
    rows = [
        (f"`{name}`", "yes" if fields[name].required else "no", fields[name].meaning, f"`{example}`")
        for name, example in zip(COLUMNS, _EXAMPLES, strict=True)
    ]
    return _table(("column", "required", "meaning", "example"), rows)


_EXAMPLES = ("P000123", "E000123", "residential", "2024-03-01", "2024-03-29", "completed", "Cedar House", "medicaid")


def _rates(truth: Truth) -> str:
    rows = []
    for level, changed in [(level, False) for level in LEVELS] + [("residential", True)]:
        frame = truth.transitions(changed=changed)
        shares = frame[frame["from"] == level].set_index("to").probability
        cells = [f"{100 * shares[to]:.1f}" for to in (*LEVELS, "left care", "concurrent", "died")]
        rows.append((level + "*" * changed, *cells))
    return _table(("from", *LEVELS, "left care", "concurrent", "died"), rows)


def _lengths(truth: Truth) -> str:
    rows = [
        (level, *map(str, truth.quantiles(level)), f"{truth.mean(level):.1f}", f"{truth.mean(level, 365):.1f}")
        for level in LEVELS
    ]
    return _table(("level", "lower quartile", "median", "upper quartile", "mean", "mean within 365 days"), rows)


def _faults(rows: int) -> str:
    counts = fault_counts(rows)
    return _table(("fault", "rows", "description"), [(f.name, str(counts[f.name]), f.meaning) for f in FAULTS])


def _percent(truth: Truth, *, changed: bool) -> str:
    rates = truth.transitions(changed=changed).set_index(["from", "to"]).probability
    return f"{100 * rates['residential', 'php']:.1f}"


def _mix() -> str:
    total = sum(CT_ADMISSIONS.values())
    return ", ".join(f"{level} {100 * n / total:.1f}%" for level, n in CT_ADMISSIONS.items())


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
