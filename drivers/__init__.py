"""Everything that talks to the outside. May import hub.model and hub.errors, nothing else of hub."""
