"""Cell suppression in linked tables with a proof, the ledger of releases, and an audit by an attacker's programs."""

import sys
from types import ModuleType

from careflow.protect.audit import Audit, audit
from careflow.protect.history.ledger import Ledger
from careflow.protect.release import Released, protect
from careflow.protect.suppression.linear_system import System, system, table
from careflow.protect.suppression.proof import Checked, Proof
from careflow.protect.suppression.prove import prove

__all__ = ["Audit", "Checked", "Ledger", "Proof", "Released", "System", "audit", "protect", "prove", "system", "table"]


class _CallableModule(ModuleType):
    """A module that can be called: ``cf.protect`` names both this package and the function `protect`."""

    __call__ = staticmethod(protect)


sys.modules[__name__].__class__ = _CallableModule
