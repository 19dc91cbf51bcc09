"""Every resource of the region's API: one module a subject, each with its table. New ones are added here."""

from gough.lab.maas.call import Resource
from gough.lab.maas.resources import logs, machines, system

RESOURCES: tuple[Resource, ...] = (*system.RESOURCES, *machines.RESOURCES, *logs.RESOURCES)
