"""The past: history.db (measurements, `ring`) and state.db (what must not be lost, `state`).

One writer each; readers never wait.
"""
