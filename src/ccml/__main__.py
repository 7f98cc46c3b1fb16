"""`python -m ccml`."""

from ccml.cli.main import main

main()
