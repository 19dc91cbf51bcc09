"""A client of Gough's HTTP API: typed answers, the same errors as in the server, retries where they are safe:

with Client("https://gough.example", token="gough_…") as gough:
    for machine in gough.machines.list(service=["attention"]):
        print(machine.hostname, machine.reason)
    job = gough.machines.deploy("node-01", template="docker-host")
"""

from gough.client.connection import Connection
from gough.client.resources import Client

__all__ = ["Client", "Connection"]
