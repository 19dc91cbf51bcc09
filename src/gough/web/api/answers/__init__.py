"""The form of every answer of the API, for its documentation; with DEBUG, answers are held against it."""
