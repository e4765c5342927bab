"""``python -m careflow.cli`` is ``careflow``."""

import sys

from careflow.cli.run import main

sys.exit(main())
