"""How much of the day's text messages is used: what the admin warns of before it is empty."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings

from accounts.identity import day_counts
from accounts.identity.codes import ALARM, DAYS_CODES


@dataclass(frozen=True, slots=True)
class Budget:
    """Codes sent on a day, how many strangers may ask for, and how many there are at all."""

    used: int
    of_strangers: int
    most: int

    @property
    def is_low(self) -> bool:
        return self.used >= self.of_strangers * ALARM


def sms_budget(day: date) -> Budget:
    used = day_counts.used_on(DAYS_CODES, day)
    most = settings.SMS_CODES_PER_DAY
    return Budget(used, min(most, settings.SMS_CODES_OF_STRANGERS_PER_DAY), most)
