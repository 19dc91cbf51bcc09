"""The use cases, one module each, called alike by web, CLI and jobs."""
