"""The parameters of ``data/sample``, and the source of each.

From public sources
-------------------
Level mix
    Connecticut DMHAS annual reports, addiction programmes, state fiscal years 2016-2019 (:data:`CT_ADMISSIONS`):
    inpatient, residential and outpatient have the ratios of those admissions. PHP and IOP have a much larger share
    than there (0.6% and 9%): at Connecticut's share a quarter would have 7 PHP stays, and every cell about PHP would
    be suppressed. ``entry`` is chosen so that all stays have this mix.
Discharge reasons
    TEDS 2004 discharges, table 2.5 (:data:`TEDS_REASONS`): completed, transferred, dropped out and terminated, by
    service. Its "other" is split into incarcerated, died and other about as in TEDS-D 2019 (26,005 : 3,576 : 69,626),
    with 15 to 20 per mille as unknown. TEDS has no PHP: its reasons are half-way between IOP and residential.
Length of stay
    Inpatient: detoxification stays of the CTN-0051 trial (quartiles 4, 6, 8 days, longest 40). Residential: short
    term (TEDS 2005: median 21, mean 26 days) and long term (TEDS 2004: median 46, mean 74, those who completed 79,
    dropped out 21) as 60 to 40, their discharges in TEDS-D 2019 (179,737 : 121,470). Outpatient: so that about
    4% of all stays exceed a year; in TEDS-D 2019 it is 5.4% (93,500 of 1,722,503).
Season of new people
    Connecticut DMHAS admissions by month, July 2013 to June 2016, per day of the month.

Assumed, without a public source
--------------------------------
Next levels and gaps, returns, nights at PHP and IOP, overlaps, payers, facilities, weekdays, the change, and the pace
of arrivals (chosen so that admissions grow by about 2% a year, while first admissions fall and returns rise).
"""

from __future__ import annotations

from datetime import date
from typing import Final, TypeVar

from careflow.simulate.process import Facility, Process
from careflow.simulate.random import Durations

P = TypeVar("P", bound=Process)

CT_ADMISSIONS: Final = {"inpatient": 14_463, "residential": 67_418, "php": 922, "iop": 12_889, "outpatient": 55_172}
"""Admissions to addiction programmes, Connecticut DMHAS, 2016-2019 together (medication programmes not counted)."""

TEDS_REASONS: Final = {
    "inpatient": (219_241, 137_073, 29_906, 35_454, 4_726),
    "residential": (173_510, 88_993, 23_040, 37_752, 12_232),
    "iop": (114_440, 43_119, 20_441, 26_561, 16_025),
    "outpatient": (399_037, 145_426, 46_611, 108_605, 41_913),
}
"""TEDS 2004, table 2.5: discharges; completed, transferred, dropped out, terminated. Inpatient is hospital residential
and detoxification together, residential is short and long term together."""

REASONS_BY_LEVEL: Final = {
    "inpatient": {
        "completed": 625, "left early": 162, "terminated": 22, "transferred out": 136,
        "incarcerated": 5, "died": 3, "other": 32, "unknown": 15,
    },
    "residential": {
        "completed": 513, "left early": 218, "terminated": 70, "transferred out": 133,
        "incarcerated": 15, "died": 2, "other": 34, "unknown": 15,
    },
    "php": {
        "completed": 445, "left early": 225, "terminated": 105, "transferred out": 156,
        "incarcerated": 12, "died": 2, "other": 40, "unknown": 15,
    },
    "iop": {
        "completed": 377, "left early": 232, "terminated": 140, "transferred out": 179,
        "incarcerated": 18, "died": 2, "other": 37, "unknown": 15,
    },
    "outpatient": {
        "completed": 364, "left early": 272, "terminated": 105, "transferred out": 117,
        "incarcerated": 25, "died": 3, "other": 94, "unknown": 20,
    },
}  # fmt: skip

