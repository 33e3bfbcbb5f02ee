"""When what people have planned is due: by the week, by the date, by the sun."""

from hub.schedules.due import Due, Occurrence
from hub.schedules.schedule import Schedule, parse

__all__ = ["Due", "Occurrence", "Schedule", "parse"]
