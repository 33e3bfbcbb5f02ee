"""Rules and cores tried on the past of the house before they may touch it."""