STAYS: Final = {
    "inpatient": {
        "completed": Durations(
            ((0, 1), (100, 4), (250, 5), (500, 7), (750, 9), (900, 14), (970, 22), (995, 33), (1000, 45))
        ),
        "left early": Durations(
            ((0, 0), (50, 0), (50, 1), (200, 2), (400, 4), (700, 6), (900, 9), (980, 15), (1000, 30))
        ),
        "otherwise": Durations(((0, 0), (20, 0), (20, 1), (250, 5), (500, 7), (750, 10), (900, 16), (1000, 45))),
    },
    "residential": {
        "completed": Durations(
            (
                (0, 3), (50, 8), (180, 21), (220, 21), (300, 28), (410, 28), (410, 29), (520, 40), (630, 60), (670, 60),
                (770, 90), (810, 90), (910, 120), (970, 185), (995, 300), (1000, 450),
            )
        ),
        "left early": Durations(
            ((0, 0), (30, 0), (30, 1), (150, 3), (300, 7), (500, 13), (750, 26), (900, 50), (970, 90), (1000, 250))
        ),
        "otherwise": Durations(
            ((0, 0), (10, 0), (10, 1), (100, 5), (250, 12), (500, 25), (750, 50), (900, 90), (980, 190), (1000, 400))
        ),
    },
    "php": {
        "completed": Durations(
            (
                (0, 5), (100, 11), (250, 16), (450, 21), (520, 21), (680, 28), (760, 28),
                (900, 42), (980, 63), (1000, 120),
            )
        ),
        "left early": Durations(((0, 0), (40, 0), (40, 1), (250, 4), (500, 9), (750, 16), (900, 26), (1000, 90))),
        "otherwise": Durations(((0, 0), (20, 0), (20, 1), (250, 7), (500, 14), (750, 24), (900, 38), (1000, 120))),
    },
    "iop": {
        "completed": Durations(
            ((0, 7), (100, 28), (250, 42), (440, 56), (520, 56), (750, 84), (900, 120), (980, 200), (1000, 400))
        ),
        "left early": Durations(
            ((0, 0), (30, 0), (30, 1), (250, 9), (500, 24), (750, 48), (900, 86), (980, 150), (1000, 300))
        ),
        "otherwise": Durations(
            ((0, 0), (10, 0), (10, 1), (250, 16), (500, 38), (750, 68), (900, 110), (980, 190), (1000, 400))
        ),
    },
    "outpatient": {
        "completed": Durations(
            ((0, 1), (100, 36), (250, 76), (500, 131), (750, 220), (860, 365), (950, 600), (990, 1000), (1000, 1800))
        ),
        "left early": Durations(
            ((0, 0), (60, 0), (60, 1), (200, 15), (500, 60), (750, 140), (900, 300), (970, 540), (1000, 1400))
        ),
        "otherwise": Durations(
            ((0, 0), (40, 0), (40, 1), (250, 30), (500, 90), (750, 200), (850, 365), (950, 650), (1000, 1600))
        ),
    },
}  # fmt: skip

# After reasons other than completion and transfer: few moves, mostly to a level as intensive or more.
_INPATIENT = {"inpatient": 70, "residential": 50, "php": 10, "iop": 25, "outpatient": 35}
_RESIDENTIAL = {"inpatient": 45, "residential": 80, "php": 12, "iop": 35, "outpatient": 40}
_PHP = {"inpatient": 25, "residential": 35, "php": 40, "iop": 45, "outpatient": 30}
_IOP = {"inpatient": 20, "residential": 40, "php": 18, "iop": 45, "outpatient": 50}
_OUTPATIENT = {"inpatient": 15, "residential": 25, "php": 6, "iop": 35, "outpatient": 40}

