"""Fleet servers, their hosts, and how policies turn out: what Fleet knows, kept beside the machines it is about."""

from gough.services.fleet_hosts.polling import poll, poll_all

__all__ = ["poll", "poll_all"]
