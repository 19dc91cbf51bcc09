"""`python -m gough_agent`: how the service starts it, from an unpacked folder."""

from gough_agent.main import main

if __name__ == "__main__":
    raise SystemExit(main())
