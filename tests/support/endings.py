"""Made-up stays that end in different ways."""

from support.drawn import linked

ENDINGS = linked(
    """
    person | level | admit | discharge | reason
    Ana    | php   | 0     | 10        | completed
    Bob    | php   | 0     | 10        | left early
    Cem    | php   | 0     | 20        | completed
    Dan    | php   | 0     | 20        | died
    Eva    | php   | 0     | 30        | completed
    Eva    | iop   | 31    | 40        | terminated
    """,
    cutoff=200,
)
"""Of five who left PHP three left care, one died and one moved to IOP, from where she left care."""
