"""Accounts, sessions, tokens: who is at the door."""

from hub.auth.doorman import Doorman, Guest, LockedOutError
from hub.auth.password import hash_password, new_password, verify_password

__all__ = ["Doorman", "Guest", "LockedOutError", "hash_password", "new_password", "verify_password"]
