"""`python -m hub` and the installed `shems` command."""

from hub.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
