"""When what people have planned is due: by the week, by the date, by the sun."""

from hub.schedules.due import Conflict, Due, conflicts, due, next_change, occurrences, preview
from hub.schedules.never import is_over, must_come
from hub.schedules.occurrence import FOREVER, Occurrence
from hub.schedules.schedule import WHEN, Schedule, parse, plain

__all__ = [
    "FOREVER",
    "WHEN",
    "Conflict",
    "Due",
    "Occurrence",
    "Schedule",
    "conflicts",
    "due",
    "is_over",
    "must_come",
    "next_change",
    "occurrences",
    "parse",
    "plain",
    "preview",
]
