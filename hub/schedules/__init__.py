"""When what people have planned is due: by the week, by the date, by the sun."""

from hub.schedules.due import Conflict, Due, conflicts, due, next_change, occurrences, preview
from hub.schedules.occurrence import FOREVER, Occurrence
from hub.schedules.schedule import Schedule, parse, plain

__all__ = [
    "FOREVER",
    "Conflict",
    "Due",
    "Occurrence",
    "Schedule",
    "conflicts",
    "due",
    "next_change",
    "occurrences",
    "parse",
    "plain",
    "preview",
]
