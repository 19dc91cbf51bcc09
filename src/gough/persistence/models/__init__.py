"""Every table. Import models from here."""

from gough.persistence.models.agents import Agent, AgentSample, MachineToken
from gough.persistence.models.base import Base
from gough.persistence.models.jobs import ACTIVE, Deployment, Job, JobLog, JobStep
from gough.persistence.models.machines import Machine, MachineEvent, Region, StreamHead
from gough.persistence.models.people import LoginSession, Setting, User
from gough.persistence.models.templates import Template, TemplateVersion

__all__ = [
    "ACTIVE",
    "Agent",
    "AgentSample",
    "Base",
    "Deployment",
    "Job",
    "JobLog",
    "JobStep",
    "LoginSession",
    "Machine",
    "MachineEvent",
    "MachineToken",
    "Region",
    "Setting",
    "StreamHead",
    "Template",
    "TemplateVersion",
    "User",
]
