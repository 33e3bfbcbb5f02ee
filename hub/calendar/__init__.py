"""What a moment is for people: local time, sun, holidays."""

from hub.calendar.moments import Calendar, Day, Moments, calendar_of
from hub.calendar.sun import Place, daylight

__all__ = ["Calendar", "Day", "Moments", "Place", "calendar_of", "daylight"]
