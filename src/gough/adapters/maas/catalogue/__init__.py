"""What a region has besides machines: a module a subject, its results typed, its quirks hidden."""

from gough.adapters.maas.catalogue.region import Catalogue

__all__ = ["Catalogue"]
