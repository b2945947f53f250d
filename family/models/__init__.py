"""Who may use whose money: invitations, bonds, what was drawn, and every event of both."""

from family.models.bonds import Bond, Draw
from family.models.events import Event
from family.models.invitations import Invitation

__all__ = ["Bond", "Draw", "Invitation", "Event"]
