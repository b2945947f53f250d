"""Who may use whose money: invitations, bonds, what was drawn, and every step of both."""

from family.models.bonds import Bond, Draw
from family.models.invitations import Invitation
from family.models.steps import Step

__all__ = ["Bond", "Draw", "Invitation", "Step"]
