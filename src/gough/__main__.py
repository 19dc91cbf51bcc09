"""`python -m gough`."""

from gough.cli.main import main

main()
