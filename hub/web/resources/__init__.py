"""One file per resource. Each has ROUTES: (method, path, handler)."""
