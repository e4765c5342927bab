"""``python -m careflow.simulate data/sample`` writes the made-up sample and its README."""

import argparse

from careflow.simulate.claims import write_claims
from careflow.simulate.sample import write_sample


def main() -> None:
    """Write the sample into the folder given on the command line."""
    parser = argparse.ArgumentParser(prog="python -m careflow.simulate", description=__doc__)
    parser.add_argument(
        "folder", help="the folder for episodes.csv, README.md and claims.csv.gz; existing ones are replaced"
    )
    folder = parser.parse_args().folder
    for path in (*write_sample(folder), write_claims(folder)):
        print(path)


if __name__ == "__main__":
    main()
