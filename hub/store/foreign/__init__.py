"""The past that other systems have recorded: read as they keep it, told in our points, put under what is known."""

from hub.store.foreign.csv_file import CsvSource
from hub.store.foreign.home_assistant import HomeAssistant
from hub.store.foreign.importer import bring
from hub.store.foreign.mapping import Entry, entries, wishes
from hub.store.foreign.report import Report
from hub.store.foreign.source import Foreign, Source, Wish
from hub.store.foreign.suggest import suggested

__all__ = [
    "CsvSource",
    "Entry",
    "Foreign",
    "HomeAssistant",
    "Report",
    "Source",
    "Wish",
    "bring",
    "entries",
    "suggested",
    "wishes",
]
