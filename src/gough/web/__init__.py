"""The web layer: parse, call one use case, answer. No decision about machines or jobs is made here."""


def boot() -> None:
    """What py4web's app folder calls. Loaded here: clients take the forms of answers from this package, no server."""
    from gough.web import wsgi  # noqa: PLC0415

    wsgi.boot()
