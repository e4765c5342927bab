"""The old one of two extracts, in tests of what changed between them."""

OLD = """
    person | level       | admit | discharge | reason
    1      | residential | 0     | 10        | completed
    1      | php         | 12    | 40        | completed
    2      | residential | 5     | 20        | completed
    3      | residential | 8     | 25        | left early
    3      | iop         | 30    | 60        | completed
    4      | residential | 10    | 30        | completed
    4      | php         | 33    | 50        | completed
    5      | residential | 12    | 35        | completed
"""
"""2 of 5 residential discharges of the first quarter reached PHP within 30 days."""