MOVES: Final = {
    "inpatient": {
        "completed": {"inpatient": 10, "residential": 330, "php": 120, "iop": 110, "outpatient": 90},
        "transferred out": {"inpatient": 20, "residential": 380, "php": 100, "iop": 60, "outpatient": 40},
        "left early": _INPATIENT, "terminated": _INPATIENT, "other": _INPATIENT, "unknown": _INPATIENT,
        "incarcerated": {"residential": 20},
    },
    "residential": {
        "completed": {"inpatient": 5, "residential": 35, "php": 140, "iop": 220, "outpatient": 200},
        "transferred out": {"inpatient": 20, "residential": 150, "php": 120, "iop": 120, "outpatient": 60},
        "left early": _RESIDENTIAL, "terminated": _RESIDENTIAL, "other": _RESIDENTIAL, "unknown": _RESIDENTIAL,
        "incarcerated": {"residential": 20, "outpatient": 20},
    },
    "php": {
        "completed": {"inpatient": 5, "residential": 15, "php": 10, "iop": 580, "outpatient": 110},
        "transferred out": {"inpatient": 20, "residential": 60, "php": 80, "iop": 300, "outpatient": 80},
        "left early": _PHP, "terminated": _PHP, "other": _PHP, "unknown": _PHP,
        "incarcerated": {"iop": 20, "outpatient": 20},
    },
    "iop": {
        "completed": {"inpatient": 4, "residential": 8, "php": 8, "iop": 15, "outpatient": 440},
        "transferred out": {"inpatient": 20, "residential": 70, "php": 60, "iop": 150, "outpatient": 180},
        "left early": _IOP, "terminated": _IOP, "other": _IOP, "unknown": _IOP,
        "incarcerated": {"iop": 20, "outpatient": 20},
    },
    "outpatient": {
        "completed": {"inpatient": 3, "residential": 5, "php": 2, "iop": 15, "outpatient": 20},
        "transferred out": {"inpatient": 40, "residential": 110, "php": 40, "iop": 250, "outpatient": 150},
        "left early": _OUTPATIENT, "terminated": _OUTPATIENT, "other": _OUTPATIENT, "unknown": _OUTPATIENT,
        "incarcerated": {"outpatient": 30},
    },
}  # fmt: skip

CHANGED: Final = {
    "residential": {
        "completed": {"inpatient": 5, "residential": 35, "php": 270, "iop": 210, "outpatient": 170},
        "transferred out": {"inpatient": 20, "residential": 150, "php": 230, "iop": 110, "outpatient": 50},
    }
}
"""From July 2024 on, planned discharges from residential care have a place in PHP booked: twice as many move there,
most of whom would have had no next level."""

FACILITIES: Final = (
    Facility("Alder Hospital", ("inpatient",), 50),
    Facility("Beech Hospital", ("inpatient", "php", "iop"), 30),
    Facility("Cedar House", ("residential",), 40),
    Facility("Cypress House", ("residential", "php"), 25),
    Facility("Elm Center", ("residential", "php", "iop", "outpatient"), 25),
    Facility("Fir Lodge", ("residential",), 10),
    Facility("Hornbeam Center", ("php", "iop"), 25),
    Facility("Larch Center", ("iop", "outpatient"), 20),
    Facility("Linden Clinic", ("outpatient",), 30),
    Facility("Maple Clinic", ("outpatient",), 20),
    Facility("Spruce Clinic", ("iop", "outpatient"), 5),
    Facility("Walnut Center", ("php", "iop", "outpatient"), 15),
)


def standard(kind: type[P]) -> P:
    """Return these parameters as a process of this class, such as :class:`~careflow.simulate.Truth`."""
    return kind(
        entry={"inpatient": 80, "residential": 470, "php": 30, "iop": 90, "outpatient": 330},
        return_entry={"inpatient": 120, "residential": 470, "php": 25, "iop": 90, "outpatient": 295},
        reasons=REASONS_BY_LEVEL,
        stays=STAYS,
        moves=MOVES,
        changed_on=date(2024, 7, 1),
        changed=CHANGED,
        planned_gap=Durations(((0, 0), (580, 0), (580, 1), (740, 3), (860, 8), (950, 15), (1000, 31))),
        unplanned_gap=Durations(((0, 0), (80, 0), (80, 1), (250, 3), (500, 8), (750, 16), (1000, 31))),
        return_gap=Durations(((0, 31), (250, 60), (500, 115), (750, 230), (900, 420), (1000, 1000))),
        returns={
            "completed": 470, "left early": 620, "terminated": 560, "transferred out": 420,
            "incarcerated": 500, "other": 460, "unknown": 460,
        },
        tapers={("php", "iop"): 30, ("iop", "outpatient"): 30},
        taper_days=4,
        facilities=FACILITIES,
        same_facility=700,
        payers={"medicaid": 460, "private": 240, "state": 140, "self-pay": 80, "medicare": 50, "other": 30},
        same_payer=950,
        months=(98, 100, 106, 105, 96, 105, 104, 99, 102, 104, 88, 94),
        weekdays=(10, 10, 10, 10, 9, 4, 3),
        pace=(290, 195, 152, 132, 122, 114, 109, 106, 104, 103, 102, 101, 100),
    )  # fmt: skip
