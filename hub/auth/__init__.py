"""Accounts, sessions, tokens: who is at the door."""

from hub.auth.doorman import Doorman, Guest
from hub.auth.password import hash_password, new_password, verify_password
from hub.auth.tries import LockedOutError

__all__ = ["Doorman", "Guest", "LockedOutError", "hash_password", "new_password", "verify_password"]
