"""The command line: parses, calls one service, prints. Heavy imports wait until a command runs."""
