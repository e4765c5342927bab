"""Suppression of linked tables with a proof, the release ledger, and an auditor of our own."""

import sys
from types import ModuleType

from careflow.protect.audit import Audit, audit
from careflow.protect.history.ledger import Ledger
from careflow.protect.release import Released, protect
from careflow.protect.suppression.linear_system import System, system, table
from careflow.protect.suppression.proof import Checked, Proof
from careflow.protect.suppression.prove import prove

__all__ = ["Audit", "Checked", "Ledger", "Proof", "Released", "System", "audit", "protect", "prove", "system", "table"]


class _Room(ModuleType):
    """A module that can be called: the front door's ``cf.protect(results)`` has the name of this room."""

    __call__ = staticmethod(protect)


sys.modules[__name__].__class__ = _Room
