"""Every table. Import models from here."""

from gough.persistence.models.agents import Agent, AgentSample, MachineToken
from gough.persistence.models.base import Base
from gough.persistence.models.bulk import Bulk, BulkItem
from gough.persistence.models.jobs import ACTIVE, Deployment, Job, JobLog, JobStep
from gough.persistence.models.machines import Machine, MachineEvent, MachineTag, Region, StreamHead
from gough.persistence.models.people import LoginSession, Setting, User
from gough.persistence.models.templates import Template, TemplateVersion
from gough.persistence.models.windows import MaintenanceWindow

__all__ = [
    "ACTIVE",
    "Agent",
    "AgentSample",
    "Base",
    "Bulk",
    "BulkItem",
    "Deployment",
    "Job",
    "JobLog",
    "JobStep",
    "LoginSession",
    "Machine",
    "MachineEvent",
    "MachineTag",
    "MachineToken",
    "MaintenanceWindow",
    "Region",
    "Setting",
    "StreamHead",
    "Template",
    "TemplateVersion",
    "User",
]
