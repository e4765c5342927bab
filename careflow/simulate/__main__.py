"""``python -m careflow.simulate data/sample`` writes the made-up sample and its README."""

import argparse

from careflow.simulate.claims import write_claims
from careflow.simulate.sample import write_sample


def main() -> None:
    """Write the sample into the folder that the command names."""
    parser = argparse.ArgumentParser(prog="python -m careflow.simulate", description=__doc__)
    parser.add_argument("folder", help="where episodes.csv, README.md and claims.csv.gz are written, over older ones")
    folder = parser.parse_args().folder
    for path in (*write_sample(folder), write_claims(folder)):
        print(path)


if __name__ == "__main__":
    main()
