"""The tools that build and check this tree."""
