"""Every table. Import models from here."""

from gough.persistence.models.agents import Agent, AgentCommand, AgentSample, MachineToken
from gough.persistence.models.audit import AuditCheckpoint, AuditEntry
from gough.persistence.models.base import Base
from gough.persistence.models.bulk import Bulk, BulkItem
from gough.persistence.models.fleet import FleetHost, FleetServer, Policy, PolicyResult
from gough.persistence.models.idempotency import KeptAnswer
from gough.persistence.models.identities import Identity
from gough.persistence.models.jobs import ACTIVE, Deployment, Job, JobLog, JobStep
from gough.persistence.models.keys import ApiKey, RefreshToken, TokenFamily
from gough.persistence.models.machines import Machine, MachineEvent, MachineTag, Region, StreamHead
from gough.persistence.models.metrics import MetricMark, MetricRollup
from gough.persistence.models.people import LoginSession, RecoveryCode, Setting, User
from gough.persistence.models.playbooks import PlaybookRun, SshKey
from gough.persistence.models.templates import Template, TemplateVersion
from gough.persistence.models.windows import MaintenanceWindow

__all__ = [
    "ACTIVE",
    "Agent",
    "AgentCommand",
    "AgentSample",
    "ApiKey",
    "AuditCheckpoint",
    "AuditEntry",
    "Base",
    "Bulk",
    "BulkItem",
    "Deployment",
    "FleetHost",
    "FleetServer",
    "Identity",
    "Job",
    "JobLog",
    "JobStep",
    "KeptAnswer",
    "LoginSession",
    "Machine",
    "MachineEvent",
    "MachineTag",
    "MachineToken",
    "MaintenanceWindow",
    "MetricMark",
    "MetricRollup",
    "PlaybookRun",
    "Policy",
    "PolicyResult",
    "RecoveryCode",
    "RefreshToken",
    "Region",
    "Setting",
    "SshKey",
    "StreamHead",
    "Template",
    "TemplateVersion",
    "TokenFamily",
    "User",
]
