"""Figures with a baseline measured in the same run: `make bench`, or `python -m bench [--quick] [-o json]`.

Nothing here passes or fails. A figure alone says as much about the computer as about Gough; the ratio says more.
"""
