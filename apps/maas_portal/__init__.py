"""py4web's app folder for Gough: the code is in the package `gough.web`."""

from gough.web import boot

boot()
