"""Every resource of the server's API: one module a subject, each with its table. New ones are added here."""

from gough.lab.fleet.call import Resource
from gough.lab.fleet.resources import access, hosts, labels, policies, queries, settings, software

_SUBJECTS = (settings, access, hosts, labels, policies, queries, software)

RESOURCES: tuple[Resource, ...] = tuple(resource for subject in _SUBJECTS for resource in subject.RESOURCES)
