"""Heartbeats that an agent kept while nobody took them: a batch in one request, each judged by itself."""

from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gough.domain.errors import Invalid
from gough.services import agents
from gough.services.agents import Answer, Delivery
from gough.services.context import Use
from gough.services.heartbeats import Heartbeat, pack, require_fitting
from gough.services.secrets import hash_secret

MOST = 32


class Heartbeats(BaseModel):
    """`heartbeats_request` of docs/agent-wire-v1.schema.json; one that is wrong must not stop the others."""

    model_config = ConfigDict(extra="ignore")

    heartbeats: list[dict[str, Any]] = Field(min_length=1, max_length=MOST)


class NewKey(BaseModel):
    """`key_request` of docs/agent-wire-v1.schema.json."""

    model_config = ConfigDict(extra="ignore")

    key_hash: str = Field(pattern="^[0-9a-f]{64}$")


def take(use: Use, agent_id: str, key: str, batch: Heartbeats) -> tuple[Answer, list[dict[str, Any]]]:
    """The answer, and what became of each that is done with. Raises as `agents.heartbeat`, Invalid when none is one."""
    good: list[Heartbeat] = []
    packed: list[bytes] = []
    refused: list[dict[str, Any]] = []
    for message in batch.heartbeats:
        try:
            beat, payload = Heartbeat.model_validate(message), pack(orjson.dumps(message))
            require_fitting(payload)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            where = "/".join(str(step) for step in first["loc"])
            refused += _refusal(message, f"{where}: {first['msg']}")
        except Invalid as error:
            refused += _refusal(message, str(error))
        else:
            good.append(beat)
            packed.append(payload)
    if not good:
        raise Invalid("None of these is a heartbeat.", hint="Send each as docs/agent-wire-v1.schema.json has it.")
    answer = agents.deliver(use, Delivery(agent_id, hash_secret(key), tuple(good), tuple(packed), live=False))
    told = zip(good, answer.duplicates, strict=True)
    return answer, [{"sequence": beat.sequence, "duplicate": known} for beat, known in told] + refused


def _refusal(message: dict[str, Any], said: str) -> list[dict[str, Any]]:
    """Nothing where it cannot even be named."""
    number = message.get("sequence")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        return []
    return [{"sequence": number, "duplicate": False, "refused": said}]
